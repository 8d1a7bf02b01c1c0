import Console
import Foundation
import JWTKit
import Routing
import Synchronization
import TestKit

/// An identity provider's keys, an attacker's, and tokens of any shape made with them.
struct TokenMint: Sendable {
  static let now = instant("2026-11-12T12:00:00Z")
  static let issuer = "https://login.example/derbyshire/"
  static let audience = "waypost"
  /// Made once: RSA keys take their time.
  static let shared = Result { try TokenMint() }

  /// A secret that a careless provider publishes.
  static let symmetric = Array("a secret that is none: published".utf8)

  let rsa: Insecure.RSA.PrivateKey
  let spare: Insecure.RSA.PrivateKey
  let thief: Insecure.RSA.PrivateKey
  let weak: String
  let p256 = ES256PrivateKey()
  let p384 = ES384PrivateKey()
  let ed25519: EdDSA.PrivateKey

  private init() throws {
    rsa = try Insecure.RSA.PrivateKey(pem: TokenMint.openssl("genrsa", "2048"))
    spare = try Insecure.RSA.PrivateKey(pem: TokenMint.openssl("genrsa", "2048"))
    thief = try Insecure.RSA.PrivateKey(pem: TokenMint.openssl("genrsa", "2048"))
    weak = try TokenMint.openssl("genrsa", "1024")
    ed25519 = try EdDSA.PrivateKey()
  }

  /// What a good token says.
  static func claims(_ changes: JSONValue = [:], without gone: [String] = []) -> String {
    let good: JSONValue = [
      "iss": .string(issuer), "aud": .string(audience), "sub": "S-1", "client_id": "mash-derby",
      "scope": "events.send duties.end", "iat": .number(Double(now.seconds)), "exp": .number(Double(now.seconds + 600)),
    ]
    guard case .object(var members) = good, case .object(let changed) = changes else { return "{}" }
    members.merge(changed) { $1 }
    for name in gone { members[name] = nil }
    return JSONValue.object(members).serialized
  }

  static func header(_ changes: JSONValue = [:]) -> String {
    let good: JSONValue = ["alg": "RS256", "typ": "at+jwt", "kid": "rsa"]
    return good.merged(with: changes).serialized
  }

  /// Any two texts with dots between, and a signature over them.
  func token(_ header: String, _ claims: String, _ signer: Signer = .rs256) async throws -> String {
    let head = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
    return head + "." + Base64URL.encode(try await signature(head, signer))
  }

  enum Signer: Sendable {
    case rs256, ps256, rs512, es256, es384, edDSA, thief, weak, nobody
    case hmac(secret: [UInt8], DigestAlgorithm)
  }

  func signature(_ text: String, _ signer: Signer) async throws -> [UInt8] {
    let keys = JWTKeyCollection()
    switch signer {
    case .rs256: await keys.add(rsa: rsa, digestAlgorithm: .sha256)
    case .rs512: await keys.add(rsa: rsa, digestAlgorithm: .sha512)
    case .ps256: await keys.add(pss: rsa, digestAlgorithm: .sha256)
    case .thief: await keys.add(rsa: thief, digestAlgorithm: .sha256)
    case .es256: await keys.add(ecdsa: p256)
    case .es384: await keys.add(ecdsa: p384)
    case .edDSA: await keys.add(eddsa: ed25519)
    case .hmac(let secret, let digest): await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: digest)
    case .weak: return try TokenMint.sign(text, pem: weak, ["dgst", "-sha256", "-sign"])
    case .nobody: return []
    }
    return try await keys.getKey().sign(Array(text.utf8))
  }

  /// The keys as the provider publishes them: good ones, and some of which no token may come.
  func published() throws -> JSONValue {
    let main = try TokenMint.jwk(rsa, "rsa")
    let elliptic = try TokenMint.jwk(p256.parameters, "P-256", "p256")
    let weakModulus = try TokenMint.modulus(weak)
    return [
      "keys": [
        main,
        try TokenMint.jwk(spare, "spare"),
        try TokenMint.jwk(rsa, "encryption").merged(with: ["use": "enc"]),
        try TokenMint.jwk(rsa, "wrapping").merged(with: ["key_ops": ["wrapKey"]]),
        try TokenMint.jwk(rsa, "pss-only").merged(with: ["alg": "PS256"]),
        ["kty": "RSA", "kid": "weak", "n": .string(weakModulus), "e": "AQAB"],
        ["kty": "RSA", "kid": "one", "n": main["n"] ?? .null, "e": "AQ"],
        ["kty": "oct", "kid": "oct", "k": .string(Base64URL.encode(TokenMint.symmetric))],
        elliptic,
        elliptic.merged(with: ["kid": "off-curve", "y": elliptic["x"] ?? .null]),
        try TokenMint.jwk(p384.parameters, "P-384", "p384"),
        [
          "kty": "OKP", "crv": "Ed25519", "kid": "ed",
          "x": .string(Base64URL.encode(ed25519.publicKey.rawRepresentation)),
        ],
        ["kty": "OKP", "crv": "X25519", "kid": "x25519", "x": "AAAA"],
        ["kty": "LMS", "kid": "later"], "no key",
      ]
    ]
  }

  static func jwk(_ key: Insecure.RSA.PrivateKey, _ name: String) throws -> JSONValue {
    let parts = try key.publicKey.getKeyPrimitives()
    return [
      "kty": "RSA", "kid": .string(name), "n": .string(Base64URL.encode(parts.modulus)),
      "e": .string(Base64URL.encode(parts.publicExponent)),
    ]
  }

  static func jwk(_ point: ECDSAParameters?, _ curve: String, _ name: String) throws -> JSONValue {
    guard let point, let x = Data(base64Encoded: point.x), let y = Data(base64Encoded: point.y) else {
      throw CocoaError(.coderInvalidValue)
    }
    return [
      "kty": "EC", "crv": .string(curve), "kid": .string(name), "x": .string(Base64URL.encode(x)),
      "y": .string(Base64URL.encode(y)),
    ]
  }

  // MARK: The openssl program

  static func openssl(_ arguments: String..., input: String? = nil) throws -> String {
    let result = try Shell.run("openssl", arguments, input: input)
    guard result.status == 0 else { throw CocoaError(.executableLoad) }
    return result.output
  }

  /// The modulus of a private key, base64url.
  static func modulus(_ pem: String) throws -> String {
    let line = try openssl("rsa", "-noout", "-modulus", input: pem)
    let digits = Array(line.drop { $0 != "=" }.dropFirst().filter(\.isHexDigit))
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    return Base64URL.encode(bytes)
  }

  /// What `openssl ARGUMENTS KEY` signs.
  static func sign(_ text: String, pem: String, _ arguments: [String]) throws -> [UInt8] {
    let scratch = try Scratch("mint")
    defer { scratch.remove() }
    let (key, input, output) = ("\(scratch.path)/key.pem", "\(scratch.path)/input", "\(scratch.path)/output")
    try Data(pem.utf8).write(to: URL(fileURLWithPath: key))
    try Data(text.utf8).write(to: URL(fileURLWithPath: input))
    let last = arguments.first == "pkeyutl" ? ["-in", input] : [input]
    let result = try Shell.run("openssl", arguments + [key, "-out", output] + last)
    guard result.status == 0 else { throw CocoaError(.executableLoad) }
    return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
  }
}

/// A provider's key set, which a test changes, takes away, and counts the fetches of.
final class KeyServer: Sendable {
  private struct State {
    var answer: [UInt8]?
    var fetches = 0
  }
  private let state: Mutex<State>

  init(_ keys: JSONValue) { state = Mutex(State(answer: keys.serializedBytes)) }

  var fetches: Int { state.withLock { $0.fetches } }

  func publish(_ keys: JSONValue) { publish(keys.serializedBytes) }
  func publish(_ bytes: [UInt8]) { state.withLock { $0.answer = bytes } }
  func goDown() { state.withLock { $0.answer = nil } }

  func fetch(_ jwks: String) async throws -> [UInt8] {
    let answer = state.withLock { state in
      state.fetches += 1
      return state.answer
    }
    // Lets whoever else wants the keys come in meanwhile.
    for _ in 0..<100 { await Task.yield() }
    guard let answer else { throw CocoaError(.fileReadUnknown) }
    return answer
  }

  func reader(
    tolerance: Int64 = 60, algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases)
  ) throws -> TokenReader {
    let issuer = try TokenIssuer(
      issuer: TokenMint.issuer, audience: TokenMint.audience, jwks: "https://login.example/keys", tolerance: tolerance,
      algorithms: algorithms)
    return try TokenReader([issuer], fetch: { try await self.fetch($0) })
  }
}
