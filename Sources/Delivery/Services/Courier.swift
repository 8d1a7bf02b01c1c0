package import Logging
package import Routing

/// Takes due notifications from the ledger, attempts each over its channel, and settles what came of it.
///
/// Guarantee: at least once. A notification is settled in the transaction that records its outcome; whatever is lost
/// before that is leased again when the lease runs out, with the same id. A slow or dead destination holds at most its
/// own window of attempts and delays nobody else.
package actor Courier {
  private let ledger: any Ledger
  private let transports: [String: any Transport]
  private let time: any TimeSource
  private let outbox: Signal
  private let logger: Logger
  private let limits: Limits
  private var random: any RandomNumberGenerator & Sendable
  private var windows: [String: DestinationWindow] = [:]
  private var closed: Set<String> = []
  /// Endpoints may have been closed, or opened again by an operator.
  private var mustReread = true
  private var active = 0

  package struct Limits: Sendable {
    /// Attempts open at a time, over all destinations.
    package var active: Int
    /// Notifications leased at a time.
    package var batch: Int
    /// How long a lease lasts, in seconds; longer than any transport's own timeout.
    package var lease: Int64
    package init(active: Int = 512, batch: Int = 128, lease: Int64 = 180) {
      self.active = active
      self.batch = batch
      self.lease = lease
    }
  }

  package init(
    ledger: any Ledger, transports: [any Transport], time: any TimeSource, outbox: Signal, logger: Logger,
    limits: Limits = Limits(), random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.ledger = ledger
    self.transports = Dictionary(transports.map { ($0.channel, $0) }, uniquingKeysWith: { first, _ in first })
    self.time = time
    self.outbox = outbox
    self.logger = logger
    self.limits = limits
    self.random = random
  }

  /// Runs until the task is cancelled; attempts already begun are finished and settled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        do {
          try await round(&group)
        } catch {
          logger.error("the ledger does not answer", metadata: ["error": "\(error)"])
          await time.wait(for: outbox, until: time.now().advanced(bySeconds: 1))
        }
      }
    }
  }

  private func round(_ group: inout DiscardingTaskGroup) async throws {
    guard limits.active > active else { return await outbox.wait() }
    let leases = try await take()
    if leases.isEmpty {
      let full = Set(windows.filter { $0.value.room == 0 }.keys)
      let due = try await ledger.nextDue(excluding: full) ?? lookAgain
      return await time.wait(for: outbox, until: min(due, lookAgain))
    }
    for lease in leases { group.addTask { await self.attempt(lease) } }
  }

  /// Leases what is due and there is room for. Each lease is to be given to `conclude`.
  package func take() async throws -> [Lease] {
    if mustReread {
      closed = try await ledger.closedDestinations()
      mustReread = false
    }
    let now = time.now()
    let leases = try await ledger.lease(
      LeaseRequest(
        limit: min(limits.active - active, limits.batch), now: now, until: now.advanced(bySeconds: limits.lease),
        room: windows.mapValues(\.room), usualRoom: DestinationWindow().room))
    if leases.isEmpty { mustReread = true }
    for lease in leases {
      windows[lease.destination, default: DestinationWindow()].begin()
      active += 1
    }
    return leases
  }

  /// Other processes write to the ledger too (`waypost queue`), and they cannot fire the signal.
  private var lookAgain: Instant { time.now().advanced(bySeconds: 2) }

  private func attempt(_ lease: Lease) async {
    let started = time.now()
    let outcome = await deliver(lease, at: started)
    do { _ = try await conclude(lease, outcome, startedAt: started) } catch {
      // The lease runs out and the notification is attempted again under the same id.
      logger.error("could not settle", metadata: ["notification": "\(lease.notification.id)", "error": "\(error)"])
    }
    outbox.fire()
  }

  /// Settles what an attempt came to. False, and nothing written, if the lease has passed to somebody else. Throws the
  /// ledger's errors.
  package func conclude(_ lease: Lease, _ outcome: Outcome, startedAt started: Instant) async throws -> Bool {
    let success =
      switch outcome {
      case .accepted, .waiting: true
      case .deferred, .rejected: false
      }
    let settlement = Settlement.after(outcome, lease, startedAt: started, now: time.now(), using: &random)
    windows[lease.destination]?.end(success: success)
    if windows[lease.destination]?.isFresh ?? false { windows[lease.destination] = nil }
    active -= 1
    if settlement.closesDestination != nil { mustReread = true }
    let isSettled = try await ledger.settle(settlement)
    report(settlement, isSettled)
    return isSettled
  }

  package func deliver(_ lease: Lease, at instant: Instant) async -> Outcome {
    guard let channel = lease.channel else {
      return .rejected(Fault(.configuration, "the notification has no channel"))
    }
    if let endpoint = channel.endpoint, closed.contains(endpoint) {
      return .rejected(Fault(.refused, "the endpoint is switched off since it answered 410"))
    }
    guard let transport = transports[channel.name] else {
      return .rejected(Fault(.configuration, "this gateway has no transport for \(channel.name)"))
    }
    return await transport.deliver(
      Dispatch(
        notification: lease.notification, channel: channel, channelIndex: lease.delivery.channelIndex,
        attempt: lease.delivery.attempts + 1, at: instant, number: lease.number))
  }

  private func report(_ settlement: Settlement, _ isSettled: Bool) {
    guard isSettled else {
      return logger.warning(
        "the lease ran out before it was settled", metadata: ["notification": "\(settlement.notification)"])
    }
    let attempt = settlement.attempt
    let level: Logger.Level = settlement.state == .accepted ? .info : .warning
    logger.log(
      level: level, "attempt settled",
      metadata: [
        "notification": "\(settlement.notification)", "state": "\(settlement.state.rawValue)",
        "channel": "\(attempt.channel)", "attempt": "\(attempt.number)", "ms": "\(attempt.milliseconds)",
        "words": "\(settlement.state == .accepted ? "" : attempt.words)",
      ])
    for alarm in settlement.alarms { logger.report(alarm) }
  }
}

extension Lease {
  /// The channel this lease is for; nil where the notification has none.
  package var channel: Channel? {
    notification.channels.indices.contains(delivery.channelIndex) ? notification.channels[delivery.channelIndex] : nil
  }

  fileprivate var destination: String { channel?.destination ?? "" }
}
