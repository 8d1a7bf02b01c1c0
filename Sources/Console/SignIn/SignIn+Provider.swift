import Delivery
import Hummingbird
import Logging
import Routing

/// To a provider and back (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207, RFC 9700).
extension SignIn {
  /// People come here by a link, not a form: some browsers hold redirects after a form to `form-action`.
  func goToProvider(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let client = try client(context)
    let now = time.now()
    if let wait = limits.ways.take(context.peer, at: now) { throw Page.tooManyTries(seconds: wait) }
    let browser = place.token(.browser, of: request) ?? BrowserToken(random: random(32))
    let state = BrowserToken(random: random(32))
    let way: String
    do {
      way = try await client.way(state.text, browser, back: place.back(from: client.provider.name), at: now)
    } catch {
      gate.logger.warning(
        "nobody can be sent to the provider",
        metadata: ["provider": "\(client.provider.name)", "why": "\(error.rawValue)"])
      throw Page.providerFails(client.provider.label, again: place.page("/sign-in"))
    }
    let next = SignInPlace.next(try PageForm(query: request.uri.query)["next"])
    try await people.beginSignIn(
      SignInState(
        stateHash: state.hash, browserHash: browser.hash, provider: client.provider.name, next: next, madeAt: now))
    var response = Page.see(way)
    place.set(.browser, browser, on: &response)
    return response
  }

  func comeBack(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let client = try client(context)
    if let wait = limits.ways.take(context.peer, at: time.now()) { throw Page.tooManyTries(seconds: wait) }
    do {
      let (state, claims) = try await claims(request, client)
      guard let person = try await known(claims, to: client) else {
        throw claims.isEmailVerified || claims.email == nil ? SignInRefusal.unknownPerson : .unverifiedMail
      }
      return try await begin(person, request, context, next: state.next)
    } catch let refusal as SignInRefusal {
      try await refused(refusal, client.provider.name, context)
      gate.logger.notice(
        "nobody was signed in", metadata: ["provider": "\(client.provider.name)", "why": "\(refusal.rawValue)"])
      throw page(about: refusal, client.provider.label)
    }
  }

  private func client(_ context: GatewayContext) throws -> ProviderClient {
    let name = context.parameters.get("provider")
    guard let client = clients.first(where: { $0.provider.name == name }) else {
      throw Page.noProvider(again: place.page("/sign-in"))
    }
    return client
  }

  /// Whom the provider named for this browser's own sign-in. The sign-in is used up whatever comes of it.
  private func claims(
    _ request: Request, _ client: ProviderClient
  ) async throws -> (state: SignInState, claims: IdentityClaims) {
    let now = time.now()
    let said = try PageForm(query: request.uri.query)
    guard !said.repeats, let text = BrowserToken(cookie: said["state"]),
      let state = try await people.takeSignIn(text.hash, at: now)
    else { throw SignInRefusal.unknownState }
    guard let browser = place.token(.browser, of: request) else { throw SignInRefusal.noBrowser }
    guard SameTime.equal(browser.hash.utf8, state.browserHash.utf8), state.provider == client.provider.name else {
      throw SignInRefusal.otherBrowser
    }
    let document = try await client.document(at: now)
    let issuer = said["iss"]
    guard issuer == client.provider.issuer || issuer.isEmpty && !document.namesItself else {
      throw SignInRefusal.wrongIssuer
    }
    guard said["error"].isEmpty else { throw SignInRefusal.denied }
    guard !said["code"].isEmpty else { throw SignInRefusal.noCode }
    let back = place.back(from: client.provider.name)
    return (state, try await client.claims(for: said["code"], text.text, browser, back: back, at: now))
  }

  private func known(_ claims: IdentityClaims, to client: ProviderClient) async throws -> Person? {
    for name in claims.names {
      if let person = try await people.person(provider: client.provider.name, name: name) { return person }
    }
    return nil
  }

  private func page(about refusal: SignInRefusal, _ label: String) -> Page {
    let again = place.page("/sign-in")
    switch refusal {
    case .unreachable, .badDocument, .noToken: return .providerFails(label, again: again)
    case .denied: return .providerRefused(label, again: again)
    case .unverifiedMail: return .unverifiedMail(label, again: again)
    case .unknownPerson: return .unknownPerson(label, again: again)
    default: return .signInFailed(again: again)
    }
  }
}
