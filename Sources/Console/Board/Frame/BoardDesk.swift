package import Delivery
import HTTPTypes
import Hummingbird
package import Routing

/// All that the board's pages ask of the ledger.
package typealias BoardLedger = Ledger & PeopleLedger & AccessLedger & ProbeLedger & RecipientLedger & OpenEpisodes
  & EpisodeLedger & MessageLedger & DutyDesk & DeliveryFigures & ReportDrafts & AgencyFigures & DirectoryChanges

/// What every page of the board works with, and how it is framed.
///
/// Guarantee: a page goes only to somebody who is signed in and may; what a script asks for by itself keeps nobody signed
/// in; and every page says to whom it belongs, when it leaves the screen, and where else one can go.
package struct BoardDesk: Sendable {
  let ledger: any BoardLedger
  let gate: PersonGate
  let intake: Intake
  let time: any TimeSource
  let answering: Answering
  /// What has to hold before a message can leave by a channel (`Inspector`).
  let checkpoints: @Sendable (Channel) -> [Checkpoint]

  package init(
    ledger: any BoardLedger, gate: PersonGate, intake: Intake, time: any TimeSource, outbox: Signal, agenda: Signal,
    checkpoints: @escaping @Sendable (Channel) -> [Checkpoint] = { _ in [] }
  ) {
    self.checkpoints = checkpoints
    self.ledger = ledger
    self.gate = gate
    self.intake = intake
    self.time = time
    answering = Answering(ledger: ledger, time: time, outbox: outbox, agenda: agenda)
  }

  /// The routes that decisions are made by now.
  var routes: Routes { intake.inUse.current }

  /// A page of this gateway as a link has it. `path` begins with a slash.
  func link(_ path: String) -> String { gate.place.page(path) }

  // Handlers.

  typealias Look = @Sendable (Request, SignedIn) async throws -> Response
  typealias Act = @Sendable (Request, SignedIn, PageForm) async throws -> Response

  /// A page that is looked at, for GET and HEAD, and perhaps forms that are posted to the same path.
  func page(
    _ permission: Permission?, _ look: @escaping Look, form: Act? = nil, may other: Permission? = nil
  ) -> [HTTPRequest.Method: PersonGate.Handler] {
    let get: PersonGate.Handler = { [gate] request, context in
      try await gate.page(permission, extends: !BoardDesk.isLive(request)) { request, _, who in
        try await look(request, who)
      }(request, context)
    }
    var handlers: [HTTPRequest.Method: PersonGate.Handler] = [
      .get: get, .head: { try await get($0, $1).createHeadResponse() },
    ]
    if let form { handlers[.post] = post(other ?? permission, form) }
    return handlers
  }

  /// A form that is posted.
  func post(_ permission: Permission?, _ act: @escaping Act) -> PersonGate.Handler {
    gate.form(permission) { request, _, who, form in try await act(request, who, form) }
  }

  /// Puts on record that somebody looks at a child's record, before it is shown. What the script renews by itself is no new
  /// look, as long as the one that it renews is on record.
  func viewed(_ kind: String, _ id: String, _ request: Request, by who: SignedIn) async throws {
    if BoardDesk.isLive(request),
      try await ledger.hasViewed(kind, id, by: who.person.id, since: who.session.begunAt)
    {
      return
    }
    try await gate.viewed(kind, id, by: who)
  }

  /// The script renews a page; nobody has asked for it by hand.
  static func isLive(_ request: Request) -> Bool {
    HTTPField.Name("Waypost-Live").flatMap { request.headers[$0] } != nil
  }

  // Pages.

  /// One page of the board. `template` is written with `{{<board}}{{$main}}…{{/main}}{{/board}}`; it may use `{{token}}`
  /// for its forms. `follows`: elements with `data-live` and an id are renewed when something happens, and with an
  /// `episode` only when it happens there.
  func show(
    _ title: String, _ template: String, _ values: [String: Any], to who: SignedIn, in area: BoardArea?,
    follows: Bool = false, episode: String? = nil, status: HTTPResponse.Status = .ok
  ) -> Response {
    let now = time.now()
    let signedInUntil = who.session.endsAt.milliseconds - gate.sessions.now().milliseconds
    let areas = BoardArea.allCases.filter { area in area.permission.map(who.person.may) ?? true }
    var frame: [String: Any] = [
      "areas": areas.map { one -> [String: Any] in
        ["go": link(one.path), "words": one.words, "isHere": one == area]
      },
      "who": who.person.label, "me": link("/me"), "signOut": link("/sign-out"), "token": who.formToken,
      "now": "\(now.milliseconds)", "clock": LondonWords.moment(now), "ends": "\(now.milliseconds + signedInUntil)",
      "refresh": "\(who.refresh(at: gate.sessions.now())); url=\(link("/sign-in"))",
    ]
    if follows { frame["stream"] = link("/board/changes") }
    if let episode { frame["episode"] = episode }
    return Page(status, template, title: title, look: .board, values.merging(frame) { _, frame in frame }).response
  }

  /// Sends the browser to look at a page after it has posted a form.
  func see(_ path: String) -> Response { Page.see(link(path)) }

  /// For what is not there, or not for this person: both look the same.
  func nothing(_ area: BoardArea) -> Page {
    .notice(
      .notFound, "There is nothing here",
      ["The address may have lost a part on its way, or what it names is not yours to see."],
      go: (link(area.path), area.words))
  }
}

/// Where the pages of single records are, below `link`.
enum BoardPath {
  static func episode(_ reference: String) -> String { path("episodes", reference) }
  static func message(_ id: String) -> String { path("messages", id) }
  static func duty(_ id: String) -> String { path("duties", id) }
  static func pack(_ id: String) -> String { path("protocols", id) }

  private static func path(_ kind: String, _ id: String) -> String { "/\(kind)/\(FormText.encoded(id))" }
}

/// Those that have a value, for `{{>facts}}`.
func factValues(_ list: [(name: String, value: String?)]) -> [[String: String]] {
  list.compactMap { fact in fact.value.map { ["name": fact.name, "value": $0] } }
}

/// An instant for a template: `{{#by}}<time datetime="{{machine}}">{{words}}</time>{{/by}}`; with
/// `{{>countdown}}` inside it says how long it is until then, and counts.
func timeValues(_ instant: Instant, at now: Instant) -> [String: Any] {
  [
    "machine": instant.rfc3339, "words": LondonWords.moment(instant), "until": "\(instant.milliseconds)",
    "left": TimeWords.left(until: instant, at: now), "isPast": instant <= now,
  ]
}
