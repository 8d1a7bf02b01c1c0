import Foundation
import GRDB
import Ledger
import Logging
import Routing
import Simulation
import TestKit
import Testing

@testable import Delivery

/// What every engine of the ledger has to do; today there is one.
@Suite struct LedgerTests {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))

  init() throws {
    scratch = try Scratch("ledger")
    ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
  }

  private func intake() throws -> Intake {
    Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }
  private let sender = Sender(name: "test", authorities: [], types: [])

  private func document(
    _ id: String, _ type: String = "missing.reported", subject: String = "EP-1", child: String = "C-1",
    _ data: JSONValue = [:]
  ) -> JSONValue {
    let base: JSONValue = ["child": ["id": .string(child), "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    return event(type, at: clock.now().rfc3339, subject: subject, id: id, base.merged(with: data)).cloudEvent
  }

  private func lease(_ limit: Int = 100, room: [String: Int] = [:]) async throws -> [Lease] {
    try await ledger.lease(
      LeaseRequest(limit: limit, now: clock.now(), until: clock.now().advanced(bySeconds: 180), room: room))
  }

  private func settle(_ lease: Lease, _ outcome: Outcome = TestTransport.taken) async throws -> Bool {
    var random = SeededRandom(1)
    return try await ledger.settle(
      Settlement.after(outcome, lease, startedAt: clock.now(), now: clock.now(), using: &random))
  }

  @Test func itIsDurable() async throws {
    defer { scratch.remove() }
    let submission = try await intake().submit(document("1"), from: sender)
    #expect(submission.notifications > 3)
    // Another process sees everything at once: it is on disk, not in memory.
    let queue = try DatabaseQueue(path: "\(scratch.path)/ledger.sqlite")
    let rows = try await queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM notifications") }
    #expect(rows == submission.notifications)
    let mode = try await queue.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") }
    #expect(mode == "wal")
  }

  @Test func theSameEventTwiceOwesNothingNew() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    let first = try await intake.submit(document("1"), from: sender)
    let second = try await intake.submit(document("1"), from: sender)
    #expect(second.isRepeat && second.id == first.id && second.notifications == first.notifications)
    #expect(try await ledger.notifications(NotificationFilter(limit: 1000)).count == first.notifications)
    await #expect(throws: IntakeRefusal.self) {
      try await intake.submit(document("1", ["episode": ["risk": "high"]]), from: sender)
    }
  }

  private func document(_ id: String, _ data: JSONValue) -> JSONValue { document(id, "missing.reported", data) }

  @Test func manyAtOnceAboutOneChildAllCount() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          _ = try await intake.submit(
            document("e\(number)", "missing.updated", ["episode": ["f\(number)": true]]), from: sender)
        }
      }
      try await group.waitForAll()
    }
    let known = try await ledger.known(
      KnownQuestion(source: "test", eventID: "none", subject: "EP-1", child: nil, aliases: []))
    #expect(known.episodeVersion == 20)
    // No update was lost.
    for number in 0..<20 { #expect(known.episodeData.at(["episode", "f\(number)"]) == true) }
  }

  @Test func whatIsKnownIsKeptByChildAndByEpisode() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    _ = try await intake.submit(document("1", ["episode": ["risk": "medium"]]), from: sender)
    let later = event("child.found", at: clock.now().rfc3339, id: "2", ["episode": ["whereabouts": "known"]])
    _ = try await intake.submit(later.cloudEvent, from: sender)
    let known = try await ledger.known(
      KnownQuestion(source: "x", eventID: "x", subject: "EP-1", child: nil, aliases: []))
    #expect(known.child == "C-1" && known.childData["livesIn"] == "derby")
    #expect(known.episodeData.at(["episode", "risk"]) == "medium")
    #expect(known.history.lastEndAt != nil)
    let other = try await ledger.known(
      KnownQuestion(source: "x", eventID: "x", subject: "EP-2", child: "C-1", aliases: []))
    #expect(other.childData["livesIn"] == "derby" && other.episodeData == [:])
    #expect(other.others.count == 1 && other.others.first?.risk == "medium")
  }

  @Test func aSubjectNeverSeenNeedsItsChild() async throws {
    defer { scratch.remove() }
    let nobody = event("child.found", at: clock.now().rfc3339, subject: "EP-9", ["episode": [:]])
    await #expect(throws: IntakeRefusal.self) { try await intake().submit(nobody.cloudEvent, from: sender) }
    #expect(try await ledger.counts().isEmpty)
  }

  @Test func aliasesLeadToTheSameChild() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    _ = try await intake.submit(
      document("1", ["child": ["aliases": [["source": "police", "id": "P-7"]]]]), from: sender)
    let known = try await ledger.known(
      KnownQuestion(source: "police", eventID: "1", subject: "EP-5", child: "P-7", aliases: []))
    #expect(known.child == "C-1")
  }

  @Test func messagesOfALaneLeaveInOrder() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    _ = try await intake.submit(document("1"), from: sender)
    _ = try await intake.submit(document("2", "child.found", ["episode": ["whereabouts": "known"]]), from: sender)
    let first = try await lease()
    #expect(Set(first.map(\.notification.lane)).count == first.count)
    let health = try #require(first.first { $0.notification.role == "health.safeguarding" })
    #expect(health.notification.eventType == "missing.reported")
    // Deferred: the found message still waits behind it.
    #expect(try await settle(health, TestTransport.later))
    for other in first where other.notification.role != "health.safeguarding" { #expect(try await settle(other)) }
    let second = try await lease()
    #expect(
      !second.contains { $0.notification.role == "health.safeguarding" && $0.notification.eventType == "child.found" })
    clock.advance(bySeconds: 3600)
    let again = try #require(try await lease().first { $0.notification.id == health.notification.id })
    #expect(try await settle(again))
    let found = try await lease().filter { $0.notification.role == "health.safeguarding" }
    #expect(found.map(\.notification.eventType) == ["child.found"])
  }

  @Test func aPressingMessagePullsTheEarlierOnesAlong() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    clock.advance(to: instant("2026-11-13T18:00:00Z"))  // Friday evening
    let data: JSONValue = [
      "child": [
        "lookedAfterBy": "derby", "livesIn": "derby", "placement": ["kind": "foster"], "openTo": ["social-care"],
      ],
      "episode": ["risk": "medium"],
    ]
    _ = try await intake.submit(document("1", "missing.categorised", data), from: sender)
    let scheduled = try await ledger.notifications(NotificationFilter(states: [.scheduled], limit: 100))
    let waiting = try #require(scheduled.first { $0.notification.role == "childrens-services.social-worker" })
    #expect(waiting.due == instant("2026-11-16T09:00:00Z"))
    // The ledger's own rule, whatever pack asks for it: what must leave now takes what is before it along.
    let pressing = Notification(
      id: "nt-now", event: "ev-now", eventType: "missing.updated", episode: waiting.notification.episode,
      role: waiting.notification.role, relation: "responsible", agency: waiting.notification.agency,
      contact: waiting.notification.contact, channels: waiting.notification.channels, urgency: .immediate,
      isPressing: true, confirm: .accepted, within: 0, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: waiting.notification.message, isExercise: false, initialState: .queued)
    try await accept([pressing], id: "now")
    let leased = try await lease()
    #expect(leased.contains { $0.notification.id == waiting.notification.id })
    #expect(!leased.contains { $0.notification.id == "nt-now" })
    for item in leased { #expect(try await settle(item)) }
    #expect(try await lease().contains { $0.notification.id == "nt-now" })
  }

  private func accept(_ notifications: [Delivery.Notification], id: String) async throws {
    let known = try await ledger.known(
      KnownQuestion(source: "t", eventID: id, subject: "EP-1", child: "C-1", aliases: []))
    let result = try await ledger.accept(
      Acceptance(
        eventID: "ev-\(id)", event: event("missing.updated", at: clock.now().rfc3339, id: id, source: "t", [:]),
        digest: id,
        sender: "test", learnedAt: clock.now(), child: "C-1", aliases: [], childData: known.childData,
        childVersion: known.childVersion, episodeData: known.episodeData, episodeVersion: known.episodeVersion,
        history: known.history, plan: "{}", warnings: [], notifications: notifications, duties: [], endedRules: [],
        lapsedRules: [], timers: [], stoppedRules: [], firing: nil,
        retracted: nil, superseded: [],
        alarms: []))
    guard case .accepted = result else {
      Issue.record("not accepted")
      return
    }
  }

  @Test func anOldFenceChangesNothing() async throws {
    defer { scratch.remove() }
    _ = try await intake().submit(document("1"), from: sender)
    let first = try #require(try await lease(1).first)
    clock.advance(bySeconds: 181)
    let second = try #require(try await lease().first { $0.notification.id == first.notification.id })
    #expect(second.fence == first.fence + 1)
    #expect(try await settle(first) == false)
    #expect(try await ledger.notification(first.notification.id)?.state == .queued)
    #expect(try await settle(second))
    #expect(try await ledger.notification(first.notification.id)?.state == .accepted)
    #expect(try await settle(second) == false)
  }

  @Test func aGatewayThatStartsTakesBackWhatWasLeased() async throws {
    defer { scratch.remove() }
    _ = try await intake().submit(document("1"), from: sender)
    let before = try await lease()
    #expect(try await ledger.reclaimLeases(at: clock.now()) == before.count)
    #expect(try await settle(before[0]) == false)
    #expect(Set(try await lease().map(\.notification.id)) == Set(before.map(\.notification.id)))
  }

  @Test func aFullDestinationIsLeftOut() async throws {
    defer { scratch.remove() }
    _ = try await intake().submit(document("1"), from: sender)
    let leased = try await lease(room: ["mail:derby.example": 0])
    #expect(!leased.isEmpty)
    #expect(!leased.contains { $0.channel?.destination == "mail:derby.example" })
  }

  @Test func aDeadlineIsAlarmedOnceAndTheNextChannelIsTaken() async throws {
    defer { scratch.remove() }
    let data: JSONValue = ["episode": ["immediateRisk": true]]
    _ = try await intake().submit(document("1", "missing.suspected", data), from: sender)
    let before = try await ledger.notifications(NotificationFilter(limit: 100)).filter {
      $0.notification.checkAt != nil
    }
    #expect(!before.isEmpty)
    clock.advance(bySeconds: 600)
    let overdue = try await ledger.takeOverdue(at: clock.now(), limit: 500)
    #expect(Set(overdue.alarms.map(\.identifier)) == Set(before.map(\.notification.id)))
    #expect(try await ledger.takeOverdue(at: clock.now(), limit: 500).alarms.isEmpty)
    let record = try #require(try await ledger.notification(overdue.alarms[0].identifier))
    #expect(record.isOverdue)
    if record.notification.channels.count > 1 { #expect(record.delivery.channelIndex == 1) }
    #expect(try await ledger.alarms(after: 0, limit: 100).contains { $0.alarm.kind == .overdue })
  }

  @Test func aDutyFulfilledLateStaysLate() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    let data: JSONValue = [
      "child": ["lookedAfterBy": "derby", "placement": ["kind": "foster"]], "episode": ["risk": "medium"],
    ]
    _ = try await intake.submit(document("1", "child.returned", data), from: sender)
    let owed = try await ledger.duties(DutyFilter()).filter { $0.name == "return-interview" }
    #expect(owed.count == 1 && owed[0].by == instant("2026-11-15T12:00:00Z") && owed[0].state == .open)
    clock.advance(to: instant("2026-11-15T12:00:01Z"))
    #expect(try await ledger.takeOverdue(at: clock.now(), limit: 500).alarms.contains { $0.identifier == owed[0].id })
    _ = try await intake.submit(document("2", "return-interview.completed"), from: sender)
    #expect(try await ledger.duties(DutyFilter()).first { $0.id == owed[0].id }?.state == .late)
  }

  @Test func aPersonCompletesADutyOnce() async throws {
    defer { scratch.remove() }
    _ = try await intake().submit(document("1"), from: sender)
    let duty = try #require(try await ledger.duties(DutyFilter()).first)
    #expect(try await ledger.completeDuty(duty.id, at: clock.now(), by: "me", evidence: "seen"))
    #expect(try await ledger.duties(DutyFilter()).first { $0.id == duty.id }?.fulfilledAt == clock.now())
    #expect(try await ledger.completeDuty(duty.id, at: clock.now(), by: "me", evidence: "again") == false)
    #expect(try await ledger.audit(of: duty.id).map(\.kind) == ["duty-completed"])
  }

  @Test func byHand() async throws {
    defer { scratch.remove() }
    _ = try await intake().submit(document("1"), from: sender)
    let id = try #require(try await ledger.notifications(NotificationFilter(states: [.queued])).first).notification.id
    func act(_ action: OperatorAction) async throws -> Bool {
      try await ledger.act(action, on: id, at: clock.now(), by: "me", reason: "because")
    }
    #expect(try await act(.release) == false)
    #expect(try await act(.hold))
    #expect(try await lease().contains { $0.notification.id == id } == false)
    #expect(try await act(.release))
    #expect(try await act(.cancel))
    #expect(try await act(.retry) == false)
    #expect(try await ledger.audit(of: id).map(\.kind) == ["operator-hold", "operator-release", "operator-cancel"])
  }

  @Test func whatIsRetriedByHandStillWaitsForItsLane() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    _ = try await intake.submit(document("1"), from: sender)
    _ = try await intake.submit(document("2", "child.found", ["episode": ["whereabouts": "known"]]), from: sender)
    let later = try await ledger.notifications(NotificationFilter(limit: 100)).filter {
      $0.notification.eventType == "child.found" && $0.notification.role == "health.safeguarding"
    }
    #expect(later.count == 1)
    let id = later[0].notification.id
    #expect(try await ledger.act(.retry, on: id, at: clock.now(), by: "me", reason: "hurry"))
    #expect(try await lease().contains { $0.notification.id == id } == false)
  }

  @Test func sendersAreKnownByTheirKeysHash() async throws {
    defer { scratch.remove() }
    let key = SenderKey.generate()
    let limited = Sender(name: "a", authorities: ["derby"], types: ["missing.*"])
    try await ledger.addSender(limited, keyHash: SenderKey.hash(key), at: clock.now())
    #expect(try await ledger.sender(.key(hash: SenderKey.hash(key)), at: clock.now()) == limited)
    #expect(try await ledger.sender(.key(hash: SenderKey.hash(key + "x")), at: clock.now()) == nil)
    #expect(try await ledger.revokeSender("a", at: clock.now()))
    #expect(try await ledger.sender(.key(hash: SenderKey.hash(key)), at: clock.now()) == nil)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/ledger.sqlite-wal"))
    #expect(bytes.range(of: Data(key.utf8)) == nil)
  }

  @Test func aSenderMayOnlySpeakForItsAuthorities() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    let luton = Sender(name: "l", authorities: ["luton"], types: [])
    await #expect(throws: IntakeRefusal.self) { try await intake.submit(document("1"), from: luton) }
    _ = try await intake.submit(document("1"), from: sender)
    // Nor take over a child that is known to be somebody else's.
    await #expect(throws: IntakeRefusal.self) {
      try await intake.submit(document("2", ["child": ["livesIn": "luton"]]), from: luton)
    }
  }

  @Test func aWithdrawalStopsWhatIsUnsentAndFollowsWhatIsNot() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    let report = try await intake.submit(document("1"), from: sender)
    let leases = try await lease(2)
    #expect(leases.count == 2)
    #expect(try await settle(leases[0]))
    clock.advance(bySeconds: 60)
    let withdrawal = document("2", "event.withdrawn", ["withdraws": ["id": "1"]])
    let answer = try await intake.submit(withdrawal, from: sender)
    // One has been taken, one is on its way: these two hold the wrong message, or may; nobody else hears anything.
    #expect(answer.notifications == 2)
    let told = try await ledger.notifications(NotificationFilter(event: answer.id))
    #expect(Set(told.map(\.notification.contact)) == Set(leases.map(\.notification.contact)))
    #expect(told.allSatisfy { $0.notification.message.text.contains("was wrong") })
    let old = try await ledger.notifications(NotificationFilter(event: report.id))
    #expect(old.count { $0.state == .superseded } == old.count { $0.state != .unroutable } - 2)
    #expect(try await ledger.duties(DutyFilter(event: report.id)).allSatisfy { $0.state == .cancelled })
    // The child is not counted as having been missing.
    let known = try await ledger.known(
      KnownQuestion(source: "x", eventID: "x", subject: "EP-1", child: nil, aliases: []))
    #expect(known.history.reportedAt == nil)
  }

  @Test func nobodyTakesBackAnEventOfAnotherEpisode() async throws {
    defer { scratch.remove() }
    let intake = try intake()
    let report = try await intake.submit(document("1"), from: sender)
    let foreign = document("2", "event.withdrawn", subject: "EP-2", child: "C-2", ["withdraws": ["id": "1"]])
    await #expect(throws: IntakeRefusal.self) { try await intake.submit(foreign, from: sender) }
    let old = try await ledger.notifications(NotificationFilter(event: report.id))
    #expect(!old.contains { $0.state == .superseded })
  }

  @Test func whatWasNeverReceivedCannotBeWithdrawnAndTheSenderIsTold() async throws {
    defer { scratch.remove() }
    let answer = try await intake().submit(
      document("2", "event.withdrawn", ["withdraws": ["id": "unheard-of"]]), from: sender)
    #expect(answer.notifications == 0)
    #expect(answer.warnings.contains { $0.contains("never received here") })
  }

  @Test func whatFiredIsRememberedAcrossTheLedger() async throws {
    defer { scratch.remove() }
    var history = EpisodeHistory()
    history.fired = ["a-rule": clock.now(), "b-rule": clock.now().advanced(bySeconds: 1)]
    let known = try await ledger.known(
      KnownQuestion(source: "t", eventID: "m", subject: "EP-1", child: "C-1", aliases: []))
    let accepted = try await ledger.accept(
      Acceptance(
        eventID: "ev-m", event: event("missing.updated", at: clock.now().rfc3339, id: "m", source: "t", [:]),
        digest: "m", sender: "test", learnedAt: clock.now(), child: "C-1", aliases: [], childData: [:],
        childVersion: known.childVersion, episodeData: [:], episodeVersion: known.episodeVersion, history: history,
        plan: "{}", warnings: [], notifications: [], duties: [], endedRules: [],
        lapsedRules: [], timers: [], stoppedRules: [], firing: nil, retracted: nil, superseded: [],
        alarms: []))
    guard case .accepted = accepted else {
      Issue.record("not accepted")
      return
    }
    let again = try await ledger.known(
      KnownQuestion(source: "t", eventID: "n", subject: "EP-1", child: nil, aliases: []))
    #expect(again.history.fired == history.fired)
  }
}
