package import Delivery
import GRDB
import Routing

extension SQLiteLedger {
  package func changes(after sequence: Int64, scope: Scope, limit: Int) async throws -> Changes {
    try await read { db in
      let (test, whose) = scope.test() ?? ("1", [])
      // Bounded by what is read, not by what is found: somebody who may see little must not cost a scan of everything.
      let reached =
        try db.row(
          "SELECT max(seq) AS last FROM (SELECT seq FROM audit WHERE seq > ? ORDER BY seq LIMIT ?)", [sequence, limit]
        )?["last"] as Int64?
      guard let reached else { return Changes(list: [], reached: sequence) }
      let rows = try db.rows(
        """
        SELECT * FROM (
          SELECT audit.seq, audit.at, audit.kind, audit.identifier, 'notification' AS noun, episode, sender, agency, role,
              state
            FROM audit JOIN notifications ON notifications.id = audit.identifier
            WHERE audit.seq > ?1 AND audit.seq <= ?2
          UNION ALL
          SELECT audit.seq, audit.at, audit.kind, audit.identifier, 'duty', episode, sender, agency, role, state
            FROM audit JOIN duties ON duties.id = audit.identifier WHERE audit.seq > ?1 AND audit.seq <= ?2
          UNION ALL
          SELECT audit.seq, audit.at, audit.kind, audit.identifier, 'event', subject, sender, NULL, NULL, NULL
            FROM audit JOIN events ON events.id = audit.identifier WHERE audit.seq > ?1 AND audit.seq <= ?2
          UNION ALL
          SELECT audit.seq, audit.at, 'owed', notifications.id, 'notification', episode, sender, agency, role, state
            FROM audit JOIN notifications ON notifications.event = audit.identifier
            WHERE audit.kind IN ('accepted', 'fired') AND audit.seq > ?1 AND audit.seq <= ?2
          UNION ALL
          SELECT audit.seq, audit.at, 'owed', duties.id, 'duty', episode, sender, agency, role, state
            FROM audit JOIN duties ON duties.event = audit.identifier
            WHERE audit.kind IN ('accepted', 'fired') AND audit.seq > ?1 AND audit.seq <= ?2)
        WHERE kind NOT IN ('viewed', 'refused') AND \(test) ORDER BY seq, noun, identifier
        """, [sequence, reached] + whose)
      return Changes(list: rows.compactMap(Self.change), reached: reached)
    }
  }

  package func lastChange() async throws -> Int64 {
    try await read { db in (try db.row("SELECT max(seq) AS last FROM audit")?["last"] as Int64?) ?? 0 }
  }

  private static func change(_ row: Row) -> Change? {
    guard let noun = Change.Noun(rawValue: row["noun"]) else { return nil }
    return Change(
      sequence: row["seq"], at: row.requiredInstant("at"), kind: row["kind"], noun: noun,
      identifier: row["identifier"], episode: row["episode"], agency: row["agency"], state: row["state"])
  }
}
