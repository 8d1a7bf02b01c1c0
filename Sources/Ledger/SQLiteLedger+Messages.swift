package import Delivery
import GRDB
package import Routing

/// What the page of one message asks and does.
extension SQLiteLedger: MessageLedger {
  package func number(of notification: String) async throws -> RecipientNumber? {
    try await read { db in
      guard let row = try db.row(NotificationRows.select + " WHERE id = ?", [notification]),
        let recipient = NotificationRows.recipient(row), let number = NotificationRows.number(of: row)
      else { return nil }
      return RecipientNumber(recipient: recipient, number: number)
    }
  }

  package func sendOn(
    _ id: String, to contact: OtherContact, at now: Instant, by actor: String, reason: String
  ) async throws -> Bool {
    try await writer.write { db in
      guard let row = try db.row(NotificationRows.select + " WHERE id = ?", [id]) else { return false }
      let record = NotificationRows.record(row)
      let kinds = try db.rows("SELECT kind FROM audit WHERE identifier = ? ORDER BY seq", [id])
        .map { $0["kind"] as String }
      guard record.canBeSentOn(Hold(record, audit: kinds)), let way = SendingOn(record, to: contact),
        try record.state.isOpen || Self.overtaking(row, now, db) == nil
      else { return false }
      try db.change(
        """
        UPDATE notifications SET channels = ?, stand_ins = ?, closed_channels = closed_channels | ?, released_at = ?
        WHERE seq = ?
        """,
        [
          Packed.channels(way.channels), Packed.standIns(way.standIns), Int64(bitPattern: way.closed),
          now.milliseconds, NotificationRows.sequence(row),
        ])
      let channel = way.channels[way.index]
      try Self.ask(by: channel, at: way.index, isOverdue: false, row, now, db)
      try db.audit("operator-send-on", id, "\(actor): to \(contact.label) by \(channel.name): \(reason)", at: now)
      return true
    }
  }
}
