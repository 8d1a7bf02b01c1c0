import Delivery

/// Whatever signs one attempt. While a secret or a key changes, the new one and the one before it both do, so that a
/// receiver who has only one of them finds a signature that holds.
struct WebhookSigner: Sendable {
  let secrets: [WebhookSecret]
  let keys: [WebhookSigningKey]

  /// The value of `webhook-signature`: signatures with a space between, those of secrets first.
  func header(id: String, timestamp: Int64, body: [UInt8]) throws -> String {
    let shared = secrets.map { $0.signature(id: id, timestamp: timestamp, body: body) }
    return (shared + (try keys.map { try $0.signature(id: id, timestamp: timestamp, body: body) }))
      .joined(separator: " ")
  }
}
