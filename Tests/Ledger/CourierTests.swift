import Delivery
import Ledger
import Logging
import Routing
import Simulation
import Synchronization
import TestKit
import Testing

/// The courier over a real ledger, with transports that do what the test says and a clock that the test moves.
@Suite struct CourierTests {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let outbox = Signal()
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init() throws {
    scratch = try Scratch("courier")
    ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
  }

  /// Submits missing reports of as many children in Derby, then lets the courier work until `isDone`.
  private func run(
    children: Int, mail: TestTransport, webhook: TestTransport,
    until isDone: @escaping @Sendable () async throws -> Bool
  ) async throws {
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: outbox, agenda: Signal(),
      logger: logger)
    let sender = Sender(name: "test", authorities: [], types: [])
    for number in 0..<children {
      let data: JSONValue = ["child": ["id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
      let happened = event("missing.reported", at: clock.now().rfc3339, subject: "EP-\(number)", id: "\(number)", data)
      _ = try await intake.submit(happened.cloudEvent, from: sender)
    }
    let courier = Courier(
      ledger: ledger, transports: [mail, webhook], time: clock, outbox: outbox, logger: logger,
      limits: Courier.Limits(lease: 1_000_000), random: SeededRandom(7))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await courier.run() }
      group.addTask {
        while try await !isDone() {
          // Time passes only as far as the next thing that is due, never to the end of a lease.
          if let due = try await ledger.nextDue(excluding: []), due < clock.now().advanced(bySeconds: 500_000) {
            let now = clock.now()
            clock.advance(to: due)
            // What is due already may wait for a destination that rests.
            if due <= now, let probe = await courier.nextProbe(after: now) { clock.advance(to: probe) }
          }
          await Task.yield()
        }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  @Test func everythingIsDeliveredOnceAndSettled() async throws {
    defer { scratch.remove() }
    let mail = TestTransport(channel: "mail") { _ in TestTransport.taken }
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
    try await run(children: 10, mail: mail, webhook: webhook) {
      try await ledger.nextDue(excluding: []) == nil
    }
    let records = try await ledger.notifications(NotificationFilter(limit: 1000))
    #expect(records.allSatisfy { [.accepted, .unroutable].contains($0.state) })
    let ids = (mail.dispatches + webhook.dispatches).map(\.notification.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.count == records.count { $0.state == .accepted })
  }

  @Test func aReceiverThatIsDownGetsItsMessagesInOrderWhenItIsBack() async throws {
    defer { scratch.remove() }
    let failures = Mutex(40)
    let order = Mutex<[String]>([])
    let mail = TestTransport(channel: "mail") { dispatch in
      guard dispatch.notification.agency == "derby-health" else { return TestTransport.taken }
      let isDown = failures.withLock { left -> Bool in
        left -= 1
        return left >= 0
      }
      if isDown { return TestTransport.later }
      order.withLock { $0.append(dispatch.notification.id) }
      return TestTransport.taken
    }
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
    try await run(children: 5, mail: mail, webhook: webhook) { try await ledger.nextDue(excluding: []) == nil }
    let health = try await ledger.notifications(NotificationFilter(limit: 1000)).filter {
      $0.notification.agency == "derby-health"
    }
    #expect(health.allSatisfy { $0.state == .accepted })
    #expect(Set(order.withLock { $0 }) == Set(health.map(\.notification.id)))
    // Nobody else was tried twice.
    let others = mail.dispatches.filter { $0.notification.agency != "derby-health" }.map(\.notification.id)
    #expect(Set(others).count == others.count)
  }

  @Test func aReceiverThatNeverAnswersDelaysNobodyElse() async throws {
    defer { scratch.remove() }
    let release = Signal()
    let mail = TestTransport(channel: "mail") { dispatch in
      if dispatch.notification.agency == "derby-health" { await release.wait() }
      return TestTransport.taken
    }
    let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
    try await run(children: 50, mail: mail, webhook: webhook) {
      let open = try await ledger.notifications(NotificationFilter(states: [.queued, .deferred], limit: 1000))
      return open.allSatisfy { $0.notification.agency == "derby-health" }
    }
    let hung = mail.dispatches.filter { $0.notification.agency == "derby-health" }
    #expect(hung.count <= Int(DestinationWindow.first))
    release.fire()
  }

  @Test func anEndpointThatIsGoneIsNotCalledAgain() async throws {
    defer { scratch.remove() }
    let mail = TestTransport(channel: "mail") { _ in TestTransport.taken }
    let webhook = TestTransport(channel: "webhook") { _ in .rejected(Fault(.gone, "HTTP 410")) }
    try await run(children: 3, mail: mail, webhook: webhook) { try await ledger.nextDue(excluding: []) == nil }
    #expect(try await ledger.endpoints().contains(where: \.isClosed))
    // Everything that had a second channel went there.
    let records = try await ledger.notifications(NotificationFilter(limit: 1000))
    for record in records where record.notification.channels.contains(where: { $0.name == "mail" }) {
      #expect(record.state == .accepted)
    }
    #expect(try await ledger.alarms(after: 0, limit: 100).contains { $0.alarm.kind == .endpointGone })
  }
}
