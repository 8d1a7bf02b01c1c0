import GRDB
import Synchronization

/// Lets everybody who wants to write at the same moment share one transaction, and with it one fsync.
///
/// Guarantee: `write` returns only after its transaction is on disk. A body that throws is rolled back alone; the others
/// of its group are committed. If the commit itself fails, everybody of the group gets the error and nothing is written.
final class GroupCommit: Sendable {
  private struct Job: Sendable {
    /// Runs in the transaction; gives back what to do once the commit's fate is known (nil: committed).
    let run: @Sendable (Database) -> @Sendable ((any Error)?) -> Void
    /// Instead of `run`, where the transaction could not even begin.
    let refuse: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isDraining = false
  }

  private let pool: DatabasePool
  private let state = Mutex(State())
  /// So many bodies share a transaction at most; more would make the first wait for the last.
  private static let most = 256

  init(_ pool: DatabasePool) { self.pool = pool }

  func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      let job = Job(
        run: { db in
          let result = Result { try GroupCommit.savepoint(db, body) }
          return { commitError in
            if let commitError { continuation.resume(throwing: commitError) } else { continuation.resume(with: result) }
          }
        },
        refuse: { continuation.resume(throwing: $0) })
      enqueue(job)
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
      var finishers: [@Sendable ((any Error)?) -> Void] = []
      var failure: (any Error)?
      do {
        try db.inTransaction(.immediate) {
          finishers = group.map { $0.run(db) }
          return .commit
        }
      } catch { failure = error }
      if finishers.isEmpty, let failure {
        for job in group { job.refuse(failure) }
      } else {
        for finish in finishers { finish(failure) }
      }
    }
  }

  private static func savepoint<T>(_ db: Database, _ body: (Database) throws -> T) throws -> T {
    var result: Result<T, any Error>?
    try db.inSavepoint {
      do {
        result = .success(try body(db))
        return .commit
      } catch {
        result = .failure(error)
        return .rollback
      }
    }
    guard let result else { throw DatabaseError(message: "the savepoint did not run") }
    return try result.get()
  }
}
