import Foundation
import Routing
import TestKit
import Testing

/// Real Postfix, Python's own mail parser, the public webhook library.
@Suite(.serialized) struct RealPartsTests {
  private let support = "\(Repository.root)/Tests/Support"
  private var python: String { "\(Repository.root)/.venv/bin/python" }

  @Test func postfixTakesEveryMailAndPythonFindsNoDefect() throws {
    let stage = try Stage("postfix")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let port = try freePort()
    let folder = "\(stage.scratch.path)/postfix"
    let certificates = "\(stage.sinkData)/certificates"
    let started = try Shell.run(
      "\(support)/postfix.sh",
      ["start", folder, "\(port)", "\(certificates)/dev-server.pem", "\(certificates)/dev-server.key", "localhost"])
    #expect(started.status == 0)
    defer { _ = try? Shell.run("\(support)/postfix.sh", ["stop", folder]) }
    let key = try Program.key(data: stage.data)
    let gateway = try stage.gateway(sink, mail: "smtp://127.0.0.1:\(port)")
    defer { gateway.kill() }
    var expected = Set<String>()
    for number in 0..<20 {
      let answer = try Program.run(
        ["submit", "-", "--gateway", gateway.url, "--key", key], input: missingInDerby(number).cloudEvent.serialized)
      #expect(answer.status == 0)
    }
    // Until the gateway has nothing left to send, then until Postfix has put it all into the mailbox.
    while true {
      let open = try Program.run([
        "queue", "list", "--json", "--state", "queued", "--state", "deferred", "--data", stage.data,
      ]).output
      if open.isEmpty { break }
    }
    let accepted = try Program.run([
      "queue", "list", "--json", "--limit", "10000", "--state", "accepted", "--data", stage.data,
    ]).output
    for line in accepted.split(separator: "\n") { expected.insert(try JSONValue(parsing: line.utf8)["id"]?.text ?? "") }
    let hooks = Set(try stage.fetch("\(sink.url)/messages?limit=10000").items?.compactMap { $0["id"]?.text } ?? [])
    let mails = expected.subtracting(hooks)
    #expect(mails.count >= 60)
    while try FileManager.default.contentsOfDirectory(atPath: "\(folder)/mail/new").count < mails.count {}
    let checked = try Shell.run("python3", ["\(support)/check_mail.py", "\(folder)/mail"])
    #expect(checked.status == 0)
    var seen = Set<String>()
    for line in checked.output.split(separator: "\n") {
      let mail = try JSONValue(parsing: line.utf8)
      let id = String(mail["id"]?.text?.prefix { $0 != "@" } ?? "")
      seen.insert(id)
      #expect(mail["defects"]?.items?.isEmpty == true, "\(line)")
      #expect(mail["intended"]?.text?.isEmpty == false)
      #expect(mail.at(["event", "id"])?.text == id)
      #expect(mail["text"]?.text?.contains("Żółć") == true || mail["text"]?.text?.contains("Given name") == false)
      // No header names the child.
      let headers = mail["headers"]?.serialized ?? ""
      for word in ["Żółć", "王", "C-1", "EP-", "2012-01-02"] { #expect(!headers.contains(word)) }
    }
    #expect(seen == mails)
  }

  /// Editors complete packs, cases and the directory by these schemas: they fit what is there and refuse what is wrong.
  @Test func theSchemasFitEveryFileOfTheRoutes() throws {
    let python = "\(Repository.root)/.venv/bin/python"
    let checked = try Shell.run(python, ["\(Repository.root)/Tests/Support/schemas.py", "--check"])
    #expect(checked.status == 0, "\(checked.output)")
    #expect(checked.output.contains("0 problems"))
  }

  @Test func standardWebhooksVerifiesEverySignature() throws {
    let stage = try Stage("webhooks")
    defer { stage.scratch.remove() }
    let receiver = try WebhookReceiver(stage, python: python, script: "\(support)/webhook_receiver.py")
    defer { receiver.stop() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    let smtp = try stage.fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    let gateway = try Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--data", stage.data, "--redirect",
        "mail=\(smtp),webhook=\(receiver.url)/hook",
        "--trust", stage.authority, "--log", "warning",
      ], environment: ["WAYPOST_REDIRECT_SECRET": stage.secret], log: "\(stage.scratch.path)/gateway.log")
    defer { gateway.kill() }
    for number in 0..<10 {
      let document: JSONValue = event(
        "missing.categorised", at: "2026-11-12T11:59:00Z", subject: "EP-\(number)", id: "w\(number)",
        ["child": ["id": .string("C-\(number)"), "livesIn": "derby"], "episode": ["risk": "high"]]
      ).cloudEvent
      #expect(
        try Program.run(["submit", "-", "--gateway", gateway.url, "--key", key], input: document.serialized).status == 0
      )
    }
    let lines = try receiver.lines(20)
    let checked = try Shell.run(python, ["\(support)/check_webhook.py"], input: lines.joined(separator: "\n") + "\n")
    #expect(checked.status == 0, "\(checked.output)")
    #expect(checked.output.split(separator: "\n").count == lines.count)
    #expect(!checked.output.contains("\"ok\": false"))
    // No two messages to one recipient have the same number.
    let numbers = try checked.output.split(separator: "\n").map { line in
      let said = try JSONValue(parsing: line.utf8)
      return "\(said["recipient"]?.text ?? "") \(try #require(said["sequence"]?.text)) \(said["id"]?.text ?? "")"
    }
    let places = Set(numbers.map { $0.split(separator: " ").prefix(2).joined(separator: " ") })
    #expect(places.count == Set(numbers).count)
  }
}

/// A Python HTTPS server that writes each request it got as a line for check_webhook.py.
final class WebhookReceiver {
  private let process = Process()
  private let output = Pipe()
  private(set) var url = ""
  private var rest = ""

  init(_ stage: Stage, python: String, script: String) throws {
    _ = try Program.run(["certificates", "make-dev", "--data", stage.sinkData])
    let certificates = "\(stage.sinkData)/certificates"
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script, "\(certificates)/dev-server.pem", "\(certificates)/dev-server.key", stage.secret]
    process.standardOutput = output
    try process.run()
    url = try lines(1)[0]
  }

  /// The next lines it writes.
  func lines(_ count: Int) throws -> [String] {
    var found: [String] = []
    while true {
      while let end = rest.firstIndex(of: "\n") {
        found.append(String(rest[..<end]))
        rest = String(rest[rest.index(after: end)...])
        if found.count == count { return found }
      }
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw Program.Ended(log: rest) }
      rest += String(decoding: data, as: UTF8.self)
    }
  }

  func stop() {
    // Not SIGTERM: test runners may start their children with it blocked.
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
