import GRDB
import Synchronization

/// Lets everybody who wants to write at the same moment share one transaction, and with it one fsync.
///
/// Guarantee: `write` returns only after its transaction is on disk. If one body of a group throws, the group is rolled
/// back and each body runs again in a transaction of its own, so that only the one that throws is lost. A body must
/// therefore change nothing but the database.
final class GroupCommit: Sendable {
  private struct Job: Sendable {
    /// Runs in a transaction; gives back what to do once that has been committed.
    let run: @Sendable (Database) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isDraining = false
  }

  private let pool: any DatabaseWriter
  /// Set where there is no file and no fsync to share.
  private let memory: DatabaseQueue?
  private let state = Mutex(State())
  /// So many bodies share a transaction at most; more would make the first wait for the last.
  private static let most = 256

  init(_ pool: any DatabaseWriter) {
    self.pool = pool
    memory = pool as? DatabaseQueue
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    if let memory { return try writeNow(memory, body) }
    return try await withCheckedThrowingContinuation { continuation in
      let job = Job(
        run: { db in
          let value = try body(db)
          return { continuation.resume(returning: value) }
        },
        fail: { continuation.resume(throwing: $0) })
      enqueue(job)
    }
  }

  private func writeNow<T>(_ memory: DatabaseQueue, _ body: (Database) throws -> T) throws -> T {
    try memory.inDatabase { db in
      var value: T?
      try db.inTransaction(.immediate) {
        value = try body(db)
        return .commit
      }
      guard let value else { throw CancellationError() }
      return value
    }
  }

  private func enqueue(_ job: Job) {
    let mustStart = state.withLock { state in
      state.waiting.append(job)
      defer { state.isDraining = true }
      return !state.isDraining
    }
    if mustStart { pool.asyncWriteWithoutTransaction { db in self.drain(db) } }
  }

  private func drain(_ db: Database) {
    while true {
      let group = state.withLock { state -> [Job] in
        let group = Array(state.waiting.prefix(GroupCommit.most))
        state.waiting.removeFirst(group.count)
        if group.isEmpty { state.isDraining = false }
        return group
      }
      if group.isEmpty { return }
      if let error = commit(group, db) {
        if group.count == 1 { group[0].fail(error) } else { commitEach(group, db) }
      }
    }
  }

  /// All of the group in one transaction. An error means that nothing of it was written and nobody has been answered.
  private func commit(_ group: [Job], _ db: Database) -> (any Error)? {
    var finishers: [@Sendable () -> Void] = []
    do {
      try db.inTransaction(.immediate) {
        for job in group { finishers.append(try job.run(db)) }
        return .commit
      }
    } catch { return error }
    for finish in finishers { finish() }
    return nil
  }

  private func commitEach(_ group: [Job], _ db: Database) {
    for job in group {
      if let error = commit([job], db) { job.fail(error) }
    }
  }
}
