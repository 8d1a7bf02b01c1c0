import Delivery
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// The daily word to recipients' systems, over a real ledger and the sample directory.
@Suite struct HeartbeatTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let routes: RoutesInUse
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init() throws {
    ledger = try SQLiteLedger()
    routes = RoutesInUse(try Repository.routes())
  }

  /// Whoever sleeps by it wakes at once, at the time for which it slept.
  private struct Leaping: TimeSource {
    let clock: ManualClock
    func now() -> Instant { clock.now() }
    func sleep(until instant: Instant) async throws { clock.advance(to: instant) }
  }

  private func heartbeat(_ transport: TestTransport) -> Heartbeat {
    Heartbeat(
      ledger: ledger, routes: routes, transports: [transport], time: Leaping(clock: clock), logger: logger)
  }

  private var desks: Int {
    routes.current.book.directory.agencies.flatMap(\.desks.values).count { desk in
      desk.channels.contains { $0.endpoint != nil } && !desk.role.name.hasPrefix("family.")
    }
  }

  private func submit() async throws {
    let intake = Intake(
      ledger: ledger, routes: routes, time: clock, outbox: Signal(), agenda: Signal(), logger: logger)
    let data: JSONValue = ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    let happened = event("missing.reported", at: clock.now().rfc3339, data)
    _ = try await intake.submit(happened.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
  }

  private func alarms() async throws -> [Alarm] {
    try await ledger.alarms(after: 0, limit: 1000).map(\.alarm).filter { $0.kind == .heartbeatFailed }
  }

  @Test func everyDeskHearsOnceADayWhatItWasOwed() async throws {
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
    let start = clock.now()
    try await heartbeat(webhook).beat()
    // Nothing leaves, as if the endpoints were dead.
    try await submit()
    clock.advance(to: instant("2026-11-13T05:59:59Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.isEmpty)
    clock.advance(to: instant("2026-11-13T06:00:00Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == desks)
    #expect(Set(webhook.dispatches.map(\.notification.id)).count == desks)
    var total = 0.0
    for dispatch in webhook.dispatches {
      let event = try JSONValue(parsing: dispatch.body.utf8)
      #expect(event["type"] == "waypost.heartbeat" && event["id"]?.text == dispatch.notification.id)
      #expect(event["data"]?["since"]?.text == start.rfc3339)
      let recipient = try #require(event["data"]?["recipient"]?.text.flatMap(Recipient.init(id:)))
      let known = try await ledger.recipients(of: [recipient.agency], at: clock.now())
      let record = try #require(known.first { $0.recipient == recipient })
      #expect(event["data"]?["highest"] == .number(Double(record.highest)))
      total += Double(record.highest)
      #expect(dispatch.number == nil)
    }
    #expect(total > 0)
    // Not again on that day, by whichever gateway.
    clock.advance(to: instant("2026-11-14T05:59:59Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == desks)
    clock.advance(to: instant("2026-11-14T09:00:00Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == 2 * desks)
    let last = try #require(webhook.dispatches.last)
    #expect(
      try JSONValue(parsing: last.body.utf8).at(["data", "since"])?.text == instant("2026-11-13T06:00:00Z").rfc3339)
    #expect(try await alarms().isEmpty)
  }

  @Test func itIsSixByLondonsClocks() async throws {
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
    clock.advance(to: instant("2027-07-01T04:00:00Z"))
    try await heartbeat(webhook).beat()
    clock.advance(to: instant("2027-07-01T04:59:59Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.isEmpty)
    clock.advance(to: instant("2027-07-01T05:00:00Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == desks)
  }

  @Test func whatNobodyTakesIsTriedAgainAndThenAlarmedOnce() async throws {
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.later }
    try await heartbeat(webhook).beat()
    clock.advance(to: instant("2026-11-13T06:00:00Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == 4 * desks)
    #expect(Set(webhook.dispatches.map(\.notification.id)).count == desks)
    #expect(Set(webhook.dispatches.map(\.body)).count == desks)
    #expect(try await alarms().count == desks)
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == 4 * desks)
  }

  @Test func aRefusalIsAlarmedAtOnce() async throws {
    let webhook = TestTransport(channel: "webhook") { dispatch in
      dispatch.notification.agency == "derby" ? TestTransport.refused : TestTransport.taken
    }
    try await heartbeat(webhook).beat()
    clock.advance(to: instant("2026-11-13T06:00:00Z"))
    try await heartbeat(webhook).beat()
    #expect(webhook.dispatches.count == desks)
    let told = try await alarms().map(\.identifier)
    #expect(!told.isEmpty && told.allSatisfy { $0.hasPrefix("derby:") })
  }
}
