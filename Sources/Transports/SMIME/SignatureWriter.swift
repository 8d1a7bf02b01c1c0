import COpenSSL
import Routing

/// One detached CMS signature (RFC 5652 section 5) with its signed attributes. Every step returns false or nil when
/// OpenSSL refuses, and its reasons are then in the error queue.
struct SignatureWriter {
  let identity: SigningIdentity
  let entity: [UInt8]
  let digest: [UInt8]
  let receiptTo: String?
  let now: Instant

  /// The ContentInfo as DER.
  func der() -> [UInt8]? {
    OpenSSL.withStack(identity.chain) { chain -> [UInt8]? in
      let flags = UInt32(CMS_PARTIAL | CMS_DETACHED | CMS_BINARY)
      guard let cms = CMS_sign(nil, nil, chain, nil, flags) else { return nil }
      defer { CMS_ContentInfo_free(cms) }
      // The standard capabilities would offer RC2 and DES, so they are left out and ours are added below.
      guard
        let signer = CMS_add1_signer(
          cms, identity.certificate.x509.pointer, identity.key.pointer, EVP_sha256(),
          UInt32(CMS_PARTIAL | CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP)),
        addCapabilities(signer), addTime(signer), addReceiptRequest(signer),
        OpenSSL.reading(entity, { CMS_final(cms, $0, nil, flags) == 1 ? true : nil }) == true
      else { return nil }
      return OpenSSL.writing { i2d_CMS_bio($0, cms) }
    }
  }

  /// What replies may be encrypted with (RFC 8551 section 2.5.2), best first.
  private func addCapabilities(_ signer: OpaquePointer) -> Bool {
    var algorithms: OpaquePointer?
    defer { wp_algorithms_free_all(algorithms) }
    for algorithm in [NID_aes_256_gcm, NID_aes_128_gcm, NID_aes_256_cbc, NID_aes_128_cbc] {
      guard CMS_add_simple_smimecap(&algorithms, algorithm, -1) == 1 else { return false }
    }
    return CMS_add_smimecap(signer, algorithms) == 1
  }

  /// The given instant; OpenSSL adds its own only where there is none yet.
  private func addTime(_ signer: OpaquePointer) -> Bool {
    // UTCTime until 2049 and GeneralizedTime after it, as RFC 5652 section 11.3 wants.
    guard let time = ASN1_TIME_set(nil, time_t(now.seconds)) else { return false }
    defer { ASN1_STRING_free(time) }
    return CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, ASN1_STRING_type(time), time, -1) == 1
  }

  private func addReceiptRequest(_ signer: OpaquePointer) -> Bool {
    guard let receiptTo else { return true }
    guard let lists = wp_name_lists_new() else { return false }
    guard let names = mailbox(receiptTo) else {
      wp_name_lists_free_all(lists)
      return false
    }
    guard wp_name_lists_push(lists, names) > 0, let identifier = wp_copy(digest, digest.count) else {
      wp_name_lists_free_all(lists)
      return false
    }
    // 0: every recipient. The request owns identifier and lists; it can fail only for want of memory.
    guard let request = CMS_ReceiptRequest_create0(identifier, Int32(digest.count), 0, nil, lists) else { return false }
    defer { CMS_ReceiptRequest_free(request) }
    return CMS_add1_ReceiptRequest(signer, request) == 1
  }

  private func mailbox(_ address: String) -> OpaquePointer? {
    guard let names = GENERAL_NAMES_new() else { return nil }
    guard let name = a2i_GENERAL_NAME(nil, nil, nil, GEN_EMAIL, address, 0) else {
      GENERAL_NAMES_free(names)
      return nil
    }
    guard wp_names_push(names, name) > 0 else {
      GENERAL_NAME_free(name)
      GENERAL_NAMES_free(names)
      return nil
    }
    return names
  }
}

/// One CMS envelope (RFC 5652 section 6, RFC 5083) for any number of recipients. Nil when OpenSSL refuses, and its
/// reasons are then in the error queue.
struct EnvelopeWriter {
  let recipients: [MailCertificate]
  let algorithm: SMIMESealer.Algorithm

  /// The ContentInfo as DER.
  func der(_ content: [UInt8]) -> [UInt8]? {
    let flags = UInt32(CMS_PARTIAL | CMS_BINARY)
    // An AEAD cipher makes AuthEnvelopedData, any other EnvelopedData.
    let cipher = algorithm == .gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc()
    guard let cms = CMS_encrypt(nil, nil, cipher, flags) else { return nil }
    defer { CMS_ContentInfo_free(cms) }
    for recipient in recipients {
      guard let added = CMS_add1_recipient_cert(cms, recipient.x509.pointer, UInt32(CMS_KEY_PARAM) | flags),
        setKeyTransport(added, recipient.keyKind)
      else { return nil }
    }
    guard OpenSSL.reading(content, { CMS_final(cms, $0, nil, flags) == 1 ? true : nil }) == true else { return nil }
    return OpenSSL.writing { i2d_CMS_bio($0, cms) }
  }

  private func setKeyTransport(_ recipient: OpaquePointer, _ kind: MailCertificate.KeyKind) -> Bool {
    guard let context = CMS_RecipientInfo_get0_pkey_ctx(recipient) else { return false }
    switch (kind, algorithm) {
    case (.rsa, .gcm):
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
    case (.rsa, .cbc):
      return true
    // Left alone, OpenSSL derives the key with SHA-1.
    case (.ec, _):
      return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1
    case (.other, _):
      return false
    }
  }
}
