package import Delivery
package import Routing

/// Looks at the servers, folders and certificates that messages from this gateway depend on.
///
/// Guarantee: goes where the transports would go and nowhere else, the places of `--redirect` included, by the same rules
/// of TLS and with the same client certificates; no message and no name of a recipient is said to anybody.
package struct ChannelInspector: Inspector {
  private let mail: MailTransport
  /// Nil where drop folders, notices and call cards go by mail to the place that all is redirected to.
  private let drops: DropTransport?
  private let webhook: String?
  private let clients: @Sendable (String) -> ClientCertificate?
  private var curl: CurlLoop { mail.curl }

  /// `webhook`: where all webhooks are redirected to. `clients`: as `WebhookTransport` looks them up.
  package init(
    mail: MailTransport, drops: DropTransport?, webhook: String?,
    clients: @escaping @Sendable (String) -> ClientCertificate? = { _ in nil }
  ) {
    self.mail = mail
    self.drops = drops
    self.webhook = webhook
    self.clients = clients
  }

  package func checkpoints(of channel: Channel) -> [Checkpoint] {
    switch channel {
    case .mail(let own): return outlets(of: own) + seals(of: own)
    case .webhook(let own):
      // Whoever redirects says where it leads; nobody there asks who calls.
      if let webhook { return [.webhook(Probe.host(webhook), isPrivate: true)] }
      return [.webhook(Probe.host(own.url), isPrivate: own.isPrivate, client: own.client)]
    case .drop(let folder, _): return drops == nil ? outlets(of: nil) : [.dropFolder(folder)]
    case .notify, .phone: return []
    }
  }

  /// `own`: nil where mail stands in for another channel.
  private func outlets(of own: MailChannel?) -> [Checkpoint] {
    switch mail.outlet {
    case .none: return [.noOutlet]
    case .relay(let server): return [.relay(Probe.host(server.url))]
    case .direct:
      guard let own, let domain = own.address.split(separator: "@").last?.lowercased() else { return [] }
      // The first policy is the one that is meant; the others stand in for it.
      return [.mailDomain(domain, own.privacy.first ?? .tls, pin: own.pin)]
    }
  }

  private func seals(of own: MailChannel) -> [Checkpoint] {
    let isSigned = mail.seals?.signsEverything ?? false
    guard own.privacy.contains(.smime) else { return isSigned ? [.signing] : [] }
    return [.signing] + own.certificates.map { .recipient(file: $0, address: own.address) }
  }

  package func check(_ checkpoint: Checkpoint, at now: Instant) async -> Finding {
    switch checkpoint {
    case .noOutlet: return Finding(.deferred, "\(Fault(.configuration, "no mail relay is configured"))")
    case .relay(let host):
      guard case .relay(let server) = mail.outlet else { return Finding(.notProbed, "\(host) is no relay any more") }
      return finding(await look(InspectRequest(server)), at: now)
    case .mailDomain(let domain, let privacy, let pin):
      guard case .direct(let direct) = mail.outlet else { return Finding(.notProbed, "mail does not go directly") }
      return finding(await direct.inspect(domain, pin: pin, privacy, look), at: now)
    case .webhook(let host, let isPrivate, let client):
      return await webhook(host, HTTPReach(isPrivate: isPrivate), client, at: now)
    case .dropFolder(let folder):
      return await drops?.check(folder) ?? Finding(.notProbed, "drop folders are redirected")
    case .recipient(let file, let address):
      return mail.seals.map { recipient(file, address, $0, at: now) } ?? ChannelInspector.noSeals
    case .signing: return mail.seals.map { signing($0, at: now) } ?? ChannelInspector.noSeals
    }
  }

  private func webhook(_ host: String, _ reach: HTTPReach, _ client: String?, at now: Instant) async -> Finding {
    var request = InspectRequest(url: "https://\(host)")
    request.reach = reach
    if let client {
      guard let found = clients(client) else { return Finding(.refused, "\(ClientCertificate.missing(client))") }
      request.client = found
    }
    let answer = await look(request)
    var finding = finding(answer, at: now)
    // The gateway itself would not go there, and will not later.
    if answer.fault?.code == .policy { finding.verdict = .refused }
    return finding
  }

  /// What is wrong with a certificate is looked for again without verifying it, so that people learn when it has ended.
  private func look(_ request: InspectRequest) async -> InspectAnswer {
    var answer = await curl.inspect(request)
    if answer.fault?.code == .tls, answer.expires == nil, request.security == .verified {
      answer.expires = await curl.inspect(request.unverified).expires
    }
    return answer
  }

  private func finding(_ answer: InspectAnswer, at now: Instant) -> Finding {
    let words = answer.tls == nil ? "connected in clear, as the directory allows" : "connected"
    return Finding(
      answer.fault == nil ? .reached : .deferred, answer.fault.map { "\($0)" } ?? words, tls: answer.tls,
      certificateDays: answer.expires.map { ChannelInspector.days(until: $0, at: now) },
      milliseconds: answer.milliseconds)
  }

  private static let noSeals = Finding(
    .refused, "this gateway has no certificate to sign with; give `mail: {signing: …}` in the settings")

  private func signing(_ seals: MailSeals, at now: Instant) -> Finding {
    guard let end = seals.sealer.identity?.certificate.notAfter else { return ChannelInspector.noSeals }
    let days = ChannelInspector.days(until: end, at: now)
    return end > now
      ? Finding(.reached, "the certificate holds", sealDays: days)
      : Finding(.refused, "the signing certificate has expired", sealDays: days)
  }

  private func recipient(_ file: String, _ address: String, _ seals: MailSeals, at now: Instant) -> Finding {
    var days: Int?
    do throws(CertificateFault) {
      let known = try seals.certificates.known(at: now)
      days = (try? known.recipients[file]?.get().first).map { ChannelInspector.days(until: $0.notAfter, at: now) }
      _ = try known.checked(file, for: address, at: now)
      return Finding(.reached, "the certificate holds", sealDays: days)
    } catch { return Finding(.refused, "\(error)", sealDays: days) }
  }

  /// Whole days, rounded down: negative as soon as it is over.
  static func days(until end: Instant, at now: Instant) -> Int {
    let seconds = end.seconds - now.seconds
    return Int(seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400))
  }
}
