/// A test over facts, compiled from a pack's `when` when the pack is loaded.
///
/// Guarantee: evaluating it allocates nothing and looks nothing up by name; what is unstated makes neither a test nor its
/// negation true.
package indirect enum Condition: Hashable, Sendable {
  case always
  case flag(slot: Int, is: Bool)
  /// The fact's choice is one of the bits.
  case choice(slot: Int, among: UInt64)
  /// The set holds at least one of the bits.
  case holds(slot: Int, among: UInt64)
  case authority(slot: Int, among: [String])
  case number(slot: Int, Comparison, Double)
  case all([Condition])
  case any([Condition])
  case not(Condition)

  package enum Comparison: String, Sendable, CaseIterable {
    case gte, gt, lte, lt, eq

    func holds(_ value: Double, _ bound: Double) -> Bool {
      switch self {
      case .gte: value >= bound
      case .gt: value > bound
      case .lte: value <= bound
      case .lt: value < bound
      case .eq: value == bound
      }
    }
  }

  package func truth(_ facts: Facts) -> Truth {
    switch self {
    case .always: return .yes
    case .flag(let slot, let wanted):
      guard case .flag(let value) = facts[slot] else { return .unknown }
      return Truth(value == wanted)
    case .choice(let slot, let bits):
      guard case .choice(let value) = facts[slot] else { return .unknown }
      return Truth(bits & (1 << UInt64(value)) != 0)
    case .holds(let slot, let bits):
      guard case .choices(let value) = facts[slot] else { return .unknown }
      return Truth(bits & value != 0)
    case .authority(let slot, let slugs):
      guard case .authority(let value) = facts[slot] else { return .unknown }
      return Truth(slugs.contains(value))
    case .number(let slot, let comparison, let bound):
      guard case .number(let value) = facts[slot] else { return .unknown }
      return Truth(comparison.holds(value, bound))
    case .all(let parts):
      var result = Truth.yes
      for part in parts {
        let truth = part.truth(facts)
        if truth == .no { return .no }
        if truth.rawValue < result.rawValue { result = truth }
      }
      return result
    case .any(let parts):
      var result = Truth.no
      for part in parts {
        let truth = part.truth(facts)
        if truth == .yes { return .yes }
        if truth.rawValue > result.rawValue { result = truth }
      }
      return result
    case .not(let part): return part.truth(facts).negated
    }
  }

  package func holds(_ facts: Facts) -> Bool { truth(facts) == .yes }

  /// Whether this fact is tested; allocates nothing.
  package func tests(_ wanted: Int) -> Bool {
    switch self {
    case .always: false
    case .flag(let slot, _), .choice(let slot, _), .holds(let slot, _), .authority(let slot, _),
      .number(let slot, _, _):
      slot == wanted
    case .all(let parts), .any(let parts): parts.contains { $0.tests(wanted) }
    case .not(let part): part.tests(wanted)
    }
  }

  /// The slots of all facts tested.
  package var slots: Set<Int> {
    switch self {
    case .always: []
    case .flag(let slot, _), .choice(let slot, _), .holds(let slot, _), .authority(let slot, _),
      .number(let slot, _, _):
      [slot]
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.slots) }
    case .not(let part): part.slots
    }
  }
}

extension Condition {
  /// The condition in words a partnership officer reads: `episode.risk is high`.
  package func words(_ vocabulary: Vocabulary) -> String {
    func name(_ slot: Int) -> String { vocabulary.facts[slot].name }
    func listed(_ slot: Int, _ bits: UInt64) -> String {
      switch vocabulary.facts[slot].domain {
      case .oneOf(let values), .setOf(let values):
        values.enumerated().filter { bits & (1 << UInt64($0.offset)) != 0 }.map(\.element).joined(separator: " or ")
      default: String(bits)
      }
    }
    switch self {
    case .always: return "always"
    case .flag(let slot, let wanted): return wanted ? name(slot) : "not \(name(slot))"
    case .choice(let slot, let bits): return "\(name(slot)) is \(listed(slot, bits))"
    case .holds(let slot, let bits): return "\(name(slot)) has \(listed(slot, bits))"
    case .authority(let slot, let slugs): return "\(name(slot)) is \(slugs.joined(separator: " or "))"
    case .number(let slot, let comparison, let bound):
      let symbol = ["gte": "at least", "gt": "more than", "lte": "at most", "lt": "less than", "eq": "exactly"]
      return "\(name(slot)) is \(symbol[comparison.rawValue] ?? "") \(JSONValue.number(bound).serialized)"
    case .all(let parts): return parts.map { $0.words(vocabulary) }.joined(separator: " and ")
    case .any(let parts): return "(" + parts.map { $0.words(vocabulary) }.joined(separator: " or ") + ")"
    case .not(let part): return "not (\(part.words(vocabulary)))"
    }
  }

  /// The smallest parts that keep this from holding; empty when it holds.
  package func obstacles(_ facts: Facts) -> [Obstacle] {
    guard !holds(facts) else { return [] }
    switch self {
    case .all(let parts): return parts.flatMap { $0.obstacles(facts) }
    default: return [Obstacle(condition: self, isUnstated: truth(facts) == .unknown)]
    }
  }

  /// A part of a condition that does not hold.
  package struct Obstacle: Equatable, Sendable {
    package let condition: Condition
    /// Nobody has stated what it tests.
    package let isUnstated: Bool

    package func words(_ vocabulary: Vocabulary) -> String {
      "\(condition.words(vocabulary)): \(isUnstated ? "not stated" : "not so")"
    }
  }
}
