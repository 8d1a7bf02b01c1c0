import Delivery
import Foundation
import GRDB
import Ledger
import Logging
import Routing
import Simulation

/// Firing what is due amongst few and amongst many timers that are not: the cost has to follow the due ones.
struct TimerBench {
  static let due = 2000

  func run() async throws {
    var rates: [Double] = []
    for pending in [10_000, 1_000_000] {
      let folder = try Bench.scratch("timers")
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let seconds = try await fire(amongst: pending, in: folder)
      rates.append(Double(TimerBench.due) / seconds)
      Bench.line("timers: fired a second, durable, amongst \(pending) pending", Bench.whole(rates[rates.count - 1]))
    }
    Bench.line("timers: a million pending against ten thousand, ratio", Bench.ratio(rates[1] / rates[0], goal: 0.8))
  }

  /// Seconds to fire the due timers, each of an episode of its own, each with a message, through the timekeeper.
  private func fire(amongst pending: Int, in folder: String) async throws -> Double {
    let routes = try WorldRoutes(RouteFolder(root: "Routes")).usual
    let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
    let begin = Instant(seconds: 1_795_000_000)
    let clock = VirtualClock(begin)
    let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let (outbox, agenda) = (Signal(), Signal())
    let inUse = RoutesInUse(routes)
    let intake = Intake(ledger: ledger, routes: inUse, time: clock, outbox: outbox, agenda: agenda, logger: logger)
    let sender = Sender(name: "bench", authorities: [], types: [])
    for number in 0..<TimerBench.due {
      let event = Event(
        id: "t\(number)", source: "bench", type: "missing.reported", time: begin, subject: "EP-\(number)",
        data: ["child": ["id": .string("C-\(number)"), "livesIn": "derby"]])
      _ = try await intake.submit(event.cloudEvent, from: sender)
    }
    try ledger.close()
    try fill("\(folder)/ledger.sqlite", pending, from: begin)
    return try await measured("\(folder)/ledger.sqlite", inUse, clock, begin, logger)
  }

  /// Clocks of other episodes that run out in the years to come, written as the ledger writes them.
  private func fill(_ path: String, _ pending: Int, from begin: Instant) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      for number in 0..<pending {
        try db.execute(
          sql: """
            INSERT INTO timers (subject, rule, pack, part, about, event, sender, started_at, number, due, exercise)
            VALUES (?, 'w-three-days', 'world', '', '', 'ev-other', 'bench', ?, 1, ?, 0)
            """,
          arguments: [
            "OTHER-\(number)", begin.milliseconds, begin.milliseconds + 90 * 86_400_000 + Int64(number) * 60_000,
          ])
      }
    }
    try queue.close()
  }

  private func measured(
    _ path: String, _ inUse: RoutesInUse, _ clock: VirtualClock, _ begin: Instant, _ logger: Logger
  ) async throws -> Double {
    let ledger = try SQLiteLedger(path: path)
    let timekeeper = Timekeeper(
      ledger: ledger, routes: inUse, time: clock, agenda: Signal(), outbox: Signal(), logger: logger)
    // Two hours on, the hourly clock of every episode fires for the first time.
    clock.set(begin.advanced(bySeconds: 2 * 3600))
    let seconds = try await Bench.seconds { while try await timekeeper.turn() {} }
    try ledger.close()
    return seconds
  }
}
