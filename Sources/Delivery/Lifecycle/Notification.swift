package import Routing

/// One message owed to one recipient, rendered when it became owed. What it says never changes.
package struct Notification: Sendable {
  package let id: String
  package let event: String
  package let eventType: String
  package let episode: String
  package let role: String
  package let relation: String
  package let agency: String?
  package let contact: String?
  package let channels: [Channel]
  package let urgency: Urgency
  /// The child is at high risk, or the text says at once: attempts never rest longer than a minute.
  package let isPressing: Bool
  /// How far it has to come before nobody needs to be asked any more.
  package let confirm: Confirmation
  /// How long each step of the ladder has, in milliseconds.
  package let within: Int64
  package let by: Instant?
  /// When it is first looked at whether the message has come as far as it has to; nil: no clock runs.
  package let checkAt: Instant?
  package let notBefore: Instant?
  package let citations: [Citation]
  package let message: Message
  package let isExercise: Bool
  /// Contacts that are asked when the first one does not confirm, with the index of each one's first channel.
  package let standIns: [StandIn]
  package let initialState: NotificationState

  package init(
    id: String, event: String, eventType: String, episode: String, role: String, relation: String, agency: String?,
    contact: String?, channels: [Channel], urgency: Urgency, isPressing: Bool, confirm: Confirmation,
    within: Int64, by: Instant?, checkAt: Instant?, notBefore: Instant?, citations: [Citation], message: Message,
    isExercise: Bool, standIns: [StandIn] = [], initialState: NotificationState
  ) {
    self.id = id
    self.event = event
    self.eventType = eventType
    self.episode = episode
    self.role = role
    self.relation = relation
    self.agency = agency
    self.contact = contact
    self.channels = channels
    self.urgency = urgency
    self.isPressing = isPressing
    self.confirm = confirm
    self.within = within
    self.by = by
    self.checkAt = checkAt
    self.notBefore = notBefore
    self.citations = citations
    self.message = message
    self.isExercise = isExercise
    self.standIns = standIns
    self.initialState = initialState
  }

  /// Whom the channel at `index` reaches.
  package func contact(at index: Int) -> String? { standIns.last { $0.firstChannel <= index }?.label ?? contact }

  /// Messages with the same lane leave in the order they became owed: one recipient, one episode.
  package var lane: String { "\(episode)|\(agency ?? "")|\(role)|\(contact ?? "")" }
}

/// A desk of the same agency that is asked next.
package struct StandIn: Sendable, Equatable {
  package let label: String
  package let firstChannel: Int
  package init(label: String, firstChannel: Int) {
    self.label = label
    self.firstChannel = firstChannel
  }
}

/// The words of a notification, as the recipient gets them. `body` is the CloudEvent that webhooks carry and mail
/// attaches; the subject holds no personal data.
package struct Message: Sendable, Equatable {
  package let subject: String
  package let text: String
  package let html: String
  package let body: String
  /// A report as comma-separated values (RFC 4180), attached to mail; nil where the message is no report.
  package let csv: String?
  package init(subject: String, text: String, html: String, body: String, csv: String? = nil) {
    self.subject = subject
    self.text = text
    self.html = html
    self.body = body
    self.csv = csv
  }
}

/// Where a notification is on its way (contract, `GET /events/{id}`).
package enum NotificationState: String, Sendable, CaseIterable {
  case queued, scheduled, held, accepted, delivered, read, acknowledged, deferred, failed, cancelled, superseded
  case unroutable

  /// Somebody may still attempt it.
  package var isOpen: Bool { [.queued, .scheduled, .deferred].contains(self) }

  /// Legal moves by hand.
  package func allows(_ action: OperatorAction) -> Bool {
    switch action {
    case .retry: [.deferred, .failed, .queued, .scheduled].contains(self)
    case .cancel: isOpen || self == .held || self == .unroutable || self == .failed
    case .hold: isOpen
    case .release: self == .held
    }
  }
}

/// How far the attempts have come.
package struct DeliveryProgress: Sendable, Equatable {
  /// All attempts ever made.
  package var attempts: Int
  /// Attempts on the present channel, by which the pause grows.
  package var tries: Int
  package var channelIndex: Int
  /// Channels that refused for good, one bit each.
  package var closedChannels: UInt64
  package var isOverdue: Bool
  /// The farthest channel that the ladder has come to.
  package var rung: Int
  /// Channels by which somebody has taken it, one bit each: they are not sent it again.
  package var takenChannels: UInt64

  package init(
    attempts: Int = 0, tries: Int = 0, channelIndex: Int = 0, closedChannels: UInt64 = 0, isOverdue: Bool = false,
    rung: Int = 0, takenChannels: UInt64 = 0
  ) {
    self.takenChannels = takenChannels
    self.attempts = attempts
    self.tries = tries
    self.channelIndex = channelIndex
    self.closedChannels = closedChannels
    self.isOverdue = isOverdue
    self.rung = rung
  }

  package func hasTaken(otherThan index: Int) -> Bool { takenChannels & ~(1 << UInt64(index)) != 0 }

  /// The next channel after the present one that is still open and has not taken it, going round; nil if none is.
  package func nextChannel(of count: Int, where isWanted: (Int) -> Bool = { _ in true }) -> Int? {
    guard count > 0 else { return nil }
    return (1...count).lazy.map { (channelIndex + $0) % count }.first {
      (closedChannels | takenChannels) & (1 << UInt64($0)) == 0 && isWanted($0)
    }
  }
}

extension Channel {
  /// What a courier counts its open attempts and failures by: the recipient's mail domain, or the webhook's URL.
  package var destination: String {
    switch self {
    case .mail(let mail): "mail:" + (mail.address.split(separator: "@").last.map { $0.lowercased() } ?? "")
    case .webhook(let webhook): Channel.destination(ofEndpoint: webhook.url)
    case .drop(let folder, _): "drop:\(folder)"
    case .notify: "notify"
    case .phone: "manual"
    }
  }
}
