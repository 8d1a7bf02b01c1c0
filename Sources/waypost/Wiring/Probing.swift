import Delivery
import Foundation
import Ledger
import Logging
import Routing
import Transports

extension Settings {
  /// What `probe` asks for; nil where it wants no schedule. Throws `Complaint`.
  func probeSchedule() throws -> Prober.Settings? {
    var schedule = Prober.Settings(sendsMessages: Settings.isYes(probe.messages), host: host)
    guard let text = probe.every else { return schedule }
    if text == "no" || text == "false" { return nil }
    guard case .elapsed(let seconds)? = Span(text), seconds >= 600 else {
      throw Complaint("`probe: {every: \(text)}` is no time between rounds. Write PT10M or more, or `no`.")
    }
    schedule.every = seconds
    return schedule
  }
}

/// A prober that stands beside a running gateway, for whoever asks at the command line.
struct ProbeBench {
  private let routes: RoutesInUse
  private let ledger: SQLiteLedger
  private let prober: Prober
  private let curl: CurlLoop

  /// Throws `RouteProblems`, `Complaint` and the ledger's errors.
  init(_ settings: Settings, redirect: Redirect?, trust: [String], logger: Logger) throws {
    let folder = try DataFolder(settings.data)
    let routes = try RouteFolder(root: settings.routes).routes(gateway: settings.host)
    guard let address = ListenAddress(settings.listen) else {
      throw Complaint("`\(settings.listen)` is no address to listen on. Write HOST:PORT, for example 127.0.0.1:8080.")
    }
    let time = SystemClock()
    let trustFile = try folder.trust(
      adding: trust + (settings.trust.map { [$0] } ?? []), as: "trust-\(ProcessInfo.processInfo.processIdentifier).pem")
    self.trustFile = trustFile
    curl = CurlLoop(settings: CurlLoop.Settings(trustFile: trustFile, hostName: settings.host))
    let post = try PostRoom(settings, address, redirect, folder, curl, time, logger)
    let inUse = RoutesInUse(routes)
    self.routes = inUse
    ledger = try SQLiteLedger(path: folder.ledger)
    prober = Prober(
      ledger: ledger, inspector: post.inspector, transports: post.transports, routes: inUse, time: time,
      settings: Prober.Settings(host: settings.host), logger: logger)
  }

  private let trustFile: String?

  /// The directory as the gateway has it: with the changes that were approved on the board, as far as they fit. Concludes
  /// none: the gateway may not have read these files yet. Throws `RouteProblems` and the ledger's errors.
  func directory() async throws -> Directory {
    let approved = try await ledger.approvedChanges()
    return try routes.update { try $0.laying(approved) }.book.directory
  }

  func probe(_ probes: [Probe], sendingTests: Bool) async throws -> [Prober.Report] {
    try await prober.probe(probes, sendingTests: sendingTests)
  }

  /// Ends what runs, and takes away the file that only this command read.
  func close() {
    curl.stop()
    if let trustFile { try? FileManager.default.removeItem(atPath: trustFile) }
  }
}
