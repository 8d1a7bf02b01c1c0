package import Delivery
import GRDB
package import Routing

extension SQLiteLedger {
  package func event(_ id: String) async throws -> EventRecord? {
    try await read { db in try db.row(EventRows.select + " WHERE id = ?", [id]).map(EventRows.record) }
  }

  package func events(after id: String?, limit: Int) async throws -> [(record: EventRecord, body: JSONValue)] {
    try await read { db in
      try db.rows(
        "SELECT * FROM events WHERE seq > coalesce((SELECT seq FROM events WHERE id = ?), 0) ORDER BY seq LIMIT ?",
        [id, limit]
      ).map { (EventRows.record($0), try JSONValue(parsing: ($0["body"] as String).utf8)) }
    }
  }

  package func eventRecord(source: String, id: String) async throws -> EventRecord? {
    try await read { db in
      try db.row(EventRows.select + " WHERE source = ? AND source_id = ?", [source, id]).map(EventRows.record)
    }
  }

  package func notification(_ id: String) async throws -> NotificationRecord? {
    try await read { db in
      try db.row(NotificationRows.select + " WHERE id = ?", [id]).map(NotificationRows.record)
    }
  }

  package func notifications(_ filter: NotificationFilter) async throws -> [NotificationRecord] {
    try await read { db in
      var tests = ["1"]
      var values: [(any DatabaseValueConvertible)?] = []
      for (column, value) in [("event", filter.event), ("episode", filter.episode)] {
        guard let value else { continue }
        tests.append("\(column) = ?")
        values.append(value)
      }
      let (visible, whose) = filter.scope.test() ?? ("1", [])
      tests.append(visible)
      values += whose
      if let after = filter.after {
        // Ids can be worked out from what they name: a place that the caller may not see tells nothing.
        tests.append("seq > coalesce((SELECT seq FROM notifications WHERE id = ? AND \(visible)), 0)")
        values += [after] + whose
      }
      if filter.onDesk {
        tests.append("destination = 'manual' AND (state = 'held' AND attempts > 0 OR state = 'accepted')")
      }
      if let states = filter.states {
        tests.append("state IN (\(states.map { _ in "?" }.joined(separator: ", ")))")
        values += states.map(\.rawValue).sorted()
      }
      let sql = NotificationRows.select + " WHERE \(tests.joined(separator: " AND ")) ORDER BY seq LIMIT ?"
      return try db.rows(sql, values + [filter.limit]).map(NotificationRows.record)
    }
  }

  package func attempts(of notification: String) async throws -> [AttemptRecord] {
    try await read { db in
      try db.rows("SELECT * FROM attempts WHERE notification = ? ORDER BY number", [notification]).map(Self.attempt)
    }
  }

  static func attempt(_ row: Row) -> AttemptRecord {
    AttemptRecord(
      number: row["number"], at: row.requiredInstant("at"), milliseconds: row["milliseconds"],
      channel: row["channel"], result: row["result"], words: row["words"])
  }

  package func episode(_ reference: String) async throws -> EpisodeRecord? {
    try await read { db in
      guard let row = try db.row("SELECT * FROM episodes WHERE reference = ?", [reference]) else { return nil }
      return EpisodeRecord(
        reference: reference, child: row["child"], reportedAt: row.instant("reported_at"),
        endedAt: row.instant("last_end_at"),
        events: try db.rows(EventRows.select + " WHERE subject = ? ORDER BY seq", [reference]).map(EventRows.record))
    }
  }

  package func duties(_ filter: DutyFilter) async throws -> [DutyRecord] {
    try await read { db in
      var tests = ["1"]
      var values: [(any DatabaseValueConvertible)?] = []
      for (column, value) in [("event", filter.event), ("episode", filter.episode)] {
        guard let value else { continue }
        tests.append("\(column) = ?")
        values.append(value)
      }
      if let (test, whose) = filter.scope.test() {
        tests.append(test)
        values += whose
      }
      if filter.openOnly { tests.append("state IN ('open', 'overdue')") }
      let sql = """
        SELECT * FROM duties WHERE \(tests.joined(separator: " AND "))
        ORDER BY state <> 'overdue', by_time IS NULL, by_time, seq LIMIT ?
        """
      return try db.rows(sql, values + [filter.limit]).map(DutyRows.record)
    }
  }

  package func duty(_ id: String) async throws -> DutyRecord? {
    try await read { db in try db.row("SELECT * FROM duties WHERE id = ?", [id]).map(DutyRows.record) }
  }

  package func alarms(after sequence: Int64, limit: Int) async throws -> [AlarmRecord] {
    try await read { db in
      try db.rows("SELECT * FROM alarms WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit]).compactMap(Self.alarm)
    }
  }

  static func alarm(_ row: Row) -> AlarmRecord? {
    guard let kind = Alarm.Kind(rawValue: row["kind"]) else { return nil }
    return AlarmRecord(
      sequence: row["seq"], at: row.requiredInstant("at"),
      alarm: Alarm(kind: kind, identifier: row["identifier"], text: row["text"]))
  }

  package func audit(of identifier: String) async throws -> [AuditEntry] {
    try await read { db in
      try db.rows("SELECT * FROM audit WHERE identifier = ? ORDER BY seq", [identifier]).map(Self.entry)
    }
  }

  package func audit(after sequence: Int64, limit: Int) async throws -> [AuditEntry] {
    try await read { db in
      try db.rows("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit]).map(Self.entry)
    }
  }

  static func entry(_ row: Row) -> AuditEntry {
    AuditEntry(
      sequence: row["seq"], at: row.requiredInstant("at"), kind: row["kind"], identifier: row["identifier"],
      detail: row["detail"])
  }

  package func episodes(of authority: String, in period: ReportPeriod) async throws -> [EpisodeFigure] {
    try await read { db in
      // Ninety days earlier, for how often a child has been missing; what the report is about it picks out itself.
      let since = period.from.advanced(bySeconds: -91 * 86400)
      return try db.rows(
        """
        SELECT episodes.*, children.data AS child_data,
          (SELECT min(time) FROM events WHERE subject = reference AND type = 'return-interview.completed') AS held_at,
          EXISTS (SELECT 1 FROM events WHERE subject = reference AND type = 'return-interview.refused') AS refused
        FROM episodes JOIN children ON children.id = episodes.child
        WHERE reported_at IS NOT NULL AND reported_at < ? AND episodes.exercise = 0
          AND (reported_at >= ? OR last_end_at IS NULL OR last_end_at < last_report_at)
          AND (json_extract(children.data, '$.livesIn') = ? OR json_extract(children.data, '$.lookedAfterBy') = ?)
        ORDER BY reported_at, reference
        """, [period.until.milliseconds, since.milliseconds, authority, authority]
      ).map(Self.figure)
    }
  }

  private static func figure(_ row: Row) throws -> EpisodeFigure {
    let child = try JSONValue(parsing: (row["child_data"] as String).utf8)
    let data = try JSONValue(parsing: (row["data"] as String).utf8).merged(with: ["child": child])
    let reportedAt = row.requiredInstant("reported_at")
    let lastReport = row.instant("last_report_at") ?? reportedAt
    return EpisodeFigure(
      reference: row["reference"], child: row["child"], data: data, reportedAt: reportedAt,
      endedAt: row.instant("last_end_at").flatMap { $0 >= lastReport ? $0 : nil },
      livesIn: child["livesIn"]?.text, lookedAfterBy: child["lookedAfterBy"]?.text,
      risk: data.at(["episode", "risk"])?.text,
      interviewHeldAt: data.at(["interview", "heldAt"])?.text.flatMap(Instant.init(rfc3339:))
        ?? row.instant("held_at"), interviewRefused: row["refused"])
  }

  package func counts() async throws -> NotificationCounts {
    try await read { db in
      let rows = try db.rows("SELECT state, exercise, count(*) AS n FROM notifications GROUP BY state, exercise")
      return rows.reduce(into: NotificationCounts()) { result, row in
        guard let state = NotificationState(rawValue: row["state"]) else { return }
        if row["exercise"] { result.drills[state] = row["n"] } else { result.real[state] = row["n"] }
      }
    }
  }
}
