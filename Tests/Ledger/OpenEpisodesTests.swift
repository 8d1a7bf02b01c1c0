import Delivery
import Ledger
import Logging
import Routing
import Simulation
import TestKit
import Testing

/// What the board lists: which episodes, in which order, and how far each message has come.
@Suite struct OpenEpisodesTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let intake: Intake
  let timekeeper: Timekeeper

  private static let rules = """
      - id: told
        section: "1"
        says: The social worker has to say that the message has come.
        event: missing.reported
        share: [status, identity]
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
      - id: update
        section: "2"
        says: So it is with news.
        event: missing.updated
        share: [status]
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
      - id: parents
        section: "3"
        says: The parents hear of it.
        event: missing.disputed
        share: [status]
        tell: [{role: family.parents}]
      - id: search
        section: "4"
        says: The search is reviewed.
        event: missing.reported
        share: [status]
        duty: risk-review
        holders: [{role: childrens-services.team-manager}]
        by: PT12H
    """

  init() throws {
    ledger = try SQLiteLedger()
    let book = try SmallBook.make(OpenEpisodesTests.rules)
    let routes = RoutesInUse(Routes(book: book, renderer: try Repository.routes().renderer))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    intake = Intake(ledger: ledger, routes: routes, time: clock, outbox: Signal(), agenda: Signal(), logger: logger)
    timekeeper = Timekeeper(
      ledger: ledger, routes: routes, time: clock, agenda: Signal(), outbox: Signal(), logger: logger)
  }

  private func send(
    _ type: String, _ id: String, _ subject: String = "EP-1", livesIn: String = "derby", exercise: Bool = false,
    _ episode: JSONValue = [:]
  ) async throws {
    let child: JSONValue = [
      "id": .string("C-\(subject)"), "livesIn": .string(livesIn), "dateOfBirth": "2012-01-02",
      "name": ["given": "Robin", "family": "Example"],
      "contacts": [["role": "family.parents", "name": "Parent", "email": "parent@family.example"]],
    ]
    var document = event(
      type, at: clock.now().rfc3339, subject: subject, id: id, ["child": child, "episode": episode]
    ).cloudEvent
    if exercise { document = document.merged(with: ["exercise": true]) }
    _ = try await intake.submit(document, from: Sender(name: "test", authorities: [], types: []))
  }

  /// Whatever is due is taken by its recipients' systems.
  private func deliver() async throws {
    let now = clock.now()
    var random = SeededRandom(1)
    while true {
      let leases = try await ledger.lease(LeaseRequest(limit: 100, now: now, until: now.advanced(bySeconds: 180)))
      if leases.isEmpty { return }
      for lease in leases {
        _ = try await ledger.settle(
          Settlement.after(TestTransport.taken, lease, startedAt: now, now: now, using: &random))
      }
    }
  }

  private func pass(_ seconds: Int64) async throws {
    clock.advance(bySeconds: seconds)
    while try await timekeeper.turn() {}
  }

  private func list(
    _ view: EpisodeView = .open, _ scope: Scope = .everything, names: Bool = false, offset: Int = 0, limit: Int = 50
  ) async throws -> OpenEpisodeList {
    try await ledger.openEpisodes(
      OpenEpisodeFilter(
        view: view, scope: scope, now: clock.now(), namesChildren: names, offset: offset, limit: limit))
  }

  private func acknowledgeAll(_ episode: String = "EP-1") async throws {
    for record in try await ledger.notifications(NotificationFilter(episode: episode)) {
      let words = Acknowledgement(by: "Kim", actor: "test", willDo: nil, until: nil)
      #expect(try await ledger.acknowledge(record.notification.id, words, at: clock.now()))
    }
  }

  @Test func anEpisodeIsOpenFromItsReportToItsEnd() async throws {
    #expect(try await list().episodes.isEmpty)
    try await send("missing.reported", "1", "EP-1", ["risk": "medium"])
    let open = try await list(names: true)
    let episode = try #require(open.episodes.first)
    #expect(open.counts[.open] == 1 && open.counts[.ended] == 0 && open.counts[.alarm] == 0)
    #expect(episode.standing.reference == "EP-1" && episode.standing.risk == "medium")
    #expect(episode.standing.begunAt == clock.now() && episode.standing.next != nil)
    #expect(episode.child?.given == "Robin" && episode.child?.dateOfBirth == CivilDate("2012-01-02"))
    #expect(episode.duties.map(\.name) == ["risk-review"])
    #expect(try await list().episodes.first?.child == nil, "nobody asked for the name")

    clock.advance(bySeconds: 60)
    try await send("child.found", "2")
    let ended = try await list(.ended)
    #expect(ended.counts[.open] == 0 && ended.counts[.ended] == 1, "the first message is still on its way")
    #expect(ended.episodes.first?.standing.hasEnded == true)
    clock.advance(bySeconds: 60)
    try await send("missing.reported", "3")
    #expect(try await list().counts[.open] == 1, "missing again")
  }

  @Test func aSuspicionIsListedUntilItIsReportedOrEndsOrGoesQuiet() async throws {
    let begun = clock.now()
    try await send("missing.suspected", "1", "EP-1", ["risk": "high"])
    try await send("missing.disputed", "2", "EP-2")
    try await send("placement.started", "3", "C-3")
    let open = try await list(names: true)
    #expect(open.counts[.open] == 2 && open.counts[.highRisk] == 1)
    let first = try #require(open.episodes.first { $0.standing.reference == "EP-1" })
    #expect(!first.standing.isReported && first.standing.begunAt == begun && first.child?.given == "Robin")

    clock.advance(bySeconds: 60)
    try await send("missing.reported", "4", "EP-1")
    let reported = try await list()
    #expect(reported.counts[.open] == 2)
    #expect(reported.episodes.first { $0.standing.reference == "EP-1" }?.standing.isReported == true)
    clock.advance(bySeconds: 60)
    try await send("child.found", "5", "EP-1")
    #expect(try await list().episodes.map(\.standing.reference) == ["EP-2"])
    // News of a child who is back is no suspicion; only a new one is.
    clock.advance(bySeconds: 60)
    try await send("missing.disputed", "6", "EP-1")
    #expect(try await list().counts[.open] == 1)
    try await send("missing.suspected", "7", "EP-1")
    let again = try await list(.ended)
    #expect(again.counts[.open] == 2 && !again.episodes.contains { $0.standing.reference == "EP-1" })

    // Without news it stays as long as something in it is not done.
    clock.advance(bySeconds: OpenEpisodeFilter.suspectedFor + 1)
    #expect(try await list().counts[.open] == 2)
    try await acknowledgeAll("EP-2")
    #expect(try await list().episodes.map(\.standing.reference) == ["EP-1"])
    try await send("missing.updated", "8", "EP-2")
    #expect(try await list().counts[.open] == 2)
  }

  @Test func aSuspicionThatWasWrongIsGone() async throws {
    try await send("missing.suspected", "1")
    #expect(try await list().counts[.open] == 1)
    clock.advance(bySeconds: 60)
    try await send("child.returned", "2")
    #expect(try await list().counts[.open] == 0)
    try await send("missing.suspected", "3", "EP-2", livesIn: "derbyshire")
    #expect(try await list(.open, .only(sender: nil, agencies: ["derby"])).episodes.isEmpty)
  }

  @Test func aMessageStandsWhereItHasComeTo() async throws {
    try await send("missing.reported", "1", "EP-1", ["risk": "medium"])
    func groups() async throws -> [TellGroup: ToldGroup] { try #require(try await list().episodes.first).groups }
    let waiting = try #require(try await groups()[.onTheWay])
    #expect(waiting.messages == 1 && waiting.recipients.first?.role == "childrens-services.social-worker")
    let id = try #require(waiting.recipients.first?.message)
    #expect(try await ledger.notification(id)?.notification.episode == "EP-1")

    #expect(try await ledger.act(.hold, on: id, at: clock.now(), by: "test", reason: "a test"))
    #expect(try await groups().keys.sorted { $0.rawValue < $1.rawValue } == [.notTold])
    #expect(try await ledger.act(.release, on: id, at: clock.now(), by: "test", reason: "a test"))
    try await deliver()
    #expect(try await groups()[.unconfirmed]?.messages == 1)
    #expect(try await list().counts[.unconfirmed] == 1)
    try await acknowledgeAll()
    #expect(try await groups()[.acknowledged]?.recipients.first?.message == nil, "nothing to look into")
    #expect(try await list().counts[.unconfirmed] == 0)
  }

  /// Mail was taken, nobody confirms it, and the message lies on the desk or is held: it was told, on every page.
  @Test func whatWasTakenOnceStaysTold() async throws {
    try await send("missing.reported", "1", "EP-1", ["risk": "medium"])
    try await deliver()
    let record = try #require(try await ledger.notifications(NotificationFilter(episode: "EP-1")).first)
    #expect(record.tellGroup == .unconfirmed && record.delivery.takenChannels != 0)
    for (state, isTaken, isCall, group) in [
      (NotificationState.held, true, true, TellGroup.unconfirmed), (.held, false, true, .notTold),
      (.queued, true, false, .unconfirmed), (.deferred, false, false, .onTheWay), (.accepted, false, true, .onTheWay),
      (.accepted, true, true, .unconfirmed), (.failed, true, false, .notTold),
    ] {
      #expect(TellGroup(state, isTaken: isTaken, isUnconfirmed: true, isCall: isCall) == group, "\(state)")
    }
    // The ladder asks the next contact.
    try await pass(3600)
    let after = try await ledger.notifications(NotificationFilter(episode: "EP-1"))
    let groups = try #require(try await list().episodes.first).groups
    for group in TellGroup.allCases {
      #expect(groups[group]?.messages ?? 0 == after.count { $0.tellGroup == group }, "\(group)")
    }
    #expect(groups[.unconfirmed]?.messages == 1)
  }

  @Test func whatIsPressingAndNotConfirmedInTimeIsAnAlarmUntilItIs() async throws {
    try await send("missing.reported", "1", "EP-1", ["risk": "medium"])
    try await send("missing.reported", "2", "EP-2", ["risk": "high"])
    try await deliver()
    #expect(try await list().counts[.alarm] == 0)
    try await pass(3600)
    let late = try await list(.alarm)
    #expect(late.counts[.alarm] == 1 && late.counts[.overdue] == 2 && late.counts[.highRisk] == 1)
    #expect(late.episodes.map(\.standing.reference) == ["EP-2"])
    #expect(try await list().episodes.map(\.standing.reference) == ["EP-2", "EP-1"])
    let newest = try await ledger.alarms(before: nil, limit: 2)
    #expect(newest.count == 2 && newest[0].sequence > newest[1].sequence)
    #expect(
      try await ledger.alarms(before: newest[1].sequence, limit: 100).allSatisfy { $0.sequence < newest[1].sequence })

    try await acknowledgeAll("EP-2")
    #expect(try await list().counts[.alarm] == 0)
    try await pass(12 * 3600)
    let overdue = try await list(.overdue)
    #expect(overdue.episodes.allSatisfy { $0.standing.overdueDuties == 1 && $0.duties.first?.isOverdue == true })
  }

  @Test func newsTakesTheDemandOver() async throws {
    try await send("missing.reported", "1", "EP-1", ["risk": "medium"])
    try await deliver()
    try await pass(600)
    try await send("missing.updated", "2")
    try await deliver()
    try await pass(1500)
    // The first has passed its demand on; the second is what has to be confirmed.
    let records = try await ledger.notifications(NotificationFilter(episode: "EP-1"))
    let second = try #require(records.last).notification.id
    let words = Acknowledgement(by: "Kim", actor: "test", willDo: nil, until: nil)
    #expect(try await ledger.acknowledge(second, words, at: clock.now()))
    let standing = try #require(try await list().episodes.first).standing
    #expect(standing.unconfirmed == 0 && standing.late == 0)
  }

  @Test func whoeverIsLimitedSeesTheirOwnPartOnly() async throws {
    try await send("missing.reported", "1", "EP-1", ["risk": "high"])
    try await send("missing.disputed", "2", "EP-1")
    try await send("missing.reported", "3", "EP-2", livesIn: "derbyshire", ["risk": "high"])
    let derby = Scope.only(sender: nil, agencies: ["derby"])
    let seen = try await list(.open, derby, names: true)
    let episode = try #require(seen.episodes.first)
    #expect(seen.counts[.open] == 1 && seen.counts[.highRisk] == 0 && seen.episodes.count == 1)
    #expect(episode.standing.reference == "EP-1" && episode.standing.risk == nil && episode.child == nil)
    #expect(episode.standing.unconfirmed == 1 && episode.firstTold == clock.now())
    let recipients = episode.groups.values.flatMap(\.recipients)
    #expect(recipients.map(\.agency) == ["derby"] && !recipients.contains { $0.role.hasPrefix("family.") })
    let all = try #require(try await list().episodes.first { $0.standing.reference == "EP-1" })
    #expect(all.standing.unconfirmed == 2)

    #expect(try await list(.open, .only(sender: nil, agencies: ["liverpool"])).counts[.open] == 0)
    #expect(try await list(.open, .only(sender: nil, agencies: [])).counts[.open] == 0)
    clock.advance(bySeconds: 60)
    try await send("child.found", "4", "EP-2", livesIn: "derbyshire")
    try await send("child.found", "5", "EP-1")
    #expect(try await list(.ended, derby).episodes.map(\.standing.reference) == ["EP-1"])
  }

  @Test func exercisesStandApart() async throws {
    try await send("missing.reported", "1", "DRILL", exercise: true, ["risk": "high"])
    let list = try await list(.exercises)
    #expect(list.counts[.open] == 0 && list.counts[.highRisk] == 0 && list.counts[.exercises] == 1)
    #expect(list.episodes.first?.standing.isExercise == true)
  }

  @Test func aPageIsAPartOfTheOrder() async throws {
    for number in 1...5 { try await send("missing.reported", "\(number)", "EP-\(number)", ["risk": "low"]) }
    let pages = [try await list(offset: 0, limit: 3), try await list(offset: 3, limit: 3)]
    #expect(pages.map(\.episodes.count) == [3, 2] && pages.allSatisfy { $0.counts[.open] == 5 })
    #expect(Set(pages.flatMap(\.episodes).map(\.standing.reference)).count == 5)
  }

  @Test func alarmsComeFirstThenRiskThenWhatIsUnconfirmedThenTheDeadline() {
    func standing(_ reference: String, _ risk: String?, late: Int = 0, unconfirmed: Int = 0, next: Int64? = nil)
      -> EpisodeStanding
    {
      var standing = EpisodeStanding(
        reference: reference, isExercise: false, begunAt: clock.now(), hasEnded: false, risk: risk)
      standing.late = late
      standing.unconfirmed = unconfirmed
      standing.note(next.map { clock.now().advanced(bySeconds: $0) })
      return standing
    }
    let order = [
      standing("alarm", "high", late: 1, unconfirmed: 1), standing("high", "high", unconfirmed: 9),
      standing("many", "medium", unconfirmed: 3), standing("soon", "medium", unconfirmed: 2, next: 60),
      standing("later", "medium", unconfirmed: 2, next: 120), standing("some time", "medium", unconfirmed: 2),
      standing("unassessed", nil, late: 5, unconfirmed: 5), standing("low", "low"), standing("absent", "absent"),
    ]
    #expect(order.reversed().sorted { $0.comes(before: $1) } == order)
  }
}
