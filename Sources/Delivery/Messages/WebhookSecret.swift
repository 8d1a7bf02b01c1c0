import Crypto
import Foundation

/// Standard Webhooks 1.0.0, symmetric scheme: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
package struct WebhookSecret: Sendable {
  private let key: SymmetricKey

  /// Reads `whsec_` and base64 of 24 to 64 bytes; nil for anything else.
  package init?(_ text: String) {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard trimmed.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(trimmed.dropFirst(6))),
      (24...64).contains(bytes.count)
    else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// A new secret of 32 random bytes, in text.
  package static func generate() -> String {
    "whsec_" + SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
  }

  /// The value of `webhook-signature` for this attempt. `timestamp` is in unix seconds.
  package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    var mac = HMAC<SHA256>(key: key)
    mac.update(data: Array("\(id).\(timestamp).".utf8))
    mac.update(data: body)
    return "v1," + Data(mac.finalize()).base64EncodedString()
  }

  /// Whether one of the space-separated signatures is ours and the timestamp lies within five minutes of `now`.
  package func verifies(header: String, id: String, timestamp: Int64, body: [UInt8], now: Int64) -> Bool {
    guard (now - 300...now + 300).contains(timestamp) else { return false }
    var prefix = Array("\(id).\(timestamp).".utf8)
    prefix += body
    return header.split(separator: " ").contains { candidate in
      guard candidate.hasPrefix("v1,"), let code = Data(base64Encoded: String(candidate.dropFirst(3))) else {
        return false
      }
      return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: prefix, using: key)
    }
  }
}

extension WebhookSecret {
  /// Reads one secret, or the new one and the one before it with white space between; nil for anything else.
  package static func list(_ text: String) -> [WebhookSecret]? {
    let words = text.split(whereSeparator: \.isWhitespace)
    let secrets = words.compactMap { WebhookSecret(String($0)) }
    return (1...2).contains(words.count) && secrets.count == words.count ? secrets : nil
  }
}
