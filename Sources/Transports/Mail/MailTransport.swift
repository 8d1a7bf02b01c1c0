package import Delivery
package import Routing

/// Mail over SMTP, as private as the recipient's entry in the directory demands.
///
/// Guarantee: the entry's policies are tried in its order, each is checked before a connection is made or a message written,
/// and nothing is sent by a policy that is not in the list. The envelope sender and `ENVID` hold a tag that only this
/// gateway can make; no header or command holds personal data.
package struct MailTransport: Transport {
  package let channel = "mail"
  let curl: CurlLoop
  package let outlet: MailOutlet
  let gateway: Gateway
  let letter: MailLetter
  let seals: MailSeals?
  let isRedirected: Bool

  /// How the gateway calls itself in mail.
  package struct Gateway: Sendable {
    /// The right-hand side of Message-IDs, of the envelope sender and of the addresses that take answers.
    package let host: String
    /// The address in `From`.
    package let from: String
    /// Somebody collects what is sent to `answer+…`, `receipt+…` and `bounce+…` at the host.
    package let takesAnswers: Bool
    package init(host: String, from: String, takesAnswers: Bool = false) {
      self.host = host
      self.from = from
      self.takesAnswers = takesAnswers
    }
  }

  /// `isRedirected`: the outlet is a stand-in that keeps what it gets; messages say for whom they were meant, and TLS is
  /// required whatever the directory allows.
  package init(
    curl: CurlLoop, outlet: MailOutlet, gateway: Gateway, links: AnswerLinks, seals: MailSeals? = nil,
    isRedirected: Bool = false
  ) {
    self.curl = curl
    self.outlet = outlet
    self.gateway = gateway
    letter = MailLetter(gateway: gateway, links: links)
    self.seals = seals
    self.isRedirected = isRedirected
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .mail(let mail) = dispatch.channel else { return .rejected(Fault(.configuration, "not a mail channel")) }
    var passed: [String] = []
    for (index, privacy) in mail.privacy.enumerated() {
      let outcome = await deliver(dispatch, to: mail, privacy)
      let hasNext = index + 1 < mail.privacy.count
      switch outcome {
      case .rejected(let fault) where fault.code == .privacy && hasNext:
        passed.append("\(privacy.rawValue) was not possible: \(fault.reason)")
      case .deferred(let fault, _) where [.tls, .privacy].contains(fault.code) && hasNext:
        passed.append("\(privacy.rawValue) was not possible: \(fault.reason)")
      case .accepted(let receipt): return .accepted(receipt.sent(by: privacy, passed))
      default: return outcome
      }
    }
    return .rejected(Fault(.privacy, "the directory names no policy for this mailbox"))
  }

  private func deliver(_ dispatch: Dispatch, to mail: MailChannel, _ privacy: MailPrivacy) async -> Outcome {
    let sealed: SealedMail
    do { sealed = try seal(dispatch, to: mail, privacy) } catch { return .rejected(error) }
    let tag = letter.links.key.tag(dispatch.notification.id, channel: dispatch.channelIndex)
    let outcome = await send(sealed.bytes, tag: tag, to: mail, privacy)
    guard case .accepted(let receipt) = outcome, let signature = sealed.signature else { return outcome }
    // What a signed receipt will have to fit.
    return .accepted(Receipt(receipt.kind, from: receipt.source, receipt.evidence, details: signature))
  }

  /// The mail as it would leave by a policy, for whoever measures or looks at it. Throws `Fault` where it would not leave.
  package func content(of dispatch: Dispatch, to mail: MailChannel, _ privacy: MailPrivacy) throws(Fault) -> [UInt8] {
    try seal(dispatch, to: mail, privacy).bytes
  }

  private func seal(
    _ dispatch: Dispatch, to mail: MailChannel, _ privacy: MailPrivacy
  ) throws(Fault) -> SealedMail {
    var message = privacy == .notice ? letter.notice(dispatch, to: mail) : letter.full(dispatch, to: mail)
    if isRedirected { message.fields.append(("X-Waypost-Intended", dispatch.notification.intended)) }
    guard privacy == .smime else { return try signed(message, at: dispatch.at) }
    guard let seals else {
      throw Fault(.privacy, "this gateway has no certificate to sign with; give `mail: {signing: …}` in the settings")
    }
    let receipt = mail.signedReceipt && gateway.takesAnswers
    let tag = letter.links.key.tag(dispatch.notification.id, channel: dispatch.channelIndex)
    return try seals.seal(
      message, to: mail, receiptTo: receipt ? "receipt+\(tag)@\(gateway.host)" : nil, at: dispatch.at)
  }

  /// Signed where the gateway has a certificate, so that the reader can tell who wrote it; as it is otherwise.
  private func signed(_ message: MIMEMessage, at now: Instant) throws(Fault) -> SealedMail {
    guard let seals, seals.signsEverything else { return SealedMail(bytes: message.bytes, signature: nil) }
    return try seals.sign(message, at: now)
  }

  /// The code that opens the page of a notice, or the news that somebody else was asked: at once and outside the ledger,
  /// since the reader is waiting and can ask again.
  package func sendCode(_ code: String, for record: NotificationRecord, channel: Int, at now: Instant) async -> Outcome
  {
    await sendAside(record, channel) { mail in letter.code(code, for: record.notification, to: mail, at: now) }
  }

  package func sendSuperseded(
    by contact: String, _ record: NotificationRecord, channel: Int, at now: Instant
  ) async -> Outcome {
    await sendAside(record, channel) { mail in
      letter.superseded(record.notification, by: contact, to: mail, at: now)
    }
  }

  private func sendAside(
    _ record: NotificationRecord, _ channel: Int, _ write: (MailChannel) -> MIMEMessage
  ) async -> Outcome {
    guard record.notification.channels.indices.contains(channel) else {
      return .rejected(Fault(.configuration, "the notification has no such channel"))
    }
    let mail: MailChannel
    switch record.notification.channels[channel] {
    case .mail(let own): mail = own
    case .notify(let address, _): mail = MailChannel(address: address)
    default: return .rejected(Fault(.configuration, "this channel has no mailbox"))
    }
    var message = write(mail)
    if isRedirected { message.fields.append(("X-Waypost-Intended", record.notification.intended)) }
    return await send(message.bytes, tag: nil, to: mail, .notice)
  }

  /// `tag` names the notification in the envelope; nil: the message asks for no report.
  private func send(_ content: [UInt8], tag: String?, to mail: MailChannel, _ privacy: MailPrivacy) async -> Outcome {
    guard
      let envelope = SMTPEnvelope(
        sender: tag.map { "bounce+\($0)@\(gateway.host)" } ?? gateway.from, recipient: mail.address,
        identifier: tag,
        content: content)
    else { return .rejected(Fault(.configuration, "the recipient's mail address cannot be written in a command")) }
    switch outlet {
    case .none: return .deferred(Fault(.configuration, "no mail relay is configured"), retryAfter: nil)
    case .relay(let server):
      guard mail.pin == nil || isRedirected else {
        return .rejected(
          Fault(.privacy, "a pinned key can only be looked for when mail goes directly to the recipient's server"))
      }
      // What the directory allows concerns the recipient's server; our own is always verified.
      return await curl.send(envelope, over: server)
    case .direct(let direct): return await direct.send(envelope, pin: mail.pin, privacy, over: curl)
    }
  }
}

/// Where mail goes from here.
package enum MailOutlet: Sendable {
  /// One server takes all of it.
  case relay(MailServer)
  /// Each domain's own servers.
  case direct(DirectMail)
  /// Nowhere yet: mail waits.
  case none
}

/// A message as it goes to the wire; `signature` is what a signed receipt has to fit, in base64.
struct SealedMail {
  let bytes: [UInt8]
  let signature: String?
}

extension Receipt {
  /// Says by which policy the message left, and which better ones were not possible.
  fileprivate func sent(by privacy: MailPrivacy, _ passed: [String]) -> Receipt {
    let way = privacy == .tls ? "" : " (\(privacy.rawValue))"
    let words = evidence + way + passed.map { "; \($0)" }.joined()
    return Receipt(kind, from: source, words, details: details, channel: channel)
  }
}
