package import Delivery
package import Routing

/// The ladder of one message in words: who is asked in turn, by which channel, and where it stands (decision 0010).
///
/// Guarantee: pure, and the same steps in the same order as the gateway takes them.
package struct EpisodeLadder: Sendable, Equatable {
  package enum Fate: String, Sendable, CaseIterable {
    /// The step that it stands on.
    case here
    /// The next hop has it, and it went on because nobody confirmed.
    case taken
    case asked
    case refused
    case ahead
    /// It was confirmed before this step.
    case spared

    package var words: String {
      switch self {
      case .here: "it stands here"
      case .taken: "took the message, did not confirm it"
      case .asked: "was asked"
      case .refused: "refused the message"
      case .ahead: "not asked yet"
      case .spared: "did not have to be asked"
      }
    }
  }

  package struct Step: Sendable, Equatable {
    package let whom: String
    package let channel: String
    package let fate: Fate
    package init(whom: String, channel: String, fate: Fate) {
      self.whom = whom
      self.channel = channel
      self.fate = fate
    }
  }

  package let notification: String
  package let steps: [Step]
  /// It has come as far as it has to, or a later message has taken its place.
  package let isSettled: Bool
  /// Nobody is left to ask, and nobody has confirmed.
  package let isExhausted: Bool

  /// Nil for a message that climbs no ladder: nobody has to confirm it, or it was stopped, or there is nobody to ask.
  /// `isOvertaken`: a later message of the same recipient has taken the demand over.
  package init?(
    _ record: NotificationRecord, isOvertaken: Bool = false, whom: (Int) -> String, channel: (Channel) -> String
  ) {
    let (own, progress) = (record.notification, record.delivery)
    let isStopped = [.cancelled, .superseded, .unroutable].contains(record.state)
    guard !own.channels.isEmpty, !isStopped, own.confirm > .accepted || progress.rung > 0 else { return nil }
    let isConfirmed = record.state.meets(own.confirm)
    notification = own.id
    isSettled = isConfirmed || isOvertaken
    isExhausted = !isSettled && record.isOverdue && own.checkAt == nil && Escalation.after(record) == .exhausted
    steps = own.channels.indices.map { index in
      func holds(_ bits: UInt64) -> Bool { index < 64 && bits & (1 << UInt64(index)) != 0 }
      let fate: Fate =
        if index == progress.channelIndex {
          .here
        } else if holds(progress.closedChannels) {
          .refused
        } else if holds(progress.takenChannels) {
          .taken
        } else if index <= progress.rung {
          .asked
        } else {
          isConfirmed || isOvertaken ? .spared : .ahead
        }
      return Step(whom: whom(index), channel: channel(own.channels[index]), fate: fate)
    }
  }

  package init(notification: String, steps: [Step], isSettled: Bool = false, isExhausted: Bool = false) {
    self.notification = notification
    self.steps = steps
    self.isSettled = isSettled
    self.isExhausted = isExhausted
  }

  /// Where it stands, in a sentence.
  package var standing: String {
    guard let index = steps.firstIndex(where: { $0.fate == .here }) else { return "It has not begun." }
    let place = "step \(index + 1) of \(steps.count), \(steps[index].whom) by \(steps[index].channel)"
    if isSettled { return "It ended on \(place)." }
    if isExhausted { return "It stands on \(place), and nobody is left to ask. Ring the recipient." }
    return "It stands on \(place)."
  }
}
