import Delivery
import Ledger
import Routing

/// Looks a world over that has come to its end, from the audit and the ledger's own rows, by a model of its own of what
/// clocks there should be.
struct WorldCheck {
  private(set) var violations: [String]
  private(set) var tally: [String: Int] = [:]
  private(set) var digest = ""
  private let router: Router
  private var entries: [AuditEntry] = []
  private var events: [String: (record: EventRecord, plan: JSONValue)] = [:]
  private var clocks: [ClockKey: RunningClock] = [:]

  private struct ClockKey: Hashable {
    let subject: String
    let rule: String
    let part: String
    let about: String
  }

  private struct RunningClock {
    let event: String
    let startedAt: Instant
    var number: Int
    var due: Instant
  }

  init(_ ledger: SQLiteLedger, _ record: WorldRecord, _ routes: Routes, at now: Instant) async throws {
    violations = record.violations
    router = routes.router(at: now)
    try await read(ledger)
    let notifications = try await ledger.notifications(NotificationFilter(limit: 1_000_000))
    let duties = try await ledger.duties(DutyFilter(limit: 1_000_000))
    nothingAnsweredIsLost(record)
    try await nothingLearnedIsLost(ledger)
    everythingOwedIsThere(notifications, duties)
    try await clocksAreRight(ledger, now)
    dutiesAreSettled(duties, now)
    try await attemptsAreAccountedFor(ledger, notifications, record)
    inOrder(notifications, record)
    ladders(notifications)
  }

  private mutating func violate(_ what: String) { violations.append(what) }

  /// The audit without a gap, and every event it names.
  private mutating func read(_ ledger: SQLiteLedger) async throws {
    while case let page = try await ledger.audit(after: entries.last?.sequence ?? 0, limit: 5000), !page.isEmpty {
      entries += page
    }
    for (number, entry) in entries.enumerated() where entry.sequence != Int64(number + 1) {
      violate("the audit has a gap before \(entry.sequence)")
      break
    }
    var text = ""
    for entry in entries {
      text += "\(entry.at.milliseconds) \(entry.kind) \(entry.identifier) \(entry.detail)\n"
      tally["audit: \(entry.kind)", default: 0] += 1
    }
    digest = Identifiers.digest(Array(text.utf8))
    var last: String?
    while case let page = try await ledger.events(after: last, limit: 1000), let end = page.last {
      for (record, _) in page { events[record.id] = (record, try JSONValue(parsing: record.plan.utf8)) }
      last = end.record.id
    }
    let written = entries.filter { ["accepted", "fired"].contains($0.kind) && $0.identifier.hasPrefix("ev-") }
      .map(\.identifier)
    if Set(written).count != written.count { violate("an event is in the audit twice") }
    if Set(written) != Set(events.keys) { violate("events and audit differ") }
  }

  private mutating func nothingAnsweredIsLost(_ record: WorldRecord) {
    for (event, id) in record.answered.sorted(by: { $0.key < $1.key }) where events[id]?.record.sourceID != event {
      violate("\(event) was answered and is not there")
    }
  }

  /// Of two gateways that changed an episode at once, neither has written over the other.
  private mutating func nothingLearnedIsLost(_ ledger: SQLiteLedger) async throws {
    let rivals = events.values.filter { $0.record.source == "rival" }
    tally["rival"] = rivals.isEmpty ? nil : rivals.count
    for rival in rivals {
      let known = try await ledger.known(
        KnownQuestion(source: "check", eventID: "none", subject: rival.record.subject, child: nil, aliases: []))
      let name = "r" + rival.record.sourceID.dropFirst("rival-".count)
      let endings = events.values.filter {
        $0.record.subject == rival.record.subject && EpisodeHistory.endings.contains($0.record.type)
      }
      let isTakenBack = events.values.contains {
        $0.record.subject == rival.record.subject && $0.record.type == Event.withdrawal
      }
      if !isTakenBack, known.history.lastEndAt != endings.map(\.record.time).max() {
        violate("the ledger has forgotten that \(rival.record.subject) ended")
      }
      if known.episodeData.at(["episode", "rivals", name]) != true {
        violate("what \(rival.record.id) said of its episode has been written over")
      }
    }
  }

  private mutating func everythingOwedIsThere(_ notifications: [NotificationRecord], _ duties: [DutyRecord]) {
    let told = Dictionary(grouping: notifications, by: \.notification.event).mapValues(\.count)
    let owed = Dictionary(grouping: duties, by: \.event).mapValues(\.count)
    for (id, event) in events.sorted(by: { $0.key < $1.key }) {
      if told[id] ?? 0 != event.plan["tells"]?.items?.count ?? 0 { violate("\(id) owes messages that are not there") }
      if owed[id] ?? 0 != event.plan["duties"]?.items?.count ?? 0 { violate("\(id) owes duties that are not there") }
      if event.record.notificationCount != told[id] ?? 0 { violate("\(id) counts its messages wrongly") }
    }
  }
}

// Clocks: a model that follows the audit line by line, and must end where the ledger's own table is.
extension WorldCheck {
  private mutating func clocksAreRight(_ ledger: SQLiteLedger, _ now: Instant) async throws {
    for entry in entries { follow(entry) }
    let rows = try await ledger.dueTimers(at: Instant(milliseconds: .max), subject: nil, limit: 1_000_000)
    for row in rows where row.due <= now { violate("\(row.rule) of \(row.subject) was due and has not fired") }
    let kept = rows.filter { $0.part != .calendar }.map {
      "\($0.subject) \($0.rule) \($0.part) \($0.about) \($0.number) \($0.due.rfc3339)"
    }
    let wanted = clocks.map {
      "\($0.key.subject) \($0.key.rule) \($0.key.part) \($0.key.about) \($0.value.number) \($0.value.due.rfc3339)"
    }
    let difference = Set(kept).symmetricDifference(wanted).sorted()
    if let first = difference.first { violate("\(difference.count) clocks are not as they should be: \(first)") }
  }

  private mutating func follow(_ entry: AuditEntry) {
    switch entry.kind {
    case "accepted", "fired":
      guard let event = events[entry.identifier] else { return }
      if entry.kind == "fired" { fire(event.record, event.plan) }
      start(event.record, event.plan)
    case "timer-passed", "timer-ended": pass(entry)
    case "withdrawn": clocks = clocks.filter { $0.value.event != entry.identifier }
    case "duty-fulfilled", "duty-completed", "duty-cancelled":
      clocks = clocks.filter { $0.key.about != entry.identifier }
    default: return
    }
  }

  private mutating func start(_ record: EventRecord, _ plan: JSONValue) {
    for rule in plan["stopped"]?.items ?? [] {
      clocks[ClockKey(subject: record.subject, rule: rule.text ?? "", part: "", about: "")] = nil
    }
    for item in plan["timers"]?.items ?? [] {
      guard let rule = item["rule"]?.text, let due = item["at"]?.text.flatMap(Instant.init(rfc3339:)) else { continue }
      let about = item["about"]?.text.map { Identifiers.duty(event: record.id, key: $0) } ?? ""
      // A duty's own deadline is listed too; it is no clock of a rule.
      let trigger = router.rule(rule, of: item["pack"]?.text ?? "")?.trigger
      if about.isEmpty, !(trigger?.isTimed ?? true) || isDeadline(item, plan) { continue }
      let key = ClockKey(subject: record.subject, rule: rule, part: item["part"]?.text ?? "", about: about)
      clocks[key] = RunningClock(event: record.id, startedAt: record.time, number: 1, due: due)
    }
  }

  /// Whether a line of the plan's timers is the deadline of one of its duties.
  private func isDeadline(_ item: JSONValue, _ plan: JSONValue) -> Bool {
    plan["purpose"] != nil && item["part"] == nil
  }

  private mutating func fire(_ record: EventRecord, _ plan: JSONValue) {
    guard let cause = plan["cause"], let rule = cause["rule"]?.text, let part = cause["part"]?.text,
      case .number(let number)? = cause["firing"]
    else { return violate("\(record.id) does not say what set it off") }
    if part == TimerPart.calendar.description { return }
    let key = ClockKey(subject: record.subject, rule: rule, part: part, about: cause["duty"]?.text ?? "")
    guard let clock = clocks[key], clock.number == Int(number), clock.due == record.time else {
      return violate("\(rule) \(part) of \(record.subject) fired as number \(Int(number)), which it should not have")
    }
    move(key, clock)
  }

  private mutating func pass(_ entry: AuditEntry) {
    // "rule part number: why", of the event that started the timer.
    let words = entry.detail.split(separator: ":").first.map { $0.split(separator: " ").map(String.init) } ?? []
    guard let rule = words.first, let number = words.last.flatMap({ Int($0) }) else { return }
    let part = words.dropFirst().dropLast().joined(separator: " ")
    if part == TimerPart.calendar.description { return }
    guard
      let (key, clock) = clocks.first(where: {
        $0.value.event == entry.identifier && $0.key.rule == rule && $0.key.part == part && $0.value.number == number
      })
    else { return violate("\(rule) \(part) passed as number \(number), which it should not have") }
    if entry.kind == "timer-ended" { clocks[key] = nil } else { move(key, clock) }
  }

  /// To the next firing by the rule's own words, or to its end.
  private mutating func move(_ key: ClockKey, _ clock: RunningClock) {
    clocks[key] = nil
    guard key.part.isEmpty, let rule = router.packs.flatMap(\.rules).first(where: { $0.id == key.rule }),
      case .timer(let trigger) = rule.trigger,
      let next = trigger.firing(
        clock.number + 1, from: clock.startedAt, bankHolidays: router.directory.bankHolidays), next > clock.due
    else { return }
    clocks[key] = RunningClock(
      event: clock.event, startedAt: clock.startedAt, number: clock.number + 1, due: next)
  }
}

// Duties and messages.
extension WorldCheck {
  private mutating func dutiesAreSettled(_ duties: [DutyRecord], _ now: Instant) {
    let overdue = Dictionary(grouping: entries.filter { $0.kind == "duty-overdue" }, by: \.identifier)
    for duty in duties {
      tally["duty \(duty.state.rawValue)", default: 0] += 1
      if (overdue[duty.id]?.count ?? 0) > 1 { violate("\(duty.id) became overdue twice") }
      if duty.wasOverdue != (overdue[duty.id] != nil) { violate("\(duty.id) does not know that it was overdue") }
      if duty.state == .open, let by = duty.by, by < now.advanced(bySeconds: -900) {
        violate("\(duty.id) is open past its deadline")
      }
      guard let event = events[duty.event]?.record else { continue }
      let limit = duty.by.map { max($0, event.time.advanced(bySeconds: duty.by == event.time ? 900 : 0)) }
      if let at = duty.fulfilledAt, let limit {
        let isLate = at > limit
        if isLate != (duty.state == .late) { violate("\(duty.id) was fulfilled late or in time, and says otherwise") }
      }
    }
  }

  private mutating func attemptsAreAccountedFor(
    _ ledger: SQLiteLedger, _ notifications: [NotificationRecord], _ record: WorldRecord
  ) async throws {
    let copies = Dictionary(grouping: record.arrivals, by: \.notification).mapValues(\.count)
    func counted(_ kind: String) -> [String: Int] {
      Dictionary(grouping: entries.filter { $0.kind == kind }, by: \.identifier).mapValues(\.count)
    }
    let (lost, escalated, bounced) = (counted("lease-lost"), counted("escalated"), counted("receipt-failed"))
    for item in notifications {
      let id = item.notification.id
      tally["notification \(item.state.rawValue)", default: 0] += 1
      let attempts = try await ledger.attempts(of: id)
      if attempts.map(\.number) != Array(1..<(attempts.count + 1)) { violate("\(id) has a gap in its attempts") }
      // Acknowledged while an attempt was under way whose node was lost: the row says so to this day.
      let underWay = item.isUnderWay ? 1 : 0
      if copies[id] ?? 0 > attempts.count + (lost[id] ?? 0) + underWay {
        violate("\(id) arrived more often than it was sent")
      }
      if let stopped = entries.first(where: { $0.kind == "superseded" && $0.identifier == id }),
        entries.contains(where: {
          $0.identifier == id && $0.sequence > stopped.sequence && !$0.kind.hasPrefix("receipt-")
            && !$0.kind.hasPrefix("call-")
        })
      {
        violate("\(id) was withdrawn and something became of it all the same")
      }
      let accepted = attempts.count { $0.result == "accepted" }
      if accepted > 1 + (escalated[id] ?? 0) + (bounced[id] ?? 0) {
        violate("\(id) was sent again without a cause on record")
      }
      if item.state == .accepted, CallCard(item) == nil, copies[id] == nil {
        violate("\(id) is accepted and arrived nowhere")
      }
      if item.isUnderWay, item.state.isOpen { violate("\(id) is still leased") }
    }
  }

  /// Nobody hears the older message of an episode after a newer one. What came back for good was heard by nobody.
  private mutating func inOrder(_ notifications: [NotificationRecord], _ record: WorldRecord) {
    let rank = Dictionary(
      notifications.enumerated().map { ($0.element.notification.id, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let returned = Set(entries.filter { $0.kind == "failed" && $0.detail.hasPrefix("came back") }.map(\.identifier))
    let unheard = Set(notifications.filter { $0.state == .failed }.map(\.notification.id)).intersection(returned)
    var latest: [String: Int] = [:]
    for arrival in record.arrivals where !unheard.contains(arrival.notification) {
      guard let number = rank[arrival.notification] else {
        violate("\(arrival.notification) arrived and nobody owes it")
        continue
      }
      let place = "\(arrival.lane)|\(arrival.contact)"
      if let seen = latest[place], number < seen {
        violate("\(arrival.notification) arrived after a later message of its episode")
      }
      latest[place] = max(latest[place] ?? 0, number)
    }
  }

  /// A ladder is climbed step by step, each once, and what demands a person does not end without one unnoticed.
  private mutating func ladders(_ notifications: [NotificationRecord]) {
    let climbed = Dictionary(grouping: entries.filter { $0.kind == "escalated" }, by: \.identifier)
    let others = Dictionary(grouping: entries.filter { $0.kind == "queued" || $0.kind == "failed" }, by: \.identifier)
    let ends = Set(entries.filter { ["unconfirmed", "passed-on", "overdue"].contains($0.kind) }.map(\.identifier))
    for item in notifications {
      let own = item.notification
      let steps = (climbed[own.id] ?? []).map(\.detail)
      // "why: whom by which, channel 2 of 5"
      let rungs = steps.compactMap { $0.split(separator: " ").dropLast(2).last.flatMap { Int($0) } }
      if rungs != Array(Set(rungs)).sorted() { violate("\(own.id) climbed a step twice or out of order: \(rungs)") }
      if rungs.count != steps.count { violate("\(own.id) has a step without a number") }
      // Refused for good, it goes on by itself: "attempt 2, channel 3 is next".
      let refused = (others[own.id] ?? []).compactMap {
        $0.detail.hasSuffix("is next") ? $0.detail.split(separator: " ").dropLast(2).last.flatMap { Int($0) } : nil
      }
      let taken = Set(rungs + refused)
      for rung in 2..<max(2, rungs.last ?? 2) where !taken.contains(rung) { violate("\(own.id) left out step \(rung)") }
      if item.state == .accepted, own.confirm == .acknowledged, item.notification.checkAt == nil, !ends.contains(own.id)
      {
        violate("\(own.id) was not acknowledged, and nobody was alarmed")
      }
    }
  }
}
