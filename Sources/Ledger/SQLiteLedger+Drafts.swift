package import Delivery
import GRDB
package import Routing

/// Reports while they are written.
extension SQLiteLedger: ReportDrafts {
  package func beginDraft(
    _ id: String, of person: String, _ answers: [String: String], at now: Instant
  ) async throws {
    try await writer.write { db in
      try Self.sweepDrafts(now, db)
      try db.change(
        "INSERT OR IGNORE INTO drafts (id, person, data, made_at, changed_at) VALUES (?, ?, ?, ?, ?)",
        [id, person, Self.text(answers), now.milliseconds, now.milliseconds])
    }
  }

  package func drafts(of person: String, limit: Int, at now: Instant) async throws -> [ReportDraft] {
    try await read { db in
      try db.rows(
        "SELECT * FROM drafts WHERE person = ? AND \(Self.isKept) ORDER BY made_at DESC LIMIT ?",
        [person, Self.oldest(now), limit]
      ).map(Self.draft)
    }
  }

  package func draft(_ id: String, of person: String, at now: Instant) async throws -> ReportDraft? {
    try await read { db in try Self.draft(id, person, now, db) }
  }

  package func answer(
    _ id: String, of person: String, _ answers: [String: String], at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      try Self.sweepDrafts(now, db)
      guard let draft = try Self.draft(id, person, now, db), draft.event == nil else { return false }
      let all = draft.answers.merging(answers) { _, new in new }.filter { !$0.value.isEmpty }
      try db.change(
        "UPDATE drafts SET data = ?, changed_at = max(changed_at, ?) WHERE id = ?",
        [Self.text(all), now.milliseconds, id])
      return true
    }
  }

  package func closeDraft(
    _ id: String, of person: String, as sent: SentReport, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      try Self.sweepDrafts(now, db)
      let touched = try db.change(
        """
        UPDATE drafts SET data = '{}', event = ?, sent_at = ?, child = ?, reporters = ?, likeness = ?
        WHERE id = ? AND person = ? AND event IS NULL
        """,
        [
          sent.event, now.milliseconds, sent.child, sent.likeness?.reporters, sent.likeness?.digest, id, person,
        ])
      return touched == 1
    }
  }

  package func deleteDraft(_ id: String, of person: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      try Self.sweepDrafts(now, db)
      return try db.change("DELETE FROM drafts WHERE id = ? AND person = ? AND event IS NULL", [id, person]) == 1
    }
  }

  package func reportedChild(_ likeness: ChildLikeness) async throws -> String? {
    try await read { db in
      try db.row(
        "SELECT child FROM drafts WHERE reporters = ? AND likeness = ? ORDER BY sent_at, id LIMIT 1",
        [likeness.reporters, likeness.digest])?["child"]
    }
  }

  /// Deletes what was not sent in time.
  static func sweepDrafts(_ now: Instant, _ db: Database) throws {
    try db.change("DELETE FROM drafts WHERE event IS NULL AND changed_at <= ?", [oldest(now)])
  }

  private static let isKept = "(event IS NOT NULL OR changed_at > ?)"

  private static func oldest(_ now: Instant) -> Int64 {
    now.advanced(bySeconds: -ReportDraft.lifetime).milliseconds
  }

  private static func text(_ answers: [String: String]) -> String {
    JSONValue.object(answers.mapValues(JSONValue.string)).serialized
  }

  private static func draft(_ id: String, _ person: String, _ now: Instant, _ db: Database) throws -> ReportDraft? {
    try db.row("SELECT * FROM drafts WHERE id = ? AND person = ? AND \(isKept)", [id, person, oldest(now)]).map(draft)
  }

  private static func draft(_ row: Row) throws -> ReportDraft {
    let data = try JSONValue(parsing: (row["data"] as String).utf8)
    return ReportDraft(
      id: row["id"], answers: (data.members ?? [:]).compactMapValues(\.text), madeAt: row.requiredInstant("made_at"),
      changedAt: row.requiredInstant("changed_at"), event: row["event"], sentAt: row.instant("sent_at"))
  }
}
