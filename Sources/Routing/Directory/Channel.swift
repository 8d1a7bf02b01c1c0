/// One way to reach a desk.
package enum Channel: Hashable, Sendable {
  case mail(MailChannel)
  case webhook(WebhookChannel)
  /// Files in a folder that a closed network collects from. `folder` is a name below the gateway's drop folder.
  case drop(folder: String, format: DropFormat)
  /// A content-free notice through GOV.UK Notify, by one of the service's templates.
  case notify(address: String, template: String)
  /// A number that a person has to ring.
  case phone(String)

  /// The contract's name of the channel.
  package var name: String {
    switch self {
    case .mail: "mail"
    case .webhook: "webhook"
    case .drop: "drop"
    case .notify: "notify"
    case .phone: "manual"
    }
  }

  /// Mail that leaves only over verified TLS, as nobody has said more about the recipient.
  package static func mail(_ address: String) -> Channel { .mail(MailChannel(address: address)) }

  /// A webhook in the open internet, signed with a shared secret, as nobody has said more about the recipient.
  package static func webhook(url: String, secret: String) -> Channel {
    .webhook(WebhookChannel(url: url, secret: secret))
  }
}

/// A mailbox, and how privately it can receive.
package struct MailChannel: Hashable, Sendable {
  package let address: String
  /// Tried in this order, the next only where the one before cannot be kept; never anything that is not in it.
  package let privacy: [MailPrivacy]
  /// Names of PEM files with the recipient's certificates; everybody's of a shared mailbox.
  package let certificates: [String]
  /// The recipient's software reads AES-256-GCM (RFC 5083); AES-256-CBC otherwise.
  package let readsGCM: Bool
  /// The SHA-256 of the public key that the recipient's server has to show, as `sha256//` and base64.
  package let pin: String?
  /// A read receipt (RFC 8098) may be asked for.
  package let readReceipt: Bool
  /// A signed receipt (RFC 2634) may be asked for.
  package let signedReceipt: Bool

  package init(
    address: String, privacy: [MailPrivacy] = [.tls], certificates: [String] = [], readsGCM: Bool = false,
    pin: String? = nil, readReceipt: Bool = false, signedReceipt: Bool = false
  ) {
    self.address = address
    self.privacy = privacy
    self.certificates = certificates
    self.readsGCM = readsGCM
    self.pin = pin
    self.readReceipt = readReceipt
    self.signedReceipt = signedReceipt
  }
}

/// An HTTPS endpoint, and what it and its gateway know each other by.
package struct WebhookChannel: Hashable, Sendable {
  package let url: String
  /// The name of the secret that both sides share; nil where only the gateway's own key signs.
  package let secret: String?
  package let signature: WebhookSignature
  /// Nothing is posted before the endpoint has consented (CloudEvents webhook binding, section 4).
  package let asksConsent: Bool
  /// The name of the certificate that the gateway shows as a client.
  package let client: String?
  /// Where a bearer token comes from.
  package let token: TokenRequest?
  /// The endpoint is inside the operator's own network: its address need not be public.
  package let isPrivate: Bool

  package init(
    url: String, secret: String?, signature: WebhookSignature = .hmac, asksConsent: Bool = false,
    client: String? = nil, token: TokenRequest? = nil, isPrivate: Bool = false
  ) {
    self.url = url
    self.secret = secret
    self.signature = signature
    self.asksConsent = asksConsent
    self.client = client
    self.token = token
    self.isPrivate = isPrivate
  }
}

/// What a webhook is signed with (Standard Webhooks 1.0.0).
package enum WebhookSignature: String, Sendable, CaseIterable {
  /// `v1`: the secret that both sides share.
  case hmac
  /// `v1a`: the gateway's own key, which anybody can check and nobody else has.
  case ed25519
  case both

  package var usesSecret: Bool { self != .ed25519 }
  package var usesKey: Bool { self != .hmac }
}

/// OAuth 2.0 client credentials (RFC 6749 section 4.4).
package struct TokenRequest: Hashable, Sendable {
  package let url: String
  /// The client's id at the token endpoint.
  package let client: String
  /// The name of the client's secret.
  package let secret: String
  package let scope: String?

  package init(url: String, client: String, secret: String, scope: String? = nil) {
    self.url = url
    self.client = client
    self.secret = secret
    self.scope = scope
  }
}

/// How a mail is kept private on its way.
package enum MailPrivacy: String, Sendable, CaseIterable {
  /// Signed and encrypted for the recipient's certificates.
  case smime
  /// Readable, over TLS 1.2 or better to a server whose certificate holds.
  case tls
  /// Nothing but a link; the message is read on a page, after a one-time code.
  case notice
  /// Readable, over TLS where the server offers it: the directory accepts plain text for this desk.
  case opportunistic
}

package enum DropFormat: String, Sendable, CaseIterable {
  /// One RFC 5322 file a message, in the folder's `new/`.
  case maildir
  /// One CloudEvent a message.
  case json
}
