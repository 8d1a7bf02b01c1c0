import Delivery
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// Who has a duty, and what statistics are drawn from.
@Suite struct DutyDeskTests {
  private let ledger: SQLiteLedger
  private let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  private let intake: Intake
  private static let rules = """
      - id: interview
        section: "1"
        says: The interview is held within three days.
        event: child.returned
        share: [status]
        duty: return-interview
        holders: [{role: childrens-services.social-worker}]
        by: PT72H
        fulfilledBy: [return-interview.completed]
    """

  init() throws {
    ledger = try SQLiteLedger()
    let book = try SmallBook.make(Self.rules)
    intake = Intake(
      ledger: ledger, routes: RoutesInUse(Routes(book: book, renderer: try Repository.routes().renderer)), time: clock,
      outbox: Signal(), agenda: Signal(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func send(
    _ type: String, _ id: String, subject: String = "EP-1", exercise: Bool = false, _ data: JSONValue = [:]
  ) async throws {
    let child: JSONValue = [
      "child": ["id": .string("C-\(subject)"), "livesIn": "derby", "dateOfBirth": "2012-01-02"]
    ]
    let happened = Event(
      id: id, source: "test", type: type, time: clock.now(), subject: subject, data: child.merged(with: data),
      isExercise: exercise)
    _ = try await intake.submit(happened.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
  }

  private func owedDuty() async throws -> String {
    try #require(try await ledger.duties(DutyQuestion(.open, scope: .everything, limit: 10)).first).record.id
  }

  @Test func onePersonHasADutyAndEachStepIsAudited() async throws {
    try await send("child.returned", "1")
    let id = try await owedDuty()
    let ana = try Person(provider: Person.local, name: "ana", roles: [.operator])
    let ben = try Person(provider: Person.local, name: "ben", roles: [.operator])
    func take(_ person: Person, _ holder: Person?, _ why: String = "") async throws -> Bool {
      try await ledger.takeDuty(id, by: person, from: holder?.id, why: why, at: clock.now())
    }
    // Pressed twice: once.
    #expect(try await take(ana, nil))
    #expect(try await take(ana, nil))
    #expect(try await !take(ben, nil))
    #expect(try await take(ben, ana, "shift is over"))
    #expect(try await !ledger.giveBackDuty(id, by: ana, why: "no", at: clock.now()))
    let mine = DutyQuestion(.held(by: ben.id), scope: .everything, limit: 10)
    #expect(try await ledger.duties(mine).map(\.record.id) == [id])
    #expect(try await ledger.giveBackDuty(id, by: ben, why: "not ours", at: clock.now()))
    #expect(try await ledger.duties(mine).isEmpty)
    #expect(
      try await ledger.audit(of: id).map { "\($0.kind) \($0.detail)" } == [
        "duty-taken ana \(ana.id)", "duty-taken ben \(ben.id): shift is over",
        "duty-given-back ben \(ben.id): not ours",
      ])
    #expect(try await ledger.completeDuty(id, at: clock.now(), by: "ben", evidence: "held"))
    #expect(try await !take(ana, nil))
    #expect(try await ledger.duties(DutyQuestion(.done, scope: .everything, limit: 10)).map(\.record.id) == [id])
  }

  @Test func aDutyIsFoundOnlyInItsScope() async throws {
    try await send("child.returned", "1", exercise: true)
    let id = try await owedDuty()
    let own = Scope.only(sender: nil, agencies: ["derby"])
    let other = Scope.only(sender: nil, agencies: ["derbyshire"])
    #expect(try await ledger.duty(id, in: own)?.isExercise == true)
    #expect(try await ledger.duty(id, in: other) == nil)
    #expect(try await ledger.duties(DutyQuestion(.open, scope: other, limit: 10)).isEmpty)
    #expect(try await ledger.duties(DutyQuestion(.overdue, scope: own, limit: 10)).isEmpty)
    #expect(try await ledger.duties(DutyQuestion(.open, scope: own, offset: 1, limit: 10)).isEmpty)
  }

  @Test func episodesHaveTheirReportTheirEndAndTheirInterview() async throws {
    let from = clock.now()
    try await send("missing.reported", "1", ["episode": ["risk": "high"]])
    try await send("missing.reported", "2", subject: "EP-2", ["episode": ["risk": "absent"]])
    try await send("missing.reported", "3", subject: "DRILL", exercise: true)
    clock.advance(bySeconds: 3600)
    try await send("child.returned", "4")
    clock.advance(bySeconds: 3600)
    try await send("return-interview.completed", "5")
    let times = try await ledger.episodeTimes(in: ReportPeriod(from: from, until: clock.now()))
    #expect(
      times == [
        EpisodeTime(
          reportedAt: from, isAbsent: false, endedAt: from.advanced(bySeconds: 3600),
          interviewHeldAt: from.advanced(bySeconds: 7200), interviewRefused: false),
        EpisodeTime(reportedAt: from, isAbsent: true, endedAt: nil, interviewHeldAt: nil, interviewRefused: false),
      ])
  }

  @Test(arguments: ReceiptBench.Place.allCases)
  func timesCountFromWhenAMessageCouldLeaveToTheFirstEvidence(_ place: ReceiptBench.Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")], confirm: .acknowledged)
    defer { bench.remove() }
    try await bench.owe("nt-held", to: [.mail("b@derby.example")], contact: "Another desk", state: .held)
    let begun = bench.clock.now()
    bench.clock.advance(bySeconds: 5)
    try await bench.attempt()
    bench.clock.advance(bySeconds: 55)
    // It was read: so it had been delivered. What is weaker and comes later changes nothing.
    _ = try await bench.report(.read, from: .readReceipt)
    bench.clock.advance(bySeconds: 60)
    _ = try await bench.report(.delivered)
    bench.clock.advance(bySeconds: 3480)
    #expect(
      try await bench.ledger.act(.release, on: "nt-held", at: bench.clock.now(), by: "test", reason: "decided"))
    bench.clock.advance(bySeconds: 7)
    try await bench.attempt()
    bench.clock.advance(bySeconds: 1)
    let period = ReportPeriod(from: begun, until: bench.clock.now())
    let times = try await bench.ledger.deliveryTimes(in: period, scope: .everything)
    let stages = try #require(times.lines.first { $0.agency == "derby" }).stages
    #expect(stages.map(\.owed) == [2, 2, 1] && stages.map(\.reached) == [2, 1, 0])
    #expect(stages[0].half == 5000 && stages[0].nineInTen == 7000 && stages[1].half == 60_000)
    let other = Scope.only(sender: nil, agencies: ["derbyshire"])
    #expect(try await bench.ledger.deliveryTimes(in: period, scope: other).isEmpty)
    let later = ReportPeriod(from: begun.advanced(bySeconds: 1), until: bench.clock.now())
    #expect(try await bench.ledger.deliveryTimes(in: later, scope: .everything).isEmpty)
  }
}
