import Foundation
package import Routing

/// The MTA-STS policies of the domains that mail goes to (RFC 8461 sections 3.3 and 5).
///
/// Guarantee: a policy that was read once stays in force until its `max_age` is over, also when the domain's record is
/// gone, or when DNS or HTTPS fail, because that is what an attacker would make them do; with a folder also over a
/// restart. A domain's policy is fetched by one caller at a time, and after a failure not for five minutes.
package actor STSPolicies {
  /// Gets `STSPolicy.url(for:)` over HTTPS with a verified certificate and no redirects, and gives at most
  /// `STSPolicy.limit` bytes of an answer of status 200 and type `text/plain`. The domain is in ASCII.
  package typealias Fetch = @Sendable (_ domain: String) async -> STSFetch

  private struct Pause {
    let id: String
    let until: Instant
    let reason: String
  }

  private let files: STSFiles?
  private let resolver: any NameLookup
  private let fetch: Fetch
  private let now: @Sendable () -> Instant
  private var kept: [String: KeptPolicy] = [:]
  private var pauses: [String: Pause] = [:]
  private var waiting: [String: [CheckedContinuation<STSDecision, Never>]] = [:]
  /// Domains in memory; with a folder the others are read again.
  private static let limit = 4096
  /// Seconds between two tries at a policy that cannot be fetched.
  private static let pause: Int64 = 300

  /// `folder`: where policies outlast a restart, one small file for each domain; nil keeps them in memory only.
  package init(
    folder: String?, resolver: any NameLookup, fetch: @escaping Fetch, now: @escaping @Sendable () -> Instant
  ) {
    files = folder.map { STSFiles(folder: $0) }
    self.resolver = resolver
    self.fetch = fetch
    self.now = now
  }

  /// What holds for mail to `domain` now.
  package func policy(for domain: String) async -> STSDecision {
    guard let domain = try? DomainName.ascii(domain) else { return .none }
    if waiting[domain] != nil {
      return await withCheckedContinuation { waiting[domain, default: []].append($0) }
    }
    waiting[domain] = []
    let decision = await decide(domain)
    for waiter in waiting.removeValue(forKey: domain) ?? [] { waiter.resume(returning: decision) }
    return decision
  }

  private func decide(_ domain: String) async -> STSDecision {
    switch await resolver.result("_mta-sts.\(domain)", .txt) {
    case .failure(let fault): return standing(domain) ?? .unavailable(reason: "\(fault)")
    case .success(let answer) where !answer.isDefinite:
      return standing(domain) ?? .unavailable(reason: "the domain's name servers fail")
    case .success(let answer):
      let texts = answer.records.compactMap { if case .txt(let text) = $0 { text } else { nil } }
      switch STSRecord(texts) {
      case .absent: return standing(domain) ?? .none
      case .invalid: return standing(domain) ?? .unavailable(reason: "the _mta-sts record is not as it must be")
      case .id(let id): return await decide(domain, id)
      }
    }
  }

  /// The domain says that its policy is the one called `id`.
  private func decide(_ domain: String, _ id: String) async -> STSDecision {
    if let known = known(domain), known.id == id, !known.isStale(at: now()) { return known.decision }
    if let pause = pauses[domain], pause.id == id, pause.until > now() {
      return standing(domain) ?? .unavailable(reason: pause.reason)
    }
    do throws(STSProblem) {
      let policy = try await fetched(domain, id)
      keep(policy, for: domain)
      return policy.decision
    } catch {
      pauses = pauses.filter { $0.value.until > now() }
      if pauses.count < STSPolicies.limit {
        pauses[domain] = Pause(id: id, until: now().advanced(bySeconds: STSPolicies.pause), reason: error.reason)
      }
      return standing(domain) ?? .unavailable(reason: error.reason)
    }
  }

  private func fetched(_ domain: String, _ id: String) async throws(STSProblem) -> KeptPolicy {
    switch await fetch(domain) {
    case .failed(let reason): throw STSProblem("the policy could not be fetched: \(reason)")
    case .body(let bytes):
      do throws(STSProblem) { return try KeptPolicy(id: id, fetched: now(), text: bytes) } catch {
        throw STSProblem("the policy cannot be read: \(error)")
      }
    }
  }

  private func standing(_ domain: String) -> STSDecision? { known(domain)?.decision }

  private func known(_ domain: String) -> KeptPolicy? {
    guard let policy = kept[domain] ?? files?.read(domain) else { return nil }
    guard policy.expires > now() else {
      kept[domain] = nil
      files?.remove(domain)
      return nil
    }
    remember(policy, for: domain)
    return policy
  }

  private func keep(_ policy: KeptPolicy, for domain: String) {
    pauses[domain] = nil
    remember(policy, for: domain)
    files?.write(policy, domain)
  }

  private func remember(_ policy: KeptPolicy, for domain: String) {
    if kept[domain] == nil, kept.count >= STSPolicies.limit {
      kept = kept.filter { $0.value.expires > now() }
      if kept.count >= STSPolicies.limit, let first = kept.min(by: { $0.value.expires < $1.value.expires }) {
        kept[first.key] = nil
      }
    }
    kept[domain] = policy
  }
}

/// What came of fetching a policy.
package enum STSFetch: Sendable {
  case body([UInt8])
  /// For the log: no personal data.
  case failed(String)
}

/// What to do about a domain's policy.
package enum STSDecision: Hashable, Sendable {
  /// The domain has no policy, or one that asks for nothing.
  case none
  /// The domain seems to have a policy, but nothing is known of it. To be treated as `none`, and to be logged.
  case unavailable(reason: String)
  /// Servers that do not match may be used, and should be reported.
  case testing(STSPolicy)
  /// Only servers that the policy allows, over TLS with a verified certificate.
  case enforce(STSPolicy)
}

/// A policy and when it was read.
struct KeptPolicy: Equatable, Sendable {
  let id: String
  let fetched: Instant
  let text: String
  let policy: STSPolicy

  init(id: String, fetched: Instant, text bytes: [UInt8]) throws(STSProblem) {
    policy = try STSPolicy(parsing: bytes)
    text = String(decoding: bytes, as: UTF8.self)
    self.id = id
    self.fetched = fetched
  }

  var expires: Instant { fetched.advanced(bySeconds: policy.maxAge) }

  /// Read anew once a day, or at half its time, so that an attacker cannot simply wait for its end (RFC 8461 section 10.2).
  func isStale(at now: Instant) -> Bool { now >= fetched.advanced(bySeconds: min(policy.maxAge / 2, 86_400)) }

  var decision: STSDecision {
    switch policy.mode {
    case .enforce: .enforce(policy)
    case .testing: .testing(policy)
    case .none: .none
    }
  }
}

/// One file for each domain, written atomically. What cannot be read counts as absent; what cannot be written is lost at
/// the next restart, no earlier.
private struct STSFiles: Sendable {
  let folder: String

  /// Nil for a name that is not safe or too long in a file system; such a domain's policy stays in memory.
  private func path(_ domain: String) -> String? {
    let isSafe = domain.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
    }
    guard isSafe, !domain.hasPrefix("."), (1...240).contains(domain.utf8.count) else { return nil }
    return "\(folder)/\(domain).json"
  }

  func read(_ domain: String) -> KeptPolicy? {
    guard let path = path(domain), let data = FileManager.default.contents(atPath: path),
      data.count <= 8 * STSPolicy.limit, let file = try? JSONValue(parsing: data),
      file["domain"]?.text == domain, let id = file["id"]?.text, let text = file["policy"]?.text,
      let fetched = file["fetched"]?.text.flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    return try? KeptPolicy(id: id, fetched: fetched, text: Array(text.utf8))
  }

  func write(_ policy: KeptPolicy, _ domain: String) {
    guard let path = path(domain) else { return }
    let file: JSONValue = [
      "domain": .string(domain), "id": .string(policy.id), "fetched": .string(policy.fetched.rfc3339),
      "policy": .string(policy.text),
    ]
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? Data(file.serializedBytes).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  func remove(_ domain: String) {
    if let path = path(domain) { try? FileManager.default.removeItem(atPath: path) }
  }
}
