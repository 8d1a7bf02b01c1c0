import Delivery
import Routing

/// Why rules did not fire, for every event of an episode.
///
/// Plans are kept with what they made owed, not with what they left out. So the child's events are played again, as they
/// were sent and in the order in which they were accepted, with the packs in force when each was.
///
/// Guarantee: pure; what was recorded stays what happened. Where playing again does not come to the rules that the recorded
/// plan names, or the packs have another text now, it says so, and a rule on record as fired is never among those that did
/// not.
struct EpisodeReasons {
  /// Rules for the event that did not fire, with what kept each.
  let misses: [NearMiss]
  /// It came to the rules on record, with packs of the same text.
  let isSame: Bool

  /// By event.
  static func all(_ account: EpisodeAccount, _ routes: Routes) -> [String: EpisodeReasons] {
    let reader = EventReader(vocabulary: routes.vocabulary)
    var chronicle = Chronicle(vocabulary: routes.vocabulary)
    var found: [String: EpisodeReasons] = [:]
    for (record, body) in account.childEvents where record.type != Event.timePassed {
      guard let sent = try? reader.read(body, learnedAt: record.learnedAt), sent.isExercise == account.isExercise
      else { continue }
      let event = named(sent, record.child)
      let router = routes.router(at: record.learnedAt)
      let situation = chronicle.situation(for: event)
      let plan = router.plan(event, situation, at: record.learnedAt)
      if record.subject == account.reference, let kept = try? JSONValue(parsing: record.plan.utf8) {
        let fired = rules(kept)
        let isSame = rules(plan.document(event, routes.vocabulary)) == fired && hashes(plan) == hashes(kept)
        found[record.id] = EpisodeReasons(
          misses: router.nearMisses(event, situation).filter { !fired.contains(rule($0.citation.document)) },
          isSame: isSame)
      }
      chronicle.record(event, situation, plan)
    }
    return found
  }

  /// The event with the child as the gateway knows it, by whatever name the sender called it.
  private static func named(_ event: Event, _ child: String) -> Event {
    Event(
      id: event.id, source: event.source, type: event.type, time: event.time, subject: event.subject,
      data: event.data.merged(with: ["child": ["id": .string(child)]]), isExercise: event.isExercise)
  }

  private static func rule(_ citation: JSONValue) -> String {
    "\(citation["pack"]?.text ?? "") \(citation["rule"]?.text ?? "")"
  }

  /// The rules that a plan's document names.
  private static func rules(_ plan: JSONValue) -> Set<String> {
    let lines = ["tells", "duties", "timers"].flatMap { plan[$0]?.items ?? [] }
    let cited = lines.flatMap { $0["cites"]?.items ?? [] } + (plan["notes"]?.items ?? [])
    return Set(cited.map(rule))
  }

  private static func hashes(_ plan: Plan) -> Set<String> { Set(plan.packs.map(\.contentHash)) }
  private static func hashes(_ plan: JSONValue) -> Set<String> {
    Set((plan["packs"]?.items ?? []).compactMap { $0["hash"]?.text })
  }
}
