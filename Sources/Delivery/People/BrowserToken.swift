import Crypto
import Foundation

/// 32 random bytes in a cookie. The ledger keeps their SHA-256 only; so much chance needs no slow hash.
///
/// What else a sign-in needs follows from it and is kept nowhere: the token of a form, the nonce, the verifier of PKCE. Who
/// has not the cookie can work out none of them, nor any from another.
package struct BrowserToken: Sendable {
  /// As the cookie has it: base64url without padding.
  package let text: String
  private let bytes: [UInt8]

  /// What follows from a token.
  package enum Purpose: String, Sendable {
    /// The hidden field of every form.
    case form
    /// OpenID Connect Core section 3.1.2.1.
    case nonce
    /// RFC 7636: 43 characters.
    case verifier
  }

  /// `random`: 32 bytes.
  package init(random: [UInt8]) {
    bytes = random
    text = BrowserToken.base64URL(random)
  }

  /// Nil for what no gateway gave out.
  package init?(cookie text: String) {
    guard text.utf8.count == 43, text.utf8.allSatisfy(BrowserToken.isLetter),
      let data = Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + "=")
    else { return nil }
    self.init(random: Array(data))
  }

  package var hash: String { Identifiers.digest(bytes) }

  /// 43 characters that only the token's holder can make.
  package func code(for purpose: Purpose, of subject: String = "") -> String {
    let text = Array("\(purpose.rawValue)\u{0}\(subject)".utf8)
    return BrowserToken.base64URL(Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: bytes))))
  }

  package func proves(_ code: String, for purpose: Purpose, of subject: String = "") -> Bool {
    SameTime.equal(code.utf8, self.code(for: purpose, of: subject).utf8)
  }

  /// RFC 7636 section 4.2, `S256`.
  package static func challenge(of verifier: String) -> String {
    base64URL(Array(SHA256.hash(data: Array(verifier.utf8))))
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
