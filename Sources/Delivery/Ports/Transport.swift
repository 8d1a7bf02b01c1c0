package import Routing

/// One way out of the house. Implementations never throw: whatever happens is an `Outcome`.
///
/// An adapter must: identify the notification by its id on every attempt; be safe to call many times at once; answer
/// within its own stated timeouts; put no personal data in a fault.
package protocol Transport: Sendable {
  /// The contract's channel name: `mail`, `webhook`, …
  var channel: String { get }
  func deliver(_ dispatch: Dispatch) async -> Outcome
}

/// One attempt at one notification over one channel.
package struct Dispatch: Sendable {
  package let notification: Notification
  package let channel: Channel
  /// Counted from 1 over all channels.
  package let attempt: Int
  /// When this attempt was made; signatures and dates use it.
  package let at: Instant
  package init(notification: Notification, channel: Channel, attempt: Int, at: Instant) {
    self.notification = notification
    self.channel = channel
    self.attempt = attempt
    self.at = at
  }
}

/// What an attempt came to.
package enum Outcome: Sendable, Equatable {
  /// The next hop took it.
  case accepted(Receipt)
  /// It may work later. `retryAfter` in seconds, if the other side named a time.
  case deferred(Fault, retryAfter: Int?)
  /// It will never work over this channel.
  case rejected(Fault)
}

/// Evidence about a notification.
package struct Receipt: Sendable, Equatable {
  package let kind: Confirmation
  /// The remote side's words, without personal data.
  package let evidence: String
  package init(kind: Confirmation, evidence: String) {
    self.kind = kind
    self.evidence = evidence
  }
}

/// Why an attempt did not succeed. Equal by code.
package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    case connection, tls, timeout, authentication, refused, throttled, gone, unavailable, addressUnknown
    case policy, configuration, content, internalFault = "internal"
  }
  package let code: Code
  package let reason: String
  /// RFC 3463, where the other side gave one.
  package let enhancedStatus: String?
  package init(_ code: Code, _ reason: String, enhancedStatus: String? = nil) {
    self.code = code
    self.reason = reason
    self.enhancedStatus = enhancedStatus
  }
  package static func == (a: Fault, b: Fault) -> Bool { a.code == b.code && a.enhancedStatus == b.enhancedStatus }
  package var description: String {
    enhancedStatus.map { "\(code.rawValue) \($0): \(reason)" } ?? "\(code.rawValue): \(reason)"
  }
}
