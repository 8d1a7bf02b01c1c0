/// How tokens may be signed (RFC 7518, RFC 8037). Only public keys: `none` and the HMAC kinds cannot be named.
package enum TokenAlgorithm: String, CaseIterable, Sendable {
  case rs256 = "RS256"
  case ps256 = "PS256"
  case es256 = "ES256"
  case es384 = "ES384"
  case edDSA = "EdDSA"
}

/// An identity provider whose tokens count, as the settings name it.
package struct TokenIssuer: Hashable, Sendable {
  /// Exactly what tokens say as `iss`.
  package let issuer: String
  /// What has to be among a token's `aud`.
  package let audience: String
  /// Where its keys are (RFC 7517): an https URL or a file's path.
  package let jwks: String
  /// By how many seconds clocks may differ.
  package let tolerance: Int64
  package let algorithms: Set<TokenAlgorithm>

  /// The tolerances that may be set, in seconds.
  package static let tolerances: ClosedRange<Int64> = 0...300

  /// Throws what is wrong, and what to write in its place.
  package init(
    issuer: String, audience: String, jwks: String, tolerance: Int64 = 60,
    algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases)
  ) throws(TokenIssuerProblem) {
    guard !issuer.isEmpty else { throw TokenIssuerProblem("issuer is empty", "Write what its tokens say as iss") }
    guard !audience.isEmpty else { throw TokenIssuerProblem("audience is empty", "Write what its tokens say as aud") }
    guard !jwks.isEmpty else {
      throw TokenIssuerProblem("jwks is empty", "Write the https URL or the file of its keys")
    }
    guard !jwks.contains("://") || jwks.lowercased().hasPrefix("https://") else {
      throw TokenIssuerProblem("jwks is neither https nor a file", "Keys are fetched over https only")
    }
    guard TokenIssuer.tolerances.contains(tolerance) else {
      throw TokenIssuerProblem("tolerance is outside of 0 to 300", "Write seconds in that range")
    }
    guard !algorithms.isEmpty else {
      let all = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
      throw TokenIssuerProblem("algorithms is empty", "Leave it out, or write some of \(all)")
    }
    self.issuer = issuer
    self.audience = audience
    self.jwks = jwks
    self.tolerance = tolerance
    self.algorithms = algorithms
  }
}

/// What is wrong with an issuer's settings, and the remedy.
package struct TokenIssuerProblem: Error, CustomStringConvertible {
  package let reason: String
  package let remedy: String
  package var description: String { "\(reason). \(remedy)." }

  init(_ reason: String, _ remedy: String) {
    self.reason = reason
    self.remedy = remedy
  }
}
