/// Time in the routing core: counts, timers that events start and stop, what a timer that fires makes owed, and reports.
///
/// Guarantee: as pure as the rest. When something fires is worked out here; waiting for it is somebody else's work.
extension Router {
  /// What the timer of `rule` makes owed when it fires at `event.time`; nil when it has ended, because the pack no longer
  /// applies or its `while` no longer holds.
  package func fire(_ rule: Rule, _ event: Event, _ situation: Situation, at instant: Instant) -> Plan? {
    guard let pack = packs.first(where: { $0.id == rule.pack }) else { return nil }
    let draft = Draft(event: event, situation: situation, instant: instant)
    setPackFacts(pack, &draft.facts, situation)
    guard pack.scope.holds(draft.facts) else { return nil }
    if case .timer(let timer) = rule.trigger, !timer.whileTrue.holds(draft.facts) { return nil }
    draft.plan.packs.append(
      AppliedPack(id: pack.id, contentHash: pack.contentHash, because: [rule.id]))
    if rule.when.holds(draft.facts) { apply(rule, pack, draft) }
    return draft.plan
  }

  /// A report that the calendar makes owed, for one party of its pack: nobody's child, the party's own desks.
  package func report(_ rule: Rule, for party: String, at instant: Instant) -> Plan? {
    let data: JSONValue = ["child": ["livesIn": .string(party)]]
    let event = Event.timePassing(rule: rule.id, subject: party, at: instant, data: data)
    let situation = Situation(data, event: event, history: EpisodeHistory(), vocabulary: vocabulary)
    var plan = fire(rule, event, situation, at: instant)
    plan?.purpose = .report
    return plan
  }

  /// Rules that the calendar sets off, with the parties that each is for.
  package var reports: [(rule: Rule, calendar: CalendarTrigger, parties: [String])] {
    packs.flatMap { pack in
      pack.rules.compactMap { rule in
        guard case .calendar(let calendar) = rule.trigger else { return nil }
        guard isLive(rule) else { return nil }
        return (rule, calendar, calendar.parties.isEmpty ? pack.parties : calendar.parties)
      }
    }
  }

  /// Whether this report makes the number. Episodes count by the London date of their first report (reading R7).
  func isMet(_ count: CountTrigger, _ draft: Draft) -> Bool {
    let history = draft.situation.history
    guard let started = history.reportedAt else { return false }
    let today = London.date(at: draft.event.time).daysSince1970
    var facts = draft.facts
    func counts(_ start: Instant, _ risk: FactValue?) -> Bool {
      let age = today - London.date(at: start).daysSince1970
      if age < 0 || age > Int64(count.withinDays ?? .max) { return false }
      guard let slot = slots.risk, let domain = vocabulary.fact("episode.risk")?.definition.domain else { return true }
      facts[slot] = risk ?? domain.unstatedValue
      return count.of.holds(facts)
    }
    guard counts(started, slots.risk.map { draft.facts[$0] }) else { return false }
    return count.isMet(by: 1 + history.others.count { counts($0.reportedAt, $0.risk) })
  }

  /// Timers that this event starts, sets anew or stops, and limits that it ends.
  func keepTime(_ number: Int, _ pack: RoutePack, _ draft: Draft) {
    let type = draft.event.type
    for rule in timerIndex[type]?[number] ?? [] {
      guard case .timer(let timer) = rule.trigger else { continue }
      if timer.unless.contains(where: { $0.event == type && $0.onlyWhere.holds(draft.facts) }) {
        draft.plan.stopped.append(rule.id)
      } else if timer.of.contains(type), type != EpisodeHistory.report || draft.situation.isFirstReport,
        timer.startsWhere.holds(draft.facts),
        let at = timer.firing(1, from: draft.event.time, bankHolidays: directory.bankHolidays)
      {
        guard isLive(rule) else {
          note(rule, draft)
          continue
        }
        if rule.isOnce {
          if draft.situation.history.fired[rule.id] != nil { continue }
          draft.plan.fired.append(rule.id)
        }
        draft.plan.timers.append(
          TimerStart(rule: rule.id, pack: pack.id, at: at, every: timer.every, citations: rule.citations))
      }
    }
    for rule in advance[number] where isLive(rule) {
      guard case .before(let before) = rule.trigger else { continue }
      let at = draft.situation.instant(at: before.of).flatMap { before.span.start(endingAt: $0) }
      guard let at, at >= draft.event.time else {
        // What the clock ran towards is gone, or so near that it no longer comes before.
        draft.plan.stopped.append(rule.id)
        continue
      }
      if at == draft.event.time { continue }
      draft.plan.timers.append(
        TimerStart(rule: rule.id, pack: pack.id, at: at, every: nil, citations: rule.citations))
    }
    if EpisodeHistory.endings.contains(type), let open = slots.open, draft.facts[open] == .flag(false) {
      draft.plan.lapsed += untilEnd[number].map(\.id)
    }
    for rule in limits[number] where rule.duty?.endsWhen?.holds(draft.facts) ?? false {
      draft.plan.ended.append(rule.id)
    }
  }

  /// The people that rules of this episode want at the meeting that has just been called. A rule that an event set off
  /// invites if it fired; one that time sets off if its condition holds, for a meeting may be called earlier.
  func invite(_ number: Int, _ pack: RoutePack, _ draft: Draft) {
    for rule in invitations[number] where isLive(rule) {
      guard isMeeting(of: rule, draft.facts) else { continue }
      let isDue =
        rule.trigger.isTimed ? rule.when.holds(draft.facts) : draft.situation.history.fired[rule.id] != nil
      guard isDue else { continue }
      for tell in rule.tells where tell.mode.waitsForMeeting { add(tell, rule, pack, draft) }
    }
  }

  /// The kind of meeting that a duty is about; a rule without such a duty means any meeting.
  private static let meetings = [
    "strategy-meeting": "strategy", "missing-meeting": "missing", "intervention-meeting": "intervention",
    "core-group": "core-group", "plan-review": "review", "file-review": "review",
  ]

  private func isMeeting(of rule: Rule, _ facts: Facts) -> Bool {
    guard let kind = rule.duty.flatMap({ Router.meetings[$0.name] }) else { return true }
    guard let slot = slots.meetingKind, case .oneOf(let kinds) = vocabulary.facts[slot].domain,
      case .choice(let index) = facts[slot]
    else { return false }
    return kinds[Int(index)] == kind
  }
}

extension Event {
  /// Time passing, for a rule that it sets off. Its type is none that a sender can submit.
  /// `part` and `about` tell a reminder or a rung of one duty from those of others.
  package static func timePassing(
    rule: String, part: TimerPart = .rule, about: String = "", subject: String, at instant: Instant,
    data: JSONValue = [:], isExercise: Bool = false
  ) -> Event {
    let id = [rule, part.description, about, subject, instant.rfc3339].filter { !$0.isEmpty }.joined(separator: " ")
    return Event(
      id: id, source: timeSource, type: timePassed, time: instant, subject: subject, data: data,
      isExercise: isExercise)
  }

  package static let timeSource = "waypost"
  package static let timePassed = "time.passed"
}
