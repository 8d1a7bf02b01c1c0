/// All that one decision looks at: the facts, the places and people that the data name, and what went before.
///
/// Guarantee: a pure reading of the merged data; nothing is invented, and what nobody stated stays at its default.
package final class Situation: Sendable {
  package let facts: Facts
  /// Slots whose value the data state.
  package let stated: Set<Int>
  /// The merged data: `child`, `episode` and the rest.
  package let data: JSONValue
  package let livesIn: String?
  package let lookedAfterBy: String?
  package let school: String?
  package let placementNames: [String]
  package let contacts: [NamedContact]
  package let history: EpisodeHistory
  /// The event is the episode's first report.
  package let isFirstReport: Bool

  package init(_ data: JSONValue, event: Event, history: EpisodeHistory, vocabulary: Vocabulary) {
    var facts = Facts(vocabulary)
    var stated = Set<Int>()
    for (slot, fact) in vocabulary.facts.enumerated() where !fact.isDerived {
      guard let value = data.at(fact.path).flatMap({ FactValue($0, fact.domain) }) else { continue }
      facts[slot] = value
      stated.insert(slot)
    }
    let child = data["child"]
    livesIn = child?["livesIn"]?.text
    lookedAfterBy = child?["lookedAfterBy"]?.text
    school = child?["school"]?.text
    placementNames = ["name", "provider"].compactMap { child?["placement"]?[$0]?.text }
    contacts = (child?["contacts"]?.items ?? []).compactMap { NamedContact($0, vocabulary) }
    self.history = history.including(event)
    let before = history.retraction.map(history.without) ?? history
    isFirstReport = before.reportedAt == nil && event.type == EpisodeHistory.report
    // A report to the police says by itself that the police know.
    if let slot = vocabulary.fact("episode.reportedToPolice")?.slot, !stated.contains(slot),
      self.history.reportedAt != nil
    {
      facts[slot] = .flag(true)
    }
    self.data = data
    self.stated = stated
    self.facts = Situation.derived(
      facts, event, self.history, livesIn: livesIn, lookedAfterBy: lookedAfterBy, data, vocabulary)
  }

  /// The stated facts with those that the gateway works out itself.
  private static func derived(
    _ stated: Facts, _ event: Event, _ history: EpisodeHistory, livesIn: String?, lookedAfterBy: String?,
    _ data: JSONValue, _ vocabulary: Vocabulary
  ) -> Facts {
    var facts = stated
    func set(_ name: String, _ value: FactValue) {
      if let slot = vocabulary.fact(name)?.slot { facts[slot] = value }
    }
    set("child.lookedAfter", .flag(lookedAfterBy != nil))
    // Nobody looking after the child is an answer, not a gap: every test of it is false and its negation true.
    if lookedAfterBy == nil { set("child.lookedAfterBy", .authority("")) }
    set("child.crossBoundary", .flag(lookedAfterBy != nil && livesIn != nil && lookedAfterBy != livesIn))
    let today = London.date(at: event.time)
    if let born = data["child"]?["dateOfBirth"]?.text.flatMap({ CivilDate($0) }) {
      set("child.age", .number(Double(max(0, born.years(until: today)))))
    }
    set("episode.open", .flag(history.isOpen))
    if let reported = history.reportedAt {
      set("episode.hoursOpen", .number(Double(event.time.milliseconds - reported.milliseconds) / 3_600_000))
    }
    let starts = history.others.map(\.reportedAt) + [history.reportedAt].compactMap(\.self)
    let ages = starts.map { today.daysSince1970 - London.date(at: $0).daysSince1970 }.filter { $0 >= 0 }
    set("episodes.total", .number(Double(ages.count)))
    set("episodes.last30Days", .number(Double(ages.count { $0 <= 30 })))
    set("episodes.last90Days", .number(Double(ages.count { $0 <= 90 })))
    return facts
  }

  /// The child has been reported to the police, by an event or by what is said of the episode.
  package var isKnownToPolice: Bool {
    history.reportedAt != nil || data.at(["episode", "reportedToPolice"]) == true
  }

  /// An instant in the data, for a deadline that starts there.
  package func instant(at path: [String]) -> Instant? { data.at(path)?.text.flatMap(Instant.init(rfc3339:)) }
}

/// A person whom the event names for a role.
package struct NamedContact: Sendable, Equatable {
  package let role: Role
  package let name: String?
  package let email: String?
  package let agency: String?

  init?(_ value: JSONValue, _ vocabulary: Vocabulary) {
    guard let role = value["role"]?.text.flatMap(vocabulary.role) else { return nil }
    self.role = role
    name = value["name"]?.text
    email = value["email"]?.text
    agency = value["agency"]?.text
  }
}

/// What went before in this episode and with this child.
package struct EpisodeHistory: Sendable, Equatable {
  /// When this episode was first reported missing.
  package var reportedAt: Instant?
  package var lastReportAt: Instant?
  /// The latest child.found, child.returned or episode.closed.
  package var lastEndAt: Instant?
  /// The child's other reported episodes.
  package var others: [PastEpisode]
  /// Everyone already told in this episode.
  package var told: [Told]
  /// When each remembered rule first fired in this episode, by rule id.
  package var fired: [String: Instant]
  /// The event at hand takes this one back.
  package var retraction: Retraction?

  package init(
    reportedAt: Instant? = nil, lastReportAt: Instant? = nil, lastEndAt: Instant? = nil, others: [PastEpisode] = [],
    told: [Told] = [], fired: [String: Instant] = [:]
  ) {
    self.reportedAt = reportedAt
    self.lastReportAt = lastReportAt
    self.lastEndAt = lastEndAt
    self.others = others
    self.told = told
    self.fired = fired
  }

  /// Open until found, returned or closed; a later report opens it again.
  package var isOpen: Bool {
    guard let lastEndAt else { return true }
    guard let lastReportAt else { return false }
    return lastReportAt > lastEndAt
  }

  package static let report = "missing.reported"
  /// Somebody thinks that a child is missing.
  package static let suspicion = "missing.suspected"
  /// What is said of a missing child, and may be the first that is heard of one before any report.
  package static let hints: Set<String> = [
    "missing.categorised", "missing.disputed", "missing.updated", "child.located", "child.presented",
    "referral.received", "out-of-hours.contacted",
  ]
  package static let endings: Set<String> = ["child.found", "child.returned", "episode.closed"]

  func including(_ event: Event) -> EpisodeHistory {
    var next = retraction.map(without) ?? self
    if event.type == EpisodeHistory.report {
      next.reportedAt = next.reportedAt ?? event.time
      next.lastReportAt = max(next.lastReportAt ?? event.time, event.time)
    }
    if EpisodeHistory.endings.contains(event.type) { next.lastEndAt = max(next.lastEndAt ?? event.time, event.time) }
    return next
  }

  /// This history after `plan` was made at `time`: who has been told and what has fired.
  package func including(_ plan: Plan, at time: Instant) -> EpisodeHistory {
    var next = self
    next.retraction = nil
    for tell in plan.tells where tell.gate == nil && !tell.isWithdrawal {
      let told = Told(role: tell.role, relation: tell.relation, agency: tell.agency)
      if !next.told.contains(told) { next.told.append(told) }
    }
    next.fired.merge(plan.fired.map { ($0, time) }) { first, _ in first }
    return next
  }
}

/// Another episode of the same child, as far as counts look at it.
package struct PastEpisode: Sendable, Equatable {
  package let reportedAt: Instant
  /// `episode.risk` as it is last known, an index into the vocabulary's list; nil where nobody stated it.
  package let risk: FactValue?
  package init(reportedAt: Instant, risk: FactValue?) {
    self.reportedAt = reportedAt
    self.risk = risk
  }
}

/// Somebody who was told something in an episode.
package struct Told: Hashable, Sendable {
  package let role: Role
  package let relation: Relation
  package let agency: String?
  package init(role: Role, relation: Relation, agency: String?) {
    self.role = role
    self.relation = relation
    self.agency = agency
  }
}

extension FactValue {
  /// A JSON value read by a fact's domain; nil where it does not fit.
  package init?(_ value: JSONValue, _ domain: FactDomain) {
    switch (domain, value) {
    case (.flag, .bool(let flag)): self = .flag(flag)
    case (.authority, .string(let slug)): self = .authority(slug)
    case (.integer, .number(let number)), (.number, .number(let number)): self = .number(number)
    case (.oneOf(let values), .string(let word)):
      guard let index = values.firstIndex(of: word) else { return nil }
      self = .choice(UInt8(index))
    case (.setOf(let values), .array(let items)):
      var bits: UInt64 = 0
      for item in items {
        guard let index = item.text.flatMap(values.firstIndex(of:)) else { return nil }
        bits |= 1 << UInt64(index)
      }
      self = .choices(bits)
    default: return nil
    }
  }
}
