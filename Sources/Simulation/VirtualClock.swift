import Delivery
package import Routing
import Synchronization

/// A clock that stands still until the world moves it, forward or back. Nobody sleeps by it: the world does what is next.
package final class VirtualClock: TimeSource {
  private let instant: Mutex<Instant>

  package init(_ now: Instant) { instant = Mutex(now) }

  package func now() -> Instant { instant.withLock { $0 } }
  package func set(_ now: Instant) { instant.withLock { $0 = now } }
  package func sleep(until instant: Instant) async throws { throw CancellationError() }
}
