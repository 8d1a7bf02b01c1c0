package import Delivery
package import Hummingbird
package import Logging
import Routing

/// How people sign in and out: over a provider, or with a passphrase that is kept here.
///
/// Guarantee: a session begins only for a person of the ledger whom a provider named for this very browser and this very
/// sign-in, or who typed the passphrase. Nothing that came with a request is shown again or logged.
package struct SignIn: Sendable {
  let people: any PeopleLedger & AccessLedger
  let clients: [ProviderClient]
  /// For every other page with a session, too.
  package let gate: PersonGate
  let time: any TimeSource
  let random: @Sendable (_ count: Int) -> [UInt8]
  let desk: PassphraseDesk
  let limits = TryLimits()
  var place: SignInPlace { gate.place }

  /// `random` gives that many bytes that nobody can guess. `cost` is that of passphrases that nobody has. `sessions`: the
  /// clock by which people sign in and stay so, where it is not that of what they look at.
  package init(
    people: any PeopleLedger & AccessLedger, providers: [IdentityProvider], address: PublicAddress,
    time: any TimeSource, sessions: (any TimeSource)? = nil,
    random: @escaping @Sendable (_ count: Int) -> [UInt8], cost: PassphraseHash.Cost = .standard,
    logger: Logger = Logger(label: "waypost.sign-in")
  ) {
    self.people = people
    clients = providers.map(ProviderClient.init)
    gate = PersonGate(people: people, address: address, time: time, sessions: sessions, logger: logger)
    self.time = gate.sessions
    self.random = random
    desk = PassphraseDesk(cost: cost)
  }

  package func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/sign-in", both(lookAtDoor).merging([.post: post(signInHere)]) { own, _ in own })
    router.declare("/sign-in/:provider", [.get: page(goToProvider)])
    router.declare("/sign-in/:provider/callback", [.get: page(comeBack)])
    router.declare(
      "/sign-out",
      [
        .post: gate.form(nil) { _, _, who, _ in try await signOut(who) }
      ])
    router.declare("/", both { try await gate.page(nil, goToStart)($0, $1) })
    router.declare("/me", both { try await gate.page(nil, aboutOneself)($0, $1) })
  }

  private func page(_ body: @escaping PersonGate.Handler) -> PersonGate.Handler {
    { request, context in await gate.answer { try await body(request, context) } }
  }

  private func both(_ body: @escaping PersonGate.Handler) -> [HTTPRequest.Method: PersonGate.Handler] {
    let look = page(body)
    return [.get: look, .head: { try await look($0, $1).createHeadResponse() }]
  }

  // The door.

  private func lookAtDoor(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let next = SignInPlace.next(try PageForm(query: request.uri.query)["next"])
    // Not extended: two pages that refresh themselves would keep each other signed in for ever.
    if let who = try await gate.person(of: request, context, extends: false) {
      return Page.signedInAlready(who.person, go: place.page(next), refresh: who.refresh(at: time.now())).response
    }
    return try await door(request, next: next)
  }

  /// The page with every way in, for a browser that gets its cookie with it.
  private func door(_ request: Request, next: String, problem: String? = nil) async throws -> Response {
    let browser = place.token(.browser, of: request) ?? BrowserToken(random: random(32))
    let local = try await people.takesPassphrases()
    let suffix = next == SignInPlace.start ? "" : "?next=\(FormText.encoded(next))"
    var values: [String: Any] = [
      "providers": clients.map { client in
        ["label": client.provider.label, "go": place.page("/sign-in/\(client.provider.name)\(suffix)")]
      },
      "refresh": "\(SignInPlace.browserLimit - 600)",
    ]
    if local {
      values["local"] = ["action": place.page("/sign-in"), "token": browser.code(for: .form), "next": next]
    }
    if clients.isEmpty, !local { values["nobody"] = true }
    if let problem { values["problems"] = ["list": [["field": "name", "says": problem]]] }
    var response = Page(problem == nil ? .ok : .forbidden, "sign-in", title: "Sign in", values).response
    place.set(.browser, browser, on: &response)
    return response
  }

  // With a passphrase.

  /// A form of somebody who is not signed in yet: with the token of the browser that got the page.
  private func post(
    _ body: @escaping @Sendable (Request, GatewayContext, PageForm) async throws -> Response
  ) -> PersonGate.Handler {
    page { request, context in
      guard place.isOwn(request) else { throw Page.strangeForm(page: place.page("/sign-in")) }
      let form = try await PageForm(request)
      guard let browser = place.token(.browser, of: request), browser.proves(form["token"], for: .form) else {
        throw Page.strangeForm(page: place.page("/sign-in"))
      }
      return try await body(request, context, form)
    }
  }

  private func signInHere(
    _ request: Request, _ context: GatewayContext, _ form: PageForm
  ) async throws -> Response {
    let now = time.now()
    let name = Person.known(form["name"])
    let id = Identifiers.person(provider: Person.local, name: name)
    if let wait = limits.passphrases.take(context.peer, at: now) ?? limits.names.take(id, at: now) {
      throw Page.tooManyTries(seconds: wait)
    }
    let person = try await people.person(provider: Person.local, name: name)
    let hash: String? = if let person { try await people.passphrase(of: person.id) } else { nil }
    let isRight: Bool
    do { isRight = try await desk.check(form["passphrase"], against: hash) } catch SignInRefusal.tooMany {
      throw Page.tooManyTries(seconds: 10)
    }
    guard isRight, let person else {
      try await refused(.wrongPassphrase, person?.id ?? Person.local, context)
      return try await door(
        request, next: SignInPlace.next(form["next"]), problem: "The name or the passphrase is not right")
    }
    return try await begin(person, request, context, next: form["next"])
  }

  // Being signed in.

  /// A new token for every session, so that one that was planted before is worth nothing after.
  func begin(
    _ person: Person, _ request: Request, _ context: GatewayContext, next: String
  ) async throws -> Response {
    let token = BrowserToken(random: random(32))
    let old = place.token(.session, of: request)?.hash
    try await people.beginSession(token.hash, of: person.id, replacing: old, at: time.now())
    context.visit.caller = person.label
    var response = Page.see(place.page(SignInPlace.next(next)))
    place.set(.session, token, on: &response)
    place.clear(.browser, on: &response)
    return response
  }

  private func signOut(_ who: SignedIn) async throws -> Response {
    _ = try await people.endSession(who.token.hash, at: time.now())
    let label = clients.first { $0.provider.name == who.person.provider }?.provider.label
    var response = Page.signedOut(provider: label, again: place.page("/sign-in")).response
    place.clear(.session, on: &response)
    return response
  }

  private func goToStart(_ request: Request, _ context: GatewayContext, _ who: SignedIn) async throws -> Response {
    let area = BoardArea.allCases.first { $0.permission.map(who.person.may) ?? true }
    throw Elsewhere(place.page(area?.path ?? "/me"))
  }

  private func aboutOneself(_ request: Request, _ context: GatewayContext, _ who: SignedIn) async throws -> Response {
    let person = who.person
    let provider = clients.first { $0.provider.name == person.provider }?.provider.label
    let facts = [
      ("Name", person.label), ("Signed in with", provider ?? "a passphrase"),
      ("Roles", person.roles.map(\.words).joined(separator: ", ")),
      ("Agencies", person.agencies.isEmpty ? "every agency" : person.agencies.joined(separator: ", ")),
      ("Signed out by itself", LondonWords.moment(who.session.endsAt)),
    ]
    return Page(
      .ok, "me", title: "You are signed in",
      [
        "facts": facts.map { ["name": $0.0, "value": $0.1] }, "action": place.page("/sign-out"),
        "token": who.formToken, "refresh": "\(who.refresh(at: time.now())); url=\(place.page("/sign-in"))",
      ]
    ).response
  }

  func refused(_ refusal: SignInRefusal, _ identifier: String, _ context: GatewayContext) async throws {
    let detail = "\(refusal.rawValue); from \(context.peer)"
    try await people.record(
      [AccessEntry(kind: "sign-in-refused", identifier: identifier, detail: detail)], at: time.now())
  }
}
