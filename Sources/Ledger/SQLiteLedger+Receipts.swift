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
      try Self.apply(ReceiptEffect.of(report, on: NotificationRows.record(row)), report, row, now, db)
      let state = try db.row("SELECT state FROM notifications WHERE id = ?", [report.notification])
      return .recorded(state.flatMap { NotificationState(rawValue: $0["state"]) } ?? .queued)
    }
  }

  private static func apply(
    _ effect: ReceiptEffect, _ report: ReceiptReport, _ row: Row, _ now: Instant, _ db: Database
  ) throws {
    let sequence = NotificationRows.sequence(row)
    switch effect {
    case .kept: return
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
      try db.raise(
        Alarm(
          kind: .delayed, identifier: report.notification,
          text:
            "a mail server has it and cannot hand it on (\(report.status ?? "no code")); the next way is tried in time"
        ), at: now)
    case .closedAside(let bit):
      try db.change(
        "UPDATE notifications SET closed_channels = closed_channels | ? WHERE seq = ?",
        [Int64(bitPattern: bit), sequence])
    case .closed(let progress, let next): try close(progress, next, report, row, now, db)
    case .again:
      // As long as a pause between attempts may be; no shorter, since a server has been at it for hours already.
      let isPressing = NotificationRows.notification(row).isPressing
      try db.change(
        """
        UPDATE notifications SET state = 'deferred', open = 1, due = ?, settled_at = NULL,
          check_at = coalesce(check_at, ?) WHERE seq = ?
        """,
        [
          now.milliseconds + (isPressing ? 60_000 : 600_000), now.milliseconds + NotificationRows.within(row), sequence,
        ])
      try db.raise(failure(report, "it is tried again"), at: now)
    }
  }

  /// It has come that far. What it still demands goes on being asked for, by the channel that is in use now.
  private static func reach(_ state: NotificationState, _ row: Row, _ now: Instant, _ db: Database) throws {
    let record = NotificationRows.record(row)
    let isEnough = state.meets(record.notification.confirm)
    let isBeingTried = record.state.isOpen || record.state == .held
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
  ) throws {
    let record = NotificationRows.record(row)
    let isOvertaken = try next != nil && passOn(record, row, now, db)
    let goesOn = next != nil && !isOvertaken
    let channels = record.notification.channels
    try db.change(
      """
      UPDATE notifications SET state = ?, open = ?, due = ?, tries = 0, closed_channels = ?, channel_index = ?, rung = ?,
        destination = ?, settled_at = ?, check_at = CASE WHEN ? THEN max(coalesce(check_at, 0), ?) END WHERE seq = ?
      """,
      [
        goesOn ? "queued" : "failed", goesOn, goesOn ? now.milliseconds : nil,
        Int64(bitPattern: progress.closedChannels), progress.channelIndex, progress.rung,
        channels[progress.channelIndex].destination, goesOn ? nil : now.milliseconds, goesOn,
        now.milliseconds + record.notification.within, NotificationRows.sequence(row),
      ])
    let way = isOvertaken ? "a later message has left already" : next == nil ? "no other channel is left" : nil
    try db.raise(failure(report, way ?? "the next channel is tried"), at: now)
    try db.audit(
      "failed", record.notification.id,
      "came back\(next == nil ? "" : ", channel \(progress.channelIndex + 1) is next")", at: now)
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
    // Who is being asked once more right now (leased) is not asked again; the attempt ends without a consequence.
    let touched = try db.change(
      """
      UPDATE notifications SET state = 'acknowledged', open = 0, due = NULL, check_at = ?, settled_at = ?
      WHERE id = ? AND state NOT IN ('cancelled', 'superseded', 'unroutable')
      """, [acknowledgement.until?.milliseconds, now.milliseconds, id])
    guard touched == 1 else { return false }
    func keep(_ kind: ReceiptKind, _ evidence: String) throws {
      let receipt = Receipt(
        kind, from: acknowledgement.source, evidence, details: acknowledgement.details,
        channel: acknowledgement.channel)
      try db.keep(
        receipt, of: id, digest: "\(kind.rawValue) \(now.milliseconds)", channel: acknowledgement.channel, at: now)
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

  package func receipts(after sequence: Int64, limit: Int) async throws -> [ReceiptRecord] {
    try await read { db in
      try db.rows("SELECT * FROM receipts WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit]).map(Self.receipt)
    }
  }

  private static func receipt(_ row: Row) -> ReceiptRecord {
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
