package import Delivery
import GRDB
package import Routing

/// The call desk, and the one-time codes of readers.
extension SQLiteLedger {
  package func takeCall(_ id: String, by person: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      guard let (record, row) = try Self.card(id, db), record.state == .held,
        try !Self.passOn(record, row, now, db)
      else { return false }
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
      switch ending {
      case .told(let whom, let willDo): return try Self.told(id, whom, willDo, by: person, now, db)
      case .notReached(let why):
        guard let (record, row) = try Self.card(id, db) else { return false }
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

  /// Somebody was told by telephone. That counts however late it is said, and is kept also where the message has been
  /// overtaken meanwhile. False where nobody could have been rung.
  private static func told(
    _ id: String, _ whom: String, _ willDo: String?, by person: String, _ now: Instant, _ db: Database
  ) throws -> Bool {
    guard let row = try db.row(NotificationRows.select + " WHERE id = ?", [id]) else { return false }
    let record = NotificationRows.record(row)
    let phones = record.notification.channels.indices.filter { index in
      index <= record.delivery.rung && record.notification.channels[index].name == "manual"
    }
    // Whoever has taken a card can say how the call ended, once.
    let kept = try db.rows("SELECT kind FROM receipts WHERE notification = ? AND source = 'desk'", [id])
      .map { $0["kind"] as String }
    guard let channel = phones.last, !kept.contains("acknowledged"),
      CallCard(record) != nil || kept.contains("accepted")
    else { return false }
    try db.audit("call-made", id, person, at: now)
    let words = Acknowledgement(
      by: "\(whom), told by \(person)", actor: person, willDo: willDo, until: nil, source: .desk, channel: channel)
    if try acknowledge(id, words, now, db) { return true }
    try keep(.acknowledged, words.by, record, now, db)
    return true
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
      digest: "\(kind.rawValue) \(now.milliseconds) \(evidence)", channel: channel, at: now)
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
