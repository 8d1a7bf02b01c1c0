package import Delivery
import GRDB
package import Routing

/// Who has taken on which duty.
extension SQLiteLedger: DutyDesk {
  private static let select = """
    SELECT duties.*, holder.person, holder.label, holder.taken_at,
      EXISTS (SELECT 1 FROM episodes WHERE reference = duties.episode AND exercise = 1) AS exercise
    FROM duties LEFT JOIN duty_holders AS holder ON holder.duty = duties.id
    """
  private static let owed = "state IN ('open', 'overdue')"

  package func duties(_ question: DutyQuestion) async throws -> [DeskDuty] {
    try await read { db in
      var tests: [String] = []
      var values: [(any DatabaseValueConvertible)?] = []
      var order = "state <> 'overdue', by_time IS NULL, by_time, seq"
      switch question.which {
      case .open: tests.append(Self.owed)
      case .overdue: tests += [Self.owed, "state = 'overdue'"]
      case .held(let person):
        tests += [Self.owed, "person = ?"]
        values.append(person)
      case .done:
        tests.append("fulfilled_at IS NOT NULL")
        order = "fulfilled_at DESC, seq DESC"
      }
      if let (test, whose) = question.scope.test() {
        tests.append(test)
        values += whose
      }
      let sql = "\(Self.select) WHERE \(tests.joined(separator: " AND ")) ORDER BY \(order) LIMIT ? OFFSET ?"
      return try db.rows(sql, values + [question.limit, question.offset]).map(Self.duty)
    }
  }

  package func duty(_ id: String, in scope: Scope) async throws -> DeskDuty? {
    try await read { db in
      let (test, whose) = scope.test() ?? ("1", [])
      return try db.row("\(Self.select) WHERE duties.id = ? AND \(test)", [id] + whose).map(Self.duty)
    }
  }

  private static func duty(_ row: Row) -> DeskDuty {
    DeskDuty(
      record: DutyRows.record(row), isExercise: row["exercise"],
      holder: (row["person"] as String?).map {
        DutyHolder(person: $0, label: row["label"], takenAt: row.requiredInstant("taken_at"))
      })
  }

  package func takeDuty(
    _ id: String, by person: Person, from holder: String?, why: String, at now: Instant
  ) async throws -> Bool {
    try await writer.write { db in
      guard try Self.isOwed(id, db) else { return false }
      let current = try Self.holder(of: id, db)
      // Pressed twice: they have it.
      if current == person.id { return true }
      guard current == holder else { return false }
      try db.change(
        """
        INSERT INTO duty_holders (duty, person, label, taken_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (duty) DO UPDATE SET person = excluded.person, label = excluded.label, taken_at = excluded.taken_at
        """, [id, person.id, person.label, now.milliseconds])
      try db.audit("duty-taken", id, Self.words(person, why), at: now)
      return true
    }
  }

  package func giveBackDuty(_ id: String, by person: Person, why: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      guard try Self.isOwed(id, db),
        try db.change("DELETE FROM duty_holders WHERE duty = ? AND person = ?", [id, person.id]) == 1
      else { return false }
      try db.audit("duty-given-back", id, Self.words(person, why), at: now)
      return true
    }
  }

  private static func isOwed(_ id: String, _ db: Database) throws -> Bool {
    try db.row("SELECT 1 FROM duties WHERE id = ? AND \(owed)", [id]) != nil
  }

  private static func holder(of duty: String, _ db: Database) throws -> String? {
    try db.row("SELECT person FROM duty_holders WHERE duty = ?", [duty])?["person"]
  }

  private static func words(_ person: Person, _ why: String) -> String {
    "\(person.label) \(person.id)\(why.isEmpty ? "" : ": \(why)")"
  }
}
