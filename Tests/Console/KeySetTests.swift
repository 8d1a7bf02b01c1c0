import Console
import Delivery
import Foundation
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// Anybody may read what webhooks are checked with.
@Suite struct KeySetTests {
  private func status(_ keySet: (@Sendable () -> JSONValue)?) async throws -> (status: Int, body: JSONValue) {
    let scratch = try Scratch("keyset")
    defer { scratch.remove() }
    let ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
    let (clock, outbox) = (ManualClock(instant("2026-11-12T12:00:00Z")), Signal())
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: outbox, agenda: Signal(),
      logger: logger)
    let router = GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: outbox, keySet: keySet)
    return try await Application(router: router, logger: logger).test(.router) { client in
      try await client.execute(uri: "/.well-known/webhook-keys", method: .get) { response in
        (Int(response.status.code), try JSONValue(parsing: response.body.readableBytesView))
      }
    }
  }

  @Test func theKeySetNeedsNoKey() async throws {
    let document: JSONValue = ["keys": [["kty": "OKP"]], "whpk": ["whpk_"]]
    let answer = try await status { document }
    #expect(answer.status == 200 && answer.body == document)
  }

  @Test func aDrillHasNone() async throws { #expect(try await status(nil).status == 404) }
}
