/// What becomes of one attempt.
enum Fate: String, CaseIterable {
  case taken, slow = "slow answer", replyLost = "reply lost after acceptance", veryLate = "reply later than the lease"
  case unreachable = "unreachable", refused = "refused for good", gone = "endpoint gone"

  static let weights: [(Fate, Int)] = [
    (.taken, 60), (.slow, 8), (.replyLost, 8), (.veryLate, 5), (.unreachable, 12), (.refused, 2), (.gone, 1),
  ]

  var arrives: Bool { self == .taken || self == .slow || self == .replyLost || self == .veryLate }
}

/// A message that reached somebody.
struct Arrival {
  let notification: String
  let lane: String
  let contact: String
}

/// What the world itself has seen, apart from what the ledger says.
struct WorldRecord {
  /// The id that each event's sender was answered with.
  var answered: [String: String] = [:]
  var arrivals: [Arrival] = []
  var tally: [String: Int] = [:]
  var violations: [String] = []

  mutating func count(_ what: String) { tally[what, default: 0] += 1 }
  mutating func violate(_ what: String) { violations.append(what) }
}
