import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// What the directory demands of a mailbox, against servers that cannot be trusted: each refuses visibly, and nothing of
/// the message leaves in clear.
@Suite(.timeLimit(.minutes(30))) struct PrivacyTests {
  /// A name server, the policies of MTA-STS, and one mail server that does as it is told.
  private final class World: Sendable {
    let scratch: Scratch
    let names: TestDouble
    let policies: TestDouble
    let server: TestDouble
    let transport: MailTransport
    let curl: CurlLoop
    var log: String { "\(scratch.path)/log" }

    init(_ mode: String, certificate: String = "server", seals: MailSeals? = nil) throws {
      scratch = try Scratch("privacy")
      let zone: JSONValue = [
        "recipient.example": ["MX": ["10 mx.recipient.example"]], "mx.recipient.example": ["A": ["127.0.0.1"]],
        "other.example": ["MX": ["10 mx.recipient.example"]],
        "_mta-sts.other.example": ["TXT": ["v=STSv1; id=1"]], "mta-sts.other.example": ["A": ["127.0.0.1"]],
        "_mta-sts.recipient.example": ["TXT": ["v=STSv1; id=1"]], "mta-sts.recipient.example": ["A": ["127.0.0.1"]],
        "nowhere.example": ["MX": ["0 ."]],
      ]
      try Data(zone.serializedBytes).write(to: URL(fileURLWithPath: "\(scratch.path)/zone.json"))
      try World.policy("other.example", "mx: mx.elsewhere.example", scratch)
      try World.policy("recipient.example", "mx: *.recipient.example", scratch)
      let (pem, key) = (try Certificates.path("\(certificate).pem"), try Certificates.path("\(certificate).key"))
      names = try TestDouble("dns_server.py", ["\(scratch.path)/zone.json"])
      policies = try TestDouble(
        "https_files.py",
        ["\(scratch.path)/files", try Certificates.path("server.pem"), try Certificates.path("server.key")])
      server = try TestDouble(
        "bad_servers.py", [mode, "\(scratch.path)/log"] + (["plain", "strip"].contains(mode) ? [] : [pem, key]))
      curl = CurlLoop(settings: try Certificates.curl(10))
      var settings = DirectMail.Settings()
      settings.resolver = ServerAddress(host: "127.0.0.1", port: UInt16(names.port))
      settings.port = server.port
      settings.policyPort = policies.port
      transport = MailTransport(
        curl: curl, outlet: .direct(DirectMail(settings, curl: curl, time: ManualClock(Sample.now))),
        gateway: .init(host: "gw.example", from: "waypost@gw.example"),
        links: AnswerLinks(key: try Sample.key(), address: "https://gw.example"), seals: seals)
    }

    private static func policy(_ domain: String, _ mx: String, _ scratch: Scratch) throws {
      let folder = "\(scratch.path)/files/mta-sts.\(domain)/.well-known"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data("version: STSv1\r\nmode: enforce\r\n\(mx)\r\nmax_age: 604800\r\n".utf8)
        .write(to: URL(fileURLWithPath: "\(folder)/mta-sts.txt"))
    }

    func send(
      to address: String = "duty.inbox@plain.example", _ privacy: [MailPrivacy], certificates: [String] = [],
      gcm: Bool = false, pin: String? = nil
    ) async -> Outcome {
      let channel = Routing.Channel.mail(
        MailChannel(address: address, privacy: privacy, certificates: certificates, readsGCM: gcm, pin: pin))
      return await transport.deliver(Sample.dispatch("nt-aaaaaaaaaaaaaaaaaaaaaaaaaa", to: channel))
    }

    /// What the server saw: (kind, text).
    func lines() throws -> [(kind: String, text: String)] {
      try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map { line in
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        return (parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : "")
      }
    }

    /// Nothing but greetings and a farewell was said where anybody could listen.
    func saidNothingInClear() throws -> Bool {
      try lines().filter { $0.kind == "clear" }.allSatisfy { line in
        ["EHLO ", "STARTTLS", "QUIT", "RSET"].contains { line.text.hasPrefix($0) }
      }
    }

    func took() throws -> Bool { try lines().contains { $0.kind == "accepted" } }

    func close() {
      curl.stop()
      for double in [names, policies, server] { double.stop() }
      scratch.remove()
    }
  }

  private func unexpected(_ words: String) { Issue.record("\(words)") }

  /// The domain without a policy of its own; its server is the same.
  private static let plain = "duty.inbox@mx.recipient.example"

  @Test func aServerThatHoldsGetsItByTLS() async throws {
    let world = try World("certificate")
    defer { world.close() }
    let outcome = await world.send(to: PrivacyTests.plain, [.tls])
    guard case .accepted = outcome else { return unexpected("\(outcome)") }
    #expect(try world.took() && world.saidNothingInClear())
  }

  @Test(arguments: [
    ("certificate", "self-signed"), ("certificate", "wrong-name"), ("certificate", "expired"), ("plain", "server"),
    ("strip", "server"), ("tls11", "server"), ("starttls-inject", "server"),
  ])
  func aServerThatCannotBeTrustedGetsNothing(_ mode: String, _ certificate: String) async throws {
    let world = try World(mode, certificate: certificate)
    defer { world.close() }
    let outcome = await world.send(to: PrivacyTests.plain, [.tls])
    guard case .deferred(let fault, _) = outcome else { return unexpected("\(outcome)") }
    #expect([.tls, .connection].contains(fault.code), "\(fault)")
    #expect(try !world.took() && world.saidNothingInClear())
  }

  /// TLS with the wrong certificate is no reason to send nothing, where the directory declares a notice instead.
  @Test func aDeclaredFallbackSendsANotice() async throws {
    let world = try World("certificate", certificate: "self-signed")
    defer { world.close() }
    guard case .accepted(let receipt) = await world.send(to: PrivacyTests.plain, [.tls, .notice]) else {
      return unexpected("not accepted")
    }
    #expect(receipt.evidence.contains("(notice); tls was not possible"))
    let sent = try world.lines().map(\.text).joined(separator: "\n")
    #expect(sent.contains("gw.example/read/nt-") && !sent.contains("Kowalczyk"))
    #expect(try world.saidNothingInClear())
  }

  @Test func plainTextLeavesOnlyWhereTheDirectorySaysSo() async throws {
    let world = try World("plain")
    defer { world.close() }
    guard case .accepted(let receipt) = await world.send(to: PrivacyTests.plain, [.opportunistic]) else {
      return unexpected("not accepted")
    }
    #expect(receipt.evidence.contains("without TLS"))
  }

  @Test func aPinnedKeyHasToBeShown() async throws {
    let world = try World("certificate")
    defer { world.close() }
    let wrong = "sha256//" + Data(repeating: 9, count: 32).base64EncodedString()
    guard case .deferred(let fault, _) = await world.send(to: PrivacyTests.plain, [.tls], pin: wrong) else {
      return unexpected("a wrong key was taken")
    }
    #expect(fault.code == .tls)
    #expect(try !world.took() && world.saidNothingInClear())
    let key = try Shell.run(
      "bash",
      [
        "-c",
        "openssl x509 -in \(try Certificates.path("server.pem")) -pubkey -noout | openssl pkey -pubin -outform DER"
          + " | openssl dgst -sha256 -binary | base64",
      ])
    let right = "sha256//" + key.output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard case .accepted = await world.send(to: PrivacyTests.plain, [.tls], pin: right) else {
      return unexpected("the right key was refused")
    }
  }

  /// Under a policy that is enforced no connection is made to a server outside it, whatever the directory allows.
  @Test func aServerOutsideTheDomainsPolicyIsNotEvenAsked() async throws {
    let world = try World("certificate")
    defer { world.close() }
    guard case .deferred(let fault, _) = await world.send(to: "duty.inbox@other.example", [.opportunistic]) else {
      return unexpected("it was sent")
    }
    #expect(fault.code == .privacy && fault.reason.contains("MTA-STS"))
    #expect(try world.lines().isEmpty)
  }

  @Test func anEnforcedPolicyWantsAVerifiedCertificate() async throws {
    let world = try World("certificate", certificate: "self-signed")
    defer { world.close() }
    guard case .deferred(let fault, _) = await world.send(to: "duty.inbox@recipient.example", [.opportunistic]) else {
      return unexpected("it was sent")
    }
    #expect(fault.code == .tls)
    #expect(try !world.took() && world.saidNothingInClear())
  }

  @Test func aDomainThatTakesNoMailIsFinal() async throws {
    let world = try World("certificate")
    defer { world.close() }
    guard case .rejected(let fault) = await world.send(to: "duty.inbox@nowhere.example", [.tls]) else {
      return unexpected("not rejected")
    }
    #expect(fault.enhancedStatus == "5.1.10" && !fault.reason.contains("duty.inbox"))
  }

  // MARK: S/MIME

  private static let authority: Result<Scratch, any Error> = Result {
    let scratch = try Scratch("seals")
    atexit { try? PrivacyTests.authority.get().remove() }
    try fill(scratch)
    return scratch
  }

  /// A certificate folder with a test authority and all kinds of recipients.
  private static func fill(_ scratch: Scratch) throws {
    let made = "\(scratch.path)/made"
    let result = try Shell.run("\(Repository.root)/Tests/Support/smime_authority.sh", [made])
    try #require(result.status == 0)
    let files = FileManager.default
    for folder in ["recipients", "authorities", "revoked"] {
      try files.createDirectory(atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
    }
    for name in ["rsa", "ec", "expired", "wrong-name", "revoked", "untrusted", "tls-only", "weak"] {
      try files.copyItem(atPath: "\(made)/\(name).pem", toPath: "\(scratch.path)/recipients/\(name).pem")
    }
    try files.copyItem(atPath: "\(made)/authority.pem", toPath: "\(scratch.path)/authorities/authority.pem")
    try files.copyItem(atPath: "\(made)/revoked.crl", toPath: "\(scratch.path)/revoked/revoked.pem")
  }

  private static func seals() throws -> MailSeals {
    let scratch = try authority.get()
    func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/made/\(name)")))
    }
    return MailSeals(
      identity: try SigningIdentity(certificates: bytes("sender-ec.pem"), privateKey: bytes("sender-ec.key")),
      folder: CertificateFolder(path: scratch.path))
  }

  @Test(arguments: ["expired", "wrong-name", "revoked", "untrusted", "tls-only", "weak", "absent"])
  func aCertificateThatDoesNotHoldSendsNothing(_ name: String) async throws {
    let world = try World("certificate", seals: try PrivacyTests.seals())
    defer { world.close() }
    let outcome = await world.send(
      to: "rsa@mx.recipient.example", [.smime], certificates: ["\(name).pem"])
    guard case .rejected(let fault) = outcome else { return unexpected("\(outcome)") }
    #expect(fault.code == .privacy && fault.reason.contains("\(name).pem"))
    #expect(try world.lines().isEmpty, "a connection was made")
  }

  @Test(arguments: [("rsa", false), ("rsa", true), ("ec", false), ("ec", true)])
  func onlyTheRecipientReadsWhatIsSealed(_ name: String, _ gcm: Bool) async throws {
    let made = "\(try PrivacyTests.authority.get().path)/made"
    let scratch = try Scratch("sealed")
    defer { scratch.remove() }
    let world = try World("certificate", seals: try PrivacyTests.seals())
    defer { world.close() }
    guard
      case .accepted(let receipt) = await world.send(
        to: "\(name)@recipient.example", [.smime], certificates: ["\(name).pem"], gcm: gcm)
    else { return unexpected("not accepted") }
    #expect(receipt.evidence.contains("(smime)"))
    // The mail as the server got it: between DATA and the lone dot.
    let lines = try world.lines().filter { $0.kind == "tls" }.map(\.text)
    let data = try #require(lines.firstIndex(of: "DATA"))
    let mail = lines[(data + 1)...].prefix { $0 != "." }.joined(separator: "\r\n") + "\r\n"
    for word in ["Kowalczyk", "A child is missing"] { #expect(!mail.contains(word)) }
    #expect(mail.contains("\r\nSubject: [...]\r\n"))
    try Data(mail.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/mail"))
    let opened = try Shell.run(
      "bash",
      [
        "-c",
        "cd \(scratch.path) && openssl cms -decrypt -in mail -recip \(made)/\(name).pem -inkey \(made)/\(name).key -out inner"
          + " && openssl cms -verify -purpose smimesign -CAfile \(made)/authority.pem -in inner -out content && cat content",
      ])
    #expect(opened.status == 0)
    #expect(opened.output.contains("Mia Kowalczyk of 17 Lavender Row"))
    #expect(opened.output.contains("\r\nSubject: A child is missing: nt-"))
    #expect(opened.output.contains("HP-Outer: Subject: [...]") && opened.output.contains("hp=\"cipher\""))
  }
}
