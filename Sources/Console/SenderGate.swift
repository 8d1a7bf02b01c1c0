import Delivery
import HTTPTypes
import Hummingbird

/// Who is calling: `Authorization: Bearer KEY`, looked up by the key's SHA-256. The key itself is stored nowhere.
struct SenderGate: Sendable {
  let ledger: any Ledger

  /// Throws a 401 problem when there is no key or it is not known.
  func sender(of request: Request) async throws -> Sender {
    guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
      throw Problem(.unauthorized, "No key", "Send Authorization: Bearer and a key made with `waypost sources add`")
    }
    let key = header.dropFirst("bearer ".count).drop { $0 == " " }
    guard let sender = try await ledger.sender(keyHash: SenderKey.hash(String(key))) else {
      throw Problem(.unauthorized, "Unknown key", "This key is not known or has been revoked")
    }
    return sender
  }
}
