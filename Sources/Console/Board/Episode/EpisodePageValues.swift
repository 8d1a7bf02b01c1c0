import Delivery
import Routing

/// What somebody may see of an episode, as the values of a page. One view, whether it is looked at or printed.
///
/// Guarantee: pure. The child's name and what the rules knew of the child are in it only for somebody who may see content
/// and is limited to no agencies; nobody limited to agencies gets anything but their own messages and duties, because the
/// account holds nothing else.
struct EpisodePageValues {
  let account: EpisodeAccount
  let words: EpisodeWords
  /// Sees the whole episode, not only what concerns some agencies.
  let isFull: Bool
  let seesContent: Bool
  let seesAudit: Bool
  let now: Instant
  /// How links begin; nil on paper.
  let link: ((String) -> String)?
  let reasons: [String: EpisodeReasons]
  let proof: EpisodeProof
  /// Who has looked at the episode or taken it away.
  let looks: [AuditEntry]
  /// Messages to families: what a server says of a mailbox names it.
  let families: Set<String>
  private let overtaken: Set<String>
  private let acts: [String: [AuditEntry]]
  private let retractions: EpisodeRetractions

  init(_ account: EpisodeAccount, _ routes: Routes, of person: Person, at now: Instant, link: ((String) -> String)?) {
    self.account = account
    self.now = now
    self.link = link
    words = EpisodeWords(routes: routes)
    isFull = person.scope == .everything
    seesContent = person.may(.seeContent)
    seesAudit = person.may(.seeAudit)
    reasons = isFull ? EpisodeReasons.all(account, routes) : [:]
    let isLook = { (entry: AuditEntry) in ["viewed", "exported"].contains(entry.kind) }
    // Whoever is limited to agencies learns what became of their messages, not who did what at the gateway.
    let (all, full) = (account.audit, isFull)
    let (reads, audits) = (seesContent, seesAudit)
    let shown = all.filter { !isLook($0) && (full || !$0.kind.hasPrefix("operator-")) }.map { entry in
      EpisodePageValues.mayRead(entry.kind, isFull: full, seesContent: reads, seesAudit: audits) ? entry : entry.bare
    }
    proof = EpisodeProof(
      of: account.reference, shown,
      events: Dictionary(account.events.map { ($0.record.id, $0.record.digest) }, uniquingKeysWith: { a, _ in a }))
    looks = seesAudit ? all.filter(isLook) : []
    families = Set(
      account.notifications.filter { $0.notification.role.hasPrefix("family.") }.map(\.notification.id))
    overtaken = Set(all.filter { $0.kind == "passed-on" }.map(\.identifier))
    acts = Dictionary(grouping: shown.filter { EpisodeWords.act($0.kind) != nil }, by: \.identifier)
    retractions = EpisodeRetractions(account.events)
  }

  /// What a line of the audit says of this kind. Of an escalation it is whom it went to, which may be a family; of what
  /// was done by hand, who at the gateway did it and what they wrote.
  private static func mayRead(_ kind: String, isFull: Bool, seesContent: Bool, seesAudit: Bool) -> Bool {
    if isFull { return seesContent || kind != "escalated" && (seesAudit || !isTyped(kind)) }
    return !isTyped(kind) && !["passed-on", "superseded"].contains(kind)
  }

  private static func isTyped(_ kind: String) -> Bool {
    MessageWords.isByHand(kind) || ["duty-taken", "duty-given-back", "duty-completed"].contains(kind)
  }

  var values: [String: Any] {
    let (open, settled) = (ladders(settled: false), ladders(settled: true))
    var values: [String: Any] = [
      "reference": account.reference, "isExercise": account.isExercise, "isFull": isFull, "facts": facts,
      "standing": standing, "untold": untold.map(brief), "ladders": open, "duties": account.duties.map(self.duty),
      "alarms": alarms, "isPaper": link == nil, "clocks": account.timers.map(self.clock),
      "hasUntold": !untold.isEmpty, "hasClocks": !account.timers.isEmpty, "hasAlarms": !account.alarms.isEmpty,
    ]
    if !settled.isEmpty {
      values["settled"] = ["count": TimeWords.plural(settled.count, "ladder"), "list": settled]
    }
    if let next { values["next"] = next }
    if isFull {
      values["events"] = account.events.map { event($0.record) }
    } else {
      values["own"] = ["messages": account.notifications.map(self.message)]
    }
    if !looks.isEmpty { values["looks"] = ["list": looks.map(look)] }
    return values
  }

  // The summary.

  private var facts: [[String: String]] {
    var facts: [(name: String, value: String?)] = []
    if isFull {
      if seesContent, let child = childWords { facts.append(("Child", child)) }
      facts.append(
        (
          "Risk",
          account.episodeData.at(["episode", "risk"])?.text.map { EnglishWords.apart($0).raisingFirst } ?? "Not stated"
        ))
      if let since = missingSince { facts.append(("Missing since", LondonWords.moment(since))) }
      if let reported = account.reportedAt {
        facts.append(("Reported", LondonWords.moment(reported)))
      } else {
        facts.append(("Reported", "no report to the police is on record"))
      }
      if account.reportedAt != nil { facts.append(("Ended", ended)) }
    }
    facts.append(("Reference", account.reference))
    return factValues(facts)
  }

  private var missingSince: Instant? {
    account.episodeData.at(["episode", "missingSince"])?.text.flatMap(Instant.init(rfc3339:))
  }

  private var ended: String {
    if let endedAt = account.endedAt, !account.isOpen { return LondonWords.moment(endedAt) }
    guard let since = missingSince ?? account.reportedAt, since <= now else { return "no, the child is missing" }
    return "no, the child has been missing for \(TimeWords.span(seconds: now.seconds - since.seconds))"
  }

  /// Name and age; nil where nobody has stated either.
  var childWords: String? {
    let name = account.childData["name"]
    let parts = [name?["given"]?.text, name?["family"]?.text].compactMap(\.self).joined(separator: " ")
    let known = name?["knownAs"]?.text.map { "known as \($0)" }
    let age = account.childData["dateOfBirth"]?.text.flatMap { CivilDate($0) }
      .map { "aged \(max(0, $0.years(until: London.date(at: now))))" }
    let words = [parts.isEmpty ? nil : parts, known, age].compactMap(\.self)
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  // Where things stand.

  private func isStopped(_ record: NotificationRecord) -> Bool { [.cancelled, .superseded].contains(record.state) }

  private var untold: [NotificationRecord] { account.notifications.filter { $0.tellGroup?.isTold == false } }

  private var standing: [String] {
    let owed = account.notifications.filter { !isStopped($0) }
    guard !owed.isEmpty || !account.duties.isEmpty else { return ["Nobody has to be told."] }
    let told = owed.count - untold.count
    let yours = isFull ? "" : " to your agencies"
    var said = [
      "Told: \(told) of \(TimeWords.plural(owed.count, "message"))\(yours) left this gateway and "
        + "\(told == 1 ? "was" : "were") taken by the next system or a person."
    ]
    // In the words of the board, which counts alike.
    for group in [TellGroup.notTold, .onTheWay, .unconfirmed] {
      let records = owed.filter { $0.tellGroup == group }
      guard !records.isEmpty else { continue }
      let calls = records.count { CallCard($0) != nil }
      let ring = calls == 0 ? "" : ", \(calls) of them to be rung"
      said.append("\(BoardWords.group(group)): \(TimeWords.plural(records.count, "message"))\(ring).")
    }
    let demands = owed.filter { $0.notification.confirm == .acknowledged }
    if !demands.isEmpty {
      let done = demands.count { $0.state == .acknowledged }
      said.append("Acknowledged: \(done) of \(demands.count) that a person has to acknowledge.")
    }
    let open = account.duties.filter { [.open, .overdue].contains($0.state) }
    let overdue = open.count { $0.state == .overdue }
    if !account.duties.isEmpty {
      let late = overdue > 0 ? ", \(overdue) of them overdue" : ""
      said.append("Duties: \(open.count) of \(account.duties.count) open\(late).")
    }
    let stopped = account.notifications.count - owed.count
    if stopped > 0 { said.append("Stopped: \(TimeWords.plural(stopped, "message")), cancelled or taken back.") }
    return said
  }

  /// The deadline that passes next.
  private var next: [String: Any]? {
    var ahead: [(at: Instant, what: String)] = []
    for record in account.notifications where !isStopped(record) {
      let whom = recipient(record)
      if !record.state.meets(record.notification.confirm) || record.state == .acknowledged,
        let at = record.notification.checkAt
      {
        ahead.append((at, "\(whom): \(StateWords.demand(record.notification.confirm))"))
      }
      if record.state == .scheduled, let at = record.notification.notBefore {
        ahead.append((at, "\(whom): it is sent"))
      }
    }
    for duty in account.duties where [.open, .overdue].contains(duty.state) {
      if let by = duty.by {
        ahead.append((by, "\(DutyWords.name(duty.name)): \(words.agencies.recipient(duty.role, duty.agency))"))
      }
    }
    for timer in account.timers {
      ahead.append((timer.due, words.citations.says(timer.rule, of: timer.pack) ?? timer.rule))
    }
    guard let first = ahead.filter({ $0.at > now }).min(by: { $0.at < $1.at }) else { return nil }
    return ["what": first.what, "due": timeValues(first.at, at: now)]
  }

  // The timeline.

  private func event(_ record: EventRecord) -> [String: Any] {
    let plan = (try? JSONValue(parsing: record.plan.utf8)) ?? [:]
    let isTimed = record.type == Event.timePassed
    let messages = account.notifications.filter { $0.notification.event == record.id }
    let duties = account.duties.filter { $0.event == record.id }
    let notes = plan["notes"]?.items ?? []
    var values: [String: Any] = [
      "anchor": record.id, "headline": words.headline(record.type, purpose: plan["purpose"]?.text),
      "isTimed": isTimed, "happened": timeValues(record.time, at: now),
      "learned": timeValues(record.learnedAt, at: now),
      "sender": record.sender, "messages": messages.map(message), "owedDuties": duties.map(duty),
      "nothing": messages.isEmpty && duties.isEmpty, "hasMessages": !messages.isEmpty, "hasDuties": !duties.isEmpty,
      "corrections": retractions.words(of: record.id, words).map {
        ["says": $0.says, "otherEvent": $0.event.map { [$0] } ?? []]
      },
      "notes": notes.map(note), "hasNotes": !notes.isEmpty, "warnings": record.warnings,
      "hasWarnings": !record.warnings.isEmpty,
      "digest": record.digest.isEmpty ? "none: time set it off" : record.digest,
    ]
    values["cause"] = plan["cause"].map { [self.cause($0, plan)] } ?? []
    if let why = why(record.id, isTimed) { values["why"] = why }
    return values.merging(whatBecame(of: record.id)) { own, _ in own }
  }

  private func cause(_ cause: JSONValue, _ plan: JSONValue) -> String {
    let rule = cause["rule"]?.text ?? ""
    let pack = plan["packs"]?.items?.first?["id"]?.text ?? ""
    let span = cause["timer"]?.text.map { "\($0) passed. " } ?? ""
    let about = cause["about"]?["duty"]?.text.map { " It is about the duty: \(DutyWords.name($0))." } ?? ""
    var late = ""
    if case .number(let seconds)? = cause["lateBySeconds"] {
      late = " It came late, by \(TimeWords.span(seconds: Int64(seconds)))."
    }
    return "\(span)\(words.citations.says(rule, of: pack) ?? "The rule is \(rule).")\(about)\(late)"
  }

  private func note(_ note: JSONValue) -> String {
    let section = note["section"]?.text.flatMap { $0.isEmpty ? nil : "Section \($0): " } ?? ""
    return "\(section)\(note["says"]?.text ?? "") (\(note["because"]?.text ?? ""))"
  }

  /// Rules that did not fire. What kept them is what is known of the child, so that only the rules are named to somebody who
  /// may not see content.
  private func why(_ event: String, _ isTimed: Bool) -> [String: Any]? {
    if isTimed { return nil }
    guard let found = reasons[event] else {
      return [
        "count": "not known", "basis": "The event cannot be read by the routes in use now, so this cannot be said.",
      ]
    }
    let basis =
      found.isSame
      ? "Plans on record do not keep this. It is worked out now from the events as they were sent, with the packs that were "
        + "in force then, and comes to the same rules as the plan on record."
      : "Plans on record do not keep this. It is worked out now from the events as they were sent, and does not come to the "
        + "same rules as the plan on record, or a pack's text has changed since: read it with care."
    let misses = found.misses.map { miss -> [String: Any] in
      let place = words.citations.sections([miss.citation]).first?.words ?? miss.citation.pack
      return [
        "place": place, "rule": miss.citation.rule, "says": miss.says,
        "obstacles": seesContent
          ? miss.obstacles.joined(separator: "; ") : "the reason is content, which you may not see",
      ]
    }
    return ["count": "\(misses.count)", "basis": basis, "misses": misses]
  }

  // Messages.

  func recipient(_ record: NotificationRecord) -> String {
    words.agencies.recipient(record.notification.role, record.notification.agency)
  }

  /// Whom a channel reaches. A family is named only to somebody who may see content: their name is the child's, too.
  func contact(_ record: NotificationRecord, at index: Int) -> String {
    let own = record.notification
    guard seesContent || !own.role.hasPrefix("family.") else { return RoleWords.name(own.role) }
    return own.contact(at: index) ?? RoleWords.name(own.role)
  }

  private func way(_ record: NotificationRecord) -> String {
    let own = record.notification
    let index = record.delivery.channelIndex
    guard own.channels.indices.contains(index) else { return "No way to reach them is known." }
    return "\(ChannelWords.way(own.channels[index].name).raisingFirst), to \(contact(record, at: index))."
  }

  /// A list of one or none, for templates: to them an empty text is there.
  private func go(_ path: String) -> [String] { link.map { [$0(path)] } ?? [] }

  /// Why it is held is in all of its audit, also where lines of that are not shown.
  private func state(_ record: NotificationRecord) -> String {
    if record.isUnderWay { return "Being sent now" }
    let kinds = account.audit.lazy.filter { $0.identifier == record.notification.id }.map(\.kind)
    return StateWords.standing(record, record.state == .held ? Hold(record, audit: Array(kinds)) : nil).mark
  }

  private func brief(_ record: NotificationRecord) -> [String: Any] {
    [
      "recipient": recipient(record), "recipientTitle": recipient(record).raisingFirst, "state": state(record),
      "tone": EpisodeWords.tone(record),
      "messageGo": go(BoardPath.message(record.notification.id)), "message": record.notification.id,
    ]
  }

  func message(_ record: NotificationRecord) -> [String: Any] {
    let own = record.notification
    var values = brief(record)
    values["way"] = way(record)
    values["demand"] = StateWords.demand(own.confirm)
    values["urgency"] = StateWords.urgency(own.urgency)
    values["became"] = timeValues(record.createdAt, at: now)
    values["about"] = isFull ? [] : [words.headline(own.eventType)]
    values["attempts"] =
      record.delivery.attempts > 0 ? [TimeWords.plural(record.delivery.attempts, "attempt")] : []
    values["deadline"] = own.by.map { [timeValues($0, at: now)] } ?? []
    values["receipts"] = (account.receipts[own.id] ?? []).map { self.receipt($0) }
    values["hasReceipts"] = account.receipts[own.id] != nil
    return values.merging(cites(own.citations)) { own, _ in own }.merging(whatBecame(of: own.id)) { own, _ in own }
  }

  func evidence(_ record: ReceiptRecord) -> String {
    seesContent || !ReceiptWords.isTyped(record.receipt.source) && !families.contains(record.notification)
      ? record.receipt.evidence : ""
  }

  private func receipt(_ record: ReceiptRecord) -> [String: Any] {
    let evidence = evidence(record)
    return [
      "at": timeValues(record.at, at: now), "kind": ReceiptWords.name(record.receipt.kind).raisingFirst,
      "source": ReceiptWords.name(record.receipt.source), "proves": ReceiptWords.proves(record.receipt.kind),
      "evidence": evidence.isEmpty ? "" : ": \(evidence)",
    ]
  }

  private func act(_ entry: AuditEntry) -> [String: Any] {
    let isTyped = entry.kind.hasPrefix("operator-") || entry.kind.hasPrefix("call-") || entry.kind == "duty-completed"
    let isNamed = ["escalated", "call-overdue", "overdue", "unconfirmed"].contains(entry.kind)
    // An escalation names whom it went to, which may be a family.
    let detail = isFull && seesContent || isFull && seesAudit && isTyped || !isFull && isNamed ? entry.detail : ""
    return [
      "at": timeValues(entry.at, at: now), "did": EpisodeWords.act(entry.kind) ?? entry.kind,
      "detail": detail.isEmpty ? "" : ": \(detail)",
    ]
  }

  /// What the audit says of it, for `episode-acts`.
  private func whatBecame(of id: String) -> [String: Any] {
    ["acts": (acts[id] ?? []).map(act), "hasActs": acts[id] != nil]
  }

  /// For `episode-cites`.
  private func cites(_ citations: [Citation]) -> [String: Any] {
    let sections = words.citations.sections(citations)
    let cites = sections.enumerated().map { index, one -> [String: Any] in
      [
        "section": one.words, "packGo": go(BoardPath.pack(one.pack)),
        "then": index == sections.count - 1 ? "." : "; ",
      ]
    }
    return ["cites": cites, "hasCites": !cites.isEmpty]
  }

  private func duty(_ duty: DutyRecord) -> [String: Any] {
    let values: [String: Any] = [
      "duty": DutyWords.name(duty.name), "dutyTitle": DutyWords.name(duty.name).raisingFirst,
      "holder": words.agencies.recipient(duty.role, duty.agency),
      "dutyState": DutyWords.state(duty.state), "dutyTone": EpisodeWords.tone(duty),
      "dutyGo": go(BoardPath.duty(duty.id)),
      "runs": [.open, .overdue].contains(duty.state), "by": duty.by.map { [timeValues($0, at: now)] } ?? [],
      "done": duty.fulfilledAt.map { [timeValues($0, at: now)] } ?? [],
      "wasOverdue": duty.wasOverdue && duty.state != .overdue,
    ]
    return values.merging(cites(duty.citations)) { own, _ in own }.merging(whatBecame(of: duty.id)) { own, _ in own }
  }

  private func clock(_ timer: TimerRecord) -> [String: Any] {
    [
      "due": timeValues(timer.due, at: now), "rule": words.citations.says(timer.rule, of: timer.pack) ?? timer.rule,
      "part": EpisodePageValues.part(timer.part),
    ]
  }

  private static func part(_ part: TimerPart) -> String {
    switch part {
    case .rule, .calendar: "What the rule makes owed"
    case .reminder: "A reminder of the duty"
    case .rung: "The next to hear that the duty is not done"
    }
  }

  private var alarms: [[String: Any]] {
    account.alarms.map { record in
      [
        "at": timeValues(record.at, at: now), "kind": AuditWords.alarm(record.alarm.kind), "text": record.alarm.text,
        "messageGo": Identifiers.isNotification(record.alarm.identifier)
          ? go(BoardPath.message(record.alarm.identifier)) : [],
        "identifier": record.alarm.identifier,
      ]
    }
  }

  private func look(_ entry: AuditEntry) -> [String: Any] {
    ["at": timeValues(entry.at, at: now), "did": entry.kind, "detail": entry.detail]
  }

  // Ladders.

  func ladder(_ record: NotificationRecord) -> EpisodeLadder? {
    EpisodeLadder(
      record, isOvertaken: overtaken.contains(record.notification.id), whom: { contact(record, at: $0) },
      channel: { ChannelWords.name($0.name) })
  }

  private func ladders(settled: Bool) -> [[String: Any]] {
    account.notifications.compactMap { record in
      guard let ladder = ladder(record), ladder.isSettled == settled else { return nil }
      let whom = recipient(record)
      return [
        "recipient": whom, "picture": LadderPicture.svg(ladder, of: whom), "stands": ladder.standing,
        "messageGo": go(BoardPath.message(record.notification.id)), "message": record.notification.id,
        "steps": ladder.steps.map { "\($0.whom.raisingFirst), by \($0.channel): \($0.fate.words)" },
        "check": settled ? [] : [record.notification.checkAt].compactMap(\.self).map { timeValues($0, at: now) },
      ]
    }
  }
}

/// Which events of an episode take which others back.
struct EpisodeRetractions {
  private let headlines: [String: EventRecord]
  /// By event: those that it takes back, and whether it puts something in their place.
  private let takes: [(by: String, wrong: String, isCorrection: Bool)]

  init(_ events: [(record: EventRecord, body: JSONValue)]) {
    headlines = Dictionary(events.map { ($0.record.id, $0.record) }, uniquingKeysWith: { a, _ in a })
    takes = events.compactMap { record, body in
      let event = Event(
        id: record.sourceID, source: record.source, type: record.type, time: record.time, subject: record.subject,
        data: body["data"] ?? [:])
      guard let wrong = event.retracts else { return nil }
      let id = Identifiers.event(source: wrong.source, id: wrong.id)
      return (record.id, id, event.data["corrects"] != nil)
    }
  }

  func words(of event: String, _ words: EpisodeWords) -> [(says: String, event: String?)] {
    takes.compactMap { take in
      let (other, verb) =
        take.by == event
        ? (take.wrong, take.isCorrection ? "Corrects" : "Takes back")
        : take.wrong == event ? (take.by, take.isCorrection ? "Was corrected by" : "Was taken back by") : ("", "")
      guard let record = headlines[other] else {
        return other.isEmpty ? nil : ("\(verb) an event that never came in", nil)
      }
      return ("\(verb): \(words.headline(record.type)), learned \(LondonWords.moment(record.learnedAt))", record.id)
    }
  }
}

extension AuditEntry {
  /// That it was, without what it says.
  fileprivate var bare: AuditEntry {
    AuditEntry(sequence: sequence, at: at, kind: kind, identifier: identifier, detail: "")
  }
}
