import Delivery
import Foundation
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// Time over a real ledger, with a clock that the test moves.
@Suite struct TimekeeperTests {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let routes: RoutesInUse
  let intake: Intake
  let timekeeper: Timekeeper
  private let sender = Sender(name: "test", authorities: [], types: [])

  private static let rules = """
    - id: interview
      section: "1"
      says: The interview is held within three days.
      event: child.returned
      share: [status, identity]
      duty: return-interview
      holders: [{role: childrens-services.social-worker}]
      by: PT72H
      remind: [PT24H]
      else:
        - {after: PT1H, tell: [{role: childrens-services.team-manager}]}
        - {after: P1D, tell: [{role: childrens-services.director}]}
      fulfilledBy: [return-interview.completed]
    - id: hourly
      section: "2"
      says: Somebody looks every hour.
      every: PT1H
      of: missing.reported
      while: {episode.open: true}
      share: [status]
      tell: [{role: police.missing-unit}]
    - id: search
      section: "3"
      says: The search is reviewed while the child is missing.
      event: missing.reported
      when: {episode.open: true}
      share: [status]
      duty: risk-review
      holders: [{role: police.missing-unit}]
      by: PT12H
    - id: at-risk
      section: "4"
      says: The social worker has to say that the message has come.
      event: missing.categorised
      share: [status, identity]
      tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
    """

  init() throws {
    scratch = try Scratch("time")
    ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
    let book = try SmallBook.make(
      TimekeeperTests.rules.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
    routes = RoutesInUse(Routes(book: book, renderer: try Repository.routes().renderer))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    intake = Intake(
      ledger: ledger, routes: routes, time: clock, outbox: Signal(), agenda: Signal(), logger: logger)
    timekeeper = Timekeeper(
      ledger: ledger, routes: routes, time: clock, agenda: Signal(), outbox: Signal(), logger: logger)
  }

  private func send(_ type: String, _ id: String, at time: String? = nil, _ data: JSONValue = [:]) async throws {
    let child: JSONValue = ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    let happened = event(type, at: time ?? clock.now().rfc3339, id: id, child.merged(with: data))
    _ = try await intake.submit(happened.cloudEvent, from: sender)
  }

  private func pass(until time: String) async throws {
    clock.advance(to: instant(time))
    while try await timekeeper.turn() {}
  }

  private func told(_ role: String) async throws -> [NotificationRecord] {
    try await ledger.notifications(NotificationFilter(limit: 1000)).filter { $0.notification.role == role }
  }

  @Test func aDutyIsRemindedAndClimbsItsLadderUntilItIsFulfilled() async throws {
    defer { scratch.remove() }
    try await send("child.returned", "1")
    try await pass(until: "2026-11-14T12:00:00Z")
    let reminders = try await told("childrens-services.social-worker")
    #expect(reminders.count == 1 && reminders[0].notification.message.subject.hasPrefix("A duty is due soon"))
    #expect(reminders[0].notification.message.text.contains("return interview"))
    try await pass(until: "2026-11-15T13:00:00Z")
    let managers = try await told("childrens-services.team-manager")
    #expect(managers.count == 1)
    #expect(managers[0].notification.message.text.contains("The interview is held within three days."))
    let duty = try #require(try await ledger.duties(DutyFilter()).first)
    #expect(duty.state == .overdue && duty.wasOverdue)
    // Seen to: the director never hears, and late it stays.
    #expect(try await ledger.completeDuty(duty.id, at: clock.now(), by: "a person", evidence: "held"))
    try await pass(until: "2026-11-30T12:00:00Z")
    #expect(try await told("childrens-services.director").isEmpty)
    let settled = try #require(try await ledger.duty(duty.id))
    #expect(settled.state == .late && settled.wasOverdue)
  }

  @Test func aGatewayThatWasDownForADayFiresEachHourOnceAndSaysThatItIsLate() async throws {
    defer { scratch.remove() }
    try await send("missing.reported", "1")
    try await pass(until: "2026-11-13T12:00:00Z")
    let hours = try await told("police.missing-unit")
    #expect(hours.count == 24 && Set(hours.map(\.notification.id)).count == 24)
    #expect(hours.dropLast().allSatisfy { $0.notification.message.text.contains("This message is late") })
    #expect(try #require(hours.last).notification.message.text.contains("This message is late") == false)
    // Set back, the clock brings nothing again.
    #expect(try await timekeeper.turn() == false)
    let record = try #require(try await ledger.event(hours[0].notification.event))
    #expect(record.plan.contains("lateBySeconds"))
  }

  @Test func whatWasDueBeforeAnEventHappenedComesFirst() async throws {
    defer { scratch.remove() }
    try await send("missing.reported", "1")
    clock.advance(to: instant("2026-11-12T15:30:00Z"))
    try await send("child.found", "2", at: "2026-11-12T14:10:00Z")
    // Two hours had passed while the child was missing, and the third had not.
    #expect(try await told("police.missing-unit").count == 2)
    try await pass(until: "2026-11-13T12:00:00Z")
    #expect(try await told("police.missing-unit").count == 2)
  }

  @Test func theEndOfAnEpisodeCancelsWhatWasOwedOnlyWhileItLasted() async throws {
    defer { scratch.remove() }
    try await send("missing.reported", "1")
    clock.advance(bySeconds: 3600)
    try await send("child.returned", "2")
    let duties = try await ledger.duties(DutyFilter())
    #expect(duties.first { $0.name == "risk-review" }?.state == .cancelled)
    #expect(duties.first { $0.name == "return-interview" }?.state == .open)
    // The hourly clock ends when it would have fired next; the interview's goes on.
    try await pass(until: "2026-11-12T14:00:00Z")
    let timers = try await ledger.dueTimers(at: instant("2027-01-01T00:00:00Z"), subject: nil, limit: 10)
    #expect(Set(timers.map(\.rule)) == ["interview"])
    #expect(try await told("police.missing-unit").isEmpty, "what happens exactly at its time comes first")
  }

  @Test func nobodyAcknowledgesAndTheNextContactIsAsked() async throws {
    defer { scratch.remove() }
    try await send("missing.categorised", "1", ["episode": ["risk": "medium"]])
    let id = try #require(try await told("childrens-services.social-worker").first).notification.id
    try await deliver()
    #expect(try await ledger.notification(id)?.state == .accepted)
    try await pass(until: "2026-11-12T12:30:00Z")
    let asked = try #require(try await ledger.notification(id))
    #expect(asked.state == .queued && asked.delivery.channelIndex == 1)
    #expect(asked.notification.contact(at: 1) == "Duty team manager")
    try await deliver()
    // The first one answers after all, with a promise; when that passes the ladder goes on where it was.
    let promise = Acknowledgement(
      by: "A. Person", actor: "test", willDo: "visit", until: instant("2026-11-12T14:00:00Z"))
    #expect(try await ledger.acknowledge(id, promise, at: clock.now()))
    try await pass(until: "2026-11-12T13:59:00Z")
    #expect(try await ledger.notification(id)?.state == .acknowledged)
    try await pass(until: "2026-11-12T14:00:00Z")
    let again = try #require(try await ledger.notification(id))
    #expect(again.state == .queued && again.delivery.channelIndex == 2)
    let kept = Acknowledgement(by: "A. Person", actor: "test", willDo: nil, until: nil)
    #expect(try await ledger.acknowledge(id, kept, at: clock.now()))
    try await pass(until: "2026-11-20T12:00:00Z")
    #expect(try await ledger.notification(id)?.state == .acknowledged)
    #expect(try await ledger.receipts(of: id).map(\.receipt.kind).contains(.actionStated))
    let steps = try await ledger.audit(of: id).filter { $0.kind == "escalated" }
    #expect(steps.count == 2)
  }

  @Test func aTimerWhoseRuleIsGoneRaisesAnAlarm() async throws {
    defer { scratch.remove() }
    try await send("missing.reported", "1")
    let without = try SmallBook.make(
      "  - {id: other, section: \"1\", says: Nothing., event: missing.reported, note: true}")
    routes.replace(with: Routes(book: without, renderer: routes.current.renderer))
    try await pass(until: "2026-11-12T13:00:00Z")
    #expect(try await ledger.alarms(after: 0, limit: 10).contains { $0.alarm.kind == .timerLost })
    #expect(try await ledger.dueTimers(at: instant("2027-01-01T00:00:00Z"), subject: nil, limit: 10).isEmpty)
  }

  private func deliver() async throws {
    var random = SystemRandomNumberGenerator()
    let now = clock.now()
    for lease in try await ledger.lease(LeaseRequest(limit: 100, now: now, until: now.advanced(bySeconds: 180))) {
      #expect(
        try await ledger.settle(
          Settlement.after(TestTransport.taken, lease, startedAt: now, now: now, using: &random)))
    }
  }
}
