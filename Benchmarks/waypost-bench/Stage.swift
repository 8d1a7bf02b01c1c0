import Console
import Delivery
import Foundation
import Hummingbird
import Ledger
import Logging
import Routing
import Synchronization
import Transports

/// What every measurement shares: routes, a clock, an event that owes six notifications, and quiet loggers.
enum Bench {
  static let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

  /// Marks what the bench sends; a fixed one, as nothing comes back.
  static let answerKey = AnswerKey(secret: Array(repeating: 1, count: 32)) ?? { fatalError("the key is too short") }()

  static func scratch(_ name: String) throws -> String {
    let path = "/var/tmp/waypost-bench-\(name)-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  static func routes() throws -> Delivery.Routes { try RouteFolder(root: "Routes").routes(gateway: "bench.example") }

  /// A child of Derby with an open case, categorised medium: six notifications, four by mail and two by webhook.
  static func sixfold(_ number: Int) -> JSONValue {
    let data: JSONValue = [
      "child": [
        "id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02", "openTo": ["social-care"],
        "name": ["given": "Robin", "family": "Example"],
        "contacts": [["role": "family.parents", "name": "Parent", "email": "parent@family.example"]],
      ],
      "episode": [
        "risk": "medium", "reportedBy": "parent", "whereabouts": "unknown",
        "circumstances": "Left home after supper and did not answer the telephone.",
      ],
    ]
    return Event(
      id: "\(number)", source: "bench", type: "missing.categorised", time: BenchClock.start, subject: "EP-\(number)",
      data: data
    ).cloudEvent
  }

  static func line(_ name: String, _ value: String) {
    print("\(name.padding(toLength: 58, withPad: " ", startingAt: 0)) \(value)")
  }

  static func whole(_ value: Double) -> String { String(format: "%.0f", value) }
  static func ratio(_ value: Double, goal: Double) -> String {
    String(format: "%.2f (goal %.1f: %@)", value, goal, value >= goal ? "met" : "missed")
  }

  static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return start.duration(to: .now) / .seconds(1)
  }

  /// Processor time that this process has used so far.
  static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1_000_000
  }

  static func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }
}

/// Runs like the machine's clock, begun on a Thursday morning in office hours.
struct BenchClock: TimeSource {
  static let start = Instant(seconds: 1_794_481_200)  // 2026-11-12T11:00:00Z
  private let origin = ContinuousClock.now

  func now() -> Instant {
    BenchClock.start.advanced(byMilliseconds: Int64(origin.duration(to: .now) / .milliseconds(1)))
  }

  func sleep(until instant: Instant) async throws {
    let wait = instant.milliseconds - now().milliseconds
    if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
  }
}

/// A gateway in this process: HTTP in front, and a courier behind it when there is somewhere to deliver.
final class BenchGateway: Sendable {
  let ledger: SQLiteLedger
  let key = SenderKey.generate()
  let outbox = Signal()
  let clock = BenchClock()
  let intake: Intake
  let folder: String

  init(_ name: String, routes: Delivery.Routes? = nil) throws {
    folder = try Bench.scratch(name)
    ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
    intake = Intake(
      ledger: ledger, routes: RoutesInUse(try routes ?? Bench.routes()), time: clock, outbox: outbox, agenda: Signal(),
      logger: Bench.quiet)
  }

  /// Serves HTTP with the board, if there is one, and delivers with `transports` if there are any, while `body` runs with the port.
  func serving(
    _ transports: [any Transport] = [], board: BoardPages? = nil,
    _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    try await ledger.addSender(
      Sender(name: "bench", authorities: [], types: []), keyHash: SenderKey.hash(key), at: clock.now())
    let (ports, opened) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: outbox, board: board),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { opened.yield($0.localAddress?.port ?? 0) }, logger: Bench.quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      if !transports.isEmpty {
        let courier = Courier(ledger: ledger, transports: transports, time: clock, outbox: outbox, logger: Bench.quiet)
        group.addTask { await courier.run() }
      }
      guard let port = await ports.first(where: { _ in true }) else { throw BenchFailure("the gateway did not start") }
      try await body(port)
      group.cancelAll()
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The sink as a program of its own, and what it has received.
final class BenchSink: Sendable {
  private let process: Mutex<Process>
  let page: String
  let smtp: String
  let authority: String
  let secret = WebhookSecret.generate()
  private let folder: String

  /// `failing` is what it does wrong, as `waypost sink --fail` takes it.
  init(failing: String = "") throws {
    folder = try Bench.scratch("sink\(failing.isEmpty ? "" : "-failing")")
    authority = "\(folder)/certificates/dev-ca.pem"
    let process = Process()
    let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    process.executableURL = URL(fileURLWithPath: "\(own)/waypost")
    process.arguments = ["sink", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data", folder, "--keep", "0"]
    if !failing.isEmpty { process.arguments?.append(contentsOf: ["--fail", failing]) }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw BenchFailure("the sink did not start; build the waypost product first") }
      text += String(decoding: data, as: UTF8.self)
    }
    page = text.components(separatedBy: "\n")[0].replacingOccurrences(of: "listening on ", with: "")
    self.process = Mutex(process)
    smtp = try BenchSink.get("\(page)/status", authority)["smtp"]?.text ?? ""
  }

  func curl() -> CurlLoop { CurlLoop(settings: .init(trustFile: authority, hostName: "bench.example")) }

  func transports(_ curl: CurlLoop) -> [any Transport] {
    [
      MailTransport(
        curl: curl, outlet: .relay(MailServer(url: smtp)),
        gateway: .init(host: "bench.example", from: "w@bench.example"),
        links: AnswerLinks(key: Bench.answerKey, address: "https://bench.example")),
      WebhookTransport(curl: curl, redirect: .init(url: "\(page)/hook", secret: secret), secrets: { _ in nil }),
    ]
  }

  /// When each notification arrived, by the machine's clock in milliseconds.
  func arrivals() throws -> [String: Double] {
    let items = try BenchSink.get("\(page)/messages?limit=10000000", authority).items ?? []
    return items.reduce(into: [:]) { found, item in
      guard let id = item["id"]?.text, case .number(let at) = item["at"] else { return }
      found[id] = found[id] ?? at
    }
  }

  private static func get(_ url: String, _ authority: String) throws -> JSONValue {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["curl", "-sS", "--cacert", authority, url]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONValue(parsing: data)
  }

  func stop() {
    process.withLock { process in
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }
}
