/// What is known of children and episodes as events come in, kept in memory: for cases and explanations, where there is no
/// ledger.
///
/// Guarantee: joins events exactly as the gateway does (contract, "Events"): children by their id, episodes by subject.
package struct Chronicle {
  private let vocabulary: Vocabulary
  private var children: [String: JSONValue] = [:]
  private var episodes: [String: Episode] = [:]
  /// Who was told of each event, by (source, id).
  private var tellings: [String: Retraction] = [:]

  private struct Episode {
    var child: String
    var data: JSONValue
    var history: EpisodeHistory
  }

  package init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// What `event` finds: everything known before, and what it says itself.
  package func situation(for event: Event) -> Situation {
    let (_, known, data) = merged(event)
    var history = episodes[event.subject]?.history ?? EpisodeHistory()
    history.others = others(than: event.subject, of: child(of: event))
    history.retraction = event.retracts.flatMap { tellings[Chronicle.key($0.source, $0.id)] }
    return Situation(data.merged(with: ["child": known]), event: event, history: history, vocabulary: vocabulary)
  }

  /// Keeps what `event` said and what was made of it.
  package mutating func record(_ event: Event, _ situation: Situation, _ plan: Plan) {
    let (child, known, data) = merged(event)
    children[child] = known
    episodes[event.subject] = Episode(
      child: child, data: data, history: situation.history.including(plan, at: event.time))
    tellings[Chronicle.key(event.source, event.id)] = Retraction(
      type: event.type, time: event.time,
      holders: plan.tells.filter { $0.gate == nil && $0.contact != nil }.map {
        Retraction.Holder(
          message: event.id, role: $0.role, relation: $0.relation, agency: $0.agency, contact: $0.contact,
          citations: $0.citations)
      })
  }

  private static func key(_ source: String, _ id: String) -> String { "\(source)\u{1}\(id)" }

  private func child(of event: Event) -> String {
    event.childID ?? episodes[event.subject]?.child ?? event.subject
  }

  private func merged(_ event: Event) -> (child: String, known: JSONValue, data: JSONValue) {
    let child = child(of: event)
    var rest = event.data.members ?? [:]
    let change = rest.removeValue(forKey: "child") ?? .object([:])
    return (
      child, (children[child] ?? .object([:])).merged(with: change),
      (episodes[event.subject]?.data ?? .object([:])).merged(with: .object(rest))
    )
  }

  private func others(than subject: String, of child: String) -> [PastEpisode] {
    let risk = vocabulary.fact("episode.risk")?.definition
    return episodes.filter { $0.key != subject && $0.value.child == child }.values.compactMap { episode in
      guard let reportedAt = episode.history.reportedAt else { return nil }
      let value = risk.flatMap { fact in episode.data.at(fact.path).flatMap { FactValue($0, fact.domain) } }
      return PastEpisode(reportedAt: reportedAt, risk: value)
    }
  }
}
