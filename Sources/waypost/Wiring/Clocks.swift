import Delivery
import Foundation
import Routing
import Synchronization

/// The machine's clock.
struct SystemClock: TimeSource {
  func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  func sleep(until instant: Instant) async throws {
    let wait = instant.milliseconds - now().milliseconds
    // Waits are cut short so that a clock that was set is noticed within a minute.
    if wait > 0 { try await Task.sleep(for: .milliseconds(min(wait, 60_000))) }
  }
}

/// A clock that runs like the machine's but can be set to another day, so that a weekend passes in a second.
final class StoryClock: TimeSource {
  private struct State {
    var base: Instant
    var startedAt: ContinuousClock.Instant
    var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextSleeper = 0

    var now: Instant {
      base.advanced(byMilliseconds: Int64(startedAt.duration(to: .now) / .milliseconds(1)))
    }
  }
  private let state: Mutex<State>

  init(at base: Instant) { state = Mutex(State(base: base, startedAt: .now)) }

  func now() -> Instant { state.withLock { $0.now } }

  /// Sets the clock forward; everybody who sleeps looks again. Never goes back.
  func jump(to instant: Instant) {
    let sleepers = state.withLock { state in
      state.base = max(instant, state.now)
      state.startedAt = .now
      defer { state.sleepers = [:] }
      return Array(state.sleepers.values)
    }
    for sleeper in sleepers { sleeper.resume() }
  }

  func sleep(until instant: Instant) async throws {
    while now() < instant {
      try Task.checkCancellation()
      let wait = min(instant.milliseconds - now().milliseconds, 60_000)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.untilJump() }
        group.addTask { try? await Task.sleep(for: .milliseconds(wait)) }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func untilJump() async {
    let key = state.withLock { state in
      state.nextSleeper += 1
      return state.nextSleeper
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = state.withLock { state -> Bool in
          if Task.isCancelled { return true }
          state.sleepers[key] = continuation
          return false
        }
        if isCancelled { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: key) }?.resume()
    }
  }
}
