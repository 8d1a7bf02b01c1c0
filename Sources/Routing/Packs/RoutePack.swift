/// One protocol as data: what `Routes/<pack>/pack.yaml` says, checked against the vocabulary. A class, like `Rule`, so that
/// deciding passes a reference about.
package final class RoutePack: Sendable {
  package let id: String
  package let title: String
  package let source: String
  package let inForce: InForce
  package let parties: [String]
  /// The text addresses the front door at any hour: while it is shut the message goes to the out-of-hours desk, under the
  /// front door's name. Otherwise the line names the out-of-hours desk itself.
  package let relaysFrontDoor: Bool
  package let scope: Condition
  package let gates: [Gate]
  package let rules: [Rule]
  /// Catalogue entries that are no message and no duty, with the reason.
  package let notMessages: [(entry: String, why: String)]
  /// For ordering versions.
  var begins: Instant { inForce.from ?? Instant(milliseconds: .min) }
  /// SHA-256 of the pack's text, in hexadecimal: a decision can be replayed with the pack that made it.
  package let contentHash: String
  /// The most that each role may see; the rules' own shares are within it already.
  package let disclosure: Disclosure
  /// What problems call the pack's file.
  package let file: String

  init(
    id: String, title: String, source: String, inForce: InForce, parties: [String], relaysFrontDoor: Bool,
    scope: Condition, gates: [Gate], rules: [Rule], notMessages: [(entry: String, why: String)], contentHash: String,
    disclosure: Disclosure, file: String
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.inForce = inForce
    self.parties = parties
    self.relaysFrontDoor = relaysFrontDoor
    self.scope = scope
    self.gates = gates
    self.rules = rules
    self.notMessages = notMessages
    self.contentHash = contentHash
    self.disclosure = disclosure
    self.file = file
  }

  /// The same pack with other rules, scope or gates.
  package func with(rules: [Rule]? = nil, scope: Condition? = nil, gates: [Gate]? = nil) -> RoutePack {
    RoutePack(
      id: id, title: title, source: source, inForce: inForce, parties: parties, relaysFrontDoor: relaysFrontDoor,
      scope: scope ?? self.scope, gates: gates ?? self.gates, rules: rules ?? self.rules, notMessages: notMessages,
      contentHash: contentHash, disclosure: disclosure, file: file)
  }
}

/// When a pack holds: from an instant on, until another at which it no longer does. Dates mean London's midnight.
package struct InForce: Sendable, Equatable {
  package let from: Instant?
  package let until: Instant?

  package func contains(_ instant: Instant) -> Bool {
    if let from, instant < from { return false }
    if let until, instant >= until { return false }
    return true
  }

  func overlaps(_ other: InForce) -> Bool {
    (from ?? Instant(milliseconds: .min)) < (other.until ?? Instant(milliseconds: .max))
      && (other.from ?? Instant(milliseconds: .min)) < (until ?? Instant(milliseconds: .max))
  }

  /// `2019-01-01 to further notice`.
  package var words: String {
    func name(_ instant: Instant) -> String {
      let reading = London.reading(at: instant)
      return reading.secondOfDay == 0 ? reading.date.description : instant.rfc3339
    }
    return "\(from.map(name) ?? "ever") to \(until.map(name) ?? "further notice")"
  }
}

/// Messages to this role wait for a person's decision while the condition holds.
package struct Gate: Sendable {
  package let role: Role
  package let section: String
  package var when: Condition
  package let decidedBy: Role?
}
