package import Routing

/// The server that takes all outgoing mail, and how to reach it.
package struct MailRelay: Hashable, Sendable {
  /// `smtp://host:port` (STARTTLS) or `smtps://host:port` (TLS from the first byte).
  package let url: String
  package let user: String?
  package let password: String?
  package let security: MailSecurity

  package init(url: String, user: String? = nil, password: String? = nil, security: MailSecurity = .required) {
    self.url = url
    self.user = user
    self.password = password
    self.security = security
  }

  func secured(_ security: MailSecurity) -> MailRelay {
    // A password is only ever given to a server whose certificate has been verified.
    let isVerified = security == .required
    return MailRelay(
      url: url, user: isVerified ? user : nil, password: isVerified ? password : nil, security: security)
  }
}
