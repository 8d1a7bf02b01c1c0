/// Plays a case in virtual time: its events, the timers that they start, the calendar, and duties as they are met or not.
///
/// Guarantee: deterministic; the same case and packs give the same lines. At one instant events come before timers, so
/// that what happens exactly at a limit is still within it.
package struct CasePlayer {
  package let router: Router
  private var chronicle: Chronicle
  private var timers: [TimerKey: PendingTimer] = [:]
  private var duties: [PendingDuty] = []
  private var dutyCount = 0
  private var reports: [PendingReport] = []
  private var lines: [TimelineLine] = []
  private var steps: [String: Int] = [:]

  private struct TimerKey: Hashable {
    let subject: String
    let rule: String
    var part = TimerPart.rule
    /// The duty that a reminder or a rung is about.
    var duty = 0
  }

  private struct PendingTimer {
    let rule: Rule
    let start: Instant
    var number: Int
    var at: Instant
    let step: Int
  }

  private struct PendingDuty {
    let number: Int
    let duty: Duty
    let subject: String
    let step: Int?
    let overdueAt: Instant?
    var isOverdue = false
  }

  private struct PendingReport {
    let rule: Rule
    let calendar: CalendarTrigger
    let party: String
    var at: Instant
  }

  package init(router: Router) {
    self.router = router
    chronicle = Chronicle(vocabulary: router.vocabulary)
  }

  /// All lines of a case, in time order.
  package static func play(_ item: CaseFile, _ router: Router) -> [TimelineLine] {
    var player = CasePlayer(router: router)
    if item.steps.isEmpty { return [] }
    player.reports = router.reports.flatMap { report in
      report.parties.map {
        PendingReport(
          rule: report.rule, calendar: report.calendar, party: $0, at: report.calendar.next(after: item.begins))
      }
    }
    player.play(item.steps.map(\.event), until: item.ends)
    return player.lines
  }

  /// All lines of these events, in time order, without the calendar's reports.
  package static func play(_ events: [Event], until end: Instant, _ router: Router) -> [TimelineLine] {
    var player = CasePlayer(router: router)
    player.play(events, until: end)
    return player.lines
  }

  private mutating func play(_ events: [Event], until end: Instant) {
    for (number, event) in events.enumerated() {
      letPass(until: event.time, includingLast: false)
      take(event, number)
    }
    letPass(until: end, includingLast: true)
  }

  private mutating func take(_ event: Event, _ step: Int) {
    steps[event.id] = step
    let situation = chronicle.situation(for: event)
    let plan = router.plan(event, situation, at: event.time)
    if plan.retracted != nil { withdraw(event) }
    settle(event, plan)
    chronicle.record(event, situation, plan)
    write(plan, event, TimelineLine.Cause(step: step, timer: nil), isLookedAfter: situation.lookedAfterBy != nil)
    for stopped in plan.stopped { timers[TimerKey(subject: event.subject, rule: stopped)] = nil }
    for start in plan.timers {
      guard let rule = router.rule(start.rule, of: start.pack) else { continue }
      timers[TimerKey(subject: event.subject, rule: start.rule)] = PendingTimer(
        rule: rule, start: event.time, number: 1, at: start.at, step: step)
    }
  }

  /// Everything that time causes up to `end`, in order.
  private mutating func letPass(until end: Instant, includingLast: Bool) {
    func isDue(_ at: Instant) -> Bool { includingLast ? at <= end : at < end }
    while true {
      let timer = timers.min {
        ($0.value.at, $0.key.subject, $0.key.rule, $0.key.duty) < (
          $1.value.at, $1.key.subject, $1.key.rule, $1.key.duty
        )
      }
      let report = reports.indices.min { reports[$0].at < reports[$1].at }
      let late = duties.indices.filter { !duties[$0].isOverdue && duties[$0].overdueAt != nil }
        .min { (duties[$0].overdueAt ?? end) < (duties[$1].overdueAt ?? end) }
      let times = [timer?.value.at, report.map { reports[$0].at }, late.flatMap { duties[$0].overdueAt }]
      guard let next = times.compactMap(\.self).min(), isDue(next) else { return }
      if let late, duties[late].overdueAt == next {
        duties[late].isOverdue = true
        lines.append(TimelineLine(duties[late].duty, .overdue, at: next, cause(of: duties[late])))
      } else if let timer, timer.value.at == next {
        fire(timer.key, timer.value)
      } else if let report {
        send(report)
      }
    }
  }

  private mutating func fire(_ key: TimerKey, _ timer: PendingTimer) {
    let event = Event.timePassing(
      rule: timer.rule.id, part: key.part, about: String(key.duty), subject: key.subject, at: timer.at)
    let situation = chronicle.situation(for: event)
    timers[key] = nil
    guard let plan = plan(key, timer, event, situation) else { return }
    chronicle.record(event, situation, plan)
    write(
      plan, event, TimelineLine.Cause(step: timer.step, timer: timer.rule.words(of: key.part, firing: timer.number)),
      isLookedAfter: situation.lookedAfterBy != nil)
    guard key.part == .rule, case .timer(let trigger) = timer.rule.trigger,
      let next = trigger.firing(timer.number + 1, from: timer.start, bankHolidays: router.directory.bankHolidays),
      next > timer.at
    else { return }
    timers[key] = PendingTimer(
      rule: timer.rule, start: timer.start, number: timer.number + 1, at: next, step: timer.step)
  }

  private func plan(_ key: TimerKey, _ timer: PendingTimer, _ event: Event, _ situation: Situation) -> Plan? {
    if key.part == .rule { return router.fire(timer.rule, event, situation, at: timer.at) }
    guard let owed = duties.first(where: { $0.number == key.duty }) else { return nil }
    return router.follow(timer.rule, key.part, of: owed.duty, event, situation, at: timer.at)
  }

  private mutating func send(_ index: Int) {
    let report = reports[index]
    reports[index].at = report.calendar.next(after: report.at)
    guard let plan = router.report(report.rule, for: report.party, at: report.at) else { return }
    let event = Event.timePassing(rule: report.rule.id, subject: report.party, at: report.at)
    write(
      plan, event, TimelineLine.Cause(step: nil, timer: report.rule.words(of: .rule, firing: 1)), isLookedAfter: false)
  }

  private mutating func write(
    _ plan: Plan, _ event: Event, _ cause: TimelineLine.Cause, isLookedAfter: Bool
  ) {
    func add(_ line: TimelineLine) {
      var line = line
      line.isLookedAfter = isLookedAfter
      lines.append(line)
    }
    for tell in plan.tells { add(TimelineLine(tell, plan.purpose, about: plan.about, at: event.time, cause)) }
    for duty in plan.duties {
      add(TimelineLine(duty, .duty, at: event.time, cause))
      dutyCount += 1
      duties.append(
        PendingDuty(
          number: dutyCount, duty: duty, subject: event.subject, step: cause.step,
          overdueAt: duty.overdueAt(from: event.time)))
      for followUp in duty.followUps { start(followUp, of: dutyCount, event.subject, cause.step) }
    }
    for note in plan.notes { add(TimelineLine(note, at: event.time, cause)) }
    for timer in plan.timers { add(TimelineLine(timer, at: event.time, cause)) }
  }

  private mutating func start(_ followUp: FollowUp, of duty: Int, _ subject: String, _ step: Int?) {
    guard let rule = router.rule(followUp.rule, of: followUp.pack) else { return }
    timers[TimerKey(subject: subject, rule: rule.id, part: followUp.part, duty: duty)] = PendingTimer(
      rule: rule, start: followUp.at, number: 1, at: followUp.at, step: step ?? 0)
  }

  /// What a step that was wrong had set going ends without having been owed.
  private mutating func withdraw(_ event: Event) {
    guard let wrong = event.retracts, let step = steps[wrong.id] else { return }
    timers = timers.filter { $0.value.step != step }
    for duty in duties where duty.step == step {
      lines.append(TimelineLine(duty.duty, .cancelled, at: event.time, cause(of: duty)))
    }
    forget { $0.step == step }
  }

  /// A duty that is settled has no reminders and no ladder any more.
  private mutating func forget(_ isSettled: (PendingDuty) -> Bool) {
    let numbers = Set(duties.filter(isSettled).map(\.number))
    duties.removeAll { numbers.contains($0.number) }
    timers = timers.filter { !numbers.contains($0.key.duty) }
  }

  /// Duties of the episode that this event meets, whose limit it ends, or that nobody owes any more.
  private mutating func settle(_ event: Event, _ plan: Plan) {
    for (kind, isSettled) in plan.settlements(by: event) {
      let settled = duties.filter { $0.subject == event.subject && isSettled($0.duty) }
      lines += settled.map { TimelineLine($0.duty, kind, at: event.time, cause(of: $0)) }
      let numbers = Set(settled.map(\.number))
      forget { numbers.contains($0.number) }
    }
  }

  private func cause(of duty: PendingDuty) -> TimelineLine.Cause { TimelineLine.Cause(step: duty.step, timer: nil) }
}

extension Plan {
  /// How this plan's event settles earlier duties of the episode: fulfilled first, and what lapses of the rest.
  fileprivate func settlements(by event: Event) -> [(TimelineLine.Kind, (Duty) -> Bool)] {
    let (ended, lapsed, type) = (ended, lapsed, event.type)
    return [
      (.fulfilled, { $0.fulfilledBy.contains(type) || $0.citations.contains { ended.contains($0.rule) } }),
      (.cancelled, { $0.citations.allSatisfy { lapsed.contains($0.rule) } }),
    ]
  }
}

extension Rule {
  /// The span that has passed when a timer fires, as packs write it.
  package func words(of part: TimerPart, firing number: Int) -> String? {
    switch part {
    case .reminder(let span): return "\(span) before \(duty?.name ?? id)"
    case .rung(let index): return duty.map { "\($0.ladder[index].after) after \($0.name)" }
    case .rule, .calendar: break
    }
    switch trigger {
    case .events, .count: return nil
    case .timer(let timer): return (number == 1 ? timer.after ?? timer.every : timer.every)?.description
    case .before(let before): return "\(before.span) before \(before.of.joined(separator: "."))"
    case .calendar(let calendar): return calendar.period.words
    }
  }
}

extension CalendarTrigger.Period {
  var words: String {
    switch self {
    case .daily: "P1D"
    case .weekly: "P7D"
    case .months(12): "P1Y"
    case .months(let count): "P\(count)M"
    }
  }
}
