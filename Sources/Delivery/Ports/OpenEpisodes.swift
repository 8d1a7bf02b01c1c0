package import Routing

/// What the board lists; the ledger's own engine implements it beside `Ledger`.
package protocol OpenEpisodes: Sendable {
  /// The episodes of one view, the most pressing first, with the counts of every view. All of it is of one moment.
  func openEpisodes(_ filter: OpenEpisodeFilter) async throws -> OpenEpisodeList
  /// Alarms, the newest first; only those before the one numbered `sequence` where it is given.
  func alarms(before sequence: Int64?, limit: Int) async throws -> [AlarmRecord]
}

/// Which episodes are listed.
package enum EpisodeView: String, Sendable, CaseIterable {
  case open
  case alarm
  case highRisk = "high-risk"
  case unconfirmed = "not-confirmed"
  case overdue
  case ended
  case exercises
}

package struct OpenEpisodeFilter: Sendable {
  package var view: EpisodeView
  /// Somebody limited to agencies gets the episodes in which these were told or owe something, and of them nothing else:
  /// no risk, no name, nothing of others.
  package var scope: Scope
  package var now: Instant
  /// Whether the child's name and age are asked for.
  package var namesChildren: Bool
  package var offset: Int
  package var limit: Int

  package init(
    view: EpisodeView = .open, scope: Scope = .everything, now: Instant, namesChildren: Bool = false, offset: Int = 0,
    limit: Int = 50
  ) {
    self.view = view
    self.scope = scope
    self.now = now
    self.namesChildren = namesChildren
    self.offset = offset
    self.limit = limit
  }

  /// Seconds for which an episode that has ended is listed while something in it is not done.
  package static let endedFor: Int64 = 14 * 86400
  /// Seconds without news for which an episode that nobody has reported is listed though everything in it is done.
  package static let suspectedFor: Int64 = 14 * 86400
}

package struct OpenEpisodeList: Sendable {
  package let counts: [EpisodeView: Int]
  /// Those of the page asked for.
  package let episodes: [OpenEpisode]
  package init(counts: [EpisodeView: Int], episodes: [OpenEpisode]) {
    self.counts = counts
    self.episodes = episodes
  }
}

/// Where an episode stands among the others. What a message is unconfirmed by is said at `TellGroup.unconfirmed`.
package struct EpisodeStanding: Sendable, Equatable {
  package let reference: String
  package let isExercise: Bool
  /// When it was reported; until then, when the child was first thought to be missing.
  package let begunAt: Instant
  /// Nobody has reported a child missing who may be.
  package var isReported = true
  /// Nothing has been heard for long of an episode that nobody has reported.
  package var isQuiet = false
  package let hasEnded: Bool
  /// `episode.risk` as it is last known; nil also where it is not for this reader.
  package let risk: String?
  /// Messages that have not come as far as they have to.
  package var unconfirmed = 0
  /// Of those, how many are past their time, or cannot be delivered.
  package var late = 0
  /// Of those, how many are pressing.
  package var pressingLate = 0
  package var overdueDuties = 0
  /// The earliest time to come at which a message or a duty becomes overdue, or the next contact is asked.
  package var next: Instant?

  package init(reference: String, isExercise: Bool, begunAt: Instant, hasEnded: Bool, risk: String?) {
    self.reference = reference
    self.isExercise = isExercise
    self.begunAt = begunAt
    self.hasEnded = hasEnded
    self.risk = risk
  }

  /// A message of a child at high risk, or one that is pressing by itself, is not confirmed in its time.
  package var isAlarm: Bool { risk == "high" ? late > 0 : pressingLate > 0 }

  /// Whether it stands in a view. What is an exercise stands in its own and in no other.
  package func belongs(to view: EpisodeView) -> Bool {
    if isQuiet, unconfirmed == 0, overdueDuties == 0 { return false }
    if isExercise { return view == .exercises && !hasEnded }
    if hasEnded { return view == .ended && (unconfirmed > 0 || overdueDuties > 0) }
    switch view {
    case .open: return true
    case .alarm: return isAlarm
    case .highRisk: return risk == "high"
    case .unconfirmed: return unconfirmed > 0
    case .overdue: return late > 0 || overdueDuties > 0
    case .ended, .exercises: return false
    }
  }

  package mutating func note(_ instant: Instant?) {
    guard let instant else { return }
    next = next.map { min($0, instant) } ?? instant
  }

  /// Alarms first, then by risk, then what is least confirmed, then whose deadline comes next.
  package func comes(before other: EpisodeStanding) -> Bool {
    if isAlarm != other.isAlarm { return isAlarm }
    if rank != other.rank { return rank < other.rank }
    if unconfirmed != other.unconfirmed { return unconfirmed > other.unconfirmed }
    let (own, its) = (next?.milliseconds ?? .max, other.next?.milliseconds ?? .max)
    if own != its { return own < its }
    return (begunAt, reference) < (other.begunAt, other.reference)
  }

  /// Nobody has judged a risk that is not stated: it comes before what has been judged to be small.
  private var rank: Int {
    switch risk {
    case "high": 0
    case "medium": 1
    case nil, "unassessed": 2
    case "low": 3
    default: 4
    }
  }
}

/// How far a message has come, as every page says and counts it.
///
/// Whoever was told, was told: by whatever way the next system or a person took it, as long as it has not come back, it
/// stays told while other ways are tried or a call card waits.
package enum TellGroup: Int, Sendable, CaseIterable {
  /// Nobody has taken it, and nothing goes on by itself: failed, unroutable, held for a person or to be rung.
  case notTold
  /// Nobody has taken it yet.
  case onTheWay
  /// Taken, and more is demanded: delivered, read or acknowledged.
  case unconfirmed
  case told
  case acknowledged

  /// Nil for what was taken back. `isTaken`: by some channel; `isUnconfirmed`: more is demanded; `isCall`: it lies on the
  /// call desk, or somebody is ringing.
  package init?(_ state: NotificationState, isTaken: Bool, isUnconfirmed: Bool, isCall: Bool) {
    switch state {
    case .failed, .unroutable: self = .notTold
    case .held: self = isTaken ? .unconfirmed : .notTold
    case .queued, .scheduled, .deferred: self = isTaken ? .unconfirmed : .onTheWay
    case .accepted where isCall && isUnconfirmed && !isTaken: self = .onTheWay
    case .accepted, .delivered, .read: self = isUnconfirmed ? .unconfirmed : .told
    case .acknowledged: self = .acknowledged
    case .cancelled, .superseded: return nil
    }
  }

  package var isTold: Bool { self != .notTold && self != .onTheWay }
}

extension NotificationRecord {
  /// Nil for what was taken back.
  package var tellGroup: TellGroup? {
    TellGroup(
      state, isTaken: delivery.takenChannels != 0,
      isUnconfirmed: !state.meets(notification.confirm) && (notification.checkAt != nil || isOverdue),
      isCall: CallCard(self) != nil)
  }
}

/// One episode as its card on the board shows it.
package struct OpenEpisode: Sendable {
  package let standing: EpisodeStanding
  package var child: EpisodeChild?
  package var groups: [TellGroup: ToldGroup] = [:]
  /// Overdue ones first, then by their deadline.
  package var duties: [OpenDuty] = []
  /// When the reader's own agencies were first to be told; nil for readers who are not limited.
  package var firstTold: Instant?
  package init(_ standing: EpisodeStanding) { self.standing = standing }
}

package struct EpisodeChild: Sendable, Equatable {
  package let given: String?
  package let family: String?
  package let dateOfBirth: CivilDate?
  package init(given: String?, family: String?, dateOfBirth: CivilDate?) {
    self.given = given
    self.family = family
    self.dateOfBirth = dateOfBirth
  }
}

/// Messages that have come equally far, and to whom they go.
package struct ToldGroup: Sendable, Equatable {
  package var messages = 0
  /// Each recipient once; the first few have a message to look at.
  package var recipients: [ToldRecipient] = []
  package init() {}
}

package struct ToldRecipient: Sendable, Equatable {
  package let role: String
  package let agency: String?
  package var isLate: Bool
  /// A call card of one of the messages waits, or is in somebody's hand.
  package var isToBeRung: Bool
  /// The newest message of the group to this recipient; nil where it is not among the first few.
  package var message: String?
  package init(role: String, agency: String?, isLate: Bool, isToBeRung: Bool = false, message: String? = nil) {
    self.role = role
    self.agency = agency
    self.isLate = isLate
    self.isToBeRung = isToBeRung
    self.message = message
  }
}

package struct OpenDuty: Sendable, Equatable {
  package let id: String
  package let name: String
  package let role: String
  package let agency: String?
  package let by: Instant?
  package let isOverdue: Bool
  package init(id: String, name: String, role: String, agency: String?, by: Instant?, isOverdue: Bool) {
    self.id = id
    self.name = name
    self.role = role
    self.agency = agency
    self.by = by
    self.isOverdue = isOverdue
  }
}
