/// Why a token does not count. Constants only: nothing of the token is ever in them.
package enum TokenRefusal: String, Error, CaseIterable, Sendable {
  case tooLong = "token-too-long"
  case notThreeParts = "token-not-three-parts"
  case notBase64URL = "token-not-base64url"
  case notJSON = "token-not-json"
  case repeatedMember = "token-repeated-member"
  case malformedHeader = "token-malformed-header"
  case wrongType = "token-wrong-type"
  case criticalHeader = "token-critical-header"
  case algorithm = "token-algorithm"
  case unknownIssuer = "token-unknown-issuer"
  case unknownKey = "token-unknown-key"
  case ambiguousKey = "token-ambiguous-key"
  case unfitKey = "token-unfit-key"
  case keysUnavailable = "token-keys-unavailable"
  case badSignature = "token-bad-signature"
  case malformedClaim = "token-malformed-claim"
  case wrongAudience = "token-wrong-audience"
  case noExpiry = "token-no-expiry"
  case expired = "token-expired"
  case notYetValid = "token-not-yet-valid"
  case livesTooLong = "token-lives-too-long"
  case nobody = "token-nobody"

  /// The same token may well count a little later: nothing is known against it.
  package var isTemporary: Bool { self == .keysUnavailable }

  /// A sentence for whoever sent the token.
  package var reason: String {
    switch self {
    case .tooLong: "The token has more than 8 KiB"
    case .notThreeParts: "A token has three parts with dots between them"
    case .notBase64URL: "A part of the token is not base64url without padding"
    case .notJSON: "The header or the claims are no JSON object"
    case .repeatedMember: "The header or the claims name a member twice"
    case .malformedHeader: "The header has a member of the wrong kind"
    case .wrongType: "The token's typ is neither JWT nor at+jwt"
    case .criticalHeader: "The token demands an extension (crit) that is not known here"
    case .algorithm: "The token's alg is not allowed for its issuer"
    case .unknownIssuer: "The token's iss is not an issuer of the settings"
    case .unknownKey: "The issuer has no such key"
    case .ambiguousKey: "More than one of the issuer's keys fits: the token has to name one (kid)"
    case .unfitKey: "The issuer's key of that kid is not for this alg, or is too weak"
    case .keysUnavailable: "The issuer's keys cannot be had now"
    case .badSignature: "The signature does not hold"
    case .malformedClaim: "A claim is of the wrong kind or too long"
    case .wrongAudience: "The token is not meant for this gateway (aud)"
    case .noExpiry: "The token has no exp"
    case .expired: "The token has expired"
    case .notYetValid: "The token is from the future (nbf, iat)"
    case .livesTooLong: "The token is good for more than 24 hours"
    case .nobody: "The token names neither a subject nor a client"
    }
  }
}
