/// The dictionary that packs, events, cases and the directory are written in (`Routes/vocabulary.yaml`).
///
/// Guarantee: immutable after loading; every name has a small index, so that rules are decided on integers.
package struct Vocabulary: Sendable {
  package let events: Set<String>
  package let facts: [FactDefinition]
  package let roles: [Role]
  package let relations: Set<String>
  package let duties: Set<String>
  package let shareGroups: [String]

  private let factIndex: [String: Int]
  private let roleIndex: [String: Role]

  package init(
    events: Set<String>, facts: [FactDefinition], roles: [Role], relations: Set<String>, duties: Set<String>,
    shareGroups: [String]
  ) {
    self.events = events
    self.facts = facts
    self.roles = roles
    self.relations = relations
    self.duties = duties
    self.shareGroups = shareGroups
    factIndex = Dictionary(uniqueKeysWithValues: facts.enumerated().map { ($1.name, $0) })
    roleIndex = Dictionary(uniqueKeysWithValues: roles.map { ($0.name, $0) })
  }

  package func fact(_ name: String) -> (slot: Int, definition: FactDefinition)? {
    factIndex[name].map { ($0, facts[$0]) }
  }

  package func role(_ name: String) -> Role? { roleIndex[name] }

  /// The share set of these group names, or the first name that is none.
  package func share(_ names: [String]) -> Result<ShareSet, UnknownWord> {
    var set = ShareSet()
    for name in names {
      guard let index = shareGroups.firstIndex(of: name) else {
        return .failure(UnknownWord(word: name, near: shareGroups.nearest(to: name)))
      }
      set.insert(ShareSet(rawValue: 1 << UInt32(index)))
    }
    return .success(set)
  }

  package func names(of share: ShareSet) -> [String] {
    shareGroups.enumerated().filter { share.contains(ShareSet(rawValue: 1 << UInt32($0.offset))) }.map(\.element)
  }
}

/// A word that the vocabulary does not know, with the nearest one that it does.
package struct UnknownWord: Error, Equatable {
  package let word: String
  package let near: String?
}

/// Somebody who can be told or can owe a duty. Two roles are the same when their index is.
package final class Role: Hashable, Sendable, CustomStringConvertible {
  package let index: Int
  package let name: String
  /// The vocabulary's heading: police, childrens-services, placing-host, iro, health, school, care, family, national,
  /// partnership.
  package let category: String
  let finding: Finding

  /// How the agency behind a role is found.
  enum Finding: Sendable {
    case byArea, bySchool, byPlacement
    /// Only a person named in the event.
    case byName
  }

  package init(index: Int, name: String, category: String) {
    self.index = index
    self.name = name
    self.category = category
    switch category {
    case "school": finding = name.hasPrefix("school") ? .bySchool : .byArea
    case "care": finding = .byPlacement
    case "family": finding = .byName
    default: finding = .byArea
    }
  }
  package var description: String { name }
  package static func == (a: Role, b: Role) -> Bool { a.index == b.index }
  package func hash(into hasher: inout Hasher) { hasher.combine(index) }
}

/// Groups of fields that a message may carry.
package struct ShareSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One fact that rules may test.
package struct FactDefinition: Sendable {
  package let name: String
  package let domain: FactDomain
  /// `["child", "placement", "kind"]`: where it stands in an event's data.
  package let path: [String]
  /// Worked out by the gateway, never stated by a sender.
  package var isDerived: Bool { FactDefinition.derivedNames.contains(name) }

  package init(name: String, domain: FactDomain) {
    self.name = name
    self.domain = domain
    path = name.split(separator: ".").map(String.init)
  }

  /// Contract: "every fact that is not marked derived" is read from the event.
  static let derivedNames: Set<String> = [
    "child.lookedAfter", "child.placedByOther", "child.placedOutOfArea", "child.crossBoundary", "child.age",
    "episode.open", "episode.hoursOpen", "episodes.total", "episodes.last30Days", "episodes.last90Days",
    "clock.officeHours",
  ]
}

/// The values a fact can take; finite wherever the vocabulary lists them.
package enum FactDomain: Hashable, Sendable {
  case flag
  case authority
  case integer
  case number
  case oneOf([String])
  case setOf([String])

  /// What a fact is when nobody has stated it (contract, "Events").
  var unstatedValue: FactValue {
    switch self {
    case .flag: return .flag(false)
    case .setOf: return .choices(0)
    case .authority, .integer, .number: return .unstated
    case .oneOf(let values):
      for word in ["unassessed", "unknown", "none", "no"] {
        if let index = values.firstIndex(of: word) { return .choice(UInt8(index)) }
      }
      return .unstated
    }
  }
}

extension Sequence<String> {
  /// The word nearest to `word` by edit distance, if any is near enough to be worth suggesting.
  package func nearest(to word: String) -> String? {
    let scored = map { (word: $0, distance: editDistance($0, word)) }
    guard let best = scored.min(by: { ($0.distance, $0.word) < ($1.distance, $1.word) }) else { return nil }
    return best.distance <= Swift.max(2, word.count / 3) ? best.word : nil
  }
}

/// Levenshtein distance.
func editDistance(_ a: String, _ b: String) -> Int {
  let right = Array(b.utf8)
  var row = Array(0...right.count)
  for (i, x) in a.utf8.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in right.enumerated() {
      let above = row[j + 1]
      row[j + 1] = Swift.min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
      diagonal = above
    }
  }
  return row[right.count]
}
