import COpenSSL
import Foundation
package import Routing

/// Signs and encrypts MIME entities (RFC 8551, RFC 5652, RFC 5083, RFC 2634).
///
/// Guarantee: what is returned is a MIME entity of 7-bit lines of at most 998 bytes with CRLF ends, its own `Content-*`
/// fields first, for the caller to put behind the outer header; the entity that was signed is in it byte for byte. A
/// failure means that nothing was produced: there is no partly sealed message.
package struct SMIMESealer: Sendable {
  package let identity: SigningIdentity?

  package init(identity: SigningIdentity?) { self.identity = identity }

  package enum Algorithm: String, Sendable {
    /// AES-256-GCM in AuthEnvelopedData, keys by RSA-OAEP with SHA-256 or ECDH: what to use wherever it can be read.
    case gcm
    /// AES-256-CBC in EnvelopedData, keys by RSA PKCS #1 v1.5 or ECDH: for older readers. The content is not
    /// authenticated by the encryption, so sign inside it.
    case cbc
  }

  /// A signed entity, and what a signed receipt for it is compared with.
  package struct SignedEntity: Sendable {
    /// `multipart/signed`.
    package let bytes: [UInt8]
    /// The signature alone as DER (CMS SignedData, detached): keep it as long as a receipt is awaited.
    package let cms: [UInt8]
  }

  /// Signs a complete canonical entity: header fields, blank line, body, CRLF line ends, 7 bit. SHA-256, with signing
  /// time, capabilities and signing certificate (RFC 5035) as signed attributes.
  ///
  /// `requestReceiptTo` asks every recipient for a signed receipt (RFC 2634 section 2) to be sent to that address.
  package func signed(
    _ entity: [UInt8], requestReceiptTo address: String? = nil, at now: Instant
  ) throws(SMIMEFault) -> SignedEntity {
    guard let identity else { throw SMIMEFault(.noIdentity, "no signing identity is configured") }
    guard SMIMESealer.isCanonical(entity) else {
      throw SMIMEFault(.notCanonical, "what is to be signed is not a MIME entity of 7-bit lines with CRLF ends")
    }
    if let address, !SMIMESealer.isMailbox(address) {
      throw SMIMEFault(.badAddress, "the address for receipts is not an ASCII mailbox: receipts cannot name another")
    }
    let digest = OpenSSL.sha256(entity)
    ERR_clear_error()
    guard
      let cms = SignatureWriter(identity: identity, entity: entity, digest: digest, receiptTo: address, now: now).der()
    else { throw SMIMEFault(.failed, "OpenSSL cannot sign: \(OpenSSL.drainReasons())") }
    return SignedEntity(bytes: SMIMESealer.multipart(entity, digest: digest, signature: cms), cms: cms)
  }

  /// Encrypts an entity to all recipients in one message, RSA and EC mixed. Whether a certificate may be trusted is
  /// not looked at here: call `MailTrust.check` for each of them first.
  package func encrypted(
    _ entity: [UInt8], for recipients: [MailCertificate], algorithm: Algorithm
  ) throws(SMIMEFault) -> [UInt8] {
    guard !recipients.isEmpty else { throw SMIMEFault(.noRecipients, "there is nobody to encrypt to") }
    if let weak = recipients.first(where: { !$0.keyIsStrong }) {
      throw SMIMEFault(CertificateFault(.weakKey, "\(weak) has key \(weak.keyKind): nothing is encrypted to it"))
    }
    ERR_clear_error()
    guard let cms = EnvelopeWriter(recipients: recipients, algorithm: algorithm).der(entity) else {
      throw SMIMEFault(.failed, "OpenSSL cannot encrypt: \(OpenSSL.drainReasons())")
    }
    let type = algorithm == .gcm ? "authEnveloped-data" : "enveloped-data"
    return SMIMESealer.base64Entity(
      "application/pkcs7-mime; smime-type=\(type);\r\n name=\"smime.p7m\"", file: "smime.p7m", cms)
  }

  /// Complete lines of at most 998 7-bit bytes, every one ended by CRLF (the last may lack it), with a header section.
  static func isCanonical(_ entity: [UInt8]) -> Bool {
    var length = 0
    var hasBody = false
    for (index, byte) in entity.enumerated() {
      switch byte {
      case 0x0a:
        guard index > 0, entity[index - 1] == 0x0d else { return false }
        if length == 0, index > 1 { hasBody = true }
        length = 0
      case 0x0d:
        guard index + 1 < entity.count, entity[index + 1] == 0x0a else { return false }
      case 0x00, 0x80...0xff: return false
      default:
        length += 1
        guard length <= 998 else { return false }
      }
    }
    return hasBody
  }

  private static func isMailbox(_ address: String) -> Bool {
    address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && address.utf8.contains(UInt8(ascii: "@"))
  }

  private static func multipart(_ entity: [UInt8], digest: [UInt8], signature: [UInt8]) -> [UInt8] {
    let boundary = boundary(entity, digest)
    var out = Array(
      ("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=sha-256; "
        + "boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n").utf8)
    out += entity
    out += Array("\r\n--\(boundary)\r\n".utf8)
    out += base64Entity("application/pkcs7-signature; name=\"smime.p7s\"", file: "smime.p7s", signature)
    out += Array("\r\n--\(boundary)--\r\n".utf8)
    return out
  }

  /// The same for the same entity, and absent from it.
  private static func boundary(_ entity: [UInt8], _ digest: [UInt8]) -> String {
    let content = Data(entity)
    var digest = digest
    while case let candidate = "signed-" + OpenSSL.hex(digest.prefix(16)), true {
      if content.range(of: Data(candidate.utf8)) == nil { return candidate }
      digest = OpenSSL.sha256(digest)
    }
  }

  private static func base64Entity(_ type: String, file: String, _ der: [UInt8]) -> [UInt8] {
    let body = Data(der).base64EncodedString(options: [
      .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
    ])
    return Array(
      ("Content-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n"
        + "Content-Disposition: attachment; filename=\"\(file)\"\r\n\r\n\(body)\r\n").utf8)
  }
}
