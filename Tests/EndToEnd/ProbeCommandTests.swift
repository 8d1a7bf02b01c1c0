import Foundation
import Routing
import TestKit
import Testing

/// `waypost probe` as a shell sees it, beside a running gateway in a drill.
@Suite(.serialized) struct ProbeCommandTests {
  private func probe(_ stage: Stage, _ sink: Program, mail: String? = nil, _ arguments: [String]) throws -> Shell.Result
  {
    let place = try mail ?? stage.fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    return try Program.run(
      ["probe"] + arguments + [
        "--json", "--data", stage.data, "--routes", "\(Repository.root)/Routes", "--trust", stage.authority,
        "--redirect", "mail=\(place),webhook=\(sink.url)/hook",
      ], environment: ["WAYPOST_REDIRECT_SECRET": stage.secret])
  }

  private func lines(_ result: Shell.Result) throws -> [JSONValue] {
    try result.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }

  @Test func aMarkedTestGoesAlongEachChannelAndComesBackInTheReport() throws {
    let stage = try Stage("probe")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let gateway = try stage.gateway(sink)
    defer { gateway.kill() }
    let looked = try probe(stage, sink, ["derby", "--check"])
    #expect(looked.status == 0, "\(looked.output)")
    #expect(try stage.fetch("\(sink.url)/status")["received"] == .number(0))
    let result = try probe(stage, sink, ["derby"])
    #expect(result.status == 0, "\(result.output)")
    let report = try lines(result)
    for line in report {
      let isPhone = line["channel"]?.text == "manual"
      #expect(line["agency"]?.text == "derby" && line["where"]?.text?.isEmpty == false)
      #expect(line["result"]?.text == (isPhone ? "not probed" : "reached"), "\(line.serialized)")
      if isPhone { continue }
      #expect(line["tls"]?.text?.hasPrefix("TLSv1.") == true, "\(line.serialized)")
      guard case .number(let days)? = line["certificateDays"] else {
        Issue.record("no days: \(line.serialized)")
        continue
      }
      #expect(days > 0)
    }
    #expect(report.contains { $0["channel"]?.text == "manual" && $0["words"]?.text?.contains("person") == true })
    let arrived = try stage.fetch("\(sink.url)/messages?limit=1000&content=true").items ?? []
    #expect(Set(arrived.compactMap { $0["channel"]?.text }) == ["mail", "webhook"])
    for message in arrived where message["channel"]?.text == "webhook" {
      #expect(message["type"]?.text == "waypost.probe" && message["signature"]?.text == "valid")
    }
    for message in arrived where message["channel"]?.text == "mail" {
      #expect(message.serialized.contains("TEST: Waypost reachability check"))
    }
    // Nothing is owed to anybody.
    let queue = try Program.run(["queue", "list", "--json", "--state", "accepted", "--data", stage.data])
    #expect(queue.status == 0 && queue.output.isEmpty)
  }

  @Test func whatIsNotReachedAndWhatIsUnknownEndsAsTheContractSays() throws {
    let stage = try Stage("probe-down")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let down = try probe(stage, sink, mail: "smtp://127.0.0.1:1", ["childrens-services.out-of-hours"])
    #expect(down.status == 1)
    let mails = try lines(down).filter { $0["channel"]?.text == "mail" }
    #expect(!mails.isEmpty && mails.allSatisfy { $0["result"]?.text == "deferred" })
    #expect(!down.output.contains("out.of.hours@"))
    #expect(try probe(stage, sink, ["derbi"]).status == 65)
    #expect(try Program.run(["probe"]).status == 64)
  }
}
