/// The routing core: from an event and what is known to everything it makes owed.
///
/// Guarantee: pure and total. The same event, situation and instant give the same plan; no clock, no randomness, no I/O.
/// A rule whose condition does not hold costs no allocation.
package struct Router: Sendable {
  package let vocabulary: Vocabulary
  package let directory: Directory
  package let packs: [RoutePack]
  /// What a partnership has switched on beyond its texts.
  package let options: Options

  /// By event: the rules that it can set off, by pack.
  private let ruleIndex: [String: [[Rule]]]
  /// By event: the timer rules that it can start or stop, by pack.
  let timerIndex: [String: [[Rule]]]
  /// By pack: rules that fire some time before an instant of the data.
  let advance: [[Rule]]
  /// By pack: rules whose duties end with what they limit.
  let limits: [[Rule]]
  /// By pack: rules whose duties stand only while the child is missing.
  let untilEnd: [[Rule]]
  /// By pack: rules with people to invite once the meeting is called.
  let invitations: [[Rule]]
  /// For each pack the parts of its scope, in words.
  private let scopes: [[(part: Condition, words: String)]]
  let recipients: Recipients
  let slots: DerivedSlots

  struct DerivedSlots {
    let placedByOther: Int?
    let placedOutOfArea: Int?
    let officeHours: Int?
    let open: Int?
    let risk: Int?
    let meetingKind: Int?
  }

  package init(vocabulary: Vocabulary, directory: Directory, packs: [RoutePack], options: Options = Options()) {
    self.vocabulary = vocabulary
    self.directory = directory
    self.packs = packs
    self.options = options
    recipients = Recipients(
      directory: directory, frontDoor: vocabulary.role("childrens-services.front-door"),
      outOfHours: vocabulary.role("childrens-services.out-of-hours"))
    slots = DerivedSlots(
      placedByOther: vocabulary.fact("child.placedByOther")?.slot,
      placedOutOfArea: vocabulary.fact("child.placedOutOfArea")?.slot,
      officeHours: vocabulary.fact("clock.officeHours")?.slot, open: vocabulary.fact("episode.open")?.slot,
      risk: vocabulary.fact("episode.risk")?.slot,
      meetingKind: vocabulary.fact("meeting.kind")?.slot)
    let none = Array(repeating: [Rule](), count: packs.count)
    var byEvent: [String: [[Rule]]] = [:]
    var timers: [String: [[Rule]]] = [:]
    for (number, pack) in packs.enumerated() {
      for rule in pack.rules {
        for event in rule.trigger.events { byEvent[event, default: none][number].append(rule) }
        guard case .timer(let timer) = rule.trigger else { continue }
        for event in Set(timer.of + timer.unless.map(\.event)) { timers[event, default: none][number].append(rule) }
      }
    }
    ruleIndex = byEvent
    timerIndex = timers
    advance = packs.map { $0.rules.filter { if case .before = $0.trigger { true } else { false } } }
    limits = packs.map { $0.rules.filter { $0.duty?.endsWhen != nil } }
    let open = vocabulary.fact("episode.open")?.slot
    untilEnd = packs.map { $0.rules.filter { rule in open.map(rule.isOnlyWhileOpen) ?? false } }
    invitations = packs.map { $0.rules.filter { $0.tells.contains { $0.mode.waitsForMeeting } } }
    scopes = packs.map { pack in
      let parts: [Condition] = if case .any(let parts) = pack.scope { parts } else { [pack.scope] }
      return parts.map { ($0, $0.words(vocabulary)) }
    }
  }

  package func rule(_ id: String, of pack: String) -> Rule? {
    packs.first { $0.id == pack }?.rules.first { $0.id == id }
  }

  /// What `event` makes owed in `situation`. `instant` is when the gateway decides: desk hours are judged by it;
  /// deadlines start at the event's own time.
  package func plan(_ event: Event, _ situation: Situation, at instant: Instant) -> Plan {
    let draft = Draft(event: event, situation: situation, instant: instant)
    let rules = ruleIndex[event.type]
    for (number, pack) in packs.enumerated() {
      setPackFacts(pack, &draft.facts, situation)
      guard pack.scope.holds(draft.facts) else { continue }
      draft.plan.packs.append(
        AppliedPack(id: pack.id, contentHash: pack.contentHash, because: because(number, draft.facts)))
      if let rules { for rule in rules[number] { consider(rule, pack, draft) } }
      keepTime(number, pack, draft)
      if event.type == Router.meetingCalled { invite(number, pack, draft) }
    }
    if let wrong = situation.history.retraction {
      draft.plan.retracted = wrong
      retract(wrong, draft)
    }
    if draft.plan.packs.isEmpty {
      draft.plan.notes.append(
        Note(
          citation: Citation(pack: "", section: "", rule: ""), says: "No protocol applies to this child.",
          because: "no pack has this child in scope"))
    }
    return draft.plan
  }

  /// Rules of applying packs for this event that did not fire, with what kept each.
  package func nearMisses(_ event: Event, _ situation: Situation) -> [NearMiss] {
    var facts = situation.facts
    return packs.enumerated().flatMap { number, pack -> [NearMiss] in
      setPackFacts(pack, &facts, situation)
      guard pack.scope.holds(facts) else { return [] }
      return (ruleIndex[event.type]?[number] ?? []).compactMap { rule in
        let unmet = rule.when.obstacles(facts)
        guard !unmet.isEmpty, let citation = rule.citations.first else { return nil }
        return NearMiss(
          citation: citation, says: rule.says, unmet: unmet, obstacles: unmet.map { $0.words(vocabulary) })
      }
    }
  }

  /// Facts that the rules tested and nobody stated.
  package func assumed(_ event: Event, _ situation: Situation) -> [String] {
    var tested = Set<Int>()
    for rule in (ruleIndex[event.type] ?? []).joined() { tested.formUnion(rule.when.slots) }
    return tested.sorted().filter { !vocabulary.facts[$0].isDerived && !situation.stated.contains($0) }
      .map { vocabulary.facts[$0].name }
  }

  /// One decision under way. A class: it is handed down through every rule.
  final class Draft {
    let event: Event
    let situation: Situation
    let instant: Instant
    var facts: Facts
    var plan = Plan()
    init(event: Event, situation: Situation, instant: Instant) {
      self.event = event
      self.situation = situation
      self.instant = instant
      facts = situation.facts
    }
  }

  func setPackFacts(_ pack: RoutePack, _ facts: inout Facts, _ situation: Situation) {
    let placer = situation.lookedAfterBy.map(pack.parties.contains)
    let home = situation.livesIn.map(pack.parties.contains)
    if let slot = slots.placedByOther { facts[slot] = .flag(placer == false && home == true) }
    if let slot = slots.placedOutOfArea { facts[slot] = .flag(placer == true && home == false) }
  }

  static let meetingCalled = "meeting.called"

  func because(_ pack: Int, _ facts: Facts) -> [String] {
    scopes[pack].compactMap { $0.part.holds(facts) ? $0.words : nil }
  }

  func consider(_ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    guard rule.when.holds(draft.facts) else { return }
    if rule.isOnce, draft.situation.history.fired[rule.id] != nil { return }
    if case .count(let count) = rule.trigger, !isMet(count, draft) { return }
    apply(rule, pack, draft)
  }

  func apply(_ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    guard isLive(rule) else { return note(rule, draft) }
    if rule.isRemembered, !rule.trigger.isTimed { draft.plan.fired.append(rule.id) }
    for tell in rule.tells {
      if tell.mode.waitsForMeeting {
        guard let citation = rule.citations.first, let role = tell.target.role else { continue }
        draft.plan.notes.append(
          Note(citation: citation, says: rule.says, because: "\(role) is asked when the meeting is called"))
      } else {
        add(tell, rule, pack, draft)
      }
    }
    if let duty = rule.duty { add(duty, rule, pack, draft) }
  }

  /// It tells and burdens somebody: no mere note, and not switched off.
  func isLive(_ rule: Rule) -> Bool { !rule.isNote && (!rule.isOptional || options.switchedOn.contains(rule.id)) }

  func note(_ rule: Rule, _ draft: Draft) {
    guard let citation = rule.citations.first else { return }
    let because = rule.isNote ? "recorded, nobody is told" : "optional, not switched on"
    draft.plan.notes.append(Note(citation: citation, says: rule.says, because: because))
  }

  /// Calls `body` with everybody that a target means, where its own condition holds for that recipient's agency.
  func each(
    _ target: Target, _ pack: RoutePack, _ draft: Draft, _ body: (Relation, Recipients.Found) -> Void
  ) {
    guard let role = target.role else { return }
    let situation = draft.situation
    let relation = situation.lookedAfterBy == nil ? target.relation : target.relationIfLookedAfter ?? target.relation
    let authorities: [String?] = relation == .parties ? pack.parties : [Recipients.authority(relation, situation)]
    let printed = Recipients.printed(relation, situation)
    for authority in authorities {
      let everybody = recipients.find(
        role, authority: authority, situation, at: draft.instant, relays: pack.relaysFrontDoor)
      for found in everybody {
        if case .always = target.when {
          body(printed, found)
          continue
        }
        if let slot = slots.officeHours, target.when.tests(slot) {
          draft.facts[slot] = .flag(recipients.isOfficeHours(found, at: draft.instant))
        }
        if target.when.holds(draft.facts) { body(printed, found) }
      }
    }
  }

  func add(_ tell: TellRule, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    if case .everybodyTold(let except) = tell.target.who { return addReplay(tell, except, rule, pack, draft) }
    let event = draft.event
    each(tell.target, pack, draft) { relation, found in
      let by = tell.urgency == .immediate ? event.time : end(of: tell.by, rule, draft)
      let wait = tell.notBefore.map { $0.end(from: event.time, bankHolidays: directory.bankHolidays) }
      let line = Tell(
        role: found.role, relation: relation, agency: found.agency, contact: found.contact, by: by,
        confirm: tell.confirm, share: tell.share, citations: rule.citations, urgency: tell.urgency,
        notBefore: wait ?? notBefore(found, tell.urgency, by, draft.instant),
        gate: pack.gates.first { $0.role == tell.target.role && $0.when.holds(draft.facts) }, within: tell.within)
      draft.plan.merge(line)
    }
  }

  /// Everyone already told in this episode. The out-of-hours desk took the message for the front door, which hears again
  /// by its own hours. Nobody sees more than the role may.
  private func addReplay(
    _ tell: TellRule, _ except: [Role], _ rule: Rule, _ pack: RoutePack, _ draft: Draft
  ) {
    for told in draft.situation.history.told where told.role.category != "family" && !except.contains(told.role) {
      let role = told.role == recipients.outOfHours ? recipients.frontDoor ?? told.role : told.role
      let target = Target(
        who: .role(role), relation: told.relation, relationIfLookedAfter: nil, when: tell.target.when)
      if told.relation == .parties, told.agency != pack.parties.first { continue }
      add(tell.to(target, within: pack.disclosure.ceiling(of: role)), rule, pack, draft)
    }
  }

  private func add(_ duty: DutyRule, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    for holder in duty.holders {
      each(holder, pack, draft) { relation, found in
        let by = end(of: duty.by, rule, draft)
        draft.plan.merge(
          Duty(
            name: duty.name, role: found.role, relation: relation, agency: found.agency, by: by,
            target: end(of: duty.target, rule, draft), fulfilledBy: duty.fulfilledBy, citations: rule.citations,
            followUps: by.map { followUps(of: duty, by: $0, rule, draft.event.time) } ?? []))
      }
    }
  }

  private func end(of deadline: Deadline?, _ rule: Rule, _ draft: Draft) -> Instant? {
    guard let deadline else { return nil }
    let start =
      switch deadline.start {
      case .event: draft.event.time
      case .data(let paths): paths.lazy.compactMap(draft.situation.instant(at:)).first ?? draft.event.time
      case .firstFiring: draft.situation.history.fired[rule.id] ?? draft.event.time
      }
    return deadline.span.end(from: start, bankHolidays: directory.bankHolidays)
  }

  /// A closed desk that waits gets what is not immediate when it opens, unless the deadline is sooner.
  private func notBefore(_ found: Recipients.Found, _ urgency: Urgency, _ by: Instant?, _ instant: Instant) -> Instant?
  {
    guard urgency != .immediate, let desk = found.desk, desk.whenClosed == .wait, let hours = desk.hours,
      !hours.isOpen(at: instant, bankHolidays: directory.bankHolidays),
      let opening = hours.nextOpening(from: instant, bankHolidays: directory.bankHolidays)
    else { return nil }
    if let by, by < opening { return nil }
    return opening
  }
}
