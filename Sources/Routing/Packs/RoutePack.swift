/// One protocol as data: what `Routes/<pack>/pack.yaml` says, checked against the vocabulary.
package struct RoutePack: Sendable {
  package let id: String
  package let title: String
  package let source: String
  package let inForce: InForce
  package let parties: [String]
  package let scope: Condition
  package let gates: [Gate]
  package let rules: [Rule]
  /// Catalogue entries that are no message and no duty, with the reason.
  package let notMessages: [(entry: String, why: String)]
  /// SHA-256 of the pack's text, in hexadecimal: a decision can be replayed with the pack that made it.
  package var contentHash: String
}

/// London dates between which a pack holds; `until` is the first day on which it no longer does.
package struct InForce: Sendable, Equatable {
  package let from: CivilDate?
  package let until: CivilDate?

  package func contains(_ date: CivilDate) -> Bool {
    if let from, date < from { return false }
    if let until, date >= until { return false }
    return true
  }
}

/// Messages to this role wait for a person's decision while the condition holds.
package struct Gate: Sendable {
  package let role: Role
  package let section: String
  package let when: Condition
  package let decidedBy: Role?
}

/// One duty of the text: what sets it off, when it holds, and what it makes owed. A class, like `TellRule` and `Role`, so
/// that deciding passes references about instead of copying every text of every rule.
package final class Rule: Sendable {
  package let id: String
  package let pack: String
  package let sections: [String]
  package let covers: [String]
  package let says: String
  package let events: [String]
  package let when: Condition
  package let tells: [TellRule]
  package let duty: DutyRule?
  package let isNote: Bool
  package let isOptional: Bool
  /// One citation a section.
  package let citations: [Citation]
  package let line: Int

  init(
    id: String, pack: String, sections: [String], covers: [String], says: String, events: [String],
    when: Condition, tells: [TellRule], duty: DutyRule?, isNote: Bool, isOptional: Bool, citations: [Citation],
    line: Int
  ) {
    self.id = id
    self.pack = pack
    self.sections = sections
    self.covers = covers
    self.says = says
    self.events = events
    self.when = when
    self.tells = tells
    self.duty = duty
    self.isNote = isNote
    self.isOptional = isOptional
    self.citations = citations
    self.line = line
  }
}

/// A recipient that a rule names.
package final class TellRule: Sendable {
  package let target: Target
  package let share: ShareSet
  package let urgency: Urgency
  package let by: Deadline?
  package let confirm: Confirmation
  package let mode: TellMode
  package let replay: Bool

  init(
    target: Target, share: ShareSet, urgency: Urgency, by: Deadline?, confirm: Confirmation, mode: TellMode,
    replay: Bool
  ) {
    self.target = target
    self.share = share
    self.urgency = urgency
    self.by = by
    self.confirm = confirm
    self.mode = mode
    self.replay = replay
  }
}

/// Whom a tell or a duty is for.
package struct Target: Sendable {
  package let role: Role
  package let relation: Relation
  /// Used instead of `relation` when somebody looks after the child.
  package let relationIfLookedAfter: Relation?
  package let when: Condition
}

package struct DutyRule: Sendable {
  package let name: String
  package let holders: [Target]
  package let by: Deadline?
  package let target: Deadline?
  package let fulfilledBy: [String]
}

/// A span and where it starts.
package struct Deadline: Sendable, Equatable {
  package let span: Span
  /// An instant in the event's data, as a path; nil means the event's own time.
  package let from: [String]?
}

/// Where in a protocol a line comes from.
package struct Citation: Hashable, Sendable {
  package let pack: String
  package let section: String
  package let rule: String
  package init(pack: String, section: String, rule: String) {
    self.pack = pack
    self.section = section
    self.rule = rule
  }
}

/// How soon a message has to leave, from the most to the least pressing.
package enum Urgency: Int, Sendable, Comparable, CaseIterable {
  case immediate, prompt, routine, digest
  package static func < (a: Urgency, b: Urgency) -> Bool { a.rawValue < b.rawValue }
  package var name: String { String(describing: self) }
  package init?(name: String) {
    guard let match = Urgency.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// What counts as having told somebody, from the weakest to the strongest evidence.
package enum Confirmation: Int, Sendable, Comparable, CaseIterable {
  case accepted, delivered, read, acknowledged
  package static func < (a: Confirmation, b: Confirmation) -> Bool { a.rawValue < b.rawValue }
  package var name: String { String(describing: self) }
  package init?(name: String) {
    guard let match = Confirmation.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// `invite` and `consult` leave when the meeting is called; `refer` is a message like any other.
package enum TellMode: String, Sendable, CaseIterable {
  case message, invite, consult, refer
}

/// How the agency of a role is found (vocabulary, "relations").
package enum Relation: String, Sendable, CaseIterable {
  case area, responsible, holding, parties
  case lastSeen = "last-seen"
  case foundIn = "found-in"
  case destination
}
