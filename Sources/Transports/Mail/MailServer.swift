/// A server that takes mail, how to reach it, and what it has to show before it gets any.
package struct MailServer: Hashable, Sendable {
  /// `smtp://host:port` (STARTTLS) or `smtps://host:port` (TLS from the first byte).
  package let url: String
  package let user: String?
  package let password: String?
  let security: LinkSecurity
  /// `sha256//` and base64: the public key that its certificate has to carry.
  let pin: String?
  /// Where its name leads, as `host:port:address`; nil: the system's resolver says.
  let place: String?

  package init(url: String, user: String? = nil, password: String? = nil) {
    self.init(url: url, user: user, password: password, security: .verified)
  }

  init(
    url: String, user: String? = nil, password: String? = nil, security: LinkSecurity, pin: String? = nil,
    place: String? = nil
  ) {
    self.url = url
    // A password is only ever given to a server whose certificate has been verified.
    self.user = security == .verified ? user : nil
    self.password = security == .verified ? password : nil
    self.security = security
    self.pin = pin
    self.place = place
  }
}

/// What a connection has to be before a message is written to it.
enum LinkSecurity: String, Sendable {
  /// TLS 1.2 or better; the certificate holds for the name and leads to a trusted root.
  case verified
  /// TLS 1.2 or better with whoever answers (RFC 7435): enough against whoever only listens.
  case encrypted
  /// TLS where it is offered, otherwise in clear.
  case opportunistic
}
