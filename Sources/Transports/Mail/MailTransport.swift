package import Delivery
import Routing

/// Mail over SMTP through one relay, as private as the recipient's entry demands.
///
/// The envelope sender names the notification, so that a bounce says what it is about; no header or command holds
/// personal data.
package struct MailTransport: Transport {
  package let channel = "mail"
  let curl: CurlLoop
  let relay: MailRelay?
  let gateway: Gateway
  let isRedirected: Bool

  /// How the gateway calls itself in mail.
  package struct Gateway: Sendable {
    /// The right-hand side of Message-IDs and of the envelope sender.
    package let host: String
    /// The address in `From`.
    package let from: String
    package init(host: String, from: String) {
      self.host = host
      self.from = from
    }
  }

  /// `isRedirected`: the relay is a stand-in that keeps what it gets; messages say for whom they were meant, and TLS is
  /// required whatever the directory allows.
  package init(curl: CurlLoop, relay: MailRelay?, gateway: Gateway, isRedirected: Bool = false) {
    self.curl = curl
    self.relay = relay
    self.gateway = gateway
    self.isRedirected = isRedirected
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .mail(let address, let tls) = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a mail channel"))
    }
    guard let relay else {
      return .deferred(Fault(.configuration, "no mail relay is configured"), retryAfter: nil)
    }
    let notification = dispatch.notification
    guard
      let envelope = SMTPEnvelope(
        sender: "bounce+\(notification.id)@\(gateway.host)", recipient: address,
        identifier: notification.id, content: message(dispatch, to: address).bytes)
    else { return .rejected(Fault(.configuration, "the recipient's mail address cannot be written in a command")) }
    return await curl.send(envelope, over: relay.secured(isRedirected ? .required : tls))
  }

  private func message(_ dispatch: Dispatch, to address: String) -> MIMEMessage {
    let notification = dispatch.notification
    let words = notification.message
    var message = MIMEMessage(
      from: gateway.from, to: address, subject: words.subject, messageID: "\(notification.id)@\(gateway.host)",
      date: dispatch.at, text: words.text, html: words.html, attachment: words.body,
      csv: words.csv)
    message.isUrgent = notification.urgency == .immediate
    if isRedirected { message.extra.append(("X-Waypost-Intended", notification.intended)) }
    return message
  }
}
