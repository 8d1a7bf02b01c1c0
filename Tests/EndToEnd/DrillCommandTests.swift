import Foundation
import Routing
import TestKit
import Testing

/// A drill from the command line to its figures, over TLS by an authority of one's own.
@Suite(.timeLimit(.minutes(30))) struct DrillCommandTests {
  @Test func aDrillIsSentAndMeasured() throws {
    let stage = try Stage("drills")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    let certificates = "\(stage.sinkData)/certificates"
    let settings = "\(stage.scratch.path)/settings.yaml"
    try Data("certificate: \(certificates)/dev-server.pem\nkey: \(certificates)/dev-server.key\n".utf8)
      .write(to: URL(fileURLWithPath: settings))
    let smtp = try stage.fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    let gateway = try Program(
      [
        "serve", "--config", settings, "--listen", "127.0.0.1:0", "--data", stage.data, "--redirect",
        "mail=\(smtp),webhook=\(sink.url)/hook", "--trust", stage.authority,
      ], environment: ["WAYPOST_REDIRECT_SECRET": stage.secret], log: "\(stage.scratch.path)/gateway.log")
    defer { gateway.kill() }
    let drill = missingInDerby(1).cloudEvent.merged(with: ["exercise": true])
    func submit(_ document: JSONValue, _ more: String...) throws -> Int32 {
      try Program.run(["submit", "-", "--gateway", gateway.url, "--key", key] + more, input: document.serialized).status
    }
    #expect(try submit(drill) == 69, "the authority is not known")
    #expect(try submit(drill, "--trust", "/nowhere") == 65)
    #expect(try submit(drill, "--trust", stage.authority) == 0)
    // A drill's episode takes no real event.
    #expect(try submit(missingInDerby(1, id: "real").cloudEvent, "--trust", stage.authority) == 65)
    let queue = try Program.run(
      ["queue", "list", "--json", "--data", stage.data]
        + ["queued", "scheduled", "deferred", "held", "accepted"].flatMap { ["--state", $0] })
    let first = try #require(queue.output.split(separator: "\n").first)
    let id = try #require(try JSONValue(parsing: first.utf8)["id"]?.text)
    #expect(try Program.run(["queue", "acknowledge", id, "--by", "Dana", "--data", stage.data]).status == 0)
    func lines(_ more: String...) throws -> [JSONValue] {
      try Program.run(["drills", "--json", "--data", stage.data] + more).output.split(separator: "\n")
        .map { try JSONValue(parsing: $0.utf8) }
    }
    #expect(try lines().contains { $0["acknowledged"] == 1 && $0["slowestSeconds"] != .null })
    #expect(try lines("--since", "2999-01-01").isEmpty)
    #expect(try Program.run(["drills", "--since", "soon", "--data", stage.data]).status == 64)
    #expect(try Program.run(["drills", "--data", stage.data]).output.contains("derby"))
  }
}
