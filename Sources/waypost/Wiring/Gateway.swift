import Console
import Delivery
import Foundation
import Hummingbird
import Ledger
import Logging
import Routing
import ServiceLifecycle
import Transports
import UnixSignals

/// One gateway, wired: ledger, transports, services and the HTTP door. Services stop in the reverse of this order.
struct Gateway {
  let ledger: SQLiteLedger
  let intake: Intake
  let time: any TimeSource
  private let curl: CurlLoop
  private let courier: Courier
  private let timekeeper: Timekeeper
  private let heartbeat: Heartbeat
  /// Of webhooks, by name.
  private let secrets: @Sendable (String) -> String?
  private let address: ListenAddress
  private let door: FrontDoor
  private let gate: SenderGate
  private let outbox: Signal
  private let agenda: Signal
  private let post: PostRoom
  private let collector: AnswerCollector?
  /// Nil where the settings want no schedule.
  private let prober: Prober?
  private let eventFolder: EventFolder?
  private let signIn: SignIn
  private let reload: RouteReload
  private let logger: Logger

  /// `trust` holds further PEM files of authorities for outgoing TLS; `sessions` is the clock by which people stay signed
  /// in, where `time` jumps.
  init(
    _ settings: Settings, redirect: Redirect?, trust: [String], time: any TimeSource,
    sessions: (any TimeSource)? = nil, logger: Logger
  ) throws {
    let folder = try DataFolder(settings.data)
    try folder.lock()
    let routeFolder = RouteFolder(root: settings.routes)
    let routes = RoutesInUse(try routeFolder.routes(gateway: settings.host))
    let address = try Gateway.listen(settings)
    self.address = address
    door = try FrontDoor(settings, address, logger: logger)
    self.time = time
    self.logger = logger
    ledger = try SQLiteLedger(path: folder.ledger)
    reload = RouteReload(
      folder: routeFolder, gateway: settings.host,
      directory: DirectoryInForce(ledger: ledger, inUse: routes, logger: logger))
    outbox = Signal()
    agenda = Signal()
    let trustFile = try folder.trust(adding: trust + (settings.trust.map { [$0] } ?? []))
    curl = CurlLoop(settings: CurlLoop.Settings(trustFile: trustFile, hostName: settings.host))
    gate = try SenderGate(settings, door, ledger, curl, time, logger)
    intake = Intake(ledger: ledger, routes: routes, time: time, outbox: outbox, agenda: agenda, logger: logger)
    post = try PostRoom(settings, address, redirect, folder, curl, time, logger)
    courier = Courier(
      ledger: ledger, transports: post.transports, time: time, outbox: outbox, agenda: agenda, logger: logger)
    // A drill must not take the answers of the real gateway out of its mailbox.
    collector = redirect == nil ? try post.collector(settings, ledger, outbox, agenda, folder) : nil
    // Nor may it take real events out of their folder.
    eventFolder = redirect == nil ? try Gateway.eventFolder(settings.intake, intake, ledger, time, logger) : nil
    signIn = try SignInDesk(
      settings, post.place, isOwnAddress: settings.publicAddress != nil || address.isLoopback, ledger, curl, time,
      sessions: sessions ?? time
    ).signIn
    timekeeper = Timekeeper(
      ledger: ledger, routes: routes, time: time, agenda: agenda, outbox: outbox, logger: logger)
    heartbeat = Heartbeat(ledger: ledger, routes: routes, transports: post.transports, time: time, logger: logger)
    prober = try settings.probeSchedule().map { [ledger, post] schedule in
      Prober(
        ledger: ledger, inspector: post.inspector, transports: post.transports, routes: routes, time: time,
        settings: schedule, logger: logger)
    }
    // In a drill nobody outside has been told anything, and nobody's word is taken.
    let isDrill = redirect != nil
    secrets = { name in isDrill ? nil : folder.secret(name) }
  }

  private static func eventFolder(
    _ settings: Settings.Intake, _ intake: Intake, _ senders: any AccessLedger, _ time: any TimeSource, _ logger: Logger
  ) throws -> EventFolder? {
    guard settings.folder != nil || settings.sender != nil else { return nil }
    guard let folder = settings.folder, let sender = settings.sender else {
      throw Complaint("`intake` needs both: `folder`, and the name of its `sender` (`waypost sources add NAME`).")
    }
    return EventFolder(path: folder, sender: sender, intake: intake, senders: senders, time: time, logger: logger)
  }

  private static func listen(_ settings: Settings) throws -> ListenAddress {
    guard let address = ListenAddress(settings.listen) else {
      throw Complaint("`\(settings.listen)` is no address to listen on. Write HOST:PORT, for example 127.0.0.1:8080.")
    }
    return address
  }

  /// Serves until it is told to stop. `onListening` gets the URL once requests are answered.
  func run(onListening: @escaping @Sendable (String) async -> Void) async throws {
    try await reload.directory.lay(at: time.now())
    let reclaimed = try await ledger.reclaimLeases(at: time.now())
    if reclaimed > 0 {
      logger.warning("attempts cut off by the last stop are made again", metadata: ["count": "\(reclaimed)"])
    }
    let scheme = door.scheme
    let address = self.address
    let post = self.post
    let pages = AnswerPages(
      ledger: ledger, links: post.links, time: time, outbox: outbox, agenda: agenda,
      sendCode: { [ledger, time] tag, code in await post.sendCode(code, tag, ledger, time) },
      randomCode: post.randomCode)
    let board = BoardPages(
      BoardDesk(
        ledger: ledger, gate: signIn.gate, intake: intake, time: time, outbox: outbox, agenda: agenda,
        checkpoints: { [post] in post.inspector.checkpoints(of: $0) }),
      routeFolder: reload.folder)
    let keySet = post.webhookKeys.map { [time] keys in
      { @Sendable () -> JSONValue in keys.keys(at: time.now()).document }
    }
    let application = Application(
      router: GatewayAPI.router(
        intake: intake, ledger: ledger, gate: gate, time: time, outbox: outbox, agenda: agenda, pages: pages,
        signIn: signIn, board: board, secrets: secrets, callbacks: post.callbacks, keySet: keySet, logger: logger),
      server: try door.server(),
      configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
      onServerRunning: { channel in
        let url = "\(scheme)://\(address.hostInURL):\(channel.localAddress?.port ?? address.port)"
        post.listening(at: url)
        await onListening(url)
      }, logger: Logger(label: "waypost.http") { _ in SwiftLogNoOpLogHandler() })
    // What the settings do not ask for is nil.
    let services: [(any Service)?] = [
      Delivering(courier: courier, curl: curl), Running(timekeeper.run), Running(heartbeat.run), Running(gate.run),
      collector.map { collector in Running { await collector.run() } },
      eventFolder.map { folder in Running { await folder.run() } }, prober.map { Running($0.run) },
      Reloading(reload: reload, time: time, logger: logger), application,
    ]
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.compactMap(\.self).map { .init(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    defer { curl.stop() }
    try await group.run()
  }
}

/// The courier as a service. At the end attempts under way get a few seconds; whatever hangs longer is settled as deferred
/// and made again by the next start, so that a restart never waits for somebody else's server.
private struct Delivering: Service {
  let courier: Courier
  let curl: CurlLoop

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await cancelWhenGracefulShutdown { await courier.run() } }
      group.addTask {
        try? await gracefulShutdown()
        try? await Task.sleep(for: .seconds(5))
        curl.stop()
      }
      await group.next()
      group.cancelAll()
    }
  }
}

/// Reads the routes again at SIGHUP.
private struct Reloading: Service {
  let reload: RouteReload
  let time: any TimeSource
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in await UnixSignalsSequence(trapping: .sighup) {
        do {
          let routes = try await reload.reload(at: time.now())
          logger.notice("routes reloaded", metadata: ["packs": "\(routes.book.packs.map(\.id).joined(separator: " "))"])
        } catch {
          logger.error("routes not reloaded: the old ones stay in use", metadata: ["why": "\(error)"])
        }
      }
    }
  }
}

/// A service whose work ends when its task is cancelled.
private struct Running: Service {
  let body: @Sendable () async -> Void
  init(_ body: @escaping @Sendable () async -> Void) { self.body = body }
  func run() async throws { await cancelWhenGracefulShutdown { await body() } }
}

/// Something the person at the keyboard can put right.
struct Complaint: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
