import Foundation
import Routing
import TestKit
import Testing

/// Packs as a partnership officer and an operator meet them: on the command line and in a running gateway.
@Suite(.serialized) struct RouteCommandTests {
  private let routes = ["--routes", "\(Repository.root)/Routes"]

  /// A copy of Routes/ with the Derby pack of 2019 alone and one case, so that proving it takes a moment.
  private func smallRoutes(_ scratch: Scratch) throws -> String {
    let copy = "\(scratch.path)/Routes"
    try FileManager.default.copyItem(atPath: "\(Repository.root)/Routes", toPath: copy)
    for name in try FileManager.default.contentsOfDirectory(atPath: copy)
    where name != "derby-derbyshire-2019" && FileManager.default.fileExists(atPath: "\(copy)/\(name)/pack.yaml") {
      try FileManager.default.removeItem(atPath: "\(copy)/\(name)")
    }
    let cases = "\(copy)/derby-derbyshire-2019/cases"
    for name in try FileManager.default.contentsOfDirectory(atPath: cases).sorted().dropFirst() {
      try FileManager.default.removeItem(atPath: "\(cases)/\(name)")
    }
    return copy
  }

  private func edit(_ file: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacingOccurrences(of: old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
  }

  @Test func simulatePrintsTheLinesOfTheContract() throws {
    let file = "\(Repository.root)/Routes/derby-derbyshire-2019/cases/derby-foster-high.yaml"
    let result = try Program.run(["simulate", file, "--json"] + routes)
    #expect(result.status == 0)
    let lines = try result.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    #expect(lines.count > 20)
    var last = ""
    for line in lines {
      for key in [
        "at", "kind", "role", "of", "agency", "duty", "packs", "rules", "cites", "by", "held", "notBefore", "cause",
        "note",
      ] { #expect(line[key] != nil, "\(key)") }
      let at = try #require(line["at"]?.text)
      #expect(at >= last)
      last = at
      if ["tell", "duty"].contains(line["kind"]?.text) { #expect(line["cites"]?.items?.isEmpty == false) }
    }
    #expect(lines.contains { $0.at(["cause", "step"]) == .number(0) && $0.at(["cause", "timer"]) == nil })
    #expect(try Program.run(["simulate", "/nowhere.yaml"] + routes).status == 65)
  }

  @Test func theProofsEndWithTheStatusOfWhatTheyFound() throws {
    for command in ["verify", "trace"] {
      #expect(try Program.run(["routes", command] + routes).status == 0, "\(command)")
    }
    let scratch = try Scratch("proofs")
    defer { scratch.remove() }
    let copy = try smallRoutes(scratch)
    try edit("\(copy)/derby-derbyshire-2019/pack.yaml", "covers: [dd24-6.8-iro-missing]", "covers: []")
    let trace = try Program.run(["routes", "trace", "--quiet", "--routes", copy])
    #expect(trace.status == 1 && trace.output.contains("dd24-6.8-iro-missing: no rule covers it"))
    let diff = try Program.run(
      ["routes", "diff", "derby-derbyshire-2019", "\(copy)/derby-derbyshire-2019/pack.yaml"] + routes)
    #expect(diff.status == 0 && diff.output.contains("0 differences"))
  }

  @Test func aRunningGatewayTakesOnlyRoutesThatAreProved() throws {
    let scratch = try Scratch("reload")
    defer { scratch.remove() }
    let copy = try smallRoutes(scratch)
    let pack = "\(copy)/derby-derbyshire-2019/pack.yaml"
    let log = "\(scratch.path)/gateway.log"
    let data = "\(scratch.path)/data"
    let key = try Program.key(data: data)
    let gateway = try Program(["serve", "--listen", "127.0.0.1:0", "--data", data, "--routes", copy], log: log)
    defer { gateway.kill() }

    /// What the log says of the reload that this asks for.
    func reload() throws -> String {
      func answers() throws -> [String] {
        try String(contentsOfFile: log, encoding: .utf8).components(separatedBy: "\n").filter {
          $0.contains("reloaded")
        }
      }
      let before = try answers().count
      kill(gateway.pid, SIGHUP)
      while try answers().count == before { _ = try Shell.run("true", []) }
      return try answers().last ?? ""
    }
    func rolesTold(_ number: Int) throws -> Set<String> {
      let input = missingInDerby(number).cloudEvent.serialized
      let answer = try Program.run(["submit", "-", "--gateway", gateway.url, "--key", key], input: input)
      #expect(answer.status == 0)
      let told = try Program.run(["queue", "list", "--json", "--data", data]).output.split(separator: "\n")
        .map { try JSONValue(parsing: $0.utf8) }.filter { $0["episode"]?.text == "EP-\(number)" }
      return Set(told.compactMap { $0["role"]?.text })
    }

    #expect(try rolesTold(1).contains("health.safeguarding"))
    try edit(pack, "event: missing.reported", "event: missing.reportet")
    #expect(try reload().contains("no event is called `missing.reportet`"))
    #expect(try rolesTold(2).contains("health.safeguarding"))
    try edit(pack, "event: missing.reportet", "event: missing.reported")
    try edit(pack, "decidedBy: childrens-services.social-worker", "decidedBy: childrens-services.team-manager")
    #expect(try reload().contains("routes reloaded"))
    #expect(try rolesTold(3).contains("health.safeguarding"))
    // A gate that no longer holds what may harm violates an invariant.
    try edit(pack, "{child.contactParentsHarmful: true}, ", "")
    #expect(try reload().contains("parents-wait-for-a-person"))

    // The draft that was refused can still be tried against what has happened.
    let shadow = try Program.run(["routes", "shadow", copy, "--data", data])
    #expect(shadow.status == 0 && shadow.output.contains("3 events replayed, 0 would have gone differently"))
    try edit(pack, "role: health.safeguarding", "role: health.maternity")
    let moved = try Program.run(["routes", "shadow", copy, "--data", data]).output
    #expect(moved.contains("fewer  tell health.safeguarding") && moved.contains("more   tell health.maternity"))
  }
}
