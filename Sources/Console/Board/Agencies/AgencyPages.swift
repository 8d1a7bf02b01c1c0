import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/agencies`: who can be reached, how they fare, and what people propose to change about their desks.
///
/// Guarantee: whoever is limited to agencies sees those and no others, by whatever address; nothing here is about a child
/// but links to messages, for those who may see the board.
struct AgencyPages: Sendable {
  let desk: BoardDesk
  /// Seconds that acknowledgements are counted over.
  private static let window: Int64 = 90 * 86400

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/agencies", desk.page(.seeDirectory, list))
    router.declare("/agencies/:id", desk.page(.seeDirectory, one))
    router.declare("/agencies/:id/desks/:role", desk.page(.editDirectory, form, form: propose))
    router.declare("/agencies/:id/changes/:number", desk.page(.seeDirectory, change))
    router.declare("/agencies/:id/changes/:number/approve", [.post: desk.post(.editDirectory, approve)])
    router.declare("/agencies/:id/changes/:number/refuse", [.post: desk.post(.editDirectory, refuse)])
    router.declare("/agencies/:id/changes/:number/withdraw", [.post: desk.post(.editDirectory, withdraw)])
  }

  // What they have in common.

  var directory: Directory { desk.routes.book.directory }

  /// The parts of the path below `/agencies`, decoded.
  func parts(_ request: Request) -> [String] {
    request.uri.path.split(separator: "/").dropFirst().compactMap { String($0).removingPercentEncodingStrictly }
  }

  /// The agency that the path names, if it is theirs to see.
  func agency(_ request: Request, _ who: SignedIn) throws -> Agency {
    guard let id = parts(request).first, who.sees(agency: id), let agency = directory.agency(id), agency.id == id else {
      throw desk.nothing(.agencies)
    }
    return agency
  }

  func link(_ agency: String, _ rest: String = "") -> String { desk.link(AgencyPages.path(agency, rest)) }
  static func path(_ agency: String, _ rest: String = "") -> String { "/agencies/\(FormText.encoded(agency))\(rest)" }

  static func changePath(_ change: DirectoryChange) -> String {
    path(change.change.place.agency, "/changes/\(change.number)")
  }

  func figures(of agencies: [String]?) async throws -> [String: AgencyFigure] {
    let since = desk.time.now().advanced(bySeconds: -AgencyPages.window)
    let figures = try await desk.ledger.figures(of: agencies, since: since)
    return Dictionary(figures.map { ($0.agency, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func reachBook() async throws -> ReachBook {
    ReachBook(
      probes: try await desk.ledger.lastProbes(), endpoints: try await desk.ledger.endpoints(), at: desk.time.now(),
      checkpoints: desk.checkpoints)
  }

  // The list.

  private func list(_ request: Request, _ who: SignedIn) async throws -> Response {
    let mine = who.person.agencies
    let reach = try await reachBook()
    let figures = try await figures(of: mine.isEmpty ? nil : mine)
    let rows = directory.agencies.filter { who.sees(agency: $0.id) }
      .map { AgencyRow($0, reach, figures[$0.id] ?? AgencyFigure(agency: $0.id)) }
      .sorted { $0.rank < $1.rank }
    let open = try await desk.ledger.directoryChanges([.proposed], limit: 100)
      .filter { who.sees(agency: $0.change.place.agency) }
    let misfits = try await desk.ledger.directoryChanges([.approved], limit: 1000)
      .filter { directory.misfits[$0.number] != nil && who.sees(agency: $0.change.place.agency) }
    return desk.show(
      "Agencies", "agencies",
      [
        "rows": rows.map { row in
          row.values.merging(["go": link(row.agency.id)]) { own, _ in own }
        },
        "isEmpty": rows.isEmpty,
        "trouble": rows.isEmpty ? "" : summary(rows), "open": open.isEmpty ? [] : [["list": open.map(values)]],
        "misfits": misfits.isEmpty ? [] : [["list": misfits.map(values)]],
      ], to: who, in: .agencies)
  }

  private func summary(_ rows: [AgencyRow]) -> String {
    let count = rows.filter(\.isTrouble).count
    if count == 0 { return "No trouble is known with any of them." }
    return "\(count) of \(rows.count) to look at: trouble stands first."
  }

  /// A change as a list shows it.
  func values(_ change: DirectoryChange) -> [String: Any] {
    let place = change.change.place
    let agency = AgencyWords(directory: directory).name(place.agency)
    return [
      "changeGo": desk.link(AgencyPages.changePath(change)),
      "title": "Change \(change.number): \(DeskDiff.name(change.change.after, place)), \(agency)",
      "state": directory.misfits[change.number] == nil
        ? DirectoryWords.state(change.state) : "Approved, not in force: it does not fit the files any more",
      "by": "proposed by \(change.proposedBy.label) on \(LondonWords.moment(change.proposedAt))",
    ]
  }

  // One agency.

  private func one(_ request: Request, _ who: SignedIn) async throws -> Response {
    let agency = try agency(request, who)
    let reach = try await reachBook()
    let figure = try await figures(of: [agency.id])[agency.id] ?? AgencyFigure(agency: agency.id)
    let row = AgencyRow(agency, reach, figure)
    let changes = try await changes(of: agency.id)
    let mayEdit = who.person.may(.editDirectory)
    let desks = row.desks.map { one -> [String: Any] in
      var values = deskValues(one.desk, one.channels, agency, figure)
      let path = "/desks/\(FormText.encoded(one.desk.role.name))"
      let open = changes.first { $0.state == .proposed && $0.change.place.role == one.desk.role.name }
      if let open { values["openChange"] = desk.link(AgencyPages.changePath(open)) }
      if mayEdit, open == nil { values["edit"] = link(agency.id, path) }
      return values
    }
    var values = row.values
    values["desks"] = desks
    if !changes.isEmpty { values["changes"] = [["list": changes.map(self.values)]] }
    if who.person.may(.seeBoard) { values["messages"] = [["list": try await waiting(agency.id, who)]] }
    return desk.show(agency.name, "agencies-one", values, to: who, in: .agencies)
  }

  private func deskValues(
    _ desk: Desk, _ channels: [ChannelReach], _ agency: Agency, _ figure: AgencyFigure
  ) -> [String: Any] {
    let reach = Reach(channels)
    let written = DeskDiff.channels(desk.entry)
    let next = agency.standIns(for: desk.role).map(\.name)
    var values: [String: Any] = [
      "desk": desk.name, "role": desk.role.name, "reach": DeskWords.reach(reach), "isBad": reach.isTrouble,
      "isGood": reach == .reached, "hours": DeskWords.hours(desk.hours),
      "next": next.isEmpty ? "Nobody" : next.joined(separator: ", then "),
      "waiting": TimeWords.plural(figure.waiting[desk.role.name] ?? 0, "message"),
      "channels": zip(written, channels).map { entry, reach -> [String: Any] in
        var one: [String: Any] = ["channel": DeskWords.channel(entry, whole: false), "says": DeskWords.reach(reach)]
        one["certificate"] = DeskWords.certificates(tls: reach.certificateDays, seal: reach.sealDays)
        return one
      },
    ]
    if desk.hours != nil { values["closed"] = DeskWords.whenClosed(desk.whenClosed.rawValue) }
    return values
  }

  private func changes(of agency: String) async throws -> [DirectoryChange] {
    try await desk.ledger.directoryChanges(Set(DirectoryChange.State.allCases), limit: 1000)
      .filter { $0.change.place.agency == agency }.prefix(20).map(\.self)
  }

  /// What waits for the agency's desks, for whoever may see the board.
  private func waiting(_ agency: String, _ who: SignedIn) async throws -> [[String: Any]] {
    let filter = NotificationFilter(
      scope: .only(sender: nil, agencies: [agency]), states: [.queued, .scheduled, .deferred, .held], limit: 50)
    let now = desk.time.now()
    let words = EpisodeWords(routes: desk.routes)
    var list: [[String: Any]] = []
    for record in try await desk.ledger.notifications(filter) {
      let notification = record.notification
      let kinds = record.state == .held ? try await desk.ledger.audit(of: notification.id).map(\.kind) : []
      // A contact may be a person whom a sender named.
      let contact = who.person.may(.seeContent) ? notification.contact : nil
      let whom = contact ?? RoleWords.name(notification.role)
      list.append([
        "message": desk.link(BoardPath.message(notification.id)),
        "words": "\(words.headline(notification.eventType)), to \(whom)",
        "isExercise": notification.isExercise,
        "messageState": StateWords.standing(record, Hold(record, audit: kinds)).mark,
        "since": TimeWords.span(seconds: max(0, now.seconds - record.createdAt.seconds)),
      ])
    }
    return list
  }
}

extension SignedIn {
  /// Not by their scope, which is about messages: a route owner sees none of those and the whole directory.
  func sees(agency: String) -> Bool { person.agencies.isEmpty || person.agencies.contains(agency) }

  var editor: DirectoryEditor { DirectoryEditor(id: person.id, label: person.label) }
}

/// An agency with all that is known of how it fares.
struct AgencyRow {
  let agency: Agency
  let desks: [(desk: Desk, channels: [ChannelReach])]
  private let figure: AgencyFigure

  init(_ agency: Agency, _ reach: ReachBook, _ figure: AgencyFigure) {
    self.agency = agency
    self.figure = figure
    desks = agency.desks.values.sorted { $0.role.name < $1.role.name }.map { ($0, reach.channels(of: $0)) }
  }

  private var channels: [ChannelReach] { desks.flatMap(\.channels) }
  /// The worst of its desks.
  var reach: Reach { desks.map { Reach($0.channels) }.max() ?? .noDesk }
  private var tlsDays: Int? { channels.compactMap(\.certificateDays).min() }
  private var sealDays: Int? { channels.compactMap(\.sealDays).min() }
  private var days: Int? { [tlsDays, sealDays].compactMap(\.self).min() }
  private var isExpiring: Bool { days.map { $0 < ProbeAlarms.days } ?? false }

  var isTrouble: Bool { reach.isTrouble || isExpiring }

  /// Trouble first, then whoever waits longest in line, then by name.
  var rank: AgencyRank {
    AgencyRank(parts: [-reach.rawValue, isExpiring ? days ?? 0 : .max, -figure.isWaiting], name: agency.name)
  }

  private var note: String {
    let bad = desks.filter { Reach($0.channels).isTrouble }
    guard !bad.isEmpty else { return "" }
    return "\(bad.count) of \(desks.count) desks: " + bad.prefix(3).map(\.desk.name).joined(separator: ", ")
      + (bad.count > 3 ? " and others" : "")
  }

  private var acknowledges: String {
    guard let median = figure.medianToAcknowledge else { return "Nothing was acknowledged in 90 days" }
    return "\(TimeWords.span(seconds: median / 1000)) (median of \(figure.acknowledged) in 90 days)"
  }

  var values: [String: Any] {
    [
      "agency": agency.name, "kind": agency.kind, "reach": DeskWords.reach(reach), "isBad": reach.isTrouble,
      "isGood": reach == .reached, "note": note, "isExpiring": isExpiring,
      "last": channels.compactMap(\.at).max().map(LondonWords.moment) ?? "Never",
      "certificates": DeskWords.certificates(tls: tlsDays, seal: sealDays) ?? "Not known",
      "acknowledges": acknowledges, "waits": TimeWords.plural(figure.isWaiting, "message"),
    ]
  }
}

/// Compared part by part.
struct AgencyRank: Comparable {
  let parts: [Int]
  let name: String

  static func < (a: AgencyRank, b: AgencyRank) -> Bool {
    a.parts == b.parts ? a.name < b.name : a.parts.lexicographicallyPrecedes(b.parts)
  }
}
