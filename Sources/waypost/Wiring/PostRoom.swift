import Delivery
import Foundation
import Logging
import Routing
import Transports

/// Every way out of the gateway and every way back, as the settings ask for them.
struct PostRoom: Sendable {
  let transports: [any Transport]
  let callbacks: [any CallbackReader]
  let links: AnswerLinks
  let inspector: any Inspector
  /// Nil in a drill, which signs with the secret of its redirect.
  let webhookKeys: WebhookKeyFile?
  private let mail: MailTransport
  private let seals: MailSeals?
  private let curl: CurlLoop
  private let time: any TimeSource
  private let logger: Logger
  /// Where people reach the pages.
  let place: PublicAddress
  private let hasOwnAddress: Bool

  init(
    _ settings: Settings, _ address: ListenAddress, _ redirect: Redirect?, _ folder: DataFolder, _ curl: CurlLoop,
    _ time: any TimeSource, _ logger: Logger
  ) throws {
    // Behind a proxy the address is what the settings say; without any, on loopback, what the gateway listens on.
    hasOwnAddress = settings.publicAddress != nil || !address.isLoopback
    // On loopback nobody else can open a link, so the gateway's own address will do once it is known.
    place = PublicAddress(settings.publicAddress ?? "https://\(settings.host)")
    if settings.publicAddress == nil, redirect == nil {
      let target = address.isLoopback ? "to this machine only" : "to the gateway's host name"
      logger.warning("no `public` address is set: links in messages lead \(target)")
    }
    links = AnswerLinks(key: try folder.answerKey(), place: place)
    seals = try PostRoom.seals(settings, at: time.now(), logger)
    self.curl = curl
    self.time = time
    self.logger = logger
    let host = MailTransport.Gateway(
      host: settings.host, from: settings.mail.from ?? "waypost@\(settings.host)",
      takesAnswers: settings.mail.answers != nil && redirect == nil)
    mail = MailTransport(
      curl: curl, outlet: try PostRoom.outlet(settings, redirect, folder, curl, time, logger), gateway: host,
      links: links, seals: seals, isRedirected: redirect != nil)
    if let redirect {
      transports = try PostRoom.redirected(redirect, mail, curl)
      inspector = ChannelInspector(mail: mail, drops: nil, webhook: redirect.webhook)
      callbacks = []
      webhookKeys = nil
      return
    }
    if case .none = mail.outlet, settings.notify.keyFile != nil {
      throw Complaint("GOV.UK Notify carries notices only: the codes to open them need `mail: {relay: …}` or `direct`.")
    }
    let keys = try WebhookKeyFile(folder, at: time.now(), logger: logger)
    webhookKeys = keys
    let links = self.links
    let notify = try PostRoom.notify(settings).map { NotifyTransport(curl: curl, settings: $0, links: links) }
    let drops = DropTransport(root: try settings.drops ?? folder.makeDrops(), gateway: host, links: links)
    inspector = ChannelInspector(mail: mail, drops: drops, webhook: nil, clients: folder.client)
    transports =
      [
        mail,
        WebhookTransport(
          curl: curl, redirect: nil, origin: settings.host, keys: keys.keys, clients: folder.client,
          secrets: folder.secret),
        drops, ManualTransport(),
      ] + (notify.map { [$0] } ?? [])
    callbacks = notify.map { [$0.callbacks] } ?? []
  }

  /// Whatever would leave goes to two places instead; nobody is asked to ring a real desk either.
  private static func redirected(
    _ redirect: Redirect, _ mail: MailTransport, _ curl: CurlLoop
  ) throws -> [any Transport] {
    guard let secret = ProcessInfo.processInfo.environment["WAYPOST_REDIRECT_SECRET"], WebhookSecret(secret) != nil
    else {
      throw Complaint(
        "--redirect needs WAYPOST_REDIRECT_SECRET in the environment: whsec_ and base64 of 24 to 64 bytes.")
    }
    return [
      mail, WebhookTransport(curl: curl, redirect: .init(url: redirect.webhook, secret: secret), secrets: { _ in nil }),
      RedirectedTransport(channel: "drop", mail: mail), RedirectedTransport(channel: "notify", mail: mail),
      RedirectedTransport(channel: "manual", mail: mail),
    ]
  }

  private static func outlet(
    _ settings: Settings, _ redirect: Redirect?, _ folder: DataFolder, _ curl: CurlLoop, _ time: any TimeSource,
    _ logger: Logger
  ) throws -> MailOutlet {
    let mail = settings.mail
    if let redirect { return .relay(MailServer(url: redirect.mail)) }
    if let relay = mail.relay {
      guard !settings.sendsDirectly else {
        throw Complaint("Mail goes over `relay` or goes `direct`, not both. Take one out of the settings.")
      }
      return .relay(MailServer(url: relay, user: mail.user, password: try mail.passwordFile.map(DataFolder.text)))
    }
    guard settings.sendsDirectly else {
      logger.warning("no mail relay is configured: mail waits until `mail: {relay: …}` is set")
      return .none
    }
    var direct = DirectMail.Settings()
    direct.policies = folder.policies
    if let resolver = mail.resolver {
      guard let place = ListenAddress(resolver) else {
        throw Complaint("`\(resolver)` is no name server. Write HOST:PORT, for example 192.0.2.1:53.")
      }
      direct.resolver = ServerAddress(host: place.host, port: UInt16(place.port))
    }
    direct.port = try mail.port.map(PostRoom.port) ?? direct.port
    direct.policyPort = try mail.policyPort.map(PostRoom.port) ?? direct.policyPort
    return .direct(DirectMail(direct, curl: curl, time: time))
  }

  private static func port(_ text: String) throws -> Int {
    guard let port = Int(text), (1...65535).contains(port) else { throw Complaint("`\(text)` is no port.") }
    return port
  }

  /// The identity that mail is signed with; without one nothing can be sealed.
  private static func seals(_ settings: Settings, at now: Instant, _ logger: Logger) throws -> MailSeals? {
    guard let certificate = settings.mail.signing else { return nil }
    let key = ProcessInfo.processInfo.environment["WAYPOST_SIGNING_KEY"]
    guard let pem = try key ?? settings.mail.signingKey.map(DataFolder.text) else {
      throw Complaint("`mail: {signing: …}` needs the key to it: `signingKey`, or WAYPOST_SIGNING_KEY.")
    }
    let identity: SigningIdentity
    do {
      identity = try SigningIdentity(
        certificates: Array(try DataFolder.text(certificate).utf8), privateKey: Array(pem.utf8))
    } catch { throw Complaint("The signing certificate cannot be used: \(error)") }
    let end = identity.certificate.notAfter
    guard end > now else {
      throw Complaint("The signing certificate has expired (\(end.rfc3339)): nothing that it signs would be believed.")
    }
    if end < now.advanced(bySeconds: 30 * 86_400) {
      logger.warning("the signing certificate expires soon", metadata: ["at": "\(end.rfc3339)"])
    }
    return MailSeals(
      identity: identity, folder: CertificateFolder(path: settings.certificates),
      signsEverything: Settings.isYes(settings.mail.signAll))
  }

  private static func notify(_ settings: Settings) throws -> NotifySettings? {
    guard let file = settings.notify.keyFile else { return nil }
    let token = try settings.notify.callbackTokenFile.map(DataFolder.text)
    do {
      guard let url = settings.notify.url else {
        return try NotifySettings(apiKey: DataFolder.text(file), callbackToken: token)
      }
      return try NotifySettings(baseURL: url, apiKey: DataFolder.text(file), callbackToken: token)
    } catch { throw Complaint("GOV.UK Notify cannot be used: \(error)") }
  }

  /// What collects answers; nil where the settings name no mailbox.
  func collector(
    _ settings: Settings, _ ledger: any Ledger, _ outbox: Signal, _ agenda: Signal, _ folder: DataFolder
  ) throws -> AnswerCollector? {
    guard let place = settings.mail.answers else { return nil }
    let mailbox: any Mailbox
    if place.hasPrefix("maildir:") {
      mailbox = MaildirMailbox(path: String(place.dropFirst("maildir:".count)))
    } else {
      guard let user = settings.mail.answersUser, let file = settings.mail.answersPasswordFile,
        let imap = IMAPMailbox(curl: curl, url: place, user: user, password: try DataFolder.text(file))
      else {
        throw Complaint(
          "`mail: {answers: …}` is maildir:/PATH, or imaps://HOST/FOLDER with `answersUser` and `answersPasswordFile`.")
      }
      mailbox = imap
    }
    let (mail, time) = (mail, time)
    return AnswerCollector(
      mailbox: mailbox, ledger: ledger, key: links.key,
      settings: .init(host: settings.host, authority: settings.mail.authority), seals: seals, time: time,
      outbox: outbox, agenda: agenda, logger: logger,
      tellSuperseded: { record, channel, contact in
        await mail.sendSuperseded(by: contact, record, channel: channel, at: time.now())
      })
  }

  func sendCode(_ code: String, _ tag: AnswerTag, _ ledger: any Ledger, _ time: any TimeSource) async -> Outcome {
    guard let found = try? await ledger.notification(tag.notification) else {
      return .rejected(Fault(.internalFault, "the notification cannot be read"))
    }
    return await mail.sendCode(code, for: found, channel: tag.channel, at: time.now())
  }

  /// Eight digits that nobody can guess.
  let randomCode: @Sendable () -> String = {
    var random = SystemRandomNumberGenerator()
    return (0..<8).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
  }

  func listening(at url: String) { if !hasOwnAddress { place.settle(url) } }
}

extension Settings {
  var sendsDirectly: Bool { Settings.isYes(mail.direct) }

  static func isYes(_ word: String?) -> Bool { word == "yes" || word == "true" }
}
