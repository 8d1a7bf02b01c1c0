import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/episodes/:reference`, and the same to take away: `/print` for paper and `/export` as JSON, both with the proof.
///
/// Guarantee: whoever is limited to agencies gets only what concerns these, and where that is nothing the same page as for
/// an episode that is not there. Every look and every export is in the audit before it is answered.
struct EpisodePages: Sendable {
  let desk: BoardDesk

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/episodes/:reference", desk.page(.seeBoard) { try await look($0, $1) })
    router.declare("/episodes/:reference/print", desk.page(.seeBoard) { try await printOut($0, $1) })
    router.declare("/episodes/:reference/export", desk.page(.seeBoard) { try await export($0, $1) })
  }

  private func look(_ request: Request, _ who: SignedIn) async throws -> Response {
    let account = try await account(request, who)
    try await desk.viewed("episode", account.reference, request, by: who)
    let view = view(account, who, link: desk.link)
    let path = BoardPath.episode(account.reference)
    let ways: [String: Any] = ["printGo": desk.link("\(path)/print"), "exportGo": desk.link("\(path)/export")]
    return desk.show(
      title(account), "episode", view.values.merging(ways) { own, _ in own }, to: who, in: nil, follows: true,
      episode: account.reference)
  }

  private func printOut(_ request: Request, _ who: SignedIn) async throws -> Response {
    let account = try await account(request, who)
    try await exported(account, "for print", who)
    let now = desk.time.now()
    let view = view(account, who, link: nil)
    let frame: [String: Any] = [
      "madeAt": LondonWords.moment(now), "madeFor": who.person.label,
      "backGo": desk.link(BoardPath.episode(account.reference)),
      "refresh": "\(who.refresh(at: desk.gate.sessions.now())); url=\(desk.link("/sign-in"))",
    ]
    let values = view.values.merging(view.proofValues) { own, _ in own }.merging(frame) { own, _ in own }
    return Page(.ok, "episode-print", title: title(account), look: .paper, values).response
  }

  private func export(_ request: Request, _ who: SignedIn) async throws -> Response {
    let account = try await account(request, who)
    try await exported(account, "as JSON", who)
    let view = view(account, who, link: nil)
    var response = Answer.json(view.document(madeFor: who.person.label))
    // A reference may name a child in some systems: the file is named by what it says.
    response.headers[.contentDisposition] = "attachment; filename=\"episode-\(view.proof.final.prefix(12)).json\""
    return response
  }

  private func account(_ request: Request, _ who: SignedIn) async throws -> EpisodeAccount {
    let parts = request.uri.path.split(separator: "/")
    guard parts.count > 1, let reference = String(parts[1]).removingPercentEncodingStrictly,
      let account = try await desk.ledger.account(of: reference, scope: who.scope)
    else { throw desk.nothing(.board) }
    return account
  }

  private func view(_ account: EpisodeAccount, _ who: SignedIn, link: ((String) -> String)?) -> EpisodePageValues {
    EpisodePageValues(account, desk.routes, of: who.person, at: desk.time.now(), link: link)
  }

  private func title(_ account: EpisodeAccount) -> String {
    Drill.marked("Episode \(account.reference)", account.isExercise)
  }

  private func exported(_ account: EpisodeAccount, _ how: String, _ who: SignedIn) async throws {
    let detail = "episode \(how) by \(who.person.label) \(who.person.id)"
    try await desk.ledger.record(
      [AccessEntry(kind: "exported", identifier: account.reference, detail: detail)], at: desk.time.now())
  }
}
