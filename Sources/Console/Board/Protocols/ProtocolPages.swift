import Delivery
import Foundation
import Hummingbird
import Routing

/// The protocols as people read them: what each says, which cases prove it, what changed between versions, whether the
/// promises hold, and who would be told of what.
///
/// Guarantee: protocols are published and hold nothing about anybody, so that whoever has signed in may read them; nothing
/// here writes to the ledger or sends anything.
struct ProtocolPages: Sendable {
  let desk: BoardDesk
  let proofs: ProtocolProofs

  /// `folder` is where the packs are read from; nil: there are no cases to show.
  init(desk: BoardDesk, folder: RouteFolder?) {
    self.desk = desk
    proofs = ProtocolProofs(folder: folder, time: desk.time)
  }

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/protocols", desk.page(nil) { _, who in await list(who) })
    router.declare("/protocols/what-if", desk.page(nil) { request, who in try whatIf(request, who) })
    router.declare("/protocols/:pack", desk.page(nil) { request, who in try await pack(request, who) })
    router.declare("/protocols/:pack/verify", desk.page(nil) { request, who in try await verify(request, who) })
    router.declare(
      "/protocols/:pack/compare/:other", desk.page(nil) { request, who in try await compare(request, who) })
  }

  static let templates = list + packs + comparisons + proofsTemplates + whatIfs

  // Which pack.

  /// The pack that the address names, by its id; where it has several versions, also by the folder of each.
  func pack(_ name: String, of request: Request, in routes: Routes) throws -> RoutePack {
    let parts = request.uri.path.split(separator: "/").map { String($0).removingPercentEncodingStrictly ?? "" }
    // The gateway may stand below a path of its own.
    let index = (parts.firstIndex(of: "protocols") ?? 0) + (name == "other" ? 3 : 1)
    guard parts.count > index, let pack = ProtocolPages.pack(parts[index], in: routes.book, at: desk.time.now()) else {
      throw desk.nothing(.protocols)
    }
    return pack
  }

  static func pack(_ name: String, in book: RouteBook, at now: Instant) -> RoutePack? {
    let versions = book.packs.filter { $0.id == name }
    return book.packs.first { $0.folder == name } ?? versions.first { $0.inForce.contains(now) }
      ?? versions.max { ($0.inForce.from ?? now) < ($1.inForce.from ?? now) }
  }

  /// Its name in addresses.
  static func name(of pack: RoutePack, in book: RouteBook) -> String {
    book.packs.count { $0.id == pack.id } > 1 ? pack.folder : pack.id
  }

  func place(of pack: RoutePack, in book: RouteBook) -> String {
    "/protocols/\(FormText.encoded(ProtocolPages.name(of: pack, in: book)))"
  }

  /// Versions of the same protocol: the same id, or the same parties one after the other.
  static func versions(of pack: RoutePack, in book: RouteBook) -> [RoutePack] {
    book.packs.filter { $0.folder != pack.folder && ($0.id == pack.id || Set($0.parties) == Set(pack.parties)) }
      .sorted { ($0.inForce.from?.milliseconds ?? 0) > ($1.inForce.from?.milliseconds ?? 0) }
  }

  /// `in force since 1 January 2019`, `was in force from … until …`, `comes into force on …`.
  static func force(of pack: RoutePack, at now: Instant) -> String {
    func day(_ instant: Instant) -> String { ProtocolPages.day(London.date(at: instant)) }
    let (from, until) = (pack.inForce.from, pack.inForce.until)
    if let until, until <= now { return "Was in force\(from.map { " from \(day($0))" } ?? "") until \(day(until))" }
    if let from, from > now { return "Comes into force on \(day(from))" }
    return "In force\(from.map { " since \(day($0))" } ?? "")\(until.map { ", until \(day($0))" } ?? "")"
  }

  static func day(_ date: CivilDate) -> String {
    let moment = LondonWords.moment(London.instant(date, secondOfDay: 43200))
    return moment.split(separator: " ").dropFirst().prefix(3).joined(separator: " ")
  }

  func words(_ routes: Routes) -> PlainWords {
    PlainWords(vocabulary: routes.vocabulary, headline: { routes.headline(of: $0) })
  }

  // The list.

  private func list(_ who: SignedIn) async -> Response {
    let routes = desk.routes
    let now = desk.time.now()
    let proof = await proofs.proof(of: routes)
    let packs = routes.book.packs.sorted { ($0.title, $1.inForce.from ?? now) < ($1.title, $0.inForce.from ?? now) }
    let current = packs.filter { $0.inForce.contains(now) }
    let others = packs.filter { !$0.inForce.contains(now) }
    let violations = proof.report.violations.count
    var values: [String: Any] = [
      "whatIf": desk.link("/protocols/what-if"), "current": current.map { card($0, routes, proof, now) },
      "provedAt": LondonWords.moment(proof.at), "checked": "\(proof.report.checked)", "allKept": violations == 0,
      "violations": TimeWords.plural(violations, "promise"),
    ]
    if !others.isEmpty { values["others"] = ["list": others.map { card($0, routes, proof, now) }] }
    return desk.show("Protocols", "protocols", values, to: who, in: .protocols)
  }

  private func card(
    _ pack: RoutePack, _ routes: Routes, _ proof: ProtocolProofs.Proof, _ now: Instant
  ) -> [String: Any] {
    let book = routes.book
    let place = place(of: pack, in: book)
    let violations = proof.report.violations.count { $0.pack == pack.id }
    return [
      "title": pack.title, "source": pack.source, "force": ProtocolPages.force(of: pack, at: now),
      "parties": EnglishWords.listed(pack.parties.map(AgencyWords.authority)),
      "counts":
        "\(TimeWords.plural(pack.rules.count, "rule")) in "
        + TimeWords.plural(Set(pack.rules.flatMap(\.sections)).count, "section"),
      "go": desk.link(place), "verify": desk.link("\(place)/verify"), "isKept": violations == 0,
      "broken": TimeWords.plural(violations, "promise"),
      "years": ProtocolPages.years(pack),
      "comparisons": ProtocolPages.versions(of: pack, in: book).map { other in
        comparison(pack, other, book)
      },
    ]
  }

  /// A link to what changed, the older version first.
  func comparison(_ a: RoutePack, _ b: RoutePack, _ book: RouteBook) -> [String: Any] {
    let begins = { (pack: RoutePack) in pack.inForce.from?.milliseconds ?? .min }
    let (old, new) = begins(a) <= begins(b) ? (a, b) : (b, a)
    let other = FormText.encoded(ProtocolPages.name(of: new, in: book))
    let isSame = ProtocolPages.versions(of: old, in: book).contains { $0.folder == new.folder }
    return [
      "go": desk.link("\(place(of: old, in: book))/compare/\(other)"),
      "words": isSame
        ? "What changed from \(ProtocolPages.years(old)) to \(ProtocolPages.years(new))"
        : "Compare with \(b.title) (\(ProtocolPages.years(b)))",
    ]
  }

  /// The year in which it began, to tell versions apart.
  static func years(_ pack: RoutePack) -> String {
    pack.inForce.from.map { "\(London.date(at: $0).year)" } ?? pack.folder
  }

  private static let list: [(name: String, text: String)] = [
    (
      "protocols",
      """
      {{<board}}{{$main}}
      <h1>{{title}}</h1>
      <p>Each protocol as Waypost applies it: what it says, section by section, and what follows from it.</p>
      <ul class="ways"><li><a href="{{whatIf}}">What if: who would be told of what</a></li></ul>
      <h2>In force now</h2>
      {{^current}}<p>No protocol is in force now. Nobody would be told of anything.</p>{{/current}}
      <ul class="cards">{{#current}}{{>protocols-card}}{{/current}}</ul>
      {{#others}}
      <h2>Earlier and later versions</h2>
      <ul class="cards">{{#list}}{{>protocols-card}}{{/list}}</ul>
      {{/others}}
      <h2>Whether they keep their promises</h2>
      <p>{{#allKept}}<strong class="mark good">All kept</strong>{{/allKept}}{{^allKept}}<strong class="mark bad">\
      {{violations}} not kept</strong>{{/allKept}} {{checked}} promises were checked over every combination of facts on \
      {{provedAt}}.</p>
      {{/main}}{{/board}}
      """
    ),
    (
      "protocols-card",
      """
      <li class="card">
      <h3><a href="{{go}}">{{title}}, {{years}}</a></h3>
      <p>{{force}}. For {{parties}}. {{counts}}.</p>
      <p class="soft">{{source}}</p>
      <ul class="ways">
      <li><a href="{{verify}}">{{#isKept}}All promises of {{years}} kept{{/isKept}}{{^isKept}}{{broken}} of {{years}} not \
      kept{{/isKept}}</a></li>
      {{#comparisons}}<li><a href="{{go}}">{{words}}</a></li>{{/comparisons}}
      </ul>
      </li>
      """
    ),
  ]
}
