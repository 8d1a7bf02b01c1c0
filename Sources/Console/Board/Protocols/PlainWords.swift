package import Routing

/// The vocabulary of the packs in plain English: events, facts, places, shares and the instants of reports. Roles, duties
/// and spans of time have the words that all of the board uses (`RoleWords`, `DutyWords`, `TimeWords`).
///
/// Guarantee: pure, and total: a word that has no entry here is said with its hyphens and capitals taken apart, so that a
/// vocabulary that grows is never silent.
package struct PlainWords: Sendable {
  package let vocabulary: Vocabulary
  private let headline: @Sendable (String) -> String?

  /// `headline` is what an event is about, as a sentence without a full stop.
  package init(vocabulary: Vocabulary, headline: @escaping @Sendable (String) -> String?) {
    self.vocabulary = vocabulary
    self.headline = headline
  }

  /// `a child has been reported missing`, to follow a `when`.
  func event(_ name: String) -> String { headline(name).map { $0.loweringFirst } ?? EnglishWords.apart(name) }

  /// The same as a sentence of its own.
  func eventTitle(_ name: String) -> String { event(name).raisingFirst }

  // Who.

  /// The role with its place, where the place tells one from another: there is one national unit, and a child has one
  /// family, school and placement.
  static func who(_ role: String, _ category: String, _ place: String) -> String {
    ["national", "family", "care", "placing-host"].contains(category) || role.hasPrefix("school")
      ? RoleWords.name(role) : "\(RoleWords.name(role)), \(place)"
  }

  /// Whose, to follow a role.
  static func relation(_ relation: Relation) -> String {
    switch relation {
    case .area: "where the child lives"
    case .responsible: "of the authority that looks after the child"
    case .holding: "of the authority that holds the case"
    case .parties: "of each authority of the protocol"
    case .lastSeen: "where the child was last seen"
    case .foundIn: "where the child was found"
    case .destination: "of the area that the report names"
    }
  }

  /// What a message may carry: `who the child is, the risk`.
  func shared(_ share: ShareSet) -> [String] {
    vocabulary.names(of: share).map { PlainWords.shares[$0] ?? EnglishWords.apart($0) }
  }

  private static let shares = [
    "status": "where things stand", "identity": "who the child is", "description": "a description",
    "photograph": "a photograph", "circumstances": "the circumstances",
    "last-seen": "when and where the child was last seen", "risk": "the risk", "medical": "health",
    "associates": "people the child is with", "placement": "the placement", "history": "earlier episodes",
    "education": "school", "legal": "legal status", "plan": "plans and services",
    "interview-outcome": "what the return interview found", "contact-details": "addresses and people to contact",
  ]

  /// An instant that reports carry, to follow an `of` or an `after`.
  static func instant(_ path: [String]) -> String {
    instants[path.joined(separator: ".")] ?? EnglishWords.apart(path.joined(separator: " "))
  }

  private static let instants = [
    "episode.lastSeen.at": "the time when the child was last seen",
    "episode.awaySince": "the time when the child went away",
    "episode.missingSince": "the time when the child went missing",
    "placement.startsAt": "the start that is planned for the placement",
    "placement.startedAt": "the start of the placement", "placement.endsAt": "the end of the placement",
    "interview.heldAt": "the return interview", "meeting.at": "the meeting",
  ]
}
