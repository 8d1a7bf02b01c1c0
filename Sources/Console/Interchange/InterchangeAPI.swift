import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/v1/episodes/{reference}/alert.cap` and `/exchange.edxl`: an episode for systems that speak the standards of alerting.
/// There is nothing to send here: neither is read.
struct InterchangeAPI: Sendable {
  let ledger: any Ledger
  let gate: SenderGate
  let time: any TimeSource
  let routes: RoutesInUse

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/episodes/:reference/alert.cap", [.get: alert])
    router.declare("/v1/episodes/:reference/exchange.edxl", [.get: exchange])
  }

  private func alert(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let (episode, _) = try await visible(request, context)
    let facts = try await facts(of: episode)
    guard let alert = CommonAlert(facts, at: time.now()) else {
      throw Problem(.notFound, "No alert", "No child was reported missing in this episode")
    }
    return Answer.text(try alert.xml.document(), type: CommonAlert.mediaType)
  }

  private func exchange(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let (episode, events) = try await visible(request, context)
    let notifications = try await notifications(of: episode)
    let facts = try await facts(of: episode)
    let directory = routes.current.book.directory
    let shown = Set(events.map(\.id))
    var objects = events.map(ExchangeObject.init)
    for record in notifications where shown.contains(record.notification.event) {
      objects.append(ExchangeObject(record, try await ledger.receipts(of: record.notification.id), directory))
    }
    for duty in try await ledger.duties(DutyFilter(episode: episode.reference, limit: 1000))
    where shown.contains(duty.event) { objects.append(ExchangeObject(duty, directory)) }
    let now = time.now()
    let envelope = DistributionEnvelope(
      facts: facts, alert: CommonAlert(facts, at: now), objects: objects, sent: now)
    return Answer.text(try envelope.xml.document(), type: DistributionEnvelope.mediaType)
  }

  /// Who sees an episode here, and what of it: whoever sent an event of it, and what came of their own events. Narrower than
  /// `GET /v1/episodes/{reference}`: a key that only answers for an agency exports nothing.
  private func visible(
    _ request: Request, _ context: GatewayContext
  ) async throws -> (episode: EpisodeRecord, events: [EventRecord]) {
    let sender = try await gate.sender(of: request, context)
    let reference = try context.parameters.require("reference").removingPercentEncodingStrictly ?? ""
    guard let episode = try await ledger.episode(reference) else { throw Problem.notFound }
    let events = episode.events.filter { $0.sender == sender.name }
    guard !events.isEmpty else { throw Problem.notFound }
    try await gate.viewed(reference, by: sender.name)
    return (episode, events)
  }

  private func notifications(of episode: EpisodeRecord) async throws -> [NotificationRecord] {
    var found: [NotificationRecord] = []
    while true {
      let page = try await ledger.notifications(
        NotificationFilter(episode: episode.reference, after: found.last?.notification.id, limit: 1000))
      found += page
      if page.count < 1000 { return found }
    }
  }

  /// The alert is the episode's, not the caller's: one identifier must never stand for two texts. So it is made of all
  /// events, whoever sent them.
  private func facts(of episode: EpisodeRecord) async throws -> AlertFacts {
    // Asked as a drill asks, which knows of real children and invented ones.
    let known = try await ledger.known(
      KnownQuestion(
        source: "", eventID: "", subject: episode.reference, child: nil, aliases: [], isExercise: true))
    return AlertFacts(
      gateway: routes.current.renderer.gateway, reference: episode.reference,
      events: episode.events.map {
        AlertFacts.Happening(id: $0.id, type: $0.type, time: $0.time, learnedAt: $0.learnedAt)
      },
      reportedAt: known.history.reportedAt, isOpen: known.history.isOpen,
      risk: known.episodeData.at(["episode", "risk"])?.text,
      area: OfficialArea(child: known.childData, rest: known.episodeData),
      isExercise: known.isDrillEpisode ?? false)
  }
}
