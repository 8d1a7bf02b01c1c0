import Delivery
import Foundation
import Logging
import Routing
import Sink
import Synchronization
import TestKit
import Testing

@testable import Transports

/// What every adapter promises (Documentation/TRANSPORTS.md), asked of each in turn against a real other side.
///
/// A new adapter takes part with a case of `Adapter` and an `AdapterHarness`.
@Suite(.timeLimit(.minutes(2))) struct ConformanceTests {
  @Test(arguments: Adapter.allCases)
  func aDispatchArrivesOnceUnderItsId(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcome = await harness.transport.deliver(Sample.dispatch("nt-one", to: harness.channel))
      #expect(harness.isTaken(outcome), "\(outcome)")
      if let arrived = try harness.arrived() { #expect(arrived == ["nt-one"]) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func theSameDispatchAgainIsHarmless(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for attempt in 1...3 {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-same", to: harness.channel, attempt: attempt))
        #expect(harness.isTaken(outcome), "\(outcome)")
      }
      if let arrived = try harness.arrived() { #expect(Set(arrived) == ["nt-same"]) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func fiftyAtOnceAllGetAnAnswer(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcomes = await Sample.deliver(50, to: harness.channel, over: harness.transport)
      #expect(outcomes.count == 50)
      #expect(outcomes.allSatisfy(harness.isTaken), "\(outcomes.filter { !harness.isTaken($0) })")
      if let arrived = try harness.arrived() { #expect(arrived.sorted() == (0..<50).map { "nt-\($0)" }.sorted()) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func theChannelOfAnotherIsRejected(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for channel in Sample.channels where channel.name != harness.transport.channel {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-other", to: channel))
        #expect(outcome == .rejected(Fault(.configuration, "")), "\(channel.name): \(outcome)")
      }
      if let arrived = try harness.arrived() { #expect(arrived.isEmpty) }
      #expect(harness.channel.name == harness.transport.channel)
    }
  }

  @Test(arguments: Adapter.allCases)
  func withTheOtherSideGoneItIsDeferred(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      guard await harness.breakOff() else { return }
      for outcome in await Sample.deliver(5, to: harness.channel, over: harness.transport) {
        #expect(outcome.isDeferred, "\(outcome)")
        expectNothingPersonal(in: outcome.said)
      }
    }
  }

  @Test(arguments: Adapter.allCases)
  func anOtherSideThatIsSilentIsDeferredInTime(_ adapter: Adapter) async throws {
    try await adapter.run(timeout: 1) { harness in
      guard let channel = try harness.fallSilent(towards: "nt-silent") else { return }
      let outcome = await harness.transport.deliver(Sample.dispatch("nt-silent", to: channel))
      #expect(outcome == .deferred(Fault(.timeout, ""), retryAfter: nil), "\(outcome)")
    }
  }

  @Test(arguments: Adapter.allCases)
  func aGatewayThatStopsAnswersEverything(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcomes = await Sample.deliver(50, to: harness.channel, over: harness.transport) { harness.stopGateway() }
      #expect(outcomes.count == 50)
      #expect(outcomes.allSatisfy { harness.isTaken($0) || $0.isDeferred }, "\(outcomes)")
      let late = await harness.transport.deliver(Sample.dispatch("nt-late", to: harness.channel))
      #expect(harness.isTaken(late) || late.isDeferred, "\(late)")
    }
  }

  /// Whatever happens, nothing that the gateway keeps or that stands in the open names the child or the recipient.
  @Test(arguments: Adapter.allCases)
  func nothingInTheOpenIsPersonal(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for channel in [harness.channel] + Sample.channels + harness.refusing {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-open", to: channel))
        expectNothingPersonal(in: outcome.said)
        // No address at all, whoever's it is.
        #expect(!outcome.said.contains("@"), "\(outcome.said)")
      }
      let open = try harness.open()
      expectNothingPersonal(in: open)
      if let arrived = try harness.arrived() { #expect(!arrived.isEmpty && open.contains("nt-open")) }
    }
  }

  private func expectNothingPersonal(in text: String) {
    for word in Sample.personal { #expect(!text.localizedCaseInsensitiveContains(word), "\(word) in \(text)") }
  }
}

/// The adapters that the suite runs on.
enum Adapter: String, CaseIterable, Sendable {
  case maildir, json, manual, webhook, notify

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
    case .webhook: try await WebhookHarness(timeout)
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

// MARK: - Harnesses

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

struct WebhookHarness: AdapterHarness {
  let transport: any Transport
  let channel: Routing.Channel
  private let curl: CurlLoop
  private let sink: SinkServer
  private let serving: Task<Void, any Error>

  init(_ timeout: Int) async throws {
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
    let page = try #require(await pages.next()).page
    curl = CurlLoop(settings: try Certificates.curl(timeout))
    self.sink = sink
    channel = .webhook(url: "\(page)/hook", secret: "derby")
    transport = WebhookTransport(curl: curl, redirect: nil) { $0 == "derby" ? secret : nil }
  }

  func arrived() throws -> [String]? {
    let all = sink.store.arrivals(after: 0, limit: 1000)
    #expect(all.allSatisfy { $0.signature == "valid" })
    return all.map(\.id)
  }

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
  private let double: NotifyDouble
  private let scratch: Scratch

  init(_ timeout: Int = 30) throws {
    key = try Sample.key()
    scratch = try Scratch("notify")
    double = try NotifyDouble([
      try Certificates.path("server.pem"), try Certificates.path("server.key"), "--api-key", NotifyHarness.apiKey,
      "--now", "\(Sample.now.seconds)", "--record", "\(scratch.path)/record", "--template", NotifyHarness.template,
    ])
    curl = CurlLoop(settings: try Certificates.curl(timeout))
    transport = NotifyTransport(
      curl: curl, settings: try NotifySettings(baseURL: double.url, apiKey: NotifyHarness.apiKey),
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

/// `Tests/Support/notify_double.py`, running.
final class NotifyDouble: Sendable {
  /// Only waited for and signalled, which Foundation allows from any thread.
  private let process: Mutex<Process>
  let url: String

  init(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "\(Repository.root)/Tests/Support/notify_double.py"] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.contains("\n") {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "the double has ended")
      line += String(decoding: data, as: UTF8.self)
    }
    url = line.trimmingCharacters(in: .whitespacesAndNewlines).replacingOccurrences(of: "listening on ", with: "")
    self.process = Mutex(process)
  }

  /// Not SIGTERM: test runners may start their children with it blocked.
  func stop() {
    process.withLock { process in
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
  }
}

/// An authority and a server's certificate by it, made once a run and removed at its end.
enum Certificates {
  private static let folder = Result { try Scratch("conformance") }
  private static let made = Result {
    let scratch = try folder.get()
    atexit { if case .success(let scratch) = Certificates.folder { scratch.remove() } }
    let result = try Shell.run("\(Repository.root)/Tests/Support/certificates.sh", [scratch.path])
    try #require(result.status == 0)
    return scratch
  }

  static func path(_ name: String) throws -> String { "\(try made.get().path)/\(name)" }

  static func curl(_ timeout: Int) throws -> CurlLoop.Settings {
    CurlLoop.Settings(trustFile: try path("ca.pem"), timeout: timeout)
  }
}

// MARK: - What is sent

enum Sample {
  static let now = instant("2026-11-12T12:00:00Z")
  /// The child's name and address, and the local part of the recipient's address.
  static let personal = ["Kowalczyk", "Lavender Row", "duty.inbox"]
  static func key() throws -> AnswerKey { try #require(AnswerKey(secret: [UInt8](repeating: 7, count: 32))) }

  /// One of every kind; none is a healthy recipient.
  static let channels: [Routing.Channel] = [
    .mail("duty.inbox@derby.example"), .webhook(url: "https://127.0.0.1:1/duty.inbox", secret: "nobody"),
    .drop(folder: "front-door", format: .json), .drop(folder: "front-door", format: .maildir),
    .notify(address: "duty.inbox@derby.example", template: NotifyHarness.template), .phone("01632 960101"),
  ]

  static func dispatch(_ id: String, to channel: Routing.Channel, attempt: Int = 1) -> Dispatch {
    let text = "Mia Kowalczyk of 17 Lavender Row is missing."
    let event: JSONValue = [
      "specversion": "1.0", "id": .string(id), "source": "https://waypost.example", "type": "missing.reported",
      "data": ["child": ["name": "Mia Kowalczyk", "address": "17 Lavender Row"]],
    ]
    let notification = Delivery.Notification(
      id: id, event: "ev-1", eventType: "missing.reported", episode: "EP-1", role: "childrens-services.front-door",
      relation: "responsible", agency: "derby", contact: "First Contact Team", channels: [channel], urgency: .immediate,
      isPressing: true, confirm: .accepted, within: 300_000, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(
        subject: "A child is missing: \(id)", text: text, html: "<p>\(text)</p>", body: event.serialized,
        csv: "name\r\nMia Kowalczyk\r\n"),
      isExercise: false, initialState: .queued)
    return Dispatch(notification: notification, channel: channel, channelIndex: 0, attempt: attempt, at: now)
  }

  /// Delivers `nt-0`, `nt-1`, … at once; `meanwhile` runs when all are on their way.
  static func deliver(
    _ count: Int, to channel: Routing.Channel, over transport: any Transport, meanwhile: () -> Void = {}
  ) async -> [Outcome] {
    await withTaskGroup(of: Outcome.self) { group in
      for number in 0..<count { group.addTask { await transport.deliver(dispatch("nt-\(number)", to: channel)) } }
      meanwhile()
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension Outcome {
  var isDeferred: Bool { if case .deferred = self { true } else { false } }

  /// Every word that the gateway keeps of it.
  var said: String {
    switch self {
    case .accepted(let receipt), .waiting(let receipt): "\(receipt.evidence)\n\(receipt.details)"
    case .deferred(let fault, _), .rejected(let fault): "\(fault)"
    }
  }
}

// MARK: - What one adapter alone promises

@Suite struct DropTests {
  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func filesAreForTheGatewaysUserAndNothingIsLeftOver() async throws {
    let harness = try DropHarness(.maildir)
    defer { harness.scratch.remove() }
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt-1", to: harness.channel))))
    #expect(try mode("\(harness.home)/new/nt-1") == 0o600)
    for folder in ["", "/tmp", "/new", "/cur"] { #expect(try mode(harness.home + folder) == 0o700) }
    #expect(harness.files("\(harness.home)/tmp").isEmpty)
    let text = try String(contentsOfFile: "\(harness.home)/new/nt-1", encoding: .utf8)
    #expect(text.contains("\r\nMessage-ID: <nt-1@gw.example>\r\n"))
    #expect(text.contains("\r\nTo: <front-door@drop.invalid>\r\n"))
    #expect(text.contains("filename=\"notification.json\"") && text.contains("filename=\"report.csv\""))
  }

  /// An attempt that was cut off leaves half a file; the next one takes its place, and its own is never read by halves.
  @Test(arguments: DropFormat.allCases)
  func whatACrashLeftIsReplaced(_ format: DropFormat) async throws {
    let harness = try DropHarness(format)
    defer { harness.scratch.remove() }
    let dispatch = Sample.dispatch("nt-1", to: harness.channel)
    _ = await harness.transport.deliver(Sample.dispatch("nt-0", to: harness.channel))
    let half = format == .maildir ? "\(harness.home)/tmp/nt-1" : "\(harness.home)/.nt-1.json"
    try Data(repeating: 0x78, count: 100_000).write(to: URL(fileURLWithPath: half))
    #expect(harness.isTaken(await harness.transport.deliver(dispatch)))
    #expect(!FileManager.default.fileExists(atPath: half))
    #expect(try harness.arrived() == ["nt-0", "nt-1"])
    guard format == .json else { return }
    #expect(
      try String(contentsOfFile: "\(harness.home)/nt-1.json", encoding: .utf8) == dispatch.notification.message.body)
  }

  @Test func whatWasCollectedIsNotWrittenAgain() async throws {
    let harness = try DropHarness(.maildir)
    defer { harness.scratch.remove() }
    let dispatch = Sample.dispatch("nt-1", to: harness.channel)
    _ = await harness.transport.deliver(dispatch)
    try FileManager.default.moveItem(atPath: "\(harness.home)/new/nt-1", toPath: "\(harness.home)/cur/nt-1:2,S")
    #expect(harness.isTaken(await harness.transport.deliver(dispatch)))
    #expect(try harness.arrived() == [])
    // Another id that begins alike is another message.
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt-11", to: harness.channel))))
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt", to: harness.channel))))
    #expect(try harness.arrived() == ["nt", "nt-11"])
  }

  @Test func aRootThatIsNotThereIsNotMade() async throws {
    let scratch = try Scratch("drop")
    scratch.remove()
    let transport = try DropHarness.transport(scratch.path)
    let outcome = await transport.deliver(Sample.dispatch("nt-1", to: .drop(folder: "f", format: .json)))
    #expect(outcome == .deferred(Fault(.unavailable, ""), retryAfter: nil))
    #expect(!FileManager.default.fileExists(atPath: scratch.path))
  }

  @Test(arguments: ["", "..", "../else", "a/b", ".hidden", "a:b", "a\u{0}b", "ä"])
  func noNameLeavesTheFolder(_ name: String) async throws {
    let harness = try DropHarness(.json)
    defer { harness.scratch.remove() }
    let folder = await harness.transport.deliver(Sample.dispatch("nt-1", to: .drop(folder: name, format: .json)))
    #expect(folder == .rejected(Fault(.configuration, "")))
    let file = await harness.transport.deliver(Sample.dispatch(name, to: harness.channel))
    #expect(file == .rejected(Fault(.configuration, "")))
  }
}

@Suite struct NotifyTests {
  @Test(arguments: [
    ("team-only", Outcome.rejected(Fault(.refused, ""))), ("trial-mode", .rejected(Fault(.refused, ""))),
    ("forbidden", .rejected(Fault(.authentication, ""))),
    ("clock-off", .deferred(Fault(.authentication, ""), retryAfter: nil)),
    ("rate-limited", .deferred(Fault(.throttled, ""), retryAfter: nil)),
    ("rate-limited-7", .deferred(Fault(.throttled, ""), retryAfter: 7)),
    ("daily-limit", .deferred(Fault(.throttled, ""), retryAfter: nil)),
    ("broken", .deferred(Fault(.unavailable, ""), retryAfter: nil)),
  ])
  func answersMeanWhatTheyMean(_ local: String, _ expected: Outcome) async throws {
    let harness = try NotifyHarness()
    let outcome = await harness.transport.deliver(Sample.dispatch("nt-1", to: harness.to(local)))
    await harness.close()
    #expect(outcome == expected)
  }

  @Test func aClockThatIsOffCanBePutRight() {
    func outcome(_ date: String?) -> Outcome {
      NotifyTransport.outcome(.answered(status: 403, retryAfter: nil, date: date), at: Sample.now)
    }
    #expect(outcome(nil) == .rejected(Fault(.authentication, "")))
    #expect(outcome("Thu, 12 Nov 2026 12:00:09 GMT") == .rejected(Fault(.authentication, "")))
    #expect(outcome("Thu, 12 Nov 2026 12:00:40 GMT") == .deferred(Fault(.authentication, ""), retryAfter: nil))
    #expect(outcome("Thu, 12 Nov 2026 11:59:20 GMT") == .deferred(Fault(.authentication, ""), retryAfter: nil))
  }

  @Test(arguments: [
    "", "key", "my-key-\(NotifyHarness.service)", "\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0",
    "-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0",
    "k-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b",
    "k-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122bg",
    "k \(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0", "\(NotifyHarness.apiKey)-x",
  ])
  func keysAreReadStrictly(_ text: String) {
    #expect(throws: NotifySettings.Problem.apiKey) { try NotifySettings(apiKey: text) }
  }

  @Test func settingsAreReadStrictly() throws {
    #expect(try NotifySettings(apiKey: " \(NotifyHarness.apiKey)\n").service == NotifyHarness.service)
    for address in ["http://api.example", "https://", "https://api.example/v2", "https://user@api.example", "api"] {
      #expect(throws: NotifySettings.Problem.address) {
        try NotifySettings(baseURL: address, apiKey: NotifyHarness.apiKey)
      }
    }
    for token in ["", "short", "with a space in it"] {
      #expect(throws: NotifySettings.Problem.callbackToken) {
        try NotifySettings(apiKey: NotifyHarness.apiKey, callbackToken: token)
      }
    }
  }

  /// Made by another implementation (Python's hmac).
  @Test func tokensAreThoseOfTheStandard() throws {
    let settings = try NotifySettings(apiKey: NotifyHarness.apiKey)
    #expect(
      settings.token(at: Instant(seconds: 1_568_818_578))
        == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        + "eyJpYXQiOjE1Njg4MTg1NzgsImlzcyI6IjI2Nzg1YTA5LWFiMTYtNGViMC04NDA3LWEzNzQ5N2E1NzUwNiJ9."
        + "uL9PA6FeLyeIVhWLHfHrja0BKO_p0w7JGoBSBFdqcz4")
  }

  private let number = "740e5834-3a29-46b4-9a6f-16142fde533a"

  private func read(
    _ status: String, reference: String? = nil, authorization: String? = "Bearer callback-token"
  ) throws -> CallbackReading {
    let key = try Sample.key()
    let body: JSONValue = [
      "id": .string(number), "reference": .string(reference ?? key.tag("nt-1", channel: 2)),
      "to": "duty.inbox@derby.example", "status": .string(status), "created_at": "2026-11-12T12:00:00.000000Z",
      "completed_at": "2026-11-12T12:00:03.000000Z", "sent_at": .null, "notification_type": "email",
      "template_id": .string(NotifyHarness.template), "template_version": 1,
    ]
    return NotifyCallbacks(token: "callback-token", key: key).read(
      body: body.serializedBytes, authorization: authorization)
  }

  @Test(arguments: [
    ("delivered", ReceiptKind.delivered, String?.none), ("permanent-failure", .failed, "5.1.1"),
    ("temporary-failure", .failed, "4.2.2"), ("technical-failure", .failed, "4.3.0"),
  ])
  func callbacksBecomeReceipts(_ status: String, _ kind: ReceiptKind, _ code: String?) throws {
    let receipt = Receipt(kind, from: .notify, "\(status) (Notify \(number))", channel: 2)
    #expect(try read(status) == .report(ReceiptReport(notification: "nt-1", receipt: receipt, status: code)))
  }

  @Test(arguments: ["created", "sending", "duty.inbox@derby.example"])
  func otherStatusesChangeNothing(_ status: String) throws {
    guard case .ignored(let why) = try read(status) else {
      Issue.record("\(status) is not ignored")
      return
    }
    #expect(!why.contains("@"))
  }

  @Test(arguments: ["", "nt-1", "nt-1.2.aaaaaaaaaaaaaaaa", "nt-1.3.", "\u{1F9ED}"])
  func aReferenceOfSomebodyElseIsIgnored(_ reference: String) throws {
    #expect(try read("delivered", reference: reference) == .ignored("unknown reference"))
  }

  @Test(arguments: [nil, "", "callback-token", "Bearer ", "Bearer callback-toke", "Bearer callback-token ", "Basic x"])
  func withoutTheTokenNothingIsRead(_ authorization: String?) throws {
    #expect(try read("delivered", authorization: authorization) == .unauthorized)
  }

  @Test(arguments: ["", "{", "[]", "{}", "{\"id\":\"duty.inbox@derby.example\",\"status\":\"delivered\"}"])
  func nonsenseIsMalformedAndNotRepeated(_ body: String) throws {
    let key = try Sample.key()
    func read(_ token: String?) -> CallbackReading {
      NotifyCallbacks(token: token, key: key).read(body: Array(body.utf8), authorization: "Bearer callback-token")
    }
    guard case .malformed(let why) = read("callback-token") else {
      Issue.record("\(body) is taken")
      return
    }
    #expect(!why.contains("@"))
    #expect(read(nil) == .unauthorized)
  }
}
