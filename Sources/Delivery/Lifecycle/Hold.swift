package import Routing

/// Why a message is held. Pure.
///
/// Guarantee: what waits for a person to judge whether telling may harm is told from every other hold. Only a gate holds a
/// message that nobody has ever tried or touched: every other hold is on record in the message's own audit.
package enum Hold: Sendable, Equatable {
  /// Telling may harm: a person has to decide.
  case judgement
  /// Somebody has to ring.
  case call
  /// No way that is left is private enough.
  case privacy
  case byHand

  /// `kinds` are those of the message's own audit, in order; nil for a message that is not held.
  package init?(_ record: NotificationRecord, audit kinds: [String]) {
    guard record.state == .held else { return nil }
    if CallCard(record) != nil {
      self = .call
      return
    }
    let hand = "operator-\(OperatorAction.hold.rawValue)"
    switch kinds.last(where: { $0 == hand || $0 == NotificationState.held.rawValue }) {
    case hand?: self = .byHand
    case nil: self = record.delivery.attempts == 0 ? .judgement : .byHand
    default: self = .privacy
    }
  }
}

/// What the plan of its event says of one message: the one line of it that made the message owed.
package struct PlannedTell: Sendable, Equatable {
  /// The groups of fields that it shares.
  package let share: [String]
  /// The desk that took it for a role without one.
  package let via: String?
  /// The section by which a person decides, and the role that the protocol gives the decision to; nil without a gate.
  package let gate: (section: String, decidedBy: String?)?

  /// `plan` is the event's, as it is kept. Nil where it has no such line.
  package init?(_ plan: JSONValue, of own: Notification) {
    let line = (plan["tells"]?.items ?? []).first { line in
      line["role"]?.text == own.role && line["of"]?.text == own.relation && line["agency"]?.text == own.agency
        && line["contact"]?.text == own.contact
    }
    guard let line else { return nil }
    share = (line["share"]?.items ?? []).compactMap(\.text)
    via = line["via"]?.text
    gate = line["held"].map { ($0["section"]?.text ?? "", $0["decidedBy"]?.text) }
  }

  package static func == (a: PlannedTell, b: PlannedTell) -> Bool {
    a.share == b.share && a.via == b.via && a.gate?.section == b.gate?.section
      && a.gate?.decidedBy == b.gate?.decidedBy
  }
}
