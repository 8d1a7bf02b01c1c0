package import Logging
import Routing

/// Lets time pass: fires timers through the router, notices deadlines, and asks the next contact where nobody confirms.
///
/// Guarantee: every firing happens once, in the transaction that also sets the timer's next one; after a stop, what was
/// missed is made good in the order of its time and marked late. Several timekeepers may run over one ledger.
package struct Timekeeper: Sendable {
  let ledger: any Ledger
  let inUse: RoutesInUse
  let time: any TimeSource
  /// Fired when an event has been accepted, and with it new deadlines.
  let agenda: Signal
  /// Fired when there is something to send.
  let outbox: Signal
  let logger: Logger

  package init(
    ledger: any Ledger, routes: RoutesInUse, time: any TimeSource, agenda: Signal, outbox: Signal, logger: Logger
  ) {
    self.ledger = ledger
    inUse = routes
    self.time = time
    self.agenda = agenda
    self.outbox = outbox
    self.logger = logger
  }

  /// So many deadlines or timers are seen to in one turn, so that nothing holds the ledger for long.
  private static let batch = 200
  /// A child that many change at once is decided again, at most this often.
  private static let rounds = 50

  /// Runs until the task is cancelled.
  package func run() async {
    var kept: [RoutePack] = []
    while !Task.isCancelled {
      do {
        let packs = inUse.current.router(at: time.now()).packs
        if packs.count != kept.count || zip(packs, kept).contains(where: { $0 !== $1 }) {
          try await keepCalendar()
          kept = packs
        }
        let next = try await ledger.nextDeadline() ?? farOff
        if next > time.now() {
          await time.wait(for: agenda, until: min(next, farOff))
        } else {
          while try await turn(), !Task.isCancelled {}
        }
      } catch {
        logger.error("time stands still: the ledger does not answer", metadata: ["error": "\(error)"])
        await time.wait(for: agenda, until: time.now().advanced(bySeconds: 5))
      }
    }
  }

  /// Deadlines of events that came in meanwhile, and a clock that was set, are noticed within a minute.
  private var farOff: Instant { time.now().advanced(bySeconds: 60) }

  /// Does what is due now; true if there may be more. Throws the ledger's errors; what was done stays done, and a timer
  /// that cannot be fired keeps none of the others from firing.
  package func turn() async throws -> Bool {
    let now = time.now()
    let overdue = try await ledger.takeOverdue(at: now, limit: Timekeeper.batch)
    for alarm in overdue.alarms { logger.report(alarm) }
    if overdue.moved > 0 { outbox.fire() }
    let timers = try await ledger.dueTimers(at: now, subject: nil, limit: Timekeeper.batch)
    try await fire(timers)
    return overdue.isFull || !timers.isEmpty
  }

  /// Fires the timers of one subject that were due before an event that happened later and came in first.
  func catchUp(_ subject: String, before instant: Instant) async throws {
    let cut = instant.advanced(byMilliseconds: -1)
    // A clock that repeats may have several firings to make good; a year of hours is enough.
    for _ in 0..<9000 {
      let timers = try await ledger.dueTimers(at: cut, subject: subject, limit: Timekeeper.batch)
      if timers.isEmpty { return }
      try await fire(timers)
    }
  }

  /// Starts the calendar's timers of the packs in force, and ends those of packs that no longer are.
  package func keepCalendar() async throws {
    let now = time.now()
    try await ledger.keepCalendar(calendarEntries(after: now), at: now)
  }

  private func calendarEntries(after now: Instant) -> [CalendarEntry] {
    inUse.current.router(at: now).reports.flatMap { report in
      report.parties.map {
        CalendarEntry(
          rule: report.rule.id, pack: report.rule.pack, party: $0, due: report.calendar.next(after: now))
      }
    }
  }
}

extension Timekeeper {
  /// All of them, and then the first error.
  private func fire(_ timers: [TimerRecord]) async throws {
    var failure: (any Error)?
    for timer in timers {
      do { try await fire(timer) } catch {
        logger.error("a timer could not be fired", metadata: ["rule": "\(timer.rule)", "error": "\(error)"])
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private func fire(_ timer: TimerRecord) async throws {
    for _ in 0..<Timekeeper.rounds {
      let now = time.now()
      let routes = inUse.current
      guard let rule = routes.router(at: now).rule(timer.rule, of: timer.pack) else {
        return try await lose(timer, now)
      }
      let isDone =
        timer.part == .calendar
        ? try await report(timer, rule, routes, now) : try await fire(timer, rule, routes, now)
      if isDone { return }
    }
    logger.warning("a timer waits: too many changes to its child", metadata: ["rule": "\(timer.rule)"])
  }

  /// The rule is no longer in the routes: nobody knows what it would make owed now, and people have to look.
  private func lose(_ timer: TimerRecord, _ now: Instant) async throws {
    let alarm = Alarm(
      kind: .timerLost, identifier: timer.event,
      text: "rule \(timer.rule) of \(timer.pack) is no longer in the routes, so that its timer makes nothing owed")
    if try await ledger.pass(Firing(timer: timer, next: nil), at: now, why: "lost", alarm: alarm) {
      logger.report(alarm)
    }
  }

  /// False when something changed meanwhile and it has to be decided again.
  private func fire(_ timer: TimerRecord, _ rule: Rule, _ routes: Routes, _ now: Instant) async throws -> Bool {
    let event = Event.timePassing(
      rule: rule.id, part: timer.part, about: timer.about, subject: timer.subject, at: timer.due,
      isExercise: timer.isExercise)
    let known = try await ledger.known(
      KnownQuestion(
        source: event.source, eventID: event.id, subject: event.subject, child: nil, aliases: [],
        isExercise: event.isExercise))
    // The timers of a drill end once real events speak of its child.
    guard let child = known.child, known.mixture(with: event) == nil else { return try await end(timer, now) }
    let decision = Decision(routes, event, known, child, Knowledge(known, event, child), at: now)
    guard let plan = try await plan(timer, rule, decision) else { return try await end(timer, now) }
    let firing = Firing(timer: timer, next: timer.next(by: rule, routes.book.directory.bankHolidays))
    if plan.isEmpty {
      _ = try await ledger.pass(firing, at: now, why: "nothing owed", alarm: nil)
      return true
    }
    return try await accept(decision.acceptance(plan, digest: "", sender: timer.sender, firing: firing))
  }

  private func plan(_ timer: TimerRecord, _ rule: Rule, _ decision: Decision) async throws -> Plan? {
    if timer.part == .rule {
      return decision.router.fire(rule, decision.event, decision.situation, at: decision.now)
    }
    guard let record = try await ledger.duty(timer.about), record.state == .open || record.state == .overdue,
      let duty = Duty(record, decision.router.vocabulary)
    else { return nil }
    return decision.router.follow(rule, timer.part, of: duty, decision.event, decision.situation, at: decision.now)
  }

  private func report(_ timer: TimerRecord, _ rule: Rule, _ routes: Routes, _ now: Instant) async throws -> Bool {
    let router = routes.router(at: now)
    guard case .calendar(let calendar) = rule.trigger, let plan = router.report(rule, for: timer.subject, at: timer.due)
    else { return try await end(timer, now) }
    // A list says who is missing now: of several that were missed, one is enough.
    let next = calendar.next(after: calendar.report == .list ? max(now, timer.due) : timer.due)
    let data: JSONValue = ["child": ["livesIn": .string(timer.subject)]]
    let event = Event.timePassing(
      rule: rule.id, part: .calendar, subject: timer.subject, at: timer.due, data: data)
    // A list says who is missing when it is written, not when it should have been.
    let until = calendar.report == .list ? max(now, timer.due) : timer.due
    let period = ReportPeriod(from: calendar.last(before: until), until: until)
    let episodes = try await ledger.episodes(of: timer.subject, in: period)
    let known = Known(
      child: nil, childData: data, childVersion: 0, episodeData: [:], episodeVersion: 0, history: EpisodeHistory(),
      told: [], answered: nil)
    let decision = Decision(routes, event, known, "", Knowledge(known, event, ""), at: now)
    let acceptance = decision.acceptance(
      plan, digest: "", sender: Event.timeSource, firing: Firing(timer: timer, next: next)
    ) { tell in
      Report.make(
        calendar.report, party: timer.subject, period: period,
        share: Set(router.vocabulary.names(of: tell.share)), episodes: episodes)
    }
    return try await accept(acceptance)
  }

  private func end(_ timer: TimerRecord, _ now: Instant) async throws -> Bool {
    _ = try await ledger.pass(Firing(timer: timer, next: nil), at: now, why: "ended", alarm: nil)
    return true
  }

  private func accept(_ acceptance: Acceptance) async throws -> Bool {
    switch try await ledger.accept(acceptance) {
    case .stale: return false
    case .gone, .duplicate: return true
    case .accepted:
      logger.report(acceptance)
      outbox.fire()
      agenda.fire()
      return true
    }
  }
}

extension TimerRecord {
  /// When it fires after this; nil when this is the last time.
  fileprivate func next(by rule: Rule, _ bankHolidays: BankHolidays) -> Instant? {
    guard part == .rule, case .timer(let trigger) = rule.trigger,
      let next = trigger.firing(number + 1, from: startedAt, bankHolidays: bankHolidays), next > due
    else { return nil }
    return next
  }
}

extension Plan {
  fileprivate var isEmpty: Bool { tells.isEmpty && duties.isEmpty && notes.isEmpty }
}

extension Duty {
  /// A duty that the ledger keeps, in the words of the vocabulary; nil where a word is no longer in it.
  init?(_ record: DutyRecord, _ vocabulary: Vocabulary) {
    guard let role = vocabulary.role(record.role), let relation = Relation(rawValue: record.relation) else {
      return nil
    }
    self.init(
      name: record.name, role: role, relation: relation, agency: record.agency, by: record.by, target: record.target,
      fulfilledBy: [], citations: record.citations)
  }
}
