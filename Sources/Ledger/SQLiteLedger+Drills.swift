package import Delivery
import GRDB
package import Routing

/// What drills have come to.
extension SQLiteLedger {
  package func drillFigures(since: Instant) async throws -> [DrillFigure] {
    try await read { db in
      try db.rows(
        """
        SELECT agency, confirm, created_at, (
            SELECT min(at) FROM receipts WHERE notification = id AND kind IN ('acknowledged', 'action-stated')
          ) AS acknowledged_at
        FROM notifications WHERE exercise = 1 AND created_at >= ? AND state NOT IN ('cancelled', 'superseded')
        ORDER BY created_at, seq
        """, [since.milliseconds]
      ).map { row in
        DrillFigure(
          agency: row["agency"], isAsked: row["confirm"] == Confirmation.acknowledged.rawValue,
          createdAt: row.requiredInstant("created_at"), acknowledgedAt: row.instant("acknowledged_at"))
      }
    }
  }
}
