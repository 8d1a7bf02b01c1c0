import Delivery
import Routing
import Synchronization

/// How often somebody may try: a bucket of tokens for each name, refilled with time.
///
/// Guarantee: it remembers a bounded number of names, and whoever is past that number shares one bucket. It forgets at a
/// restart.
final class TryLimit: Sendable {
  /// Tokens in a full bucket, and milliseconds until one more is in it.
  private let burst: Int64
  private let refill: Int64
  /// When each bucket would be full again; absent is full.
  private let fullAt = Mutex<[String: Instant]>([:])
  private static let most = 4096

  init(burst: Int64, secondsForEach refill: Int64) {
    self.burst = burst
    self.refill = refill * 1000
  }

  /// Takes a token. Gives the seconds to wait where there is none, and nil where there was.
  func take(_ name: String, at now: Instant) -> Int? {
    fullAt.withLock { fullAt in
      if fullAt.count >= TryLimit.most { fullAt = fullAt.filter { $0.value > now } }
      let name = fullAt[name] == nil && fullAt.count >= TryLimit.most ? "" : name
      let next = max(fullAt[name] ?? now, now).milliseconds + refill
      let over = next - now.milliseconds - burst * refill
      guard over <= 0 else { return Int((over + 999) / 1000) }
      fullAt[name] = Instant(milliseconds: next)
      return nil
    }
  }
}

/// The limits of the door. Behind a proxy all people have one address, so that the numbers are for an office, not a person.
struct TryLimits: Sendable {
  /// Passphrases from one address: ten at once, then one in 20 seconds.
  let passphrases = TryLimit(burst: 10, secondsForEach: 20)
  /// Passphrases for one name, from wherever: guessing a twelve-letter passphrase so takes longer than anybody has.
  let names = TryLimit(burst: 10, secondsForEach: 20)
  /// Ways to a provider and back, from one address: each costs a write.
  let ways = TryLimit(burst: 120, secondsForEach: 1)
}
