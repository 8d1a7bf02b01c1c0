package import Routing

/// What happens when the time that a message had to be confirmed has passed. Pure.
///
/// Guarantee: a ladder only goes on, from channel to channel and from contact to contact up to the desk that is always
/// staffed; no step is taken twice or left out, and the last one is an alarm.
package enum Escalation: Sendable, Equatable {
  /// The next channel is asked; an index into all channels of all contacts, in the order in which they are asked.
  case move(toChannel: Int)
  /// There is nobody left to ask. What nobody has accepted yet goes on being tried.
  case exhausted

  package static func after(_ record: NotificationRecord) -> Escalation {
    let progress = record.delivery
    let later = record.notification.channels.indices.dropFirst(max(progress.rung, progress.channelIndex) + 1)
    return later.first { progress.closedChannels & (1 << UInt64($0)) == 0 }.map { .move(toChannel: $0) } ?? .exhausted
  }
}

extension NotificationState {
  /// How strong the evidence is; nil for states that are none.
  package var reached: Confirmation? {
    switch self {
    case .accepted: .accepted
    case .delivered: .delivered
    case .read: .read
    case .acknowledged: .acknowledged
    default: nil
    }
  }

  package func meets(_ demand: Confirmation) -> Bool { reached.map { $0 >= demand } ?? false }
}

/// That a person or a system has taken a message on, and what follows.
package struct Acknowledgement: Sendable, Equatable {
  /// Who says so: a name or an office, kept as evidence and never logged.
  package let by: String
  /// The key or the person at the keyboard that gave it.
  package let actor: String
  /// What they will do.
  package let willDo: String?
  /// By when. If it passes without another acknowledgement, the ladder goes on.
  package let until: Instant?
  package let source: ReceiptSource
  /// The channel by which the message had reached whoever answers; nil where nobody can tell.
  package let channel: Int?
  /// The headers of a reply that was proved to be the contact's, or nothing.
  package let details: String
  /// Names the statement: the same one again changes nothing. Nil: each counts.
  package let key: String?
  package init(
    by: String, actor: String, willDo: String?, until: Instant?, source: ReceiptSource = .console, channel: Int? = nil,
    details: String = "", key: String? = nil
  ) {
    self.key = key
    self.source = source
    self.channel = channel
    self.details = details
    self.by = by
    self.actor = actor
    self.willDo = willDo
    self.until = until
  }
}

extension NotificationRecord {
  /// Who was asked after whoever the message had reached by `channel`; nil if nobody was.
  package func successor(of channel: Int) -> String? {
    let asked = notification.contact(at: delivery.rung)
    return delivery.rung > channel && asked != notification.contact(at: channel) ? asked : nil
  }
}
