import COpenSSL

/// The certificate and private key that messages are signed with.
///
/// Guarantee: key and certificate belong together, the certificate may sign mail, and the key is RSA of 3072 bits or
/// more, P-256, P-384 or P-521. The key's bytes stay inside OpenSSL and are wiped when the identity goes.
package final class SigningIdentity: Sendable {
  package let certificate: MailCertificate
  /// Sent along with every signature.
  package let chain: [MailCertificate]
  let key: OpenSSLObject

  /// `certificates`: PEM, the signer's first, then its issuers. `privateKey`: PEM without a passphrase.
  package init(certificates: [UInt8], privateKey: [UInt8]) throws(CertificateFault) {
    let all = try MailCertificate.read(pem: certificates)
    certificate = all[0]
    chain = Array(all.dropFirst())
    key = try SigningIdentity.key(privateKey)
    let belongs = X509_check_private_key(certificate.x509.pointer, key.pointer) == 1
    ERR_clear_error()
    guard belongs else {
      throw CertificateFault(
        .keyMismatch,
        "the private key is not that of \(certificate), the first in its file: put the matching "
          + "certificate first")
    }
    guard certificate.allows(.signing) else {
      throw CertificateFault(.wrongUse, "\(certificate) is not meant for signing mail: ask for one that is")
    }
    let isLongEnough = if case .rsa(let bits) = certificate.keyKind { bits >= 3072 } else { true }
    guard certificate.keyIsStrong, isLongEnough else {
      throw CertificateFault(
        .weakKey,
        "\(certificate) has key \(certificate.keyKind): sign with RSA of 3072 bits or more, P-256, P-384 or "
          + "P-521")
    }
  }

  private static func key(_ pem: [UInt8]) throws(CertificateFault) -> OpenSSLObject {
    ERR_clear_error()
    // Without a callback OpenSSL would ask at the terminal.
    let read = OpenSSL.reading(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
    ERR_clear_error()
    if let read { return OpenSSLObject(read) { EVP_PKEY_free($0) } }
    let text = String(decoding: pem, as: UTF8.self)
    if text.contains("ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
      throw CertificateFault(
        .lockedKey, "the private key needs a passphrase: store it without one, readable by this service only")
    }
    throw CertificateFault(.notReadable, "there is no PEM private key in it: convert it to PEM (openssl pkey)")
  }
}
