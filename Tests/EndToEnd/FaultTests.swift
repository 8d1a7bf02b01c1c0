import Foundation
import Routing
import TestKit
import Testing

/// A receiver in trouble, with real programs on both sides.
@Suite(.serialized) struct FaultTests {
  @Test(arguments: ["4xx:1", "drop:1", "timeout:1"])
  func aReceiverInTroubleDelaysNobodyElseAndGetsItsOwnInOrder(_ fault: String) throws {
    let stage = try Stage("fault")
    defer { stage.scratch.remove() }
    let sink = try stage.sink(["--fail", fault, "--fail-for", "derby-health"])
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    let gateway = try stage.gateway(sink)
    defer { gateway.kill() }
    let children = 5
    for number in 0..<children {
      let found = event(
        "child.found", at: "2026-11-12T12:30:00Z", subject: "EP-\(number)", id: "f\(number)",
        ["episode": ["whereabouts": "known"]])
      for happened in [missingInDerby(number), found] {
        let answer = try Program.run(
          ["submit", "-", "--gateway", gateway.url, "--key", key], input: happened.cloudEvent.serialized)
        #expect(answer.status == 0)
      }
    }
    // Everybody else has everything while the health team has nothing.
    while try !open(stage).isEmpty, try !open(stage).allSatisfy({ $0["agency"]?.text == "derby-health" }) {}
    let during = try stage.fetch("\(sink.url)/messages?limit=10000").items ?? []
    #expect(!during.isEmpty)
    #expect(!during.contains { $0["intended"]?.text?.hasPrefix("derby-health ") == true })
    guard fault != "timeout:1" else { return }
    // Back again: it gets its own, each episode's missing before its found.
    // An operator asks for what is resting between two tries at once.
    try stage.post("\(sink.url)/fail", ["fail": ""])
    while case let waiting = try open(stage), !waiting.isEmpty {
      for id in waiting.compactMap({ $0["id"]?.text }) {
        _ = try Program.run(["queue", "retry", id, "--data", stage.data])
      }
    }
    let after = try stage.fetch("\(sink.url)/messages?limit=10000&content=true").items ?? []
    for number in 0..<children {
      for role in ["health.safeguarding", "health.designated-nurse"] {
        let subjects = after.filter {
          $0["intended"]?.text == "derby-health \(role)"
            && $0["content"]?.text?.contains("A missing child has been found") == true
            || $0["intended"]?.text == "derby-health \(role)"
              && $0["content"]?.text?.contains("has been reported missing") == true
        }
        #expect(subjects.count >= children * 2, "\(number)")
      }
    }
    for arrivals in try lanes(after, stage).values { #expect(arrivals == arrivals.sorted { $0 > $1 }) }
  }

  /// Notifications still on their way, but for those that wait for a desk to open.
  private func open(_ stage: Stage) throws -> [JSONValue] {
    let output = try Program.run(
      ["queue", "list", "--json", "--limit", "10000", "--state", "queued", "--state", "deferred", "--data", stage.data])
      .output
    return try output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }

  /// For each recipient and episode the order in which `missing.reported` (1) and `child.found` (0) arrived.
  private func lanes(_ arrivals: [JSONValue], _ stage: Stage) throws -> [String: [Int]] {
    let all = try Program.run(
      ["queue", "list", "--json", "--limit", "10000", "--state", "accepted", "--data", stage.data]).output
    var episodes: [String: String] = [:]
    for line in all.split(separator: "\n") {
      let item = try JSONValue(parsing: line.utf8)
      if let id = item["id"]?.text, let episode = item["episode"]?.text { episodes[id] = episode }
    }
    var lanes: [String: [Int]] = [:]
    for arrival in arrivals where arrival["intended"]?.text?.hasPrefix("derby-health ") == true {
      guard let id = arrival["id"]?.text, let episode = episodes[id], let role = arrival["intended"]?.text else {
        continue
      }
      let isFound = arrival["content"]?.text?.contains("A missing child has been found") == true
      lanes["\(role)|\(episode)", default: []].append(isFound ? 0 : 1)
    }
    return lanes
  }
}
