import Console
import Delivery
import Foundation
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import NIOCore
import Routing
import TestKit
import Testing

/// Drills as recipients and operators see them over HTTP.
@Suite struct DrillPageTests {
  private let clock = ManualClock(instant("2026-11-12T12:00:00Z"))

  private func page(_ path: String, _ client: any TestClientProtocol) async throws -> String {
    try await client.execute(uri: path, method: .get) { String(buffer: $0.body) }
  }

  @Test func pagesSayItAndMetricsCountItApart() async throws {
    let ledger = try SQLiteLedger()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: logger)
    let drill = Event(
      id: "1", source: "test", type: "missing.reported", time: clock.now(), subject: "DRILL",
      data: ["child": ["id": "D", "livesIn": "derby", "dateOfBirth": "2012-01-02"]], isExercise: true)
    let owed = try await intake.submit(drill.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
    let id = try #require(
      try await ledger.notifications(NotificationFilter(limit: 100)).first { $0.state != .unroutable }
    ).notification.id
    let links = AnswerLinks(key: try #require(AnswerKey(secret: Array(repeating: 7, count: 32))), address: "")
    let pages = AnswerPages(
      ledger: ledger, links: links, time: clock, outbox: Signal(), agenda: Signal(),
      sendCode: { _, _ in .deferred(Fault(.unavailable, "no mail"), retryAfter: nil) }, randomCode: { "12345678" })
    let router = GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: Signal(), pages: pages)
    try await Application(router: router, logger: logger).test(.router) { client in
      for purpose in [LinkPurpose.acknowledge, .read] {
        let text = try await page(links.url(purpose, id, channel: 0, at: clock.now()), client)
        #expect(text.contains("<title>EXERCISE: ") && text.contains(Drill.banner), "\(purpose)")
      }
      let lines = try await page("/metrics", client).split(separator: "\n")
      func sum(_ name: String) -> Int {
        lines.filter { $0.hasPrefix("\(name){") }.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
          .reduce(0, +)
      }
      #expect(sum("waypost_exercise_notifications") == owed.notifications)
      #expect(sum("waypost_notifications") == 0)
    }
  }
}
