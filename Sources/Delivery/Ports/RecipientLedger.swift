package import Routing

/// What each desk was owed, by number. A port of its own: a message finds its way without it.
///
/// Every verb first numbers what waits for the recipient and would have left by now, also where it is stuck behind an
/// endpoint that is dead: a recipient that asks learns of it.
package protocol RecipientLedger: Sendable {
  /// What the recipient was owed after `number`, in order: at most `limit` messages, and no more than come to `bytes` but
  /// for the first.
  func messages(
    of recipient: Recipient, after number: Int64, limit: Int, bytes: Int, at now: Instant
  ) async throws -> RecipientMessages
  /// The desks of these agencies that were ever owed a message or are sent a heartbeat, by id.
  func recipients(of agencies: [String], at now: Instant) async throws -> [RecipientRecord]
  /// Those of `recipients` whose last heartbeat was before `instant`. One that was not known counts from `now`.
  func heartbeatsDue(
    of recipients: [Recipient], before instant: Instant, at now: Instant
  ) async throws -> [RecipientRecord]
  /// A heartbeat has been sent, or given up.
  func endHeartbeat(of recipient: Recipient, at now: Instant) async throws
}

package struct RecipientRecord: Sendable, Equatable {
  package let recipient: Recipient
  /// The number of the last message; 0 for none.
  package let highest: Int64
  /// When the last heartbeat was sent or given up, or the desk became known.
  package let heartbeatAt: Instant
  package init(recipient: Recipient, highest: Int64, heartbeatAt: Instant) {
    self.recipient = recipient
    self.highest = highest
    self.heartbeatAt = heartbeatAt
  }
}

package struct RecipientMessages: Sendable {
  package let highest: Int64
  package let messages: [(number: Int64, record: NotificationRecord)]
  package init(highest: Int64, messages: [(number: Int64, record: NotificationRecord)]) {
    self.highest = highest
    self.messages = messages
  }
}

extension NotificationRecord {
  /// The recipient may read it by asking: it is on its way, or has come, or ought to have. Whatever was taken back, or waits
  /// for a person to decide, stays here; a call card only waits for somebody to ring.
  package var isForRecipient: Bool {
    switch state {
    case .cancelled, .superseded, .unroutable: false
    case .held: CallCard(self) != nil
    default: true
    }
  }
}
