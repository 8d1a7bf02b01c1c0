package import Delivery
import GRDB
package import Routing

/// The number of each message among all that its recipient was owed.
///
/// Guarantee: a number and the highest one of its recipient change in one transaction, the one that leases the message for
/// the first time or answers the recipient; what was taken back before it left has none and leaves no gap.
extension SQLiteLedger: RecipientLedger {
  package func messages(
    of recipient: Recipient, after number: Int64, limit: Int, bytes: Int, at now: Instant
  ) async throws -> RecipientMessages {
    try await writer.write { db in
      try Self.numberWaiting(of: recipient, now, db)
      let rows = try Row.fetchCursor(
        try db.cachedStatement(
          sql: NotificationRows.select + " WHERE agency = ? AND role = ? AND number > ? ORDER BY number LIMIT ?"),
        arguments: [recipient.agency, recipient.role, number, limit])
      var messages: [(number: Int64, record: NotificationRecord)] = []
      var size = 0
      while let row = try rows.next() {
        let record = NotificationRows.record(row)
        size += record.notification.message.body.utf8.count
        if size > bytes, !messages.isEmpty { break }
        messages.append((NotificationRows.number(of: row) ?? 0, record))
      }
      return RecipientMessages(highest: try Self.highest(of: recipient, db), messages: messages)
    }
  }

  package func recipients(of agencies: [String], at now: Instant) async throws -> [RecipientRecord] {
    try await writer.write { db in
      for agency in agencies {
        let rows = try db.rows(
          "SELECT DISTINCT role FROM notifications WHERE agency = ? AND number IS NULL AND open = 1", [agency])
        for row in rows {
          guard let recipient = Recipient(agency: agency, role: row["role"]) else { continue }
          try Self.numberWaiting(of: recipient, now, db)
        }
      }
      let places = agencies.map { _ in "?" }.joined(separator: ", ")
      return try db.rows("SELECT * FROM recipients WHERE agency IN (\(places)) ORDER BY agency, role", agencies)
        .compactMap(Self.recipient)
    }
  }

  package func heartbeatsDue(
    of recipients: [Recipient], before instant: Instant, at now: Instant
  ) async throws -> [RecipientRecord] {
    try await writer.write { db in
      try recipients.compactMap { recipient in
        try db.change(
          "INSERT OR IGNORE INTO recipients (agency, role, highest, heartbeat_at) VALUES (?, ?, 0, ?)",
          [recipient.agency, recipient.role, now.milliseconds])
        let due = try db.row(
          "SELECT 1 FROM recipients WHERE agency = ? AND role = ? AND heartbeat_at < ?",
          [recipient.agency, recipient.role, instant.milliseconds])
        guard due != nil else { return nil }
        try Self.numberWaiting(of: recipient, now, db)
        return try db.row(
          "SELECT * FROM recipients WHERE agency = ? AND role = ?", [recipient.agency, recipient.role]
        ).flatMap(Self.recipient)
      }
    }
  }

  package func endHeartbeat(of recipient: Recipient, at now: Instant) async throws {
    try await writer.write { db in
      _ = try db.change(
        "UPDATE recipients SET heartbeat_at = ? WHERE agency = ? AND role = ?",
        [now.milliseconds, recipient.agency, recipient.role])
    }
  }

  /// The number of a message that is leased: its own, or the next one of its recipient. Nil where it gets none.
  static func number(_ row: Row, _ now: Instant, _ db: Database) throws -> RecipientNumber? {
    guard let recipient = NotificationRows.recipient(row) else { return nil }
    if let number = NotificationRows.number(of: row) { return RecipientNumber(recipient: recipient, number: number) }
    let number = try give(NotificationRows.sequence(row), recipient, now, db)
    return RecipientNumber(recipient: recipient, number: number)
  }

  /// Numbers, in the order in which they became owed, what would have left by now had nothing stood in its way.
  private static func numberWaiting(of recipient: Recipient, _ now: Instant, _ db: Database) throws {
    let waiting = try db.rows(
      """
      SELECT seq FROM notifications
      WHERE agency = ? AND role = ? AND number IS NULL AND open = 1 AND coalesce(not_before, 0) <= ? ORDER BY seq
      """, [recipient.agency, recipient.role, now.milliseconds])
    for row in waiting { _ = try give(row["seq"], recipient, now, db) }
  }

  private static func give(_ sequence: Int64, _ recipient: Recipient, _ now: Instant, _ db: Database) throws -> Int64 {
    try db.change(
      """
      INSERT INTO recipients (agency, role, highest, heartbeat_at) VALUES (?, ?, 1, ?)
      ON CONFLICT (agency, role) DO UPDATE SET highest = highest + 1
      """, [recipient.agency, recipient.role, now.milliseconds])
    let number = try highest(of: recipient, db)
    try db.change("UPDATE notifications SET number = ? WHERE seq = ?", [number, sequence])
    return number
  }

  private static func highest(of recipient: Recipient, _ db: Database) throws -> Int64 {
    try db.row(
      "SELECT highest FROM recipients WHERE agency = ? AND role = ?", [recipient.agency, recipient.role])?["highest"]
      ?? 0
  }

  private static func recipient(_ row: Row) -> RecipientRecord? {
    Recipient(agency: row["agency"], role: row["role"]).map {
      RecipientRecord(recipient: $0, highest: row["highest"], heartbeatAt: row.requiredInstant("heartbeat_at"))
    }
  }
}
