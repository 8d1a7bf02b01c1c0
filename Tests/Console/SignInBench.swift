import Console
import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import NIOCore
import Routing
import Synchronization
import TestKit
import Testing

/// A gateway's door, a provider that checks what it is sent, and browsers with cookies of their own.
final class SignInBench: Sendable {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T22:00:00Z"))
  let address: PublicAddress
  let provider = PretendProvider()
  /// Weak enough for a test to try it often.
  let cost: PassphraseHash.Cost
  private let drawn = Mutex<UInt64>(0)

  static let passphrase = "three blind mice ran"

  init(address: String = "https://waypost.example") throws {
    ledger = try SQLiteLedger()
    self.address = PublicAddress(address)
    cost = try #require(PassphraseHash.Cost(logRounds: 2, blockSize: 1, parallelism: 1))
  }

  var gate: PersonGate { PersonGate(people: ledger, address: address, time: clock) }

  /// Different bytes each time, and the same in each run.
  private func random(_ count: Int) -> [UInt8] {
    let number = drawn.withLock { drawn -> UInt64 in
      drawn += 1
      return drawn
    }
    return (0..<count).map { UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0) &* 7) }
  }

  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  var signIn: SignIn {
    SignIn(
      people: ledger, providers: [provider.settings], address: address, time: clock, random: { self.random($0) },
      cost: cost, logger: Self.logger)
  }

  /// Serves the door, and `more` beside it.
  func serve(
    more: (Hummingbird.Router<GatewayContext>) -> Void,
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    let router = Hummingbird.Router(context: GatewayContext.self)
    signIn.add(to: router)
    more(router)
    try await Application(router: router, logger: Self.logger).test(.router) { try await body($0) }
  }

  func serve(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    try await serve(more: { _ in }, body)
  }

  @discardableResult
  func add(
    _ name: String, _ roles: [PersonRole] = [.operator], provider: String = "council", label: String? = nil,
    agencies: [String] = []
  ) async throws -> Person {
    let person = try Person(provider: provider, name: name, label: label, roles: roles, agencies: agencies)
    try await ledger.addPerson(person, by: "test", at: clock.now())
    return person
  }

  @discardableResult
  func addAdministrator() async throws -> Person {
    let person = try await add("administrator", [.operator, .auditor, .routeOwner], provider: Person.local)
    let hash = try PassphraseHash(Self.passphrase, salt: Array(repeating: 5, count: 16), cost: cost)
    try await ledger.setPassphrase(hash.text, of: person.id, by: "test", at: clock.now())
    return person
  }

  func audit(_ kind: String) async throws -> [AuditEntry] {
    try await ledger.audit(after: 0, limit: 1000).filter { $0.kind == kind }
  }
}

/// An identity provider in memory: gives a code for what a browser brings, and a token for the code, the client's secret and
/// the verifier. Its tokens are names of claims; the real ones are somebody else's test.
final class PretendProvider: Sendable {
  struct Faults: Sendable {
    var isDown = false
    var discoveryIssuer: String?
    var tokenIssuer: String?
    var nonce: String?
    /// `iss` of the answer: nil is the issuer, empty is none.
    var responseIssuer: String?
    var error: String?
    var keepsToken = false
    var tokenFails = false
  }
  struct Claims: Sendable {
    var subject = "5f2c"
    var email: String?
    var isVerified = true
  }
  private struct State {
    var faults = Faults()
    var claims = Claims()
    var codes: [String: [String: String]] = [:]
    var tokens: [String: IdentityClaims] = [:]
    var discoveries = 0
    var forms: [String] = []
  }
  private let state = Mutex(State())
  static let issuer = "https://id.example/tenant"

  var discoveries: Int { state.withLock { $0.discoveries } }
  /// What was posted to the token endpoint.
  var forms: [String] { state.withLock { $0.forms } }

  func change(_ body: (inout Faults) -> Void) { state.withLock { body(&$0.faults) } }
  func become(_ claims: Claims) { state.withLock { $0.claims = claims } }

  var settings: IdentityProvider {
    IdentityProvider(
      name: "council", label: "Council account", issuer: Self.issuer, client: "way post", secret: "s&cret:",
      fetch: { self.discover($0) }, post: { self.redeem($0, $1, $2) },
      reading: { jwks in
        guard jwks == "https://id.example/keys" else { throw Refused() }
        return { token, _ in
          guard let claims = self.state.withLock({ $0.tokens[token] }) else { throw Refused() }
          return claims
        }
      })
  }
  private struct Refused: Error {}

  private func discover(_ url: String) -> IdentityAnswer? {
    state.withLock { state in
      state.discoveries += 1
      guard !state.faults.isDown, url == "\(Self.issuer)/.well-known/openid-configuration" else { return nil }
      let document: JSONValue = [
        "issuer": .string(state.faults.discoveryIssuer ?? Self.issuer),
        "authorization_endpoint": "https://id.example/authorize?tenant=1",
        "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        "authorization_response_iss_parameter_supported": true,
      ]
      return IdentityAnswer(status: 200, body: Array(document.serialized.utf8))
    }
  }

  /// What the browser is sent back to, below the gateway's address.
  func authorise(_ location: String) throws -> String {
    let asked = try #require(URLComponents(string: location))
    #expect(asked.host == "id.example" && asked.path == "/authorize")
    let query = Dictionary(
      (asked.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
    #expect(query["tenant"] == "1" && query["response_type"] == "code" && query["client_id"] == "way post")
    #expect(query["scope"] == "openid email profile" && query["code_challenge_method"] == "S256")
    #expect(query["code_challenge"]?.count == 43 && query["nonce"]?.count == 43)
    let back = try #require(query["redirect_uri"].flatMap(URLComponents.init(string:)))
    let given = try #require(query["state"])
    return state.withLock { state in
      let code = "code/\(state.codes.count)"
      state.codes[code] = query
      var items = [URLQueryItem(name: "state", value: given)]
      if let error = state.faults.error {
        items.append(URLQueryItem(name: "error", value: error))
      } else {
        items.append(URLQueryItem(name: "code", value: code))
      }
      let issuer = state.faults.responseIssuer ?? Self.issuer
      if !issuer.isEmpty { items.append(URLQueryItem(name: "iss", value: issuer)) }
      var answer = URLComponents()
      answer.path = back.path
      answer.queryItems = items
      return answer.string ?? ""
    }
  }

  private func redeem(_ url: String, _ authorization: String?, _ form: String) -> IdentityAnswer? {
    let fields = URLComponents(string: "/?\(form)")?.queryItems ?? []
    let field = { (name: String) in fields.first { $0.name == name }?.value ?? "" }
    return state.withLock { state in
      state.forms.append(form)
      if state.faults.isDown { return nil }
      let basic = "Basic \(Data("way%20post:s%26cret%3A".utf8).base64EncodedString())"
      guard url == "https://id.example/token", authorization == basic, field("grant_type") == "authorization_code",
        let asked = state.codes.removeValue(forKey: field("code")), asked["redirect_uri"] == field("redirect_uri"),
        asked["code_challenge"] == BrowserToken.challenge(of: field("code_verifier")), !state.faults.tokenFails
      else { return IdentityAnswer(status: 400, body: Array(#"{"error":"invalid_grant"}"#.utf8)) }
      let token = "token-\(state.tokens.count)"
      if !state.faults.keepsToken {
        state.tokens[token] = IdentityClaims(
          issuer: state.faults.tokenIssuer ?? Self.issuer, subject: state.claims.subject,
          nonce: state.faults.nonce ?? asked["nonce"], email: state.claims.email,
          isEmailVerified: state.claims.isVerified)
      }
      return IdentityAnswer(status: 200, body: Array(#"{"id_token":"\#(token)","token_type":"Bearer"}"#.utf8))
    }
  }
}

/// A browser: keeps cookies, and says where its forms come from.
final class Browser: Sendable {
  let client: any TestClientProtocol
  private let jar = Mutex<[String: String]>([:])

  init(_ client: any TestClientProtocol) { self.client = client }

  /// An answer as it is seen.
  struct Seen: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let text: String
    var location: String { headers[.location] ?? "" }
    var cookies: [String] { headers[values: .setCookie] }
    /// The hidden field of the page's form.
    var token: String {
      guard let begin = text.firstRange(of: "name=\"token\" value=\"") else { return "" }
      return String(text[begin.upperBound...].prefix { $0 != "\"" })
    }
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
  }

  var cookies: [String: String] {
    get { jar.withLock { $0 } }
    set { jar.withLock { $0 = newValue } }
  }

  func open(_ path: String, _ method: HTTPRequest.Method = .get) async throws -> Seen {
    try await ask(path, method, [:], nil)
  }

  /// Posts a form, from a page of the gateway unless `headers` say otherwise.
  func send(_ path: String, _ form: [String: String], _ headers: [String: String]? = nil) async throws -> Seen {
    let pairs = form.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)?.replacing("%20", with: "+") ?? "")"
    }
    var fields: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    for (name, value) in headers ?? ["Origin": "https://waypost.example", "Sec-Fetch-Site": "same-origin"] {
      fields[try #require(HTTPField.Name(name))] = value
    }
    return try await ask(path, .post, fields, ByteBuffer(string: pairs.joined(separator: "&")))
  }

  private func ask(
    _ path: String, _ method: HTTPRequest.Method, _ headers: HTTPFields, _ body: ByteBuffer?
  ) async throws -> Seen {
    var headers = headers
    let kept = cookies
    if !kept.isEmpty { headers[.cookie] = kept.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    let seen = try await client.execute(uri: path, method: method, headers: headers, body: body) {
      Seen(status: $0.status, headers: $0.headers, text: String(buffer: $0.body))
    }
    for cookie in seen.cookies {
      let pair = cookie.split(separator: ";")[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(pair[0])
      jar.withLock { $0[name] = cookie.contains("Max-Age=0") ? nil : String(pair[1]) }
    }
    return seen
  }

  /// Over the provider, up to the page that the gateway sends to at last.
  func signIn(with provider: PretendProvider, next: String? = nil) async throws -> Seen {
    let way = try await open("/sign-in/council" + (next.map { "?next=\($0)" } ?? ""))
    #expect(way.status == .seeOther)
    return try await open(try provider.authorise(way.location))
  }

  func signIn(passphrase: String, name: String = "administrator", next: String = "/me") async throws -> Seen {
    let page = try await open("/sign-in")
    return try await send(
      "/sign-in", ["token": page.token, "name": name, "passphrase": passphrase, "next": next])
  }

  func isSignedIn() async throws -> Bool { try await open("/me").status == .ok }
}
