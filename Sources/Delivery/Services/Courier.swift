package import Logging
package import Routing

/// Takes due notifications from the ledger, attempts each over its channel, and settles what came of it.
///
/// Guarantee: at least once. A notification is settled in the transaction that records its outcome; whatever is lost
/// before that is leased again when the lease runs out, with the same id. A slow or dead destination holds at most its
/// own window of attempts and delays nobody else; one that fails again and again is only asked now and then, and what
/// waits for it uses up no attempts. An endpoint that is switched off is not called.
package actor Courier {
  private let ledger: any Ledger
  private let transports: [String: any Transport]
  private let time: any TimeSource
  private let outbox: Signal
  /// Fired when clocks have been set that nobody waits for yet.
  private let agenda: Signal
  private let logger: Logger
  private let limits: Limits
  private var random: any RandomNumberGenerator & Sendable
  private var windows: [String: DestinationWindow] = [:]
  /// Endpoints that are switched off.
  private var closed: Set<String> = []
  private var failing: [String: FailingEndpoint] = [:]
  /// When the ledger was last asked about endpoints, which an operator may have opened or closed; nil: it must be.
  private var rereadAt: Instant?
  /// When what waits for destinations that rest was last seen to.
  private var movedAt: Instant?
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
    ledger: any Ledger, transports: [any Transport], time: any TimeSource, outbox: Signal, agenda: Signal = Signal(),
    logger: Logger, limits: Limits = Limits(),
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.ledger = ledger
    self.transports = Dictionary(transports.map { ($0.channel, $0) }, uniquingKeysWith: { first, _ in first })
    self.time = time
    self.outbox = outbox
    self.agenda = agenda
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
      let now = time.now()
      let full = Set(rooms(at: now).filter { $0.value == 0 }.keys)
      let due = try await ledger.nextDue(excluding: full) ?? lookAgain
      return await time.wait(for: outbox, until: min(due, lookAgain, nextProbe(after: now) ?? lookAgain))
    }
    for lease in leases { group.addTask { await self.attempt(lease) } }
  }

  /// Leases what is due and there is room for. Each lease is to be given to `conclude`.
  package func take() async throws -> [Lease] {
    let now = time.now()
    try await reread(now)
    try await keepMoving(now)
    let leases = try await ledger.lease(
      LeaseRequest(
        limit: min(limits.active - active, limits.batch), now: now, until: now.advanced(bySeconds: limits.lease),
        room: rooms(at: now), usualRoom: DestinationWindow.usualRoom))
    for lease in leases {
      windows[lease.destination, default: DestinationWindow()].begin(at: now)
      active += 1
    }
    return leases
  }

  /// What is due for an endpoint that is switched off goes to its next channel at once, however many there are.
  private func rooms(at now: Instant) -> [String: Int] {
    var rooms = windows.mapValues { $0.room(at: now) }
    for url in closed { rooms[Channel.destination(ofEndpoint: url)] = limits.batch }
    return rooms
  }

  /// When the next pause of a destination that rests is over; nil if none is under way.
  package func nextProbe(after now: Instant) -> Instant? {
    windows.values.compactMap(\.breaker.nextProbe).filter { $0 > now }.min()
  }

  /// Other processes write to the ledger too (`waypost queue`), and they cannot fire the signal.
  private var lookAgain: Instant { time.now().advanced(byMilliseconds: Courier.interval) }

  /// Milliseconds.
  private static let interval: Int64 = 2000

  private static func isOver(_ last: Instant?, _ now: Instant) -> Bool {
    // A clock that was set back must not stop it.
    last.map { !(0..<interval).contains(now.milliseconds - $0.milliseconds) } ?? true
  }

  private func reread(_ now: Instant) async throws {
    guard Courier.isOver(rereadAt, now) else { return }
    let endpoints = try await ledger.endpoints()
    let before = closed
    closed = endpoints.closed
    failing = Dictionary(
      endpoints.compactMap { item in item.failing.map { (item.url, $0) } }, uniquingKeysWith: { first, _ in first })
    // Whoever switched it on again wants to see it used.
    for url in before.subtracting(closed) { windows[Channel.destination(ofEndpoint: url)] = nil }
    rereadAt = now
  }

  private func keepMoving(_ now: Instant) async throws {
    let resting = Set(windows.filter(\.value.breaker.isOpen).keys)
    guard !resting.isEmpty, Courier.isOver(movedAt, now) else { return }
    if try await ledger.keepMoving(past: resting, at: now) > 0 { agenda.fire() }
    movedAt = now
  }

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
    let now = time.now()
    let endpoint = lease.channel?.endpoint
    let settlement = Settlement.after(
      outcome, lease, failing: endpoint.flatMap { failing[$0] }, startedAt: started, now: now, using: &random)
    end(lease, outcome.sign, at: now)
    let isSettled = try await ledger.settle(settlement)
    if isSettled { learn(settlement.endpoint) }
    report(settlement, isSettled)
    return isSettled
  }

  private func end(_ lease: Lease, _ sign: AttemptSign, at now: Instant) {
    active -= 1
    guard var window = windows[lease.destination] else { return }
    let wasOpen = window.breaker.isOpen
    window.end(sign, at: now)
    windows[lease.destination] = window.isFresh ? nil : window
    guard wasOpen != window.breaker.isOpen else { return }
    logger.log(
      level: wasOpen ? .notice : .warning,
      wasOpen ? "a destination works again" : "a destination fails and is left alone for a while",
      metadata: ["channel": "\(lease.channel?.name ?? "none")", "notification": "\(lease.notification.id)"])
  }

  private func learn(_ news: EndpointNews?) {
    switch news {
    case .works(let url): failing[url] = nil
    case .fails(let url, let run): failing[url] = run
    case .closes(let closing):
      closed.insert(closing.url)
      failing[closing.url] = nil
    case nil: return
    }
  }

  package func deliver(_ lease: Lease, at instant: Instant) async -> Outcome {
    guard let channel = lease.channel else {
      return .rejected(Fault(.configuration, "the notification has no channel"))
    }
    if let endpoint = channel.endpoint, closed.contains(endpoint) {
      return .rejected(.endpointIsOff)
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
