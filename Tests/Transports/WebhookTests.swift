import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// Where webhooks go, and what both sides know each other by, against an endpoint that keeps to its part.
@Suite(.timeLimit(.minutes(30))) struct WebhookTests {
  private final class World: Sendable {
    static let secret = WebhookSecret.generate()
    static let key = WebhookSigningKey.generate()
    let scratch: Scratch
    let endpoint: TestDouble
    let curl: CurlLoop
    let transport: WebhookTransport

    init(clients authority: Bool = false, redirectedTo path: String? = nil) throws {
      scratch = try Scratch("webhook")
      endpoint = try TestDouble(
        "webhook_double.py",
        [try Certificates.path("server.pem"), try Certificates.path("server.key"), "\(scratch.path)/record"]
          + (authority ? ["--clients", try Certificates.path("ca.pem")] : []))
      curl = CurlLoop(settings: try Certificates.curl(20))
      let pairs = try ["client", "self-signed"].map {
        ClientCertificate(certificate: try Certificates.path("\($0).pem"), key: try Certificates.path("\($0).key"))
      }
      let redirect = path.map { [endpoint] in
        WebhookTransport.Redirect(url: endpoint.place + $0, secret: World.secret)
      }
      transport = WebhookTransport(
        curl: curl, redirect: redirect, origin: "gw.example", keys: { _ in WebhookKeys(World.key) },
        clients: { ["gateway": pairs[0], "stranger": pairs[1]][$0] },
        secrets: { ["derby": World.secret, "board": "p@ss word\n", "wrong": "wrong"][$0] })
    }

    func url(_ path: String, host: String = "127.0.0.1") -> String { "https://\(host):\(endpoint.port)\(path)" }

    func send(_ id: String = "nt-1", to webhook: WebhookChannel, after seconds: Int64 = 0) async -> Outcome {
      let dispatch = Sample.dispatch(id, to: .webhook(webhook))
      return await transport.deliver(
        Dispatch(
          notification: dispatch.notification, channel: dispatch.channel, attempt: 1,
          at: Sample.now.advanced(bySeconds: seconds)))
    }

    private func record() throws -> [JSONValue] {
      let text = try String(contentsOfFile: "\(scratch.path)/record", encoding: .utf8)
      return try text.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    }

    /// `METHOD PATH` of every request.
    func requests() throws -> [String] {
      try record().compactMap { line in line["method"]?.text.map { "\($0) \(line["path"]?.text ?? "")" } }
    }

    func header(_ name: String, of request: Int) throws -> String? {
      let requests = try record().filter { $0["method"] != nil }
      return try #require(requests.indices.contains(request) ? requests[request] : nil).at(["headers", name])?.text
    }

    func clients() throws -> [String?] { try record().filter { $0["method"] != nil }.map { $0["client"]?.text } }

    /// Connections that were made at all, whatever came of them.
    func connections() throws -> Int { try record().count { $0["method"] == nil } }

    func stop() {
      curl.stop()
      endpoint.stop()
      scratch.remove()
    }
  }

  private func inside(
    _ url: String, secret: String? = "derby", signature: WebhookSignature = .hmac, asksConsent: Bool = false,
    client: String? = nil, token: TokenRequest? = nil
  ) -> WebhookChannel {
    WebhookChannel(
      url: url, secret: secret, signature: signature, asksConsent: asksConsent, client: client, token: token,
      isPrivate: true)
  }

  private let accepted = Outcome.accepted(Receipt(.accepted, from: .webhook, "HTTP 204"))

  // MARK: Addresses

  /// However the host is written: no connection is made, and the next channel is tried.
  @Test(arguments: [
    "127.0.0.1", "localhost", "hooks.localhost", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1",
    "%31%32%37.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "0",
  ])
  func nothingConnectsToAnAddressThatIsNotPublic(_ host: String) async throws {
    let world = try World()
    defer { world.stop() }
    let url = world.url("/hook", host: host)
    let outcome = await world.send(to: WebhookChannel(url: url, secret: "derby"))
    #expect(outcome == .rejected(Fault(.policy, "")))
    #expect(outcome.said.contains("network: private") && !outcome.said.contains("127"))
    // Connections are taken in their order: the first to arrive is the one that was allowed.
    #expect(await world.send(to: inside(world.url("/allowed"))) == accepted)
    #expect(try world.connections() == 1)
    #expect(try world.requests() == ["POST /allowed"])
  }

  /// A connection that somebody else was allowed to make is not used either.
  @Test func aKeptConnectionIsNoWayRound() async throws {
    let world = try World()
    defer { world.stop() }
    #expect(await world.send(to: inside(world.url("/allowed"))) == accepted)
    let outcome = await world.send(to: WebhookChannel(url: world.url("/hook"), secret: "derby"))
    #expect(outcome == .rejected(Fault(.policy, "")))
    #expect(try world.requests() == ["POST /allowed"])
  }

  @Test func theQuestionForConsentAndTheTokenAreGuardedToo() async throws {
    let world = try World()
    defer { world.stop() }
    let asking = WebhookChannel(url: world.url("/consent/any"), secret: "derby", asksConsent: true)
    #expect(await world.send(to: asking) == .rejected(Fault(.policy, "")))
    let token = TokenRequest(url: world.url("/token/60"), client: "waypost board", secret: "board")
    let bearing = WebhookChannel(url: world.url("/guarded/1"), secret: "derby", token: token)
    #expect(await world.send(to: bearing) == .rejected(Fault(.policy, "")))
    #expect(await world.send(to: inside(world.url("/allowed"))) == accepted)
    #expect(try world.connections() == 1)
  }

  @Test func aDrillGoesToItsRedirectAndAsksNobody() async throws {
    let world = try World(redirectedTo: "/drill")
    defer { world.stop() }
    let token = TokenRequest(url: world.url("/token/60"), client: "waypost board", secret: "board")
    let webhook = WebhookChannel(
      url: world.url("/real"), secret: "derby", signature: .both, asksConsent: true, client: "gateway", token: token)
    #expect(await world.send(to: webhook) == accepted)
    #expect(try world.requests() == ["POST /drill"])
    #expect(try world.header("x-waypost-intended", of: 0)?.isEmpty == false)
    #expect(try world.header("webhook-signature", of: 0)?.hasPrefix("v1,") == true)
  }

  @Test func redirectsAreNotFollowed() async throws {
    let world = try World()
    defer { world.stop() }
    #expect(await world.send(to: inside(world.url("/moved"))) == .rejected(Fault(.refused, "")))
    #expect(try world.requests() == ["POST /moved"])
  }

  // MARK: Signatures

  @Test(arguments: WebhookSignature.allCases)
  func theDirectorySaysWhatSigns(_ signature: WebhookSignature) async throws {
    let world = try World()
    defer { world.stop() }
    let secret = signature.usesSecret ? "derby" : nil
    #expect(await world.send(to: inside(world.url("/hook"), secret: secret, signature: signature)) == accepted)
    let header = try #require(try world.header("webhook-signature", of: 0))
    let schemes = header.split(separator: " ").map { $0.prefix { $0 != "," } }
    #expect(schemes == (signature == .both ? ["v1", "v1a"] : signature == .hmac ? ["v1"] : ["v1a"]))
  }

  // MARK: Consent

  @Test(arguments: ["ours", "any"])
  func consentIsAskedForOnceADay(_ kind: String) async throws {
    let world = try World()
    defer { world.stop() }
    let (path, webhook) = ("/consent/\(kind)", inside(world.url("/consent/\(kind)"), asksConsent: true))
    for hour in [0, 1, 23] as [Int64] { #expect(await world.send(to: webhook, after: hour * 3600) == accepted) }
    #expect(try world.requests() == ["OPTIONS \(path)", "POST \(path)", "POST \(path)", "POST \(path)"])
    #expect(try world.header("webhook-request-origin", of: 0) == "gw.example")
    // What asks says nothing about anybody.
    #expect(try world.header("webhook-id", of: 0) == nil)
    #expect(await world.send(to: webhook, after: 24 * 3600) == accepted)
    #expect(try world.requests().suffix(2) == ["OPTIONS \(path)", "POST \(path)"])
  }

  /// A status is no consent, whichever it is.
  @Test(arguments: ["/consent/other", "/consent/silent", "/hook"])
  func withoutConsentNothingIsPosted(_ path: String) async throws {
    let world = try World()
    defer { world.stop() }
    for _ in 1...2 {
      let outcome = await world.send(to: inside(world.url(path), asksConsent: true))
      #expect(outcome == .deferred(Fault(.configuration, ""), retryAfter: nil))
      #expect(outcome.said.contains("WebHook-Allowed-Origin: gw.example"))
    }
    #expect(try world.requests() == ["OPTIONS \(path)", "OPTIONS \(path)"])
  }

  @Test func theAllowedRateIsKept() async throws {
    let world = try World()
    defer { world.stop() }
    let webhook = inside(world.url("/consent/rate/2"), asksConsent: true)
    #expect(await world.send("nt-1", to: webhook) == accepted)
    #expect(await world.send("nt-2", to: webhook, after: 20) == accepted)
    #expect(await world.send("nt-3", to: webhook, after: 30) == .deferred(Fault(.throttled, ""), retryAfter: 30))
    #expect(await world.send("nt-3", to: webhook, after: 60) == accepted)
    #expect(await world.send("nt-4", to: webhook, after: 61) == .deferred(Fault(.throttled, ""), retryAfter: 19))
    #expect(try world.requests().count { $0.hasPrefix("POST") } == 3)
  }

  @Test func manyAtOnceAskOnce() async throws {
    let world = try World()
    defer { world.stop() }
    let token = TokenRequest(url: world.url("/token/600"), client: "waypost board", secret: "board")
    let channel = Routing.Channel.webhook(inside(world.url("/consent/any"), asksConsent: true, token: token))
    let outcomes = await Sample.deliver(20, to: channel, over: world.transport)
    #expect(outcomes.allSatisfy { $0 == accepted }, "\(outcomes)")
    #expect(try world.requests().count { $0.hasPrefix("OPTIONS") } == 1)
    #expect(try world.requests().count { $0.hasPrefix("POST /token") } == 1)
  }

  // MARK: Client certificates

  @Test func anEndpointThatAsksForACertificateGetsIt() async throws {
    let world = try World(clients: true)
    defer { world.stop() }
    #expect(await world.send(to: inside(world.url("/hook"))).isDeferred)
    #expect(await world.send(to: inside(world.url("/hook"), client: "stranger")).isDeferred)
    #expect(await world.send(to: inside(world.url("/hook"), client: "gateway")) == accepted)
    // The connection that was let in is not lent to somebody else.
    #expect(await world.send(to: inside(world.url("/hook"))).isDeferred)
    #expect(try world.clients() == ["gateway.example"])
    let missing = await world.send(to: inside(world.url("/hook"), client: "nobody"))
    #expect(missing == .rejected(Fault(.configuration, "")))
  }

  // MARK: Tokens

  private func bearing(_ world: World, _ tokens: String, _ path: String = "/hook", secret: String = "board")
    -> WebhookChannel
  {
    inside(
      world.url(path),
      token: TokenRequest(url: world.url(tokens), client: "waypost board", secret: secret, scope: "events:write"))
  }

  @Test func aTokenIsUsedUntilShortlyBeforeItsEnd() async throws {
    let world = try World()
    defer { world.stop() }
    let webhook = bearing(world, "/token/600")
    for second in [0, 300, 539, 540] as [Int64] { #expect(await world.send(to: webhook, after: second) == accepted) }
    #expect(
      try world.requests()
        == ["POST /token/600", "POST /hook", "POST /hook", "POST /hook", "POST /token/600", "POST /hook"])
    #expect(try world.header("authorization", of: 1) == "Bearer token-1")
    #expect(try world.header("authorization", of: 5) == "Bearer token-2")
    // The client's secret is for the token endpoint alone.
    #expect(try world.header("authorization", of: 0)?.hasPrefix("Basic ") == true)
    #expect(try world.header("webhook-signature", of: 1)?.hasPrefix("v1,") == true)
  }

  @Test func anEndpointThatDoesNotSayIsAskedAgainAfterSomeMinutes() async throws {
    let world = try World()
    defer { world.stop() }
    for second in [0, 200, 300] as [Int64] {
      #expect(await world.send(to: bearing(world, "/token/-"), after: second) == accepted)
    }
    #expect(try world.requests().count { $0.hasPrefix("POST /token") } == 2)
  }

  @Test func aTokenThatIsNotTakenIsAskedForAnew() async throws {
    let world = try World()
    defer { world.stop() }
    let webhook = bearing(world, "/token/600", "/guarded/2")
    #expect(await world.send(to: webhook) == .deferred(Fault(.authentication, ""), retryAfter: nil))
    #expect(await world.send(to: webhook, after: 5) == accepted)
    #expect(
      try world.requests() == ["POST /token/600", "POST /guarded/2", "POST /token/600", "POST /guarded/2"])
  }

  /// Without a token 401 is a refusal like any other.
  @Test func anEndpointWithoutATokenRefusesForGood() async throws {
    let world = try World()
    defer { world.stop() }
    #expect(await world.send(to: inside(world.url("/guarded/1"))) == .rejected(Fault(.refused, "")))
  }

  @Test(arguments: ["/token-refused", "/token-broken", "/token-smuggling", "/moved"])
  func withoutATokenNothingIsPosted(_ tokens: String) async throws {
    let world = try World()
    defer { world.stop() }
    let outcome = await world.send(to: bearing(world, tokens))
    #expect(outcome == .deferred(Fault(.authentication, ""), retryAfter: nil))
    for word in ["Kowalczyk", "personal", "p@ss", "Smuggled"] { #expect(!outcome.said.contains(word)) }
    #expect(try world.requests() == ["POST \(tokens)"])
  }

  @Test func aTokenEndpointMayAskForPatience() async throws {
    let world = try World()
    defer { world.stop() }
    let busy = await world.send(to: bearing(world, "/token-busy"))
    #expect(busy == .deferred(Fault(.authentication, ""), retryAfter: 7))
    let wrong = await world.send(to: bearing(world, "/token/60", secret: "wrong"))
    #expect(wrong == .deferred(Fault(.authentication, ""), retryAfter: nil))
    #expect(wrong.said.contains("invalid_client"))
    #expect(await world.send(to: bearing(world, "/token/60", secret: "none")) == .rejected(Fault(.configuration, "")))
  }
}
