import Console
import Delivery
import Foundation
import GRDB
import Ledger
import Routing
import Synchronization

/// The board over a thousand open episodes and a hundred thousand notifications, while 200 events a second come in by the
/// front door: to the first byte of `/board`, and from an event's acceptance to the page that shows what it changed.
///
/// The episodes are taken in as events; most notifications are copies of theirs, written straight into the tables with
/// their messages, in states as they are on a bad day. Nothing is sent, so that whatever comes in stays on its way. One
/// person and then four ask for the page while changes never end: again 200 ms after each answer.
struct BoardBench {
  private static let episodes = 1000
  private static let notifications = 100_000
  private static let eventsPerSecond = 200
  /// How many people look, and how many pages each asks for.
  private static let audiences = [(people: 1, pages: 250), (people: 4, pages: 125)]
  private static let goal = 100.0

  func run() async throws {
    let gateway = try BenchGateway("board")
    defer { gateway.remove() }
    try await fill(gateway)
    let cookie = try await signIn(gateway)
    let gate = PersonGate(people: gateway.ledger, address: PublicAddress("http://127.0.0.1"), time: gateway.clock)
    let desk = BoardDesk(
      ledger: gateway.ledger, gate: gate, intake: gateway.intake, time: gateway.clock, outbox: gateway.outbox,
      agenda: Signal())
    try await gateway.serving(board: BoardPages(desk)) { port in try await measure(gateway, port, cookie) }
  }

  private func measure(_ gateway: BenchGateway, _ port: Int, _ cookie: String) async throws {
    let client = LoadClient(port: port, key: gateway.key)
    let before = try await gateway.ledger.counts().real.values.reduce(0, +)
    let listener = try ChangeListener(client, cookie)
    defer { listener.stop() }
    // Reads the pages' templates and the statements once.
    _ = try await client.get("/board", cookie: cookie, times: 5, connections: 1)
    let end = MeasureEnd()
    let start = ContinuousClock.now
    async let sent = keepSending(client) { end.isReached }
    var looks: [(people: Int, times: [Double])] = []
    for audience in BoardBench.audiences {
      let times = try await client.get(
        "/board", cookie: cookie, times: audience.pages, connections: audience.people, pause: .milliseconds(200))
      looks.append((audience.people, times))
    }
    let updates = try await changes(client, listener, cookie, count: 100)
    end.reach()
    let seconds = start.duration(to: .now) / .seconds(1)
    let events = try await sent
    let rate = Double(events) / seconds
    Bench.line(
      "board: open episodes; notifications before and after",
      "\(BoardBench.episodes); \(before) \(try await gateway.ledger.counts().real.values.reduce(0, +))")
    Bench.line("board: events a second meanwhile", Bench.whole(rate))
    for look in looks {
      report(
        "first byte of \(look.times.count) pages, \(look.people) looking", look.times, goal: BoardBench.goal)
    }
    report("from acceptance to the stream", updates.map(\.told), goal: 1000)
    report("from acceptance to the page that shows it", updates.map(\.shown), goal: 1000)
    guard rate >= Double(BoardBench.eventsPerSecond) * 0.95 else {
      throw BenchFailure("the events did not keep their pace")
    }
  }

  /// Seconds, said in milliseconds.
  private func report(_ name: String, _ seconds: [Double], goal: Double) {
    let p50 = Bench.percentile(seconds, 0.5) * 1000
    let p99 = Bench.percentile(seconds, 0.99) * 1000
    Bench.line(
      "board: \(name), p50 and p99 in ms",
      String(format: "%.0f %.0f (goal %.0f: %@)", p50, p99, goal, p99 < goal ? "met" : "missed"))
  }

  // What comes in.

  /// News of one open episode after the other, in batches of a tenth of a second. Gives how many were accepted.
  private func keepSending(_ client: LoadClient, until isOver: @Sendable () -> Bool) async throws -> Int {
    let batch = BoardBench.eventsPerSecond / 10
    let start = ContinuousClock.now
    var sent = 0
    while !isOver() {
      let bodies = (sent..<(sent + batch)).map {
        BoardBench.news("u\($0)", of: $0 % BoardBench.episodes).serializedBytes
      }
      _ = try await client.post(bodies, connections: 4)
      sent += batch
      let next = start.advanced(by: .milliseconds(sent * 1000 / BoardBench.eventsPerSecond))
      if next > .now { try await Task.sleep(until: next, clock: .continuous) }
    }
    return sent
  }

  /// Events of which it is watched when each is told, and when the page is there that has been asked for then.
  private func changes(
    _ client: LoadClient, _ listener: ChangeListener, _ cookie: String, count: Int
  ) async throws -> [(told: Double, shown: Double)] {
    var found: [(told: Double, shown: Double)] = []
    while found.count < count {
      let id = "w\(found.count)"
      _ = try await client.post([BoardBench.news(id, of: found.count).serializedBytes], connections: 1)
      let accepted = ContinuousClock.now
      let told = try await listener.time(of: Identifiers.event(source: "bench", id: id))
      _ = try await client.get("/board", cookie: cookie, times: 1, connections: 1)
      found.append(
        (accepted.duration(to: max(told, accepted)) / .seconds(1), accepted.duration(to: .now) / .seconds(1)))
      // At any moment between two looks at the record.
      try await Task.sleep(for: .milliseconds(100 + found.count * 37 % 200))
    }
    return found
  }

  private static func child(_ number: Int) -> JSONValue {
    [
      "id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02", "openTo": ["social-care"],
      "name": ["given": "Robin", "family": "Example"],
      "contacts": [["role": "family.parents", "name": "Parent", "email": "parent@family.example"]],
    ]
  }

  private static func report(of number: Int) -> JSONValue {
    let risk = ["high", "medium", "medium", "low", "low"][number % 5]
    return Event(
      id: "r\(number)", source: "bench", type: "missing.reported", time: BenchClock.start, subject: "EP-\(number)",
      data: [
        "child": child(number),
        "episode": [
          "risk": .string(risk), "reportedBy": "parent", "whereabouts": "unknown",
          "circumstances": "Left home after supper and did not answer the telephone.",
        ],
      ]
    ).cloudEvent
  }

  private static func news(_ id: String, of number: Int) -> JSONValue {
    Event(
      id: id, source: "bench", type: "missing.updated", time: BenchClock.start, subject: "EP-\(number)",
      data: ["child": ["id": .string("C-\(number)")], "episode": ["whereabouts": "suspected"]]
    ).cloudEvent
  }

  // What is there.

  private func fill(_ gateway: BenchGateway) async throws {
    let sender = Sender(name: "bench", authorities: [], types: [])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<16 {
        group.addTask {
          for number in stride(from: lane, to: BoardBench.episodes, by: 16) {
            _ = try await gateway.intake.submit(BoardBench.report(of: number), from: sender)
          }
        }
      }
      try await group.waitForAll()
    }
    let now = gateway.clock.now().milliseconds
    let pool = try DatabasePool(path: "\(gateway.folder)/ledger.sqlite")
    try await pool.writeWithoutTransaction { db in
      try db.inTransaction {
        try BoardBench.copy(db, now)
        return .commit
      }
    }
    try pool.close()
  }

  /// Copies of every notification and its message, each on a lane of its own. Of a hundred 88 have come as far as they
  /// have to; six wait for an acknowledgement, half of them too long; three are late on their way, three have failed.
  private static func copy(_ db: Database, _ now: Int64) throws {
    let columns = try db.columns(in: "notifications").map(\.name)
    let owed = try Int.fetchOne(db, sql: "SELECT count(*) FROM notifications") ?? 0
    let own: [String: String] = [
      "seq": "seq + k * 1000000", "id": "'nt-' || lower(hex(randomblob(13)))", "lane": "lane || ' ' || k",
      "number": "NULL", "open": "place >= 94 AND place < 97",
      "due": "CASE WHEN place >= 94 AND place < 97 THEN \(now) END",
      "state": """
      CASE WHEN place < 60 THEN 'accepted' WHEN place < 88 THEN 'acknowledged' WHEN place < 94 THEN 'delivered'
        WHEN place < 97 THEN 'deferred' ELSE 'failed' END
      """,
      "confirm": "CASE WHEN place < 60 THEN 0 ELSE 3 END",
      "check_at": "CASE WHEN place >= 88 AND place < 97 THEN \(now) + 60000 * (1 + place * 7 % 40) END",
      "overdue": "place >= 91 AND place < 97", "settled_at": "CASE WHEN place < 94 THEN \(now) END",
    ]
    let values = columns.map { own[$0] ?? $0 }.joined(separator: ", ")
    try db.execute(
      sql: """
        WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k * ?1 < ?2)
        INSERT INTO notifications (\(columns.joined(separator: ", ")))
        SELECT \(values) FROM (SELECT *, (seq * 31 + k * 17) % 100 AS place FROM copies CROSS JOIN notifications) LIMIT ?2
        """, arguments: [owed, notifications - owed])
    try db.execute(
      sql: """
        INSERT INTO messages (notification, subject, text, html, body, csv)
        SELECT seq, subject, text, html, body, csv FROM notifications
        JOIN messages ON messages.notification = seq % 1000000 WHERE seq > 1000000
        """)
  }

  /// The session's cookie.
  private func signIn(_ gateway: BenchGateway) async throws -> String {
    let person = try Person(provider: Person.local, name: "bench", roles: [.dutyManager])
    try await gateway.ledger.addPerson(person, by: "bench", at: gateway.clock.now())
    let token = BrowserToken(random: Array(repeating: 7, count: 32))
    try await gateway.ledger.beginSession(token.hash, of: person.id, replacing: nil, at: gateway.clock.now())
    return "waypost=\(token.text)"
  }
}

/// Listens to `/board/changes` on a thread of its own, and notes when each event was told.
private final class ChangeListener: Sendable {
  private let descriptor: Int32
  private let times = Mutex<[String: ContinuousClock.Instant]>([:])

  init(_ client: LoadClient, _ cookie: String) throws {
    descriptor = try client.connect()
    try client.write(LoadClient.request("/board/changes", cookie), to: descriptor)
    Thread { [self] in listen() }.start()
  }

  private func listen() {
    var rest: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      let now = ContinuousClock.now
      rest += buffer[..<count]
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
      rest.removeFirst(end + 1)
      for line in lines where line.starts(with: Array("data: ".utf8)) {
        guard let event = (try? JSONValue(parsing: line.dropFirst(6)))?["event"]?.text else { continue }
        times.withLock { $0[event] = $0[event] ?? now }
      }
    }
  }

  /// Throws when it has not been told within ten seconds.
  func time(of event: String) async throws -> ContinuousClock.Instant {
    for _ in 0..<5000 {
      if let time = times.withLock({ $0[event] }) { return time }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw BenchFailure("a change was not told")
  }

  func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Whether all pages have been asked for.
private final class MeasureEnd: Sendable {
  private let state = Mutex(false)
  var isReached: Bool { state.withLock { $0 } }
  func reach() { state.withLock { $0 = true } }
}
