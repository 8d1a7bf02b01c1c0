import Delivery
import Foundation
import Routing
import TestKit
import Testing

/// Real gateways that are killed around deadlines and started again an hour later, by a clock that `faketime` sets forward
/// for the one process.
@Suite(.serialized) struct DeadlineTests {
  private static let children = 15
  private static let pack = """
    pack: deadlines
    title: Deadlines
    source: a test
    parties: [derby]
    scope: {child.livesIn: derby}
    rules:
      - id: deadlines-interview
        section: "1"
        says: The interview is held within three days.
        event: child.returned
        share: [status]
        urgency: immediate
        duty: return-interview
        holders: [{role: childrens-services.head-of-service}]
        by: PT72H
        remind: [PT24H]
        else:
          - {after: PT0H, tell: [{role: childrens-services.service-manager}]}
          - {after: PT6H, tell: [{role: childrens-services.assistant-director}]}
          - {after: PT24H, tell: [{role: childrens-services.director}]}
        fulfilledBy: [return-interview.completed]
    """

  /// Hours after the return at which something is due, and the role that then hears.
  private static let steps: [(hours: Int, role: String)] = [
    (48, "childrens-services.head-of-service"), (72, "childrens-services.service-manager"),
    (78, "childrens-services.assistant-director"), (96, "childrens-services.director"),
  ]

  @Test func noReminderAndNoRungIsLostOrSentTwice() throws {
    let stage = try Stage("deadlines")
    defer { stage.scratch.remove() }
    let routes = "\(stage.scratch.path)/Routes"
    try FileManager.default.copyItem(atPath: "\(Repository.root)/Routes", toPath: routes)
    for name in try FileManager.default.contentsOfDirectory(atPath: routes) {
      if FileManager.default.fileExists(atPath: "\(routes)/\(name)/pack.yaml") {
        try FileManager.default.removeItem(atPath: "\(routes)/\(name)")
      }
    }
    try FileManager.default.createDirectory(atPath: "\(routes)/deadlines", withIntermediateDirectories: true)
    try DeadlineTests.pack.write(toFile: "\(routes)/deadlines/pack.yaml", atomically: true, encoding: .utf8)
    try "invariants: []\n".write(toFile: "\(routes)/invariants.yaml", atomically: true, encoding: .utf8)
    try "switchedOn: []\n".write(toFile: "\(routes)/options.yaml", atomically: true, encoding: .utf8)
    let sink = try stage.sink()
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    var gateway = try start(stage, sink, routes, hours: 0)
    let returned = Instant(seconds: Int64(Date().timeIntervalSince1970))
    for number in 0..<DeadlineTests.children {
      let back = Event(
        id: "d\(number)", source: "test", type: "child.returned", time: returned, subject: "EP-\(number)",
        data: ["child": ["id": .string("C-\(number)"), "livesIn": "derby"]])
      let answer = try Program.run(
        ["submit", "-", "--gateway", gateway.url, "--key", key], input: back.cloudEvent.serialized)
      #expect(answer.status == 0, "\(answer.output)")
    }
    var random = SystemRandomNumberGenerator()
    for step in DeadlineTests.steps {
      gateway.kill()
      // Somewhere in the middle of it, or before, or just after.
      gateway = try start(stage, sink, routes, hours: step.hours)
      for _ in 0..<Int.random(in: 0..<25, using: &random) { _ = try Shell.run("true", []) }
      gateway.kill()
      gateway = try start(stage, sink, routes, hours: step.hours + 1)
      while try told(stage).filter({ $0.role == step.role && $0.isSettled }).count < DeadlineTests.children {}
    }
    gateway.kill()
    let all = try told(stage)
    #expect(all.count == DeadlineTests.children * DeadlineTests.steps.count)
    for step in DeadlineTests.steps {
      let episodes = all.filter { $0.role == step.role }.map(\.episode)
      #expect(Set(episodes).count == episodes.count && episodes.count == DeadlineTests.children, "\(step.role)")
    }
    // What reached the other side twice did so under one id.
    let page = try stage.fetch("\(sink.url)/messages?after=0&limit=5000").items ?? []
    let messages = page.compactMap { $0["id"]?.text }.filter { $0.hasPrefix("nt-") }
    #expect(Set(messages) == Set(all.map(\.id)))
    let open = try Program.run(["duties", "list", "--data", stage.data]).output
    #expect(open.components(separatedBy: "overdue").count - 1 == DeadlineTests.children)
  }

  private struct Told {
    let id: String
    let role: String
    let episode: String
    let isSettled: Bool
  }

  private func told(_ stage: Stage) throws -> [Told] {
    let states = NotificationState.allCases.flatMap { ["--state", $0.rawValue] }
    let result = try Program.run(["queue", "list", "--json", "--limit", "10000", "--data", stage.data] + states)
    return try result.output.split(separator: "\n").map { line in
      let item = try JSONValue(parsing: line.utf8)
      return Told(
        id: item["id"]?.text ?? "", role: item["role"]?.text ?? "", episode: item["episode"]?.text ?? "",
        isSettled: item["state"]?.text == "accepted")
    }
  }

  private func start(_ stage: Stage, _ sink: Program, _ routes: String, hours: Int) throws -> Program {
    let smtp = try stage.fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    return try Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--data", stage.data, "--routes", routes, "--redirect",
        "mail=\(smtp),webhook=\(sink.url)/hook", "--trust", stage.authority, "--log", "warning",
      ],
      environment: ["WAYPOST_REDIRECT_SECRET": stage.secret], hoursAhead: hours,
      log: "\(stage.scratch.path)/gateway.log")
  }
}
