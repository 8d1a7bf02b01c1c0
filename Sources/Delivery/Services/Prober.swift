package import Logging
package import Routing

/// Finds out whether messages would arrive, before a child depends on it: on a schedule, and when somebody asks.
///
/// Guarantee: nothing goes into the outbox, and nothing that is sent names a child. Every result is kept, in one transaction
/// with what it raises. Unless tests are asked for, nothing is sent that a person would see. What fails is looked at again
/// soon, so that one failure wakes nobody and two do not take a day.
package struct Prober: Sendable {
  let ledger: any ProbeLedger
  let inspector: any Inspector
  let transports: [String: any Transport]
  let routes: RoutesInUse
  let time: any TimeSource
  let settings: Settings
  let logger: Logger

  package struct Settings: Sendable, Equatable {
    /// Seconds between rounds.
    package var every: Int64
    /// The schedule sends marked tests too.
    package var sendsMessages: Bool
    /// The gateway's name.
    package var host: String
    package init(every: Int64 = 6 * 3600, sendsMessages: Bool = false, host: String) {
      self.every = every
      self.sendsMessages = sendsMessages
      self.host = host
    }
  }

  package init(
    ledger: any ProbeLedger, inspector: any Inspector, transports: [any Transport], routes: RoutesInUse,
    time: any TimeSource, settings: Settings, logger: Logger
  ) {
    self.ledger = ledger
    self.inspector = inspector
    self.transports = Dictionary(transports.map { ($0.channel, $0) }, uniquingKeysWith: { first, _ in first })
    self.routes = routes
    self.time = time
    self.settings = settings
    self.logger = logger
  }

  /// Seconds until what failed is looked at again.
  private static let secondLook: Int64 = 600
  /// Probes under way at a time.
  private static let most = 8

  /// One channel of one desk and what was found. `finding` is the test's where one was sent, otherwise that of the check.
  package struct Report: Sendable {
    package let probe: Probe
    package let finding: Finding
  }

  /// Runs until the task is cancelled. `wake` is fired by nobody: it only lets a stop end the wait.
  package func run() async {
    let wake = Signal()
    var begun: Instant?
    while !Task.isCancelled {
      let now = time.now()
      do {
        let last = try await [begun, ledger.lastRound()].compactMap(\.self).max()
        // A clock that was set back must not put the next round off for longer than one takes.
        let due = last.map { min($0, now).advanced(bySeconds: settings.every) } ?? now
        guard due <= now else {
          await time.wait(for: wake, until: due)
          continue
        }
        begun = now
        let failed = try await round(ProbePlan.everything(in: routes.current.book.directory), begun: now)
        guard !failed.isEmpty else { continue }
        let again = now.advanced(bySeconds: Prober.secondLook)
        while time.now() < again, !Task.isCancelled { await time.wait(for: wake, until: again) }
        if !Task.isCancelled { _ = try await round(failed, begun: now) }
      } catch {
        logger.error("probes cannot be kept: the ledger does not answer", metadata: ["error": "\(error)"])
        await time.wait(for: wake, until: time.now().advanced(bySeconds: 60))
      }
    }
  }

  /// Gives the probes that failed.
  private func round(_ probes: [Probe], begun: Instant) async throws -> [Probe] {
    let reports = try await probe(probes, sendingTests: settings.sendsMessages, round: begun)
    let failed = reports.filter(\.finding.isFailure)
    logger.log(
      level: failed.isEmpty ? .info : .warning, "channels probed",
      metadata: ["channels": "\(reports.count)", "failed": "\(failed.count)"])
    return failed.map(\.probe)
  }

  /// Looks at what each channel depends on, once however many desks share it, and then sends tests if they are wanted: one
  /// to a channel, whoever shares it. Reports come in the order of `probes`. `round` is nil when somebody asks. Throws the
  /// ledger's errors.
  package func probe(_ probes: [Probe], sendingTests: Bool, round: Instant? = nil) async throws -> [Report] {
    let ways = Dictionary(
      probes.map { ($0.channel, inspector.checkpoints(of: $0.channel)) }, uniquingKeysWith: { first, _ in first })
    let desks = Dictionary(
      probes.flatMap { Set(ways[$0.channel] ?? []).map { ($0, 1) } }, uniquingKeysWith: +)
    let checks = try await each(Array(desks.keys)) { point in
      let at = time.now()
      let finding = await inspector.check(point, at: at)
      try await keep(
        ProbeResult(target: ProbeTarget(point), at: at, finding: finding, desks: desks[point] ?? 1, round: round))
      return finding
    }
    let found = ways.mapValues { points in Finding.worst(of: points.compactMap { checks[$0] }) }
    let sharing = Dictionary(grouping: probes, by: \.channel)
    let tests = sendingTests ? try await send(sharing, round) : [:]
    return probes.map { probe in
      Report(probe: probe, finding: Prober.finding(of: probe, found[probe.channel] ?? nil, tests[probe.channel]))
    }
  }

  private func send(_ sharing: [Channel: [Probe]], _ round: Instant?) async throws -> [Channel: Finding] {
    let closed = try await ledger.endpoints().closed
    let sendable = sharing.keys.filter { if case .over = ProbeMessage.way(over: $0) { true } else { false } }
    return try await each(sendable) { channel in
      guard let probes = sharing[channel], let probe = probes.first else { return Finding(.notProbed, "no desk") }
      let at = time.now()
      let outcome =
        channel.endpoint.map(closed.contains) ?? false
        ? .rejected(.endpointIsOff)
        : await deliver(probe, at)
      let finding = Finding(outcome, milliseconds: time.now().milliseconds - at.milliseconds)
      try await keep(
        ProbeResult(target: ProbeTarget(probe), at: at, finding: finding, desks: probes.count, round: round))
      return finding
    }
  }

  private func deliver(_ probe: Probe, _ at: Instant) async -> Outcome {
    guard case .over(let channel) = ProbeMessage.way(over: probe.channel), let transport = transports[channel.name]
    else { return .rejected(Fault(.configuration, "this gateway has no transport for \(probe.channel.name)")) }
    let notification = ProbeMessage.notification(probe, over: channel, host: settings.host, at: at)
    return await transport.deliver(Dispatch(notification: notification, channel: channel, attempt: 1, at: at))
  }

  private func keep(_ result: ProbeResult) async throws {
    for alarm in try await ledger.keep(result) { logger.report(alarm) }
  }

  /// A channel whose way holds and that no test is ever sent over has not been probed: nobody knows that it arrives.
  private static func finding(of probe: Probe, _ check: Finding?, _ test: Finding?) -> Finding {
    if var test {
      test.tls = check?.tls
      test.certificateDays = check?.certificateDays
      test.sealDays = check?.sealDays
      if let check, check.isFailure, !test.isFailure { test.words += "; \(check.words)" }
      return test
    }
    guard case .never(let why) = ProbeMessage.way(over: probe.channel) else {
      return check ?? Finding(.notProbed, "only a test message could tell")
    }
    guard var check, !check.isFailure else { return check ?? Finding(.notProbed, why) }
    check.verdict = .notProbed
    check.words = why
    return check
  }

  /// Runs `body` for each, a few at a time.
  private func each<Key: Hashable & Sendable>(
    _ keys: [Key], _ body: @escaping @Sendable (Key) async throws -> Finding
  ) async throws -> [Key: Finding] {
    try await withThrowingTaskGroup(of: (Key, Finding).self) { group in
      var found: [Key: Finding] = [:]
      for (number, key) in keys.enumerated() {
        if number >= Prober.most, let (done, finding) = try await group.next() { found[done] = finding }
        group.addTask { (key, try await body(key)) }
      }
      for try await (done, finding) in group { found[done] = finding }
      return found
    }
  }
}
