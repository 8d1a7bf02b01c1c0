package import Delivery
import GRDB
package import Routing

/// One stream of receipts, whatever the channel, and what follows from each.
extension SQLiteLedger {
  package func receive(_ report: ReceiptReport, at now: Instant) async throws -> ReceiptResult {
    try await writer.write { db in
      guard let row = try db.row(NotificationRows.select + " WHERE id = ?", [report.notification]) else {
        return .unknown
      }
      let receipt = report.receipt
      guard
        try db.keep(receipt, of: report.notification, digest: report.digest, channel: receipt.channel, at: now)
      else { return .duplicate }
      try db.audit("receipt-\(receipt.kind.rawValue)", report.notification, receipt.source.rawValue, at: now)
      let record = NotificationRows.record(row)
      let effect = ReceiptEffect.of(report, on: record)
      let alarms =
        try Self.apply(effect, report, row, now, db).map { [$0.marked(record.notification.isExercise)] } ?? []
      for alarm in alarms { try db.raise(alarm, at: now) }
      let state = try db.row("SELECT state FROM notifications WHERE id = ?", [report.notification])
      return .recorded(state.flatMap { NotificationState(rawValue: $0["state"]) } ?? .queued, alarms: alarms)
    }
  }

  private static func apply(
    _ effect: ReceiptEffect, _ report: ReceiptReport, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> Alarm? {
    let sequence = NotificationRows.sequence(row)
    switch effect {
    case .kept: break
    case .reached(let state): try reach(state, row, now, db)
    case .awaited:
      try db.change(
        """
        UPDATE notifications SET confirm = max(confirm, ?), check_at = min(coalesce(check_at, ?), ?) WHERE seq = ?
        """,
        [
          Confirmation.delivered.rawValue, now.milliseconds + NotificationRows.within(row),
          now.milliseconds + NotificationRows.within(row), sequence,
        ])
      let code = report.status ?? "no code"
      return Alarm(
        kind: .delayed, identifier: report.notification,
        text: "a mail server has it and cannot hand it on (\(code)); the next way is tried in time")
    case .closedAside(let bit):
      try db.change(
        "UPDATE notifications SET closed_channels = closed_channels | ? WHERE seq = ?",
        [Int64(bitPattern: bit), sequence])
    case .closed(let progress, let next): return try close(progress, next, report, row, now, db)
    case .again: return try again(report, row, now, db)
    }
    return nil
  }

  /// It came back for now. It rests as long as a pause between attempts may be, since a server has been at it already.
  private static func again(
    _ report: ReceiptReport, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> Alarm {
    let record = NotificationRows.record(row)
    if try passOn(record, row, now, db) {
      try db.change(
        "UPDATE notifications SET state = 'failed', settled_at = ? WHERE seq = ?",
        [now.milliseconds, NotificationRows.sequence(row)])
      return failure(report, "a later message has left already")
    }
    try db.change(
      """
      UPDATE notifications SET state = 'deferred', open = 1, due = ?, settled_at = NULL, confirm = max(confirm, ?),
        taken_channels = taken_channels & ~(1 << channel_index), check_at = coalesce(check_at, ?) WHERE seq = ?
      """,
      [
        now.milliseconds + (record.notification.isPressing ? 60_000 : 600_000), Confirmation.delivered.rawValue,
        now.milliseconds + NotificationRows.within(row), NotificationRows.sequence(row),
      ])
    try holdBack(after: row, db)
    return failure(report, "it is tried again")
  }

  /// It has come that far. What it still demands goes on being asked for, by the channel that is in use now.
  private static func reach(_ state: NotificationState, _ row: Row, _ now: Instant, _ db: Database) throws {
    let record = NotificationRows.record(row)
    let isEnough = state.meets(record.notification.confirm)
    // A card in somebody's hand is being tried too.
    let isBeingTried = record.state.isOpen || record.state == .held || CallCard(record) != nil
    if isBeingTried, !isEnough { return }
    try db.change(
      """
      UPDATE notifications SET state = ?, open = 0, due = NULL, settled_at = coalesce(settled_at, ?),
        check_at = CASE WHEN ? THEN NULL ELSE check_at END WHERE seq = ?
      """, [state.rawValue, now.milliseconds, isEnough, NotificationRows.sequence(row)])
    try openLane(of: record.notification.id, now, db)
  }

  /// The mail came back: the next way is tried, unless a later message of the same lane has left meanwhile, which would put
  /// them out of order.
  private static func close(
    _ progress: DeliveryProgress, _ next: Int?, _ report: ReceiptReport, _ row: Row, _ now: Instant, _ db: Database
  ) throws -> Alarm {
    let record = NotificationRows.record(row)
    let isOvertaken = try next != nil && passOn(record, row, now, db)
    let goesOn = next != nil && !isOvertaken
    let index = goesOn ? progress.channelIndex : record.delivery.channelIndex
    // Whoever was asked before may still have it.
    let end: NotificationState = record.delivery.hasTaken(otherThan: record.delivery.channelIndex) ? .accepted : .failed
    try db.change(
      """
      UPDATE notifications SET state = ?, open = ?, due = ?, tries = 0, closed_channels = ?, channel_index = ?, rung = ?,
        taken_channels = ?, destination = ?, settled_at = ?,
        check_at = CASE WHEN ? THEN max(coalesce(check_at, 0), ?) WHEN ? THEN check_at END WHERE seq = ?
      """,
      [
        goesOn ? "queued" : end.rawValue, goesOn, goesOn ? now.milliseconds : nil,
        Int64(bitPattern: progress.closedChannels), index, goesOn ? progress.rung : record.delivery.rung,
        Int64(bitPattern: progress.takenChannels), record.notification.channels[index].destination,
        goesOn ? nil : now.milliseconds, goesOn, now.milliseconds + NotificationRows.within(row),
        end == .accepted && !isOvertaken, NotificationRows.sequence(row),
      ])
    if goesOn { try holdBack(after: row, db) }
    let way = isOvertaken ? "a later message has left already" : next == nil ? "no other channel is left" : nil
    try db.audit(
      "failed", record.notification.id,
      "came back\(next == nil ? "" : ", channel \(progress.channelIndex + 1) is next")", at: now)
    return failure(report, way ?? "the next channel is tried")
  }

  private static func failure(_ report: ReceiptReport, _ way: String) -> Alarm {
    Alarm(
      kind: .failed, identifier: report.notification,
      text: "not delivered (\(report.status ?? "no code"), \(report.receipt.source.rawValue)); \(way)")
  }

  package func acknowledge(
    _ id: String, _ acknowledgement: Acknowledgement, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in try Self.acknowledge(id, acknowledgement, now, db) }
  }

  static func acknowledge(
    _ id: String, _ acknowledgement: Acknowledgement, _ now: Instant, _ db: Database
  ) throws -> Bool {
    func digest(_ kind: ReceiptKind, _ evidence: String) -> String {
      "\(kind.rawValue) \(acknowledgement.key ?? "\(now.milliseconds) \(evidence)")"
    }
    let isKnown = try db.row(
      "SELECT 1 FROM receipts WHERE notification = ? AND digest = ?",
      [id, digest(.acknowledged, acknowledgement.by)])
    if acknowledgement.key != nil, isKnown != nil { return true }
    // Who is being asked once more right now (leased) is not asked again; the attempt ends without a consequence.
    // A mail of thanks does not take back what was promised.
    let keepsPromise = acknowledgement.source == .reply && acknowledgement.until == nil
    let touched = try db.change(
      """
      UPDATE notifications SET check_at = CASE WHEN ? AND state = 'acknowledged' THEN check_at ELSE ? END,
        state = 'acknowledged', open = 0, due = NULL, settled_at = ?
      WHERE id = ? AND state NOT IN ('cancelled', 'superseded', 'unroutable')
      """, [keepsPromise, acknowledgement.until?.milliseconds, now.milliseconds, id])
    guard touched == 1 else { return false }
    func keep(_ kind: ReceiptKind, _ evidence: String) throws {
      let receipt = Receipt(
        kind, from: acknowledgement.source, evidence, details: acknowledgement.details,
        channel: acknowledgement.channel)
      try db.keep(
        receipt, of: id, digest: digest(kind, evidence), channel: acknowledgement.channel, at: now)
    }
    try keep(.acknowledged, acknowledgement.by)
    if let willDo = acknowledgement.willDo {
      try keep(.actionStated, willDo + (acknowledgement.until.map { ", by \($0.rfc3339)" } ?? ""))
    }
    try openLane(of: id, now, db)
    try db.audit("acknowledged", id, "\(acknowledgement.actor), \(acknowledgement.source.rawValue)", at: now)
    return true
  }

  package func receipts(of notification: String) async throws -> [ReceiptRecord] {
    try await read { db in
      guard let row = try db.row("SELECT created_at FROM notifications WHERE id = ?", [notification]) else { return [] }
      let queued = ReceiptRecord(
        sequence: 0, notification: notification, at: row.requiredInstant("created_at"),
        receipt: Receipt(.queued, from: .gateway, "durable"))
      let rest = try db.rows("SELECT * FROM receipts WHERE notification = ? ORDER BY seq", [notification])
      return [queued] + rest.map(Self.receipt)
    }
  }

  package func receipts(after sequence: Int64, scope: Scope, limit: Int) async throws -> [ReceiptRecord] {
    try await read { db in
      let (test, whose) = scope.test() ?? ("1", [])
      return try db.rows(
        """
        SELECT receipts.* FROM receipts JOIN notifications ON notifications.id = receipts.notification
        WHERE receipts.seq > ? AND \(test) ORDER BY receipts.seq LIMIT ?
        """, [sequence] + whose + [limit]
      ).map(Self.receipt)
    }
  }

  static func receipt(_ row: Row) -> ReceiptRecord {
    ReceiptRecord(
      sequence: row["seq"], notification: row["notification"], at: row.requiredInstant("at"),
      receipt: Receipt(
        ReceiptKind(rawValue: row["kind"]) ?? .accepted, from: ReceiptSource(rawValue: row["source"]) ?? .gateway,
        row["evidence"], details: row["details"], channel: row["channel"]))
  }

  package func tally(_ answer: String, at now: Instant) async throws {
    try await writer.write { db in
      _ = try db.change(
        """
        INSERT INTO tallies (name, count, at) VALUES (?, 1, ?)
        ON CONFLICT (name) DO UPDATE SET count = count + 1, at = excluded.at
        """, [answer, now.milliseconds])
    }
  }

  package func tallies() async throws -> [String: Int] {
    try await read { db in
      try db.rows("SELECT name, count FROM tallies").reduce(into: [:]) { $0[$1["name"]] = $1["count"] }
    }
  }
}

extension Database {
  /// Adds a receipt to the stream. False if it was there already.
  @discardableResult
  func keep(
    _ receipt: Receipt, of notification: String, digest: String, channel: Int?, at now: Instant
  ) throws -> Bool {
    try change(
      """
      INSERT OR IGNORE INTO receipts (notification, at, kind, source, channel, evidence, details, digest)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        notification, now.milliseconds, receipt.kind.rawValue, receipt.source.rawValue, channel, receipt.evidence,
        receipt.details, digest,
      ]) == 1
  }
}
