package import Routing

/// What the ledger writes after an attempt: state, next due time, receipt, alarm and audit together.
package struct Settlement: Sendable {
  package let notification: String
  package let fence: Int64
  package let state: NotificationState
  /// When it is tried again; nil when it is settled for good.
  package let due: Instant?
  package let delivery: DeliveryProgress
  package let attempt: AttemptRecord
  package let receipt: Receipt?
  package private(set) var alarms: [Alarm]
  /// What has become known of the endpoint that was called.
  package var endpoint: EndpointNews?
  /// Where the next attempt goes.
  package let destination: String?

  /// What has to be reached from now on, if that is more than before.
  package var demands: Confirmation?
  /// Milliseconds after which somebody looks, if no clock runs yet; a call card has all of this time whatever ran before.
  package var lookWithin: Int64?

  /// When somebody looks, where nothing else happens; nil: nobody has to. `running` is the clock so far, `within` what a
  /// step has, in milliseconds. A next way and a call card have all of their time.
  package func look(running: Instant?, within: Int64, demand: Confirmation, at now: Instant) -> Instant? {
    if endsCheck(demand) { return nil }
    switch state {
    case .queued: return running.map { max($0, now.advanced(byMilliseconds: within)) }
    case .held: return lookWithin.map { now.advanced(byMilliseconds: $0) }
    default: return running ?? lookWithin.map { now.advanced(byMilliseconds: $0) }
    }
  }

  /// Nothing more is asked of anybody: it has come as far as it has to, or nobody is left who could take it.
  package func endsCheck(_ demand: Confirmation) -> Bool {
    state.meets(max(demand, demands ?? .accepted)) || state == .failed || state == .held && lookWithin == nil
  }
}

/// One attempt as it is kept.
package struct AttemptRecord: Sendable, Equatable {
  package let number: Int
  package let at: Instant
  package let milliseconds: Int64
  package let channel: String
  package let result: String
  /// The remote side's words.
  package let words: String
  package init(number: Int, at: Instant, milliseconds: Int64, channel: String, result: String, words: String) {
    self.number = number
    self.at = at
    self.milliseconds = milliseconds
    self.channel = channel
    self.result = result
    self.words = words
  }
}

extension Settlement {
  /// Decides what an outcome means for a leased notification, at an endpoint that has failed like `failing` so far. Pure.
  package static func after(
    _ outcome: Outcome, _ lease: Lease, failing: FailingEndpoint? = nil, startedAt: Instant, now: Instant,
    using random: inout some RandomNumberGenerator
  ) -> Settlement {
    let news = EndpointNews.of(outcome, lease, failing: failing, at: now)
    var settlement = decided(outcome, lease, news, startedAt, now, &random)
    settlement.endpoint = news
    settlement.alarms = settlement.alarms.map { $0.marked(lease.notification.isExercise) }
    return settlement
  }

  private static func decided(
    _ outcome: Outcome, _ lease: Lease, _ news: EndpointNews?, _ startedAt: Instant, _ now: Instant,
    _ random: inout some RandomNumberGenerator
  ) -> Settlement {
    let notification = lease.notification
    var progress = lease.delivery
    progress.attempts += 1
    progress.tries += 1
    let channel =
      notification.channels.indices.contains(progress.channelIndex)
      ? notification.channels[progress.channelIndex] : nil
    func attempt(_ result: String, _ words: String) -> AttemptRecord {
      AttemptRecord(
        number: progress.attempts, at: startedAt, milliseconds: now.milliseconds - startedAt.milliseconds,
        channel: channel?.name ?? "none", result: result, words: words)
    }
    switch outcome {
    case .accepted(let receipt):
      progress.takenChannels |= 1 << UInt64(progress.channelIndex)
      return Settlement(
        notification: notification.id, fence: lease.fence, state: .accepted, due: nil, delivery: progress,
        attempt: attempt("accepted", receipt.evidence), receipt: receipt, alarms: [],
        destination: nil)
    case .deferred(let fault, let retryAfter):
      if case .closes(let closing) = news {
        return rejected(notification, lease, progress, fault, attempt("rejected", closing.reason), now, closing)
      }
      return deferred(
        notification, lease, progress, fault, retryAfter, attempt("deferred", fault.description), now, &random)
    case .waiting(let receipt):
      return waiting(notification, lease, progress, receipt, attempt("waiting", receipt.evidence))
    case .rejected(let fault):
      return rejected(notification, lease, progress, fault, attempt("rejected", fault.description), now, news?.closing)
    }
  }

  private static func deferred(
    _ notification: Notification, _ lease: Lease, _ progress: DeliveryProgress, _ fault: Fault, _ retryAfter: Int?,
    _ attempt: AttemptRecord, _ now: Instant, _ random: inout some RandomNumberGenerator
  ) -> Settlement {
    var progress = progress
    if let createdAt = lease.createdAt, now.seconds - createdAt.seconds > RetryPolicy.patience {
      return givenUp(notification, lease, progress, fault, attempt)
    }
    let pause = RetryPolicy.pause(
      afterTry: progress.tries, urgency: notification.urgency, isPressing: notification.isPressing,
      retryAfter: retryAfter, using: &random)
    // Every way that the ladder has come to is tried in turn, but for the telephone: nobody rings twice because a server
    // is slow.
    if progress.rung > 0,
      let next = progress.nextChannel(of: progress.rung + 1, where: { notification.channels[$0].name != "manual" })
    {
      progress.channelIndex = next
    }
    // A server that cannot be trusted is told to people at once: it may be put right, or be somebody else's.
    let alarms =
      [.tls, .privacy].contains(fault.code)
      ? [Alarm(kind: .insecure, identifier: notification.id, text: "nothing has left (\(fault)); it is tried again")]
      : []
    return Settlement(
      notification: notification.id, fence: lease.fence, state: .deferred, due: now.advanced(byMilliseconds: pause),
      delivery: progress, attempt: attempt, receipt: nil, alarms: alarms,
      destination: notification.channels[progress.channelIndex].destination,
      lookWithin: notification.checkAt == nil && !progress.isOverdue ? notification.within : nil)
  }

  /// Somebody has to ring: the card lies on the desk until they take it, and what it says has to be delivered.
  private static func waiting(
    _ notification: Notification, _ lease: Lease, _ progress: DeliveryProgress, _ receipt: Receipt,
    _ attempt: AttemptRecord
  ) -> Settlement {
    let patience = CallCard.patience(urgency: notification.urgency, isPressing: notification.isPressing)
    return Settlement(
      notification: notification.id, fence: lease.fence, state: .held, due: nil, delivery: progress, attempt: attempt,
      receipt: receipt,
      alarms: [
        Alarm(
          kind: .held, identifier: notification.id,
          text: "\(notification.role) has to be rung: take the call card within \(patience / 60) minutes")
      ], destination: nil, demands: .delivered, lookWithin: patience * 1000)
  }

  /// Nobody has taken it for as long as Waypost is patient: people have to.
  private static func givenUp(
    _ notification: Notification, _ lease: Lease, _ progress: DeliveryProgress, _ fault: Fault, _ attempt: AttemptRecord
  ) -> Settlement {
    let text =
      "given up after \(RetryPolicy.patience / 86400) days of trying (\(fault)); tell the recipient another way"
    return Settlement(
      notification: notification.id, fence: lease.fence, state: .failed, due: nil, delivery: progress, attempt: attempt,
      receipt: nil, alarms: [Alarm(kind: .failed, identifier: notification.id, text: text)],
      destination: nil)
  }

  private static func rejected(
    _ notification: Notification, _ lease: Lease, _ progress: DeliveryProgress, _ fault: Fault,
    _ attempt: AttemptRecord, _ now: Instant, _ closing: EndpointClosing?
  ) -> Settlement {
    let refused =
      notification.channels.indices.contains(progress.channelIndex)
      ? notification.channels[progress.channelIndex] : nil
    var progress = progress
    let next = progress.close(of: notification.channels.count)
    // What cannot be kept private is not lost but kept back: a person decides.
    let end: NotificationState =
      lease.delivery.hasTaken(otherThan: lease.delivery.channelIndex)
      ? .accepted : fault.code == .privacy ? .held : .failed
    var alarms = [
      Alarm(
        kind: fault.code == .privacy ? .insecure : .failed, identifier: notification.id,
        text: (fault.code == .privacy
          ? "nothing has left (\(fault)); " : "\(refused?.name ?? "no channel") refused for good (\(fault)); ")
          + (next == nil ? "no other channel is left" : "the next channel is tried"))
    ]
    if let closing {
      let owner = closing.notice.map { "its owner is told by \($0.channels[0].name)" }
      alarms.append(
        Alarm(
          kind: .endpointGone, identifier: notification.id,
          text: "\(Channel.host(ofEndpoint: closing.url)) is switched off: \(closing.reason); "
            + (owner ?? "its owner has no other channel: tell them")))
    }
    return Settlement(
      notification: notification.id, fence: lease.fence, state: next == nil ? end : .queued,
      due: next == nil ? nil : now, delivery: progress, attempt: attempt, receipt: nil, alarms: alarms,
      destination: next.map { notification.channels[$0].destination })
  }
}

extension Channel {
  /// What is switched off when the other side answers 410: one URL.
  package var endpoint: String? { if case .webhook(let webhook) = self { webhook.url } else { nil } }

  /// The name of the secret that a webhook's two sides share; nil where it is signed with the gateway's own key alone.
  package var sharedSecret: String? { if case .webhook(let webhook) = self { webhook.secret } else { nil } }
}
