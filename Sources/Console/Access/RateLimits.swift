package import Routing
import Synchronization

/// A token bucket for each key (a sender, an address): so many at once, and then so many a second.
package final class RateLimits: Sendable {
  private let buckets: Mutex<TokenBuckets>

  /// - perSecond: how fast a bucket fills, from one in a day to 1,000,000.
  /// - burst: how much it holds, at least 1.
  /// - keys: so many are remembered at most.
  package init(perSecond: Double, burst: Int, keys: Int = 10_000) {
    buckets = Mutex(TokenBuckets(perSecond: perSecond, burst: burst, keys: keys))
  }

  /// Nil if it may go on; else in how many seconds to ask again, at least 1.
  package func take(_ key: String, at now: Instant) -> Int? { buckets.withLock { $0.take(key, at: now) } }

  /// How many keys are remembered.
  package var remembered: Int { buckets.withLock { $0.remembered } }
}

/// The buckets as a value. A bucket is kept as the time at which it will be full again (the generic cell rate algorithm,
/// ITU-T I.371), so that nothing has to be filled.
///
/// Guarantee: memory is bounded. A bucket that is full is forgotten once nobody has used one longer ago; with all places
/// taken, the least recently used goes. A clock that is set back keeps nobody out for longer than a whole bucket takes.
struct TokenBuckets {
  private struct Bucket {
    /// When it is full again, in microseconds since 1970.
    var full: Int64
    /// Its latest place in `order`.
    var use: Int
  }

  /// Microseconds for one.
  private let interval: Int64
  private let burst: Int64
  private let keys: Int
  private var buckets: [String: Bucket] = [:]
  /// Every use in turn, the latest of a key being the one that counts.
  private var order: [(key: String, use: Int)] = []
  private var oldest = 0
  private var uses = 0

  init(perSecond: Double, burst: Int, keys: Int) {
    interval = Int64(1_000_000 / min(max(perSecond, 1 / 86_400), 1_000_000))
    self.burst = Int64(min(max(burst, 1), 1_000_000))
    self.keys = max(keys, 1)
  }

  var remembered: Int { buckets.count }

  mutating func take(_ key: String, at now: Instant) -> Int? {
    let now = now.milliseconds * 1000
    forget(at: now, toAdmit: key)
    let full = min(max(buckets[key]?.full ?? now, now), now + burst * interval)
    let early = full - now - (burst - 1) * interval
    use(key, full: early > 0 ? full : full + interval)
    return early > 0 ? Int(max(1, (early + 999_999) / 1_000_000)) : nil
  }

  private mutating func use(_ key: String, full: Int64) {
    uses += 1
    buckets[key] = Bucket(full: full, use: uses)
    order.append((key, uses))
  }

  /// Drops what is full, from the least recently used on, and one that is not where there is no place for another.
  private mutating func forget(at now: Int64, toAdmit key: String) {
    var needsPlace = buckets[key] == nil && buckets.count >= keys
    while oldest < order.count {
      let (candidate, use) = order[oldest]
      if let bucket = buckets[candidate], bucket.use == use {
        guard bucket.full <= now || needsPlace else { break }
        buckets[candidate] = nil
        needsPlace = false
      }
      oldest += 1
    }
    // What has been used again since stands twice; all of it at most as often as there are places.
    if order.count > 2 * keys + 64 {
      order = order[oldest...].filter { buckets[$0.key]?.use == $0.use }
      oldest = 0
    }
  }
}
