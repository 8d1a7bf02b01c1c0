import Delivery
import Foundation
import Routing
import Simulation
import TestKit
import Testing

@Suite(.serialized) struct CrashTests {
  /// The promise behind every 202: killed at any moment, ten times over, the gateway loses nothing it has answered for.
  @Test func killedTenTimesAndNothingIsLost() throws {
    let stage = try Stage("crash")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    var gateway = try stage.gateway(sink)
    defer { gateway.kill() }
    var random = SeededRandom(2026)
    // The kills fall between posts at random, and each post goes on in the background while the gateway dies.
    let kills = Set((0..<10).map { 50 + $0 * 95 + Int.random(in: 0..<90, using: &random) })
    var accepted: [Int: Int] = [:]
    var next = 0
    while next < 1000 {
      let size = Int.random(in: 5...30, using: &random)
      let batch = Array(next..<min(1000, next + size))
      let isFatal = kills.contains { batch.contains($0) }
      if isFatal {
        // Posted by another process; the kill falls somewhere before, within or after its commit.
        let poster = try post(batch, to: gateway, key: key, stage: stage)
        spin(Int.random(in: 0..<40, using: &random))
        gateway.kill()
        poster.waitUntilExit()
        gateway = try stage.gateway(sink)
      }
      // Everything is posted again until it is answered: the same events are recognised.
      for (number, count) in try submit(batch, to: gateway, key: key) { accepted[number] = count }
      next += size
    }
    #expect(accepted.count == 1000)
    let expected = accepted.values.reduce(0, +)
    let ledger = try notifications(stage)
    #expect(ledger.count == expected, "what was answered with 202 is there, once")
    // Every notification that can be sent reaches the sink, repeats under the same id.
    let routable = Set(ledger.filter { $0.value != "unroutable" && $0.value != "scheduled" }.keys)
    let arrived = try arrivals(of: routable, stage, sink)
    #expect(routable.subtracting(arrived).isEmpty)
    #expect(arrived.subtracting(try notifications(stage, timed: true).keys).isEmpty)
  }

  private func submit(_ numbers: [Int], to gateway: Program, key: String) throws -> [(Int, Int)] {
    let batch = JSONValue.array(numbers.map { missingInDerby($0).cloudEvent })
    let result = try Program.run(["submit", "-", "--gateway", gateway.url, "--key", key], input: batch.serialized)
    #expect(result.status == 0, "\(result.output)")
    let answers = try JSONValue(parsing: result.output.utf8).items ?? []
    return zip(numbers, answers).compactMap { number, answer in
      guard case .number(let count) = answer["notifications"] else { return nil }
      return (number, Int(count))
    }
  }

  private func post(_ numbers: [Int], to gateway: Program, key: String, stage: Stage) throws -> Process {
    let file = "\(stage.scratch.path)/batch.json"
    let batch = JSONValue.array(numbers.map { missingInDerby($0).cloudEvent })
    try Data(batch.serializedBytes).write(to: URL(fileURLWithPath: file))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = ["submit", file, "--gateway", gateway.url, "--key", key]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Spends a varying time without a clock: so many short programs.
  private func spin(_ count: Int) { for _ in 0..<count { _ = try? Shell.run("true", []) } }

  /// State by id; with `timed` also of what time made owed (the reports lie in the past, and their clocks have run out).
  private func notifications(_ stage: Stage, timed: Bool = false) throws -> [String: String] {
    let states = ["queued", "scheduled", "held", "accepted", "deferred", "failed", "cancelled", "unroutable"]
    let result = try Program.run(
      ["queue", "list", "--json", "--limit", "100000", "--data", stage.data] + states.flatMap { ["--state", $0] })
    let events = Set(
      (0..<1000).map { number in
        let event = missingInDerby(number)
        return Identifiers.event(source: event.source, id: event.id)
      })
    return try result.output.split(separator: "\n").reduce(into: [:]) { found, line in
      let item = try JSONValue(parsing: line.utf8)
      if let id = item["id"]?.text, let event = item["event"]?.text, timed || events.contains(event) {
        found[id] = item["state"]?.text
      }
    }
  }

  /// Waits at the sink's own page until every wanted id has arrived.
  private func arrivals(of wanted: Set<String>, _ stage: Stage, _ sink: Program) throws -> Set<String> {
    var seen = Set<String>()
    var last = 0
    while !wanted.isSubset(of: seen) {
      let page = try stage.fetch("\(sink.url)/messages?after=\(last)&atLeast=\(last + 1)&limit=5000").items ?? []
      guard !page.isEmpty else { return seen }
      last += page.count
      seen.formUnion(page.compactMap { $0["id"]?.text })
    }
    return seen
  }
}
