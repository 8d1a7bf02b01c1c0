import GRDB
import Logging
import Routing
import TestKit
import Testing

@testable import Delivery
@testable import Ledger

/// Drills run the whole path, say so everywhere, and leave what is known of real children alone.
@Suite struct DrillTests {
  private let ledger: SQLiteLedger
  private let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  private let intake: Intake
  private let timekeeper: Timekeeper
  private let sender = Sender(name: "test", authorities: [], types: [])

  init() throws {
    ledger = try SQLiteLedger()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let routes = RoutesInUse(try Repository.routes())
    intake = Intake(
      ledger: ledger, routes: routes, time: clock, outbox: Signal(), agenda: Signal(), logger: logger)
    timekeeper = Timekeeper(
      ledger: ledger, routes: routes, time: clock, agenda: Signal(), outbox: Signal(), logger: logger)
  }

  private func document(
    _ id: String, _ type: String = "missing.reported", subject: String, child: String?, drill: Bool,
    _ data: JSONValue = [:]
  ) -> JSONValue {
    var base: JSONValue = [:]
    if let child {
      base = ["child": ["id": .string(child), "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    }
    return Event(
      id: id, source: "test", type: type, time: clock.now(), subject: subject, data: base.merged(with: data),
      isExercise: drill
    ).cloudEvent
  }

  private func send(_ document: JSONValue) async throws { _ = try await intake.submit(document, from: sender) }

  /// Which field the gateway says is wrong; nil if it takes the event.
  private func refusal(of document: JSONValue) async throws -> String? {
    do { try await send(document) } catch IntakeRefusal.invalid(let problems) {
      #expect(problems.allSatisfy { !$0.remedy.isEmpty })
      return problems.first?.pointer
    }
    return nil
  }

  private func known(_ subject: String, child: String? = nil, drill: Bool = false) async throws -> Known {
    try await ledger.known(
      KnownQuestion(
        source: "test", eventID: "none", subject: subject, child: child, aliases: [], isExercise: drill))
  }

  // What is told.

  @Test func everyMessageSaysThatItIsADrill() async throws {
    try await send(
      document("1", subject: "DRILL", child: "D", drill: true, ["episode": ["risk": "high"]]))
    clock.advance(bySeconds: 3600)
    while try await timekeeper.turn() {}
    try await send(
      document(
        "2", "missing.categorised", subject: "DRILL", child: nil, drill: true,
        ["episode": ["risk": "low"], "corrects": ["id": "1"]]))
    try await send(document("3", "child.returned", subject: "DRILL", child: nil, drill: true))
    clock.advance(bySeconds: 2 * 86400)
    while try await timekeeper.turn() {}
    let records = try await ledger.notifications(NotificationFilter(episode: "DRILL", limit: 1000))
    #expect(Set(records.map(\.notification.eventType)).isSuperset(of: ["missing.reported", "child.returned"]))
    for own in records.map(\.notification) {
      #expect(own.isExercise)
      #expect(own.message.subject.hasPrefix("EXERCISE: "))
      #expect(own.message.text.split(separator: "\n").first?.contains("EXERCISE: this is a drill") == true)
      #expect(own.message.html.contains(Drill.banner))
      #expect(try JSONValue(parsing: own.message.body.utf8)["exercise"] == true)
    }
    let alarms = try await ledger.alarms(after: 0, limit: 1000)
    #expect(!alarms.isEmpty && alarms.allSatisfy { $0.alarm.text.hasPrefix("EXERCISE: ") })
  }

  @Test func aCallCardHasItSaidFirst() throws {
    let phone = Channel.phone("01632 960101")
    func card(_ isExercise: Bool) throws -> CallCard {
      try #require(
        CallCard(
          NotificationRecord(
            notification: owed(to: [phone], isExercise: isExercise), state: .held,
            delivery: DeliveryProgress(
              attempts: 1, tries: 1, channelIndex: 0, closedChannels: 0, isOverdue: false, rung: 0, takenChannels: 0),
            due: nil, createdAt: clock.now(), settledAt: nil, isOverdue: false, isUnderWay: false)))
    }
    #expect(try card(true).script.hasPrefix(Drill.banner))
    #expect(try !card(false).script.contains("EXERCISE"))
  }

  // What is known.

  @Test func aDrillNeverSpeaksOfARealChildOrEpisode() async throws {
    try await send(document("1", subject: "REAL", child: "C", drill: false, ["episode": ["risk": "low"]]))
    let before = try await known("REAL")
    #expect(try await refusal(of: document("2", subject: "DRILL", child: "C", drill: true)) == "data.child.id")
    #expect(try await refusal(of: document("3", subject: "REAL", child: "D", drill: true)) == "subject")
    #expect(
      try await refusal(of: document("4", "child.returned", subject: "REAL", child: nil, drill: true)) == "subject")
    let after = try await known("REAL")
    #expect(after.childVersion == before.childVersion && after.episodeVersion == before.episodeVersion)
    #expect(try await ledger.counts().drills.isEmpty)
  }

  @Test func aRealEventNeverJoinsADrillsEpisode() async throws {
    try await send(document("1", subject: "DRILL", child: "D", drill: true))
    #expect(
      try await refusal(of: document("2", "child.returned", subject: "DRILL", child: nil, drill: false)) == "subject")
    #expect(try await ledger.counts().real.isEmpty)
    // The drill itself goes on, and the same event again is the same.
    try await send(document("3", "child.returned", subject: "DRILL", child: nil, drill: true))
    #expect(try await intake.submit(document("1", subject: "DRILL", child: "D", drill: true), from: sender).isRepeat)
  }

  /// A drill that used a real child's id by mistake does not keep the report of that child out, nor colour it.
  @Test func aRealEventAboutADrillsChildBeginsAnew() async throws {
    try await send(
      document(
        "1", subject: "DRILL", child: "C", drill: true,
        [
          "child": [
            "placement": ["kind": "foster"], "lookedAfterBy": "luton", "aliases": [["source": "police", "id": "P"]],
          ], "episode": ["risk": "high"],
        ]))
    let timers = try await ledger.dueTimers(
      at: clock.now().advanced(bySeconds: 400 * 86400), subject: "DRILL", limit: 100)
    #expect(!timers.isEmpty)
    try await send(document("2", subject: "REAL", child: "C", drill: false))
    let real = try await known("REAL")
    #expect(real.childData["placement"] == nil && real.childData["lookedAfterBy"] == nil)
    #expect(real.others.isEmpty, "an episode that never was is counted")
    let told = try await ledger.notifications(NotificationFilter(episode: "REAL", limit: 100))
    #expect(!told.isEmpty && told.allSatisfy { !$0.notification.isExercise })
    // What the drill said of the child's other names does not lead a real event astray.
    let elsewhere = try await ledger.known(
      KnownQuestion(source: "police", eventID: "none", subject: "OTHER", child: "P", aliases: []))
    #expect(elsewhere.child == "P")
    // The drill cannot go on about a real child, and its clocks end.
    #expect(
      try await refusal(of: document("3", "missing.updated", subject: "DRILL", child: nil, drill: true))
        == "data.child.id")
    let before = try await ledger.notifications(NotificationFilter(episode: "DRILL", limit: 1000)).count
    clock.advance(to: try #require(timers.first).due.advanced(bySeconds: 1))
    while try await timekeeper.turn() {}
    #expect(try await ledger.notifications(NotificationFilter(episode: "DRILL", limit: 1000)).count == before)
    #expect(try await ledger.dueTimers(at: clock.now(), subject: "DRILL", limit: 100).isEmpty)
  }

  // What is counted.

  @Test func drillsAreCountedApart() async throws {
    try await send(document("1", subject: "REAL", child: "C", drill: false))
    let real = try await ledger.counts()
    #expect(real.drills.isEmpty && !real.real.isEmpty)
    try await send(document("2", subject: "DRILL", child: "D", drill: true))
    let both = try await ledger.counts()
    #expect(both.real == real.real && !both.drills.isEmpty)
    let period = ReportPeriod(from: clock.now().advanced(bySeconds: -86400), until: clock.now().advanced(bySeconds: 1))
    #expect(try await ledger.episodes(of: "derby", in: period).map(\.reference) == ["REAL"])
  }

  @Test func whatDrillsCameToIsRead() async throws {
    try await send(document("1", subject: "REAL", child: "C", drill: false, ["episode": ["risk": "high"]]))
    try await send(document("2", subject: "DRILL", child: "D", drill: true, ["episode": ["risk": "high"]]))
    let start = clock.now()
    let drills = try await ledger.notifications(NotificationFilter(episode: "DRILL", limit: 100))
      .filter { $0.state != .unroutable }
    let first = try #require(drills.first?.notification)
    let last = try #require(drills.last?.notification)
    let dana = Acknowledgement(by: "Dana", actor: "page", willDo: nil, until: nil, source: .page)
    clock.advance(bySeconds: 90)
    #expect(try await ledger.acknowledge(first.id, dana, at: clock.now()))
    clock.advance(bySeconds: 90)
    #expect(try await ledger.acknowledge(first.id, dana, at: clock.now()))
    #expect(
      try await ledger.act(.cancel, on: last.id, at: clock.now(), by: "test", reason: "a drill") && first.id != last.id)
    let figures = try await ledger.drillFigures(since: start)
    let all = try await ledger.notifications(NotificationFilter(episode: "DRILL", limit: 100)).count
    #expect(figures.count == all - 1)
    #expect(figures.compactMap(\.acknowledgedAt) == [start.advanced(bySeconds: 90)])
    #expect(figures.contains { $0.isAsked } && figures.allSatisfy { $0.createdAt == start })
    #expect(try await ledger.drillFigures(since: start.advanced(bySeconds: 1)).isEmpty)
  }

  /// A ledger of before knows from its events which children and episodes only drills have spoken of.
  @Test func olderLedgersLearnWhatWasADrill() throws {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue, upTo: "4-receipts")
    try queue.write { db in
      for (child, marks) in [("drill", ["true", "true"]), ("both", ["true", "false"]), ("real", ["false"])] {
        try db.execute(
          sql: """
            INSERT INTO children (id, data, version) VALUES (?, '{}', 1);
            INSERT INTO episodes (reference, child, data, version) VALUES (?, ?, '{}', 1)
            """, arguments: [child, child, child])
        for (number, mark) in marks.enumerated() {
          try db.execute(
            sql: """
              INSERT INTO events (id, source, source_id, digest, type, time, learned_at, subject, child, sender, body,
                plan, warnings, notification_count) VALUES (?, 's', ?, '', 't', 0, 0, ?, ?, 's', ?, '', '', 0)
              """,
            arguments: ["\(child)\(number)", "\(child)\(number)", child, child, "{\"exercise\":\(mark)}"])
        }
      }
    }
    try Schema.migrator.migrate(queue)
    let found = try queue.read { db in
      try ["SELECT id FROM children", "SELECT reference FROM episodes"].map {
        try String.fetchAll(db, sql: $0 + " WHERE exercise = 1")
      }
    }
    #expect(found == [["drill"], ["drill"]])
  }
}
