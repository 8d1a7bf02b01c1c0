/// Everything one event makes owed, each line with the sections that say so.
package struct Plan: Sendable {
  package var packs: [AppliedPack] = []
  package var tells: [Tell] = []
  package var duties: [Duty] = []
  package var notes: [Note] = []
  /// Timers that the event starts or sets anew, by rule.
  package var timers: [TimerStart] = []
  /// Ids of rules whose timers the event stops.
  package var stopped: [String] = []
  /// Ids of the remembered rules that fired.
  package var fired: [String] = []
  /// The event was taken back: its timers stop and its duties are no longer owed.
  package var retracted: Retraction?
  /// Ids of rules whose duties have come to their end, because what they limit no longer holds.
  package var ended: [String] = []
  /// Ids of rules whose duties stood only while the child was missing, and the child no longer is.
  package var lapsed: [String] = []
  package var purpose = Purpose.notice
  /// The duty that a reminder or an escalation is about.
  package var about: Duty?

  package init() {}
}

/// What the messages of a plan are for.
package enum Purpose: String, Sendable, CaseIterable {
  case notice, reminder, escalation, report
}

/// A clock that a rule of a pack runs in an episode.
package struct TimerStart: Sendable, Equatable {
  package let rule: String
  package let pack: String
  /// When it fires first.
  package let at: Instant
  /// Every further firing, in the rule's own words; nil where it fires once.
  package let every: Span?
  package let citations: [Citation]
}

/// Whom a clock was started for: the rule itself, a reminder of a duty, or a rung of a duty's ladder.
package enum TimerPart: Hashable, Sendable, CustomStringConvertible {
  case rule
  /// So long before the deadline.
  case reminder(Span)
  /// The index into the rule's ladder.
  case rung(Int)
  /// A report of the calendar, for one party.
  case calendar

  /// As ledgers keep it; `init(_:)` reads it back.
  package var description: String {
    switch self {
    case .rule: ""
    case .reminder(let span): "remind \(span)"
    case .rung(let number): "else \(number)"
    case .calendar: "calendar"
    }
  }

  package init?(_ text: String) {
    if text.isEmpty {
      self = .rule
    } else if text.hasPrefix("remind "), let span = Span(String(text.dropFirst(7))) {
      self = .reminder(span)
    } else if text == "calendar" {
      self = .calendar
    } else if text.hasPrefix("else "), let number = Int(text.dropFirst(5)) {
      self = .rung(number)
    } else {
      return nil
    }
  }
}

/// A reminder or a rung that waits for its time as long as the duty is not fulfilled.
package struct FollowUp: Sendable, Equatable {
  package let rule: String
  package let pack: String
  package let part: TimerPart
  package let at: Instant
}

/// A pack that applies, and why.
package struct AppliedPack: Sendable, Equatable {
  package let id: String
  package let contentHash: String
  package let because: [String]
}

/// One message owed to one recipient.
package struct Tell: Sendable {
  package var role: Role
  package var relation: Relation
  /// The agency's id; the authority's slug where the directory does not know it; nil where not even that is stated.
  package var agency: String?
  /// Nil: unroutable.
  package var contact: Contact?
  /// The latest time.
  package var by: Instant?
  package var confirm: Confirmation
  package var share: ShareSet
  package var citations: [Citation]
  package var urgency: Urgency
  /// The message must not leave earlier.
  package var notBefore: Instant?
  /// A person must decide first.
  package var gate: Gate?
  /// How long each step of the ladder has to bring the confirmation.
  package var within: Span?
  /// The wrong message that this one replaces or takes back.
  package var corrects: String?
  /// Only says that the earlier message was wrong.
  var isWithdrawal = false
}

/// Whom a tell reaches: a desk of the directory or a person named in the event.
package struct Contact: Sendable, Equatable {
  package init(label: String, channels: [Channel], via: Role?, isNamed: Bool) {
    self.label = label
    self.channels = channels
    self.via = via
    self.isNamed = isNamed
  }

  /// The desk's name, or the named person's.
  package let label: String
  package let channels: [Channel]
  /// The desk that took the message for a role without one.
  package let via: Role?
  /// Named in the event, not in the directory.
  package let isNamed: Bool
}

/// Something an agency must do.
package struct Duty: Sendable {
  package var name: String
  package var role: Role
  package var relation: Relation
  package var agency: String?
  package var by: Instant?
  package var target: Instant?
  package var fulfilledBy: [String]
  package var citations: [Citation]
  package var followUps: [FollowUp] = []

  package init(
    name: String, role: Role, relation: Relation, agency: String?, by: Instant?, target: Instant?,
    fulfilledBy: [String], citations: [Citation], followUps: [FollowUp] = []
  ) {
    self.name = name
    self.role = role
    self.relation = relation
    self.agency = agency
    self.by = by
    self.target = target
    self.fulfilledBy = fulfilledBy
    self.citations = citations
    self.followUps = followUps
  }

  /// Tells it from the other duties of its plan.
  package var key: String { "\(name)|\(role)|\(relation.rawValue)|\(agency ?? "")" }

  /// A duty that is owed at once gets a quarter of an hour before it counts as overdue.
  package func overdueAt(from start: Instant) -> Instant? {
    by.map { $0 > start ? $0 : start.advanced(bySeconds: 900) }
  }
}

/// Recorded with its section; nobody is told.
package struct Note: Sendable, Equatable {
  package let citation: Citation
  package let says: String
  package let because: String
}

/// A rule for this event that did not fire, and what kept it.
package struct NearMiss: Sendable, Equatable {
  package let citation: Citation
  package let says: String
  package let unmet: [Condition.Obstacle]
  /// `unmet` in words.
  package let obstacles: [String]
}
