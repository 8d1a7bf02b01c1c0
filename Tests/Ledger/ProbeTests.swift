import Delivery
import Ledger
import Logging
import Routing
import Synchronization
import TestKit
import Testing

/// Probes over a real ledger, with transports and an inspector that do what the test says and a clock that it moves.
@Suite struct ProbeTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let world = World()
  let mail = TestTransport(channel: "mail") { _ in TestTransport.taken }
  let webhook = TestTransport(channel: "webhook") { _ in TestTransport.taken }
  private static let relay = Checkpoint.relay("relay.example:587")

  init() throws { ledger = try SQLiteLedger() }

  /// All mail goes over one relay, every webhook to its own server.
  final class World: Inspector {
    private let state = Mutex((finding: Finding(.reached, "connected", tls: "TLSv1.3", certificateDays: 90), looks: 0))

    func checkpoints(of channel: Channel) -> [Checkpoint] {
      switch channel {
      case .mail: [ProbeTests.relay]
      case .webhook: [.webhook(Probe.host(channel.endpoint ?? ""))]
      case .drop, .notify, .phone: []
      }
    }

    func check(_ checkpoint: Checkpoint, at now: Instant) async -> Finding {
      guard checkpoint == ProbeTests.relay else { return Finding(.reached, "connected") }
      return state.withLock { state in
        state.looks += 1
        return state.finding
      }
    }

    /// How often the relay was looked at.
    var looks: Int { state.withLock { $0.looks } }
    func relay(is finding: Finding) { state.withLock { $0.finding = finding } }
  }

  private func prober(sendingMessages: Bool = false) throws -> Prober {
    Prober(
      ledger: ledger, inspector: world, transports: [mail, webhook], routes: RoutesInUse(try Repository.routes()),
      time: clock, settings: Prober.Settings(sendsMessages: sendingMessages, host: "waypost.example"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func probes(_ name: String) throws -> [Probe] {
    try ProbePlan.named(name, in: Repository.book.get().directory)
  }

  private func alarms() async throws -> [Alarm] { try await ledger.alarms(after: 0, limit: 1000).map(\.alarm) }

  /// Lets the schedule run while `body` moves the clock.
  private func running(_ prober: Prober, _ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await prober.run() }
      group.addTask { try await body() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Until the relay has been looked at so often and that is on record.
  private func looked(_ times: Int) async throws {
    while world.looks < times { await Task.yield() }
    while try await ledger.audit(of: ProbeTarget(ProbeTests.relay).name).count < times { await Task.yield() }
  }

  @Test func byItselfItOnlyLooksAndOnceForAllWhoShareAWay() async throws {
    try await running(try prober()) {
      try await looked(1)
      clock.advance(bySeconds: 6 * 3600 - 1)
      clock.advance(bySeconds: 1)
      try await looked(2)
    }
    #expect(mail.dispatches.isEmpty && webhook.dispatches.isEmpty)
    let kept = try #require(
      try await ledger.lastProbes().first { $0.target == ProbeTarget(ProbeTests.relay) })
    #expect(kept.desks > 50 && kept.at == instant("2026-11-12T18:00:00Z") && kept.finding.tls == "TLSv1.3")
    #expect(try await ledger.lastRound() == kept.round)
    #expect(try await alarms().isEmpty)
  }

  /// After a restart the next round comes when it would have come.
  @Test func aRestartDoesNotBeginAnew() async throws {
    try await running(try prober()) { try await looked(1) }
    clock.advance(bySeconds: 3600)
    try await running(try prober()) {
      clock.advance(to: instant("2026-11-12T18:00:00Z"))
      try await looked(2)
    }
    let audit = try await ledger.audit(of: ProbeTarget(ProbeTests.relay).name)
    #expect(audit.map(\.at) == [instant("2026-11-12T12:00:00Z"), instant("2026-11-12T18:00:00Z")])
  }

  /// One failure is looked at again after ten minutes; two wake somebody, once for as long as it lasts.
  @Test func whatFailsTwiceIsAlarmedOnceUntilItIsBack() async throws {
    world.relay(is: Finding(.deferred, "connection: refused"))
    try await running(try prober()) {
      try await looked(1)
      #expect(try await alarms().isEmpty)
      clock.advance(bySeconds: 600)
      try await looked(2)
      clock.advance(to: instant("2026-11-12T18:00:00Z"))
      try await looked(3)
      clock.advance(bySeconds: 600)
      try await looked(4)
      world.relay(is: Finding(.reached, "connected"))
      clock.advance(to: instant("2026-11-13T00:00:00Z"))
      try await looked(5)
    }
    let raised = try await alarms()
    #expect(raised.map(\.kind) == [.unreachable] && raised.map(\.identifier) == ["mail relay.example:587"])
    #expect(raised.first?.text.contains("connection: refused") == true)
    world.relay(is: Finding(.deferred, "timeout: late"))
    for _ in 0..<2 { _ = try await prober().probe(probes("derby"), sendingTests: false) }
    #expect(try await alarms().map(\.kind) == [.unreachable, .unreachable])
  }

  @Test func aCertificateIsAlarmedWhenItNearsItsEndAndWhenItIsOver() async throws {
    for days in [22, 20, 19, 0, -1, -2] {
      world.relay(is: Finding(.reached, "connected", certificateDays: days))
      _ = try await prober().probe(probes("derby"), sendingTests: false)
      // A failed look without a certificate in between changes nothing.
      world.relay(is: Finding(.deferred, "timeout: late"))
      _ = try await prober().probe(probes("derby"), sendingTests: false)
    }
    let raised = try await alarms().filter { $0.kind == .expiring }
    #expect(
      raised.map(\.text) == [
        "the certificate expires in 20 days; have it renewed", "the certificate has expired; have it renewed",
      ])
  }

  @Test func whoAsksGetsAMarkedTestOverEachChannel() async throws {
    let reports = try await prober().probe(probes("derby"), sendingTests: true)
    #expect(reports.map(\.probe) == (try probes("derby")))
    for report in reports {
      let isPhone = report.probe.channel.name == "manual"
      #expect(report.finding.verdict == (isPhone ? .notProbed : .reached), "\(report.probe.role)")
      if report.probe.channel.name == "mail" {
        #expect(report.finding.tls == "TLSv1.3" && report.finding.certificateDays == 90)
      }
    }
    #expect(mail.dispatches.allSatisfy { $0.notification.message.subject == ProbeMessage.subject })
    // Desks that share a webhook get one test between them.
    let hooks = reports.filter { $0.probe.channel.name == "webhook" }
    #expect(hooks.count > 1 && webhook.dispatches.count == Set(hooks.map(\.probe.channel)).count)
    let ids = (mail.dispatches + webhook.dispatches).map(\.notification.id)
    #expect(Set(ids).count == ids.count)
    // Nothing was owed to anybody.
    #expect(try await ledger.notifications(NotificationFilter()).isEmpty)
    let kept = try await ledger.lastProbes().filter { $0.target.kind == .message }
    #expect(kept.count == ids.count && kept.allSatisfy { $0.finding.verdict == .reached })
    let name = try #require(kept.first).target.name
    #expect(try await ledger.audit(of: name).map(\.kind) == ["probed"])
    #expect(!name.contains("front.door@") && name.hasPrefix("derby "))
  }

  @Test func theScheduleSendsTestsOnlyWhereTheSettingsSaySo() async throws {
    try await running(try prober(sendingMessages: true)) {
      while mail.dispatches.isEmpty { await Task.yield() }
    }
    #expect(mail.dispatches.allSatisfy { $0.notification.message.subject == ProbeMessage.subject })
  }

  @Test func whatIsRefusedIsReportedWithItsReason() async throws {
    let refusing = TestTransport(channel: "mail") { _ in TestTransport.refused }
    let prober = Prober(
      ledger: ledger, inspector: world, transports: [refusing], routes: RoutesInUse(try Repository.routes()),
      time: clock, settings: Prober.Settings(host: "waypost.example"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let reports = try await prober.probe(probes("derby"), sendingTests: true)
    let mails = reports.filter { $0.probe.channel.name == "mail" }
    #expect(mails.allSatisfy { $0.finding.verdict == .refused && $0.finding.words == "refused: no" })
    let hooks = reports.filter { $0.probe.channel.name == "webhook" }
    #expect(hooks.allSatisfy { $0.finding.isFailure && $0.finding.words.contains("no transport") })
  }
}
