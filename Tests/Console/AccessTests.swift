import Console
import Foundation
import Routing
import TestKit
import Testing

/// Bearer tokens as the door meets them.
@Suite struct TokenTests {
  let mint: TokenMint
  let server: KeyServer
  let now = TokenMint.now

  init() throws {
    mint = try TokenMint.shared.get()
    server = KeyServer(try mint.published())
  }

  private func token(
    _ header: JSONValue = [:], _ claims: JSONValue = [:], without gone: [String] = [],
    by signer: TokenMint.Signer = .rs256
  ) async throws -> String {
    try await mint.token(TokenMint.header(header), TokenMint.claims(claims, without: gone), signer)
  }

  @Test(arguments: HostileToken.all) func aHostileTokenIsRefused(_ hostile: HostileToken) async throws {
    let token = try await hostile.make(mint)
    let reader = try server.reader()
    await #expect(throws: hostile.refusal) { try await reader.read(token, at: now) }
    #expect(server.fetches <= 1, "a refused token sends nobody to the provider twice")
  }

  @Test func aGoodTokenSaysWhoSends() async throws {
    let claims = try await server.reader().read(token(), at: now)
    #expect(claims.issuer == TokenMint.issuer && claims.subject == "S-1" && claims.clientID == "mash-derby")
    #expect(claims.scope == ["events.send", "duties.end"])
    #expect(claims.expiry == now.advanced(bySeconds: 600))
    #expect(claims.email == nil && !claims.emailVerified && claims.nonce == nil)
  }

  @Test func aTokenThatSignsSomebodyIn() async throws {
    let person: JSONValue = [
      "aud": ["waypost", "other"], "azp": "waypost", "email": "jo@derby.example", "email_verified": true,
      "name": "Jo Example", "nonce": "n-1", "nbf": .number(Double(now.seconds)),
    ]
    let text = try await token(["typ": "JWT"], person, without: ["client_id", "scope"])
    let claims = try await server.reader().read(text, at: now)
    #expect(claims.clientID == "waypost" && claims.scope.isEmpty)
    #expect(claims.email == "jo@derby.example" && claims.emailVerified)
    #expect(claims.name == "Jo Example" && claims.nonce == "n-1")
  }

  private static let allowed: [(JSONValue, TokenMint.Signer)] = [
    (["alg": "RS256", "kid": "rsa"], .rs256),
    (["alg": "PS256", "kid": "rsa"], .ps256),
    (["alg": "PS256", "kid": "pss-only"], .ps256),
    (["alg": "ES256", "kid": "p256"], .es256),
    (["alg": "ES384", "kid": "p384"], .es384),
    (["alg": "EdDSA", "kid": "ed"], .edDSA),
    (["alg": "EdDSA", "kid": .null], .edDSA),
    (["typ": .null], .rs256),
    (["typ": "jwt", "jku": "https://thief.invalid/keys"], .rs256),
    (["typ": "application/at+jwt"], .rs256),
  ]

  @Test(arguments: allowed)
  func everyAllowedAlgorithmCounts(_ header: JSONValue, _ signer: TokenMint.Signer) async throws {
    let claims = try await server.reader().read(token(header, by: signer), at: now)
    #expect(claims.clientID == "mash-derby")
  }

  @Test func anAlgorithmThatIsNotOfTheSettingsIsRefusedBeforeAKeyIsFetched() async throws {
    let text = try await token()
    let reader = try server.reader(algorithms: [.es256])
    await #expect(throws: TokenRefusal.algorithm) { try await reader.read(text, at: now) }
    #expect(server.fetches == 0)
  }

  /// Another program's signatures: the reader and the mint share a library.
  @Test(arguments: ["RS256", "PS256", "EdDSA"]) func whatOpenSSLSigns(_ algorithm: String) async throws {
    let isRSA = algorithm != "EdDSA"
    let pem = try isRSA ? TokenMint.openssl("genrsa", "2048") : TokenMint.openssl("genpkey", "-algorithm", "ed25519")
    let text =
      Base64URL.encode(TokenMint.header(["alg": .string(algorithm), "kid": "other"]).utf8) + "."
      + Base64URL.encode(TokenMint.claims().utf8)
    let signature: [UInt8]
    let key: JSONValue
    if isRSA {
      let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
      signature = try TokenMint.sign(
        text, pem: pem, ["dgst", "-sha256"] + (algorithm == "PS256" ? pss : []) + ["-sign"])
      key = ["kty": "RSA", "kid": "other", "n": .string(try TokenMint.modulus(pem)), "e": "AQAB"]
    } else {
      signature = try TokenMint.sign(text, pem: pem, ["pkeyutl", "-sign", "-rawin", "-inkey"])
      let lines = try TokenMint.openssl("pkey", "-pubout", input: pem).split(separator: "\n")
      let der = try #require(Data(base64Encoded: lines.filter { !$0.hasPrefix("-") }.joined()))
      key = ["kty": "OKP", "crv": "Ed25519", "kid": "other", "x": .string(Base64URL.encode(der.suffix(32)))]
    }
    server.publish(["keys": [key]])
    let claims = try await server.reader().read(text + "." + Base64URL.encode(signature), at: now)
    #expect(claims.subject == "S-1")
  }

  @Test func theToleranceToTheMillisecond() async throws {
    let strict = try server.reader(tolerance: 0)
    let usual = try server.reader()
    let hour: JSONValue = ["iat": .number(Double(now.seconds - 3600)), "exp": .number(Double(now.seconds))]
    let expiring = try await token([:], hour)
    await #expect(throws: TokenRefusal.expired) { try await strict.read(expiring, at: now) }
    _ = try await strict.read(expiring, at: now.advanced(byMilliseconds: -1))
    _ = try await usual.read(expiring, at: now.advanced(byMilliseconds: 59_999))
    await #expect(throws: TokenRefusal.expired) { try await usual.read(expiring, at: now.advanced(bySeconds: 60)) }
    let early = now.advanced(bySeconds: -60)
    let issued = try await token()
    _ = try await usual.read(issued, at: early)
    await #expect(throws: TokenRefusal.notYetValid) {
      try await usual.read(issued, at: early.advanced(byMilliseconds: -1))
    }
    _ = try await usual.read(token([:], ["exp": .number(Double(now.seconds + 86_400))]), at: now)
  }

  @Test func settingsThatAreRefused() throws {
    func problem(
      _ jwks: String = "https://login.example/keys", _ tolerance: Int64 = 60, _ issuer: String = TokenMint.issuer,
      _ audience: String = "waypost", _ algorithms: Set<TokenAlgorithm> = [.rs256]
    ) -> String? {
      do {
        _ = try TokenIssuer(
          issuer: issuer, audience: audience, jwks: jwks, tolerance: tolerance, algorithms: algorithms)
        return nil
      } catch { return error.description }
    }
    #expect(problem() == nil && problem("keys.json", 0) == nil && problem("HTTPS://login.example/keys", 300) == nil)
    #expect(problem("http://login.example/keys")?.contains("https") == true)
    #expect(problem("file:///keys.json") != nil && problem("") != nil)
    #expect(problem("keys.json", 301) != nil && problem("keys.json", -1) != nil)
    #expect(problem("keys.json", 60, "") != nil && problem("keys.json", 60, "i", "") != nil)
    #expect(problem("keys.json", 60, "i", "a", []) != nil)
    let issuer = try TokenIssuer(issuer: "i", audience: "a", jwks: "keys.json")
    #expect(throws: TokenIssuerProblem.self) { _ = try TokenReader([issuer, issuer], fetch: { _ in [] }) }
    for name in ["none", "None", "HS256", "HS384", "HS512"] { #expect(TokenAlgorithm(rawValue: name) == nil) }
  }

  @Test func everyRefusalHasItsOwnCodeAndReason() {
    #expect(Set(TokenRefusal.allCases.map(\.reason)).count == TokenRefusal.allCases.count)
    #expect(TokenRefusal.allCases.filter(\.isTemporary) == [.keysUnavailable])
  }
}

/// The provider's keys over time.
@Suite struct IssuerKeyTests {
  let mint: TokenMint
  let server: KeyServer
  let now = TokenMint.now

  init() throws {
    mint = try TokenMint.shared.get()
    server = KeyServer(["keys": [try TokenMint.jwk(mint.rsa, "old")]])
  }

  /// A token that is good at any time of the test.
  private func token(_ kid: String, at time: Instant, by signer: TokenMint.Signer = .rs256) async throws -> String {
    let claims: JSONValue = ["iat": .number(Double(time.seconds)), "exp": .number(Double(time.seconds + 600))]
    return try await mint.token(TokenMint.header(["kid": .string(kid)]), TokenMint.claims(claims), signer)
  }

  private func after(_ seconds: Int64) -> Instant { now.advanced(bySeconds: seconds) }

  @Test func keysAreFetchedOnceInTenMinutes() async throws {
    let reader = try server.reader()
    for seconds: Int64 in [0, 1, 300, 599] {
      _ = try await reader.read(token("old", at: after(seconds)), at: after(seconds))
    }
    #expect(server.fetches == 1)
    _ = try await reader.read(token("old", at: after(600)), at: after(600))
    #expect(server.fetches == 2)
  }

  @Test func manyAtOnceMakeOneFetch() async throws {
    let reader = try server.reader()
    let text = try await token("old", at: now)
    let counted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { (try? await reader.read(text, at: TokenMint.now)) != nil } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(counted == 50)
    #expect(server.fetches == 1)
  }

  @Test func aNewKeyIsFetchedAtOnceAndOnce() async throws {
    let reader = try server.reader()
    _ = try await reader.read(token("old", at: now), at: now)
    server.publish(["keys": [try TokenMint.jwk(mint.rsa, "old"), try TokenMint.jwk(mint.thief, "new")]])
    let text = try await token("new", at: after(5), by: .thief)
    let counted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 {
        group.addTask { (try? await reader.read(text, at: TokenMint.now.advanced(bySeconds: 5))) != nil }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(counted == 20)
    #expect(server.fetches == 2)
  }

  @Test func forgedNamesFetchOnceAMinute() async throws {
    let reader = try server.reader()
    _ = try await reader.read(token("old", at: now), at: now)
    for number in 1...120 {
      let at = now.advanced(byMilliseconds: Int64(number) * 500)
      let text = try await token("forged-\(number)", at: at)
      await #expect(throws: TokenRefusal.unknownKey) { try await reader.read(text, at: at) }
    }
    #expect(server.fetches == 2, "one at first and one for the first forged name, until its minute is over")
    let text = try await token("forged", at: after(61))
    await #expect(throws: TokenRefusal.unknownKey) { try await reader.read(text, at: after(61)) }
    #expect(server.fetches == 3)
    _ = try await reader.read(token("old", at: after(62)), at: after(62))
  }

  @Test func aKeyThatWasTakenAwayNoLongerCounts() async throws {
    let reader = try server.reader()
    _ = try await reader.read(token("old", at: now), at: now)
    server.publish(["keys": []])
    let text = try await token("old", at: after(600))
    await #expect(throws: TokenRefusal.unknownKey) { try await reader.read(text, at: after(600)) }
  }

  @Test(arguments: ["", "<html>busy</html>", "{}", #"{"keys":{}}"#]) func whatIsNoKeySetTakesNothingAway(
    _ answer: String
  ) async throws {
    let reader = try server.reader()
    _ = try await reader.read(token("old", at: now), at: now)
    server.publish(Array(answer.utf8))
    _ = try await reader.read(token("old", at: after(700)), at: after(700))
    #expect(server.fetches == 2)
  }

  @Test func theLastKnownGoodKeysCountForADay() async throws {
    let reader = try server.reader()
    _ = try await reader.read(token("old", at: now), at: now)
    server.goDown()
    _ = try await reader.read(token("old", at: after(700)), at: after(700))
    #expect(server.fetches == 2)
    _ = try await reader.read(token("old", at: after(705)), at: after(705))
    #expect(server.fetches == 2, "a provider that is down is not asked at every token")
    _ = try await reader.read(token("old", at: after(86_399)), at: after(86_399))
    let late = try await token("old", at: after(86_411))
    await #expect(throws: TokenRefusal.keysUnavailable) { try await reader.read(late, at: after(86_411)) }
    server.publish(["keys": [try TokenMint.jwk(mint.rsa, "old")]])
    _ = try await reader.read(token("old", at: after(86_430)), at: after(86_430))
  }

  @Test func aNameThatCannotBeLookedUpIsNotHeldAgainstItsBearer() async throws {
    let reader = try server.reader()
    server.goDown()
    let text = try await token("old", at: now)
    await #expect(throws: TokenRefusal.keysUnavailable) { try await reader.read(text, at: now) }
    server.publish(["keys": [try TokenMint.jwk(mint.rsa, "old")]])
    _ = try await reader.read(text, at: after(10))
    server.goDown()
    let new = try await token("new", at: after(20))
    await #expect(throws: TokenRefusal.keysUnavailable) { try await reader.read(new, at: after(20)) }
  }
}
