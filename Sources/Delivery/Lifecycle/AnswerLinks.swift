package import Routing
import Synchronization

/// Addresses of the pages that recipients open.
package struct AnswerLinks: Sendable {
  package let key: AnswerKey
  private let place: PublicAddress
  /// Seconds for which a link opens its page.
  package static let lifetime: Int64 = 14 * 86400

  package init(key: AnswerKey, place: PublicAddress) {
    self.key = key
    self.place = place
  }

  package init(key: AnswerKey, address: String) { self.init(key: key, place: PublicAddress(address)) }

  package func url(_ purpose: LinkPurpose, _ notification: String, channel: Int, at now: Instant) -> String {
    let tag = AnswerTag(notification: notification, channel: channel)
    let link = key.link(purpose, tag, until: now.advanced(bySeconds: AnswerLinks.lifetime))
    return "\(place.text)/\(purpose.rawValue)/\(link)"
  }
}

/// Where the gateway is reached from outside, for example `https://waypost.example`; without a slash at its end.
package final class PublicAddress: Sendable {
  private let state: Mutex<String>
  package init(_ text: String) { state = Mutex(PublicAddress.trimmed(text)) }

  package var text: String { state.withLock { $0 } }

  /// A gateway that picks its own port knows its address only once it listens.
  package func settle(_ text: String) { state.withLock { $0 = PublicAddress.trimmed(text) } }

  private static func trimmed(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
}
