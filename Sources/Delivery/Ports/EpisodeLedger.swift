package import Routing

/// What is on record about an episode, for whoever looks at it as a whole. A port of its own: nothing of a message's way
/// needs it.
package protocol EpisodeLedger: Sendable {
  /// The whole episode as it stood at one moment, in a fixed number of questions however many messages it has. For a
  /// scope that is limited only its messages and duties with what belongs to them, and nil where there are none: such an
  /// episode looks like one that is not there.
  func account(of reference: String, scope: Scope) async throws -> EpisodeAccount?
}

/// An episode with everything that came of it. Whatever concerns nobody in the scope that it was asked for is empty.
package struct EpisodeAccount: Sendable {
  package let reference: String
  package let isExercise: Bool
  package let reportedAt: Instant?
  package let endedAt: Instant?
  /// Not found, returned or closed since it was last reported.
  package let isOpen: Bool
  /// What is known of the child, without the photograph; empty where only real events or only drills may speak of it.
  package let childData: JSONValue
  package let episodeData: JSONValue
  /// Every event about the child in the order they were accepted, those of other episodes among them, each as it was sent
  /// but for the photograph.
  package let childEvents: [(record: EventRecord, body: JSONValue)]
  /// In the order they became owed, without their words.
  package let notifications: [NotificationRecord]
  package let duties: [DutyRecord]
  /// By notification, each in the order they came.
  package let receipts: [String: [ReceiptRecord]]
  package let attempts: [String: [AttemptRecord]]
  /// Clocks that run in the episode.
  package let timers: [TimerRecord]
  package let alarms: [AlarmRecord]
  /// Lines about the episode, its events, notifications and duties, in their order.
  package let audit: [AuditEntry]

  package init(
    reference: String, isExercise: Bool, reportedAt: Instant?, endedAt: Instant?, isOpen: Bool,
    childData: JSONValue = [:], episodeData: JSONValue = [:],
    childEvents: [(record: EventRecord, body: JSONValue)] = [], notifications: [NotificationRecord],
    duties: [DutyRecord], receipts: [String: [ReceiptRecord]], attempts: [String: [AttemptRecord]],
    timers: [TimerRecord] = [], alarms: [AlarmRecord], audit: [AuditEntry]
  ) {
    self.reference = reference
    self.isExercise = isExercise
    self.reportedAt = reportedAt
    self.endedAt = endedAt
    self.isOpen = isOpen
    self.childData = childData
    self.episodeData = episodeData
    self.childEvents = childEvents
    self.notifications = notifications
    self.duties = duties
    self.receipts = receipts
    self.attempts = attempts
    self.timers = timers
    self.alarms = alarms
    self.audit = audit
  }

  /// The episode's own events.
  package var events: [(record: EventRecord, body: JSONValue)] { childEvents.filter { $0.record.subject == reference } }
}
