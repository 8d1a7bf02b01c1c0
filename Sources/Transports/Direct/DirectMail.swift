package import Delivery
import Routing

/// Hands mail to the recipient domain's own servers, under the domain's MTA-STS policy (RFC 8461).
///
/// Guarantee: a domain that enforces a policy gets mail only at a server of the policy, over TLS with a verified
/// certificate, whatever the directory allows.
package struct DirectMail: Sendable {
  let routes: MailRoutes
  let port: Int

  package struct Settings: Sendable {
    package var resolver: ServerAddress?
    /// Ports of the servers and of their policies; others than 25 and 443 only where tests or a closed network need it.
    package var port = 25
    package var policyPort = 443
    /// Where policies are kept over a restart.
    package var policies: String?
    package init() {}
  }

  package init(_ settings: Settings, curl: CurlLoop, time: any TimeSource) {
    let now: @Sendable () -> Instant = { time.now() }
    let resolver = NameResolver(servers: settings.resolver.map { [$0] } ?? ServerAddress.system(), now: now)
    let policyPort = settings.policyPort
    let policies = STSPolicies(
      folder: settings.policies, resolver: resolver,
      fetch: { domain in await DirectMail.fetch(domain, policyPort, resolver, curl) }, now: now)
    routes = MailRoutes(resolver: resolver, policies: policies)
    port = settings.port
  }

  /// The policy's address is looked up by the same name servers as everything else.
  private static func fetch(
    _ domain: String, _ port: Int, _ resolver: NameResolver, _ curl: CurlLoop
  ) async -> STSFetch {
    let host = "mta-sts.\(domain)"
    var found: [String] = []
    for type in [RecordType.a, .aaaa] {
      guard case .success(let answer) = await resolver.result(host, type) else { continue }
      found += answer.records.compactMap { record in
        switch record {
        case .a(let literal): literal
        case .aaaa(let literal): "[\(literal)]"
        default: nil
        }
      }
    }
    guard !found.isEmpty else { return .failed("\(host) has no address") }
    var request = FetchRequest(url: STSPolicy.url(for: domain))
    if port != 443 { request.url = "https://\(host):\(port)/.well-known/mta-sts.txt" }
    request.limit = STSPolicy.limit
    request.place = "\(host):\(port):\(found.joined(separator: ","))"
    switch await curl.fetch(request) {
    case .failed(let fault): return .failed("\(fault)")
    case .answered(let status, let type, let body):
      guard status == 200, STSPolicy.accepts(contentType: type) else { return .failed("HTTP \(status), \(type)") }
      return .body(body)
    }
  }

  func send(_ envelope: SMTPEnvelope, pin: String?, _ privacy: MailPrivacy, over curl: CurlLoop) async -> Outcome {
    switch await routes.route(for: String(envelope.domain)) {
    case .unusable(let reason):
      // Servers that a policy forbids are a matter of privacy, not of a server's mood.
      guard reason.fault.code == .policy else { return reason.outcome }
      return .deferred(
        Fault(.privacy, reason.fault.reason, enhancedStatus: reason.fault.enhancedStatus), retryAfter: nil)
    case .hosts(let hosts, let sts):
      let security = security(privacy, pin, sts)
      var last = Outcome.deferred(Fault(.connection, "the domain has no server"), retryAfter: nil)
      let begun = CurlEngine.clock()
      for host in hosts {
        // The rest of them next time: the lease on the message must not run out meanwhile.
        if CurlEngine.clock() - begun > DirectMail.patience { break }
        let outcome = await curl.send(envelope, over: server(host, security, pin))
        guard case .deferred(let fault, _) = outcome, DirectMail.isOfTheWay(fault) else { return outcome }
        last = last.worse(fault)
      }
      return last
    }
  }

  /// Seconds after which no further server is asked in one attempt.
  static let patience = 45.0

  func security(_ privacy: MailPrivacy, _ pin: String?, _ sts: STSDecision) -> LinkSecurity {
    if case .enforce = sts { return .verified }
    switch privacy {
    case .tls: return .verified
    // A code and a link together open a message: whoever only listens must not have both.
    case .notice: return pin == nil ? .encrypted : .verified
    case .smime, .opportunistic: return pin == nil ? .opportunistic : .verified
    }
  }

  func server(_ host: MailHost, _ security: LinkSecurity, _ pin: String?) -> MailServer {
    let addresses = host.addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
    return MailServer(
      url: "smtp://\(host.name):\(port)", security: security, pin: pin, place: "\(host.name):\(port):\(addresses)")
  }

  /// The next server may do better.
  private static func isOfTheWay(_ fault: Fault) -> Bool {
    [.connection, .timeout, .tls, .unavailable].contains(fault.code)
  }
}

extension Outcome {
  /// Of several servers' faults the one that people should know of.
  fileprivate func worse(_ fault: Fault) -> Outcome {
    if case .deferred(let own, _) = self, own.code == .tls { return self }
    return .deferred(fault, retryAfter: nil)
  }
}
