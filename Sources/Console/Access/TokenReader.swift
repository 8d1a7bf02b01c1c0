package import Routing

/// Reads OAuth 2 bearer tokens and OpenID Connect id_tokens that are signed JWTs (RFC 7519, RFC 9068, RFC 8725).
///
/// Guarantee: claims come back only for a token that one of the issuers signed, with a key and an algorithm of its own,
/// for our audience, and that is good at `now`. The clock is the argument. A refusal names a constant and never the
/// token. What is in a token decides nothing about where keys come from.
package struct TokenReader: Sendable {
  private let issuers: [(settings: TokenIssuer, keys: IssuerKeys)]

  /// Throws where two issuers have one name.
  package init(_ issuers: [TokenIssuer], fetch: @escaping KeyFetch) throws(TokenIssuerProblem) {
    guard Set(issuers.map(\.issuer)).count == issuers.count else {
      throw TokenIssuerProblem("an issuer is named twice", "Leave one of the two out")
    }
    self.issuers = issuers.map { ($0, IssuerKeys(source: $0.jwks, fetch: fetch)) }
  }

  package func read(_ token: String, at now: Instant) async throws(TokenRefusal) -> TokenClaims {
    let token = try SignedToken(token)
    guard let named = token.claims["iss"]?.text,
      let issuer = issuers.first(where: { $0.settings.issuer.utf8.elementsEqual(named.utf8) })
    else { throw .unknownIssuer }
    guard issuer.settings.algorithms.contains(token.algorithm) else { throw .algorithm }
    let key = try await issuer.keys.key(named: token.keyID, for: token.algorithm, at: now)
    guard await key.verifies(token) else { throw .badSignature }
    return try TokenClaims(token.claims, of: issuer.settings, at: now)
  }
}
