import COpenSSL
import Delivery
import Foundation
import Routing
import Transports

/// Signed and encrypted mails a second on one core, against what libcrypto itself takes for the two operations on as many
/// bytes, in the same run.
struct SealBench {
  private static let mails = 1500
  private static let now = Instant(seconds: 1_774_651_200)

  func run() throws {
    let folder = try Bench.scratch("seals")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = Process()
    made.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    made.arguments = ["Tests/Support/smime_authority.sh", "\(folder)/made"]
    try made.run()
    made.waitUntilExit()
    guard made.terminationStatus == 0 else {
      throw BenchFailure("no certificates: see Tests/Support/smime_authority.sh")
    }
    for (name, source) in [("recipients/ec.pem", "ec.pem"), ("authorities/authority.pem", "authority.pem")] {
      let target = URL(fileURLWithPath: "\(folder)/\(name)")
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: URL(fileURLWithPath: "\(folder)/made/\(source)"), to: target)
    }
    for signer in ["ec", "rsa"] {
      let count = signer == "ec" ? SealBench.mails : SealBench.mails / 5
      let (own, size) = try waypost(signer, count, folder)
      let raw = try libcrypto(signer, count, size, folder)
      let kind = signer == "ec" ? "P-256" : "RSA-3072"
      Bench.line("seals: signed (\(kind)) and encrypted (AES-256-GCM) mails a second", Bench.whole(own))
      Bench.line("seals: the same two operations by libcrypto alone", Bench.whole(raw))
      Bench.line("seals: share of libcrypto's own limit", Bench.ratio(own / raw, goal: 0.7))
    }
  }

  private func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Whole mails: rendered parts, certificate read and checked, headers protected, signed, encrypted, written.
  private func waypost(_ signer: String, _ count: Int, _ folder: String) throws -> (rate: Double, bytes: Int) {
    let identity = try SigningIdentity(
      certificates: read("\(folder)/made/sender-\(signer).pem"), privateKey: read("\(folder)/made/sender-\(signer).key")
    )
    let curl = CurlLoop(settings: .init())
    defer { curl.stop() }
    let transport = MailTransport(
      curl: curl, outlet: .none, gateway: .init(host: "bench.example", from: "w@bench.example"),
      links: AnswerLinks(key: Bench.answerKey, address: "https://bench.example"),
      seals: MailSeals(identity: identity, folder: CertificateFolder(path: folder)))
    let mail = MailChannel(
      address: "ec@recipient.example", privacy: [.smime], certificates: ["ec.pem"], readsGCM: true)
    let dispatch = Dispatch(
      notification: SealBench.notification(mail), channel: .mail(mail), attempt: 1, at: SealBench.now)
    let started = ContinuousClock.now
    for _ in 0..<count { _ = try transport.content(of: dispatch, to: mail, .smime) }
    let seconds = Double(started.duration(to: .now) / .milliseconds(1)) / 1000
    let plain = try transport.content(of: dispatch, to: mail, .tls)
    return (Double(count) / seconds, plain.count)
  }

  private static func notification(_ mail: MailChannel) -> Delivery.Notification {
    let text = String(repeating: "A line of a message about a child who is missing.\n", count: 30)
    return Delivery.Notification(
      id: "nt-aaaaaaaaaaaaaaaaaaaaaaaaaa", event: "ev-1", eventType: "missing.reported", episode: "EP-1", role: "iro",
      relation: "area", agency: "derby", contact: "Desk", channels: [.mail(mail)], urgency: .immediate,
      isPressing: true,
      confirm: .delivered, within: 0, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(subject: "s", text: text, html: "<p>\(text)</p>", body: "{\"a\":\"\(text.prefix(900))\"}"),
      isExercise: false, initialState: .queued)
  }

  /// `CMS_sign` and `CMS_encrypt` on as many bytes, with the keys in memory and nothing written.
  private func libcrypto(_ signer: String, _ count: Int, _ size: Int, _ folder: String) throws -> Double {
    func certificate(_ name: String) throws -> OpaquePointer {
      guard let file = BIO_new_file("\(folder)/made/\(name).pem", "r"),
        let read = PEM_read_bio_X509(file, nil, nil, nil)
      else { throw BenchFailure("\(name).pem cannot be read") }
      BIO_free(file)
      return read
    }
    guard let file = BIO_new_file("\(folder)/made/sender-\(signer).key", "r"),
      let key = PEM_read_bio_PrivateKey(file, nil, nil, nil), let recipients = wp_certificates_new()
    else { throw BenchFailure("the key cannot be read") }
    BIO_free(file)
    let own = try certificate("sender-\(signer)")
    let recipient = try certificate("ec")
    _ = wp_certificates_push(recipients, recipient)
    defer {
      wp_certificates_free(recipients)
      X509_free(own)
      X509_free(recipient)
      EVP_PKEY_free(key)
    }
    let content = [UInt8](repeating: 0x61, count: size)
    let started = ContinuousClock.now
    for _ in 0..<count {
      let plain = BIO_new_mem_buf(content, Int32(content.count))
      let signed = CMS_sign(own, key, nil, plain, UInt32(CMS_DETACHED | CMS_BINARY))
      BIO_free(plain)
      let again = BIO_new_mem_buf(content, Int32(content.count))
      let sealed = CMS_encrypt(recipients, again, EVP_aes_256_gcm(), UInt32(CMS_BINARY))
      BIO_free(again)
      guard signed != nil, sealed != nil else { throw BenchFailure("libcrypto refuses") }
      CMS_ContentInfo_free(signed)
      CMS_ContentInfo_free(sealed)
    }
    return Double(count) / (Double(started.duration(to: .now) / .milliseconds(1)) / 1000)
  }
}
