package import Routing

/// What the ledger answers when it is asked: plain rows, one type a noun.
package struct EventRecord: Sendable, Equatable {
  package let id: String
  package let source: String
  package let sourceID: String
  package let digest: String
  package let type: String
  package let time: Instant
  package let learnedAt: Instant
  package let subject: String
  package let child: String
  package let sender: String
  package let plan: String
  package let warnings: [String]
  package let notificationCount: Int

  package init(
    id: String, source: String, sourceID: String, digest: String, type: String, time: Instant, learnedAt: Instant,
    subject: String, child: String, sender: String, plan: String, warnings: [String], notificationCount: Int
  ) {
    self.id = id
    self.source = source
    self.sourceID = sourceID
    self.digest = digest
    self.type = type
    self.time = time
    self.learnedAt = learnedAt
    self.subject = subject
    self.child = child
    self.sender = sender
    self.plan = plan
    self.warnings = warnings
    self.notificationCount = notificationCount
  }
}

package struct NotificationRecord: Sendable {
  package let notification: Notification
  package let state: NotificationState
  package let delivery: DeliveryProgress
  package let due: Instant?
  package let createdAt: Instant
  package let settledAt: Instant?
  package let isOverdue: Bool
  /// An attempt is being made right now.
  package let isUnderWay: Bool
  package init(
    notification: Notification, state: NotificationState, delivery: DeliveryProgress, due: Instant?,
    createdAt: Instant, settledAt: Instant?, isOverdue: Bool, isUnderWay: Bool
  ) {
    self.notification = notification
    self.state = state
    self.delivery = delivery
    self.due = due
    self.createdAt = createdAt
    self.settledAt = settledAt
    self.isOverdue = isOverdue
    self.isUnderWay = isUnderWay
  }
}

/// How many notifications are in each state; drills are counted apart.
package struct NotificationCounts: Sendable, Equatable {
  package var real: [NotificationState: Int]
  package var drills: [NotificationState: Int]
  package init(real: [NotificationState: Int] = [:], drills: [NotificationState: Int] = [:]) {
    self.real = real
    self.drills = drills
  }

  package var isEmpty: Bool { real.isEmpty && drills.isEmpty }
}

package struct NotificationFilter: Sendable {
  package var event: String?
  package var episode: String?
  package var scope: Scope
  package var states: Set<NotificationState>?
  /// Only call cards.
  package var onDesk = false
  /// Only notifications after this one, in the order they were accepted.
  package var after: String?
  package var limit: Int
  package init(
    event: String? = nil, episode: String? = nil, scope: Scope = .everything, states: Set<NotificationState>? = nil,
    after: String? = nil, limit: Int = 100
  ) {
    self.event = event
    self.episode = episode
    self.scope = scope
    self.states = states
    self.after = after
    self.limit = limit
  }
}

package struct EpisodeRecord: Sendable {
  package let reference: String
  package let child: String
  package let reportedAt: Instant?
  package let endedAt: Instant?
  package let events: [EventRecord]
  package init(reference: String, child: String, reportedAt: Instant?, endedAt: Instant?, events: [EventRecord]) {
    self.reference = reference
    self.child = child
    self.reportedAt = reportedAt
    self.endedAt = endedAt
    self.events = events
  }
}

/// A duty of a plan, ready to be written.
package struct OwedDuty: Sendable {
  package let id: String
  package let duty: Duty
  package init(id: String, duty: Duty) {
    self.id = id
    self.duty = duty
  }
}

package struct DutyRecord: Sendable {
  package let id: String
  package let event: String
  package let episode: String
  package let name: String
  package let role: String
  package let relation: String
  package let agency: String?
  package let by: Instant?
  package let target: Instant?
  package let state: DutyState
  package let fulfilledAt: Instant?
  /// Its deadline passed while it was open; stays so whatever becomes of it.
  package let wasOverdue: Bool
  package let citations: [Citation]
  package init(
    id: String, event: String, episode: String, name: String, role: String, relation: String, agency: String?,
    by: Instant?, target: Instant?, state: DutyState, fulfilledAt: Instant?, wasOverdue: Bool, citations: [Citation]
  ) {
    self.id = id
    self.event = event
    self.episode = episode
    self.name = name
    self.role = role
    self.relation = relation
    self.agency = agency
    self.by = by
    self.target = target
    self.state = state
    self.fulfilledAt = fulfilledAt
    self.wasOverdue = wasOverdue
    self.citations = citations
  }
}

/// `late` is a duty fulfilled after its deadline; it stays late for ever. `cancelled`: the event behind it was wrong, or it
/// was owed only while the child was missing.
package enum DutyState: String, Sendable, CaseIterable {
  case open, overdue, fulfilled, late, cancelled
}

package struct DutyFilter: Sendable {
  package var event: String?
  package var episode: String?
  package var scope: Scope
  package var openOnly: Bool
  package var limit: Int
  package init(
    event: String? = nil, episode: String? = nil, scope: Scope = .everything, openOnly: Bool = false, limit: Int = 100
  ) {
    self.event = event
    self.episode = episode
    self.scope = scope
    self.openOnly = openOnly
    self.limit = limit
  }
}

/// Something an operator has to look at. The text holds identifiers and reasons, never personal data.
package struct Alarm: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case unroutable, failed, overdue, held, unconfirmed, delayed, insecure
    /// A channel failed its last probes; a certificate that it needs is about to expire.
    case unreachable, expiring
    /// Mail that comes back cannot be read: nobody hears of what failed.
    case answersSilent = "answers-silent"
    /// A recipient's system has not taken the day's heartbeat.
    case heartbeatFailed = "heartbeat-failed"
    /// A webhook is switched off.
    case endpointGone = "endpoint-gone"
    /// A timer was due whose rule is no longer there.
    case timerLost = "timer-lost"
    /// An approved change of a desk does not fit the directory's files any more, and is left out.
    case changeMisfit = "change-misfit"
  }
  package let kind: Kind
  /// The notification, duty or recipient concerned, or what was probed.
  package let identifier: String
  package let text: String
  package init(kind: Kind, identifier: String, text: String) {
    self.kind = kind
    self.identifier = identifier
    self.text = text
  }
}

package struct AlarmRecord: Sendable {
  package let sequence: Int64
  package let at: Instant
  package let alarm: Alarm
  package init(sequence: Int64, at: Instant, alarm: Alarm) {
    self.sequence = sequence
    self.at = at
    self.alarm = alarm
  }
}

/// Evidence about a notification as it is kept.
package struct ReceiptRecord: Sendable, Equatable {
  /// The place in the one stream of receipts.
  package let sequence: Int64
  package let notification: String
  package let at: Instant
  package let receipt: Receipt
  package init(sequence: Int64, notification: String, at: Instant, receipt: Receipt) {
    self.sequence = sequence
    self.notification = notification
    self.at = at
    self.receipt = receipt
  }
}

/// One line of the record that proves what happened.
package struct AuditEntry: Sendable, Equatable {
  package let sequence: Int64
  package let at: Instant
  package let kind: String
  package let identifier: String
  package let detail: String
  package init(sequence: Int64, at: Instant, kind: String, identifier: String, detail: String) {
    self.sequence = sequence
    self.at = at
    self.kind = kind
    self.identifier = identifier
    self.detail = detail
  }
}

/// A system that may send events, and what it is limited to. Empty lists mean no limit.
package struct Sender: Sendable, Equatable {
  package let name: String
  package let authorities: [String]
  /// Event types with `*` standing for anything, for example `missing.*`.
  package let types: [String]
  /// Agencies for which it answers: it may acknowledge their messages and complete their duties.
  package let agencies: [String]
  package init(name: String, authorities: [String], types: [String], agencies: [String] = []) {
    self.name = name
    self.authorities = authorities
    self.types = types
    self.agencies = agencies
  }

  /// Whether it may answer for whoever was told because of `sender`'s event. A key of an agency answers for its desks, never
  /// for a family. A key without any limit answers for whoever its own events reach, one with authorities for those
  /// authorities themselves.
  package func mayAnswer(for agency: String?, _ role: String, toldBy sender: String) -> Bool {
    if let desk = Recipient(agency: agency, role: role), agencies.contains(desk.agency) { return true }
    guard agencies.isEmpty, sender == name else { return false }
    return authorities.isEmpty && types.isEmpty || agency.map(authorities.contains) ?? false
  }

  package func maySend(type: String) -> Bool { types.isEmpty || types.contains { Sender.matches(type, glob: $0) } }

  package func maySend(forAny authorities: [String]) -> Bool {
    self.authorities.isEmpty || authorities.isEmpty || authorities.contains(where: self.authorities.contains)
  }

  static func matches(_ type: String, glob: String) -> Bool {
    let pattern = glob.hasPrefix(Event.typePrefix) ? String(glob.dropFirst(Event.typePrefix.count)) : glob
    guard let star = pattern.firstIndex(of: "*") else { return pattern == type }
    let head = pattern[..<star]
    let tail = pattern[pattern.index(after: star)...]
    return type.utf8.count >= head.utf8.count + tail.utf8.count && type.hasPrefix(head) && type.hasSuffix(tail)
  }
}

/// What an operator can do to a notification by hand.
package enum OperatorAction: String, Sendable, CaseIterable {
  case retry, cancel, hold, release
}

/// What came of a one-time code.
package enum CodeResult: Sendable, Equatable {
  case valid
  /// So many tries are left.
  case wrong(Int)
  /// There is none, it is too old, or it was tried too often: another one has to be asked for.
  case spent

  /// Seconds for which a code can be used.
  package static let lifetime: Int64 = 900
  /// Seconds before another code is sent to the same mailbox.
  package static let pause: Int64 = 60
  package static let tries = 5
}
