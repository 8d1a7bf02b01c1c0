import Delivery
package import Routing
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualClock: TimeSource {
  private struct State {
    var now: Instant
    var sleepers: [Int: (until: Instant, resume: CheckedContinuation<Void, Never>)] = [:]
    var nextSleeper = 0
  }
  private let state: Mutex<State>

  package init(_ now: Instant) { state = Mutex(State(now: now)) }

  package func now() -> Instant { state.withLock { $0.now } }

  /// How many wait for it to be moved.
  package var sleepers: Int { state.withLock { $0.sleepers.count } }

  package func advance(to instant: Instant) {
    let woken = state.withLock { state in
      state.now = max(state.now, instant)
      let due = state.sleepers.filter { $0.value.until <= state.now }
      for key in due.keys { state.sleepers[key] = nil }
      return due.values.map(\.resume)
    }
    for sleeper in woken { sleeper.resume() }
  }

  package func advance(bySeconds seconds: Int64) { advance(to: now().advanced(bySeconds: seconds)) }

  package func sleep(until instant: Instant) async throws {
    let key = state.withLock { state -> Int in
      state.nextSleeper += 1
      return state.nextSleeper
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state -> Bool in
          if Task.isCancelled || state.now >= instant { return true }
          state.sleepers[key] = (instant, continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: key) }?.resume.resume()
    }
    try Task.checkCancellation()
  }
}
