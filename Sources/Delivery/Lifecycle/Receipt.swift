import Routing

/// Evidence about a notification, whatever the channel: how far it came, who says so, and what they said.
///
/// Guarantee: `evidence` and `details` hold no content of a message. `details` are the headers and the machine-readable
/// part of a report, as they came, for whoever has to prove it later.
package struct Receipt: Sendable, Equatable {
  package let kind: ReceiptKind
  package let source: ReceiptSource
  /// The other side's words, in a line.
  package let evidence: String
  package let details: String
  /// Which of the notification's channels it speaks of; nil where nobody can tell.
  package let channel: Int?

  package init(
    _ kind: ReceiptKind, from source: ReceiptSource, _ evidence: String, details: String = "", channel: Int? = nil
  ) {
    self.kind = kind
    self.source = source
    self.evidence = evidence
    self.details = details
    self.channel = channel
  }
}

/// What a receipt says, from weak to strong; `relayed`, `delayed`, `failed` and `superseded` stand beside the ladder.
package enum ReceiptKind: String, Sendable, CaseIterable {
  case queued, accepted, delivered, read, acknowledged
  /// What somebody will do, and by when.
  case actionStated = "action-stated"
  /// A next hop that sends no reports has it. Not delivered.
  case relayed
  /// The next hop has it and cannot hand it on yet.
  case delayed
  case failed
  /// Whoever answered had been passed over, and was told so.
  case superseded

  /// The state that it proves; nil for what proves none.
  package var reaches: NotificationState? {
    switch self {
    case .accepted: .accepted
    case .delivered: .delivered
    case .read: .read
    case .acknowledged, .actionStated: .acknowledged
    case .queued, .relayed, .delayed, .failed, .superseded: nil
    }
  }
}

/// Who or what gave a receipt.
package enum ReceiptSource: String, Sendable, CaseIterable {
  case gateway, smtp, webhook, drop, notify
  /// Somebody who rang from a call card.
  case desk
  /// RFC 3464.
  case deliveryReport = "delivery-report"
  /// RFC 8098.
  case readReceipt = "read-receipt"
  /// RFC 2634.
  case signedReceipt = "signed-receipt"
  /// The page behind a link.
  case page
  /// A mail written by the contact.
  case reply
  /// A sender's or recipient's system.
  case api
  /// Somebody at this gateway's keyboard.
  case console
}

/// A receipt that came in by itself, and which notification it is about.
package struct ReceiptReport: Sendable, Equatable {
  package let notification: String
  package let receipt: Receipt
  /// RFC 3463, for `failed` and `delayed`.
  package let status: String?
  package init(notification: String, receipt: Receipt, status: String? = nil) {
    self.notification = notification
    self.receipt = receipt
    self.status = status
  }

  /// The same report a second time is the same text.
  package var digest: String {
    let receipt = self.receipt
    let parts = [
      notification, receipt.kind.rawValue, receipt.source.rawValue, receipt.channel.map(String.init) ?? "",
      status ?? "", receipt.evidence, receipt.details,
    ]
    return Identifiers.digest(Array(parts.joined(separator: "\u{0}").utf8))
  }
}

/// What became of a report.
package enum ReceiptResult: Sendable, Equatable {
  /// Kept, and the notification is in this state now; what people were alarmed of because of it.
  case recorded(NotificationState, alarms: [Alarm])
  case duplicate
  /// No such notification.
  case unknown
}

/// What a receipt that came in does to its notification. Pure.
///
/// Guarantee: a receipt never takes a notification back: evidence may come twice and in any order. Only the report that
/// the channel in use has failed sends it on its way again.
package enum ReceiptEffect: Sendable, Equatable {
  /// It is kept and changes nothing.
  case kept
  /// The notification has come that far.
  case reached(NotificationState)
  /// Nobody knows when it will arrive: from now on it has to be `delivered` within its time.
  case awaited
  /// The channel is closed for good; the next one is asked if there is one.
  case closed(DeliveryProgress, next: Int?)
  /// A channel that is not in use is closed.
  case closedAside(UInt64)
  /// The channel is tried again.
  case again

  package static func of(_ report: ReceiptReport, on record: NotificationRecord) -> ReceiptEffect {
    let receipt = report.receipt
    let isSettledOtherwise = [.cancelled, .superseded, .unroutable].contains(record.state)
    if isSettledOtherwise { return .kept }
    if let reached = receipt.kind.reaches {
      let isFarther =
        (reached.reached ?? .accepted) > (record.state.reached ?? .accepted) || record.state.reached == nil
      return isFarther ? .reached(reached) : .kept
    }
    let isInUse = receipt.channel == record.delivery.channelIndex
    switch receipt.kind {
    case .delayed: return record.state == .accepted && isInUse ? .awaited : .kept
    case .failed: return failed(report, record, isInUse)
    default: return .kept
    }
  }

  private static func failed(_ report: ReceiptReport, _ record: NotificationRecord, _ isInUse: Bool) -> ReceiptEffect {
    let isForGood = !(report.status ?? "5.0.0").hasPrefix("4.")
    let count = record.notification.channels.count
    guard isInUse else {
      guard isForGood, let channel = report.receipt.channel, channel < min(count, 64) else { return .kept }
      return .closedAside(1 << UInt64(channel))
    }
    // Somebody has it already, or it is being tried again as it is.
    guard record.state == .accepted else { return .kept }
    var progress = record.delivery
    let next = progress.close(of: count)
    // What failed for now after a server had tried for long goes another way where there is one.
    return next == nil && !isForGood ? .again : .closed(progress, next: next)
  }
}

extension DeliveryProgress {
  /// Closes the channel in use and goes to the next one that is open. Nil where none is.
  package mutating func close(of count: Int) -> Int? {
    closedChannels |= 1 << UInt64(channelIndex)
    takenChannels &= ~(1 << UInt64(channelIndex))
    let next = nextChannel(of: count)
    tries = 0
    channelIndex = next ?? channelIndex
    rung = max(rung, channelIndex)
    return next
  }
}
