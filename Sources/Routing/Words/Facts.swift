/// What is known about a child and an episode, as the values that rules test: one slot a fact, in vocabulary order.
package struct Facts: Sendable, Equatable {
  package var values: [FactValue]

  /// Nothing stated at all.
  package init(_ vocabulary: Vocabulary) { values = vocabulary.facts.map { $0.domain.unstatedValue } }

  package subscript(slot: Int) -> FactValue {
    get { values[slot] }
    set { values[slot] = newValue }
  }
}

/// One fact's value. `choice` and `choices` hold positions in the fact's own list.
package enum FactValue: Hashable, Sendable {
  case unstated
  case flag(Bool)
  case choice(UInt8)
  case choices(UInt64)
  case number(Double)
  case authority(String)
}

/// Three-valued truth: a test of something unstated is neither true nor false, and neither is its negation.
package enum Truth: UInt8, Sendable {
  case no = 0
  case unknown = 1
  case yes = 2

  init(_ value: Bool) { self = value ? .yes : .no }

  var negated: Truth {
    switch self {
    case .no: .yes
    case .unknown: .unknown
    case .yes: .no
    }
  }
}
