/// The routing core: from an event and what is known to everything it makes owed.
///
/// Guarantee: pure and total. The same event, situation and instant give the same plan; no clock, no randomness, no I/O.
/// A rule whose condition does not hold costs no allocation.
package struct Router: Sendable {
  package let vocabulary: Vocabulary
  package let directory: Directory
  package let packs: [RoutePack]
  /// Optional rules that a partnership has switched on, by id.
  package let switchedOn: Set<String>

  private let ruleIndex: [String: [[Int]]]
  /// For each pack the parts of its scope, in words.
  private let scopes: [[(part: Condition, words: String)]]
  private let recipients: Recipients
  private let slots: DerivedSlots

  private struct DerivedSlots {
    let placedByOther: Int?
    let placedOutOfArea: Int?
    let officeHours: Int?
  }

  package init(vocabulary: Vocabulary, directory: Directory, packs: [RoutePack], switchedOn: Set<String> = []) {
    self.vocabulary = vocabulary
    self.directory = directory
    self.packs = packs
    self.switchedOn = switchedOn
    recipients = Recipients(
      directory: directory, frontDoor: vocabulary.role("childrens-services.front-door"),
      outOfHours: vocabulary.role("childrens-services.out-of-hours"))
    slots = DerivedSlots(
      placedByOther: vocabulary.fact("child.placedByOther")?.slot,
      placedOutOfArea: vocabulary.fact("child.placedOutOfArea")?.slot,
      officeHours: vocabulary.fact("clock.officeHours")?.slot)
    var index: [String: [[Int]]] = [:]
    for (packNumber, pack) in packs.enumerated() {
      for (ruleNumber, rule) in pack.rules.enumerated() {
        for event in rule.events {
          index[event, default: Array(repeating: [], count: packs.count)][packNumber].append(ruleNumber)
        }
      }
    }
    ruleIndex = index
    scopes = packs.map { pack in
      let parts: [Condition] = if case .any(let parts) = pack.scope { parts } else { [pack.scope] }
      return parts.map { ($0, $0.words(vocabulary)) }
    }
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
      guard let rules else { continue }
      for index in rules[number] { apply(pack.rules[index], pack, draft) }
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
      return (ruleIndex[event.type]?[number] ?? []).compactMap { index in
        let rule = pack.rules[index]
        let obstacles = rule.when.obstacles(facts, vocabulary)
        guard !obstacles.isEmpty, let citation = rule.citations.first else { return nil }
        return NearMiss(citation: citation, says: rule.says, obstacles: obstacles)
      }
    }
  }

  /// Facts that the rules tested and nobody stated.
  package func assumed(_ event: Event, _ situation: Situation) -> [String] {
    var tested = Set<Int>()
    for (number, pack) in packs.enumerated() {
      for index in ruleIndex[event.type]?[number] ?? [] { tested.formUnion(pack.rules[index].when.slots) }
    }
    return tested.sorted().filter { !vocabulary.facts[$0].isDerived && !situation.stated.contains($0) }
      .map { vocabulary.facts[$0].name }
  }

  /// One decision under way. A class: it is handed down through every rule.
  private final class Draft {
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

  private func setPackFacts(_ pack: RoutePack, _ facts: inout Facts, _ situation: Situation) {
    let placer = situation.lookedAfterBy.map(pack.parties.contains)
    let home = situation.livesIn.map(pack.parties.contains)
    if let slot = slots.placedByOther { facts[slot] = .flag(placer == false && home == true) }
    if let slot = slots.placedOutOfArea { facts[slot] = .flag(placer == true && home == false) }
  }

  private func because(_ pack: Int, _ facts: Facts) -> [String] {
    scopes[pack].compactMap { $0.part.holds(facts) ? $0.words : nil }
  }

  private func apply(_ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    guard rule.when.holds(draft.facts) else { return }
    if rule.isNote || (rule.isOptional && !switchedOn.contains(rule.id)) {
      guard let citation = rule.citations.first else { return }
      let because = rule.isNote ? "recorded, nobody is told" : "optional, not switched on"
      draft.plan.notes.append(Note(citation: citation, says: rule.says, because: because))
      return
    }
    for tell in rule.tells {
      if tell.mode == .invite || tell.mode == .consult {
        guard let citation = rule.citations.first else { continue }
        draft.plan.notes.append(
          Note(citation: citation, says: rule.says, because: "\(tell.target.role) is asked when the meeting is called"))
      } else if tell.replay {
        addReplay(tell, rule, pack, draft)
      } else {
        add(tell, rule, pack, draft)
      }
    }
    if let duty = rule.duty { add(duty, rule, pack, draft) }
  }

  /// Calls `body` with everybody that a target means, where its own condition holds for that recipient's agency.
  private func each(
    _ target: Target, _ pack: RoutePack, _ draft: Draft, _ body: (Relation, Recipients.Found) -> Void
  ) {
    let situation = draft.situation
    let relation = situation.lookedAfterBy == nil ? target.relation : target.relationIfLookedAfter ?? target.relation
    let authorities: [String?] = relation == .parties ? pack.parties : [Recipients.authority(relation, situation)]
    let printed = Recipients.printed(relation, situation)
    for authority in authorities {
      for found in recipients.find(target.role, authority: authority, situation, at: draft.instant) {
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

  private func add(_ tell: TellRule, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    let event = draft.event
    let situation = draft.situation
    let instant = draft.instant
    let facts = draft.facts
    each(tell.target, pack, draft) { relation, found in
      let by = tell.urgency == .immediate ? event.time : end(of: tell.by, event, situation)
      let line = Tell(
        role: found.role, relation: relation, agency: found.agency, contact: found.contact, by: by,
        confirm: tell.confirm, share: tell.share, citations: rule.citations, urgency: tell.urgency,
        notBefore: notBefore(found, tell.urgency, by, instant),
        gate: pack.gates.first { $0.role == tell.target.role && $0.when.holds(facts) })
      draft.plan.merge(line)
    }
  }

  /// Everyone already told in this episode. The out-of-hours desk took the message for the front door, which hears again
  /// by its own hours.
  private func addReplay(_ tell: TellRule, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    for told in draft.situation.history.told where told.role.category != "family" {
      let role = told.role == recipients.outOfHours ? recipients.frontDoor ?? told.role : told.role
      let target = Target(role: role, relation: told.relation, relationIfLookedAfter: nil, when: tell.target.when)
      let again = TellRule(
        target: target, share: tell.share, urgency: tell.urgency, by: tell.by, confirm: tell.confirm, mode: .message,
        replay: false)
      if told.relation == .parties, told.agency != pack.parties.first { continue }
      add(again, rule, pack, draft)
    }
  }

  private func add(_ duty: DutyRule, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    let event = draft.event
    let situation = draft.situation
    for holder in duty.holders {
      each(holder, pack, draft) { relation, found in
        draft.plan.merge(
          Duty(
            name: duty.name, role: found.role, relation: relation, agency: found.agency,
            by: end(of: duty.by, event, situation), target: end(of: duty.target, event, situation),
            fulfilledBy: duty.fulfilledBy, citations: rule.citations))
      }
    }
  }

  private func end(of deadline: Deadline?, _ event: Event, _ situation: Situation) -> Instant? {
    guard let deadline else { return nil }
    let start = deadline.from.flatMap(situation.instant(at:)) ?? event.time
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

extension Plan {
  /// One message per recipient and event: all citations, the earliest deadline, what any of the rules allows that role.
  mutating func merge(_ line: Tell) {
    guard
      let index = tells.firstIndex(where: {
        $0.role == line.role && $0.relation == line.relation && $0.agency == line.agency
          && $0.contact?.label == line.contact?.label
      })
    else {
      tells.append(line)
      return
    }
    tells[index].citations += line.citations.filter { !tells[index].citations.contains($0) }
    tells[index].share.formUnion(line.share)
    tells[index].urgency = min(tells[index].urgency, line.urgency)
    tells[index].confirm = max(tells[index].confirm, line.confirm)
    tells[index].by = earlier(tells[index].by, line.by)
    tells[index].gate = tells[index].gate ?? line.gate
    // One reason to send now is enough.
    tells[index].notBefore = tells[index].notBefore == nil || line.notBefore == nil ? nil : tells[index].notBefore
  }

  mutating func merge(_ line: Duty) {
    guard
      let index = duties.firstIndex(where: {
        $0.name == line.name && $0.role == line.role && $0.relation == line.relation && $0.agency == line.agency
      })
    else {
      duties.append(line)
      return
    }
    duties[index].citations += line.citations.filter { !duties[index].citations.contains($0) }
    duties[index].by = earlier(duties[index].by, line.by)
    duties[index].target = earlier(duties[index].target, line.target)
    duties[index].fulfilledBy += line.fulfilledBy.filter { !duties[index].fulfilledBy.contains($0) }
  }

  private func earlier(_ a: Instant?, _ b: Instant?) -> Instant? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
  }
}
