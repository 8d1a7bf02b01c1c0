import Delivery
import GRDB
import Routing

/// The ledger on SQLite: write-ahead log, `synchronous = FULL`, one writer, many readers.
///
/// Guarantee: whatever a verb answers is on disk (fsync) before it answers. Opening fails rather than run with less.
package final class SQLiteLedger: Ledger {
  let pool: any DatabaseWriter
  let writer: GroupCommit
  /// Set where there is no file.
  private let memory: DatabaseQueue?

  /// Opens or makes the ledger at `path` and migrates it. Throws `LedgerProblem` or SQLite's own error.
  package init(path: String) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      // Room for the outbox in memory, and checkpoints of 32 MB instead of 4: neither changes what is durable.
      try db.execute(sql: "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8000")
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    self.pool = pool
    memory = nil
    try Schema.migrator.migrate(pool)
    // GRDB sets NORMAL while it switches to the write-ahead log, so FULL is asked for afterwards and read back.
    let level = try pool.writeWithoutTransaction { db -> Int? in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      return try Int.fetchOne(db, sql: "PRAGMA synchronous")
    }
    guard level == 2 else { throw LedgerProblem.notDurable }
    writer = GroupCommit(pool)
  }

  /// A ledger that lives as long as this object, for playing through what would happen. The statements are the same.
  package init() throws {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue)
    pool = queue
    memory = queue
    writer = GroupCommit(queue)
  }

  /// All that `body` sees is of one moment: a snapshot of the file, or the one connection that memory has.
  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    if let memory { return try look(memory, body) }
    return try await pool.read(body)
  }

  /// At once and on this thread. GRDB's own guard against writing would have every statement prepared anew.
  private func look<T>(_ memory: DatabaseQueue, _ body: (Database) throws -> T) throws -> T {
    try memory.unsafeRead(body)
  }

  package func close() throws { try pool.close() }
}

package enum LedgerProblem: Error, CustomStringConvertible {
  case notDurable
  package var description: String {
    "SQLite did not accept synchronous = FULL; a ledger that may forget is not opened. Check the file system."
  }
}
