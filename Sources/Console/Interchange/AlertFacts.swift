import Delivery
import Routing

/// All that a public-safe alert is made of (decision 0018). What is not here cannot be in one.
struct AlertFacts: Sendable {
  struct Happening: Sendable {
    let id: String
    /// A name of the vocabulary.
    let type: String
    let time: Instant
    let learnedAt: Instant
  }

  /// The gateway's own name.
  let gateway: String
  /// The sender's; only a hash of it leaves.
  let reference: String
  /// In the order in which the gateway took them.
  let events: [Happening]
  /// When the child was first reported missing; nil where nobody has said so, or it was withdrawn.
  let reportedAt: Instant?
  let isOpen: Bool
  /// `episode.risk`.
  let risk: String?
  let area: OfficialArea?
  let isExercise: Bool

  /// A mailbox-like name of the gateway: whom the alert is from.
  var sender: String { "waypost@\(gateway)" }

  /// The same for everything that is exported of one episode. Nobody can read the reference from it.
  var incident: String { name("episode") }

  /// 160 bits of SHA-256.
  func name(_ key: String) -> String {
    let text = ["interchange", gateway, reference, key].joined(separator: "\u{0}")
    return "waypost-" + Identifiers.digest(Array(text.utf8)).prefix(40)
  }
}

extension Instant {
  /// As CAP 1.2 and EDXL write it: whole seconds, and `-00:00` for UTC (CAP 1.2, section 3.3.2).
  var interchange: String { Instant(seconds: seconds).rfc3339.dropLast() + "-00:00" }
}
