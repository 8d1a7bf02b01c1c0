package import Routing

/// How long to rest between attempts: exponential with full jitter, capped by how pressing the notification is.
///
/// A pressing notification is tried again within two seconds and never rests longer than a minute; a routine one may
/// rest up to an hour. What the other side asks for (`Retry-After`, RFC 9110 section 10.2.3) is obeyed, but a pressing
/// notification asks again after a minute at the latest. Towards a destination that fails (`DestinationBreaker`) one of all
/// that wait asks, as often.
package struct RetryPolicy: Sendable {
  /// After this long without success a notification is given up and alarmed, in seconds.
  package static let patience: Int64 = 7 * 86400

  /// Milliseconds to rest after the `tries`th try (counted from 1) failed for now.
  package static func pause(
    afterTry tries: Int, urgency: Urgency, isPressing: Bool, retryAfter: Int?,
    using random: inout some RandomNumberGenerator
  ) -> Int64 {
    let (base, cap) = range(urgency, isPressing)
    let ceiling = min(cap, base << Int64(min(max(tries - 1, 0), 20)))
    let jittered = Int64.random(in: 0...ceiling, using: &random)
    guard let retryAfter else { return max(jittered, 100) }
    return max(jittered, min(Int64(min(max(retryAfter, 0), 86_400)) * 1000, cap))
  }

  private static func range(_ urgency: Urgency, _ isPressing: Bool) -> (base: Int64, cap: Int64) {
    if isPressing { return (2000, 60_000) }
    switch urgency {
    case .immediate: return (2000, 60_000)
    case .prompt: return (5000, 600_000)
    case .routine, .digest: return (15_000, 3_600_000)
    }
  }
}
