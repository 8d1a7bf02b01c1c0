import Delivery
import Routing

/// What other servers have granted, for as long as it holds.
///
/// Guarantee: while one caller asks for something, others who want the same wait for that answer; nobody asks twice at
/// once. A refusal is not kept.
actor GrantCache<Key: Hashable & Sendable, Grant: Equatable & Sendable> {
  enum Answer: Sendable {
    case granted(Grant, until: Instant)
    case withheld(Outcome)
  }

  private var kept: [Key: (grant: Grant, until: Instant)] = [:]
  private var waiting: [Key: [CheckedContinuation<Answer, Never>]] = [:]
  private static var limit: Int { 4096 }

  func grant(
    _ key: Key, at now: Instant, ask: @Sendable () async -> Answer
  ) async throws(WebhookStop) -> Grant {
    if let known = kept[key], now < known.until { return known.grant }
    let answer: Answer
    if waiting[key] != nil {
      answer = await withCheckedContinuation { waiting[key, default: []].append($0) }
    } else {
      waiting[key] = []
      answer = await ask()
      if case .granted(let grant, let until) = answer { keep(grant, until, for: key, at: now) }
      for waiter in waiting.removeValue(forKey: key) ?? [] { waiter.resume(returning: answer) }
    }
    switch answer {
    case .granted(let grant, _): return grant
    case .withheld(let outcome): throw WebhookStop(outcome)
    }
  }

  /// Forgets a grant that turned out not to hold, unless there is a newer one.
  func drop(_ grant: Grant, of key: Key) { if kept[key]?.grant == grant { kept[key] = nil } }

  private func keep(_ grant: Grant, _ until: Instant, for key: Key, at now: Instant) {
    if kept.count >= GrantCache.limit { kept = kept.filter { $0.value.until > now } }
    if kept.count < GrantCache.limit { kept[key] = (grant, until) }
  }
}

/// Why a webhook is not posted.
struct WebhookStop: Error {
  let outcome: Outcome
  init(_ outcome: Outcome) { self.outcome = outcome }
}
