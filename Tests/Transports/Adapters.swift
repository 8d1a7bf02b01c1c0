import Delivery
import Foundation
import Logging
import Routing
import Sink
import Synchronization
import TestKit
import Testing

@testable import Transports

/// The adapters that the suite runs on.
enum Adapter: String, CaseIterable, Sendable {
  case mail, webhook, maildir, json, manual, notify

  /// Opens the adapter with its other side, and takes both down again. `timeout`: the adapter's own, in seconds.
  func run(timeout: Int = 30, _ body: (any AdapterHarness) async throws -> Void) async throws {
    let harness = try await open(timeout)
    do { try await body(harness) } catch {
      await harness.close()
      throw error
    }
    await harness.close()
  }

  private func open(_ timeout: Int) async throws -> any AdapterHarness {
    switch self {
    case .maildir: try DropHarness(.maildir, timeout)
    case .json: try DropHarness(.json, timeout)
    case .manual: ManualHarness()
    case .mail, .webhook: try await SinkHarness(self, timeout)
    case .notify: try NotifyHarness(timeout)
    }
  }
}

/// One adapter with its other side, as the suite drives them.
protocol AdapterHarness: Sendable {
  var transport: any Transport { get }
  /// A recipient who takes everything.
  var channel: Routing.Channel { get }
  /// Recipients whom the other side refuses.
  var refusing: [Routing.Channel] { get }
  /// The healthy outcome.
  func isTaken(_ outcome: Outcome) -> Bool
  /// Ids that the other side holds, each as often as it came; nil where nothing leaves the house.
  func arrived() throws -> [String]?
  /// What others than the recipient can read: names of files, headers, what a go-between is given.
  func open() throws -> String
  /// From now on the other side is not there. False where there is none.
  func breakOff() async -> Bool
  /// A recipient who never answers to this notification; nil where there is no such thing.
  func fallSilent(towards id: String) throws -> Routing.Channel?
  func stopGateway()
  func close() async
}

extension AdapterHarness {
  var refusing: [Routing.Channel] { [] }
  func isTaken(_ outcome: Outcome) -> Bool { if case .accepted = outcome { true } else { false } }
  func breakOff() async -> Bool { false }
  func fallSilent(towards id: String) throws -> Routing.Channel? { nil }
  func stopGateway() {}
  func close() async {}
}

struct ManualHarness: AdapterHarness {
  let transport: any Transport = ManualTransport()
  let channel = Routing.Channel.phone("01632 960101")
  func isTaken(_ outcome: Outcome) -> Bool { if case .waiting = outcome { true } else { false } }
  func arrived() throws -> [String]? { nil }
  func open() throws -> String { "" }
}

final class DropHarness: AdapterHarness {
  let transport: any Transport
  let channel: Routing.Channel
  let scratch: Scratch
  private let format: DropFormat
  /// Pipes that nobody reads, on which a writer hangs.
  private let pipes = Mutex<[String]>([])

  init(_ format: DropFormat, _ timeout: Int = 30) throws {
    scratch = try Scratch("drop")
    self.format = format
    channel = .drop(folder: "front-door", format: format)
    transport = try DropHarness.transport(scratch.path, timeout)
  }

  static func transport(_ root: String, _ timeout: Int = 30) throws -> DropTransport {
    DropTransport(
      root: root, gateway: MailTransport.Gateway(host: "gw.example", from: "waypost@gw.example"),
      links: AnswerLinks(key: try Sample.key(), address: "https://waypost.example"), timeout: timeout)
  }

  var home: String { "\(scratch.path)/front-door" }

  func files(_ folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    return (names ?? []).filter { !["tmp", "new", "cur"].contains($0) }.sorted()
  }

  func arrived() throws -> [String]? {
    switch format {
    case .maildir: files("\(home)/new")
    case .json: files(home).map { $0.hasSuffix(".json") ? String($0.dropLast(5)) : $0 }
    }
  }

  /// Names, and the headers of mail.
  func open() throws -> String {
    let names = FileManager.default.subpaths(atPath: scratch.path) ?? []
    let heads = files("\(home)/new").map { name in
      let text = (try? String(contentsOfFile: "\(home)/new/\(name)", encoding: .utf8)) ?? ""
      return text.components(separatedBy: "\r\n\r\n")[0]
    }
    return (names + heads).joined(separator: "\n")
  }

  func breakOff() async -> Bool {
    scratch.remove()
    return true
  }

  func fallSilent(towards id: String) throws -> Routing.Channel? {
    let path = format == .maildir ? "\(home)/tmp/\(id)" : "\(home)/.\(id).json"
    let folder = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(mkfifo(path, 0o600) == 0)
    pipes.withLock { $0.append(path) }
    return channel
  }

  func close() async {
    // Whoever still hangs on a pipe is let go.
    for path in pipes.withLock({ $0 }) { Foundation.close(Foundation.open(path, O_RDONLY | O_NONBLOCK)) }
    scratch.remove()
  }
}

/// Mail and webhooks to the sink.
struct SinkHarness: AdapterHarness {
  let transport: any Transport
  let channel: Routing.Channel
  private let curl: CurlLoop
  private let sink: SinkServer
  private let serving: Task<Void, any Error>

  init(_ adapter: Adapter, _ timeout: Int) async throws {
    let secret = WebhookSecret.generate()
    let sink = SinkServer(
      settings: SinkServer.Settings(
        host: "127.0.0.1", port: 0, smtpHost: "127.0.0.1", smtpPort: 0,
        certificateFile: try Certificates.path("server.pem"), keyFile: try Certificates.path("server.key"),
        secret: WebhookSecret(secret)),
      store: SinkStore(contentsKept: 100), faults: SinkFaults(SinkFaults.Plan(), seed: 1),
      time: ManualClock(Sample.now), logger: Logger(label: "sink") { _ in SwiftLogNoOpLogHandler() })
    let (addresses, found) = AsyncStream<SinkServer.Address>.makeStream()
    serving = Task {
      defer { found.finish() }
      try await sink.run { found.yield($0) }
    }
    var pages = addresses.makeAsyncIterator()
    let address = try #require(await pages.next())
    curl = CurlLoop(settings: try Certificates.curl(timeout))
    self.sink = sink
    guard adapter == .mail else {
      channel = .webhook(WebhookChannel(url: "\(address.page)/hook", secret: "derby", isPrivate: true))
      transport = WebhookTransport(curl: curl, redirect: nil) { $0 == "derby" ? secret : nil }
      return
    }
    channel = .mail("duty.inbox@derby.example")
    transport = MailTransport(
      curl: curl, outlet: .relay(MailServer(url: address.smtp)),
      gateway: .init(host: "gw.example", from: "waypost@gw.example"),
      links: AnswerLinks(key: try Sample.key(), address: "https://gw.example"))
  }

  func arrived() throws -> [String]? {
    let all = sink.store.arrivals(after: 0, limit: 1000)
    #expect(all.allSatisfy { $0.signature == "valid" || channel.name == "mail" })
    return all.map(\.id)
  }

  func contents() -> [[UInt8]] { sink.store.arrivals(after: 0, limit: 1000).map(\.content) }

  func open() throws -> String {
    sink.store.arrivals(after: 0, limit: 1000).map { "\($0.id) \($0.intended ?? "")" }.joined(separator: "\n")
  }

  func breakOff() async -> Bool {
    serving.cancel()
    _ = await serving.result
    return true
  }

  func fallSilent(towards id: String) throws -> Routing.Channel? {
    sink.faults.set(try #require(SinkFaults.Plan("timeout:1")))
    return channel
  }

  func stopGateway() { curl.stop() }

  func close() async {
    curl.stop()
    _ = await breakOff()
  }
}

struct NotifyHarness: AdapterHarness {
  static let service = "26785a09-ab16-4eb0-8407-a37497a57506"
  static let apiKey = "my-test-key-\(service)-3d844edf-8d35-48ac-975b-e847b4f122b0"
  static let template = "f33517ff-2a88-4f6e-b855-c550268ce08a"

  let transport: any Transport
  private let key: AnswerKey
  private let curl: CurlLoop
  private let double: TestDouble
  private let scratch: Scratch

  init(_ timeout: Int = 30) throws {
    key = try Sample.key()
    scratch = try Scratch("notify")
    double = try TestDouble(
      "notify_double.py",
      [
        try Certificates.path("server.pem"), try Certificates.path("server.key"), "--api-key", NotifyHarness.apiKey,
        "--now", "\(Sample.now.seconds)", "--record", "\(scratch.path)/record", "--template", NotifyHarness.template,
      ])
    curl = CurlLoop(settings: try Certificates.curl(timeout))
    transport = NotifyTransport(
      curl: curl, settings: try NotifySettings(baseURL: double.place, apiKey: NotifyHarness.apiKey),
      links: AnswerLinks(key: key, address: "https://waypost.example"))
  }

  var channel: Routing.Channel { to("duty.inbox") }
  var refusing: [Routing.Channel] {
    ["team-only", "trial-mode", "forbidden", "clock-off", "rate-limited-7", "daily-limit", "broken"].map(to)
  }

  func to(_ local: String) -> Routing.Channel {
    .notify(address: "\(local)@derby.example", template: NotifyHarness.template)
  }

  /// Requests that were taken, as the double saw them.
  func taken() throws -> [JSONValue] {
    let text = (try? String(contentsOfFile: "\(scratch.path)/record", encoding: .utf8)) ?? ""
    return try text.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
      .filter { $0["status"] == .number(201) }
  }

  func arrived() throws -> [String]? {
    try taken().map { request in
      let tag = request.at(["body", "reference"])?.text.flatMap { key.read(tag: $0) }
      #expect(tag?.notification == request.at(["body", "personalisation", "reference"])?.text)
      return tag?.notification ?? ""
    }
  }

  /// All that Notify is given but for the address, which it needs.
  func open() throws -> String {
    try taken().map { request in
      var body = request["body"]?.members ?? [:]
      body["email_address"] = nil
      return JSONValue.object(body).serialized
    }.joined(separator: "\n")
  }

  func breakOff() async -> Bool {
    double.stop()
    return true
  }

  func fallSilent(towards id: String) throws -> Routing.Channel? { to("silent") }

  func stopGateway() { curl.stop() }

  func close() async {
    curl.stop()
    double.stop()
    scratch.remove()
  }
}
