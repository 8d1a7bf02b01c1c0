package import Routing

/// How many attempts may be open towards one destination at a time: slow start, a step up for every success, half for
/// every failure, as Postfix's queue manager does; and none but a probe while its breaker is open. Pure.
package struct DestinationWindow: Sendable, Equatable {
  package static let first = 5.0
  package static let most = 64.0

  package private(set) var size = DestinationWindow.first
  package private(set) var open = 0
  package private(set) var breaker = DestinationBreaker()

  package init() {}

  /// How many more attempts may be opened towards a destination that nothing is known of.
  package static var usualRoom: Int { Int(first) }

  /// How many more attempts may be opened.
  package func room(at now: Instant) -> Int { min(max(0, Int(size) - open), breaker.room(at: now)) }

  package mutating func begin(at now: Instant) {
    open += 1
    breaker.begin(at: now)
  }

  package mutating func end(_ sign: AttemptSign, at now: Instant) {
    // What began before the window was forgotten ends after it.
    open = max(0, open - 1)
    breaker.end(sign, at: now)
    switch sign {
    case .taken: size = min(DestinationWindow.most, size + 1)
    case .answered, .failed: size = max(1, size / 2)
    case .unknown: return
    }
  }

  /// Nothing open and nothing learned: not worth remembering.
  package var isFresh: Bool { open == 0 && size >= DestinationWindow.first && breaker.isFresh }
}
