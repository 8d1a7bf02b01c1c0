package import Delivery
import GRDB
package import Routing

extension SQLiteLedger: DirectoryChanges {
  package func propose(
    _ proposal: DirectoryProposal, by editor: DirectoryEditor, at now: Instant
  ) async throws -> Int64? {
    try await writer.write { db in
      let place = proposal.place
      guard
        try db.row(
          "SELECT 1 FROM directory_changes WHERE agency = ? AND role = ? AND state = 'proposed'",
          [place.agency, place.role]) == nil
      else { return nil }
      try db.change(
        """
        INSERT INTO directory_changes (agency, role, before, after, reason, state, proposed_by, proposer, proposed_at)
        VALUES (?, ?, ?, ?, ?, 'proposed', ?, ?, ?)
        """,
        [
          place.agency, place.role, proposal.before.serialized, proposal.after.serialized, proposal.reason, editor.id,
          editor.label, now.milliseconds,
        ])
      let number = db.lastInsertedRowID
      try Self.auditChange(.proposed, number, place, "by \(editor.label) \(editor.id): \(proposal.reason)", now, db)
      return number
    }
  }

  package func directoryChange(_ number: Int64) async throws -> DirectoryChange? {
    try await read { db in try Self.directoryChange(number, db) }
  }

  package func directoryChanges(
    _ states: Set<DirectoryChange.State>, limit: Int
  ) async throws -> [DirectoryChange] {
    try await read { db in
      let places = states.map { _ in "?" }.joined(separator: ", ")
      return try db.rows(
        "SELECT * FROM directory_changes WHERE state IN (\(places)) ORDER BY number DESC LIMIT ?",
        states.map(\.rawValue).sorted() + [limit]
      ).compactMap(Self.directoryChange)
    }
  }

  package func approvedChanges() async throws -> [DeskChange] {
    try await read { db in
      try db.rows("SELECT * FROM directory_changes WHERE state = 'approved' ORDER BY number")
        .compactMap { try Self.directoryChange($0)?.change }
    }
  }

  package func decide(
    _ number: Int64, _ decision: DirectoryDecision, by editor: DirectoryEditor, at now: Instant
  ) async throws -> DirectoryDecision.Result {
    try await writer.write { db in
      guard let known = try Self.directoryChange(number, db), known.state == .proposed else { return .notOpen }
      let isOwn = known.proposedBy.id == editor.id
      if case .withdraw = decision {
        guard isOwn else { return .notTheirs }
      } else if isOwn {
        return .notTheirs
      }
      try db.change(
        """
        UPDATE directory_changes SET state = ?, decided_by = ?, decider = ?, decided_at = ?, decision = ? WHERE number = ?
        """,
        [decision.state.rawValue, editor.id, editor.label, now.milliseconds, decision.reason, number])
      let why = decision.reason.isEmpty ? "" : ": \(decision.reason)"
      try Self.auditChange(decision.state, number, known.change.place, "by \(editor.label) \(editor.id)\(why)", now, db)
      return .done
    }
  }

  package func conclude(
    _ number: Int64, _ state: DirectoryChange.State, from: Set<DirectoryChange.State>, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      guard let known = try Self.directoryChange(number, db), from.contains(known.state) else { return false }
      try db.change("UPDATE directory_changes SET state = ? WHERE number = ?", [state.rawValue, number])
      try Self.auditChange(state, number, known.change.place, "by the directory's files", now, db)
      return true
    }
  }

  /// `directory-approved derby:childrens-services.front-door change 12 by …`.
  private static func auditChange(
    _ state: DirectoryChange.State, _ number: Int64, _ place: DeskPlace, _ words: String, _ now: Instant, _ db: Database
  ) throws {
    try db.audit(
      "directory-\(state.rawValue)", "\(place.agency):\(place.role)", "change \(number) \(words)", at: now)
  }

  private static func directoryChange(_ number: Int64, _ db: Database) throws -> DirectoryChange? {
    try db.row("SELECT * FROM directory_changes WHERE number = ?", [number]).flatMap(directoryChange)
  }

  private static func directoryChange(_ row: Row) throws -> DirectoryChange? {
    guard let state = DirectoryChange.State(rawValue: row["state"]) else { return nil }
    let decider: DirectoryEditor? = (row["decided_by"] as String?).map { id in
      DirectoryEditor(id: id, label: row["decider"])
    }
    return DirectoryChange(
      change: DeskChange(
        number: row["number"], place: DeskPlace(agency: row["agency"], role: row["role"]),
        before: try JSONValue(parsing: (row["before"] as String).utf8),
        after: try JSONValue(parsing: (row["after"] as String).utf8)),
      reason: row["reason"], state: state,
      proposedBy: DirectoryEditor(id: row["proposed_by"], label: row["proposer"]),
      proposedAt: row.requiredInstant("proposed_at"), decidedBy: decider, decidedAt: row.instant("decided_at"),
      decision: row["decision"])
  }
}
