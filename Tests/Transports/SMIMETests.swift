import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// Sealed mail against `openssl cms`: what we write it reads, what it writes we read, and what was changed or is not
/// to be trusted is refused.
@Suite struct SMIMETests {
  /// A scratch authority, made once for all tests of the suite.
  private static let authority: Result<Authority, any Error> = Result {
    let scratch = try Scratch("smime")
    let made = try Shell.run("\(Repository.root)/Tests/Support/smime_authority.sh", [scratch.path])
    guard made.status == 0 else { throw Authority.NotMade() }
    atexit { try? SMIMETests.authority.get().remove() }
    return Authority(folder: scratch.path)
  }

  private static let now = instant("2026-03-27T22:40:00Z")
  private static let entity = Array(
    ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      + "Missing from placement since 21:15.\r\nM=C3=BCller \r\n.\r\nFrom here on.\r\n").utf8)

  private let made: Authority
  private var now: Instant { SMIMETests.now }
  private var entity: [UInt8] { SMIMETests.entity }

  init() throws { made = try SMIMETests.authority.get() }

  // MARK: Signing

  @Test(arguments: ["sender-rsa", "sender-ec"])
  func opensslVerifiesWhatIsSigned(_ name: String) throws {
    let signed = try SMIMESealer(identity: made.identity(name)).signed(entity, at: now)
    let mail = try made.write("\(name).eml", signed.bytes)
    let verified = try made.openssl(
      "cms -verify -cades -purpose smimesign -CAfile authority.pem -in \(mail) -out \(mail).content")
    #expect(verified.status == 0)
    #expect(try made.read("\(mail).content") == entity)
    let text = String(decoding: signed.bytes, as: UTF8.self)
    #expect(text.contains(String(decoding: entity, as: UTF8.self)))
    #expect(text.hasPrefix("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"))
    #expect(SMIMESealer.isCanonical(signed.bytes))
    let printed = try made.openssl("cms -cmsout -print -noout -in \(mail)").output
    #expect(printed.contains("Mar 27 22:40:00 2026 GMT"))
    #expect(printed.contains("id-smime-aa-signingCertificateV2"))
    #expect(printed.contains("S/MIME Capabilities"))
    for weak in ["rc2", "des-ede3", "md5", "sha1 ("] { #expect(!printed.contains(weak)) }
  }

  /// RSA PKCS #1 v1.5 has no randomness: the same entity at the same instant gives the same bytes.
  @Test func signingReadsNeitherClockNorChance() throws {
    let sealer = SMIMESealer(identity: try made.identity("sender-rsa"))
    let first = try sealer.signed(entity, requestReceiptTo: "waypost@waypost.example", at: now)
    let second = try sealer.signed(entity, requestReceiptTo: "waypost@waypost.example", at: now)
    #expect(first.bytes == second.bytes)
  }

  @Test(arguments: [
    "", "no header section", "Content-Type: text/plain\r\n", "A: b\n\nbare line feeds\n",
    "A: b\r\n\r\nbare\rreturn\r\n",
    "A: b\r\n\r\nM\u{fc}ller\r\n", "A: b\r\n\r\n" + String(repeating: "x", count: 999) + "\r\n",
  ])
  func onlyCanonicalEntitiesAreSigned(_ text: String) throws {
    let sealer = SMIMESealer(identity: try made.identity("sender-ec"))
    #expect(throws: SMIMEFault(.notCanonical, "")) { try sealer.signed(Array(text.utf8), at: now) }
  }

  @Test func thereIsNoSigningWithoutIdentity() {
    #expect(throws: SMIMEFault(.noIdentity, "")) { try SMIMESealer(identity: nil).signed(entity, at: now) }
  }

  @Test(arguments: [
    ("sender-rsa", "sender-ec", CertificateFault.Code.keyMismatch), ("rsa", "rsa", .weakKey),
    ("tls-only", "tls-only", .wrongUse), ("sender-ec", "locked", .lockedKey),
  ])
  func identitiesThatMustNotSign(_ name: String, _ key: String, _ code: CertificateFault.Code) throws {
    let certificate = try made.read("\(name).pem")
    let privateKey = try made.read("\(key).key")
    #expect(throws: CertificateFault(code, "")) {
      try SigningIdentity(certificates: certificate, privateKey: privateKey)
    }
    #expect(throws: CertificateFault(.notReadable, "")) {
      try SigningIdentity(certificates: certificate, privateKey: certificate)
    }
  }

  // MARK: Encryption

  @Test(arguments: [SMIMESealer.Algorithm.gcm, .cbc])
  func everyRecipientDecryptsWithOpenssl(_ algorithm: SMIMESealer.Algorithm) throws {
    let sealer = SMIMESealer(identity: try made.identity("sender-ec"))
    let signed = try sealer.signed(entity, at: now).bytes
    let sealed = try sealer.encrypted(
      signed, for: [made.certificate("rsa"), made.certificate("ec")], algorithm: algorithm)
    #expect(SMIMESealer.isCanonical(sealed))
    #expect(!String(decoding: sealed, as: UTF8.self).contains("placement"))
    let mail = try made.write("\(algorithm).eml", sealed)
    for name in ["rsa", "ec"] {
      let opened = try made.openssl(
        "cms -decrypt -recip \(name).pem -inkey \(name).key -in \(mail) -out \(mail).\(name) && "
          + "openssl cms -verify -CAfile authority.pem -in \(mail).\(name) -out \(mail).\(name).content")
      #expect(opened.status == 0)
      #expect(try made.read("\(mail).\(name)") == signed)
      #expect(try made.read("\(mail).\(name).content") == entity)
    }
    let printed = try made.openssl("cms -cmsout -print -noout -in \(mail)").output
    #expect(printed.contains("dhSinglePass-stdDH-sha256kdf-scheme"))
    #expect(printed.contains("id-aes256-wrap"))
    #expect(printed.contains(algorithm == .gcm ? "aes-256-gcm" : "aes-256-cbc"))
    #expect(printed.contains("rsaesOaep") == (algorithm == .gcm))
  }

  @Test func nothingIsEncryptedToNobodyOrToAWeakKey() throws {
    let sealer = SMIMESealer(identity: nil)
    #expect(throws: SMIMEFault(.noRecipients, "")) { try sealer.encrypted(entity, for: [], algorithm: .gcm) }
    let weak = try made.certificate("weak")
    #expect(throws: SMIMEFault(CertificateFault(.weakKey, ""))) {
      try sealer.encrypted(entity, for: [weak], algorithm: .gcm)
    }
  }

  /// One bit changed at each of 200 places: refused, or nothing of the content is different.
  @Test func changedCiphertextIsNoticed() throws {
    let sealed = try SMIMESealer(identity: nil).encrypted(
      entity, for: [made.certificate("ec")], algorithm: .gcm)
    let script = try made.write(
      "open.sh",
      Array(
        """
        for mail in "$1"/*.eml; do
          if openssl cms -decrypt -recip ec.pem -inkey ec.key -in "$mail" -out "$mail.out" 2> "$mail.log"; then
            cmp -s "$mail.out" "$1/plain" || echo "$mail"
          else
            echo refused
          fi
        done
        """.utf8))
    let folder = try made.folder("tampered")
    _ = try made.write("tampered/plain", entity)
    for place in 0..<200 {
      _ = try made.write("tampered/\(place).eml", SMIMETests.flipped(sealed, place))
    }
    let answers = try made.shell("sh \(script) \(folder)").output.split(separator: "\n")
    #expect(answers.filter { $0 != "refused" } == [])
    #expect(answers.count > 150)
  }

  // MARK: Certificates

  @Test func goodCertificatesAreTaken() throws {
    let trust = try made.trust("revoked.crl")
    try trust.check(made.certificate("rsa"), for: "RSA@Recipient.Example", use: .encryption, at: now)
    try trust.check(made.certificate("ec"), for: "ec@recipient.example", use: .encryption, at: now)
    try trust.check(made.certificate("utf8"), for: "jürgen@recipient.example", use: .encryption, at: now)
    try trust.check(made.certificate("subject"), for: "subject@recipient.example", use: .encryption, at: now)
    try trust.check(made.certificate("sender-rsa"), for: "waypost@waypost.example", use: .signing, at: now)
    try trust.check(made.certificate("sender-ec"), for: nil, use: .signing, at: now)
  }

  @Test func aCertificateSaysWhatItIs() throws {
    let rsa = try made.certificate("rsa")
    #expect(rsa.keyKind == .rsa(bits: 2048))
    #expect(try made.certificate("ec").keyKind == .ec(curve: "prime256v1"))
    #expect(rsa.addresses == ["rsa@recipient.example"])
    #expect(rsa.notBefore == instant("2025-01-01T00:00:00Z"))
    #expect(rsa.notAfter == instant("2044-01-01T00:00:00Z"))
    #expect(rsa.issuer.contains("CN=authority"))
    #expect(rsa.subject.contains("CN=rsa"))
    let printed = try made.openssl("x509 -in rsa.pem -noout -serial -fingerprint -sha256").output
    #expect(printed.contains("serial=\(rsa.serial)\n"))
    #expect(printed.replacing(":", with: "").lowercased().contains(rsa.sha256))
  }

  @Test(arguments: [
    ("expired", CertificateFault.Code.expired), ("wrong-name", .wrongAddress), ("revoked", .revoked),
    ("untrusted", .untrusted), ("weak", .weakKey), ("sha1", .weakKey), ("deep", .untrusted),
  ])
  func certificatesThatMustNotBeUsed(_ name: String, _ code: CertificateFault.Code) throws {
    let certificate = try made.certificate(name)
    let trust = try made.trust("revoked.crl")
    let address = name == "weak" ? "weak@recipient.example" : "ec@recipient.example"
    #expect(throws: CertificateFault(code, "")) {
      try trust.check(certificate, for: address, use: .encryption, at: now)
    }
  }

  @Test func useIsHeldToWhatTheCertificateSays() throws {
    let trust = try made.trust()
    let (server, sender) = (try made.certificate("tls-only"), try made.certificate("sender-ec"))
    for use in [CertificateUse.encryption, .signing] {
      #expect(throws: CertificateFault(.wrongUse, "")) { try trust.check(server, for: nil, use: use, at: now) }
    }
    #expect(throws: CertificateFault(.wrongUse, "")) { try trust.check(sender, for: nil, use: .encryption, at: now) }
  }

  @Test func theInstantDecidesAndNotTheClock() throws {
    let (ec, expired) = (try made.certificate("ec"), try made.certificate("expired"))
    let trust = try made.trust()
    let (early, late) = (instant("2024-12-31T23:59:59Z"), instant("2044-01-01T00:00:01Z"))
    #expect(throws: CertificateFault(.notYetValid, "")) { try trust.check(ec, for: nil, use: .encryption, at: early) }
    #expect(throws: CertificateFault(.expired, "")) { try trust.check(ec, for: nil, use: .encryption, at: late) }
    try trust.check(expired, for: nil, use: .encryption, at: instant("2020-06-01T00:00:00Z"))
  }

  @Test func anOldRevocationListIsAFaultOfItsOwn() throws {
    let (ec, revoked) = (try made.certificate("ec"), try made.certificate("revoked"))
    let stale = try made.trust("stale.crl")
    #expect(throws: CertificateFault(.staleRevocationList, "")) {
      try stale.check(ec, for: nil, use: .encryption, at: now)
    }
    // Without any list there is nothing to hold against it.
    try made.trust().check(revoked, for: nil, use: .encryption, at: now)
  }

  @Test func intermediatesBuildAChainAndMayBeRevoked() throws {
    let deep = try made.certificate("deep")
    try made.trust("revoked.crl", intermediates: "issuing.pem").check(deep, for: nil, use: .encryption, at: now)
    let trust = try made.trust("revoked-issuing.crl", intermediates: "issuing.pem")
    #expect(throws: CertificateFault(.revoked, "")) { try trust.check(deep, for: nil, use: .encryption, at: now) }
    // An anchor need not be self-signed.
    let pinned = try MailTrust(anchors: made.read("issuing.pem"))
    try pinned.check(deep, for: nil, use: .encryption, at: now)
  }

  @Test func filesThatAreNoCertificates() throws {
    let (certificate, key) = (try made.read("ec.pem"), try made.read("ec.key"))
    #expect(throws: CertificateFault(.holdsPrivateKey, "")) { try MailCertificate.read(pem: certificate + key) }
    for damaged in [[], Array("nothing".utf8), Array(certificate.dropLast(40)), try made.read("revoked.crl")] {
      #expect(throws: CertificateFault(.notReadable, "")) { try MailCertificate.read(pem: damaged) }
    }
    #expect(throws: CertificateFault(.notReadable, "")) {
      try MailTrust(anchors: certificate, revocationLists: certificate)
    }
    #expect(try MailCertificate.read(pem: certificate + made.read("rsa.pem")).count == 2)
  }

  // MARK: Receipts and replies

  @Test(arguments: ["rsa", "ec"])
  func aSignedReceiptBelongsToOneMessage(_ name: String) throws {
    let sealer = SMIMESealer(identity: try made.identity("sender-ec"))
    let signed = try sealer.signed(entity, requestReceiptTo: "waypost@waypost.example", at: now)
    let other = try sealer.signed(entity, requestReceiptTo: "waypost@waypost.example", at: now.advanced(bySeconds: 1))
    let mail = try made.write("asked-\(name).eml", signed.bytes)
    #expect(
      try made.openssl(
        "cms -sign_receipt -in \(mail) -signer \(name).pem -inkey \(name).key -out \(mail).receipt"
      ).status == 0)
    let receipt = Array("From: someone@elsewhere.example\r\n".utf8) + (try made.read("\(mail).receipt"))
    let trust = try made.trust()
    let address = "\(name)@recipient.example"
    let signer = try sealer.verify(receipt: receipt, against: signed.cms, trust: trust, from: address, at: now)
    #expect(signer.addresses == [address])
    #expect(throws: SMIMEFault(.otherMessage, "")) {
      try sealer.verify(receipt: receipt, against: other.cms, trust: trust, from: address, at: now)
    }
    #expect(throws: SMIMEFault(CertificateFault(.wrongAddress, ""))) {
      try sealer.verify(receipt: receipt, against: signed.cms, trust: trust, from: "x@recipient.example", at: now)
    }
    // A receipt is no reply, and a signed mail no receipt.
    #expect(throws: SMIMEFault(.notSigned, "")) { try sealer.verifySigned(message: receipt, trust: trust, at: now) }
    #expect(throws: SMIMEFault(.notSigned, "")) {
      try sealer.verify(receipt: signed.bytes, against: signed.cms, trust: trust, from: address, at: now)
    }
  }

  @Test(arguments: ["", "-nodetach", "-md sha384", "-keyid"])
  func aSignedReplyNamesItsSender(_ options: String) throws {
    let reply = try made.reply("ec", options)
    let read = try SMIMESealer(identity: nil).verifySigned(
      message: Array("From: boss@elsewhere.example\r\nSubject: ok\r\n".utf8) + reply, trust: made.trust(), at: now)
    #expect(read.signer.names("ec@recipient.example"))
    #expect(String(decoding: read.content, as: UTF8.self).contains("acknowledged\r\n"))
    #expect(read.signedAt != nil)
  }

  @Test(arguments: [
    ("ec", "-md sha1", SMIMEFault(.badSignature, "")), ("ec", "-noattr", SMIMEFault(.badSignature, "")),
    ("ec", "-signer rsa.pem -inkey rsa.key", SMIMEFault(.notSigned, "")),
    ("ec", "-nocerts", SMIMEFault(.badSignature, "")),
    ("untrusted", "", SMIMEFault(CertificateFault(.untrusted, ""))),
    ("expired", "", SMIMEFault(CertificateFault(.expired, ""))),
    ("revoked", "", SMIMEFault(CertificateFault(.revoked, ""))),
  ])
  func repliesThatAreNotBelieved(_ name: String, _ options: String, _ fault: SMIMEFault) throws {
    let reply = try made.reply(name, options)
    let trust = try made.trust("revoked.crl")
    #expect(throws: fault) { try SMIMESealer(identity: nil).verifySigned(message: reply, trust: trust, at: now) }
  }

  /// A reply may bring its issuer's certificate along, for the chain only.
  @Test func aReplyMayBringItsChainButNoAnchor() throws {
    let sealer = SMIMESealer(identity: nil)
    let trust = try made.trust()
    let chained = try made.reply("deep", "-certfile issuing.pem")
    #expect(try sealer.verifySigned(message: chained, trust: trust, at: now).signer.names("ec@recipient.example"))
    let foreign = try made.reply("untrusted", "-certfile stranger.pem")
    #expect(throws: SMIMEFault(CertificateFault(.untrusted, ""))) {
      try sealer.verifySigned(message: foreign, trust: trust, at: now)
    }
  }

  /// One bit changed at each of 400 places: refused, or nothing that is returned is different.
  @Test func changedSignedMailIsNoticed() throws {
    let sealer = SMIMESealer(identity: try made.identity("sender-ec"))
    let signed = try sealer.signed(entity, at: now)
    let trust = try made.trust()
    let whole = try sealer.verifySigned(message: signed.bytes, trust: trust, at: now)
    #expect(whole.content == entity)
    #expect(whole.signedAt == now)
    var refused = 0
    for place in 0..<400 {
      let changed = SMIMETests.flipped(signed.bytes, place, of: 400)
      if let read = try? sealer.verifySigned(message: changed, trust: trust, at: now) {
        #expect(read.content == entity && read.signer.sha256 == whole.signer.sha256)
      } else {
        refused += 1
      }
    }
    #expect(refused > 300)
  }

  private static func flipped(_ bytes: [UInt8], _ place: Int, of places: Int = 200) -> [UInt8] {
    var changed = bytes
    changed[place * bytes.count / places] ^= 1 << UInt8(place % 7)
    return changed
  }
}

/// The scratch authority's files, and `openssl` run among them.
private struct Authority: Sendable {
  struct NotMade: Error {}

  let folder: String

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  func folder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    return path(name)
  }

  private func path(_ name: String) -> String { name.hasPrefix("/") ? name : "\(folder)/\(name)" }

  func certificate(_ name: String) throws -> MailCertificate {
    try #require(try MailCertificate.read(pem: read("\(name).pem")).first)
  }

  func identity(_ name: String) throws -> SigningIdentity {
    try SigningIdentity(certificates: read("\(name).pem"), privateKey: read("\(name).key"))
  }

  func trust(_ list: String? = nil, intermediates: String? = nil) throws -> MailTrust {
    try MailTrust(
      anchors: read("authority.pem"), intermediates: intermediates.map { try read($0) } ?? [],
      revocationLists: list.map { try read($0) } ?? [])
  }

  /// A signed reply made by `openssl`.
  func reply(_ name: String, _ options: String) throws -> [UInt8] {
    let mail = try write(
      "reply-\(UInt32.random(in: 0 ... .max))", Array("Content-Type: text/plain\r\n\r\nacknowledged\r\n".utf8))
    let made = try openssl("cms -sign \(options) -signer \(name).pem -inkey \(name).key -in \(mail) -out \(mail).eml")
    try #require(made.status == 0)
    return try read("\(mail).eml")
  }

  func openssl(_ arguments: String) throws -> Shell.Result { try shell("openssl \(arguments)") }

  /// Standard error is kept quiet: many of these are meant to fail.
  func shell(_ command: String) throws -> Shell.Result {
    try Shell.run("sh", ["-c", "cd \(folder) && { \(command); } 2> /dev/null"])
  }
}
