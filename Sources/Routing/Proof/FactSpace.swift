/// Every combination of facts that the rules can tell apart: finite lists as they are, numbers cut at the thresholds in
/// use, authorities as those that are named and two others.
///
/// Guarantee: exact. Conditions are three-valued here as in the router; what the gateway derives (looked after, placed by
/// another, out of area, across a boundary) follows from the two authorities and is not free.
final class FactSpace {
  let vocabulary: Vocabulary
  let diagrams = Diagrams()
  private var variables: [Variable] = []
  private var byFact: [Int: Int] = [:]
  private var byElement: [Element: Int] = [:]
  private var byRule: [String: Int] = [:]
  private var compiled: [Key: (yes: Diagrams.Region, no: Diagrams.Region)] = [:]
  private let derived: [Int: Derived]
  private let livesIn: Int?
  private let lookedAfterBy: Int?

  private enum Derived { case lookedAfter, placedByOther, placedOutOfArea, crossBoundary }

  /// What one variable of the diagrams stands for, and the values it can take; the plainest comes first.
  private enum Variable {
    case fact(slot: Int, values: [FactValue])
    case element(slot: Int, bit: Int)
    /// Whether a count is met, which depends on the child's history.
    case count(rule: String)
  }

  private struct Element: Hashable {
    let slot: Int
    let bit: Int
  }

  private struct Key: Hashable {
    let condition: Condition
    let parties: [String]
  }

  /// `conditions` are all that will be asked about, `authorities` those that must be told apart besides.
  init(_ vocabulary: Vocabulary, conditions: [Condition], authorities: [String]) {
    self.vocabulary = vocabulary
    var derived: [Int: Derived] = [:]
    for (name, kind) in [
      ("child.lookedAfter", Derived.lookedAfter), ("child.placedByOther", .placedByOther),
      ("child.placedOutOfArea", .placedOutOfArea), ("child.crossBoundary", .crossBoundary),
    ] {
      if let slot = vocabulary.fact(name)?.slot { derived[slot] = kind }
    }
    self.derived = derived
    livesIn = vocabulary.fact("child.livesIn")?.slot
    lookedAfterBy = vocabulary.fact("child.lookedAfterBy")?.slot
    var slugs = Set(authorities)
    var bounds: [Int: Set<Double>] = [:]
    for condition in conditions { condition.gather(&slugs, &bounds) }
    let strangers = ["nottingham", "kirklees", "leeds"].filter { !slugs.contains($0) }.prefix(2)
    let places = slugs.sorted() + strangers
    for (slot, fact) in vocabulary.facts.enumerated() where derived[slot] == nil {
      switch fact.domain {
      case .setOf(let values):
        for bit in values.indices {
          byElement[Element(slot: slot, bit: bit)] = variables.count
          variables.append(.element(slot: slot, bit: bit))
        }
      default:
        byFact[slot] = variables.count
        variables.append(
          .fact(slot: slot, values: FactSpace.values(fact, slot == lookedAfterBy, places, bounds[slot] ?? [])))
      }
    }
  }

  private static func values(
    _ fact: FactDefinition, _ isCarer: Bool, _ places: [String], _ bounds: Set<Double>
  ) -> [FactValue] {
    switch fact.domain {
    case .flag: return [.flag(false), .flag(true)]
    case .authority: return [isCarer ? .authority("") : .unstated] + places.map(FactValue.authority)
    case .integer, .number:
      let points = Set(bounds.flatMap { [$0 - 1, $0, $0 + 1] }).filter { $0 >= 0 }
      return [.unstated] + points.sorted().map(FactValue.number)
    case .oneOf(let names):
      let all = names.indices.map { FactValue.choice(UInt8($0)) }
      let plain = fact.domain.unstatedValue
      return [plain] + all.filter { $0 != plain }
    case .setOf: return []
    }
  }

  /// Combinations in which the condition holds, and those in which it is refuted; in the rest it is unknown.
  func regions(_ condition: Condition, parties: [String]) -> (yes: Diagrams.Region, no: Diagrams.Region) {
    let key = Key(condition: condition, parties: parties)
    if let known = compiled[key] { return known }
    let made = compile(condition, parties)
    compiled[key] = made
    return made
  }

  func holds(_ condition: Condition, parties: [String]) -> Diagrams.Region {
    regions(condition, parties: parties).yes
  }

  /// Combinations in which the count of a rule is met: free, because history is no fact.
  func countIsMet(_ rule: String) -> Diagrams.Region {
    if byRule[rule] == nil {
      byRule[rule] = variables.count
      variables.append(.count(rule: rule))
    }
    return diagrams.region(byRule[rule] ?? 0, [false, true])
  }

  var lookedAfter: Diagrams.Region { derivedRegion(.lookedAfter, []) }

  private func compile(_ condition: Condition, _ parties: [String]) -> (yes: Diagrams.Region, no: Diagrams.Region) {
    switch condition {
    case .always: return (diagrams.everything, diagrams.nothing)
    case .flag(let slot, let wanted):
      if let kind = derived[slot] {
        let region = derivedRegion(kind, parties)
        return wanted ? (region, diagrams.not(region)) : (diagrams.not(region), region)
      }
      return test(slot) { if case .flag(let value) = $0 { value == wanted } else { nil } }
    case .choice(let slot, let bits):
      return test(slot) { if case .choice(let value) = $0 { bits & (1 << UInt64(value)) != 0 } else { nil } }
    case .authority(let slot, let slugs):
      return test(slot) { if case .authority(let value) = $0 { slugs.contains(value) } else { nil } }
    case .number(let slot, let comparison, let bound):
      return test(slot) { if case .number(let value) = $0 { comparison.holds(value, bound) } else { nil } }
    case .holds(let slot, let bits):
      let elements = byElement.filter { $0.key.slot == slot && bits & (1 << UInt64($0.key.bit)) != 0 }
      let region = diagrams.or(elements.values.sorted().map { diagrams.region($0, [false, true]) })
      return (region, diagrams.not(region))
    case .all(let parts):
      let regions = parts.map { self.regions($0, parties: parties) }
      return (diagrams.and(regions.map(\.yes)), diagrams.or(regions.map(\.no)))
    case .any(let parts):
      let regions = parts.map { self.regions($0, parties: parties) }
      return (diagrams.or(regions.map(\.yes)), diagrams.and(regions.map(\.no)))
    case .not(let part):
      let region = regions(part, parties: parties)
      return (region.no, region.yes)
    }
  }

  /// `outcome` is nil for a value that answers neither way.
  private func test(_ slot: Int, _ outcome: (FactValue) -> Bool?) -> (yes: Diagrams.Region, no: Diagrams.Region) {
    guard let variable = byFact[slot], case .fact(_, let values) = variables[variable] else {
      return (diagrams.nothing, diagrams.nothing)
    }
    let outcomes = values.map(outcome)
    return (
      diagrams.region(variable, outcomes.map { $0 == true }), diagrams.region(variable, outcomes.map { $0 == false })
    )
  }

  private func authority(_ slot: Int?, _ isWanted: (String) -> Bool) -> Diagrams.Region {
    guard let slot else { return diagrams.nothing }
    return test(slot) { if case .authority(let value) = $0 { isWanted(value) } else { nil } }.yes
  }

  private func derivedRegion(_ kind: Derived, _ parties: [String]) -> Diagrams.Region {
    switch kind {
    case .lookedAfter: return authority(lookedAfterBy) { !$0.isEmpty }
    case .placedByOther:
      return diagrams.and(
        authority(lookedAfterBy) { !$0.isEmpty && !parties.contains($0) }, authority(livesIn, parties.contains))
    case .placedOutOfArea:
      return diagrams.and(
        authority(lookedAfterBy, parties.contains), authority(livesIn) { !parties.contains($0) })
    case .crossBoundary:
      guard let livesIn, let variable = byFact[livesIn], case .fact(_, let values) = variables[variable] else {
        return diagrams.nothing
      }
      let apart = values.map { value -> Diagrams.Region in
        guard case .authority(let home) = value else { return diagrams.nothing }
        return diagrams.and(authority(livesIn) { $0 == home }, authority(lookedAfterBy) { !$0.isEmpty && $0 != home })
      }
      return diagrams.or(apart)
    }
  }
}

extension FactSpace {
  /// One combination of a region as an event that shows it, with what no event can say in words.
  func example(_ region: Diagrams.Region, event type: String) -> Counterexample? {
    guard let chosen = diagrams.example(region) else { return nil }
    var data: JSONValue = ["child": ["id": "CH-1"]]
    var sets: [Int: [String]] = [:]
    var time = "2026-11-12T12:00:00Z"
    var remarks: [String] = []
    for (variable, index) in chosen.sorted(by: { $0.key < $1.key }) {
      switch variables[variable] {
      case .element(let slot, let bit):
        guard index == 1, case .setOf(let names) = vocabulary.facts[slot].domain else { continue }
        sets[slot, default: []].append(names[bit])
      case .count(let rule): remarks.append("the count of \(rule) is \(index == 1 ? "" : "not ")met")
      case .fact(let slot, let values):
        let fact = vocabulary.facts[slot]
        guard values[index] != .unstated else { continue }
        switch (fact.name, values[index]) {
        case ("child.age", .number(let age)):
          let born = CivilDate(year: 2026 - Int(age), month: 1, day: 1)?.description ?? ""
          data = data.merged(with: JSONValue.nested(["child", "dateOfBirth"], .string(born)))
        case ("clock.officeHours", .flag(let isOpen)): time = isOpen ? time : "2026-11-12T22:00:00Z"
        case ("child.lookedAfterBy", .authority("")): continue
        case (_, let value) where fact.isDerived:
          remarks.append("\(fact.name) is \(value.json(fact.domain).serialized)")
        case (_, let value):
          data = data.merged(with: JSONValue.nested(fact.path, value.json(fact.domain)))
        }
      }
    }
    for (slot, names) in sets {
      data = data.merged(
        with: JSONValue.nested(vocabulary.facts[slot].path, .array(names.map(JSONValue.string))))
    }
    let event: JSONValue = [
      "specversion": "1.0", "id": "example", "source": "urn:waypost:verify", "type": .string(Event.typePrefix + type),
      "time": .string(time), "subject": "EP-1", "data": data,
    ]
    return Counterexample(event: event, remarks: remarks)
  }
}

/// An event that shows what is claimed, ready for `waypost explain`.
package struct Counterexample: Sendable {
  package let event: JSONValue
  /// What the event alone cannot say: history, for example.
  package let remarks: [String]

  package var words: String { ([event.serialized] + remarks).joined(separator: "; ") }
}

extension JSONValue {
  static func nested(_ path: [String], _ value: JSONValue) -> JSONValue {
    path.reversed().reduce(value) { inner, key in .object([key: inner]) }
  }
}

extension FactValue {
  /// As an event states it.
  func json(_ domain: FactDomain) -> JSONValue {
    switch (self, domain) {
    case (.flag(let value), _): .bool(value)
    case (.number(let value), _): .number(value)
    case (.authority(let slug), _): .string(slug)
    case (.choice(let index), .oneOf(let names)): .string(names[Int(index)])
    default: .null
    }
  }
}

extension Condition {
  /// The authorities that it names and the numbers it compares with.
  fileprivate func gather(_ slugs: inout Set<String>, _ bounds: inout [Int: Set<Double>]) {
    switch self {
    case .authority(_, let named): slugs.formUnion(named)
    case .number(let slot, _, let bound): bounds[slot, default: []].insert(bound)
    case .all(let parts), .any(let parts): for part in parts { part.gather(&slugs, &bounds) }
    case .not(let part): part.gather(&slugs, &bounds)
    default: break
    }
  }
}
