package import Delivery
import GRDB
package import Routing

extension SQLiteLedger: PeopleLedger {
  package func addPerson(_ person: Person, by: String, at now: Instant) async throws {
    try await writer.write { db in
      if let row = try db.row("SELECT label FROM people WHERE id = ? AND ended_at IS NULL", [person.id]) {
        throw PeopleProblem.known(row["label"])
      }
      guard try db.row("SELECT 1 FROM people WHERE label = ? AND id <> ?", [person.label, person.id]) == nil else {
        throw PeopleProblem.taken(person.label)
      }
      try db.change(
        """
        INSERT INTO people (id, provider, name, label, roles, agencies, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET label = excluded.label, roles = excluded.roles, agencies = excluded.agencies,
          created_at = excluded.created_at, passphrase = NULL, ended_at = NULL
        """,
        [
          person.id, person.provider, person.name, person.label, Packed.texts(person.roles.map(\.rawValue)),
          Packed.texts(person.agencies), now.milliseconds,
        ])
      let limits = person.agencies.isEmpty ? "every agency" : person.agencies.joined(separator: " ")
      let roles = person.roles.map(\.rawValue).joined(separator: " ")
      try db.audit("person-added", person.id, "\(person.label): \(roles); \(limits); by \(by)", at: now)
    }
  }

  package func endPerson(_ id: String, by: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in
      guard let person = try Self.person(id, db) else { return false }
      try Self.endSessions(of: person, .withdrawn, now, db)
      try db.change("UPDATE people SET ended_at = ?, passphrase = NULL WHERE id = ?", [now.milliseconds, id])
      try db.audit("person-ended", id, "\(person.label); by \(by)", at: now)
      return true
    }
  }

  package func people() async throws -> [Person] {
    try await read { db in
      try db.rows("SELECT * FROM people WHERE ended_at IS NULL ORDER BY label").map(Self.person)
    }
  }

  package func person(provider: String, name: String) async throws -> Person? {
    try await read { db in try Self.person(Identifiers.person(provider: provider, name: Person.known(name)), db) }
  }

  package func setPassphrase(_ hash: String, of person: String, by: String, at now: Instant) async throws {
    try await writer.write { db in
      guard let known = try Self.person(person, db), known.provider == Person.local else { throw PeopleProblem.unknown }
      try db.change("UPDATE people SET passphrase = ? WHERE id = ?", [hash, person])
      try Self.endSessions(of: known, .withdrawn, now, db)
      try db.audit("passphrase-set", person, "\(known.label); by \(by)", at: now)
    }
  }

  package func passphrase(of person: String) async throws -> String? {
    try await read { db in
      try db.row("SELECT passphrase FROM people WHERE id = ? AND ended_at IS NULL", [person])?["passphrase"]
    }
  }

  package func takesPassphrases() async throws -> Bool {
    try await read { db in
      try db.row("SELECT 1 FROM people WHERE passphrase IS NOT NULL AND ended_at IS NULL LIMIT 1") != nil
    }
  }

  // Sessions.

  package func beginSession(
    _ token: String, of person: String, replacing replaced: String?, at now: Instant
  ) async throws {
    try await writer.write { db in
      guard let person = try Self.person(person, db) else { throw PeopleProblem.unknown }
      if let replaced { _ = try Self.endSession(replaced, .replaced, now, db) }
      try Self.sweepSessions(now, db)
      try Self.sweepDrafts(now, db)
      try db.change(
        "INSERT INTO sessions (token, person, begun_at, seen_at) VALUES (?, ?, ?, ?)",
        [token, person.id, now.milliseconds, now.milliseconds])
      try db.audit("signed-in", person.id, "\(person.label) with \(person.provider)", at: now)
    }
  }

  package func session(_ token: String, extends: Bool, at now: Instant) async throws -> SessionRecord? {
    guard let found = try await read({ db in try Self.session(token, db) }) else { return nil }
    if let ending = found.ending(at: now) {
      _ = try await writer.write { db in try Self.endSession(token, ending, now, db) }
      return nil
    }
    guard extends, found.seenAt.advanced(bySeconds: Session.touchEvery) <= now else { return found }
    return try await writer.write { db in
      try db.change("UPDATE sessions SET seen_at = max(seen_at, ?) WHERE token = ?", [now.milliseconds, token])
      return try Self.session(token, db)
    }
  }

  package func endSession(_ token: String, at now: Instant) async throws -> Bool {
    try await writer.write { db in try Self.endSession(token, .byHand, now, db) }
  }

  private static func endSession(
    _ token: String, _ ending: SessionEnding, _ now: Instant, _ db: Database
  ) throws -> Bool {
    guard let session = try session(token, db) else { return false }
    try db.change("DELETE FROM sessions WHERE token = ?", [token])
    try db.audit("signed-out", session.person.id, "\(session.person.label): \(ending.rawValue)", at: now)
    return true
  }

  private static func endSessions(
    of person: Person, _ ending: SessionEnding, _ now: Instant, _ db: Database
  ) throws {
    for row in try db.rows("SELECT token FROM sessions WHERE person = ?", [person.id]) {
      _ = try endSession(row["token"], ending, now, db)
    }
  }

  /// Those that ended while nobody looked.
  private static func sweepSessions(_ now: Instant, _ db: Database) throws {
    for row in try db.rows("SELECT token FROM sessions") {
      let token: String = row["token"]
      guard let ending = try session(token, db)?.ending(at: now) else { continue }
      _ = try endSession(token, ending, now, db)
    }
  }

  private static func session(_ token: String, _ db: Database) throws -> SessionRecord? {
    try db.row(
      """
      SELECT people.*, begun_at, seen_at FROM sessions JOIN people ON people.id = sessions.person
      WHERE token = ? AND ended_at IS NULL
      """, [token]
    ).map {
      SessionRecord(
        person: try person($0), begunAt: $0.requiredInstant("begun_at"), seenAt: $0.requiredInstant("seen_at"))
    }
  }

  // On the way to a provider and back.

  package func beginSignIn(_ state: SignInState) async throws {
    try await writer.write { db in
      let oldest = state.madeAt.advanced(bySeconds: -Session.signInLimit)
      try db.change("DELETE FROM sign_ins WHERE made_at <= ?", [oldest.milliseconds])
      try db.change(
        "INSERT INTO sign_ins (state, browser, provider, next, made_at) VALUES (?, ?, ?, ?, ?)",
        [state.stateHash, state.browserHash, state.provider, state.next, state.madeAt.milliseconds])
    }
  }

  package func takeSignIn(_ stateHash: String, at now: Instant) async throws -> SignInState? {
    try await writer.write { db in
      guard let row = try db.row("SELECT * FROM sign_ins WHERE state = ?", [stateHash]) else { return nil }
      try db.change("DELETE FROM sign_ins WHERE state = ?", [stateHash])
      let state = SignInState(
        stateHash: stateHash, browserHash: row["browser"], provider: row["provider"], next: row["next"],
        madeAt: row.requiredInstant("made_at"))
      return state.madeAt.advanced(bySeconds: Session.signInLimit) > now ? state : nil
    }
  }

  private static func person(_ id: String, _ db: Database) throws -> Person? {
    try db.row("SELECT * FROM people WHERE id = ? AND ended_at IS NULL", [id]).map(person)
  }

  private static func person(_ row: Row) throws -> Person {
    try Person(
      provider: row["provider"], name: row["name"], label: row["label"],
      roles: Packed.texts(row["roles"] as String).compactMap(PersonRole.init),
      agencies: Packed.texts(row["agencies"] as String))
  }
}
