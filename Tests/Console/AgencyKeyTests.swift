import Console
import Delivery
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import NIOCore
import Routing
import TestKit
import Testing

/// The gateway as a key of one agency meets it, which sends nothing itself: what it sees in lists and on the stream, and for
/// how long.
@Suite struct AgencyKeyTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  /// Answers for derby.
  let key = SenderKey.generate()

  init() throws { ledger = try SQLiteLedger() }

  /// A gateway that has accepted two events of somebody else's: derby, the police, a partnership and a family are told.
  private func serve(
    _ body: @escaping @Sendable (any TestClientProtocol, [NotificationRecord]) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: logger)
    try await ledger.addSender(
      Sender(name: "derby", authorities: [], types: [], agencies: ["derby"]), keyHash: SenderKey.hash(key),
      at: clock.now())
    let missing: JSONValue = [
      "child": [
        "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-10-01",
        "contacts": [["role": "family.parents", "name": "Marigold Quill", "email": "marigold@family.example"]],
      ], "episode": ["risk": "medium", "reportedToPolice": true],
    ]
    let back: JSONValue = [
      "child": ["id": "C-2", "livesIn": "derby", "lookedAfterBy": "derby", "placement": ["kind": "foster"]],
      "episode": ["risk": "medium"],
    ]
    for (id, type, data) in [("1", "missing.categorised", missing), ("2", "child.returned", back)] {
      let happened = event(type, at: "2026-11-12T11:59:00Z", subject: "EP-\(id)", id: id, data)
      _ = try await intake.submit(happened.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
    }
    let told = try await ledger.notifications(NotificationFilter(limit: 1000))
    let router = GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: Signal(), logger: logger)
    try await Application(router: router, logger: logger).test(.router) { try await body($0, told) }
  }

  private var headers: HTTPFields { [.authorization: "Bearer \(key)"] }

  private func get(_ client: any TestClientProtocol, _ uri: String) async throws -> (status: Int, body: JSONValue) {
    try await client.execute(uri: uri, method: .get, headers: headers) {
      (Int($0.status.code), try JSONValue(parsing: $0.body.readableBytesView))
    }
  }

  /// What the stream says until it ends. `pause` is called whenever it has said all that there is, and has to move the clock.
  private func stream(
    _ client: any TestClientProtocol, _ uri: String, _ pause: @escaping @Sendable () async throws -> Void
  ) async throws -> (status: Int, text: String) {
    let headers = headers
    return try await withThrowingTaskGroup(of: (status: Int, text: String)?.self) { group in
      group.addTask {
        try await client.execute(uri: uri, method: .get, headers: headers) {
          (Int($0.status.code), String(buffer: $0.body))
        }
      }
      group.addTask {
        while !Task.isCancelled {
          if clock.sleepers > 0 { try await pause() }
          await Task.yield()
        }
        return nil
      }
      let first = try await group.next()
      group.cancelAll()
      return try #require(first ?? nil)
    }
  }

  private static func isDerbys(_ agency: String?, _ role: String) -> Bool {
    agency == "derby" && !role.hasPrefix("family.")
  }

  private static func isDerbys(_ record: NotificationRecord) -> Bool {
    isDerbys(record.notification.agency, record.notification.role)
  }

  /// Puts on record that every message has arrived.
  private func receive(_ told: [NotificationRecord]) async throws {
    for record in told {
      _ = try await ledger.receive(
        ReceiptReport(
          notification: record.notification.id, receipt: Receipt(.delivered, from: .deliveryReport, "2.0.0", channel: 0)
        ),
        at: clock.now())
    }
  }

  @Test func itSeesWhatConcernsItsDesksAndNothingElse() async throws {
    try await serve { client, told in
      let own = told.filter(AgencyKeyTests.isDerbys)
      // Each event tells its desks and others, and the family's message stands under the agency.
      for id in ["EP-1", "EP-2"] {
        let ofEpisode = told.filter { $0.notification.episode == id }
        #expect(ofEpisode.contains(where: AgencyKeyTests.isDerbys))
        #expect(ofEpisode.contains { $0.notification.agency == "derbyshire-police" })
      }
      #expect(told.contains { $0.notification.agency == "derby" && $0.notification.role == "family.parents" })
      let all = try await ledger.duties(DutyFilter(limit: 1000))
      let duties = all.filter { AgencyKeyTests.isDerbys($0.agency, $0.role) }
      #expect(!duties.isEmpty && duties.count < all.count)
      try await receive(told)

      let listed = try await get(client, "/v1/notifications?limit=1000")
      #expect(listed.body["notifications"]?.items?.compactMap { $0["id"]?.text } == own.map(\.notification.id))
      let owed = try await get(client, "/v1/duties")
      #expect(Set(owed.body["duties"]?.items?.compactMap { $0["id"]?.text } ?? []) == Set(duties.map(\.id)))
      let receipts = try await get(client, "/v1/receipts?limit=1000")
      #expect(receipts.body["receipts"]?.items?.compactMap { $0["notification"]?.text } == own.map(\.notification.id))
      for answer in [listed, owed, receipts] {
        #expect(answer.status == 200 && !answer.body.serialized.contains("Marigold"))
      }
    }
  }

  @Test func itsStreamHoldsWhatConcernsItsDesksAndNothingElse() async throws {
    try await serve { client, told in
      try await receive(told)
      let duties = try await ledger.duties(DutyFilter(limit: 1000))
      let own = Set(
        told.filter(AgencyKeyTests.isDerbys).map(\.notification.id)
          + duties.filter { AgencyKeyTests.isDerbys($0.agency, $0.role) }.map(\.id))
      let all = try await ledger.changes(after: 0, scope: .everything, limit: 10_000).list
      let expected = all.filter { own.contains($0.identifier) }
      #expect(!expected.isEmpty && expected.count < all.count)
      // What one event made owed has one place, said once.
      let places = Set(expected.map(\.sequence)).sorted().map { "id: \($0)" }

      let heard = try await stream(client, "/v1/stream?after=0") { clock.advance(bySeconds: 1000) }
      #expect(heard.status == 200)
      let lines = heard.text.split(separator: "\n").map(String.init)
      #expect(lines.filter { $0.hasPrefix("id: ") } == places)
      #expect(lines.count { $0.hasPrefix("data: ") } == expected.count)
      // Neither others' messages and duties nor the events of whoever sent them.
      for change in all where !own.contains(change.identifier) {
        #expect(!heard.text.contains(change.identifier), "\(change.kind)")
      }
      #expect(!heard.text.contains("Marigold"))
    }
  }

  @Test func whatItMayNotSeeIsNoPlaceInItsList() async throws {
    try await serve { client, told in
      let path = "/v1/notifications?limit=1000"
      let unknown = try await get(client, "\(path)&after=nt-none")
      #expect(unknown.status == 200 && unknown.body["notifications"]?.items?.isEmpty == false)
      let foreign = told.filter { !AgencyKeyTests.isDerbys($0) }
      #expect(foreign.contains { $0.notification.role == "family.parents" })
      for record in foreign {
        let guessed = try await get(client, "\(path)&after=\(record.notification.id)")
        #expect(guessed.status == 200 && guessed.body == unknown.body, "\(record.notification.role)")
      }
      let last = try #require(told.last(where: AgencyKeyTests.isDerbys)).notification.id
      #expect(try await get(client, "\(path)&after=\(last)").body["notifications"]?.items?.isEmpty == true)
    }
  }

  @Test func aStreamEndsSoonAfterItsKeyWasRevoked() async throws {
    try await serve { client, _ in
      let opened = clock.now()
      let revoked = opened.advanced(bySeconds: 40)
      let heard = try await stream(client, "/v1/stream") {
        if clock.now() == revoked { _ = try await ledger.revokeSender("derby", at: revoked) }
        clock.advance(bySeconds: 1)
      }
      // Until then it was open and alive; the clock stands where it ended.
      #expect(heard.status == 200 && heard.text.contains(": alive\n\n"))
      #expect(clock.now() > revoked && clock.now() <= revoked.advanced(bySeconds: 15))
      #expect(try await get(client, "/v1/stream").status == 401)
    }
  }
}
