package import Routing

/// What a rule does, in plain English sentences.
///
/// Guarantee: pure; every trigger, condition, recipient, deadline and follow-up of a rule appears in its words.
package struct RuleWords: Sendable {
  let words: PlainWords

  package init(_ words: PlainWords) { self.words = words }

  /// One heading of a rule with its sentences.
  package struct Part: Sendable, Equatable {
    package let name: String
    package let lines: [String]
  }

  /// Everything about a rule, in the order in which it is read.
  package func parts(_ rule: Rule) -> [Part] {
    var parts = [Part(name: "When", lines: trigger(rule))]
    if rule.when != .always { parts.append(Part(name: "Only if", lines: conditions(rule.when))) }
    if rule.isNote {
      parts.append(Part(name: "What follows", lines: ["It is recorded with its section. Nobody is told."]))
    }
    if !rule.tells.isEmpty { parts.append(Part(name: rule.isNote ? "Named" : "Told", lines: rule.tells.map(tell))) }
    if let duty = rule.duty { parts += self.duty(duty) }
    return parts
  }

  // What sets it off.

  package func trigger(_ rule: Rule) -> [String] {
    var lines: [String]
    switch rule.trigger {
    case .events(let names): lines = ["When \(names.map(words.event).joined(separator: " or when "))."]
    case .count(let count): lines = [self.count(count)]
    case .timer(let timer): lines = self.timer(timer)
    case .calendar(let calendar): lines = [self.calendar(calendar)]
    case .before(let before):
      lines = ["\(TimeWords.length(before.span)) before \(PlainWords.instant(before.of)).".raisingFirst]
    }
    if rule.isOnce, !isCount(rule.trigger) { lines.append("At most once in an episode.") }
    if rule.isOptional { lines.append("Optional: only where the partnership has switched it on.") }
    return lines
  }

  private func isCount(_ trigger: Trigger) -> Bool { if case .count = trigger { true } else { false } }

  private func count(_ count: CountTrigger) -> String {
    let number =
      switch count.wanted {
      case .atLeast(let number): "\(number) missing episodes or more"
      case .exactly(let numbers): "exactly \(EnglishWords.listed(numbers.map(String.init), "or")) missing episodes"
      }
    let window = count.withinDays.map { " within \($0) days" } ?? " in all"
    let kind = count.of == .always ? "" : ", counting those where \(condition(count.of))"
    return "When a report makes it \(number)\(window)\(kind). Once in an episode."
  }

  private func timer(_ timer: TimerTrigger) -> [String] {
    let events = timer.of.map(words.event).joined(separator: " or ")
    let first = timer.after.map { "\(TimeWords.length($0)) after \(events)" }
    let again = timer.every.map { every in
      first == nil
        ? "\(TimeWords.every(every)) after \(events)" : "then \(TimeWords.every(every))"
    }
    var lines = ["\([first, again].compactMap(\.self).joined(separator: ", and ").raisingFirst)."]
    if timer.startsWhere != .always { lines.append("The clock starts only if \(condition(timer.startsWhere)).") }
    if timer.whileTrue != .always { lines.append("It runs as long as \(condition(timer.whileTrue)).") }
    for stop in timer.unless {
      let only = stop.onlyWhere == .always ? "" : " and \(condition(stop.onlyWhere))"
      lines.append("It stops when \(words.event(stop.event))\(only).")
    }
    return lines
  }

  private func calendar(_ calendar: CalendarTrigger) -> String {
    let often =
      switch calendar.period {
      case .daily: "Every day"
      case .weekly: "Every Monday"
      case .months(1): "On the first of every month"
      case .months(12): "On 1 January of every year"
      case .months(let count): "On the first of the month, every \(count) months"
      }
    let what =
      switch calendar.report {
      case .list: "a list of the children who are missing"
      case .episodes: "a list of the episodes of the time since the last one"
      case .figures: "the figures of the time since the last one"
      }
    let whose =
      calendar.parties.isEmpty
      ? "" : ", for \(EnglishWords.listed(calendar.parties.map(AgencyWords.authority)))"
    return "\(often) at \(TimeWords.clock(calendar.secondOfDay))\(whose): \(what)."
  }

  // Conditions.

  /// One sentence part for each thing that has to hold.
  package func conditions(_ condition: Condition) -> [String] {
    switch condition {
    case .all(let parts): parts.map { self.condition($0).raisingFirst }
    default: [self.condition(condition).raisingFirst]
    }
  }

  /// `the risk is medium or high and the child is looked after`.
  package func condition(_ condition: Condition) -> String { phrase(condition, isSo: true) }

  private func phrase(_ condition: Condition, isSo: Bool) -> String {
    switch condition {
    case .always: return isSo ? "always" : "never"
    case .flag(let slot, let wanted):
      let word = PlainWords.fact(name(slot))
      return wanted == isSo ? word.yes : word.no
    case .choice(let slot, let bits), .holds(let slot, let bits): return phrase(slot, values(slot, bits), isSo: isSo)
    case .authority(let slot, let slugs):
      return phrase(slot, EnglishWords.listed(slugs.map(AgencyWords.authority), "or"), isSo: isSo)
    case .number(let slot, let comparison, let bound):
      return phrase(slot, compared(comparison, bound), isSo: isSo)
    case .all(let parts):
      return joined(parts, isSo ? "and" : "or", isSo: isSo)
    case .any(let parts):
      return joined(parts, isSo ? "or" : "and", isSo: isSo)
    case .not(let part): return phrase(part, isSo: !isSo)
    }
  }

  private func phrase(_ slot: Int, _ value: String, isSo: Bool) -> String {
    let word = PlainWords.fact(name(slot))
    if word.no.isEmpty { return "\(word.yes) is \(isSo ? "" : "not ")\(value)" }
    return "\(isSo ? word.yes : word.no) \(value)"
  }

  private func joined(_ parts: [Condition], _ word: String, isSo: Bool) -> String {
    parts.map { part in
      let words = phrase(part, isSo: isSo)
      // What is joined by the other word inside is kept together.
      switch part {
      case .all(let inner) where inner.count > 1: return isSo == (word == "and") ? words : "(\(words))"
      case .any(let inner) where inner.count > 1: return isSo == (word == "or") ? words : "(\(words))"
      default: return words
      }
    }.joined(separator: " \(word) ")
  }

  private func name(_ slot: Int) -> String { words.vocabulary.facts[slot].name }

  private func values(_ slot: Int, _ bits: UInt64) -> String {
    let fact = words.vocabulary.facts[slot]
    switch fact.domain {
    case .oneOf(let values), .setOf(let values):
      return EnglishWords.listed(
        values.enumerated().filter { bits & (1 << UInt64($0.offset)) != 0 }
          .map { PlainWords.value($0.element, of: fact.name) }, "or")
    default: return String(bits)
    }
  }

  private func compared(_ comparison: Condition.Comparison, _ bound: Double) -> String {
    let number = JSONValue.number(bound).serialized
    return switch comparison {
    case .gte: "\(number) or more"
    case .gt: "more than \(number)"
    case .lte: "\(number) or less"
    case .lt: "less than \(number)"
    case .eq: "exactly \(number)"
    }
  }

  // Who hears.

  /// One recipient of a rule as a sentence.
  package func tell(_ tell: TellRule) -> String {
    var sentences = [target(tell.target, tell.mode)]
    if let by = tell.by, tell.urgency != .immediate {
      sentences[0] += ", \(deadline(by))"
    } else {
      sentences[0] += ", \(StateWords.urgency(tell.urgency))"
    }
    if tell.target.when != .always { sentences[0] += ", if \(condition(tell.target.when))" }
    let shared = words.shared(tell.share)
    sentences.append(
      shared.isEmpty ? "May be told nothing about the child" : "May be told \(EnglishWords.listed(shared))")
    if tell.confirm > .accepted {
      sentences.append(
        (StateWords.demand(tell.confirm) + (tell.within.map { " \(TimeWords.within($0))" } ?? "")).raisingFirst)
    }
    if let wait = tell.notBefore { sentences.append("Not before \(TimeWords.length(wait)) have passed") }
    return sentences.map { $0 + "." }.joined(separator: " ")
  }

  private func target(_ target: Target, _ mode: TellMode) -> String {
    var who: String
    switch target.who {
    case .role(let role):
      who = PlainWords.who(role.name, role.category, place(target)).raisingFirst
    case .everybodyTold(let except):
      who = "Everybody who has been told in this episode, except the family"
      if !except.isEmpty { who += ", \(EnglishWords.listed(except.map { RoleWords.name($0.name) }))" }
    }
    switch mode {
    case .message: return who
    case .invite: return "\(who), is invited when the meeting is called"
    case .consult: return "\(who), is asked for a view when the meeting is called"
    case .refer: return "\(who), gets a referral"
    }
  }

  private func place(_ target: Target) -> String {
    let home = PlainWords.relation(target.relation)
    guard let cared = target.relationIfLookedAfter, cared != target.relation else { return home }
    return "\(home) (if looked after: \(PlainWords.relation(cared)))"
  }

  /// `within 72 hours of the return interview`.
  package func deadline(_ deadline: Deadline) -> String {
    let within = TimeWords.within(deadline.span)
    switch deadline.start {
    case .event: return within
    case .data(let paths):
      return "\(within), counted from \(EnglishWords.listed(paths.map(PlainWords.instant), "or"))"
    case .firstFiring: return "\(within), counted from the first time in the episode"
    }
  }

  // What is owed.

  private func duty(_ duty: DutyRule) -> [Part] {
    var what = "\(DutyWords.name(duty.name).raisingFirst)\(duty.by.map { ", \(deadline($0))" } ?? ", no time stated")."
    if let target = duty.target { what += " Aimed at \(deadline(target))." }
    var parts = [
      Part(name: "Duty", lines: [what]),
      Part(
        name: "Owed by",
        lines: duty.holders.map { holder in
          let only = holder.when == .always ? "" : ", if \(condition(holder.when))"
          return "\(target(holder, .message))\(only)."
        }),
    ]
    var end: [String] = []
    if !duty.fulfilledBy.isEmpty {
      end.append("It is met when \(duty.fulfilledBy.map(words.event).joined(separator: " or when ")).")
    }
    if let ends = duty.endsWhen { end.append("It ends once \(condition(ends)).") }
    if !end.isEmpty { parts.append(Part(name: "Until", lines: end)) }
    var after = duty.remind.map { "A reminder \(TimeWords.length($0)) before it is due." }
    for rung in duty.ladder {
      after += rung.tells.map { "\(TimeWords.length(rung.after)) late: \(tell($0))" }
    }
    if !after.isEmpty { parts.append(Part(name: "If nothing happens", lines: after)) }
    return parts
  }
}
