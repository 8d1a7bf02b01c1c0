/// How many attempts may be open towards one destination at a time: slow start, a step up for every success, half for
/// every failure, as Postfix's queue manager does. Pure.
package struct DestinationWindow: Sendable, Equatable {
  package static let first = 5.0
  package static let most = 64.0

  package private(set) var size = DestinationWindow.first
  package private(set) var open = 0

  package init() {}

  /// How many more attempts may be opened.
  package var room: Int { max(0, Int(size) - open) }
  package mutating func begin() { open += 1 }

  package mutating func end(success: Bool) {
    open -= 1
    size = success ? min(DestinationWindow.most, size + 1) : max(1, size / 2)
  }

  /// Nothing open and nothing learned: not worth remembering.
  package var isFresh: Bool { open == 0 && size >= DestinationWindow.first }
}
