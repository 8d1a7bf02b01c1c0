package import Delivery
import GRDB
package import Routing

extension SQLiteLedger {
  package func lease(_ request: LeaseRequest) async throws -> [Lease] {
    try await writer.write { db in
      try Self.choose(request, db).compactMap { sequence in
        guard let row = try db.row(NotificationRows.select + " WHERE seq = ?", [sequence]) else { return nil }
        // Whoever held it did not come back: it may have been sent, and is sent again under the same id.
        if NotificationRows.isLeased(row) {
          try db.audit("lease-lost", NotificationRows.id(row), "the lease ran out", at: request.now)
        }
        try db.change(
          "UPDATE notifications SET due = ?, leased = 1, fence = fence + 1 WHERE seq = ?",
          [request.until.milliseconds, sequence])
        return NotificationRows.lease(row, try Self.number(row, request.now, db))
      }
    }
  }

  /// The first due notifications that their destinations have room for. Looks a little further than what it takes, but
  /// never through a whole backlog: destinations that fill up here are left out by the next request.
  private static func choose(_ request: LeaseRequest, _ db: Database) throws -> [Int64] {
    let full = request.room.filter { $0.value <= 0 }.keys.sorted()
    let statement = try db.cachedStatement(
      sql: """
        SELECT seq, destination FROM notifications
        WHERE due IS NOT NULL AND due + delay <= ? AND due <= ? \(without(full)) ORDER BY due + delay
        """)
    let latest = request.now.milliseconds
    let values: [(any DatabaseValueConvertible)?] = [latest + Notification.greatestHeadStart, latest] + full
    let rows = try Row.fetchCursor(statement, arguments: StatementArguments(values))
    var room = request.room
    var taken: [Int64] = []
    var passed = 0
    while taken.count < request.limit, passed < 64 + taken.count, let row = try rows.next() {
      let destination: String = row[1]
      let left = room[destination] ?? request.usualRoom
      if left > 0 {
        room[destination] = left - 1
        taken.append(row[0])
      } else {
        passed += 1
      }
    }
    return taken
  }

  private static func without(_ destinations: [String]) -> String {
    destinations.isEmpty
      ? "" : "AND destination NOT IN (\(destinations.map { _ in "?" }.joined(separator: ", ")))"
  }

  package func settle(_ settlement: Settlement) async throws -> Bool {
    try await writer.write { db in
      let now = settlement.attempt.at.advanced(byMilliseconds: settlement.attempt.milliseconds)
      let progress = settlement.delivery
      guard
        let row = try db.row(
          "SELECT state, open, confirm, check_at, within FROM notifications WHERE id = ? AND fence = ? AND leased = 1",
          [settlement.notification, settlement.fence])
      else { return false }
      // It may have been acknowledged while it was being attempted once more: that stands.
      let stands = !(row["open"] as Bool)
      let isOpen = settlement.due != nil && !stands
      let demand = Confirmation(rawValue: row["confirm"]) ?? .accepted
      let look =
        stands
        ? row.instant("check_at")
        : settlement.look(running: row.instant("check_at"), within: row["within"], demand: demand, at: now)
      try db.change(
        """
        UPDATE notifications SET state = ?, open = ?, due = ?, leased = 0, attempts = ?, tries = ?, channel_index = ?,
          rung = ?, closed_channels = closed_channels | ?, taken_channels = ?, destination = coalesce(?, destination),
          settled_at = CASE WHEN ? THEN settled_at ELSE ? END, confirm = max(confirm, ?), check_at = ?
        WHERE id = ?
        """,
        [
          stands ? row["state"] as String : settlement.state.rawValue, isOpen,
          isOpen ? settlement.due?.milliseconds : nil, progress.attempts, progress.tries, progress.channelIndex,
          progress.rung, Int64(bitPattern: progress.closedChannels), Int64(bitPattern: progress.takenChannels),
          settlement.destination, stands, isOpen ? nil : now.milliseconds, settlement.demands?.rawValue ?? 0,
          look?.milliseconds, settlement.notification,
        ])
      try Self.write(settlement, now, db)
      if !isOpen { try Self.openLane(of: settlement.notification, now, db) }
      return true
    }
  }

  private static func write(_ settlement: Settlement, _ now: Instant, _ db: Database) throws {
    let attempt = settlement.attempt
    let progress = settlement.delivery
    try db.change(
      "INSERT INTO attempts (notification, number, at, milliseconds, channel, result, words) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        settlement.notification, attempt.number, attempt.at.milliseconds, attempt.milliseconds, attempt.channel,
        attempt.result, attempt.words,
      ])
    if let receipt = settlement.receipt {
      try db.keep(
        receipt, of: settlement.notification, digest: "attempt \(attempt.number)", channel: progress.channelIndex,
        at: now)
    }
    let isClosedNow =
      try settlement.endpoint.map { try write($0, seenBy: settlement.notification, now, db) } ?? false
    for alarm in settlement.alarms where alarm.kind != .endpointGone || isClosedNow {
      // Each try meets the same server again: people are told once.
      let isRepeat = try settlement.state == .deferred && db.hasRaised(alarm)
      if !isRepeat { try db.raise(alarm, at: now) }
    }
    let way =
      attempt.result == "rejected" && settlement.due != nil
      ? ", channel \(settlement.delivery.channelIndex + 1) is next" : ""
    try db.audit(settlement.state.rawValue, settlement.notification, "attempt \(attempt.number)\(way)", at: now)
  }

  /// Lets the next message of the same lane go.
  static func openLane(of notification: String, _ now: Instant, _ db: Database) throws {
    try db.change(
      """
      UPDATE notifications SET due = max(coalesce(not_before, 0), ?)
      WHERE due IS NULL AND seq = (
        SELECT min(seq) FROM notifications
        WHERE open = 1 AND lane = (SELECT lane FROM notifications WHERE id = ?))
      """, [now.milliseconds, notification])
  }

  package func reclaimLeases(at now: Instant) async throws -> Int {
    try await writer.write { db in
      for row in try db.rows("SELECT id FROM notifications WHERE leased = 1") {
        try db.audit("lease-lost", row["id"], "the gateway was stopped", at: now)
      }
      // A new fence: should the old holder still be alive after all, what it settles changes nothing.
      return try db.change(
        """
        UPDATE notifications SET due = CASE WHEN open = 1 THEN ? END, leased = 0, fence = fence + 1 WHERE leased = 1
        """, [now.milliseconds])
    }
  }

  package func nextDue(excluding destinations: Set<String>) async throws -> Instant? {
    let full = destinations.sorted()
    return try await read { db in
      // By rank, as leases are given: nothing that is pressing can hide behind the first of these.
      try db.rows(
        "SELECT due FROM notifications WHERE due IS NOT NULL \(Self.without(full)) ORDER BY due + delay LIMIT 64", full
      ).compactMap { $0.instant("due") }.min()
    }
  }

  package func act(
    _ action: OperatorAction, on id: String, at now: Instant, by actor: String, reason: String
  ) async throws -> Bool {
    try await writer.write { db in
      guard let row = try db.row("SELECT state, leased, channels FROM notifications WHERE id = ?", [id]),
        let state = NotificationState(rawValue: row["state"]), state.allows(action), !(row["leased"] as Bool)
      else { return false }
      try Self.change(action, id, Packed.channels(row["channels"] as String), now, db)
      if action == .cancel || action == .hold { try Self.openLane(of: id, now, db) }
      try db.audit("operator-\(action.rawValue)", id, "\(actor): \(reason)", at: now)
      return true
    }
  }

  private static func change(
    _ action: OperatorAction, _ id: String, _ channels: [Channel], _ now: Instant, _ db: Database
  ) throws {
    switch action {
    case .retry, .release:
      try db.change(
        """
        UPDATE notifications SET state = 'queued', open = 1, due = CASE WHEN EXISTS (
            SELECT 1 FROM notifications AS earlier WHERE earlier.lane = notifications.lane AND earlier.open = 1
              AND earlier.seq < notifications.seq) THEN NULL ELSE ? END, released_at = ?, tries = 0, closed_channels = 0,
          channel_index = 0, rung = 0, destination = ?,
          not_before = NULL, settled_at = NULL,
          check_at = CASE WHEN confirm > 0 OR by_time IS NOT NULL THEN max(coalesce(by_time, 0), ? + within) END
        WHERE id = ?
        """,
        [
          now.milliseconds, now.milliseconds, channels.first?.destination ?? "", now.milliseconds, id,
        ])
    case .cancel:
      try db.change(
        "UPDATE notifications SET state = 'cancelled', open = 0, due = NULL, check_at = NULL, settled_at = ? WHERE id = ?",
        [now.milliseconds, id])
    case .hold:
      try db.change("UPDATE notifications SET state = 'held', open = 0, due = NULL, check_at = NULL WHERE id = ?", [id])
    }
  }

  package func raise(_ alarm: Alarm, at now: Instant) async throws {
    try await writer.write { db in try db.raise(alarm, at: now) }
  }
}
