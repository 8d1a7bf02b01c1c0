import Routing

/// What is known once an event has come in, kept by child and by episode (contract, "Events").
struct Knowledge {
  let child: JSONValue
  let episode: JSONValue

  init(_ known: Known, _ event: Event, _ child: String) {
    var rest = event.data.members ?? [:]
    let change = rest.removeValue(forKey: "child") ?? .object([:])
    self.child = known.childData.merged(with: change).merged(with: ["id": .string(child)])
    episode = known.episodeData.merged(with: .object(rest))
  }

  var all: JSONValue { episode.merged(with: ["child": child]) }
  var authorities: [String] { Knowledge.authorities(child) }

  static func authorities(_ child: JSONValue) -> [String] {
    ["livesIn", "lookedAfterBy"].compactMap { child[$0]?.text }
  }
}

extension Event {
  var aliases: [KnownQuestion.Alias] {
    (data["child"]?["aliases"]?.items ?? []).compactMap { item in
      guard let source = item["source"]?.text, let id = item["id"]?.text else { return nil }
      return KnownQuestion.Alias(source: source, id: id)
    }
  }
}

extension EpisodeHistory {
  /// The history that the ledger keeps by name, in the words of the vocabulary.
  init(_ known: Known, _ vocabulary: Vocabulary) {
    self = known.history
    told = known.told.compactMap { record in
      guard let role = vocabulary.role(record.role), let relation = Relation(rawValue: record.relation) else {
        return nil
      }
      return Told(role: role, relation: relation, agency: record.agency)
    }
    retraction = known.retracted.map { wrong in
      Retraction(
        type: wrong.event.type, time: wrong.event.time,
        holders: wrong.notifications.compactMap { record in record.holder(vocabulary) })
    }
    let domain = vocabulary.fact("episode.risk")?.definition.domain
    others = known.others.map { other in
      let risk = domain.flatMap { domain in other.risk.flatMap { FactValue(.string($0), domain) } }
      return PastEpisode(reportedAt: other.reportedAt, risk: risk)
    }
  }
}

extension NotificationRecord {
  /// Nobody is being sent it right now, and nobody is known to have got it.
  var canBeStopped: Bool { [.queued, .scheduled, .held, .deferred].contains(state) && !isUnderWay }

  /// Whoever got it or may have, after an attempt that ended badly too; nil if it never left.
  func holder(_ vocabulary: Vocabulary) -> Retraction.Holder? {
    let neverLeft = canBeStopped && (delivery.attempts == 0 || state == .held)
    let ended = [.cancelled, .superseded, .unroutable, .failed].contains(state)
    if delivery.takenChannels == 0, neverLeft || ended { return nil }
    guard let role = vocabulary.role(notification.role), let relation = Relation(rawValue: notification.relation)
    else { return nil }
    let contact = notification.contact.map {
      Contact(label: $0, channels: notification.channels, via: nil, isNamed: false)
    }
    return Retraction.Holder(
      message: notification.id, role: role, relation: relation, agency: notification.agency, contact: contact,
      citations: notification.citations)
  }
}
