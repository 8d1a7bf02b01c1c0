import Console
import Foundation
import JWTKit
import Routing
import Testing

/// A token that must not count, and why not.
struct HostileToken: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let refusal: TokenRefusal
  let make: @Sendable (TokenMint) async throws -> String

  init(
    _ name: String, _ refusal: TokenRefusal, make: @escaping @Sendable (TokenMint) async throws -> String
  ) {
    testDescription = name
    self.refusal = refusal
    self.make = make
  }

  /// Good but for these claims.
  private static func claims(
    _ name: String, _ refusal: TokenRefusal, _ changes: JSONValue = [:], without gone: [String] = []
  ) -> HostileToken {
    HostileToken(name, refusal) { try await $0.token(TokenMint.header(), TokenMint.claims(changes, without: gone)) }
  }

  /// Good but for the header.
  private static func header(
    _ name: String, _ refusal: TokenRefusal, _ changes: JSONValue, by signer: TokenMint.Signer = .rs256
  ) -> HostileToken {
    HostileToken(name, refusal) { try await $0.token(TokenMint.header(changes), TokenMint.claims(), signer) }
  }

  /// Good but for these texts.
  private static func texts(
    _ name: String, _ refusal: TokenRefusal, header: String = TokenMint.header(), claims: String = TokenMint.claims()
  ) -> HostileToken {
    HostileToken(name, refusal) { try await $0.token(header, claims) }
  }

  /// A good token that was changed afterwards.
  private static func changed(
    _ name: String, _ refusal: TokenRefusal, _ change: @escaping @Sendable ([Substring]) -> String
  ) -> HostileToken {
    HostileToken(name, refusal) { mint in
      change(try await mint.token(TokenMint.header(), TokenMint.claims()).split(separator: "."))
    }
  }

  private static func seconds(_ offset: Int64) -> JSONValue { .number(Double(TokenMint.now.seconds + offset)) }

  static let all: [HostileToken] = times + parties + names + algorithms + keys + headers + signatures + shapes + texts

  private static let times: [HostileToken] = [
    claims("expired an hour ago", .expired, ["iat": seconds(-7200), "exp": seconds(-3600)]),
    claims("expired to the second of the tolerance", .expired, ["exp": seconds(-60)]),
    claims("no exp", .noExpiry, without: ["exp"]),
    claims("exp is null", .malformedClaim, ["exp": .null]),
    claims("exp is a text", .malformedClaim, ["exp": "4102444800"]),
    claims("exp is true", .malformedClaim, ["exp": true]),
    claims("exp is a list", .malformedClaim, ["exp": [4_102_444_800]]),
    claims("exp is negative", .malformedClaim, ["exp": -1]),
    claims("exp is beyond all numbers", .malformedClaim, ["exp": .number(1e300)]),
    claims("exp is after the year 9999", .malformedClaim, ["exp": 253_402_300_800]),
    claims("good for a day and a second", .livesTooLong, ["exp": seconds(86_401)]),
    claims("good for ever", .livesTooLong, ["exp": 253_402_300_799]),
    claims("good for 25 hours, iat left out", .livesTooLong, ["exp": seconds(90_000)], without: ["iat"]),
    claims("issued in the future", .notYetValid, ["iat": seconds(61)]),
    claims("good from the future on", .notYetValid, ["nbf": seconds(61)]),
    claims("nbf is a text", .malformedClaim, ["nbf": "0"]),
    claims("iat is a text", .malformedClaim, ["iat": "0"]),
  ]

  private static let parties: [HostileToken] = [
    claims("another issuer", .unknownIssuer, ["iss": "https://login.invalid/"]),
    claims("the issuer without its slash", .unknownIssuer, ["iss": "https://login.example/derbyshire"]),
    claims("the issuer in capitals", .unknownIssuer, ["iss": "https://LOGIN.example/derbyshire/"]),
    claims("the issuer and a space", .unknownIssuer, ["iss": "https://login.example/derbyshire/ "]),
    claims("the issuer and a zero", .unknownIssuer, ["iss": "https://login.example/derbyshire/\u{0}"]),
    claims("the issuer in a list", .unknownIssuer, ["iss": [.string(TokenMint.issuer)]]),
    claims("no issuer", .unknownIssuer, without: ["iss"]),
    claims("another audience", .wrongAudience, ["aud": "payroll"]),
    claims("an audience that begins like ours", .wrongAudience, ["aud": "waypost2"]),
    claims("the audience in capitals", .wrongAudience, ["aud": "Waypost"]),
    claims("other audiences", .wrongAudience, ["aud": ["payroll", "waypost "]]),
    claims("no audience in the list", .wrongAudience, ["aud": []]),
    claims("no audience", .wrongAudience, without: ["aud"]),
    claims("the audience is an object", .malformedClaim, ["aud": ["waypost": true]]),
    claims("an object beside the audience", .malformedClaim, ["aud": ["waypost", ["waypost": true]]]),
  ]

  private static let names: [HostileToken] = [
    claims("neither subject nor client", .nobody, without: ["sub", "client_id"]),
    claims("an empty subject", .nobody, ["sub": ""], without: ["client_id"]),
    claims("the subject is a number", .malformedClaim, ["sub": 7]),
    claims("a line break in the subject", .malformedClaim, ["sub": "S-1\nadmitted: true"]),
    claims("an override in the subject", .malformedClaim, ["sub": "S-1\u{202E}nimda"]),
    claims("a subject of 256 bytes", .malformedClaim, ["sub": .string(String(repeating: "s", count: 256))]),
    claims("two clients", .malformedClaim, ["azp": "somebody-else"]),
    claims("scope is a list", .malformedClaim, ["scope": ["events.send"]]),
    claims("email is a number", .malformedClaim, ["email": 7]),
  ]

  private static let algorithms: [HostileToken] = [
    header("alg none", .algorithm, ["alg": "none"], by: .nobody),
    header("alg None", .algorithm, ["alg": "None"], by: .nobody),
    header("alg nOnE", .algorithm, ["alg": "nOnE"], by: .nobody),
    header("alg none over a good signature", .algorithm, ["alg": "none"]),
    header("no alg", .algorithm, ["alg": .null]),
    header("alg is a number", .algorithm, ["alg": 256]),
    header("alg is a list", .algorithm, ["alg": ["RS256"]]),
    header("alg in small letters", .algorithm, ["alg": "rs256"]),
    header("alg is empty", .algorithm, ["alg": ""]),
    header("RS512, rightly signed", .algorithm, ["alg": "RS512"], by: .rs512),
    header(
      "HS256 with an empty secret", .algorithm, ["alg": "HS256"],
      by: .hmac(secret: [UInt8](repeating: 0, count: 32), .sha256)),
    HostileToken("HS256 with the public key's PEM", .algorithm) { mint in
      let secret = Array(mint.rsa.publicKey.pemRepresentation.utf8)
      return try await mint.token(
        TokenMint.header(["alg": "HS256"]), TokenMint.claims(), .hmac(secret: secret, .sha256))
    },
    HostileToken("HS512 with the public key's DER", .algorithm) { mint in
      let secret = Array(mint.rsa.publicKey.derRepresentation)
      return try await mint.token(
        TokenMint.header(["alg": "HS512"]), TokenMint.claims(), .hmac(secret: secret, .sha512))
    },
    HostileToken("HS256 with the modulus, called RS256", .badSignature) { mint in
      let secret = Array(try mint.rsa.publicKey.getKeyPrimitives().modulus)
      return try await mint.token(TokenMint.header(), TokenMint.claims(), .hmac(secret: secret, .sha256))
    },
    header(
      "HS256 with a secret that the set publishes", .algorithm, ["alg": "HS256", "kid": "oct"],
      by: .hmac(secret: TokenMint.symmetric, .sha256)),
    header("an RS256 signature called PS256", .badSignature, ["alg": "PS256"]),
    header("a PS256 signature called RS256", .badSignature, [:], by: .ps256),
  ]

  private static let keys: [HostileToken] = [
    header("a key that nobody has", .unknownKey, ["kid": "forged"]),
    header("the key's name in capitals", .unknownKey, ["kid": "RSA"]),
    header("an empty kid", .unknownKey, ["kid": ""]),
    header("a path as kid", .unknownKey, ["kid": "../../../../../../dev/null"]),
    header("an address as kid", .unknownKey, ["kid": "https://thief.invalid/keys"]),
    header("SQL as kid", .unknownKey, ["kid": "' UNION SELECT 'key' --"]),
    header("the key's name and a zero", .unknownKey, ["kid": "rsa\u{0}"]),
    header("kid is a number", .malformedHeader, ["kid": 1]),
    header("kid is a list", .malformedHeader, ["kid": ["rsa"]]),
    header("no kid where several keys fit", .ambiguousKey, ["kid": .null]),
    header("an RSA key for ES256", .unfitKey, ["alg": "ES256"]),
    header("an EC key for RS256", .unfitKey, ["kid": "p256"]),
    header("a P-384 key for ES256", .unfitKey, ["alg": "ES256", "kid": "p384"], by: .es384),
    header("a P-256 key for ES384", .unfitKey, ["alg": "ES384", "kid": "p256"], by: .es256),
    header("an RSA key for EdDSA", .unfitKey, ["alg": "EdDSA"], by: .edDSA),
    header("a key agreement key for EdDSA", .unfitKey, ["alg": "EdDSA", "kid": "x25519"], by: .edDSA),
    header("a symmetric key for RS256", .unfitKey, ["kid": "oct"]),
    header("a key of a kind that is not known", .unfitKey, ["kid": "later"]),
    header("a key for encryption", .unfitKey, ["kid": "encryption"]),
    header("a key for wrapping", .unfitKey, ["kid": "wrapping"]),
    header("a key for PS256 only", .unfitKey, ["kid": "pss-only"]),
    header("RSA with 1024 bits, rightly signed", .unfitKey, ["kid": "weak"], by: .weak),
    header("RSA with the exponent 1", .unfitKey, ["kid": "one"]),
    header("a point that is not on the curve", .badSignature, ["alg": "ES256", "kid": "off-curve"], by: .es256),
    header("the issuer's other key", .badSignature, ["kid": "spare"]),
  ]

  private static let headers: [HostileToken] = [
    header("a thief's signature", .badSignature, [:], by: .thief),
    header("a thief's jku", .badSignature, ["jku": "https://thief.invalid/keys"], by: .thief),
    header("a thief's x5u", .badSignature, ["x5u": "https://thief.invalid/certificate"], by: .thief),
    header("a thief's x5c", .badSignature, ["x5c": ["MIIB"]], by: .thief),
    HostileToken("a thief's key in the header", .badSignature) { mint in
      let own = try TokenMint.jwk(mint.thief, "rsa")
      return try await mint.token(TokenMint.header(["jwk": own]), TokenMint.claims(), .thief)
    },
    HostileToken("a thief's key in the header, by its own name", .unknownKey) { mint in
      let own = try TokenMint.jwk(mint.thief, "thief")
      return try await mint.token(TokenMint.header(["jwk": own, "kid": "thief"]), TokenMint.claims(), .thief)
    },
    header("crit names a claim", .criticalHeader, ["crit": ["exp"]]),
    header("crit names something unknown", .criticalHeader, ["crit": ["urn:x"], "urn:x": true]),
    header("crit is empty", .criticalHeader, ["crit": []]),
    header("an unencoded payload", .criticalHeader, ["b64": false]),
    header("a logout token", .wrongType, ["typ": "logout+jwt"]),
    header("a security event", .wrongType, ["typ": "secevent+jwt"]),
    header("typ is empty", .wrongType, ["typ": ""]),
    header("typ is a number", .malformedHeader, ["typ": 1]),
  ]

  private static let signatures: [HostileToken] = [
    changed("no signature", .badSignature) { "\($0[0]).\($0[1])." },
    changed("a signature that lost its last bytes", .badSignature) { "\($0[0]).\($0[1]).\($0[2].dropLast(6))" },
    changed("a flipped bit", .badSignature) { parts in
      "\(parts[0]).\(parts[1]).\(parts[2].first == "A" ? "B" : "A")\(parts[2].dropFirst())"
    },
    changed("another subject afterwards", .badSignature) { parts in
      "\(parts[0]).\(Base64URL.encode(TokenMint.claims(["sub": "S-2"]).utf8)).\(parts[2])"
    },
    changed("another header afterwards", .badSignature) { parts in
      "\(Base64URL.encode(TokenMint.header(["typ": "JWT"]).utf8)).\(parts[1]).\(parts[2])"
    },
    changed("zeros", .badSignature) { "\($0[0]).\($0[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 256)))" },
    HostileToken("ES256 with r and s zero", .badSignature) { mint in
      try await forged(mint, "ES256", "p256") { _ in [UInt8](repeating: 0, count: 64) }
    },
    HostileToken("ES256 as DER", .badSignature) { mint in
      try await forged(mint, "ES256", "p256") { text in
        let raw = try await mint.signature(text, .es256)
        return [0x30, 0x44, 0x02, 0x20] + raw[..<32] + [0x02, 0x20] + raw[32...]
      }
    },
    HostileToken("EdDSA all zero", .badSignature) { mint in
      try await forged(mint, "EdDSA", "ed") { _ in [UInt8](repeating: 0, count: 64) }
    },
  ]

  private static func forged(
    _ mint: TokenMint, _ algorithm: String, _ key: String, _ sign: (String) async throws -> [UInt8]
  ) async throws -> String {
    let header = TokenMint.header(["alg": .string(algorithm), "kid": .string(key)])
    let head = Base64URL.encode(header.utf8) + "." + Base64URL.encode(TokenMint.claims().utf8)
    return head + "." + Base64URL.encode(try await sign(head))
  }

  private static let shapes: [HostileToken] = [
    HostileToken("nothing", .notThreeParts) { _ in "" },
    HostileToken("an API key", .notThreeParts) { _ in "wp_0123456789abcdef" },
    HostileToken("dots", .notJSON) { _ in ".." },
    changed("two parts", .notThreeParts) { "\($0[0]).\($0[1])" },
    changed("four parts", .notThreeParts) { $0.joined(separator: ".") + ".AAAA" },
    changed("a dot at the end", .notThreeParts) { $0.joined(separator: ".") + "." },
    changed("five parts, encrypted", .notThreeParts) { $0.joined(separator: ".") + ".AAAA.AAAA" },
    claims("more than 8 KiB", .tooLong, ["name": .string(String(repeating: "n", count: 8192))]),
    HostileToken("a megabyte", .tooLong) { _ in String(repeating: "a.", count: 500_000) },
    changed("padding", .notBase64URL) { $0.joined(separator: ".") + "==" },
    changed("a space before", .notBase64URL) { " " + $0.joined(separator: ".") },
    changed("a line break after", .notBase64URL) { $0.joined(separator: ".") + "\n" },
    changed("a zero after", .notBase64URL) { $0.joined(separator: ".") + "\u{0}" },
    changed("letters beyond ASCII", .notBase64URL) { "\($0[0]).\($0[1]).é\($0[2])" },
    changed("the alphabet of plain base64", .notBase64URL) { "\($0[0]).\($0[1]).+/+/" },
    changed("one letter too many", .notBase64URL) { "\($0[0]).\($0[1]).AAAAA" },
    changed("set bits after the last byte", .notBase64URL) { "\($0[0]).\($0[1]).AB" },
  ]

  private static let texts: [HostileToken] = [
    texts("the header is no JSON", .notJSON, header: "alg=RS256"),
    texts("the header is a list", .notJSON, header: "[\(TokenMint.header())]"),
    texts("a byte order mark", .notJSON, header: "\u{FEFF}" + TokenMint.header()),
    texts("something after the header", .notJSON, header: TokenMint.header() + "{}"),
    HostileToken("the header in UTF-16", .notJSON) { mint in
      let wide = TokenMint.header().map { "\($0)\u{0}" }.joined()
      return try await mint.token(wide, TokenMint.claims())
    },
    texts("the claims are no JSON", .notJSON, claims: "sub=S-1"),
    texts("the claims are a list", .notJSON, claims: "[\(TokenMint.claims())]"),
    texts("the claims are a token", .notJSON, claims: "e30.e30."),
    texts("brackets without end", .notJSON, claims: String(repeating: "{\"a\":", count: 900)),
    texts("two algs", .repeatedMember, header: #"{"alg":"none","alg":"RS256","kid":"rsa"}"#),
    texts("two kids, one in escapes", .repeatedMember, header: #"{"alg":"RS256","kid":"x","\u006bid":"rsa"}"#),
    texts(
      "two exps", .repeatedMember, claims: TokenMint.claims().replacing("{", with: #"{"exp" : 1,"#, maxReplacements: 1)),
    texts(
      "two issuers, one in escapes", .repeatedMember,
      claims: TokenMint.claims().replacing("{", with: #"{"\u0069ss":"x","#, maxReplacements: 1)),
    texts(
      "a member twice further in", .repeatedMember,
      claims: TokenMint.claims().replacing("{", with: #"{"cnf":[{"a":"}","b\"":1,"b\"":2}],"#, maxReplacements: 1)),
  ]
}
