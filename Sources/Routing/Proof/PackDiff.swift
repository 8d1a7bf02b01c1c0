/// What changes for whom between two packs, or two versions of one, over every combination of facts.
///
/// Guarantee: exact within the children that both packs have in scope. A difference is listed only if some combination of
/// facts shows it, and every difference of recipients, duties and deadlines is listed.
package struct PackDiff {
  package let changes: [Change]

  package struct Change: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
      case newlyTold = "newly told"
      case noLongerTold = "no longer told"
      case newlyOwes = "newly owes"
      case owesNoLonger = "owes no longer"
      case deadline = "other deadline"
    }
    /// The event, count, timer or calendar that sets it off.
    package let occasion: String
    package let kind: Kind
    /// Nil: a message.
    package let duty: String?
    package let role: String
    /// Of which agency, and for which children where that makes a difference.
    package var relation: String
    /// The rules behind it, on the side that has them.
    package let basis: [Rule]
    /// `was … now …` for a deadline.
    package let detail: String?
    /// Whether the other side never does this at all, or only not under these facts.
    package let isEntire: Bool
    package let example: Counterexample?

    /// `basis` with the sections.
    package var rules: [String] { basis.map { "\($0.sections.joined(separator: ", ")) (\($0.id))" } }
    package var whom: String { "\(duty.map { "\($0): " } ?? "")\(role) of \(relation)" }
  }

  package init(from old: RoutePack, to new: RoutePack, _ vocabulary: Vocabulary) {
    let space = FactSpace(
      vocabulary, conditions: old.conditions + new.conditions, authorities: (old.parties + new.parties).sorted())
    let openSlot = vocabulary.fact("episode.open")?.slot
    let (before, after) = (Side(old, space, openSlot), Side(new, space, openSlot))
    let both = space.diagrams.and(before.scope, after.scope)
    let keys = Set(before.lines.keys).union(after.lines.keys).sorted()
    changes = PackDiff.joined(
      keys.flatMap { key in
        PackDiff.changes(key, before.lines[key] ?? [], after.lines[key] ?? [], within: both, space)
      })
  }

  /// Says once what is the same whether or not somebody looks after the child.
  private static func joined(_ changes: [Change]) -> [Change] {
    changes.reduce(into: []) { result, change in
      let twin = result.lastIndex {
        $0.occasion == change.occasion && $0.kind == change.kind && $0.duty == change.duty && $0.role == change.role
          && $0.rules == change.rules && $0.detail == change.detail && $0.isEntire == change.isEntire
      }
      guard let twin else { return result.append(change) }
      let (home, cared) = (result[twin].relation.split(separator: ","), change.relation.split(separator: ","))
      result[twin].relation =
        home.first == cared.first ? String(home[0]) : "\(result[twin].relation); \(change.relation)"
    }
  }

  /// One thing that can happen to one role: being told, or owing a duty.
  private struct Key: Hashable, Comparable {
    let occasion: String
    /// Nil: a message.
    let duty: String?
    let role: String
    let relation: String
    let isLookedAfter: Bool

    static func < (a: Key, b: Key) -> Bool { a.order < b.order }
    private var order: String {
      [occasion, duty ?? "", role, isLookedAfter ? "1" : "0", relation].joined(separator: "\u{1}")
    }
    var words: String { "\(relation), \(isLookedAfter ? "child looked after" : "child not looked after")" }
  }

  private struct Line {
    let rule: Rule
    let deadline: String
    let region: Diagrams.Region
  }

  /// All lines that one pack can make owed, by key.
  private struct Side {
    var lines: [Key: [Line]] = [:]
    let scope: Diagrams.Region

    init(_ pack: RoutePack, _ space: FactSpace, _ openSlot: Int?) {
      scope = space.holds(pack.scope, parties: pack.parties)
      for rule in pack.rules where !rule.isNote && !rule.isOptional {
        for occasion in rule.trigger.occasions {
          let fires = space.diagrams.and(
            scope,
            space.holds(
              rule.trigger.isTimed ? rule.when : rule.when.assumingOpenness(occasion, openSlot), parties: pack.parties))
          for tell in rule.tells {
            let words = tell.urgency == .immediate ? "at once" : tell.by.map(\.words) ?? "no time stated"
            add(rule, tell.target, nil, words, occasion, fires, pack, space)
          }
          for holder in rule.duty?.holders ?? [] {
            add(
              rule, holder, rule.duty?.name, rule.duty?.by?.words ?? "no time stated", occasion, fires, pack, space)
          }
        }
      }
    }

    private mutating func add(
      _ rule: Rule, _ target: Target, _ duty: String?, _ deadline: String, _ occasion: String, _ fires: Diagrams.Region,
      _ pack: RoutePack, _ space: FactSpace
    ) {
      let region = space.diagrams.and(fires, space.holds(target.when, parties: pack.parties))
      let role = target.role?.name ?? "everybody already told"
      for isLookedAfter in [true, false] {
        let part = isLookedAfter ? space.lookedAfter : space.diagrams.not(space.lookedAfter)
        let here = space.diagrams.and(region, part)
        guard here != space.diagrams.nothing else { continue }
        let relation = target.relation(isLookedAfter: isLookedAfter)
        let key = Key(
          occasion: occasion, duty: duty, role: role, relation: relation.rawValue, isLookedAfter: isLookedAfter)
        lines[key, default: []].append(Line(rule: rule, deadline: deadline, region: here))
      }
    }
  }

  private static func changes(
    _ key: Key, _ old: [Line], _ new: [Line], within both: Diagrams.Region, _ space: FactSpace
  ) -> [Change] {
    let diagrams = space.diagrams
    func union(_ lines: [Line]) -> Diagrams.Region { diagrams.and(both, diagrams.or(lines.map(\.region))) }
    let (before, after) = (union(old), union(new))
    var changes: [Change] = []
    func note(_ kind: Change.Kind, _ region: Diagrams.Region, _ lines: [Line], _ detail: String?, isEntire: Bool) {
      guard region != diagrams.nothing else { return }
      let shown = lines.filter { diagrams.and($0.region, region) != diagrams.nothing }
      changes.append(
        Change(
          occasion: key.occasion, kind: kind, duty: key.duty, role: key.role, relation: key.words,
          basis: shown.map(\.rule),
          detail: detail, isEntire: isEntire,
          example: space.example(region, event: key.occasion)))
    }
    note(
      key.duty == nil ? .newlyTold : .newlyOwes, diagrams.minus(after, before), new, nil,
      isEntire: before == diagrams.nothing)
    note(
      key.duty == nil ? .noLongerTold : .owesNoLonger, diagrams.minus(before, after), old, nil,
      isEntire: after == diagrams.nothing)
    let shared = diagrams.and(before, after)
    let (was, now) = (deadlines(old, shared, diagrams), deadlines(new, shared, diagrams))
    let differs = Set(was.keys).union(now.keys).sorted().map { words -> Diagrams.Region in
      let (a, b) = (was[words] ?? diagrams.nothing, now[words] ?? diagrams.nothing)
      return diagrams.or(diagrams.minus(a, b), diagrams.minus(b, a))
    }
    let region = diagrams.or(differs)
    let detail =
      "was \(was.keys.sorted().joined(separator: " or ")), now \(now.keys.sorted().joined(separator: " or "))"
    if was.keys.sorted() != now.keys.sorted() { note(.deadline, region, old + new, detail, isEntire: false) }
    return changes
  }

  private static func deadlines(
    _ lines: [Line], _ shared: Diagrams.Region, _ diagrams: Diagrams
  ) -> [String: Diagrams.Region] {
    lines.reduce(into: [:]) { result, line in
      let region = diagrams.and(line.region, shared)
      if region != diagrams.nothing {
        result[line.deadline] = diagrams.or(result[line.deadline] ?? diagrams.nothing, region)
      }
    }
  }
}

extension Target {
  /// The relation that a plan line prints.
  func relation(isLookedAfter: Bool) -> Relation {
    guard isLookedAfter else {
      return relation == .responsible || relation == .holding ? .area : relation
    }
    let chosen = relationIfLookedAfter ?? relation
    return chosen == .holding ? .responsible : chosen
  }
}

extension Deadline {
  /// As a person reads it: `PT6H from episode.awaySince`.
  var words: String {
    switch start {
    case .event: span.description
    case .data(let paths): "\(span) from \(paths.map { $0.joined(separator: ".") }.joined(separator: " or "))"
    case .firstFiring: "\(span) from the first time"
    }
  }
}

extension Trigger {
  /// What sets the rule off, in words that two packs share.
  var occasions: [String] {
    switch self {
    case .events(let names): return names
    case .count(let count):
      let number =
        switch count.wanted {
        case .atLeast(let number): ["\(number) or more"]
        case .exactly(let numbers): numbers.map { "exactly \($0)" }
        }
      return number.map { "\($0) episodes \(count.withinDays.map { "in \($0) days" } ?? "ever")" }
    case .timer(let timer):
      let spans = [timer.after.map { "\($0) after" }, timer.every.map { "every \($0) after" }].compactMap(\.self)
      return timer.of.map { "\(spans.joined(separator: ", then ")) \($0)" }
    case .calendar(let calendar): return ["every \(calendar.period.words) by the calendar"]
    case .before(let before): return ["\(before.span) before \(before.of.joined(separator: "."))"]
    }
  }
}
