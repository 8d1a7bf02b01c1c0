package import Delivery
import GRDB
import Routing

/// What statistics are drawn from: slim rows, read one by one, added up as they come.
extension SQLiteLedger: DeliveryFigures {
  package func deliveryTimes(in period: ReportPeriod, scope: Scope) async throws -> DeliveryTimes {
    try await read { db in
      let (test, whose) = scope.test() ?? ("1", [])
      // It counts from when the message could leave: not while it waited for its time, or for a person's decision. What
      // failed and was sent again by hand counts from its beginning. Columns are read by position.
      let rows = try Row.fetchCursor(
        try db.cachedStatement(
          sql: """
            SELECT CASE WHEN role LIKE 'family.%' THEN NULL ELSE agency END,
              max(created_at, coalesce(not_before, 0), CASE WHEN released_at IS NULL OR EXISTS (
                SELECT 1 FROM audit WHERE identifier = id AND kind = 'operator-retry') THEN 0 ELSE released_at END),
              confirm, accepted, delivered, acknowledged
            FROM notifications LEFT JOIN stages ON stages.notification = notifications.seq
            WHERE exercise = 0 AND created_at >= ? AND created_at < ? AND state NOT IN ('cancelled', 'superseded')
              AND \(test)
            """),
        arguments: StatementArguments([period.from.milliseconds, period.until.milliseconds] + whose))
      var times = DeliveryTimes()
      while let row = try rows.next() {
        let owedAt = Instant(milliseconds: row[1])
        // Its own time has not come.
        guard owedAt < period.until else { continue }
        times.add(
          agency: row[0], owedAt: owedAt, asksAcknowledgement: row[2] == Confirmation.acknowledged.rawValue,
          reached: (3...5).map { (row[$0] as Int64?).map { Instant(milliseconds: $0) } })
      }
      return times
    }
  }

  package func episodeTimes(in period: ReportPeriod) async throws -> [EpisodeTime] {
    try await read { db in
      try db.rows(
        """
        SELECT reported_at, last_report_at, last_end_at, json_extract(data, '$.episode.risk') AS risk,
          json_extract(data, '$.interview.heldAt') AS stated_at,
          (SELECT min(time) FROM events WHERE subject = reference AND type = 'return-interview.completed') AS held_at,
          EXISTS (SELECT 1 FROM events WHERE subject = reference AND type = 'return-interview.refused') AS refused
        FROM episodes WHERE reported_at IS NOT NULL AND reported_at < ?1 AND exercise = 0
          AND (reported_at >= ?2 OR last_end_at >= ?2)
        ORDER BY reported_at, reference
        """, [period.until.milliseconds, period.from.milliseconds]
      ).map { row in
        let reportedAt = row.requiredInstant("reported_at")
        let lastReport = row.instant("last_report_at") ?? reportedAt
        return EpisodeTime(
          reportedAt: reportedAt,
          isAbsent: ["absent", "no-apparent-risk"].contains((row["risk"] as String?) ?? ""),
          endedAt: row.instant("last_end_at").flatMap { $0 >= lastReport ? $0 : nil },
          interviewHeldAt: (row["stated_at"] as String?).flatMap(Instant.init(rfc3339:)) ?? row.instant("held_at"),
          interviewRefused: row["refused"])
      }
    }
  }
}
