package import Delivery
package import Hummingbird
package import Logging
package import Routing

/// Who is behind a page. Every page for people who have signed in goes through here.
///
/// Guarantee: a page's handler runs only for somebody with a live session and the permission; a form's only if the
/// browser says that it comes from a page of ours, and with the session's own token, both checked before anything else.
/// Whatever fails inside is a page and shows nothing of the inside.
package struct PersonGate: Sendable {
  let people: any PeopleLedger & AccessLedger
  let place: SignInPlace
  let time: any TimeSource
  /// By which people stay signed in.
  let sessions: any TimeSource
  let logger: Logger

  package init(
    people: any PeopleLedger & AccessLedger, address: PublicAddress, time: any TimeSource,
    sessions: (any TimeSource)? = nil, logger: Logger = Logger(label: "waypost.sign-in")
  ) {
    self.people = people
    place = SignInPlace(address: address)
    self.time = time
    self.sessions = sessions ?? time
    self.logger = logger
  }

  /// Who is signed in; nil for nobody, or no longer. `extends`: a person asked for it, not a page that refreshes itself.
  package func person(
    of request: Request, _ context: GatewayContext, extends: Bool = true
  ) async throws -> SignedIn? {
    guard let token = place.token(.session, of: request),
      let session = try await people.session(token.hash, extends: extends, at: sessions.now())
    else { return nil }
    context.visit.caller = session.person.label
    return SignedIn(session: session, token: token)
  }

  /// Somebody who is signed in and may. Throws the redirect to the sign-in page, or the page that says that they may not.
  package func requirePerson(
    _ permission: Permission?, of request: Request, _ context: GatewayContext, extends: Bool = true
  ) async throws -> SignedIn {
    guard let who = try await person(of: request, context, extends: extends) else {
      let path = request.method == .get ? SignInPlace.next(request.uri.string) : "/me"
      throw Elsewhere(place.page("/sign-in?next=\(FormText.encoded(path))"))
    }
    if let permission { try await require(permission, of: who) }
    return who
  }

  /// Throws the page that says that they may not, after that has been put on record.
  func require(_ permission: Permission, of who: SignedIn) async throws {
    if who.person.may(permission) { return }
    let entry = AccessEntry(
      kind: "refused", identifier: who.person.id, detail: "\(who.person.label) may not \(permission.rawValue)")
    try await people.record([entry], at: time.now())
    throw Page.mayNot(permission, page: place.page("/me"))
  }

  /// Writes to the audit that somebody looked at a child's record: before it is shown. `kind` is what it is
  /// (`notification`, `episode`), `id` which one.
  package func viewed(_ kind: String, _ id: String, by who: SignedIn) async throws {
    let detail = "\(kind) by \(who.person.label) \(who.person.id)"
    try await people.record([AccessEntry(kind: "viewed", identifier: id, detail: detail)], at: time.now())
  }

  // What a path's handlers are made of.

  package typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

  /// A page that is looked at. Nil as permission: whoever has signed in.
  package func page(
    _ permission: Permission?, extends: Bool = true,
    _ body: @escaping @Sendable (Request, GatewayContext, SignedIn) async throws -> Response
  ) -> Handler {
    { request, context in
      await answer {
        try await body(request, context, try await requirePerson(permission, of: request, context, extends: extends))
      }
    }
  }

  /// A form that is posted, with `form` and the person's `formToken` in the field `token`.
  package func form(
    _ permission: Permission?,
    _ body: @escaping @Sendable (Request, GatewayContext, SignedIn, PageForm) async throws -> Response
  ) -> Handler {
    { request, context in
      await answer {
        guard place.isOwn(request) else { throw Page.strangeForm(page: place.page("/me")) }
        let form = try await PageForm(request, upTo: PageForm.personLimit)
        if let token = place.token(.session, of: request), !token.proves(form["token"], for: .form) {
          throw Page.strangeForm(page: place.page("/me"))
        }
        return try await body(request, context, try await requirePerson(permission, of: request, context), form)
      }
    }
  }

  /// Whoever opens a page gets a page, whatever happens.
  func answer(_ body: () async throws -> Response) async -> Response {
    let response: Response
    do { response = try await body() } catch let page as Page { response = page.response } catch let way as Elsewhere {
      response = Page.see(way.place)
    } catch {
      logger.error("page failed", metadata: ["error": "\(type(of: error))"])
      response = Page.notNow.response
    }
    return place.guarded(response)
  }
}

/// Somebody with a live session.
package struct SignedIn: Sendable {
  package let session: SessionRecord
  let token: BrowserToken

  package var person: Person { session.person }
  /// Whose records they may see: goes into every question to the ledger.
  package var scope: Scope { person.scope }
  /// For the hidden field `token` of every form.
  package var formToken: String { token.code(for: .form) }

  /// Seconds after which a page has to leave the screen by itself, for the `refresh` of its template.
  package func refresh(at now: Instant) -> Int64 { max(1, session.endsAt.seconds - now.seconds + 1) }
}

/// Sends a browser elsewhere, where what it asked for cannot be had here.
struct Elsewhere: Error {
  let place: String
  init(_ place: String) { self.place = place }
}
