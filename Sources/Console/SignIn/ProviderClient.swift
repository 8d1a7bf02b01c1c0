import Delivery
import Foundation
import Routing

/// Talks to one provider: where it does what, where people are sent, and what their code is worth.
actor ProviderClient {
  nonisolated let provider: IdentityProvider
  private var found: (document: ProviderDocument, reading: IdentityTokenReading, at: Instant)?
  private var failedAt: Instant?

  /// Seconds that a discovery document is used, and those that pass before a provider that failed is asked again.
  private static let lifetime: Int64 = 3600
  private static let pause: Int64 = 10

  init(_ provider: IdentityProvider) { self.provider = provider }

  /// Throws `unreachable` or `badDocument`. While a provider fails, what it said before still counts.
  func document(at now: Instant) async throws(SignInRefusal) -> ProviderDocument {
    try await current(at: now).document
  }

  private func current(
    at now: Instant
  ) async throws(SignInRefusal) -> (document: ProviderDocument, reading: IdentityTokenReading) {
    if let found, found.at.advanced(bySeconds: ProviderClient.lifetime) > now { return (found.document, found.reading) }
    let mustWait = failedAt.map { $0.advanced(bySeconds: ProviderClient.pause) > now } ?? false
    do throws(SignInRefusal) {
      guard !mustWait else { throw .unreachable }
      let fresh = try await discover()
      found = (fresh.document, fresh.reading, now)
      failedAt = nil
      return fresh
    } catch {
      if !mustWait { failedAt = now }
      guard let found else { throw error }
      return (found.document, found.reading)
    }
  }

  private func discover() async throws(SignInRefusal) -> (document: ProviderDocument, reading: IdentityTokenReading) {
    let base = provider.issuer.hasSuffix("/") ? String(provider.issuer.dropLast()) : provider.issuer
    guard let answer = await provider.fetch("\(base)/.well-known/openid-configuration"), answer.status == 200 else {
      throw .unreachable
    }
    let document = try ProviderDocument(answer.body, of: provider.issuer)
    if let found, found.document.keys == document.keys { return (document, found.reading) }
    do { return (document, try provider.reading(document.keys)) } catch { throw .badDocument }
  }

  /// Where a browser is sent to (OpenID Connect Core section 3.1.2.1, RFC 7636 section 4.3).
  func way(_ state: String, _ browser: BrowserToken, back: String, at now: Instant) async throws(SignInRefusal)
    -> String
  {
    let document = try await document(at: now)
    let query = FormText.encoded([
      ("response_type", "code"), ("client_id", provider.client), ("redirect_uri", back),
      ("scope", "openid email profile"), ("state", state), ("nonce", browser.code(for: .nonce, of: state)),
      ("code_challenge", BrowserToken.challenge(of: browser.code(for: .verifier, of: state))),
      ("code_challenge_method", "S256"),
    ])
    return document.authorization + (document.authorization.contains("?") ? "&" : "?") + query
  }

  /// Who the code is about. Throws where the provider gives nothing for it, or for another sign-in.
  func claims(
    for code: String, _ state: String, _ browser: BrowserToken, back: String, at now: Instant
  ) async throws(SignInRefusal) -> IdentityClaims {
    let (document, reading) = try await current(at: now)
    var fields = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", back),
      ("code_verifier", browser.code(for: .verifier, of: state)),
    ]
    if provider.secret == nil { fields.append(("client_id", provider.client)) }
    guard let answer = await provider.post(document.token, authorization, FormText.encoded(fields)) else {
      throw .unreachable
    }
    guard answer.status == 200, let said = try? JSONValue(parsing: answer.body), let token = said["id_token"]?.text
    else { throw .noToken }
    let claims: IdentityClaims
    do { claims = try await reading(token, now) } catch { throw .badToken }
    guard claims.issuer == provider.issuer else { throw .wrongIssuer }
    guard let nonce = claims.nonce, browser.proves(nonce, for: .nonce, of: state) else { throw .wrongNonce }
    return claims
  }

  /// RFC 6749 section 2.3.1: both are encoded as in a form before they are joined.
  private var authorization: String? {
    provider.secret.map { secret in
      let pair = "\(FormText.encoded(provider.client)):\(FormText.encoded(secret))"
      return "Basic \(Data(pair.utf8).base64EncodedString())"
    }
  }
}

/// `application/x-www-form-urlencoded`, as it is sent.
enum FormText {
  static func encoded(_ fields: [(String, String)]) -> String {
    fields.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
  }

  /// All but RFC 3986's unreserved letters becomes `%XX`, which forms and URLs read alike.
  static func encoded(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.append(byte)
      default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
}
