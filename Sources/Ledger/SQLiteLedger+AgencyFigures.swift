package import Delivery
import GRDB
package import Routing

/// What waits is found by two partial indexes, acknowledgements by one over their time: neither grows with what is settled.
extension SQLiteLedger: AgencyFigures {
  package func figures(of agencies: [String]?, since: Instant) async throws -> [AgencyFigure] {
    try await read { db in
      let waiting = try Self.waiting(agencies, db)
      let times = try Self.times(agencies, since, db)
      return Set(waiting.keys).union(times.keys).sorted().map {
        AgencyFigure(agency: $0, waiting: waiting[$0] ?? [:], times: times[$0] ?? [])
      }
    }
  }

  /// Desks of these agencies, as `Recipient` has it, and no drills.
  private static func test(_ agencies: [String]?) -> String {
    let places = agencies.map { "AND agency IN (\($0.map { _ in "?" }.joined(separator: ", ")))" } ?? ""
    return "exercise = 0 AND agency IS NOT NULL AND role NOT LIKE 'family.%' \(places)"
  }

  private static func waiting(_ agencies: [String]?, _ db: Database) throws -> [String: [String: Int]] {
    let test = test(agencies)
    let rows = try db.rows(
      """
      SELECT agency, role, count(*) AS n FROM notifications INDEXED BY agencies_open WHERE open = 1 AND \(test)
        GROUP BY agency, role
      UNION ALL
      SELECT agency, role, count(*) AS n FROM notifications INDEXED BY agencies_held WHERE state = 'held' AND open = 0
        AND \(test) GROUP BY agency, role
      """, (agencies ?? []) + (agencies ?? []))
    return rows.reduce(into: [:]) { found, row in
      let (agency, role, count): (String, String, Int) = (row["agency"], row["role"], row["n"])
      found[agency, default: [:]][role, default: 0] += count
    }
  }

  private static func times(_ agencies: [String]?, _ since: Instant, _ db: Database) throws -> [String: [Int64]] {
    let rows = try db.rows(
      """
      SELECT agency, created_at, min(receipts.at) AS acknowledged_at
      FROM receipts INDEXED BY receipts_acknowledged JOIN notifications ON notifications.id = receipts.notification
      WHERE kind IN ('acknowledged', 'action-stated') AND receipts.at >= ? AND \(test(agencies))
      GROUP BY receipts.notification
      """, [since.milliseconds] + (agencies ?? []))
    return rows.reduce(into: [:]) { found, row in
      let (agency, from, to): (String, Int64, Int64) = (row["agency"], row["created_at"], row["acknowledged_at"])
      found[agency, default: []].append(max(0, to - from))
    }
  }
}
