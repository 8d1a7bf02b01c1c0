package import Routing
import Synchronization

/// The only door to the clock. Services read it; decisions get instants as arguments.
package protocol TimeSource: Sendable {
  func now() -> Instant
  /// Returns when `now()` has reached `instant`. Throws `CancellationError` when the task is cancelled.
  func sleep(until instant: Instant) async throws
}

/// Something that can be waited for and is remembered if nobody waits yet.
///
/// Guarantee: a `fire` while nobody waits is not lost, and many such fires count as one. Whoever waits may be woken for
/// nothing (another waiter was cancelled) and looks again.
package final class Signal: Sendable {
  private struct State {
    var isFired = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  package init() {}

  package func fire() {
    let waiters = state.withLock { state in
      if state.waiters.isEmpty { state.isFired = true }
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns at the next fire, at once if there was one since the last wait, or when the task is cancelled.
  package func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let runNow = state.withLock { state -> Bool in
          if state.isFired || Task.isCancelled {
            state.isFired = false
            return true
          }
          state.waiters.append(continuation)
          return false
        }
        if runNow { continuation.resume() }
      }
    } onCancel: {
      fire()
    }
  }
}

extension TimeSource {
  /// Waits for the signal, at most until `instant`.
  package func wait(for signal: Signal, until instant: Instant?) async {
    guard let instant else { return await signal.wait() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await signal.wait() }
      group.addTask { try? await self.sleep(until: instant) }
      await group.next()
      group.cancelAll()
    }
  }
}
