import JWTKit
import Routing

/// An issuer's public keys (RFC 7517), as it published them.
///
/// Guarantee: a key is used only for the kind of signature that it is for (type, curve, `use`, `key_ops`, `alg`) and only
/// with its public half; RSA has 2,048 to 8,192 bits. A key that cannot be read stays in the set under its name, so that
/// it spoils no other.
struct KeySet: Sendable {
  let keys: [IssuerKey]

  enum Choice: Sendable {
    case found(IssuerKey)
    /// No such key: the issuer may have published it since.
    case unknown
    case refused(TokenRefusal)
  }

  /// Largest set read, in bytes and in keys.
  static let limit = 256 * 1024
  private static let most = 100

  /// Nil for what is no key set.
  init?(jwks bytes: [UInt8]) {
    guard bytes.count <= KeySet.limit, let document = try? JSONValue(parsing: bytes),
      let items = document["keys"]?.items, items.count <= KeySet.most
    else { return nil }
    keys = items.compactMap(IssuerKey.init)
  }

  /// The one key for a signature: the one of that name, or where the token names none, the only one that fits.
  func key(named name: String?, for algorithm: TokenAlgorithm) -> Choice {
    let named = keys.filter { key in name.map { key.hasName($0) } ?? key.fits(algorithm) }
    guard !named.isEmpty else { return .unknown }
    let fitting = named.filter { $0.fits(algorithm) }
    guard let key = fitting.first else { return .refused(.unfitKey) }
    return fitting.count == 1 ? .found(key) : .refused(.ambiguousKey)
  }
}

/// One public key of an issuer.
struct IssuerKey: Sendable {
  private enum Material: Sendable {
    case rsa(modulus: String, exponent: String)
    case ecdsa(ECDSACurve, x: String, y: String)
    case ed25519(x: String)
    case unreadable
  }

  private let name: String?
  private let material: Material
  /// The only algorithm that the issuer says it is for.
  private let algorithm: String?
  private let isForSignatures: Bool

  init?(_ jwk: JSONValue) {
    guard jwk.members != nil else { return nil }
    name = jwk["kid"]?.text
    algorithm = jwk["alg"]?.text
    let operations = jwk["key_ops"]?.items
    isForSignatures = jwk["use"] ?? "sig" == "sig" && operations?.contains("verify") ?? true
    material = IssuerKey.material(jwk)
  }

  func hasName(_ other: String) -> Bool { name.map { $0.utf8.elementsEqual(other.utf8) } ?? false }

  func fits(_ wanted: TokenAlgorithm) -> Bool {
    guard isForSignatures, algorithm ?? wanted.rawValue == wanted.rawValue else { return false }
    return switch (material, wanted) {
    case (.rsa, .rs256), (.rsa, .ps256), (.ed25519, .edDSA): true
    case (.ecdsa(let curve, _, _), .es256): curve == .p256
    case (.ecdsa(let curve, _, _), .es384): curve == .p384
    default: false
    }
  }

  /// Whether this key made the token's signature. False where the key is not for its algorithm.
  func verifies(_ token: SignedToken) async -> Bool {
    guard fits(token.algorithm), let jwk = jwk(for: token.algorithm) else { return false }
    do {
      // A collection of one: JWTKit's own choice of a key falls back on another one and keeps an algorithm.
      let verifier = try await JWTKeyCollection().add(jwk: jwk).getKey(for: IssuerKey.only)
      return try verifier.name == token.algorithm.rawValue && verifier.verify(token.signature, signs: token.signedBytes)
    } catch { return false }  // Such as a point that is not on the curve: nothing can be signed with that.
  }

  private static let only = JWKIdentifier(string: "only")

  private func jwk(for wanted: TokenAlgorithm) -> JWK? {
    guard let kind = JWK.Algorithm(rawValue: wanted.rawValue) else { return nil }
    return switch material {
    case .rsa(let modulus, let exponent):
      .rsa(kind, identifier: IssuerKey.only, modulus: modulus, exponent: exponent)
    case .ecdsa(let curve, let x, let y): .ecdsa(kind, identifier: IssuerKey.only, x: x, y: y, curve: curve)
    case .ed25519(let x): .octetKeyPair(kind, identifier: IssuerKey.only, x: x, y: nil, curve: .ed25519)
    case .unreadable: nil
    }
  }

  private static func material(_ jwk: JSONValue) -> Material {
    switch (jwk["kty"], jwk["crv"]) {
    case ("RSA", _):
      guard let modulus = jwk["n"]?.text, let exponent = jwk["e"]?.text, isStrong(modulus, exponent) else { break }
      return .rsa(modulus: modulus, exponent: exponent)
    case ("EC", "P-256"): return point(jwk, .p256, bytes: 32)
    case ("EC", "P-384"): return point(jwk, .p384, bytes: 48)
    case ("OKP", "Ed25519"):
      guard let x = coordinate(jwk["x"], bytes: 32) else { break }
      return .ed25519(x: x)
    default: break
    }
    return .unreadable
  }

  private static func point(_ jwk: JSONValue, _ curve: ECDSACurve, bytes: Int) -> Material {
    guard let x = coordinate(jwk["x"], bytes: bytes), let y = coordinate(jwk["y"], bytes: bytes) else {
      return .unreadable
    }
    return .ecdsa(curve, x: x, y: y)
  }

  private static func coordinate(_ value: JSONValue?, bytes: Int) -> String? {
    guard let text = value?.text, Base64URL.decode(text.utf8)?.count == bytes else { return nil }
    return text
  }

  /// 2,048 to 8,192 bits, and an odd exponent from 3 to 32 bits.
  private static func isStrong(_ modulus: String, _ exponent: String) -> Bool {
    guard let n = Base64URL.decode(modulus.utf8)?.drop(while: { $0 == 0 }), let top = n.first, let least = n.last,
      let e = Base64URL.decode(exponent.utf8)?.drop(while: { $0 == 0 }), let last = e.last
    else { return false }
    let bits = n.count * 8 - top.leadingZeroBitCount
    return (2048...8192).contains(bits) && least % 2 == 1 && e.count <= 4 && last % 2 == 1 && Array(e) != [1]
  }
}
