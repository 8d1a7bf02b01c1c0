import COpenSSL
package import Routing

/// A reply whose signature holds. Only `content` was signed: what the outer header of the mail says was not.
package struct SignedReply: Sendable {
  /// Valid, trusted and meant for signing. The caller compares `signer.names(address)` with whom it expects.
  package let signer: MailCertificate
  /// The signed MIME entity, CRLF line ends.
  package let content: [UInt8]
  /// As the signer says; an old one may be an old reply sent again.
  package let signedAt: Instant?
}

extension SMIMESealer {
  /// Reads a reply that is `multipart/signed` or opaque signed-data. `message` is a whole mail or a MIME entity.
  ///
  /// Throws unless exactly one signer signed it with SHA-256 or better and signed attributes, and `trust` takes the
  /// signer's certificate for signing at `now`.
  package func verifySigned(message: [UInt8], trust: MailTrust, at now: Instant) throws(SMIMEFault) -> SignedReply {
    let signature = try SignatureReader(message)
    let signed = try signature.verified(as: NID_pkcs7_data)
    try trust.accept(signed, for: nil, at: now)
    return SignedReply(signer: signed.signer, content: signed.content, signedAt: signature.signedAt)
  }

  /// Reads a signed receipt (RFC 2634 section 2) and compares it with the signature it must be for.
  ///
  /// `receipt` is the whole mail, `cms` what `signed` returned for the message, `address` whom it was sent to. Returns
  /// who signed the receipt; throws if it is for another message or from anybody else.
  @discardableResult
  package func verify(
    receipt: [UInt8], against cms: [UInt8], trust: MailTrust, from address: String, at now: Instant
  ) throws(SMIMEFault) -> MailCertificate {
    let signature = try SignatureReader(receipt)
    let signed = try signature.verified(as: NID_id_smime_ct_receipt)
    try signature.requireReceipt(for: cms)
    try trust.accept(signed, for: address, at: now)
    return signed.signer
  }
}

extension MailTrust {
  fileprivate func accept(_ signed: SignatureReader.Verified, for address: String?, at now: Instant) throws(SMIMEFault)
  {
    do {
      try check(signed.signer, for: address, use: .signing, at: now, sentAlong: signed.sentAlong)
    } catch {
      throw SMIMEFault(error)
    }
  }
}

/// One CMS signature that came by mail. Nothing of it is believed until `verified` returns, and then whose key it was
/// is still open: that is for `MailTrust`.
private final class SignatureReader {
  struct Verified {
    let signer: MailCertificate
    let sentAlong: [MailCertificate]
    let content: [UInt8]
  }

  /// More than any honest chain needs.
  private static let mostCertificates = 16
  private static let digests = [
    NID_sha256, NID_sha384, NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512,
  ]

  private let cms: OpaquePointer
  private let detached: OpaquePointer?

  init(_ message: [UInt8]) throws(SMIMEFault) {
    defer { ERR_clear_error() }
    ERR_clear_error()
    var content: OpaquePointer?
    guard let cms = OpenSSL.reading(message, { SMIME_read_CMS($0, &content) }) else {
      throw SMIMEFault(.notSigned, "not an S/MIME message: \(OpenSSL.drainReasons())")
    }
    self.cms = cms
    detached = content
  }

  deinit {
    CMS_ContentInfo_free(cms)
    BIO_free_all(detached)
  }

  /// The one signature there is; nil if there are more, or none.
  private var signature: OpaquePointer? {
    guard OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed, let all = CMS_get0_SignerInfos(cms),
      wp_signers_count(all) == 1
    else { return nil }
    return wp_signers_get(all, 0)
  }

  /// Checks the signature over content of this type, with the certificate that came along.
  func verified(as contentType: Int32) throws(SMIMEFault) -> Verified {
    defer { ERR_clear_error() }
    guard let signature, OBJ_obj2nid(CMS_get0_eContentType(cms)) == contentType else {
      throw SMIMEFault(.notSigned, "not signed by exactly one signer, or not with the content that is expected")
    }
    // Without signed attributes a signature over one kind of content can be passed off as one over another.
    guard CMS_signed_get_attr_count(signature) > 0, SignatureReader.digests.contains(digest(signature)) else {
      throw SMIMEFault(.badSignature, "signed without signed attributes, or with a digest weaker than SHA-256")
    }
    let flags = UInt32(CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY)
    guard let content = OpenSSL.writing({ CMS_verify(cms, nil, nil, detached, $0, flags) }) else {
      throw SMIMEFault(.badSignature, "the signature does not hold: \(OpenSSL.drainReasons())")
    }
    guard let signers = CMS_get0_signers(cms) else { throw SMIMEFault(.badSignature, "the signer is not named") }
    defer { wp_certificates_free(signers) }
    guard let signer = SignatureReader.certificate(signers, 0) else {
      throw SMIMEFault(.badSignature, "the signer's certificate is damaged")
    }
    return Verified(signer: signer, sentAlong: sentAlong(), content: content)
  }

  /// Throws unless this receipt was made for the signature in `original`.
  func requireReceipt(for original: [UInt8]) throws(SMIMEFault) {
    defer { ERR_clear_error() }
    guard let sent = OpenSSL.reading(original, { d2i_CMS_bio($0, nil) }) else {
      throw SMIMEFault(.failed, "what was kept of the sent message cannot be read: \(OpenSSL.drainReasons())")
    }
    defer { CMS_ContentInfo_free(sent) }
    guard CMS_verify_receipt(cms, sent, nil, nil, UInt32(CMS_NO_SIGNER_CERT_VERIFY)) == 1 else {
      throw SMIMEFault(.otherMessage, "the receipt is for another message: \(OpenSSL.drainReasons())")
    }
  }

  var signedAt: Instant? {
    guard let signature, let name = OBJ_nid2obj(NID_pkcs9_signingTime) else { return nil }
    // -3: exactly one attribute with exactly one value.
    let found = [V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME].lazy
      .compactMap { CMS_signed_get0_data_by_OBJ(signature, name, -3, $0) }.first
    return found.flatMap { MailCertificate.instant($0.assumingMemoryBound(to: ASN1_TIME.self)) }
  }

  private func digest(_ signature: OpaquePointer) -> Int32 {
    var algorithm: UnsafeMutablePointer<X509_ALGOR>?
    CMS_SignerInfo_get0_algs(signature, nil, nil, &algorithm, nil)
    return algorithm.map { OBJ_obj2nid($0.pointee.algorithm) } ?? NID_undef
  }

  private func sentAlong() -> [MailCertificate] {
    guard let all = CMS_get1_certs(cms) else { return [] }
    defer { wp_certificates_free_all(all) }
    let count = min(wp_certificates_count(all), Int32(SignatureReader.mostCertificates))
    return (0..<count).compactMap { SignatureReader.certificate(all, $0) }
  }

  private static func certificate(_ stack: OpaquePointer, _ index: Int32) -> MailCertificate? {
    guard let x509 = wp_certificates_get(stack, index), X509_up_ref(x509) == 1 else { return nil }
    return MailCertificate(owning: x509)
  }
}
