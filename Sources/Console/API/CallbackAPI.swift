import Delivery
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Routing

/// `/v1/callbacks/NAME`: what another service says by itself about messages that were handed to it.
struct CallbackAPI: Sendable {
  let reader: any CallbackReader
  let ledger: any Ledger
  let time: any TimeSource
  let outbox: Signal
  let agenda: Signal
  let logger: Logger

  /// Largest body taken, in bytes.
  private static let bodyLimit = 64 * 1024

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/callbacks/\(reader.name)", [.post: take])
  }

  private func take(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let buffer = try await request.bytes(
      upTo: CallbackAPI.bodyLimit,
      orElse: Problem(.contentTooLarge, "Body too large", "A callback may have \(CallbackAPI.bodyLimit) bytes"))
    switch reader.read(body: Array(buffer.readableBytesView), authorization: request.headers[.authorization]) {
    case .unauthorized: throw Problem(.unauthorized, "Wrong token", "Send the token that the settings name")
    case .malformed(let why): throw Problem(.badRequest, "Not a callback", why)
    // An answer of 200, so that it is not sent again.
    case .ignored(let why): return Answer.json(["result": "ignored", "why": .string(why)])
    case .report(let report):
      let result = try await ledger.receive(report, at: time.now())
      if case .recorded(_, let alarms) = result { for alarm in alarms { logger.report(alarm) } }
      outbox.fire()
      agenda.fire()
      return Answer.json(["result": .string(result == .unknown ? "unknown" : "recorded")])
    }
  }
}
