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

/// A gateway with three episodes, of which the school of Luton was told one in part, and everybody who could come.
final class RoleWalk: Sendable {
  let bench: BoardBench
  /// What stands for a parameter of a path, by the route up to it.
  private let stand: [String: [String]]
  /// What was in the events, piece by piece.
  private let told: [String]
  private let children: [String]
  private let router = Mutex<[String]>([])
  /// Reports that somebody has begun.
  private let drafts = Mutex<[String]>([])

  static let school = "urn:100003"

  /// Pages that are about everybody's directory or nobody's record: the names of agencies are no secret there.
  private static let namesAgencies = ["/protocols", "/report"]

  init() async throws {
    bench = try BoardBench()
    let pieces = Pieces()
    children = pieces.children
    try await bench.tell(
      "missing.reported", subject: "EP-1", id: "1",
      [
        "child": pieces.child(
          "Luton",
          [
            "name": ["given": "Philippa", "family": "Threlfall"], "livesIn": "luton", "placement": ["kind": "none"],
            "school": .string(RoleWalk.school), "contactParentsHarmful": true,
          ]),
        "episode": [
          "reportedToPolice": true, "reportedBy": "parent", "whereabouts": "unknown", "risk": "unassessed",
          "circumstances": .string(pieces.text("left after the last lesson")),
        ],
      ])
    bench.clock.advance(bySeconds: 600)
    // The school is not told of these two.
    try await bench.tell(
      "missing.categorised", subject: "EP-1", id: "2",
      ["episode": ["risk": "high", "circumstances": .string(pieces.text("seen in a red van at Tanglewood depot"))]])
    bench.clock.advance(bySeconds: 60)
    try await bench.tell(
      "missing.updated", subject: "EP-1", id: "3",
      ["episode": ["circumstances": .string(pieces.text("her telephone rang near Gallowtree Lock"))]])
    for (number, place) in [(2, "Derbyshire"), (3, "Nottingham")] {
      try await bench.tell(
        "missing.categorised", subject: "EP-\(number)", id: "\(number + 2)",
        [
          "child": pieces.child(
            place,
            [
              "name": ["given": "Barnaby", "family": .string("Ostler-\(place)")],
              "livesIn": number == 2 ? "derbyshire" : "derby",
              "lookedAfterBy": number == 2 ? "derbyshire" : "nottingham", "legalStatus": "care-order",
              "placement": ["kind": "childrens-home", "name": "Maple House", "provider": "Maple House"],
              "school": number == 2 ? "urn:100002" : "urn:100001",
            ]),
          "episode": [
            "reportedToPolice": true, "reportedBy": "carer", "whereabouts": "unknown", "risk": "high",
            "circumstances": .string(pieces.text("went out by the kitchen door in \(place)")),
          ],
        ])
    }
    bench.clock.advance(bySeconds: 120)
    told = pieces.all
    let ledger = bench.ledger
    let book = bench.intake.inUse.current.book
    let messages = try await ledger.notifications(NotificationFilter(limit: 1000)).map(\.notification.id)
    stand = [
      "/episodes/": ["EP-1", "EP-2", "EP-3"], "/messages/": messages, "/desk/": messages,
      "/duties/": try await ledger.duties(DutyFilter(limit: 1000)).map(\.id),
      "/agencies/": ["luton", RoleWalk.school, "nottingham", "derbyshire-police"],
      "/agencies/:id/desks/": ["childrens-services.front-door", "school", "police.control-room"],
      "/agencies/:id/changes/": ["1"], "/protocols/": book.packs.map(\.id),
      "/protocols/:pack/compare/": Array(book.packs.map(\.id).prefix(2)),
      "/report/:draft/": ["child", "check", "send"],
    ]
  }

  // Who comes.

  struct Guest: Sendable {
    let name: String
    let roles: [PersonRole]
    let agencies: [String]
    let browser: Browser
    let token: String

    var maySee: Bool { Permission.seeBoard.roles.contains(where: roles.contains) }
    var scope: Scope { .only(sender: nil, agencies: maySee ? agencies : []) }

    func send(_ form: PageOffer.Form) async throws -> Browser.Seen {
      try await browser.send(form.action, form.filled.merging(["token": token]) { $1 })
    }
  }

  func people(_ client: any TestClientProtocol) async throws -> [Guest] {
    var guests = [Guest(name: "nobody", roles: [], agencies: [], browser: Browser(client), token: "")]
    for (name, roles, agencies) in [
      ("duty manager", [.dutyManager], []), ("operator", [.operator], []), ("route owner", [.routeOwner], []),
      ("auditor", [.auditor], []), ("reporter", [.reporter], []),
      ("reporter of the school", [.reporter], [RoleWalk.school]),
      ("viewer of the school", [.agencyViewer], [RoleWalk.school]),
      ("duty manager of Nottingham", [.dutyManager], ["nottingham"]),
      ("route owner of the school", [.routeOwner], [RoleWalk.school]),
    ] as [(String, [PersonRole], [String])] {
      let browser = try await bench.browser(client, roles, agencies: agencies, name: name)
      let token = try await browser.open("/me").token
      let guest = Guest(name: name, roles: roles, agencies: agencies, browser: browser, token: token)
      guests.append(guest)
      if name == "reporter" { try await report(guest) }
      if name == "route owner" { try await propose(guest) }
    }
    return guests
  }

  // What is there only once somebody has begun it.

  private func report(_ guest: Guest) async throws {
    for form in PageOffer(try await guest.browser.open("/report").text, at: "/report").forms
    where form.action == "/report" {
      let place = try await guest.send(form).location.split(separator: "/").map(String.init)
      if place.count > 1, place[0] == "report" { drafts.withLock { $0.append(place[1]) } }
    }
  }

  private func propose(_ guest: Guest) async throws {
    let path = "/agencies/luton/desks/childrens-services.front-door"
    let page = try await guest.browser.open(path)
    guard let form = PageOffer(page.text, at: path).forms.first(where: { $0.isPost && $0.action == path }) else {
      return
    }
    let change = ["name": "Another front door", "reason": "They have moved", "token": guest.token]
    _ = try await guest.browser.send(path, form.fields.merging(change) { $1 })
  }

  /// Everything that the gateway answers, API and pages.
  func serve(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let whole = GatewayAPI.router(
      intake: bench.intake, ledger: bench.ledger, time: bench.clock, outbox: bench.outbox, agenda: bench.agenda,
      signIn: bench.door.signIn, board: BoardPages(bench.desk), logger: logger)
    let paths = Set(whole.routes.map { RoleWalk.plain("\($0.path)") })
    router.withLock { $0 = paths.sorted() }
    try await Application(router: whole, logger: logger).test(.router) { try await body($0) }
  }

  /// `/messages/:id`, however the router writes a parameter.
  private static func plain(_ path: String) -> String {
    let path = path.replacing("{", with: ":").replacing("}", with: "")
    return path.hasPrefix("/") ? path : "/\(path)"
  }

  // What there is to open.

  var api: [String] { router.withLock { $0 }.filter { $0.hasPrefix("/v1/") } }

  /// Of people's pages.
  var routes: Set<String> {
    Set(
      router.withLock { $0 }.filter { path in
        !["/v1/", "/healthz", "/readyz", "/metrics", "/openapi", "/.well-known"]
          .contains { path.hasPrefix($0) }
      }
    ).subtracting(["/board/changes"])
  }

  /// A path with everything that there is in the place of its parameters.
  func expand(_ path: String) -> [String] {
    var (made, route) = ([""], "")
    for part in path.split(separator: "/").map(String.init) {
      let values = part.hasPrefix(":") ? standing(for: "\(route)/").map(RoleWalk.encoded) : [part]
      made = made.flatMap { start in values.map { "\(start)/\($0)" } }
      route += "/\(part)"
    }
    return made
  }

  private func standing(for route: String) -> [String] {
    if route == "/report/" { return drafts.withLock { $0 } }
    return stand[route] ?? ["x"]
  }

  /// The route that an address belongs to.
  func route(of address: String) -> String {
    let parts = address.prefix { $0 != "?" }.split(separator: "/")
    let fits = routes.filter { route in
      let wanted = route.split(separator: "/")
      return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
    }
    // What is spelt out comes before a parameter.
    return fits.min { $0.count(where: { $0 == ":" }) < $1.count(where: { $0 == ":" }) } ?? ""
  }

  struct Addresses {
    /// Every address that anybody is shown, or could make up.
    var all: [String] = []
    /// A few of each kind.
    var some: [String] = []
    var forms: Set<PageOffer.Form> = []
  }

  /// All that is offered to anybody, beside what could be made up: each may be tried by everybody else.
  func addresses(_ people: [Guest]) async throws -> Addresses {
    let parameters =
      "agency=luton&episode=EP-2&event=1&state=failed&role=police.control-room&kind=held&after=0&limit=1000&all=yes&"
      + "q=EP&from=2026-01-01&to=2026-12-31&days=365&format=json&show=everything"
    var found = Addresses()
    var known: Set<String> = []
    var kinds: [String: Int] = [:]
    func learn(_ address: String) {
      // What leads away from this walk, or never ends.
      guard !address.hasPrefix("/board/changes"), !address.hasPrefix("/sign-out"), known.insert(address).inserted,
        routes.contains(route(of: address))
      else { return }
      let query = address.split(separator: "?").dropFirst().first.map(String.init) ?? ""
      let names = query.split(separator: "&").map { $0.prefix { $0 != "=" } }.joined(separator: "&")
      let kind = "\(route(of: address))?\(names)"
      let count = kinds[kind, default: 0]
      kinds[kind] = count + 1
      let isRecord = ["/messages/:", "/duties/:", "/episodes/:"].contains { kind.hasPrefix($0) }
      if count < (isRecord ? 40 : 10) { found.all.append(address) }
      if count < 3 { found.some.append(address) }
    }
    for route in routes.sorted() { for address in expand(route) { learn(address) } }
    for route in routes.sorted() { for address in expand(route).prefix(2) { learn("\(address)?\(parameters)") } }
    for person in people where person.agencies.isEmpty && !person.roles.isEmpty {
      var next = 0
      while next < found.all.count {
        let address = found.all[next]
        next += 1
        // What is alike is read once by everybody but the one who sees most.
        guard person.name == "duty manager" || found.some.contains(address) else { continue }
        let offer = PageOffer(try await person.browser.open(address).text, at: address)
        for link in offer.links { learn(link) }
        for form in offer.forms where routes.contains(route(of: form.action)) {
          var form = form
          form.fields["token"] = nil
          form.filled["token"] = nil
          found.forms.insert(form)
        }
      }
    }
    // And what no page offers.
    let made = [
      "reason": "Looked at by a test", "by": "test", "action": "release", "evidence": "test", "answer": "yes",
    ]
    for route in routes.sorted() {
      for address in expand(route).prefix(20) where route != "/sign-out" && route != "/sign-in" {
        found.forms.insert(PageOffer.Form(action: address, isPost: true, fields: [:], filled: made))
      }
    }
    return found
  }

  private static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
  }

  // What is whose.

  /// Messages and duties that are theirs, and the events behind them.
  func owned(by guest: Guest) async throws -> Set<String> {
    let told = try await bench.ledger.notifications(NotificationFilter(scope: guest.scope, limit: 1000))
    let owed = try await bench.ledger.duties(DutyFilter(scope: guest.scope, limit: 1000))
    return Set(told.flatMap { [$0.notification.id, $0.notification.event] } + owed.flatMap { [$0.id, $0.event] })
  }

  /// What they must not come upon: whatever is known here and was not told to them.
  func secrets(from guest: Guest) async throws -> Secrets {
    let own = try await owned(by: guest)
    let mine = try await bench.ledger.notifications(NotificationFilter(scope: guest.scope, limit: 1000))
    let words = mine.map { "\($0.notification.message.text) \($0.notification.message.body)" }.joined(separator: " ")
    let ids = (stand["/messages/"] ?? []) + (stand["/duties/"] ?? [])
    let others = bench.intake.inUse.current.book.directory.agencies.filter { !guest.agencies.contains($0.id) }
    let ownDesks = bench.intake.inUse.current.book.directory.agencies.filter { guest.agencies.contains($0.id) }
    let ownPlaces = Set(ownDesks.flatMap(RoleWalk.places))
    return Secrets(
      anywhere: ids.filter { !own.contains($0) } + told.filter { !words.contains($0) }
        + others.flatMap(RoleWalk.places).filter { !ownPlaces.contains($0) && !words.contains($0) },
      names: others.map(\.name).filter { !words.contains($0) }, namesAgencies: RoleWalk.namesAgencies,
      children: children, ownMessages: Set(mine.map { "/messages/\($0.notification.id)" }))
  }

  /// Where an agency can be reached.
  private static func places(of agency: Agency) -> [String] {
    agency.desks.values.flatMap(\.channels).compactMap { channel in
      switch channel {
      case .mail(let mail): mail.address
      case .webhook(let webhook): webhook.url
      case .notify(let address, _): address
      case .phone(let number): number
      case .drop: nil
      }
    }
  }

  struct Secrets: Sendable {
    let anywhere: [String]
    let names: [String]
    let namesAgencies: [String]
    let children: [String]
    let ownMessages: Set<String>

    func check(_ text: String, at address: String, _ who: String) {
      let text = PageOffer.plain(PageOffer.body(text))
      // C's search: hundreds of words on hundreds of pages.
      let says = { (word: String) in strstr(text, word) != nil }
      for secret in anywhere where says(secret) { Issue.record("\(who) comes upon \(secret) at \(address)") }
      if !namesAgencies.contains(where: address.hasPrefix) {
        for name in names where says(name) { Issue.record("\(who) reads of \(name) at \(address)") }
      }
      guard !ownMessages.contains(String(address.prefix { $0 != "?" && $0 != "," })) else { return }
      for name in children where says(name) { Issue.record("\(who) reads the name \(name) at \(address)") }
    }
  }

  // What may be changed.

  /// What is this role's to do: it changes something, and is somebody else's test.
  func may(_ guest: Guest, _ form: PageOffer.Form) -> Bool {
    let path = form.action
    return guest.roles.contains { role in
      switch role {
      case .reporter, .agencyViewer: path.hasPrefix("/report")
      case .routeOwner: path.hasPrefix("/agencies") || path.hasPrefix("/protocols")
      case .dutyManager: path.hasPrefix("/report")
      case .operator, .auditor: false
      }
    }
  }

  /// Everything that could have been changed, but for what is the guest's own and the record of who looked and was refused.
  func fingerprint(outside guest: Guest?) async throws -> Set<String> {
    let own = if let guest, !guest.agencies.isEmpty { try await owned(by: guest) } else { Set<String>() }
    let ledger = bench.ledger
    var print: Set<String> = []
    for record in try await ledger.notifications(NotificationFilter(limit: 1000))
    where !own.contains(record.notification.id) {
      let receipts = try await ledger.receipts(of: record.notification.id).count
      print.insert("\(record.notification.id) \(record.state) \(record.delivery.attempts) \(receipts)")
    }
    for duty in try await ledger.duties(DutyFilter(limit: 1000)) where !own.contains(duty.id) {
      print.insert("\(duty.id) \(duty.state)")
    }
    let looks: Set = ["refused", "viewed", "signed-in", "signed-out", "sign-in-refused", "looked-up"]
    for entry in try await ledger.audit(after: 0, limit: 100_000)
    where !looks.contains(entry.kind) && !own.contains(entry.identifier) {
      print.insert("\(entry.sequence) \(entry.kind) \(entry.identifier) \(entry.detail)")
    }
    return print
  }

  // The stream.

  /// What it says until it ends, which the clock is moved for.
  func stream(_ browser: Browser, _ address: String) async throws -> String {
    try await withThrowingTaskGroup(of: String?.self) { group in
      group.addTask { try await browser.open(address).text }
      group.addTask { [bench] in
        while !Task.isCancelled {
          if bench.clock.sleepers > 0 { bench.clock.advance(bySeconds: 1000) }
          await Task.yield()
        }
        return nil
      }
      let first = try await group.next() ?? nil
      group.cancelAll()
      return try #require(first)
    }
  }
}

/// Makes events of pieces that can be told apart from everything else.
private final class Pieces {
  private(set) var all: [String] = []
  let children = ["Philippa", "Threlfall", "Barnaby", "Ostler"]

  func text(_ piece: String) -> String {
    all.append(piece)
    return piece
  }

  func child(_ place: String, _ more: JSONValue) -> JSONValue {
    let parent = text("Marigold Quill of \(place)")
    let mail = text("quill.\(place.lowercased())@family.example")
    let child: JSONValue = [
      "id": .string("CH-\(place)"), "dateOfBirth": "2012-10-01", "education": "on-roll",
      "description": .string(text("a green anorak from \(place)")),
      "medical": .string(text("needs zinc insulin in \(place)")),
      "associates": .string(text("the Wetherby cousins of \(place)")),
      "plan": .string(text("a plan agreed in \(place) on paper")),
      "home": .string(text("17 Kestrel Row, \(place)")), "openTo": ["social-care"],
      "contacts": [
        ["role": "family.parents", "name": .string(parent), "email": .string(mail)]
      ],
    ]
    return child.merged(with: more)
  }
}

extension PageOffer.Form {
  var isSigningOut: Bool { action.hasPrefix("/sign-out") || action.hasPrefix("/sign-in") }

  /// A form that only asks.
  var asked: String {
    let pairs = filled.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }
    return "\(action)?\(pairs.joined(separator: "&"))"
  }
}
