import Foundation
import Routing
import Synchronization
import TestKit
import Testing

/// Runs the built `waypost` as its users do, or another server that says `listening on URL`.
final class Program: Sendable {
  /// A process is only started, signalled and waited for, each of which Foundation allows from any thread.
  private let process: Mutex<Process>
  let pid: Int32
  let url: String

  /// The program beside the test bundle.
  static let path: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
    let folder = bundle?.deletingLastPathComponent().path ?? "\(Repository.root)/.build/debug"
    return "\(folder)/waypost"
  }()

  /// Starts a command that serves, and returns once it says where it listens. With `hoursAhead` its clock is that far ahead
  /// of the machine's (Debian's `faketime`, which runs the program as its child).
  init(
    _ arguments: [String], executable: String = Program.path, environment: [String: String] = [:],
    hoursAhead: Int? = nil, log: String
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: hoursAhead == nil ? executable : "/usr/bin/faketime")
    process.arguments = (hoursAhead.map { ["-f", "+\($0)h", executable] } ?? []) + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: Repository.root)
    // Only the day is another: what waits by the monotonic clock waits as long as it should.
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging(hoursAhead == nil ? [:] : ["FAKETIME_DONT_FAKE_MONOTONIC": "1"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try #require(FileManager.default.createFile(atPath: log, contents: nil))
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    let started = process.processIdentifier
    var text = ""
    while !text.contains("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw Ended(log: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "") }
      text += String(decoding: data, as: UTF8.self)
    }
    // The program itself, not what set its clock: that ends with it.
    let children = try? String(contentsOfFile: "/proc/\(started)/task/\(started)/children", encoding: .utf8)
    pid = hoursAhead == nil ? started : children?.split(separator: " ").first.flatMap { Int32($0) } ?? started
    url = text.components(separatedBy: "\n")[0].replacingOccurrences(of: "listening on ", with: "")
    self.process = Mutex(process)
  }

  struct Ended: Error { let log: String }

  /// SIGKILL, and waits until the process is gone.
  func kill() {
    process.withLock { process in
      Foundation.kill(pid, SIGKILL)
      process.waitUntilExit()
    }
  }

  static func run(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws
    -> Shell.Result
  {
    try Shell.run(path, arguments, input: input, environment: environment)
  }

  /// A new key for an unlimited sender.
  static func key(data: String, name: String = "test") throws -> String {
    let output = try run(["sources", "add", name, "--data", data]).output
    return output.split(separator: "\n").last.map(String.init) ?? ""
  }
}

/// A gateway whose messages all go to a sink, both real programs on free ports.
struct Stage {
  let scratch: Scratch
  let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
  var data: String { "\(scratch.path)/gateway" }
  var sinkData: String { "\(scratch.path)/sink" }
  var authority: String { "\(sinkData)/certificates/dev-ca.pem" }

  init(_ name: String) throws { scratch = try Scratch(name) }

  func sink(_ more: [String] = []) throws -> Program {
    try Program(
      ["sink", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data", sinkData, "--keep", "5000"] + more,
      environment: ["WAYPOST_REDIRECT_SECRET": secret], log: "\(scratch.path)/sink.log")
  }

  func gateway(_ sink: Program, mail: String? = nil, log: String = "warning") throws -> Program {
    let place = try mail ?? fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    return try Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--data", data, "--redirect", "mail=\(place),webhook=\(sink.url)/hook",
        "--trust", authority, "--log", log,
      ], environment: ["WAYPOST_REDIRECT_SECRET": secret], log: "\(scratch.path)/gateway.log")
  }

  /// GET with curl, trusting the sink's own authority.
  func fetch(_ url: String) throws -> JSONValue {
    let result = try Shell.run("curl", ["-sS", "--max-time", "120", "--cacert", authority, url])
    return try JSONValue(parsing: result.output.utf8)
  }

  func post(_ url: String, _ body: JSONValue) throws {
    _ = try Shell.run(
      "curl", ["-sS", "--max-time", "30", "--cacert", authority, "-X", "POST", "--data-binary", "@-", url],
      input: body.serialized)
  }
}

/// A child at home in Derby who is reported missing.
func missingInDerby(_ number: Int, id: String? = nil) -> Event {
  event(
    "missing.reported", at: "2026-11-12T11:59:00Z", subject: "EP-\(number)", id: id ?? "e\(number)",
    [
      "child": [
        "id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02",
        "name": ["given": "Żółć", "family": "王🦊"],
      ],
      "episode": ["reportedBy": "police", "whereabouts": "unknown", "circumstances": "Left “home” – naïvely."],
    ])
}

/// A port of 127.0.0.1 that nobody listens on now, for servers that have to know each other's before they start. It is
/// below those that the system gives to connections, or one of the other tests' would have it before the server does.
func freePort() throws -> Int {
  let result = try Shell.run(
    "python3",
    [
      "-c",
      """
      import random, socket
      while True:
          try:
              with socket.socket() as s:
                  s.bind(("127.0.0.1", random.randint(15000, 32000)))
                  print(s.getsockname()[1])
                  break
          except OSError:
              pass
      """,
    ])
  return try #require(Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
}
