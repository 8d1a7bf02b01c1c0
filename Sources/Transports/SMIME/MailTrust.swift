import COpenSSL
package import Routing

/// The anchors, intermediates and revocation lists that certificates for mail are judged by (RFC 8550, RFC 5280).
///
/// Guarantee: `check` returns only for a certificate that chains to an anchor, is valid at the instant given (never
/// the wall clock), may be used so, is strong enough and, where lists of its issuer were given, is revoked by none.
/// Every list that is given counts, the lists of intermediate authorities too; an issuer without any list is not held
/// against a certificate.
package struct MailTrust: Sendable {
  private let store: OpenSSLObject
  private let intermediates: [MailCertificate]
  private let hasRevocationLists: Bool

  /// All three are PEM files; an anchor need not be self-signed. Throws for a file that holds anything else.
  package init(
    anchors: [UInt8], intermediates: [UInt8] = [], revocationLists: [UInt8] = []
  ) throws(CertificateFault) {
    let roots = try MailCertificate.read(pem: anchors)
    self.intermediates = intermediates.isEmpty ? [] : try MailCertificate.read(pem: intermediates)
    guard let made = X509_STORE_new() else {
      throw CertificateFault(.notReadable, "OpenSSL has no memory for a certificate store")
    }
    let store = OpenSSLObject(made) { X509_STORE_free($0) }
    for root in roots where X509_STORE_add_cert(store.pointer, root.x509.pointer) != 1 {
      throw CertificateFault(.notReadable, "\(root) is no anchor: \(OpenSSL.drainReasons())")
    }
    hasRevocationLists = try MailTrust.add(revocationLists: revocationLists, to: store) > 0
    self.store = store
  }

  private static func add(revocationLists pem: [UInt8], to store: OpenSSLObject) throws(CertificateFault) -> Int {
    guard let blocks = OpenSSL.blocks(pem: pem), !blocks.isEmpty || pem.isEmpty else {
      throw CertificateFault(.notReadable, "there is no PEM revocation list in it: convert it to PEM (BEGIN X509 CRL)")
    }
    for (index, block) in blocks.enumerated() {
      let added = block.der.withUnsafeBufferPointer { buffer -> Bool in
        var next = buffer.baseAddress
        guard block.label == "X509 CRL", let list = d2i_X509_CRL(nil, &next, buffer.count) else { return false }
        defer { X509_CRL_free(list) }
        return X509_STORE_add_crl(store.pointer, list) == 1
      }
      ERR_clear_error()
      guard added else {
        throw CertificateFault(
          .notReadable, "PEM block \(index + 1) (\(block.label)) is no revocation list: fetch the issuer's list again")
      }
    }
    return blocks.count
  }

  /// Throws unless `certificate` may be used so at `now` and, if an address is given, for that address.
  package func check(
    _ certificate: MailCertificate, for address: String?, use: CertificateUse, at now: Instant
  ) throws(CertificateFault) {
    try check(certificate, for: address, use: use, at: now, sentAlong: [])
  }

  /// As above; `sentAlong` are certificates that came with the message or stand in the recipient's file: good for
  /// building a chain, and for nothing else.
  func check(
    _ certificate: MailCertificate, for address: String?, use: CertificateUse, at now: Instant,
    sentAlong: [MailCertificate]
  ) throws(CertificateFault) {
    if now < certificate.notBefore {
      throw CertificateFault(
        .notYetValid, "\(certificate) is valid from \(certificate.notBefore.rfc3339): wait, or use the one before it")
    }
    if now > certificate.notAfter {
      throw CertificateFault(
        .expired, "\(certificate) expired at \(certificate.notAfter.rfc3339): ask its owner for the new one")
    }
    if let address, !certificate.names(address) {
      throw CertificateFault(
        .wrongAddress,
        "\(certificate) is for \(certificate.addresses.count) other addresses: ask for the one that "
          + "names this address")
    }
    if !certificate.allows(use) {
      throw CertificateFault(.wrongUse, "\(certificate) is not meant for mail \(use.rawValue): ask for one that is")
    }
    if !certificate.keyIsStrong {
      throw CertificateFault(
        .weakKey,
        "\(certificate) has key \(certificate.keyKind): ask for RSA of 2048 bits or more, P-256, P-384 or "
          + "P-521")
    }
    if let fault = chainFault(certificate, use, now, sentAlong) { throw fault }
  }

  private func chainFault(
    _ certificate: MailCertificate, _ use: CertificateUse, _ now: Instant, _ sentAlong: [MailCertificate]
  ) -> CertificateFault? {
    defer { ERR_clear_error() }
    let verdict = OpenSSL.withStack(intermediates + sentAlong) { helpers -> (error: Int32, depth: Int32)? in
      guard let context = X509_STORE_CTX_new() else { return nil }
      defer { X509_STORE_CTX_free(context) }
      guard X509_STORE_CTX_init(context, store.pointer, certificate.x509.pointer, helpers) == 1,
        X509_STORE_CTX_set_purpose(
          context, use == .encryption ? X509_PURPOSE_SMIME_ENCRYPT : X509_PURPOSE_SMIME_SIGN) == 1,
        let rules = X509_STORE_CTX_get0_param(context)
      else { return nil }
      X509_VERIFY_PARAM_set_time(rules, time_t(now.seconds))
      // 112 bits of security throughout the chain: no RSA below 2048 bits, no SHA-1, no MD5.
      X509_VERIFY_PARAM_set_auth_level(rules, 2)
      X509_VERIFY_PARAM_set_depth(rules, 8)
      let lists = hasRevocationLists ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0
      X509_VERIFY_PARAM_set_flags(rules, UInt(X509_V_FLAG_PARTIAL_CHAIN | lists))
      X509_STORE_CTX_set_verify_cb(context, excuse)
      if X509_verify_cert(context) == 1 { return (X509_V_OK, 0) }
      let error = X509_STORE_CTX_get_error(context)
      return (error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error, X509_STORE_CTX_get_error_depth(context))
    }
    guard let verdict else { return CertificateFault(.untrusted, "OpenSSL cannot check \(certificate): out of memory") }
    return verdict.error == X509_V_OK ? nil : fault(certificate, verdict.error, depth: verdict.depth)
  }

  private func fault(_ certificate: MailCertificate, _ error: Int32, depth: Int32) -> CertificateFault {
    let words = X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)"
    let place = depth == 0 ? "\(certificate)" : "the authority \(depth) above \(certificate)"
    switch error {
    case X509_V_ERR_CERT_REVOKED:
      return CertificateFault(.revoked, "\(place) is revoked by its issuer: ask for the one that replaces it")
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
      X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
      X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
      X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_DIFFERENT_CRL_SCOPE,
      X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return CertificateFault(
        .staleRevocationList,
        "the revocation list for \(place) cannot be relied on (\(words)): fetch the issuer's "
          + "current list")
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
      return CertificateFault(.weakKey, "\(place): \(words): ask for one with RSA of 2048 bits or more and SHA-256")
    default:
      return CertificateFault(
        .untrusted, "\(place): \(words): add its issuer to the anchors or intermediates, if it is to be trusted")
    }
  }
}

/// Called by OpenSSL for every finding in a chain; 1 lets it pass.
///
/// Two findings pass. The end certificate's purpose: OpenSSL 3.0 asks for keyEncipherment even of EC keys, and
/// `MailCertificate.allows` has judged it already. A missing revocation list, if none of that issuer was given.
private func excuse(_ isFine: Int32, _ context: OpaquePointer?) -> Int32 {
  if isFine == 1 { return 1 }
  switch X509_STORE_CTX_get_error(context) {
  case X509_V_ERR_INVALID_PURPOSE:
    return X509_STORE_CTX_get_error_depth(context) == 0 ? 1 : 0
  case X509_V_ERR_UNABLE_TO_GET_CRL:
    guard let certificate = X509_STORE_CTX_get_current_cert(context) else { return 0 }
    guard let lists = X509_STORE_CTX_get1_crls(context, X509_get_issuer_name(certificate)) else { return 1 }
    defer { wp_lists_free_all(lists) }
    return wp_lists_count(lists) == 0 ? 1 : 0
  default:
    return 0
  }
}
