import Ledger
import Logging
import Routing
import Simulation
import Synchronization
import TestKit
import Testing

@testable import Delivery

/// Receivers that do not work, over a real ledger: what the others notice of them, and what becomes of their messages.
@Suite struct EndpointTests {
  private static let hook = Channel.webhook(url: "https://h.example/in?key=k", secret: "s")
  private static let mail = Channel.mail("desk@a.example")

  @Test func anEndpointThatHangsBlocksNoneOfTheOthers() async throws {
    let bench = try EndpointBench()
    let endpoints = (0..<50).map { Channel.webhook(url: "https://same.example/\($0)", secret: "s") }
    try await bench.owe(endpoints.flatMap { endpoint in (0..<4).map { _ in [endpoint] } })
    var hung: [Lease] = []
    while case let leases = try await bench.courier.take(), !leases.isEmpty {
      for lease in leases {
        if lease.channel == endpoints[7] { hung.append(lease) } else { try await bench.attempt(lease) }
      }
    }
    let records = try await bench.records()
    #expect(records.count == 200)
    for record in records {
      #expect((record.state == .accepted) == (record.notification.channels != [endpoints[7]]))
    }
    #expect(hung.count == 4)
    // After half a minute they end, and what is owed since then goes to the others all the same.
    let begun = bench.clock.now()
    bench.clock.advance(bySeconds: 30)
    for lease in hung {
      _ = try await bench.courier.conclude(lease, EndpointBench.silence, startedAt: begun)
    }
    try await bench.owe(endpoints.map { [$0] })
    try await bench.step()
    #expect(try await bench.records().count { $0.state == .accepted } >= 196 + 49)
  }

  @Test func whatWaitsForADeadDestinationUsesUpNoAttempt() async throws {
    let bench = try EndpointBench()
    bench.isDead.withLock { $0 = true }
    try await bench.owe(Array(repeating: [EndpointTests.hook], count: 40))
    for _ in 0..<600 {
      try await bench.step()
      bench.clock.advance(bySeconds: 1)
    }
    // Five, and then one after 2, 4, 8, 16, 32 seconds and every minute.
    let calls = bench.webhook.dispatches.count
    #expect((12...21).contains(calls))
    let records = try await bench.records()
    #expect(records.count { $0.delivery.attempts == 0 } >= 40 - calls)
    #expect(records.reduce(0) { $0 + $1.delivery.attempts } == calls)
    // Back again, it has everything as soon as it has been asked once more.
    bench.isDead.withLock { $0 = false }
    for _ in 0..<122 {
      try await bench.step()
      bench.clock.advance(bySeconds: 1)
    }
    #expect(try await bench.records().allSatisfy { $0.state == .accepted })
    #expect(bench.webhook.dispatches.count == calls + 40)
  }

  @Test(arguments: [(true, 62), (false, 122)])
  func aMessageThatWaitsGoesToItsNextChannelAllTheSame(_ isPressing: Bool, _ seconds: Int64) async throws {
    let bench = try EndpointBench()
    bench.isDead.withLock { $0 = true }
    try await bench.owe(Array(repeating: [EndpointTests.hook], count: 5))
    try await bench.step()
    bench.clock.advance(bySeconds: 1)
    let waiting = try await bench.owe([[EndpointTests.hook, EndpointTests.mail]], isPressing: isPressing)
    try await bench.step()
    #expect(try await bench.record(waiting[0]).delivery.attempts == 0)
    for _ in 0..<seconds {
      _ = try await bench.ledger.takeOverdue(at: bench.clock.now(), limit: 100)
      try await bench.step()
      bench.clock.advance(bySeconds: 1)
    }
    #expect(bench.mail.dispatches.map(\.notification.id) == waiting)
    #expect(try await bench.record(waiting[0]).state == .accepted)
  }

  @Test func aMessageWithNobodyElseToAskIsNotAlarmedSooner() async throws {
    let bench = try EndpointBench()
    bench.isDead.withLock { $0 = true }
    let waiting = try await bench.owe(Array(repeating: [EndpointTests.hook], count: 6), isPressing: true)
    try await bench.step()
    try await bench.step()
    bench.clock.advance(bySeconds: 3)
    try await bench.step()
    for id in waiting {
      let check = try #require(try await bench.record(id).notification.checkAt)
      #expect(check >= EndpointBench.start.advanced(bySeconds: 120))
    }
  }

  @Test func noneWaitsBehindThoseThatCannotMove() async throws {
    let bench = try EndpointBench()
    let resting = Channel.webhook(url: "https://resting.example/in", secret: "s")
    let usual = [EndpointTests.hook, EndpointTests.mail]
    // Those whose other channel has refused for good, has to be rung, or rests too, and one whose other channel works.
    let waiting = try await bench.wait(
      Array(repeating: (usual, closed: 0b10), count: 300)
        + Array(repeating: ([EndpointTests.hook, .phone("01632 960101")], closed: 0), count: 300)
        + Array(repeating: ([EndpointTests.hook, resting], closed: 0), count: 300) + [(usual, closed: 0)])
    let last = try #require(waiting.last)
    let places: Set = [EndpointTests.hook.destination, resting.destination]
    let now = bench.clock.now()

    #expect(try await bench.ledger.keepMoving(past: places, at: now) > 0)
    let records = try await bench.records()
    #expect(records.count == 901)
    #expect(records.filter { $0.delivery.channelIndex == 1 }.map(\.notification.id) == [last])
    #expect(records.allSatisfy { $0.delivery.attempts == 1 })
    // It leaves at once, while all others wait for their channel to work again; nothing more moves.
    let leases = try await bench.ledger.lease(
      LeaseRequest(
        limit: 10, now: now, until: now.advanced(bySeconds: 60),
        room: Dictionary(uniqueKeysWithValues: places.map { ($0, 0) })))
    #expect(leases.map(\.notification.id) == [last] && leases.first?.channel == EndpointTests.mail)
    #expect(try await bench.ledger.keepMoving(past: places, at: now) == 0)
  }

  @Test func anEndpointThatFailsForAnHourIsSwitchedOffAndItsOwnerTold() async throws {
    var bench = try EndpointBench()
    bench.isDead.withLock { $0 = true }
    let owed = try await bench.owe([[EndpointTests.hook, EndpointTests.mail]], isPressing: true)
    try await bench.run(minutes: 30)
    // A restart forgets nothing.
    bench = bench.restarted()
    try await bench.run(minutes: 29)
    #expect(try await bench.ledger.endpoints().map(\.isClosed) == [false])
    #expect(bench.mail.dispatches.isEmpty)
    try await bench.run(minutes: 6)

    let closed = try #require(try await bench.ledger.endpoints().first)
    #expect(closed.isClosed && closed.notification == owed[0] && closed.name == "https://h.example/in")
    #expect(closed.since == EndpointBench.start)
    #expect(try await bench.record(owed[0]).state == .accepted)
    let gone = try await bench.ledger.alarms(after: 0, limit: 100).map(\.alarm).filter { $0.kind == .endpointGone }
    #expect(gone.count == 1 && gone[0].text.contains("h.example") && gone[0].text.contains("its owner is told by mail"))

    let notice = try #require(bench.mail.dispatches.map(\.notification).first { $0.eventType == "endpoint.closed" })
    #expect(notice.contact == "Desk" && notice.channels == [EndpointTests.mail])
    for words in [notice.message.text, notice.message.html, notice.message.body] {
      #expect(words.contains("h.example") && words.contains("timeout"))
      for secret in ["Robin", "EP-", "key=k", owed[0]] { #expect(!words.contains(secret)) }
    }
    #expect(notice.message.text.contains("waypost endpoints open"))
    #expect(Set(bench.mail.dispatches.map(\.notification.id)).count == 2)

    // The next one goes to its mailbox without another call.
    let calls = bench.webhook.dispatches.count
    let next = try await bench.owe([[EndpointTests.hook, EndpointTests.mail]])
    try await bench.step()
    try await bench.step()
    #expect(try await bench.record(next[0]).state == .accepted)
    #expect(bench.webhook.dispatches.count == calls)

    // Switched on again, it is used without a restart.
    bench.isDead.withLock { $0 = false }
    #expect(try await bench.ledger.openEndpoint(closed.url, at: bench.clock.now(), by: "operator"))
    #expect(try await !bench.ledger.openEndpoint(closed.url, at: bench.clock.now(), by: "operator"))
    bench.clock.advance(bySeconds: 2)
    try await bench.owe([[EndpointTests.hook, EndpointTests.mail]])
    try await bench.step()
    #expect(bench.webhook.dispatches.count == calls + 1)
    #expect(
      try await bench.ledger.audit(of: closed.name).map(\.kind) == ["endpoint-closed", "endpoint-opened"])
  }

  @Test func theOnlyWayToSomebodyIsNeverSwitchedOffForFailing() async throws {
    let bench = try EndpointBench()
    bench.isDead.withLock { $0 = true }
    let owed = try await bench.owe([[EndpointTests.hook]], isPressing: true)
    try await bench.run(minutes: 90)
    #expect(try await bench.ledger.endpoints().map(\.isClosed) == [false])
    bench.isDead.withLock { $0 = false }
    try await bench.run(minutes: 3)
    #expect(try await bench.record(owed[0]).state == .accepted)
    #expect(try await bench.ledger.endpoints().isEmpty)
  }

  @Test func anOwnerWithoutAnotherChannelIsNamedInTheAlarm() async throws {
    let bench = try EndpointBench { _ in .rejected(Fault(.gone, "HTTP 410")) }
    try await bench.owe([[EndpointTests.hook, .phone("01632 960101")], [EndpointTests.hook]])
    try await bench.step()
    let gone = try await bench.ledger.alarms(after: 0, limit: 100).map(\.alarm).filter { $0.kind == .endpointGone }
    #expect(gone.count == 1 && gone[0].text.contains("no other channel"))
    #expect(try await bench.records().allSatisfy { $0.notification.eventType != "endpoint.closed" })
  }

  @Test func anOperatorSwitchesAnEndpointOff() async throws {
    let bench = try EndpointBench()
    #expect(
      try await bench.ledger.closeEndpoint(
        "https://h.example/in?key=k", at: bench.clock.now(), by: "operator", reason: "moved"))
    try await bench.owe([[EndpointTests.hook, EndpointTests.mail]])
    try await bench.step()
    try await bench.step()
    #expect(bench.webhook.dispatches.isEmpty && bench.mail.dispatches.count == 1)
  }
}

/// A courier that is stepped by hand over a ledger in memory; all webhooks fail while `isDead`.
private struct EndpointBench {
  static let start = instant("2026-11-12T12:00:00Z")
  static let silence = Outcome.deferred(Fault(.timeout, "no answer"), retryAfter: nil)
  let clock: ManualClock
  let ledger: SQLiteLedger
  let courier: Courier
  let webhook: TestTransport
  let mail: TestTransport
  let isDead: Dead
  private let number: Counter

  final class Dead: Sendable {
    private let state = Mutex(false)
    func withLock<T: Sendable>(_ body: (inout sending Bool) -> sending T) -> T { state.withLock(body) }
  }

  private final class Counter: Sendable {
    private let state = Mutex(0)
    func next() -> Int {
      state.withLock {
        $0 += 1
        return $0
      }
    }
  }

  init(_ answer: @escaping @Sendable (Dispatch) -> Outcome = { _ in TestTransport.taken }) throws {
    let isDead = Dead()
    self.init(
      clock: ManualClock(EndpointBench.start), ledger: try SQLiteLedger(),
      webhook: TestTransport(channel: "webhook") { isDead.withLock { $0 } ? EndpointBench.silence : answer($0) },
      mail: TestTransport(channel: "mail") { _ in TestTransport.taken }, isDead: isDead, number: Counter())
  }

  private init(
    clock: ManualClock, ledger: SQLiteLedger, webhook: TestTransport, mail: TestTransport, isDead: Dead, number: Counter
  ) {
    self.clock = clock
    self.ledger = ledger
    self.webhook = webhook
    self.mail = mail
    self.isDead = isDead
    self.number = number
    courier = Courier(
      ledger: ledger, transports: [webhook, mail], time: clock, outbox: Signal(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, random: SeededRandom(7))
  }

  func restarted() -> EndpointBench {
    EndpointBench(clock: clock, ledger: ledger, webhook: webhook, mail: mail, isDead: isDead, number: number)
  }

  /// Makes one message owed for each list of channels, each in an episode of its own; gives their ids.
  @discardableResult
  func owe(_ channels: [[Channel]], isPressing: Bool = false) async throws -> [String] {
    let event = "ev-\(number.next())"
    let notifications = channels.map { ways -> Delivery.Notification in
      let own = number.next()
      return Delivery.Notification(
        id: "nt-own-\(own)", event: event, eventType: "missing.reported", episode: "EP-\(own)", role: "iro",
        relation: "area", agency: "derby", contact: "Desk", channels: ways, urgency: .prompt, isPressing: isPressing,
        confirm: .accepted, within: 120_000, by: nil, checkAt: nil, notBefore: nil, citations: [],
        message: Message(
          subject: "s", text: "Robin", html: "<p>Robin</p>", body: #"{"source":"https://waypost.example/"}"#),
        isExercise: false, initialState: .queued)
    }
    let known = try await ledger.known(
      KnownQuestion(source: "t", eventID: event, subject: "EP-1", child: "C-1", aliases: []))
    let result = try await ledger.accept(
      Acceptance(
        eventID: event,
        event: TestKit.event("missing.updated", at: clock.now().rfc3339, id: event, source: "t", [:]), digest: event,
        sender: "test", learnedAt: clock.now(), child: "C-1", aliases: [], childData: known.childData,
        childVersion: known.childVersion, episodeData: known.episodeData, episodeVersion: known.episodeVersion,
        history: known.history, plan: "{}", warnings: [], notifications: notifications, duties: [], endedRules: [],
        lapsedRules: [], timers: [], stoppedRules: [], firing: nil, retracted: nil, superseded: [], alarms: []))
    guard case .accepted = result else {
      Issue.record("not accepted")
      return []
    }
    return notifications.map(\.id)
  }

  /// Makes messages owed whose ladder has come to the second of their channels, and which are to be tried by the first again,
  /// now; gives their ids. `closed` are the channels that have refused for good, one bit each.
  func wait(_ messages: [(channels: [Channel], closed: UInt64)]) async throws -> [String] {
    let now = clock.now()
    let ids = try await owe(messages.map(\.channels))
    let closed = Dictionary(uniqueKeysWithValues: zip(ids, messages.map(\.closed)))
    let leases = try await ledger.lease(
      LeaseRequest(limit: ids.count, now: now, until: now.advanced(bySeconds: 60)))
    #expect(leases.count == ids.count)
    for lease in leases {
      let progress = DeliveryProgress(
        attempts: 1, closedChannels: try #require(closed[lease.notification.id]), rung: 1)
      let isSettled = try await ledger.settle(
        Settlement(
          notification: lease.notification.id, fence: lease.fence, state: .deferred, due: now, delivery: progress,
          attempt: AttemptRecord(
            number: 1, at: now, milliseconds: 0, channel: "webhook", result: "deferred", words: "no answer"),
          receipt: nil, alarms: [], destination: lease.notification.channels[0].destination))
      #expect(isSettled)
    }
    return ids
  }

  func attempt(_ lease: Lease) async throws {
    let outcome = await courier.deliver(lease, at: clock.now())
    #expect(try await courier.conclude(lease, outcome, startedAt: clock.now()))
  }

  /// Attempts what is due and there is room for, once.
  func step() async throws {
    let leases = try await courier.take()
    for lease in leases { try await attempt(lease) }
  }

  /// Lets time pass without anybody who looks after deadlines.
  func run(minutes: Int) async throws {
    for _ in 0..<(minutes * 12) {
      try await step()
      clock.advance(bySeconds: 5)
    }
  }

  func records() async throws -> [NotificationRecord] {
    try await ledger.notifications(NotificationFilter(limit: 10_000))
  }

  func record(_ id: String) async throws -> NotificationRecord { try #require(try await ledger.notification(id)) }
}
