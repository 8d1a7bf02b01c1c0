package import Routing

/// What a token that counts says of its bearer.
package struct TokenClaims: Hashable, Sendable {
  package let issuer: String
  package let subject: String?
  /// `azp` or `client_id`: the program that the token was given to.
  package let clientID: String?
  package let scope: Set<String>
  package let expiry: Instant
  /// Personal data, for signing people in: in no log line.
  package let email: String?
  package let emailVerified: Bool
  package let name: String?
  package let nonce: String?

  /// Longest time that a token may be good for, in seconds.
  static let longestLife: Int64 = 24 * 3600
  /// Longest name of a subject or client, in bytes (OpenID Connect Core section 2).
  private static let longestName = 255
}

extension TokenClaims {
  /// Judges claims whose signature holds (RFC 7519 section 4.1, RFC 9068 section 4).
  init(_ claims: JSONValue, of issuer: TokenIssuer, at now: Instant) throws(TokenRefusal) {
    guard claims["iss"]?.text.map({ $0.utf8.elementsEqual(issuer.issuer.utf8) }) == true else { throw .unknownIssuer }
    guard try TokenClaims.audiences(claims).contains(where: { $0.utf8.elementsEqual(issuer.audience.utf8) }) else {
      throw .wrongAudience
    }
    expiry = try TokenClaims.expiry(claims, at: now, tolerance: issuer.tolerance)
    self.issuer = issuer.issuer
    subject = try TokenClaims.name("sub", in: claims)
    let party = try TokenClaims.name("azp", in: claims)
    let client = try TokenClaims.name("client_id", in: claims)
    if let party, let client, !party.utf8.elementsEqual(client.utf8) { throw .malformedClaim }
    clientID = party ?? client
    if subject == nil, clientID == nil { throw .nobody }
    scope = Set(try TokenClaims.text("scope", in: claims)?.split(separator: " ").map(String.init) ?? [])
    email = try TokenClaims.text("email", in: claims)
    // Some providers write the word.
    emailVerified = claims["email_verified"] == true || claims["email_verified"] == "true"
    name = try TokenClaims.text("name", in: claims)
    nonce = try TokenClaims.text("nonce", in: claims)
  }

  private static func expiry(
    _ claims: JSONValue, at now: Instant, tolerance: Int64
  ) throws(TokenRefusal) -> Instant {
    guard let expiry = try time("exp", in: claims) else { throw .noExpiry }
    guard expiry.advanced(bySeconds: tolerance) > now else { throw .expired }
    let issued = try time("iat", in: claims)
    let start = try time("nbf", in: claims)
    let latest = now.advanced(bySeconds: tolerance)
    guard issued ?? now <= latest, start ?? now <= latest else { throw .notYetValid }
    guard expiry <= (issued ?? start ?? now).advanced(bySeconds: longestLife) else { throw .livesTooLong }
    return expiry
  }

  /// Seconds since 1970, fractions allowed (`NumericDate`), up to the year 9999.
  private static func time(_ name: String, in claims: JSONValue) throws(TokenRefusal) -> Instant? {
    guard let value = claims[name] else { return nil }
    guard case .number(let seconds) = value, (0...253_402_300_799).contains(seconds) else { throw .malformedClaim }
    return Instant(milliseconds: Int64(seconds * 1000))
  }

  private static func audiences(_ claims: JSONValue) throws(TokenRefusal) -> [String] {
    switch claims["aud"] {
    case nil: return []
    case .string(let one): return [one]
    case .array(let items):
      let texts = items.compactMap(\.text)
      guard texts.count == items.count else { throw .malformedClaim }
      return texts
    default: throw .malformedClaim
    }
  }

  private static func text(_ name: String, in claims: JSONValue) throws(TokenRefusal) -> String? {
    guard let value = claims[name] else { return nil }
    guard let text = value.text else { throw .malformedClaim }
    return text
  }

  /// A name that goes into the audit: short and without control characters. An empty one names nobody.
  private static func name(_ name: String, in claims: JSONValue) throws(TokenRefusal) -> String? {
    guard let text = try text(name, in: claims), !text.isEmpty else { return nil }
    guard text.utf8.count <= longestName, !text.unicodeScalars.contains(where: \.properties.isControlOrBreak) else {
      throw .malformedClaim
    }
    return text
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isControlOrBreak: Bool {
    switch generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
