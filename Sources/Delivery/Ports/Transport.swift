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
  /// Which of the notification's channels that is.
  package let channelIndex: Int
  /// Counted from 1 over all channels.
  package let attempt: Int
  /// When this attempt was made; signatures and dates use it.
  package let at: Instant
  /// The same on every attempt and channel; nil where the recipient is nobody's desk.
  package let number: RecipientNumber?
  package init(
    notification: Notification, channel: Channel, channelIndex: Int = 0, attempt: Int, at: Instant,
    number: RecipientNumber? = nil
  ) {
    self.number = number
    self.notification = notification
    self.channel = channel
    self.channelIndex = channelIndex
    self.attempt = attempt
    self.at = at
  }

  /// The CloudEvent as it leaves: with the recipient's number, the same on every attempt.
  package var body: String { number?.marking(notification.message.body) ?? notification.message.body }
}

/// What an attempt came to.
package enum Outcome: Sendable, Equatable {
  /// The next hop took it.
  case accepted(Receipt)
  /// It may work later. `retryAfter` in seconds, if the other side named a time.
  case deferred(Fault, retryAfter: Int?)
  /// It will never work over this channel.
  case rejected(Fault)
  /// A person has to do it: the notification waits on the call desk.
  case waiting(Receipt)
}

/// Why an attempt did not succeed. Equal by code.
package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// `privacy`: the message cannot be kept as private as the directory demands, and nothing of it has left.
    case connection, tls, timeout, authentication, refused, throttled, gone, unavailable, addressUnknown
    case policy, configuration, content, privacy, internalFault = "internal"
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

/// What another service sends to the gateway by itself about messages that a transport handed to it.
package protocol CallbackReader: Sendable {
  /// The last part of the path `/v1/callbacks/NAME`.
  var name: String { get }
  func read(body: [UInt8], authorization: String?) -> CallbackReading
}

package enum CallbackReading: Sendable, Equatable {
  case report(ReceiptReport)
  /// It is genuine and changes nothing; why.
  case ignored(String)
  case unauthorized
  /// What is wrong with it; never anything that it said.
  case malformed(String)
}
