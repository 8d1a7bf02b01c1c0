package import Routing

/// Something that happened to an event, a notification or a duty, as a place in the one record of what happened.
package struct Change: Sendable, Equatable {
  package enum Noun: String, Sendable { case event, notification, duty }

  package let sequence: Int64
  package let at: Instant
  /// The audit's word; `owed` for what an event has just made owed.
  package let kind: String
  package let noun: Noun
  package let identifier: String
  package let episode: String
  package let agency: String?
  /// The state that it is in now; nil for events.
  package let state: String?

  package init(
    sequence: Int64, at: Instant, kind: String, noun: Noun, identifier: String, episode: String, agency: String?,
    state: String?
  ) {
    self.sequence = sequence
    self.at = at
    self.kind = kind
    self.noun = noun
    self.identifier = identifier
    self.episode = episode
    self.agency = agency
    self.state = state
  }
}

/// Changes, and how far the record was read for them: most of it may be about others.
package struct Changes: Sendable, Equatable {
  package let list: [Change]
  package let reached: Int64
  package init(list: [Change], reached: Int64) {
    self.list = list
    self.reached = reached
  }
}
