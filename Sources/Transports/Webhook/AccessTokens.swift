import Delivery
import Foundation
import Routing

/// Bearer tokens for endpoints that ask for them: OAuth 2.0 client credentials (RFC 6749 section 4.4).
///
/// Guarantee: the client's secret goes to the token endpoint alone, over verified TLS; neither it nor a token is in a
/// fault. A token is used until shortly before it expires, or until an endpoint does not take it any more.
final class AccessTokens: Sendable {
  private let curl: CurlLoop
  private let secrets: @Sendable (String) -> String?
  private let tokens = GrantCache<TokenRequest, String>()
  /// Seconds that a token holds whose endpoint does not say.
  private static let usualLifetime: Int64 = 300
  /// Bytes of an answer that are read.
  private static let limit = 64 * 1024
  /// What a token endpoint may say is wrong (RFC 6749 section 5.2); nothing else that it says is repeated.
  private static let errors: Set<String> = [
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope",
  ]

  init(curl: CurlLoop, secrets: @escaping @Sendable (String) -> String?) {
    self.curl = curl
    self.secrets = secrets
  }

  func token(_ request: TokenRequest, _ reach: HTTPReach, at now: Instant) async throws(WebhookStop) -> String {
    try await tokens.grant(request, at: now) { await self.ask(request, reach, at: now) }
  }

  /// The endpoint did not take it: the next attempt asks for another.
  func drop(_ token: String, of request: TokenRequest) async { await tokens.drop(token, of: request) }

  private func ask(
    _ request: TokenRequest, _ reach: HTTPReach, at now: Instant
  ) async -> GrantCache<TokenRequest, String>.Answer {
    guard let secret = secrets(request.secret)?.trimmingCharacters(in: .whitespacesAndNewlines) else {
      return .withheld(.rejected(Fault(.configuration, "there is no secret called \(request.secret)")))
    }
    let credentials = Data("\(formEncoded(request.client)):\(formEncoded(secret))".utf8).base64EncodedString()
    let scope = request.scope.map { "&scope=\(formEncoded($0))" } ?? ""
    var post = HTTPPost(
      url: request.url,
      headers: [
        "Content-Type: application/x-www-form-urlencoded", "Accept: application/json", "User-Agent: Waypost", "Expect:",
        "Authorization: Basic \(credentials)",
      ], body: Array("grant_type=client_credentials\(scope)".utf8))
    post.reach = reach
    post.keptBytes = AccessTokens.limit
    let answer = await curl.post(post)
    guard case .answered(let status, let retryAfter, _, let kept) = answer else {
      return .withheld(WebhookTransport.outcome(answer, at: now))
    }
    let document = try? JSONValue(parsing: kept.body)
    guard status == 200, let document, let token = token(in: document) else {
      let error = document?["error"]?.text.flatMap { AccessTokens.errors.contains($0) ? " (\($0))" : nil } ?? ""
      let fault = Fault(
        .authentication,
        status == 200
          ? "the token endpoint gave no bearer token"
          : "the token endpoint answered HTTP \(status)\(error): check `tokenClient`, its secret and `tokenScope`")
      return .withheld(.deferred(fault, retryAfter: retryAfter.flatMap { RetryAfter.seconds($0, at: now) }))
    }
    return .granted(token, until: now.advanced(bySeconds: lifetime(document)))
  }

  /// A bearer token that can stand in a header (RFC 6750 section 2.1).
  private func token(in document: JSONValue) -> String? {
    guard document["token_type"]?.text?.lowercased() == "bearer", let token = document["access_token"]?.text,
      !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return nil }
    return token
  }

  /// Seconds for which the token is used: a quarter of its time is kept back, a minute at most.
  private func lifetime(_ document: JSONValue) -> Int64 {
    var given = AccessTokens.usualLifetime
    if case .number(let seconds) = document["expires_in"] { given = Int64(min(max(seconds, 0), 86_400)) }
    return given - min(60, given / 4)
  }

  /// application/x-www-form-urlencoded, as RFC 6749 section 2.3.1 wants both halves of the credentials.
  private func formEncoded(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        String(Unicode.Scalar(byte))
      case 0x20: "+"
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }.joined()
  }
}
