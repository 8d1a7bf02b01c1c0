import Crypto
package import Routing

/// Marks what leaves, so that what comes back can be told from a forgery: a message authentication code over the
/// notification's id and the channel it left by, under a key that never leaves the gateway.
///
/// Tags stand in envelope senders, `ENVID` and reply addresses; links open pages. Neither holds anything but the id, an
/// index and, in links, a time.
package struct AnswerKey: Sendable {
  private let key: SymmetricKey

  /// `secret`: at least 32 random bytes; nil for fewer.
  package init?(secret: [UInt8]) {
    guard secret.count >= 32 else { return nil }
    key = SymmetricKey(data: secret)
  }

  /// `nt-… . channel . code`: 80 bits that nobody else can make, in letters that every mail server keeps.
  package func tag(_ notification: String, channel: Int) -> String {
    "\(notification).\(channel).\(code(["answer", notification, "\(channel)"], letters: 16))"
  }

  /// What a tag names; nil unless this gateway made it.
  package func read(tag: String) -> AnswerTag? {
    let parts = tag.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let channel = Int(parts[1]), (0..<64).contains(channel),
      same(parts[2], code(["answer", parts[0], "\(channel)"], letters: 16))
    else { return nil }
    return AnswerTag(notification: parts[0], channel: channel)
  }

  /// The last part of a page's address: bound to its purpose, the notification, the recipient's channel and a time. 130 bits.
  package func link(_ purpose: LinkPurpose, _ tag: AnswerTag, until: Instant) -> String {
    let body = "\(tag.notification).\(tag.channel).\(until.seconds)"
    return "\(body).\(code([purpose.rawValue, body], letters: 26))"
  }

  package func read(link: String, for purpose: LinkPurpose, at now: Instant) -> LinkReading {
    let parts = link.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, let channel = Int(parts[1]), (0..<64).contains(channel), let seconds = Int64(parts[2]),
      same(parts[3], code([purpose.rawValue, parts[0...2].joined(separator: ".")], letters: 26))
    else { return .forged }
    let tag = AnswerTag(notification: parts[0], channel: channel)
    return now.seconds < seconds ? .valid(tag) : .expired(tag)
  }

  /// A one-time code's digits never stand in the ledger, only this does.
  package func hash(code: String, for tag: AnswerTag) -> String {
    self.code(["code", tag.notification, "\(tag.channel)", code], letters: 26)
  }

  private func code(_ parts: [String], letters: Int) -> String {
    let bytes = HMAC<SHA256>.authenticationCode(for: Array(parts.joined(separator: "\u{0}").utf8), using: key)
    return Identifiers.base32(Array(bytes), letters: letters)
  }

  /// In the same time wherever two texts of one length differ.
  private func same(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
  }
}

/// A notification, and the channel of it that was used.
package struct AnswerTag: Sendable, Hashable {
  package let notification: String
  package let channel: Int
  package init(notification: String, channel: Int) {
    self.notification = notification
    self.channel = channel
  }
}

/// What a page behind a link is for. A link for one does not open the other.
package enum LinkPurpose: String, Sendable {
  case acknowledge, read
}

package enum LinkReading: Sendable, Equatable {
  case valid(AnswerTag)
  case expired(AnswerTag)
  case forged
}
