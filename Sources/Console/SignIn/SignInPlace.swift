import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// Where people reach the gateway, and what their browsers are told because of it.
///
/// Over TLS cookies are `Secure` and have the `__Host-` prefix, so that no other host or path can set them. A gateway that
/// people reach over plain HTTP stands on loopback: there they have neither, because Safari drops `Secure` cookies of
/// `http://localhost` and the prefix needs them.
struct SignInPlace: Sendable {
  let address: PublicAddress

  private var isSecure: Bool { address.text.lowercased().hasPrefix("https://") }

  /// What stands before every path where the gateway is below one.
  private var base: String {
    guard let scheme = address.text.firstRange(of: "://") else { return "" }
    let rest = address.text[scheme.upperBound...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
  }

  /// Host and port, as browsers write them in `Origin` and `Host`.
  private var authority: String {
    guard let scheme = address.text.firstRange(of: "://") else { return "" }
    return address.text[scheme.upperBound...].prefix { $0 != "/" }.lowercased()
  }

  /// A page of this gateway, as a link or a redirect has it. `path` begins with a slash.
  func page(_ path: String) -> String { base + path }

  /// Where a provider sends people back to.
  func back(from provider: String) -> String { "\(address.text)/sign-in/\(provider)/callback" }

  // Cookies.

  enum Cookie: String {
    /// Who is signed in.
    case session = "waypost"
    /// Which browser asked for the sign-in page, until it has signed in.
    case browser = "waypost-browser"
  }

  /// Seconds that a sign-in page may stand open; it asks for a new one before.
  static let browserLimit: Int64 = 3600

  func token(_ cookie: Cookie, of request: Request) -> BrowserToken? {
    request.cookies[name(cookie)].flatMap { BrowserToken(cookie: $0.value) }
  }

  func set(_ cookie: Cookie, _ token: BrowserToken, on response: inout Response) {
    let age = cookie == .browser ? "; Max-Age=\(SignInPlace.browserLimit)" : ""
    write(cookie, token.text + age, &response)
  }

  func clear(_ cookie: Cookie, on response: inout Response) { write(cookie, "; Max-Age=0", &response) }

  private func name(_ cookie: Cookie) -> String { (isSecure ? "__Host-" : "") + cookie.rawValue }

  private func write(_ cookie: Cookie, _ value: String, _ response: inout Response) {
    let flags = "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    response.headers.append(HTTPField(name: .setCookie, value: "\(name(cookie))=\(value)\(flags)"))
  }

  // Headers.

  /// `same-origin`, for with `no-referrer` browsers send `Origin: null` with forms, and it could not be checked.
  func guarded(_ response: Response) -> Response {
    var response = response
    if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "same-origin" }
    if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    response.headers[.cacheControl] = "no-store"
    return response
  }

  /// Whether a posted form comes from a page of ours, as far as the browser says. Old ones say nothing: the form's token
  /// has to do there.
  func isOwn(_ request: Request) -> Bool {
    if let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name], site != "same-origin" {
      return false
    }
    guard let origin = request.headers[.origin] else { return true }
    guard let scheme = origin.firstRange(of: "://") else { return false }
    let host = origin[scheme.upperBound...].lowercased()
    return host == authority || host == request.head.authority?.lowercased()
  }

  /// Leads on to the first place of the board that somebody may see.
  static let start = "/"

  /// A page of this gateway to go on to: `text` if it is a path here and nothing else, or else where everybody starts.
  static func next(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isPath =
      bytes.first == UInt8(ascii: "/") && bytes.count <= 512 && bytes.dropFirst().first != UInt8(ascii: "/")
      && bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") }
    return isPath && !text.hasPrefix("/sign-") ? text : start
  }
}
