/// One duty of the text: what sets it off, when it holds, and what it makes owed. A class, like `TellRule` and `Role`, so
/// that deciding passes references about instead of copying every text of every rule.
package final class Rule: Sendable {
  package let id: String
  package let pack: String
  package let sections: [String]
  package let covers: [String]
  package let says: String
  package let trigger: Trigger
  package let when: Condition
  /// At most once an episode. A count is so by nature.
  package let isOnce: Bool
  package let tells: [TellRule]
  package let duty: DutyRule?
  package let isNote: Bool
  package let isOptional: Bool
  /// One citation a section.
  package let citations: [Citation]
  package let line: Int
  /// The episode has to remember that this rule fired: it fires once, its clock starts with its first firing, or it has
  /// people to invite when the meeting is called.
  package let isRemembered: Bool

  init(
    id: String, pack: String, sections: [String], covers: [String], says: String, trigger: Trigger, when: Condition,
    isOnce: Bool, tells: [TellRule], duty: DutyRule?, isNote: Bool, isOptional: Bool, line: Int
  ) {
    self.id = id
    self.pack = pack
    self.sections = sections
    self.covers = covers
    self.says = says
    self.trigger = trigger
    self.when = when
    self.tells = tells
    self.duty = duty
    self.isNote = isNote
    self.isOptional = isOptional
    self.line = line
    citations = sections.map { Citation(pack: pack, section: $0, rule: id) }
    if case .count = trigger { self.isOnce = true } else { self.isOnce = isOnce }
    let clocks = tells.map(\.by) + [duty?.by, duty?.target]
    isRemembered =
      self.isOnce || clocks.contains { $0?.start == .firstFiring } || tells.contains { $0.mode.waitsForMeeting }
  }
}

/// A recipient that a rule names.
package final class TellRule: Sendable {
  package let target: Target
  package let share: ShareSet
  package let urgency: Urgency
  package let by: Deadline?
  package let notBefore: Span?
  package let confirm: Confirmation
  /// How long each step of the ladder has to bring the confirmation; nil: as `Routes/options.yaml` says.
  package let within: Span?
  package let mode: TellMode

  init(
    target: Target, share: ShareSet, urgency: Urgency, by: Deadline?, notBefore: Span?, confirm: Confirmation,
    within: Span?, mode: TellMode
  ) {
    self.target = target
    self.share = share
    self.urgency = urgency
    self.by = by
    self.notBefore = notBefore
    self.confirm = confirm
    self.within = within
    self.mode = mode
  }

  /// The same tell to somebody else, who may see at most `ceiling`.
  func to(_ target: Target, within ceiling: ShareSet) -> TellRule {
    TellRule(
      target: target, share: share.intersection(ceiling), urgency: urgency, by: by, notBefore: notBefore,
      confirm: confirm, within: within, mode: .message)
  }
}

/// Whom a tell or a duty is for.
package struct Target: Sendable {
  package let who: Who
  package let relation: Relation
  /// Used instead of `relation` when somebody looks after the child.
  package let relationIfLookedAfter: Relation?
  package let when: Condition

  package enum Who: Sendable {
    case role(Role)
    /// Everybody already told in the episode, families and these roles excepted.
    case everybodyTold(except: [Role])
  }

  package var role: Role? { if case .role(let role) = who { role } else { nil } }
}

package struct DutyRule: Sendable {
  package let name: String
  package let holders: [Target]
  package let by: Deadline?
  package let target: Deadline?
  package let fulfilledBy: [String]
  /// The duty is settled by the first later event of the episode after which this holds.
  package let endsWhen: Condition?
  /// So long before the deadline the holder is reminded.
  package let remind: [Span]
  /// Who hears, and how long after the deadline, while the duty is still not fulfilled.
  package let ladder: [Rung]
}

/// One step of the ladder that a duty climbs once its deadline has passed.
package struct Rung: Sendable {
  /// Counted from the deadline.
  package let after: Span
  package let tells: [TellRule]
}

/// A span and where it starts.
package struct Deadline: Sendable, Equatable {
  package let span: Span
  package let start: Start

  package enum Start: Sendable, Equatable {
    /// The event's own time.
    case event
    /// The first of these instants of the data that is stated; the event's time where none is.
    case data([[String]])
    /// When the rule first fired in the episode.
    case firstFiring
  }
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

  var waitsForMeeting: Bool { self == .invite || self == .consult }
}

/// How the agency of a role is found (vocabulary, "relations").
package enum Relation: String, Sendable, CaseIterable {
  case area, responsible, holding, parties
  case lastSeen = "last-seen"
  case foundIn = "found-in"
  case destination
}
