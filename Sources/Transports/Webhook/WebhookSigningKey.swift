import Crypto
import Foundation
package import Routing

/// Standard Webhooks 1.0.0, asymmetric scheme: `v1a,` and the base64 of Ed25519 over `id.timestamp.body`.
package struct WebhookSigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// Reads `whsk_` and base64 of the 32 bytes of a seed, or of 64, the public key behind it; nil for anything else.
  package init?(_ text: String) {
    guard text.hasPrefix("whsk_"), let bytes = Data(base64Encoded: String(text.dropFirst(5))),
      bytes.count == 32 || bytes.count == 64,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32)),
      bytes.count == 32 || key.publicKey.rawRepresentation == bytes.suffix(32)
    else { return nil }
    self.key = key
  }

  /// A new key, in text.
  package static func generate() -> String {
    "whsk_" + Curve25519.Signing.PrivateKey().rawRepresentation.base64EncodedString()
  }

  /// What receivers check signatures with, in text.
  package var publicText: String { "whpk_" + key.publicKey.rawRepresentation.base64EncodedString() }

  /// One of the values of `webhook-signature` for this attempt. `timestamp` is in unix seconds.
  package func signature(id: String, timestamp: Int64, body: [UInt8]) throws -> String {
    let signed = Array("\(id).\(timestamp).".utf8) + body
    return "v1a," + (try key.signature(for: signed)).base64EncodedString()
  }

  /// The public key as RFC 8037 writes it; `kid` is its thumbprint (RFC 7638).
  var document: JSONValue {
    let x = base64url(key.publicKey.rawRepresentation)
    let required: JSONValue = ["crv": "Ed25519", "kty": "OKP", "x": .string(x)]
    let thumbprint = base64url(Data(SHA256.hash(data: required.serializedBytes)))
    return required.merged(with: ["kid": .string(thumbprint), "use": "sig", "alg": "EdDSA"])
  }

  /// RFC 4648 section 5, without padding.
  private func base64url(_ bytes: Data) -> String {
    bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}

/// The keys that the gateway signs webhooks with: the newest first, and for the time of a change the one before it.
package struct WebhookKeys: Sendable {
  package static let limit = 2
  package let keys: [WebhookSigningKey]

  /// Reads one key a line; nil for none, for more than `limit`, and if one of them is no key.
  package init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    keys = words.compactMap { WebhookSigningKey(String($0)) }
    guard (1...WebhookKeys.limit).contains(words.count), keys.count == words.count else { return nil }
  }

  /// What the file says after a change: a new key, and the newest of those before.
  package static func rotated(_ text: String) -> String {
    let old = text.split(whereSeparator: \.isWhitespace).prefix(limit - 1).map(String.init)
    return ([WebhookSigningKey.generate()] + old).joined(separator: "\n") + "\n"
  }

  /// `/.well-known/webhook-keys`: a JWK set (RFC 7517), and the same keys as Standard Webhooks writes them.
  package var document: JSONValue {
    [
      "keys": .array(keys.map(\.document)), "whpk": .array(keys.map { .string($0.publicText) }),
    ]
  }
}
