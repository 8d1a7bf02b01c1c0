package import Delivery
import GRDB
package import Routing

extension SQLiteLedger: AccessLedger {
  package func addSender(_ sender: Sender, keyHash: String, at now: Instant) async throws {
    try await writer.write { db in
      try db.change(
        """
        INSERT INTO senders (name, authorities, types, agencies, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET authorities = excluded.authorities, types = excluded.types,
          agencies = excluded.agencies, created_at = excluded.created_at, revoked_at = NULL WHERE revoked_at IS NOT NULL
        """,
        [
          sender.name, Packed.texts(sender.authorities), Packed.texts(sender.types), Packed.texts(sender.agencies),
          now.milliseconds,
        ])
      try Self.add(.key(hash: keyHash), to: sender.name, now, db)
      try db.audit("sender-added", sender.name, "", at: now)
    }
  }

  package func senders() async throws -> [Sender] {
    try await read { db in
      try db.rows("SELECT * FROM senders WHERE revoked_at IS NULL ORDER BY name").map(Self.sender)
    }
  }

  package func revokeSender(_ name: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      let touched = try db.change(
        "UPDATE senders SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", [now.milliseconds, name])
      guard touched == 1 else { return false }
      try db.change("DELETE FROM credentials WHERE sender = ?", [name])
      try db.audit("sender-revoked", name, "", at: now)
      return true
    }
  }

  package func addCredential(_ credential: Credential, of sender: String, at now: Instant) async throws {
    try await writer.write { db in
      try Self.requireSender(sender, db)
      try Self.add(credential, to: sender, now, db)
      try db.audit("credential-added", sender, credential.label, at: now)
    }
  }

  package func rotateKey(of sender: String, to keyHash: String, others end: Instant, at now: Instant) async throws {
    try await writer.write { db in
      try Self.requireSender(sender, db)
      try db.change(
        "UPDATE credentials SET ends_at = min(coalesce(ends_at, ?), ?) WHERE sender = ? AND kind = 'key'",
        [end.milliseconds, end.milliseconds, sender])
      let credential = Credential.key(hash: keyHash)
      try Self.add(credential, to: sender, now, db)
      try db.audit("key-rotated", sender, "\(credential.label); others end \(end.rfc3339)", at: now)
    }
  }

  package func endCredential(_ label: String, of sender: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      guard try db.change("DELETE FROM credentials WHERE sender = ? AND label = ?", [sender, label]) > 0 else {
        return false
      }
      try db.audit("credential-ended", sender, label, at: now)
      return true
    }
  }

  package func credentials() async throws -> [CredentialRecord] {
    try await read { db in
      try db.rows("SELECT * FROM credentials ORDER BY sender, created_at, label").compactMap { row in
        guard let kind = Credential.Kind(rawValue: row["kind"]) else { return nil }
        return CredentialRecord(
          sender: row["sender"], kind: kind, label: row["label"], createdAt: row.requiredInstant("created_at"),
          endsAt: row.instant("ends_at"))
      }
    }
  }

  package func sender(_ credential: Credential, at now: Instant) async throws -> Sender? {
    try await read { db in
      try db.row(
        """
        SELECT senders.* FROM credentials JOIN senders ON senders.name = credentials.sender
        WHERE kind = ? AND identifier = ? AND (ends_at IS NULL OR ends_at > ?) AND revoked_at IS NULL
        """, [credential.kind.rawValue, credential.identifier, now.milliseconds]
      ).map(Self.sender)
    }
  }

  package func record(_ entries: [AccessEntry], at now: Instant) async throws {
    try await writer.write { db in
      for entry in entries { try db.audit(entry.kind, entry.identifier, entry.detail, at: now) }
    }
  }

  package func hasViewed(
    _ kind: String, _ identifier: String, by person: String, since: Instant
  ) async throws -> Bool {
    let (start, end) = ("\(kind) by ", " \(person)")
    return try await read { db in
      // The newest first: what a page renews is recent.
      try db.row(
        """
        SELECT 1 FROM audit WHERE identifier = ? AND kind = 'viewed' AND at >= ?
          AND substr(detail, 1, ?) = ? AND substr(detail, -?) = ? ORDER BY seq DESC LIMIT 1
        """,
        [
          identifier, since.milliseconds, start.unicodeScalars.count, start, end.unicodeScalars.count, end,
        ]) != nil
    }
  }

  private static func requireSender(_ name: String, _ db: Database) throws {
    guard try db.row("SELECT 1 FROM senders WHERE name = ? AND revoked_at IS NULL", [name]) != nil else {
      throw AccessProblem.unknownSender(name)
    }
  }

  private static func add(_ credential: Credential, to sender: String, _ now: Instant, _ db: Database) throws {
    let touched = try db.change(
      """
      INSERT OR IGNORE INTO credentials (kind, identifier, sender, label, created_at) VALUES (?, ?, ?, ?, ?)
      """, [credential.kind.rawValue, credential.identifier, sender, credential.label, now.milliseconds])
    guard touched == 1 else { throw AccessProblem.taken(credential.label) }
  }

  private static func sender(_ row: Row) throws -> Sender {
    Sender(
      name: row["name"], authorities: Packed.texts(row["authorities"] as String),
      types: Packed.texts(row["types"] as String), agencies: Packed.texts(row["agencies"] as String))
  }
}

/// Whose rows a reader gets, as a test of the columns `sender`, `agency` and `role`.
extension Scope {
  func test() -> (sql: String, values: [(any DatabaseValueConvertible)?])? {
    guard case .only(let sender, let agencies) = self else { return nil }
    var tests: [String] = []
    if sender != nil { tests.append("sender = ?") }
    if !agencies.isEmpty {
      let places = agencies.map { _ in "?" }.joined(separator: ", ")
      // As `Recipient` has it.
      tests.append("agency IN (\(places)) AND role NOT LIKE 'family.%'")
    }
    return (tests.isEmpty ? "0" : "(\(tests.joined(separator: " OR ")))", (sender.map { [$0] } ?? []) + agencies)
  }
}
