/// What happens around a duty's deadline while nobody has fulfilled it: reminders before, a ladder after.
///
/// Guarantee: as pure as the rest. Whether the duty is still open is for the caller to know.
extension Router {
  /// When the holder is reminded and when each rung of the ladder is climbed.
  func followUps(of duty: DutyRule, by deadline: Instant, _ rule: Rule, _ start: Instant) -> [FollowUp] {
    let spans = duty.remind + (options.reminders[duty.name] ?? []).filter { !duty.remind.contains($0) }
    let reminders = spans.compactMap { span -> FollowUp? in
      guard let at = span.start(endingAt: deadline), at > start else { return nil }
      return FollowUp(rule: rule.id, pack: rule.pack, part: .reminder(span), at: at)
    }
    let rungs = duty.ladder.enumerated().map { number, rung in
      FollowUp(
        rule: rule.id, pack: rule.pack, part: .rung(number),
        at: rung.after.end(from: deadline, bankHolidays: directory.bankHolidays))
    }
    return reminders + rungs
  }

  /// What a reminder or a rung of `duty` makes owed at `event.time`; nil where the rule no longer has it.
  package func follow(
    _ rule: Rule, _ part: TimerPart, of duty: Duty, _ event: Event, _ situation: Situation, at instant: Instant
  ) -> Plan? {
    guard let pack = packs.first(where: { $0.id == rule.pack }), let owed = rule.duty else { return nil }
    let draft = Draft(event: event, situation: situation, instant: instant)
    setPackFacts(pack, &draft.facts, situation)
    draft.plan.packs.append(AppliedPack(id: pack.id, contentHash: pack.contentHash, because: [rule.id]))
    draft.plan.about = duty
    switch part {
    case .rule, .calendar: return nil
    case .reminder:
      draft.plan.purpose = .reminder
      remind(owed, of: duty, rule, pack, draft)
    case .rung(let number):
      guard owed.ladder.indices.contains(number) else { return nil }
      draft.plan.purpose = .escalation
      for tell in owed.ladder[number].tells { add(tell, rule, pack, draft) }
    }
    return draft.plan
  }

  /// The holder, by the desk that is open now. Whoever no longer stands behind the role is still owed the reminder: it is
  /// unroutable, and people are alarmed.
  private func remind(_ owed: DutyRule, of duty: Duty, _ rule: Rule, _ pack: RoutePack, _ draft: Draft) {
    let wanted: ShareSet = (try? vocabulary.share(["status", "identity"]).get()) ?? []
    var line = Tell(
      role: duty.role, relation: duty.relation, agency: duty.agency, contact: nil, by: duty.by, confirm: .accepted,
      share: wanted.intersection(pack.disclosure.ceiling(of: duty.role)), citations: rule.citations, urgency: .prompt,
      notBefore: nil, gate: nil)
    for holder in owed.holders {
      each(holder.always, pack, draft) { _, found in
        guard line.contact == nil, found.agency == duty.agency,
          holder.role == duty.role || found.role == duty.role || duty.role == recipients.outOfHours
        else { return }
        line.role = found.role
        line.contact = found.contact
      }
    }
    draft.plan.merge(line)
  }
}

extension Target {
  /// The same people whatever the facts are now.
  fileprivate var always: Target {
    Target(who: who, relation: relation, relationIfLookedAfter: relationIfLookedAfter, when: .always)
  }
}

extension Rule {
  /// Its duty is owed because the child is missing, and no longer once the child is not.
  func isOnlyWhileOpen(_ open: Int) -> Bool {
    guard duty != nil else { return false }
    if case .timer(let timer) = trigger, timer.whileTrue.demands(open) { return true }
    return when.demands(open)
  }
}

extension Condition {
  /// Whether this can only hold while the flag does.
  func demands(_ slot: Int) -> Bool {
    switch self {
    case .flag(slot, true): true
    case .all(let parts): parts.contains { $0.demands(slot) }
    case .any(let parts): !parts.isEmpty && parts.allSatisfy { $0.demands(slot) }
    default: false
    }
  }
}
