import COpenSSL

/// One object of libcrypto's and the function that frees it, once, when nobody holds it any more.
///
/// Sendable although it holds a pointer: what is put in here is never changed afterwards. A certificate's caches are
/// filled before it gets here (`MailCertificate.init`), a key is only used to sign, a store is complete and takes its
/// own lock on every look-up; reference counts in libcrypto 3 are atomic. Everything that changes while it is used
/// (BIO, CMS, verification context, stack) is local to one call and never gets here.
final class OpenSSLObject: @unchecked Sendable {
  let pointer: OpaquePointer
  private let free: @Sendable (OpaquePointer?) -> Void

  /// Takes the reference that the caller holds.
  init(_ pointer: OpaquePointer, _ free: @escaping @Sendable (OpaquePointer?) -> Void) {
    self.pointer = pointer
    self.free = free
  }

  deinit { free(pointer) }
}

/// Bytes in and out of libcrypto, and its words for what went wrong.
enum OpenSSL {
  /// The reasons in this thread's error queue, oldest first; the queue is empty afterwards.
  /// Only OpenSSL's own fixed words: the data it may attach (names, file names) is left out.
  static func drainReasons() -> String {
    var reasons: [String] = []
    while case let code = ERR_get_error(), code != 0 {
      let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    return reasons.isEmpty ? "no reason given" : reasons.joined(separator: ", ")
  }

  /// Runs `body` with a BIO that reads `bytes`. Nil for no bytes, more than 2 GB, or no memory.
  static func reading<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
    bytes.withUnsafeBytes { buffer -> Result? in
      guard let start = buffer.baseAddress, !buffer.isEmpty, buffer.count <= Int32.max,
        let bio = BIO_new_mem_buf(start, Int32(buffer.count))
      else { return nil }
      defer { BIO_free_all(bio) }
      return body(bio)
    }
  }

  /// Everything written to a memory BIO so far.
  static func bytes(of bio: OpaquePointer) -> [UInt8] {
    var start: UnsafeMutablePointer<CChar>?
    let count = wp_bio_bytes(bio, &start)
    guard let start, count > 0 else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// What `body` writes to a memory BIO; nil if it says 0 or less.
  static func writing(_ body: (OpaquePointer) -> Int32) -> [UInt8]? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free_all(bio) }
    return body(bio) > 0 ? bytes(of: bio) : nil
  }

  /// Every block of a PEM file as its label and its DER. Nil if a block is damaged.
  static func blocks(pem: [UInt8]) -> [(label: String, der: [UInt8])]? {
    if pem.isEmpty { return [] }
    return reading(pem) { bio in
      ERR_clear_error()
      var blocks: [(label: String, der: [UInt8])] = []
      while let block = block(bio) { blocks.append(block) }
      let last = ERR_peek_last_error()
      ERR_clear_error()
      return ERR_GET_REASON(last) == PEM_R_NO_START_LINE ? blocks : nil
    }
  }

  private static func block(_ bio: OpaquePointer) -> (label: String, der: [UInt8])? {
    var label: UnsafeMutablePointer<CChar>?
    var header: UnsafeMutablePointer<CChar>?
    var data: UnsafeMutablePointer<UInt8>?
    var count = 0
    guard PEM_read_bio(bio, &label, &header, &data, &count) == 1 else { return nil }
    defer {
      wp_free(label)
      wp_free(header)
      wp_free(data)
    }
    guard let label, let data else { return nil }
    return (String(cString: label), Array(UnsafeBufferPointer(start: data, count: count)))
  }

  static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// A stack of these certificates for the length of `body`; the certificates stay with their owners.
  static func withStack<Result>(_ certificates: [MailCertificate], _ body: (OpaquePointer) -> Result?) -> Result? {
    guard let stack = wp_certificates_new() else { return nil }
    defer { wp_certificates_free(stack) }
    return withExtendedLifetime(certificates) {
      for certificate in certificates {
        guard wp_certificates_push(stack, certificate.x509.pointer) > 0 else { return nil }
      }
      return body(stack)
    }
  }
}
