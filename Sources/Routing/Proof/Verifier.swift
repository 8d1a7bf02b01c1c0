/// Proves the invariants over every combination of facts, pack by pack.
///
/// Guarantee: exact, not sampled. A plan is the union of what its packs owe, so that what every pack keeps alone all of
/// them keep together. What depends on a count is taken to be met for a prohibition and not to be met for a promise.
package struct Verifier {
  private let book: RouteBook
  private let packs: [RoutePack]
  private let space: FactSpace
  private var diagrams: Diagrams { space.diagrams }
  private let openSlot: Int?

  package struct Violation: Sendable {
    package let invariant: String
    package let pack: String
    package let says: String
    package let example: Counterexample?
  }

  package struct Report: Sendable {
    package var checked = 0
    package var violations: [Violation] = []
  }

  /// Checks all packs of the book, or only those given.
  package init(_ book: RouteBook, packs: [RoutePack]? = nil) {
    self.book = book
    self.packs = packs ?? book.packs
    let conditions =
      self.packs.flatMap(\.conditions) + book.invariants.items.flatMap { [$0.when] + $0.exceptions.map(\.when) }
    space = FactSpace(
      book.vocabulary, conditions: conditions, authorities: self.packs.flatMap(\.parties).sorted())
    openSlot = book.vocabulary.fact("episode.open")?.slot
  }

  /// Stands for every timer and report.
  private static let timePassing = "time passing"

  package func verify() -> Report {
    var report = Report()
    for pack in packs {
      for invariant in book.invariants.items where invariant.packs.isEmpty || invariant.packs.contains(pack.id) {
        report.checked += 1
        report.violations += check(invariant, pack)
      }
      report.checked += book.invariants.limits.count + 1
      report.violations += overexposed(pack) + unanswered(pack)
    }
    return report
  }

  private func check(_ invariant: Invariant, _ pack: RoutePack) -> [Violation] {
    let exceptions = invariant.exceptions.filter { $0.pack == pack.id }
    let excepted = diagrams.or(exceptions.map { space.holds($0.when, parties: pack.parties) })
    var wrong = diagrams.nothing
    var violations: [Violation] = []
    func judge(_ region: Diagrams.Region, _ event: String, _ says: String) {
      wrong = diagrams.or(wrong, region)
      guard let example = space.example(diagrams.minus(region, excepted), event: event) else { return }
      violations.append(Violation(invariant: invariant.id, pack: pack.id, says: says, example: example))
    }
    let base = diagrams.and(
      space.holds(pack.scope, parties: pack.parties), space.holds(invariant.when, parties: pack.parties))
    for claim in invariant.told {
      let reached = diagrams.or(
        invariant.events.flatMap { event in tells(event, pack) { claim.isMet(by: $0, vocabulary: book.vocabulary) } }
          .map { diagrams.and($0.fires, matches($0.tell.target, claim.relations, pack)) })
      let who = claim.roles.map(\.name).joined(separator: " or ")
      judge(diagrams.minus(base, reached), invariant.events[0], "nobody tells \(who)")
    }
    for claim in invariant.owed {
      let owed = diagrams.or(
        invariant.events.flatMap { event in rules(event, pack) }.compactMap { rule, fires -> Diagrams.Region? in
          guard let duty = rule.duty, duty.name == claim.duty else { return nil }
          let holders = duty.holders.filter { holder in
            claim.roles.isEmpty || holder.role.map(claim.roles.contains) ?? false
          }
          return diagrams.or(
            holders.map {
              diagrams.and([
                fires, space.holds($0.when, parties: pack.parties), matches($0, claim.relations, pack),
              ])
            })
        })
      judge(diagrams.minus(base, owed), invariant.events[0], "nobody owes \(claim.duty ?? "")")
    }
    // What is promised of all events holds of timers and reports too.
    let events = invariant.events.isEmpty ? book.vocabulary.events.sorted() + [Verifier.timePassing] : invariant.events
    for event in events {
      for (rule, tell, fires) in tells(event, pack, { _ in true }) {
        guard let role = tell.target.role else { continue }
        let region = diagrams.and(base, fires)
        if invariant.neverTold.contains(role) { judge(region, event, "rule \(rule.id) tells \(role)") }
        if invariant.held.contains(role) {
          let gates = pack.gates.filter { $0.role == role }.map { space.holds($0.when, parties: pack.parties) }
          judge(
            diagrams.minus(region, diagrams.or(gates)), event, "rule \(rule.id) tells \(role) without asking a person")
        }
      }
    }
    for exception in exceptions
    where diagrams.and(wrong, space.holds(exception.when, parties: pack.parties)) == diagrams.nothing {
      violations.append(
        Violation(
          invariant: invariant.id, pack: pack.id, says: "the exception \"\(exception.why)\" is needed by nothing",
          example: nil))
    }
    return violations
  }

  /// No role is given a field group beyond its ceiling or a limit, by a rule or by disclosure.yaml itself.
  private func overexposed(_ pack: RoutePack) -> [Violation] {
    var violations: [Violation] = []
    func report(_ id: String, _ says: String) {
      violations.append(Violation(invariant: id, pack: pack.id, says: says, example: nil))
    }
    for rule in pack.rules {
      for tell in rule.tells {
        guard let role = tell.target.role else { continue }
        let beyond = tell.share.subtracting(pack.disclosure.ceiling(of: role))
        if !beyond.isEmpty {
          report(
            "disclosure", "rule \(rule.id) shows \(role) \(book.vocabulary.names(of: beyond).joined(separator: ", "))")
        }
      }
    }
    for limit in book.invariants.limits {
      for role in limit.roles {
        let beyond = pack.disclosure.ceiling(of: role).intersection(limit.never)
        if !beyond.isEmpty {
          let groups = book.vocabulary.names(of: beyond).joined(separator: ", ")
          report("disclosure", "disclosure.yaml allows \(role) \(groups), although: \(limit.why)")
        }
      }
    }
    return violations
  }

  /// Every event type makes something owed for some child in scope, or is silent on purpose.
  private func unanswered(_ pack: RoutePack) -> [Violation] {
    let silent = Set(book.invariants.silences.filter { $0.pack == pack.id }.flatMap(\.events))
    let scope = space.holds(pack.scope, parties: pack.parties)
    // A withdrawal is answered by the gateway itself, whatever the pack says.
    return book.vocabulary.events.subtracting([Event.withdrawal]).sorted().compactMap { event in
      let invites =
        event == Router.meetingCalled
        && pack.rules.contains { isLive($0) && $0.tells.contains { $0.mode.waitsForMeeting } }
      let answers = invites || rules(event, pack).contains { diagrams.and(scope, $0.fires) != diagrams.nothing }
      if answers == silent.contains(event) {
        return Violation(
          invariant: "silence", pack: pack.id,
          says: answers
            ? "\(event) is listed as silent and is answered"
            : "\(event) makes nothing owed and is not listed as silent",
          example: nil)
      }
      return nil
    }
  }

  // MARK: what fires where

  /// A rule that tells or burdens somebody here: optional ones only where the partnership has switched them on.
  private func isLive(_ rule: Rule) -> Bool {
    !rule.isNote && (!rule.isOptional || book.options.switchedOn.contains(rule.id))
  }

  /// The live rules of an event with the combinations in which each fires.
  private func rules(_ event: String, _ pack: RoutePack) -> [(rule: Rule, fires: Diagrams.Region)] {
    pack.rules.compactMap { rule in
      guard isLive(rule),
        rule.trigger.events.contains(event) || event == Verifier.timePassing && rule.trigger.isTimed
      else { return nil }
      return (rule, space.firing(of: rule, in: pack, at: event, openSlot: openSlot))
    }
  }

  private func tells(
    _ event: String, _ pack: RoutePack, _ isWanted: (TellRule) -> Bool
  ) -> [(rule: Rule, tell: TellRule, fires: Diagrams.Region)] {
    rules(event, pack).flatMap { rule, fires in
      rule.tells.filter { !$0.mode.waitsForMeeting && isWanted($0) }.map { tell in
        (rule, tell, diagrams.and(fires, space.holds(tell.target.when, parties: pack.parties)))
      }
    }
  }

  /// Combinations in which the target's relation is one of those wanted.
  private func matches(_ target: Target, _ wanted: [Relation], _ pack: RoutePack) -> Diagrams.Region {
    guard !wanted.isEmpty else { return diagrams.everything }
    let lookedAfter = space.lookedAfter
    let cared = target.relationIfLookedAfter ?? target.relation
    let atHome: [Relation] = [.area, .responsible, .holding]
    let forOther = atHome.contains(target.relation) && wanted.contains(where: atHome.contains)
    return diagrams.or(
      wanted.contains(cared) || (cared == .holding && wanted.contains(.responsible)) ? lookedAfter : diagrams.nothing,
      forOther || wanted.contains(target.relation) ? diagrams.not(lookedAfter) : diagrams.nothing)
  }
}

extension Invariant.Claim {
  /// The front door's messages go to the out-of-hours desk while it is shut; both are the same promise.
  fileprivate func isMet(by tell: TellRule, vocabulary: Vocabulary) -> Bool {
    guard let role = tell.target.role, roles.contains(role) else { return false }
    return urgency.map { tell.urgency <= $0 } ?? true
  }
}

extension FactSpace {
  /// Combinations in which a rule fires at an event. Whether the episode is open follows from some events.
  func firing(of rule: Rule, in pack: RoutePack, at event: String, openSlot: Int?) -> Diagrams.Region {
    func region(_ condition: Condition) -> Diagrams.Region {
      holds(condition.assumingOpenness(event, openSlot), parties: pack.parties)
    }
    let fires = diagrams.and(region(pack.scope), region(rule.when))
    if case .count = rule.trigger { return diagrams.and(fires, countIsMet(rule.id)) }
    return fires
  }
}

extension Condition {
  /// The condition with what the event says about the episode being open.
  func assumingOpenness(_ event: String, _ slot: Int?) -> Condition {
    guard let slot, event == EpisodeHistory.report || EpisodeHistory.endings.contains(event) else { return self }
    return assuming(slot, is: event == EpisodeHistory.report)
  }

  /// The condition once a flag is known.
  func assuming(_ slot: Int, is known: Bool) -> Condition {
    switch self {
    case .flag(slot, let wanted): wanted == known ? .always : .not(.always)
    case .all(let parts): .all(parts.map { $0.assuming(slot, is: known) })
    case .any(let parts): .any(parts.map { $0.assuming(slot, is: known) })
    case .not(let part): .not(part.assuming(slot, is: known))
    default: self
    }
  }
}

extension RoutePack {
  /// Every condition that the pack states anywhere.
  var conditions: [Condition] {
    [scope] + gates.map(\.when)
      + rules.flatMap { rule -> [Condition] in
        let targets = rule.tells.map(\.target.when) + (rule.duty?.holders.map(\.when) ?? [])
        return [rule.when] + targets + rule.trigger.conditions + [rule.duty?.endsWhen].compactMap(\.self)
      }
  }
}

extension Trigger {
  var conditions: [Condition] {
    switch self {
    case .events, .calendar, .before: []
    case .count(let count): [count.of]
    case .timer(let timer): [timer.startsWhere, timer.whileTrue] + timer.unless.map(\.onlyWhere)
    }
  }
}
