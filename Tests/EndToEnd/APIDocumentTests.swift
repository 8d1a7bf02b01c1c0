import Foundation
import Routing
import TestKit
import Testing

/// The gateway and its OpenAPI document, held to each other by programs that are not ours: the real gateway, as built.
@Suite(.serialized) struct APIDocumentTests {
  let scratch: Scratch
  var data: String { "\(scratch.path)/data" }
  private let token = "callback-token-of-the-test"

  init() throws { scratch = try Scratch("document") }

  private func write(_ text: String, _ name: String) throws -> String {
    let path = "\(scratch.path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    return path
  }

  /// A gateway with everything switched on that has a path, whose messages all end on this machine, at a closed port.
  private func serve() throws -> Program {
    let notifyKey = "test-11111111-2222-4333-8444-555555555555-66666666-7777-4888-8999-000000000000"
    let settings = """
      listen: 127.0.0.1:0
      routes: \(Repository.root)/Routes
      data: \(data)
      mail: {relay: "smtp://127.0.0.1:9"}
      notify:
        url: https://127.0.0.1:9
        keyFile: \(try write(notifyKey, "notify-key"))
        callbackTokenFile: \(try write(token, "callback-token"))
      limits: {perSecond: 100000, burst: 1000000}
      """
    return try Program(
      ["serve", "--config", try write(settings, "settings.yaml"), "--log", "error"], log: "\(scratch.path)/gateway.log")
  }

  @Test func theDocumentSaysWhatTheGatewayAnswers() throws {
    defer { scratch.remove() }
    let added = try Program.run(
      ["sources", "add", "everything", "--agency", "derby", "--agency", "derbyshire-police", "--data", data])
    let key = try #require(added.output.split(separator: "\n").last.map(String.init))
    let gateway = try serve()
    defer { gateway.kill() }
    let checked = try Shell.run(
      "\(Repository.root)/.venv/bin/python",
      ["\(Repository.root)/Tests/Support/check_api.py", gateway.url, key, token])
    #expect(checked.status == 0, "\(checked.output)")
    // Whatever was sent: nothing of it came into the log.
    let log = try String(contentsOfFile: "\(scratch.path)/gateway.log", encoding: .utf8)
    #expect(!log.contains("request failed") && !log.contains(key) && !log.contains(token), "\(log.suffix(2000))")
  }
}
