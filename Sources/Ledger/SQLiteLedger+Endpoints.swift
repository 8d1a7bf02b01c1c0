package import Delivery
import GRDB
package import Routing

/// Endpoints that fail or are switched off, and what waits for destinations that rest.
extension SQLiteLedger {
  package func endpoints() async throws -> [EndpointRecord] {
    try await read { db in
      let closed = try db.rows("SELECT endpoint, at, since, reason, notification FROM closed_destinations ORDER BY at")
      let failing = try db.rows("SELECT endpoint, since, last, count FROM failing_endpoints ORDER BY since")
      return closed.map { row in
        let at = row.requiredInstant("at")
        return EndpointRecord(
          url: row["endpoint"], since: row.instant("since") ?? at, closedAt: at, reason: row["reason"],
          notification: row["notification"], failing: nil)
      }
        + failing.map { row in
          let since = row.requiredInstant("since")
          return EndpointRecord(
            url: row["endpoint"], since: since, closedAt: nil, reason: "it fails", notification: "",
            failing: FailingEndpoint(since: since, last: row.requiredInstant("last"), count: row["count"]))
        }
    }
  }

  /// Writes what a settlement has learned of its endpoint. True if that switches it off, and was not known before.
  static func write(_ news: EndpointNews, seenBy notification: String, _ now: Instant, _ db: Database) throws -> Bool {
    switch news {
    case .works(let url): try forget(url, db)
    case .fails(let url, let run):
      try db.change(
        "INSERT OR REPLACE INTO failing_endpoints (endpoint, since, last, count) VALUES (?, ?, ?, ?)",
        [url, run.since.milliseconds, run.last.milliseconds, run.count])
    case .closes(let closing):
      guard try close(closing.url, closing.reason, since: closing.since, notification, now, db) else { return false }
      if let notice = closing.notice { try write(notice, sender: Event.timeSource, at: now, db) }
      try db.audit(
        "endpoint-closed", Channel.name(ofEndpoint: closing.url),
        "\(notification): \(closing.reason); owner told: \(closing.notice?.id ?? "no channel")", at: now)
      return true
    }
    return false
  }

  private static func forget(_ url: String, _ db: Database) throws {
    try db.change("DELETE FROM failing_endpoints WHERE endpoint = ?", [url])
  }

  private static func close(
    _ url: String, _ reason: String, since: Instant, _ notification: String, _ now: Instant, _ db: Database
  ) throws -> Bool {
    try forget(url, db)
    return try db.change(
      "INSERT OR IGNORE INTO closed_destinations (endpoint, at, since, reason, notification) VALUES (?, ?, ?, ?, ?)",
      [url, now.milliseconds, since.milliseconds, reason, notification]) == 1
  }

  package func closeEndpoint(_ url: String, at now: Instant, by actor: String, reason: String) async throws -> Bool {
    try await writer.write { db in
      guard try Self.close(url, reason, since: now, "", now, db) else { return false }
      try db.audit("endpoint-closed", Channel.name(ofEndpoint: url), "\(actor): \(reason)", at: now)
      return true
    }
  }

  package func openEndpoint(_ url: String, at now: Instant, by actor: String) async throws -> Bool {
    try await writer.write { db in
      guard try db.change("DELETE FROM closed_destinations WHERE endpoint = ?", [url]) == 1 else { return false }
      try Self.forget(url, db)
      try db.audit("endpoint-opened", Channel.name(ofEndpoint: url), actor, at: now)
      return true
    }
  }

  package func keepMoving(past resting: Set<String>, at now: Instant) async throws -> Int {
    let places = resting.sorted()
    if places.isEmpty { return 0 }
    return try await writer.write { db in
      try Self.startClocks(places, now, db) + Self.hurry(places, now, db) + Self.takeTurns(places, now, db)
    }
  }

  private static func waiting(_ places: [String]) -> String {
    "due <= ? AND leased = 0 AND destination IN (\(places.map { _ in "?" }.joined(separator: ", ")))"
  }

  private static func values(_ places: [String], _ now: Instant) -> [(any DatabaseValueConvertible)?] {
    [now.milliseconds] + places
  }

  /// Without a clock a message gets one at its first failure; here from when it would have been attempted.
  private static func startClocks(_ places: [String], _ now: Instant, _ db: Database) throws -> Int {
    try db.change(
      """
      UPDATE notifications SET check_at = due + CASE WHEN within > 0 THEN within ELSE 1800000 END
      WHERE \(waiting(places)) AND check_at IS NULL AND overdue = 0
      """, values(places, now))
  }

  /// Milliseconds for which what is pressing waits for a destination that rests, if there is somebody else to ask.
  private static let hurry: Int64 = 60_000

  /// The bits are those of the channels after the farthest that was asked, without those that refused for good.
  private static func hurry(_ places: [String], _ now: Instant, _ db: Database) throws -> Int {
    try db.change(
      """
      UPDATE notifications SET check_at = due + \(hurry)
      WHERE \(waiting(places)) AND pressing = 1 AND check_at > due + \(hurry)
        AND ((1 << (length(channels) - length(replace(channels, char(30), '')) + 1)) - 1)
          & ~((2 << max(rung, channel_index)) - 1) & ~closed_channels <> 0
      """, values(places, now))
  }

  /// Beyond the first rung the channels take turns after each attempt; one that rests is left out. All that may go on are
  /// looked at: those that cannot must not stand before one that can.
  private static func takeTurns(_ places: [String], _ now: Instant, _ db: Database) throws -> Int {
    let rows = try db.rows(
      """
      SELECT seq, channels, channel_index, closed_channels, taken_channels, rung FROM notifications
      WHERE \(waiting(places)) AND rung > 0
        AND ((2 << rung) - 1) & ~(closed_channels | taken_channels | (1 << channel_index)) <> 0
      """, values(places, now))
    let resting = Set(places)
    var moved = 0
    for row in rows {
      let channels = Packed.channels(row["channels"] as String)
      let progress = DeliveryProgress(
        channelIndex: row["channel_index"], closedChannels: UInt64(bitPattern: row["closed_channels"] as Int64),
        rung: row["rung"], takenChannels: UInt64(bitPattern: row["taken_channels"] as Int64))
      guard
        let next = progress.nextChannel(
          of: min(progress.rung + 1, channels.count),
          where: { channels[$0].name != "manual" && !resting.contains(channels[$0].destination) })
      else { continue }
      moved += try db.change(
        "UPDATE notifications SET channel_index = ?, destination = ? WHERE seq = ?",
        [next, channels[next].destination, row["seq"] as Int64])
    }
    return moved
  }
}
