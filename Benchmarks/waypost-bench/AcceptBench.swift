import Delivery
import Foundation
import GRDB
import Ledger
import Routing

/// Events accepted durably over HTTP, each owing six notifications, against raw grouped commits of the same rows.
struct AcceptBench {
  static let events = 4000

  func run() async throws {
    let gateway = try BenchGateway("accept")
    defer { gateway.remove() }
    let rate = Rate()
    try await gateway.serving { port in
      let client = LoadClient(port: port, key: gateway.key)
      _ = try await client.post((0..<200).map { Bench.sixfold(-$0 - 1).serializedBytes }, connections: 8)
      let bodies = (0..<AcceptBench.events).map { Bench.sixfold($0).serializedBytes }
      let seconds = try await Bench.seconds { _ = try await client.post(bodies, connections: 64) }
      await rate.set(Double(AcceptBench.events) / seconds)
    }
    let owed = try await gateway.ledger.counts().real.values.reduce(0, +)
    let accepted = await rate.value
    let raw = try rawCommits(of: "\(gateway.folder)/ledger.sqlite", rowsPerEvent: owed / (AcceptBench.events + 200))
    Bench.line("accept: notifications an event", "\(owed / (AcceptBench.events + 200))")
    Bench.line("accept: events a second over HTTP, durable", Bench.whole(accepted))
    Bench.line("accept: events a second, raw commits of the same rows", Bench.whole(raw))
    Bench.line("accept: ratio", Bench.ratio(accepted / raw, goal: 0.3))
  }

  /// Writes the same rows into an empty ledger in groups of 64 events, synchronous = FULL, nothing else.
  private func rawCommits(of source: String, rowsPerEvent: Int) throws -> Double {
    let folder = try Bench.scratch("raw")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let tables = ["children", "episodes", "events", "notifications", "messages", "duties", "audit"]
    let from = try DatabaseQueue(path: source)
    let rows = try from.read { db in
      try tables.map { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { Array($0.databaseValues) }
      }
    }
    _ = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
    let to = try DatabasePool(path: "\(folder)/ledger.sqlite")
    let start = ContinuousClock.now
    try to.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      let events = rows[2].count
      let groups = (events + 63) / 64
      for group in 0..<groups {
        try db.inTransaction(.immediate) {
          for (table, all) in zip(tables, rows) where !all.isEmpty {
            let marks = all[0].map { _ in "?" }.joined(separator: ", ")
            let statement = try db.cachedStatement(sql: "INSERT INTO \(table) VALUES (\(marks))")
            for row in all[(all.count * group / groups)..<(all.count * (group + 1) / groups)] {
              try statement.execute(arguments: StatementArguments(row))
            }
          }
          return .commit
        }
      }
    }
    return Double(rows[2].count) / (start.duration(to: .now) / .seconds(1))
  }
}

/// A number that crosses from one task to another.
actor Rate {
  private(set) var value = 0.0
  func set(_ value: Double) { self.value = value }
}
