import COpenSSL
package import Routing

/// What a certificate is wanted for.
package enum CertificateUse: String, Sendable {
  case encryption
  case signing
}

/// One X.509 certificate for mail (RFC 8550). Reading it says nothing about trust: that is `MailTrust.check`.
///
/// Guarantee: complete and well formed, extensions included; nothing in it changes after `init`.
package final class MailCertificate: Sendable, CustomStringConvertible {
  package enum KeyKind: Hashable, Sendable {
    case rsa(bits: Int)
    /// The curve as OpenSSL calls it: `prime256v1` (P-256), `secp384r1`, `secp521r1`.
    case ec(curve: String)
    case other(String)
  }

  let x509: OpenSSLObject
  /// RFC 2253 form.
  package let subject: String
  package let issuer: String
  /// Upper-case hexadecimal.
  package let serial: String
  /// SHA-256 of the whole certificate, lower-case hexadecimal.
  package let sha256: String
  /// RFC 5280 `rfc822Name` and RFC 9598 `SmtpUTF8Mailbox`; the subject's `emailAddress` only where there is no
  /// `subjectAltName` at all.
  package let addresses: [String]
  package let notBefore: Instant
  package let notAfter: Instant
  package let keyKind: KeyKind

  /// Every certificate of a PEM file, in its order, at least one.
  package static func read(pem: [UInt8]) throws(CertificateFault) -> [MailCertificate] {
    if String(decoding: pem, as: UTF8.self).contains("PRIVATE KEY-----") {
      throw CertificateFault(
        .holdsPrivateKey,
        "the file of certificates holds a private key: take it out, and replace the key if others "
          + "could read the file")
    }
    guard let blocks = OpenSSL.blocks(pem: pem) else {
      throw CertificateFault(.notReadable, "a PEM block is damaged: export the certificate again as PEM")
    }
    var certificates: [MailCertificate] = []
    for (index, block) in blocks.enumerated() {
      guard ["CERTIFICATE", "X509 CERTIFICATE"].contains(block.label), let certificate = MailCertificate(der: block.der)
      else {
        throw CertificateFault(
          .notReadable,
          "PEM block \(index + 1) (\(block.label)) is no well-formed certificate: take it out or export "
            + "it again")
      }
      certificates.append(certificate)
    }
    if certificates.isEmpty {
      throw CertificateFault(.notReadable, "there is no PEM certificate in it: convert it to PEM (BEGIN CERTIFICATE)")
    }
    return certificates
  }

  /// Nil unless these bytes are exactly one certificate.
  private convenience init?(der: [UInt8]) {
    let parsed = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var next = buffer.baseAddress
      guard let x509 = d2i_X509(nil, &next, buffer.count) else { return nil }
      if let start = buffer.baseAddress, next == start + buffer.count { return x509 }
      X509_free(x509)
      return nil
    }
    ERR_clear_error()
    guard let parsed else { return nil }
    self.init(owning: parsed)
  }

  /// Takes the caller's reference; nil if an extension is damaged.
  init?(owning pointer: OpaquePointer) {
    defer { ERR_clear_error() }
    x509 = OpenSSLObject(pointer) { X509_free($0) }
    // Fills OpenSSL's cache of extensions now, so that later use only reads.
    let isWellFormed = X509_check_purpose(pointer, -1, 0) == 1 && X509_get_extension_flags(pointer) & 0x80 == 0
    subject = MailCertificate.text(X509_get_subject_name(pointer))
    issuer = MailCertificate.text(X509_get_issuer_name(pointer))
    serial = MailCertificate.serial(pointer)
    sha256 = OpenSSL.hex(MailCertificate.fingerprint(pointer))
    addresses = MailCertificate.addresses(pointer)
    keyKind = MailCertificate.keyKind(X509_get0_pubkey(pointer))
    guard isWellFormed, let from = MailCertificate.instant(X509_get0_notBefore(pointer)),
      let until = MailCertificate.instant(X509_get0_notAfter(pointer))
    else { return nil }
    notBefore = from
    notAfter = until
  }

  /// Enough to find it by, and nothing about whose it is.
  package var description: String { "certificate \(sha256.prefix(16))" }

  /// Whether it is for this mailbox: domain and local part compared without case, labels as they are written.
  package func names(_ address: String) -> Bool {
    addresses.contains { $0.lowercased() == address.lowercased() }
  }

  /// RFC 8551 section 4 and the curves that mail programs read.
  var keyIsStrong: Bool {
    switch keyKind {
    case .rsa(let bits): (2048...16384).contains(bits)
    case .ec(let curve): ["prime256v1", "secp384r1", "secp521r1"].contains(curve)
    case .other: false
    }
  }

  /// RFC 8550 section 4.4: what key usage and extended key usage say, where they are there.
  func allows(_ use: CertificateUse) -> Bool {
    let purposes = X509_get_extended_key_usage(x509.pointer)
    let usage = X509_get_key_usage(x509.pointer)
    let needed: Int32 =
      switch (use, keyKind) {
      case (.signing, _): KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION
      case (.encryption, .ec): KU_KEY_AGREEMENT
      case (.encryption, _): KU_KEY_ENCIPHERMENT
      }
    // Both functions say all ones where the extension is absent.
    return purposes & UInt32(XKU_SMIME | XKU_ANYEKU) != 0 && usage & UInt32(needed) != 0
  }
}

extension MailCertificate {
  private static func text(_ name: OpaquePointer?) -> String {
    let bytes = OpenSSL.writing { bio in X509_NAME_print_ex(bio, name, 0, wp_name_flags()) >= 0 ? 1 : 0 }
    return String(decoding: bytes ?? [], as: UTF8.self)
  }

  private static func serial(_ x509: OpaquePointer) -> String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nil) else { return "" }
    defer { BN_free(number) }
    guard let digits = BN_bn2hex(number) else { return "" }
    defer { wp_free(digits) }
    return String(cString: digits)
  }

  private static func fingerprint(_ x509: OpaquePointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    return X509_digest(x509, EVP_sha256(), &digest, nil) == 1 ? digest : []
  }

  static func instant(_ time: UnsafePointer<ASN1_TIME>?) -> Instant? {
    guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
    defer { ASN1_STRING_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return Instant(seconds: Int64(days) * 86400 + Int64(seconds))
  }

  private static func keyKind(_ key: OpaquePointer?) -> KeyKind {
    guard let key else { return .other("unknown") }
    let kind = EVP_PKEY_get_base_id(key)
    if kind == EVP_PKEY_RSA { return .rsa(bits: Int(EVP_PKEY_get_bits(key))) }
    var name = [CChar](repeating: 0, count: 80)
    if kind == EVP_PKEY_EC, EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 {
      return .ec(curve: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    return .other(OBJ_nid2sn(kind).map { String(cString: $0) } ?? "unknown")
  }

  private static func addresses(_ x509: OpaquePointer) -> [String] {
    let extensionAt = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1)
    guard extensionAt >= 0 else { return subjectAddresses(X509_get_subject_name(x509)) }
    guard let raw = X509_get_ext_d2i(x509, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(names) }
    return (0..<wp_names_count(names)).compactMap { wp_names_get(names, $0) }.compactMap(address)
  }

  private static func address(_ name: UnsafeMutablePointer<GENERAL_NAME>) -> String? {
    if name.pointee.type == GEN_EMAIL { return mailbox(name.pointee.d.rfc822Name) }
    guard name.pointee.type == GEN_OTHERNAME, let other = name.pointee.d.otherName,
      OBJ_obj2nid(other.pointee.type_id) == NID_id_on_SmtpUTF8Mailbox, let value = other.pointee.value,
      value.pointee.type == V_ASN1_UTF8STRING
    else { return nil }
    return mailbox(value.pointee.value.utf8string)
  }

  private static func subjectAddresses(_ name: OpaquePointer?) -> [String] {
    var found: [String] = []
    var index: Int32 = -1
    while case let next = X509_NAME_get_index_by_NID(name, NID_pkcs9_emailAddress, index), next >= 0 {
      index = next
      if let address = mailbox(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, next))) { found.append(address) }
    }
    return found
  }

  /// Nil for what cannot be a mailbox: a zero byte or a control character has no place in one and has fooled others.
  private static func mailbox(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
    guard let string, let start = ASN1_STRING_get0_data(string) else { return nil }
    let bytes = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string)))
    guard let text = String(validating: bytes, as: UTF8.self), text.contains("@"),
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f })
    else { return nil }
    return text
  }
}
