package import Delivery
import GRDB
package import Routing

/// How the ladder of a notification is climbed until somebody confirms it.
extension SQLiteLedger {
  /// Takes one step for a notification whose time to be confirmed has passed.
  static func escalate(_ row: Row, _ now: Instant, _ db: Database) throws -> (alarms: [Alarm], isMoved: Bool) {
    let record = NotificationRows.record(row)
    if try !record.state.isOpen && passOn(record, row, now, db) { return ([], false) }
    switch Escalation.after(record) {
    case .move(let index): return (try move(record, to: index, row, now, db), true)
    case .alarm:
      try db.change(
        "UPDATE notifications SET overdue = 1, check_at = NULL WHERE seq = ?", [NotificationRows.sequence(row)])
      return (try overdue(record, now, db), false)
    case .exhausted:
      try db.change(
        "UPDATE notifications SET overdue = 1, check_at = NULL WHERE seq = ?", [NotificationRows.sequence(row)])
      try db.audit("unconfirmed", record.notification.id, "nobody is left to ask", at: now)
      let text =
        "nobody has \(record.notification.confirm.name) it, and there is nobody left to ask; ring the recipient"
      return ([Alarm(kind: .unconfirmed, identifier: record.notification.id, text: text)], false)
    }
  }

  /// A later message of the same lane has left or is about to: asking somebody about the old one again would be out of
  /// order. What it demanded passes to the later one, unless that says that the child is no longer missing.
  private static func passOn(_ record: NotificationRecord, _ row: Row, _ now: Instant, _ db: Database) throws -> Bool {
    let own = record.notification
    guard
      let later = try db.row(
        """
        SELECT seq, id, event_type, confirm, state, check_at FROM notifications WHERE lane = ? AND seq > ?
          AND state NOT IN ('scheduled', 'held', 'cancelled', 'superseded', 'unroutable') ORDER BY seq DESC LIMIT 1
        """, [own.lane, NotificationRows.sequence(row)])
    else { return false }
    try db.change("UPDATE notifications SET check_at = NULL WHERE seq = ?", [NotificationRows.sequence(row)])
    try db.audit("passed-on", own.id, later["id"], at: now)
    let confirm = Confirmation(rawValue: later["confirm"]) ?? .accepted
    let state = NotificationState(rawValue: later["state"]) ?? .queued
    guard !EpisodeHistory.endings.contains(later["event_type"]), confirm < own.confirm, !state.meets(own.confirm) else {
      return true
    }
    try db.change(
      "UPDATE notifications SET confirm = ?, within = ?, check_at = ? WHERE seq = ?",
      [own.confirm.rawValue, own.within, now.milliseconds + own.within, later["seq"] as Int64])
    return true
  }

  private static func move(
    _ record: NotificationRecord, to index: Int, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> [Alarm] {
    let own = record.notification
    // Nobody has even accepted it: beyond the first time only a demand for more keeps the clock going.
    let again = own.confirm > .accepted ? now.milliseconds + own.within : nil
    let sequence = NotificationRows.sequence(row)
    if NotificationRows.isLeased(row) {
      // It is being attempted right now; the next time, if that comes to nothing.
      try db.change(
        "UPDATE notifications SET overdue = 1, check_at = ? WHERE seq = ?", [again, sequence])
      return record.isOverdue ? [] : try overdue(record, now, db)
    }
    let destination = own.channels[index].destination
    if record.state.isOpen {
      try db.change(
        """
        UPDATE notifications SET overdue = 1, channel_index = ?, destination = ?, tries = 0, check_at = ?,
          due = CASE WHEN due IS NULL THEN NULL ELSE min(due, ?) END WHERE seq = ?
        """, [index, destination, again, now.milliseconds, sequence])
      return record.isOverdue ? [] : try overdue(record, now, db)
    }
    try db.change(
      """
      UPDATE notifications SET state = 'queued', open = 1, overdue = 1, channel_index = ?, destination = ?, tries = 0,
        settled_at = NULL, check_at = ?, due = CASE WHEN EXISTS (
          SELECT 1 FROM notifications AS earlier WHERE earlier.lane = notifications.lane AND earlier.open = 1
            AND earlier.seq < notifications.seq) THEN NULL ELSE ? END WHERE seq = ?
      """, [index, destination, now.milliseconds + own.within, now.milliseconds, sequence])
    let whom = own.contact(at: index) ?? "the next contact"
    let why =
      record.state == .acknowledged ? "what was promised has not been reported" : "not \(own.confirm.name) in time"
    try db.audit("escalated", own.id, "\(why): \(whom) by \(own.channels[index].name)", at: now)
    return [Alarm(kind: .unconfirmed, identifier: own.id, text: "\(why); the next contact is asked")]
  }

  private static func overdue(_ record: NotificationRecord, _ now: Instant, _ db: Database) throws -> [Alarm] {
    try db.audit("overdue", record.notification.id, "", at: now)
    return [
      Alarm(kind: .overdue, identifier: record.notification.id, text: "nobody has taken the message in time")
    ]
  }

  package func acknowledge(
    _ id: String, _ acknowledgement: Acknowledgement, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      // Who is being asked once more right now (leased) is not asked again; the attempt ends without a consequence.
      let touched = try db.change(
        """
        UPDATE notifications SET state = 'acknowledged', open = 0, due = NULL, check_at = ?, settled_at = ?
        WHERE id = ? AND state NOT IN ('cancelled', 'superseded', 'unroutable')
        """, [acknowledgement.until?.milliseconds, now.milliseconds, id])
      guard touched == 1 else { return false }
      try db.change(
        "INSERT OR IGNORE INTO receipts (notification, kind, at, evidence) VALUES (?, 'acknowledged', ?, ?)",
        [id, now.milliseconds, acknowledgement.by])
      if let willDo = acknowledgement.willDo {
        let until = acknowledgement.until.map { ", by \($0.rfc3339)" } ?? ""
        try db.change(
          "INSERT OR IGNORE INTO receipts (notification, kind, at, evidence) VALUES (?, 'promised', ?, ?)",
          [id, now.milliseconds, willDo + until])
      }
      try Self.openLane(of: id, now, db)
      try db.audit("acknowledged", id, acknowledgement.actor, at: now)
      return true
    }
  }

  package func receipts(of notification: String) async throws -> [ReceiptRecord] {
    try await pool.read { db in
      try db.rows("SELECT * FROM receipts WHERE notification = ? ORDER BY at, kind", [notification]).map { row in
        ReceiptRecord(at: row.requiredInstant("at"), kind: row["kind"], evidence: row["evidence"])
      }
    }
  }
}
