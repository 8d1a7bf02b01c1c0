/// Plays a case in virtual time: its events, the timers that they start, the calendar, and duties as they are met or not.
///
/// Guarantee: deterministic; the same case and packs give the same lines. At one instant events come before timers, so
/// that what happens exactly at a limit is still within it.
package struct CasePlayer {
  package let router: Router
  private var chronicle: Chronicle
  private var timers: [TimerKey: PendingTimer] = [:]
  private var duties: [PendingDuty] = []
  private var reports: [PendingReport] = []
  private var lines: [TimelineLine] = []
  private var steps: [String: Int] = [:]

  private struct TimerKey: Hashable {
    let subject: String
    let rule: String
  }

  private struct PendingTimer {
    let rule: Rule
    let start: Instant
    var number: Int
    var at: Instant
    let step: Int
  }

  private struct PendingDuty {
    let duty: Duty
    let subject: String
    let step: Int?
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
    guard let begin = item.steps.first?.event.time, let end = item.steps.last?.event.time else { return [] }
    player.reports = router.reports.flatMap { report in
      report.parties.map {
        PendingReport(
          rule: report.rule, calendar: report.calendar, party: $0, at: report.calendar.next(after: begin))
      }
    }
    for (number, step) in item.steps.enumerated() {
      player.letPass(until: step.event.time, includingLast: false)
      player.take(step.event, number)
    }
    player.letPass(until: max(item.until ?? end, end), includingLast: true)
    return player.lines
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
      let timer = timers.min { ($0.value.at, $0.key.subject, $0.key.rule) < ($1.value.at, $1.key.subject, $1.key.rule) }
      let report = reports.indices.min { reports[$0].at < reports[$1].at }
      let late = duties.indices.filter { !duties[$0].isOverdue && duties[$0].duty.by != nil }
        .min { (duties[$0].duty.by ?? end) < (duties[$1].duty.by ?? end) }
      let times = [timer?.value.at, report.map { reports[$0].at }, late.flatMap { duties[$0].duty.by }]
      guard let next = times.compactMap(\.self).min(), isDue(next) else { return }
      if let timer, timer.value.at == next {
        fire(timer.key, timer.value)
      } else if let report, reports[report].at == next {
        send(report)
      } else if let late {
        duties[late].isOverdue = true
        lines.append(TimelineLine(duties[late].duty, .overdue, at: next, cause(of: duties[late])))
      }
    }
  }

  private mutating func fire(_ key: TimerKey, _ timer: PendingTimer) {
    let event = Event.timePassing(rule: timer.rule, subject: key.subject, at: timer.at, data: [:])
    let situation = chronicle.situation(for: event)
    timers[key] = nil
    guard let plan = router.fire(timer.rule, event, situation, at: timer.at) else { return }
    chronicle.record(event, situation, plan)
    write(
      plan, event,
      TimelineLine.Cause(step: timer.step, timer: timer.rule.trigger.words(firing: timer.number)),
      isLookedAfter: situation.lookedAfterBy != nil)
    guard case .timer(let trigger) = timer.rule.trigger,
      let next = trigger.firing(timer.number + 1, from: timer.start, bankHolidays: router.directory.bankHolidays),
      next > timer.at
    else { return }
    timers[key] = PendingTimer(
      rule: timer.rule, start: timer.start, number: timer.number + 1, at: next, step: timer.step)
  }

  private mutating func send(_ index: Int) {
    let report = reports[index]
    reports[index].at = report.calendar.next(after: report.at)
    guard let plan = router.report(report.rule, for: report.party, at: report.at) else { return }
    let event = Event.timePassing(rule: report.rule, subject: report.party, at: report.at, data: [:])
    write(
      plan, event, TimelineLine.Cause(step: nil, timer: report.rule.trigger.words(firing: 1)), isLookedAfter: false,
      isReport: true)
  }

  private mutating func write(
    _ plan: Plan, _ event: Event, _ cause: TimelineLine.Cause, isLookedAfter: Bool, isReport: Bool = false
  ) {
    func add(_ line: TimelineLine) {
      var line = line
      line.isLookedAfter = isLookedAfter
      lines.append(line)
    }
    for tell in plan.tells { add(TimelineLine(tell, isReport ? .report : .tell, at: event.time, cause)) }
    for duty in plan.duties {
      add(TimelineLine(duty, .duty, at: event.time, cause))
      duties.append(PendingDuty(duty: duty, subject: event.subject, step: cause.step))
    }
    for note in plan.notes { add(TimelineLine(note, at: event.time, cause)) }
    for timer in plan.timers { add(TimelineLine(timer, at: event.time, cause)) }
  }

  /// What a step that was wrong had set going ends without having been owed.
  private mutating func withdraw(_ event: Event) {
    guard let wrong = event.retracts, let step = steps[wrong.id] else { return }
    timers = timers.filter { $0.value.step != step }
    for duty in duties where duty.step == step {
      lines.append(TimelineLine(duty.duty, .cancelled, at: event.time, cause(of: duty)))
    }
    duties.removeAll { $0.step == step }
  }

  /// Duties of the episode that this event meets, or whose limit it ends.
  private mutating func settle(_ event: Event, _ plan: Plan) {
    let met = duties.indices.filter { index in
      let pending = duties[index]
      guard pending.subject == event.subject else { return false }
      return pending.duty.fulfilledBy.contains(event.type)
        || pending.duty.citations.contains { plan.ended.contains($0.rule) }
    }
    for index in met {
      lines.append(TimelineLine(duties[index].duty, .fulfilled, at: event.time, cause(of: duties[index])))
    }
    for index in met.reversed() { duties.remove(at: index) }
  }

  private func cause(of duty: PendingDuty) -> TimelineLine.Cause { TimelineLine.Cause(step: duty.step, timer: nil) }
}

extension Trigger {
  /// The span that has passed when a timer fires, as packs write it.
  func words(firing number: Int) -> String? {
    switch self {
    case .events, .count: nil
    case .timer(let timer): (number == 1 ? timer.after ?? timer.every : timer.every)?.description
    case .before(let before): "\(before.span) before \(before.of.joined(separator: "."))"
    case .calendar(let calendar): calendar.period.words
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
