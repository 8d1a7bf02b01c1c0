package import Delivery
import GRDB
package import Routing

/// The call desk, and the one-time codes of readers.
extension SQLiteLedger {
  package func takeCall(_ id: String, by person: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      guard let (record, row) = try Self.card(id, db), record.state == .held else { return false }
      let own = record.notification
      let patience = CallCard.patience(urgency: own.urgency, isPressing: own.isPressing)
      try db.change(
        "UPDATE notifications SET state = 'accepted', check_at = ? WHERE seq = ?",
        [now.milliseconds + patience * 1000, NotificationRows.sequence(row)])
      try Self.keep(.accepted, "taken by \(person)", record, now, db)
      try db.audit("call-taken", id, person, at: now)
      return true
    }
  }

  package func endCall(
    _ id: String, _ ending: CallEnding, by person: String, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      guard let (record, row) = try Self.card(id, db) else { return false }
      switch ending {
      case .told(let whom, let willDo):
        try db.audit("call-made", id, person, at: now)
        return try Self.acknowledge(
          id,
          Acknowledgement(
            by: "\(whom), told by \(person)", actor: person, willDo: willDo, until: nil, source: .desk,
            channel: record.delivery.channelIndex), now, db)
      case .notReached(let why):
        // Looked at at once: the next contact is asked, or the card is alarmed and rung again.
        try db.change(
          "UPDATE notifications SET state = 'held', check_at = ? WHERE seq = ?",
          [now.milliseconds, NotificationRows.sequence(row)])
        try Self.keep(.failed, "\(why), says \(person)", record, now, db)
        try db.audit("call-failed", id, person, at: now)
        return true
      }
    }
  }

  private static func card(_ id: String, _ db: Database) throws -> (NotificationRecord, Row)? {
    guard let row = try db.row(NotificationRows.select + " WHERE id = ?", [id]) else { return nil }
    let record = NotificationRows.record(row)
    return CallCard(record) == nil ? nil : (record, row)
  }

  private static func keep(
    _ kind: ReceiptKind, _ evidence: String, _ record: NotificationRecord, _ now: Instant, _ db: Database
  ) throws {
    let channel = record.delivery.channelIndex
    try db.keep(
      Receipt(kind, from: .desk, evidence), of: record.notification.id,
      digest: "\(kind.rawValue) \(now.milliseconds)", channel: channel, at: now)
  }

  package func issueCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      try db.change(
        """
        INSERT INTO codes (notification, channel, hash, made_at, tries) VALUES (?, ?, ?, ?, 0)
        ON CONFLICT (notification, channel) DO UPDATE SET hash = excluded.hash, made_at = excluded.made_at, tries = 0
          WHERE made_at <= ?
        """,
        [
          tag.notification, tag.channel, hash, now.milliseconds, now.milliseconds - CodeResult.pause * 1000,
        ]) == 1
    }
  }

  package func redeemCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> CodeResult {
    try await writer.write { db in
      guard
        let row = try db.row(
          "SELECT hash, made_at, tries FROM codes WHERE notification = ? AND channel = ?",
          [tag.notification, tag.channel]),
        let made = row.instant("made_at"), now.seconds - made.seconds < CodeResult.lifetime,
        (row["tries"] as Int) < CodeResult.tries
      else { return .spent }
      let isRight = (row["hash"] as String) == hash
      let tries = (row["tries"] as Int) + 1
      // A code opens the page once.
      try db.change(
        "UPDATE codes SET tries = ? WHERE notification = ? AND channel = ?",
        [isRight ? CodeResult.tries : tries, tag.notification, tag.channel])
      if isRight { return .valid }
      return tries < CodeResult.tries ? .wrong(CodeResult.tries - tries) : .spent
    }
  }
}
