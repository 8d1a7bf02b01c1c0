package import Delivery
import GRDB
import Routing

/// An episode as a whole, for people who look at it.
extension SQLiteLedger: EpisodeLedger {
  package func account(of reference: String, scope: Scope) async throws -> EpisodeAccount? {
    try await read { db in
      guard let row = try db.row("SELECT * FROM episodes WHERE reference = ?", [reference]) else { return nil }
      let isFull = scope == .everything
      let mine = Self.mine(reference, scope)
      let notifications = try db.rows(
        NotificationRows.selectWithoutWords
          + " INDEXED BY notifications_on_board WHERE episode = ? AND \(mine.test) ORDER BY seq", mine.values
      ).map(NotificationRows.record)
      let duties = try db.rows(
        "SELECT * FROM duties INDEXED BY duties_of_episode WHERE episode = ? AND \(mine.test) ORDER BY seq", mine.values
      ).map(DutyRows.record)
      if !isFull, notifications.isEmpty, duties.isEmpty { return nil }
      let child: String = row["child"]
      let history = EpisodeHistory(
        reportedAt: row.instant("reported_at"), lastReportAt: row.instant("last_report_at"),
        lastEndAt: row.instant("last_end_at"))
      return EpisodeAccount(
        reference: reference, isExercise: row["exercise"], reportedAt: history.reportedAt,
        endedAt: history.lastEndAt, isOpen: history.isOpen,
        childData: isFull ? try Self.childData(child, isExercise: row["exercise"], db) : [:],
        episodeData: isFull ? try JSONValue(parsing: (row["data"] as String).utf8) : [:],
        childEvents: isFull ? try Self.childEvents(child, reference, db) : [], notifications: notifications,
        duties: duties, receipts: try Self.receipts(mine, db), attempts: try Self.attempts(mine, db),
        timers: isFull
          ? try db.rows("SELECT * FROM timers WHERE subject = ? AND event <> '' ORDER BY due", [reference])
            .map(Self.timer) : [],
        alarms: try Self.alarms(mine, reference, isFull, db), audit: try Self.audit(mine, reference, isFull, db))
    }
  }

  /// What picks an episode's rows for a scope out of `notifications` and `duties`, after `episode = ? AND`. They are always
  /// looked up by the episode: the engine would rather go by the agency, which may have had a hundred thousand messages.
  private struct Mine {
    let test: String
    let values: [(any DatabaseValueConvertible)?]
  }

  private static func mine(_ reference: String, _ scope: Scope) -> Mine {
    let (test, whose) = scope.test() ?? ("1", [])
    return Mine(test: test, values: [reference] + whose)
  }

  /// What a drill's episode knows of its child is gone once real events have spoken of that child.
  private static func childData(_ child: String, isExercise: Bool, _ db: Database) throws -> JSONValue {
    let row = try db.row(
      "SELECT json_remove(data, '$.photograph') AS data FROM children WHERE id = ? AND exercise = ?",
      [child, isExercise])
    return try row.map { try JSONValue(parsing: ($0["data"] as String).utf8) } ?? [:]
  }

  /// Pictures are large, and nothing here looks at them.
  private static func childEvents(
    _ child: String, _ reference: String, _ db: Database
  ) throws -> [(record: EventRecord, body: JSONValue)] {
    try db.rows(
      """
      SELECT id, source, source_id, digest, type, time, learned_at, subject, child, sender, plan, warnings,
        notification_count,
        CASE WHEN json_valid(body) THEN json_remove(body, '$.data.child.photograph') ELSE '{}' END AS body
      FROM events WHERE subject = ? OR child = ? ORDER BY seq
      """, [reference, child]
    ).map { (EventRows.record($0), try JSONValue(parsing: ($0["body"] as String).utf8)) }
  }

  private static func receipts(_ mine: Mine, _ db: Database) throws -> [String: [ReceiptRecord]] {
    let rows = try db.rows(
      """
      SELECT receipts.* FROM notifications INDEXED BY notifications_on_board
        JOIN receipts ON receipts.notification = notifications.id
      WHERE episode = ? AND \(mine.test) ORDER BY receipts.seq
      """, mine.values)
    return Dictionary(grouping: rows.map(Self.receipt), by: \.notification)
  }

  private static func attempts(_ mine: Mine, _ db: Database) throws -> [String: [AttemptRecord]] {
    try db.rows(
      """
      SELECT attempts.* FROM notifications INDEXED BY notifications_on_board
        JOIN attempts ON attempts.notification = notifications.id
      WHERE episode = ? AND \(mine.test) ORDER BY attempts.notification, attempts.number
      """, mine.values
    ).reduce(into: [:]) { found, row in found[row["notification"], default: []].append(Self.attempt(row)) }
  }

  /// The ids of all that a scope sees of an episode, as a query with its values.
  private static func identifiers(
    _ mine: Mine, _ reference: String, _ isFull: Bool
  ) -> (sql: String, values: [(any DatabaseValueConvertible)?]) {
    let own = ["notifications INDEXED BY notifications_on_board", "duties INDEXED BY duties_of_episode"].map {
      "SELECT id FROM \($0) WHERE episode = ? AND \(mine.test)"
    }
    let events = isFull ? ["SELECT id FROM events WHERE subject = ?"] : []
    return ((own + events).joined(separator: " UNION ALL "), mine.values + mine.values + (isFull ? [reference] : []))
  }

  private static func alarms(_ mine: Mine, _ reference: String, _ isFull: Bool, _ db: Database) throws -> [AlarmRecord]
  {
    let ids = identifiers(mine, reference, isFull)
    return try db.rows("SELECT * FROM alarms WHERE identifier IN (\(ids.sql)) ORDER BY seq", ids.values)
      .compactMap(Self.alarm)
  }

  /// Of the reference itself only who has looked: as a word it may name something else too.
  private static func audit(_ mine: Mine, _ reference: String, _ isFull: Bool, _ db: Database) throws -> [AuditEntry] {
    let ids = identifiers(mine, reference, isFull)
    let looks = isFull ? " OR identifier = ? AND kind IN ('viewed', 'exported')" : ""
    return try db.rows(
      "SELECT * FROM audit WHERE identifier IN (\(ids.sql))\(looks) ORDER BY seq",
      ids.values + (isFull ? [reference] : [])
    ).map(Self.entry)
  }
}
