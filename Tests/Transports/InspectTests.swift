import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// Servers, folders and certificates are looked at without sending anything.
@Suite(.timeLimit(.minutes(30))) struct InspectTests {
  private func expiry(_ name: String) throws -> Instant {
    let pem = try Data(contentsOf: URL(fileURLWithPath: try Certificates.path("\(name).pem")))
    return try #require(try MailCertificate.read(pem: Array(pem)).first).notAfter
  }

  private func inspector(
    relay: String? = nil, drops: DropTransport? = nil, webhook: String? = nil, seals: MailSeals? = nil,
    clients: [String: ClientCertificate] = [:], _ curl: CurlLoop
  ) throws -> ChannelInspector {
    let links = AnswerLinks(key: try Sample.key(), address: "https://gw.example")
    let gateway = MailTransport.Gateway(host: "gw.example", from: "waypost@gw.example")
    let mail = MailTransport(
      curl: curl, outlet: relay.map { .relay(MailServer(url: $0)) } ?? .none, gateway: gateway, links: links,
      seals: seals, isRedirected: webhook != nil)
    return ChannelInspector(mail: mail, drops: drops, webhook: webhook) { clients[$0] }
  }

  /// What the inspector finds of a mail server that behaves so, and what the server heard.
  private func mailServer(
    _ mode: String, _ certificate: String = "server", at now: Instant
  ) async throws -> (finding: Finding, log: String) {
    let scratch = try Scratch("inspect")
    defer { scratch.remove() }
    let pair = [try Certificates.path("\(certificate).pem"), try Certificates.path("\(certificate).key")]
    let server = try TestDouble("bad_servers.py", [mode, "\(scratch.path)/log"] + (mode == "plain" ? [] : pair))
    defer { server.stop() }
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(relay: "smtp://127.0.0.1:\(server.port)", curl)
    let point = try #require(inspector.checkpoints(of: .mail("duty.inbox@derby.example")).first)
    #expect(point == .relay("127.0.0.1:\(server.port)"))
    let finding = await inspector.check(point, at: now)
    return (finding, try String(contentsOfFile: "\(scratch.path)/log", encoding: .utf8))
  }

  @Test func aMailServerIsGreetedSecuredAndLeft() async throws {
    let now = try expiry("server").advanced(bySeconds: -20 * 86400 - 60)
    let (finding, log) = try await mailServer("certificate", at: now)
    #expect(finding.verdict == .reached && finding.certificateDays == 20 && finding.tls?.hasPrefix("TLSv1.") == true)
    #expect(log.contains("clear STARTTLS") && log.contains("tls EHLO"))
    for word in ["MAIL", "RCPT", "DATA", "derby", "duty.inbox"] { #expect(!log.contains(word), "\(word)") }
  }

  /// A certificate that has expired is named as such: a second look that trusts nobody reads when it ended.
  @Test func aCertificateThatIsOverHasDaysBelowNought() async throws {
    let now = try expiry("expired").advanced(bySeconds: 3600)
    let (finding, log) = try await mailServer("certificate", "expired", at: now)
    #expect(finding.verdict == .deferred && finding.words.hasPrefix("tls") && finding.certificateDays == -1)
    #expect(!log.contains("MAIL"))
  }

  @Test(arguments: [
    ("certificate", "self-signed"), ("certificate", "wrong-name"), ("tls11", "server"), ("plain", "server"),
  ])
  func aServerThatCannotBeTrustedIsNotReached(_ mode: String, _ certificate: String) async throws {
    let (finding, _) = try await mailServer(mode, certificate, at: Sample.now)
    #expect(finding.verdict == .deferred, "\(finding.words)")
  }

  @Test func aWebhooksServerIsLookedAtWithoutARequest() async throws {
    let scratch = try Scratch("inspect")
    defer { scratch.remove() }
    let server = try TestDouble(
      "https_files.py",
      [scratch.path, try Certificates.path("server.pem"), try Certificates.path("server.key"), "\(scratch.path)/log"])
    defer { server.stop() }
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(curl)
    let url = "https://127.0.0.1:\(server.port)/duty.inbox?key=x"
    let channel = Routing.Channel.webhook(WebhookChannel(url: url, secret: "derby", isPrivate: true))
    let point = try #require(inspector.checkpoints(of: channel).first)
    #expect(point == .webhook("127.0.0.1:\(server.port)", isPrivate: true))
    let finding = await inspector.check(point, at: try expiry("server").advanced(bySeconds: -86400))
    #expect(finding.verdict == .reached && finding.certificateDays == 1 && finding.tls != nil, "\(finding.words)")
    #expect(try String(contentsOfFile: "\(scratch.path)/log", encoding: .utf8).isEmpty)
    server.stop()
    #expect(await inspector.check(point, at: Sample.now).verdict == .deferred)
  }

  /// As delivery would: no connection is made, and the words say what to write in the directory.
  @Test(arguments: ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "[::1]"])
  func aServerInsideIsLookedAtOnlyWhereTheDirectorySaysSo(_ host: String) async throws {
    let scratch = try Scratch("inspect")
    defer { scratch.remove() }
    let record = "\(scratch.path)/record"
    let server = try TestDouble(
      "webhook_double.py", [try Certificates.path("server.pem"), try Certificates.path("server.key"), record])
    defer { server.stop() }
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(curl)
    let channel = Routing.Channel.webhook(url: "https://\(host):\(server.port)/hook", secret: "derby")
    let point = try #require(inspector.checkpoints(of: channel).first)
    let finding = await inspector.check(point, at: Sample.now)
    #expect(finding.verdict == .refused && finding.tls == nil && finding.certificateDays == nil)
    #expect(finding.words.contains("network: private") && !finding.words.contains("127"), "\(finding.words)")
    // Connections are taken in their order: the first to arrive is the one that was allowed.
    let allowed = await inspector.check(.webhook("127.0.0.1:\(server.port)", isPrivate: true), at: Sample.now)
    #expect(allowed.verdict == .reached, "\(allowed.words)")
    let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1, "\(lines)")
  }

  @Test func aServerThatAsksForACertificateIsShownTheEndpointsOwn() async throws {
    let scratch = try Scratch("inspect")
    defer { scratch.remove() }
    let server = try TestDouble(
      "webhook_double.py",
      [
        try Certificates.path("server.pem"), try Certificates.path("server.key"), "\(scratch.path)/record",
        "--clients", try Certificates.path("ca.pem"), "--tls12",
      ])
    defer { server.stop() }
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let clients = try Dictionary(
      uniqueKeysWithValues: [("gateway", "client"), ("stranger", "self-signed")].map { name, file in
        (
          name,
          ClientCertificate(
            certificate: try Certificates.path("\(file).pem"), key: try Certificates.path("\(file).key"))
        )
      })
    let inspector = try inspector(clients: clients, curl)
    func finding(_ client: String?) async throws -> Finding {
      let webhook = WebhookChannel(
        url: "https://127.0.0.1:\(server.port)/hook", secret: "derby", client: client, isPrivate: true)
      return await inspector.check(try #require(inspector.checkpoints(of: .webhook(webhook)).first), at: Sample.now)
    }
    #expect(try await finding("gateway").verdict == .reached)
    #expect(try await finding(nil).verdict == .deferred)
    #expect(try await finding("stranger").verdict == .deferred)
    let missing = try await finding("nobody")
    #expect(missing.verdict == .refused && missing.words.contains("nobody"), "\(missing.words)")
  }

  /// Endpoints of one host that are reached differently have results of their own.
  @Test func endpointsOfOneHostAreToldApart() throws {
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(curl)
    let places = [(false, nil), (true, nil), (false, "gateway"), (true, "gateway")].map { isPrivate, client in
      let webhook = WebhookChannel(
        url: "https://hooks.derby.example/x", secret: "s", client: client, isPrivate: isPrivate)
      return inspector.checkpoints(of: .webhook(webhook)).map(\.place)
    }
    #expect(
      places == [
        ["hooks.derby.example"], ["hooks.derby.example (private network)"],
        ["hooks.derby.example (client gateway)"], ["hooks.derby.example (private network, client gateway)"],
      ])
  }

  @Test func aStoppedLoopAnswers() async throws {
    let curl = CurlLoop(settings: try Certificates.curl(10))
    let inspector = try inspector(curl)
    curl.stop()
    #expect(await inspector.check(.webhook("127.0.0.1:9", isPrivate: true), at: Sample.now).verdict == .deferred)
  }

  @Test func withoutARelayMailIsNotReached() async throws {
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(curl)
    let points = inspector.checkpoints(of: .mail("duty.inbox@derby.example"))
    #expect(points == [.noOutlet])
    #expect(await inspector.check(.noOutlet, at: Sample.now).verdict == .deferred)
  }

  @Test func aDropFolderThatCannotBeWrittenToIsNotReached() async throws {
    let scratch = try Scratch("inspect")
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(drops: try DropHarness.transport(scratch.path), curl)
    let points = inspector.checkpoints(of: .drop(folder: "front-door", format: .maildir))
    #expect(points == [.dropFolder("front-door")])
    #expect(await inspector.check(points[0], at: Sample.now).verdict == .reached)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty, "something was written")
    scratch.remove()
    #expect(await inspector.check(points[0], at: Sample.now).verdict == .deferred)
    #expect(await inspector.check(.dropFolder("../else"), at: Sample.now).verdict == .refused)
  }

  /// In a drill nothing but the two places is looked at.
  @Test func redirectedChannelsLeadToThePlacesOfTheDrill() async throws {
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(relay: "smtp://127.0.0.1:2525", webhook: "https://127.0.0.1:8443/hook", curl)
    #expect(
      inspector.checkpoints(of: .webhook(url: "https://hooks.derby.example/x", secret: "s")) == [
        .webhook("127.0.0.1:8443", isPrivate: true)
      ])
    #expect(inspector.checkpoints(of: .drop(folder: "front-door", format: .json)) == [.relay("127.0.0.1:2525")])
    #expect(inspector.checkpoints(of: .phone("01632 960101")).isEmpty)
  }

  /// The certificates that mail is sealed with are counted in days, and one that does not hold is a refusal.
  @Test func certificatesForSealedMailAreCounted() async throws {
    let scratch = try Scratch("inspect")
    defer { scratch.remove() }
    let made = "\(scratch.path)/made"
    try #require(try Shell.run("\(Repository.root)/Tests/Support/smime_authority.sh", [made]).status == 0)
    func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: URL(fileURLWithPath: "\(made)/\(name)")))
    }
    for (folder, names) in [("recipients", ["rsa.pem", "expired.pem"]), ("authorities", ["authority.pem"])] {
      try FileManager.default.createDirectory(atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
      for name in names {
        try FileManager.default.copyItem(atPath: "\(made)/\(name)", toPath: "\(scratch.path)/\(folder)/\(name)")
      }
    }
    let seals = MailSeals(
      identity: try SigningIdentity(certificates: bytes("sender-ec.pem"), privateKey: bytes("sender-ec.key")),
      folder: CertificateFolder(path: scratch.path))
    let curl = CurlLoop(settings: try Certificates.curl(10))
    defer { curl.stop() }
    let inspector = try inspector(relay: "smtp://127.0.0.1:2525", seals: seals, curl)
    let sealed = Routing.Channel.mail(
      MailChannel(address: "rsa@recipient.example", privacy: [.smime], certificates: ["rsa.pem", "expired.pem"]))
    let points = inspector.checkpoints(of: sealed)
    #expect(
      Set(points).isSuperset(
        of: [.signing] + ["rsa.pem", "expired.pem"].map { .recipient(file: $0, address: "rsa@recipient.example") }))
    let end = try #require(try MailCertificate.read(pem: bytes("rsa.pem")).first).notAfter
    let now = end.advanced(bySeconds: -10 * 86400)
    let good = await inspector.check(.recipient(file: "rsa.pem", address: "rsa@recipient.example"), at: now)
    #expect(good.verdict == .reached && good.sealDays == 10, "\(good.words)")
    let over = await inspector.check(.recipient(file: "expired.pem", address: "rsa@recipient.example"), at: now)
    #expect(over.verdict == .refused && (over.sealDays ?? 0) < 0 && over.words.contains("recipients/expired.pem"))
    #expect(!over.words.contains("rsa@"))
    let absent = await inspector.check(.recipient(file: "absent.pem", address: "rsa@recipient.example"), at: now)
    #expect(absent.verdict == .refused && absent.sealDays == nil)
  }
}
