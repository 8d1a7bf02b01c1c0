/// A pack with one planted fault: a rule deleted, a condition turned round, two roles exchanged.
///
/// Whoever can plant a fault that nothing notices has found a hole in the cases.
package struct Mutant: Sendable {
  package let pack: RoutePack
  /// The rule that is wrong now; for a gate or the scope, nil.
  package let rule: Rule?
  package let what: String

  /// Every fault of these kinds in a pack, in the order of its rules.
  package static func all(of pack: RoutePack) -> [Mutant] {
    let spares = pack.rolesAddressed
    let inRules = pack.rules.enumerated().flatMap { number, rule -> [Mutant] in
      func changed(_ what: String, _ new: Rule?) -> Mutant {
        var rules = pack.rules
        if let new { rules[number] = new } else { rules.remove(at: number) }
        return Mutant(pack: pack.with(rules: rules), rule: rule, what: "\(rule.id): \(what)")
      }
      return [changed("rule deleted", nil)] + rule.flipped.map { changed($0.what, $0.rule) }
        + rule.exchanged(spares).map { changed($0.what, $0.rule) }
    }
    let inScope = pack.scope.flips.map { flip in
      Mutant(pack: pack.with(scope: flip), rule: nil, what: "\(pack.id): a condition of the scope turned round")
    }
    let inGates = pack.gates.enumerated().flatMap { number, gate in
      gate.when.flips.map { flip -> Mutant in
        var gates = pack.gates
        gates[number].when = flip
        return Mutant(
          pack: pack.with(gates: gates), rule: nil,
          what: "\(pack.id): a condition of the gate for \(gate.role) turned round")
      }
    }
    return inRules + inScope + inGates
  }
}

extension Condition {
  /// This condition with one of its tests turned round, for each test.
  var flips: [Condition] {
    switch self {
    case .always: return []
    case .flag(let slot, let wanted): return [.flag(slot: slot, is: !wanted)]
    case .choice, .holds, .authority, .number: return [.not(self)]
    case .all(let parts): return Condition.flips(parts).map(Condition.all)
    case .any(let parts): return Condition.flips(parts).map(Condition.any)
    case .not(let part): return part.flips.map(Condition.not)
    }
  }

  private static func flips(_ parts: [Condition]) -> [[Condition]] {
    parts.enumerated().flatMap { number, part in
      part.flips.map { flip in
        var copy = parts
        copy[number] = flip
        return copy
      }
    }
  }
}

extension Rule {
  /// The rule with one test turned round, wherever the rule tests something.
  fileprivate var flipped: [(what: String, rule: Rule)] {
    var result = when.flips.map { ("a condition turned round", with(when: $0)) }
    if isNote { return result }
    for (number, tell) in tells.enumerated() {
      result += tell.target.when.flips.map { flip in
        var copy = tells
        copy[number] = tell.with(tell.target.with(when: flip))
        return ("the condition of a recipient turned round", with(tells: copy))
      }
    }
    if let duty {
      for (number, holder) in duty.holders.enumerated() {
        result += holder.when.flips.map { flip in
          var copy = duty.holders
          copy[number] = holder.with(when: flip)
          return ("the condition of a holder turned round", with(duty: duty.with(holders: copy)))
        }
      }
    }
    switch trigger {
    case .timer(let timer):
      result += timer.startsWhere.flips.map {
        ("what starts the timer turned round", with(trigger: .timer(timer.with(startsWhere: $0))))
      }
      result += timer.whileTrue.flips.map {
        ("what keeps the timer going turned round", with(trigger: .timer(timer.with(whileTrue: $0))))
      }
    case .count(let count):
      result += count.of.flips.map {
        ("which episodes count turned round", with(trigger: .count(count.with(of: $0))))
      }
    case .events, .calendar, .before: break
    }
    return result
  }

  /// The rule with one of its roles exchanged for another that the pack uses.
  fileprivate func exchanged(_ spares: [Role]) -> [(what: String, rule: Rule)] {
    func other(than role: Role) -> Role? {
      guard let index = spares.firstIndex(of: role), spares.count > 1 else { return spares.first { $0 != role } }
      return spares[(index + 1) % spares.count]
    }
    var result: [(what: String, rule: Rule)] = []
    if isNote { return result }
    for (number, tell) in tells.enumerated() {
      guard let role = tell.target.role, let other = other(than: role) else { continue }
      var copy = tells
      copy[number] = tell.with(tell.target.with(role: other))
      result.append(("\(other) told instead of \(role)", with(tells: copy)))
    }
    guard let duty else { return result }
    for (number, holder) in duty.holders.enumerated() {
      guard let role = holder.role, let other = other(than: role) else { continue }
      var copy = duty.holders
      copy[number] = holder.with(role: other)
      result.append(("\(other) owes it instead of \(role)", with(duty: duty.with(holders: copy))))
    }
    return result
  }

  private func with(
    trigger: Trigger? = nil, when: Condition? = nil, tells: [TellRule]? = nil, duty: DutyRule? = nil
  ) -> Rule {
    Rule(
      id: id, pack: pack, sections: sections, covers: covers, says: says, trigger: trigger ?? self.trigger,
      when: when ?? self.when, isOnce: isOnce, tells: tells ?? self.tells, duty: duty ?? self.duty, isNote: isNote,
      isOptional: isOptional, line: line)
  }
}

extension TellRule {
  fileprivate func with(_ target: Target) -> TellRule {
    TellRule(
      target: target, share: share, urgency: urgency, by: by, notBefore: notBefore, confirm: confirm,
      within: within, mode: mode)
  }
}

extension Target {
  fileprivate func with(role: Role? = nil, when: Condition? = nil) -> Target {
    Target(
      who: role.map(Who.role) ?? who, relation: relation, relationIfLookedAfter: relationIfLookedAfter,
      when: when ?? self.when)
  }
}

extension DutyRule {
  fileprivate func with(holders: [Target]) -> DutyRule {
    DutyRule(
      name: name, holders: holders, by: by, target: target, fulfilledBy: fulfilledBy, endsWhen: endsWhen,
      remind: remind, ladder: ladder)
  }
}

extension TimerTrigger {
  fileprivate func with(startsWhere: Condition? = nil, whileTrue: Condition? = nil) -> TimerTrigger {
    TimerTrigger(
      after: after, every: every, of: of, startsWhere: startsWhere ?? self.startsWhere,
      whileTrue: whileTrue ?? self.whileTrue, unless: unless)
  }
}

extension CountTrigger {
  fileprivate func with(of: Condition) -> CountTrigger { CountTrigger(wanted: wanted, withinDays: withinDays, of: of) }
}
