import Delivery
import HTTPTypes
import Hummingbird

/// Who is calling: an API key, looked up by its SHA-256. The key itself is stored nowhere.
struct Gate: Sendable {
  let access: any AccessLedger
  let time: any TimeSource

  /// Throws a 401 problem when there is no credential or it is not known.
  func sender(of request: Request, _ context: GatewayContext) async throws -> Sender {
    guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
      throw Problem(.unauthorized, "No key", "Send Authorization: Bearer and a key made with `waypost sources add`")
    }
    let key = header.dropFirst("bearer ".count).drop { $0 == " " }
    guard let sender = try await access.sender(.key(hash: SenderKey.hash(String(key))), at: time.now()) else {
      throw Problem(.unauthorized, "Unknown key", "This key is not known, has ended, or has been revoked")
    }
    context.visit.caller = sender.name
    return sender
  }
}
