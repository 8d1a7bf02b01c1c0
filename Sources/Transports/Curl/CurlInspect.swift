import Delivery
import Routing

/// A server that is looked at: connected to, secured, greeted and logged in to as for a message, and left again.
struct InspectRequest: Sendable {
  /// `https://`, `smtp://` (STARTTLS) or `smtps://`, with host and port; nothing is asked for.
  var url: String
  var user: String?
  var password: String?
  var security = LinkSecurity.verified
  var pin: String?
  /// Where the name leads, as `host:port:address`.
  var place: String?
  var reach = HTTPReach.environment
  /// What the gateway shows as a client.
  var client: ClientCertificate?

  init(url: String) { self.url = url }

  init(_ server: MailServer) {
    url = server.url
    user = server.user
    password = server.password
    security = server.security
    pin = server.pin
    place = server.place
  }

  var isMail: Bool { url.hasPrefix("smtp") }

  /// The same server, whoever it may be, to read a certificate that does not hold. It is given no password, and not told
  /// who asks.
  var unverified: InspectRequest {
    var other = self
    (other.user, other.password, other.pin, other.client) = (nil, nil, nil, nil)
    other.security = .encrypted
    return other
  }
}

struct InspectAnswer: Sendable {
  /// Nil: a message could have been handed over.
  var fault: Fault?
  /// The version of TLS that came about; nil: none did.
  var tls: String?
  /// When the server's own certificate ends; nil where none was shown, or it cannot be read.
  var expires: Instant?
  var milliseconds: Int64 = 0
}
