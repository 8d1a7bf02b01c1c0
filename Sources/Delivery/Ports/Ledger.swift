package import Routing

/// Durable state. Every verb that changes something is one transaction: all of it is on disk, or none.
///
/// A second engine implements exactly this; the conformance tests run on each.
package protocol Ledger: Sendable {
  // The way of an event.
  /// What is known before a decision, with the versions that `accept` will check.
  func known(_ question: KnownQuestion) async throws -> Known
  /// Writes the event and everything it makes owed. `stale` when the child or episode changed since `known`.
  func accept(_ acceptance: Acceptance) async throws -> AcceptResult
  /// Takes due notifications for a courier. A lease that is not settled by `until` is given out again.
  func lease(_ request: LeaseRequest) async throws -> [Lease]
  /// Writes what an attempt came to. False, and nothing written, if the lease has passed to somebody else.
  func settle(_ settlement: Settlement) async throws -> Bool
  /// Takes back every lease, for a gateway that starts and knows that no other holds any. Gives how many there were.
  func reclaimLeases(at now: Instant) async throws -> Int
  /// When there is something to lease next; nil if nothing is waiting.
  func nextDue(excluding destinations: Set<String>) async throws -> Instant?
  /// Lets what is due lose no time by waiting for destinations that rest: clocks run as after an attempt, what is pressing
  /// goes to its next channel within a minute, and what has other channels to take turns with goes to one that does not
  /// rest. Counts no attempt. Gives how many messages it has touched.
  func keepMoving(past resting: Set<String>, at now: Instant) async throws -> Int

  // Receipts.
  /// Keeps a receipt that came in by itself, and does what follows from it; the same one again changes nothing.
  func receive(_ report: ReceiptReport, at now: Instant) async throws -> ReceiptResult
  /// Records that somebody has taken a message on. False if the notification was never on its way or was taken back.
  func acknowledge(_ notification: String, _ acknowledgement: Acknowledgement, at now: Instant) async throws -> Bool
  /// In the order in which they came; the first says when it was queued.
  func receipts(of notification: String) async throws -> [ReceiptRecord]
  /// Receipts of the notifications in `scope`, after the one numbered `sequence`.
  func receipts(after sequence: Int64, scope: Scope, limit: Int) async throws -> [ReceiptRecord]
  /// Counts a mail that came back, by what it was.
  func tally(_ answer: String, at now: Instant) async throws
  func tallies() async throws -> [String: Int]

  // The call desk.
  /// Somebody will ring. False if the card does not lie there any more.
  func takeCall(_ notification: String, by person: String, at now: Instant) async throws -> Bool
  func endCall(_ notification: String, _ ending: CallEnding, by person: String, at now: Instant) async throws -> Bool

  // One-time codes, by their hash.
  /// False, and nothing written, if another one was made for the same mailbox a moment ago.
  func issueCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> Bool
  func redeemCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> CodeResult

  // Time.
  /// Notifications that nobody has confirmed and duties that nobody has fulfilled by their time, each taken one step on;
  /// at most `limit` of each.
  func takeOverdue(at now: Instant, limit: Int) async throws -> Overdue
  /// Timers that are due, the earliest first. With a subject: those of it that were due before `now`.
  func dueTimers(at now: Instant, subject: String?, limit: Int) async throws -> [TimerRecord]
  /// Ends a timer that made nothing owed, or sets it to its next firing. False if somebody else has moved it.
  func pass(_ firing: Firing, at now: Instant, why: String, alarm: Alarm?) async throws -> Bool
  /// Makes the calendar's timers those given: new ones start, others end, those that are the same keep their time.
  func keepCalendar(_ entries: [CalendarEntry], at now: Instant) async throws
  /// When there is something for time to do next; nil if nothing is waiting.
  func nextDeadline() async throws -> Instant?
  /// Episodes of an authority's children that were open or reported in the period, for reports.
  func episodes(of authority: String, in period: ReportPeriod) async throws -> [EpisodeFigure]

  // What people and systems look at.
  func event(_ id: String) async throws -> EventRecord?
  /// Events in the order they were accepted, each as it was sent, after the event `id` (from the first when nil).
  func events(after id: String?, limit: Int) async throws -> [(record: EventRecord, body: JSONValue)]
  func eventRecord(source: String, id: String) async throws -> EventRecord?
  func notification(_ id: String) async throws -> NotificationRecord?
  func notifications(_ filter: NotificationFilter) async throws -> [NotificationRecord]
  func attempts(of notification: String) async throws -> [AttemptRecord]
  func episode(_ reference: String) async throws -> EpisodeRecord?
  func duties(_ filter: DutyFilter) async throws -> [DutyRecord]
  func duty(_ id: String) async throws -> DutyRecord?
  func alarms(after sequence: Int64, limit: Int) async throws -> [AlarmRecord]
  func audit(of identifier: String) async throws -> [AuditEntry]
  /// The whole audit in its order, after the entry `sequence`.
  func audit(after sequence: Int64, limit: Int) async throws -> [AuditEntry]
  /// What happened after `sequence` to whatever is in `scope`; at most `limit` entries of the record are read for it.
  func changes(after sequence: Int64, scope: Scope, limit: Int) async throws -> Changes
  /// The newest place in the record; 0 while it is empty.
  func lastChange() async throws -> Int64
  func counts() async throws -> NotificationCounts
  /// Every message of a drill that became owed since then and was not taken back.
  func drillFigures(since: Instant) async throws -> [DrillFigure]
  /// Endpoints that are switched off, and those that fail.
  func endpoints() async throws -> [EndpointRecord]

  // What operators do.
  /// Moves a notification by hand; false if its state does not allow it.
  func act(_ action: OperatorAction, on notification: String, at now: Instant, by actor: String, reason: String)
    async throws -> Bool
  /// Switches an endpoint off; false if it is off already.
  func closeEndpoint(_ url: String, at now: Instant, by actor: String, reason: String) async throws -> Bool
  /// Switches an endpoint on again; false if it was not off.
  func openEndpoint(_ url: String, at now: Instant, by actor: String) async throws -> Bool
  /// Records that a person saw to a duty; late if its deadline has passed. False if it is not open.
  func completeDuty(_ id: String, at now: Instant, by actor: String, evidence: String) async throws -> Bool
  func raise(_ alarm: Alarm, at now: Instant) async throws
}

/// What a decision needs to know.
package struct KnownQuestion: Sendable {
  package let source: String
  package let eventID: String
  package let subject: String
  /// As the event names it; nil when it leaves the child out.
  package let child: String?
  package let aliases: [Alias]
  /// An earlier event that this one takes back.
  package let retracts: Alias?
  /// When the event happened, or now if that lies ahead: timers of the subject that were due before have to fire first.
  package let time: Instant
  /// What drills say of children is known to drills only.
  package let isExercise: Bool

  package struct Alias: Sendable, Hashable {
    package let source: String
    package let id: String
    package init(source: String, id: String) {
      self.source = source
      self.id = id
    }
  }

  package init(
    source: String, eventID: String, subject: String, child: String?, aliases: [Alias], retracts: Alias? = nil,
    time: Instant = Instant(milliseconds: .min), isExercise: Bool = false
  ) {
    self.source = source
    self.eventID = eventID
    self.subject = subject
    self.child = child
    self.aliases = aliases
    self.retracts = retracts
    self.time = time
    self.isExercise = isExercise
  }
}

/// What is known about a child and an episode.
package struct Known: Sendable {
  /// The child's id after aliases; nil if neither the event nor the subject names a child.
  package var child: String?
  package var childData: JSONValue
  package var childVersion: Int64
  package var episodeData: JSONValue
  package var episodeVersion: Int64
  package var history: EpisodeHistory
  /// The child's other reported episodes.
  package var others: [OtherEpisode]
  package var told: [ToldRecord]
  /// The event that this one takes back, with every message of it.
  package var retracted: (event: EventRecord, notifications: [NotificationRecord])?
  /// The answer already given for this (source, id).
  package var answered: EventRecord?
  /// A timer of the subject was due before the event happened and has not fired yet.
  package var hasLateTimers: Bool
  /// Only drills have spoken of the episode; nil: nobody has.
  package var isDrillEpisode: Bool?
  /// Only drills have spoken of the child; nil: nobody has. What they said is not in the answer to a real event.
  package var isDrillChild: Bool?

  package init(
    child: String?, childData: JSONValue, childVersion: Int64, episodeData: JSONValue, episodeVersion: Int64,
    history: EpisodeHistory, others: [OtherEpisode] = [], told: [ToldRecord],
    retracted: (event: EventRecord, notifications: [NotificationRecord])? = nil, answered: EventRecord?,
    hasLateTimers: Bool = false, isDrillEpisode: Bool? = nil, isDrillChild: Bool? = nil
  ) {
    self.child = child
    self.childData = childData
    self.childVersion = childVersion
    self.episodeData = episodeData
    self.episodeVersion = episodeVersion
    self.history = history
    self.others = others
    self.told = told
    self.retracted = retracted
    self.answered = answered
    self.hasLateTimers = hasLateTimers
    self.isDrillEpisode = isDrillEpisode
    self.isDrillChild = isDrillChild
  }
}

/// Another reported episode of the child, with `episode.risk` as it is last known.
package struct OtherEpisode: Sendable, Hashable {
  package let reportedAt: Instant
  package let risk: String?
  package init(reportedAt: Instant, risk: String?) {
    self.reportedAt = reportedAt
    self.risk = risk
  }
}

/// Somebody told in an episode, by name.
package struct ToldRecord: Sendable, Hashable {
  package let role: String
  package let relation: String
  package let agency: String?
  package init(role: String, relation: String, agency: String?) {
    self.role = role
    self.relation = relation
    self.agency = agency
  }
}

/// One event with everything it makes owed, ready to be written.
package struct Acceptance: Sendable {
  package let eventID: String
  package let event: Event
  package let digest: String
  package let sender: String
  package let learnedAt: Instant
  package let child: String
  package let aliases: [KnownQuestion.Alias]
  package let childData: JSONValue
  package let childVersion: Int64
  package let episodeData: JSONValue
  package let episodeVersion: Int64
  package let history: EpisodeHistory
  package let plan: String
  package let warnings: [String]
  package let notifications: [Notification]
  package let duties: [OwedDuty]
  /// Rules whose duties in this episode have come to their end.
  package let endedRules: [String]
  /// Rules whose duties stood only while the child was missing.
  package let lapsedRules: [String]
  /// Timers that start or start anew.
  package let timers: [TimerStart]
  /// Rules whose timers in this episode stop.
  package let stoppedRules: [String]
  /// The timer that set this off; nil for an event that was sent.
  package let firing: Firing?
  /// The event that is taken back: its duties are cancelled.
  package let retracted: String?
  /// Its messages that are not to be sent (again).
  package let superseded: [Superseded]
  package let alarms: [Alarm]
}

/// A message that is stopped, if nothing has happened to it since the decision.
package struct Superseded: Sendable, Equatable {
  package let id: String
  package let attempts: Int
  package init(id: String, attempts: Int) {
    self.id = id
    self.attempts = attempts
  }
}

package enum AcceptResult: Sendable {
  case accepted
  /// The same (source, id) was written before.
  case duplicate(EventRecord)
  /// Somebody else changed the child or the episode in the meantime: decide again.
  case stale
  /// The timer that set this off has fired or been stopped already; nothing was written.
  case gone
}

/// A clock that runs.
package struct TimerRecord: Sendable, Equatable {
  package let sequence: Int64
  /// The episode; for the calendar the party.
  package let subject: String
  package let rule: String
  package let pack: String
  package let part: TimerPart
  /// The duty that a reminder or a rung is about; otherwise empty.
  package let about: String
  /// The event that started it; empty for the calendar.
  package let event: String
  package let sender: String
  package let startedAt: Instant
  /// The firing that comes next, counted from 1.
  package let number: Int
  package let due: Instant
  package let isExercise: Bool
  package init(
    sequence: Int64, subject: String, rule: String, pack: String, part: TimerPart, about: String, event: String,
    sender: String, startedAt: Instant, number: Int, due: Instant, isExercise: Bool
  ) {
    self.sequence = sequence
    self.subject = subject
    self.rule = rule
    self.pack = pack
    self.part = part
    self.about = about
    self.event = event
    self.sender = sender
    self.startedAt = startedAt
    self.number = number
    self.due = due
    self.isExercise = isExercise
  }
}

/// A timer that fires, and when it fires next; nil: this was the last time.
package struct Firing: Sendable, Equatable {
  package let timer: TimerRecord
  package let next: Instant?
  package init(timer: TimerRecord, next: Instant?) {
    self.timer = timer
    self.next = next
  }
}

/// A report of the calendar for one party, and when it is due first.
package struct CalendarEntry: Sendable, Hashable {
  package let rule: String
  package let pack: String
  package let party: String
  package let due: Instant
  package init(rule: String, pack: String, party: String, due: Instant) {
    self.rule = rule
    self.pack = pack
    self.party = party
    self.due = due
  }
}

package struct LeaseRequest: Sendable {
  package let limit: Int
  package let now: Instant
  package let until: Instant
  /// How many more attempts each destination may have open; destinations not named may have `usualRoom`.
  package let room: [String: Int]
  package let usualRoom: Int
  package init(limit: Int, now: Instant, until: Instant, room: [String: Int] = [:], usualRoom: Int = .max) {
    self.limit = limit
    self.now = now
    self.until = until
    self.room = room
    self.usualRoom = usualRoom
  }
}

/// The right to attempt one notification until the lease runs out. `fence` rises with every lease given.
package struct Lease: Sendable {
  package let notification: Notification
  package let fence: Int64
  package let delivery: DeliveryProgress
  /// When the notification became owed, or was last sent on its way by hand; nil where nobody knows.
  package let createdAt: Instant?
  /// Its place among all that its recipient was owed; nil where that is nobody's desk.
  package let number: RecipientNumber?
  package init(
    notification: Notification, fence: Int64, delivery: DeliveryProgress, createdAt: Instant? = nil,
    number: RecipientNumber? = nil
  ) {
    self.number = number
    self.notification = notification
    self.fence = fence
    self.delivery = delivery
    self.createdAt = createdAt
  }
}

/// Deadlines that have just passed.
package struct Overdue: Sendable {
  package let alarms: [Alarm]
  /// Notifications that go to another channel or contact now.
  package let moved: Int
  /// There were as many as were asked for: there may be more.
  package let isFull: Bool
  package init(alarms: [Alarm], moved: Int, isFull: Bool) {
    self.alarms = alarms
    self.moved = moved
    self.isFull = isFull
  }
}
