import Delivery
import GRDB
import Routing

/// How the ladder of a notification is climbed until somebody confirms it.
extension SQLiteLedger {
  /// Takes one step for a notification whose time to be confirmed has passed.
  static func escalate(_ row: Row, _ now: Instant, _ db: Database) throws -> (alarms: [Alarm], isMoved: Bool) {
    let record = NotificationRows.record(row)
    if NotificationRows.isLeased(row) {
      // It is being attempted right now: what comes of that is awaited.
      try db.change(
        "UPDATE notifications SET check_at = ? WHERE seq = ?",
        [now.milliseconds + patience, NotificationRows.sequence(row)])
      return ([], false)
    }
    if record.state.isOpen, record.due == nil { return (try wait(record, row, now, db), false) }
    if try !record.state.isOpen && passOn(record, row, now, db) { return ([], false) }
    if let card = CallCard(record) { return try remind(of: card, record, row, now, db) }
    switch Escalation.after(record) {
    case .move(let index): return ([try move(record, to: index, row, now, db)], true)
    case .exhausted: return ([try exhaust(record, row, now, db)], false)
    }
  }

  /// An earlier message of the lane is still on its way, and its own ladder is climbed; this one has not had its turn.
  private static func wait(_ record: NotificationRecord, _ row: Row, _ now: Instant, _ db: Database) throws -> [Alarm] {
    let own = record.notification
    try db.change(
      "UPDATE notifications SET overdue = 1, check_at = ? WHERE seq = ?",
      [now.milliseconds + max(own.within, patience), NotificationRows.sequence(row)])
    if record.isOverdue { return [] }
    try db.audit("overdue", own.id, "waits for an earlier message", at: now)
    return [Alarm(kind: .overdue, identifier: own.id, text: "waits for an earlier message that nobody has taken")]
  }

  /// A call card that nobody has taken, or finished, in its time: the next contact is asked, and where there is none the
  /// card lies on the desk again and is alarmed until somebody has rung.
  private static func remind(
    of card: CallCard, _ record: NotificationRecord, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> (alarms: [Alarm], isMoved: Bool) {
    if case .move(let index) = Escalation.after(record) {
      return ([try move(record, to: index, row, now, db)], true)
    }
    let own = record.notification
    // The first alarm comes when it is due, the next ones three times as slowly.
    let patience =
      CallCard.patience(urgency: own.urgency, isPressing: own.isPressing) * (record.isOverdue ? 3 : 1)
    try db.change(
      "UPDATE notifications SET state = 'held', open = 0, due = NULL, overdue = 1, check_at = ? WHERE seq = ?",
      [now.milliseconds + patience * 1000, NotificationRows.sequence(row)])
    let what = card.isTaken ? "taken, but nobody has said how the call ended" : "nobody has taken the call card"
    try db.audit("call-overdue", own.id, what, at: now)
    return ([Alarm(kind: .overdue, identifier: own.id, text: "\(what); ring \(own.role) now")], false)
  }

  /// Milliseconds after which an attempt under way is looked at again.
  private static let patience: Int64 = 5_000

  private static func exhaust(_ record: NotificationRecord, _ row: Row, _ now: Instant, _ db: Database) throws -> Alarm
  {
    let own = record.notification
    try db.change(
      "UPDATE notifications SET overdue = 1, check_at = NULL WHERE seq = ?", [NotificationRows.sequence(row)])
    try db.audit(record.state.isOpen ? "overdue" : "unconfirmed", own.id, "nobody is left to ask", at: now)
    return record.state.isOpen
      ? Alarm(kind: .overdue, identifier: own.id, text: "nobody has taken the message in time")
      : Alarm(
        kind: .unconfirmed, identifier: own.id,
        text: "\(record.shortcoming), and there is nobody left to ask; ring the recipient")
  }

  /// The last later message of the same lane that has left or is about to; nil where there is none.
  static func overtaking(_ row: Row, _ now: Instant, _ db: Database) throws -> Row? {
    try db.row(
      """
      SELECT seq, id, event_type, confirm, state, check_at FROM notifications WHERE lane = ? AND seq > ?
        AND state NOT IN ('cancelled', 'superseded', 'unroutable', 'failed')
        AND NOT (state = 'held' AND (attempts = 0 OR destination <> 'manual'))
        AND NOT (state = 'scheduled' AND coalesce(not_before, 0) > ?) ORDER BY seq DESC LIMIT 1
      """, [NotificationRows.notification(row).lane, NotificationRows.sequence(row), now.milliseconds])
  }

  /// A later message of the same lane has left or is about to: asking somebody about the old one again would be out of
  /// order. What it demanded passes to the later one, unless that says that the child is no longer missing.
  static func passOn(_ record: NotificationRecord, _ row: Row, _ now: Instant, _ db: Database) throws -> Bool {
    let own = record.notification
    guard let later = try overtaking(row, now, db) else { return false }
    // A card is taken off the desk: nobody need ring with old news. Who has it by mail still has it.
    let mailed = own.channels.indices.first {
      record.delivery.takenChannels & (1 << UInt64($0)) != 0 && own.channels[$0].name != "manual"
    }
    let isCard = CallCard(record) != nil
    let end = isCard ? (mailed == nil ? NotificationState.superseded : .accepted) : record.state
    let index = isCard ? mailed ?? record.delivery.channelIndex : record.delivery.channelIndex
    try db.change(
      """
      UPDATE notifications SET check_at = NULL, overdue = 0, state = ?, channel_index = ?,
        destination = coalesce(?, destination),
        settled_at = CASE WHEN ? THEN ? ELSE settled_at END WHERE seq = ?
      """,
      [
        end.rawValue, index, own.channels.indices.contains(index) ? own.channels[index].destination : nil, isCard,
        now.milliseconds, NotificationRows.sequence(row),
      ])
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

  /// What comes after it in the lane waits again until it has been settled.
  static func holdBack(after row: Row, _ db: Database) throws {
    try db.change(
      "UPDATE notifications SET due = NULL WHERE lane = ? AND seq > ? AND open = 1 AND leased = 0",
      [NotificationRows.notification(row).lane, NotificationRows.sequence(row)])
  }

  /// Sends it on its way by the channel at `index`: at once, or when what is before it in its lane has been settled. What
  /// comes after it waits.
  static func ask(
    by channel: Channel, at index: Int, isOverdue: Bool, _ row: Row, _ now: Instant, _ db: Database
  ) throws {
    try db.change(
      """
      UPDATE notifications SET state = CASE WHEN open = 1 THEN state ELSE 'queued' END, overdue = max(overdue, ?),
        channel_index = ?, rung = ?, destination = ?, tries = 0, settled_at = NULL, check_at = ?,
        due = CASE WHEN open = 1 AND due IS NULL OR EXISTS (
            SELECT 1 FROM notifications AS earlier WHERE earlier.lane = notifications.lane AND earlier.open = 1
              AND earlier.seq < notifications.seq) THEN NULL
          ELSE min(coalesce(due, ?), ?) END,
        open = 1 WHERE seq = ?
      """,
      [
        isOverdue, index, index, channel.destination, now.milliseconds + NotificationRows.notification(row).within,
        now.milliseconds, now.milliseconds, NotificationRows.sequence(row),
      ])
    try holdBack(after: row, db)
  }

  private static func move(
    _ record: NotificationRecord, to index: Int, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> Alarm {
    let own = record.notification
    try ask(by: own.channels[index], at: index, isOverdue: true, row, now, db)
    let whom = "\(own.contact(at: index) ?? "the next contact") by \(own.channels[index].name)"
    try db.audit(
      "escalated", own.id, "\(record.shortcoming): \(whom), channel \(index + 1) of \(own.channels.count)", at: now)
    return Alarm(
      kind: record.state.isOpen ? .overdue : .unconfirmed, identifier: own.id,
      text: "\(record.shortcoming); the next channel or contact is asked")
  }
}

extension NotificationRecord {
  /// Why somebody else is asked.
  fileprivate var shortcoming: String {
    if state.isOpen { return "nobody has taken the message in time" }
    if state == .acknowledged { return "what was promised has not been reported" }
    return "not \(notification.confirm.name) in time"
  }
}
