import Routing

/// Reads what is at an https URL or in a file: the keys of an issuer. It has to end by itself, within seconds.
package typealias KeyFetch = @Sendable (_ jwks: String) async throws -> [UInt8]

/// The keys of one issuer as they were last fetched.
///
/// Guarantee: one fetch at a time. Keys are fetched anew after 10 minutes; where that fails, and meanwhile, the old ones
/// count until they are 24 hours old. A name that is not among them has them fetched at once, but once a minute at most,
/// so that made-up names send nobody to the provider. A key that the issuer took away counts no longer than 10 minutes
/// and one fetch while it can be reached; an empty set takes all away.
actor IssuerKeys {
  private let source: String
  private let fetch: KeyFetch
  private var held: (keys: KeySet, since: Instant)?
  /// When a fetch failed last, if none has succeeded since.
  private var failed: Instant?
  /// When keys were fetched last for a name that was not among them.
  private var searched: Instant?
  private var isFetching = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// In milliseconds.
  private static let fresh: Int64 = 10 * 60 * 1000
  private static let lastKnownGood: Int64 = 24 * 3600 * 1000
  private static let betweenSearches: Int64 = 60 * 1000
  private static let betweenFailures: Int64 = 10 * 1000

  init(source: String, fetch: @escaping KeyFetch) {
    self.source = source
    self.fetch = fetch
  }

  /// The issuer's key for a signature.
  func key(
    named name: String?, for algorithm: TokenAlgorithm, at now: Instant
  ) async throws(TokenRefusal) -> IssuerKey {
    var choice = try await current(at: now).key(named: name, for: algorithm)
    if case .unknown = choice, maySearch(at: now) {
      if !isFetching { searched = now }
      await renew(at: now)
      choice = held?.keys.key(named: name, for: algorithm) ?? .unknown
    }
    switch choice {
    case .found(let key): return key
    case .refused(let refusal): throw refusal
    case .unknown: throw failed == nil ? .unknownKey : .keysUnavailable
    }
  }

  private func current(at now: Instant) async throws(TokenRefusal) -> KeySet {
    while mustRenew(at: now), !Task.isCancelled { await renew(at: now) }
    guard let held, now.isWithin(IssuerKeys.lastKnownGood, of: held.since) else { throw .keysUnavailable }
    return held.keys
  }

  private func mustRenew(at now: Instant) -> Bool {
    if hasJustFailed(at: now) { return false }
    guard let held else { return true }
    if now.isWithin(IssuerKeys.fresh, of: held.since) { return false }
    return !isFetching || !now.isWithin(IssuerKeys.lastKnownGood, of: held.since)
  }

  private func maySearch(at now: Instant) -> Bool {
    if isFetching { return true }
    if hasJustFailed(at: now) || held.map({ $0.since >= now }) ?? false { return false }
    return !(searched.map { now.isWithin(IssuerKeys.betweenSearches, of: $0) } ?? false)
  }

  private func hasJustFailed(at now: Instant) -> Bool {
    failed.map { now.isWithin(IssuerKeys.betweenFailures, of: $0) } ?? false
  }

  /// Fetches, or waits for the fetch that is under way.
  private func renew(at now: Instant) async {
    if isFetching { return await withCheckedContinuation { waiting.append($0) } }
    isFetching = true
    let bytes = try? await fetch(source)
    if let keys = bytes.flatMap(KeySet.init(jwks:)) {
      held = (keys, now)
      failed = nil
    } else if !Task.isCancelled {
      failed = now
    }
    isFetching = false
    for waiter in waiting { waiter.resume() }
    waiting = []
  }
}

extension Instant {
  /// Whether this is less than so many milliseconds after `start`; a clock that was set back has not left it.
  fileprivate func isWithin(_ span: Int64, of start: Instant) -> Bool { milliseconds - start.milliseconds < span }
}
