import Routing
import TestKit
import Testing

/// Time as rules: what starts a timer, when it fires, what ends it, and what counts.
@Suite struct TimerTests {
  private func firings(_ rules: String, _ timeline: String, until: String) throws -> [String] {
    let book = try SmallBook.make(rules)
    let item = try CaseFile.read(
      "case: c\ntimeline:\n\(timeline)\nuntil: \(until)\n", file: "c.yaml", vocabulary: book.vocabulary)
    return CasePlayer.play(item, try book.playing(item).router(at: item.begins))
      .filter { $0.cause.timer != nil && ($0.kind == .tell || $0.kind == .report || $0.kind == .duty) }
      .map { "\($0.at.rfc3339) \($0.duty ?? $0.role ?? "") \($0.agency ?? "") after \($0.cause.timer ?? "")" }
  }

  private let reported = """
      - {at: 2026-03-27T20:00:00Z, send: missing.reported, subject: E, data: {child: {id: C, livesIn: derby}}}
    """

  @Test func elapsedTimeIgnoresTheClockChangeAndLocalDaysKeepTheWallClock() throws {
    let rules = """
        - {id: hours, section: "1", says: s, after: PT48H, of: missing.reported, tell: [{role: police.control-room}]}
        - {id: days, section: "1", says: s, after: P2D, of: missing.reported, tell: [{role: health.safeguarding}]}
      """
    // The clocks go forward on 29 March 2026.
    #expect(
      try firings(rules, reported, until: "2026-04-01T00:00:00Z") == [
        "2026-03-29T19:00:00Z health.safeguarding derby-health after P2D",
        "2026-03-29T20:00:00Z police.control-room derbyshire-police after PT48H",
      ])
  }

  @Test func firstOneSpanThenAnotherWhileTheEpisodeIsOpen() throws {
    let rules = """
        - {id: updates, section: "1", says: s, after: PT48H, every: P5D, of: missing.reported,
           while: {episode.open: true}, tell: [{role: police.control-room}]}
      """
    let returned = "\n  - {at: 2026-04-04T19:00:00Z, send: child.returned, subject: E}"
    #expect(
      try firings(rules, reported + returned, until: "2026-05-01T00:00:00Z") == [
        "2026-03-29T20:00:00Z police.control-room derbyshire-police after PT48H",
        "2026-04-03T20:00:00Z police.control-room derbyshire-police after P5D",
      ])
  }

  @Test func everyFurtherMeetingSetsTheReviewAnew() throws {
    let rules = """
        - {id: review, section: "1", says: s, every: P5D, of: meeting.held, where: {meeting.kind: missing},
           while: {episode.open: true}, duty: missing-meeting, holders: [{role: childrens-services.missing-inbox}],
           by: PT0H}
      """
    let meetings = """

        - {at: 2026-04-01T10:00:00Z, send: meeting.held, subject: E, data: {meeting: {kind: missing}}}
        - {at: 2026-04-03T10:00:00Z, send: meeting.held, subject: E, data: {meeting: {kind: strategy}}}
        - {at: 2026-04-04T10:00:00Z, send: meeting.held, subject: E, data: {meeting: {kind: missing}}}
      """
    #expect(
      try firings(rules, reported + meetings, until: "2026-04-15T00:00:00Z") == [
        "2026-04-09T10:00:00Z missing-meeting derby after P5D",
        "2026-04-14T10:00:00Z missing-meeting derby after P5D",
      ])
  }

  @Test func whatStopsATimerStopsItOnlyWhereItSays() throws {
    let rules = """
        - {id: day-three, section: "1", says: s, after: P3D, of: missing.reported,
           unless: [child.found, {event: meeting.held, where: {meeting.kind: missing}}], tell: [{role: health.safeguarding}]}
      """
    func meeting(_ kind: String) -> String {
      "\n  - {at: 2026-03-28T10:00:00Z, send: meeting.held, subject: E, data: {meeting: {kind: \(kind)}}}"
    }
    #expect(try firings(rules, reported + meeting("strategy"), until: "2026-04-15T00:00:00Z").count == 1)
    #expect(try firings(rules, reported + meeting("missing"), until: "2026-04-15T00:00:00Z").isEmpty)
  }

  @Test func aSecondReportOfTheSameEpisodeStartsNothingAnew() throws {
    let rules = """
        - {id: day, section: "1", says: s, after: PT24H, of: missing.reported, tell: [{role: health.safeguarding}]}
      """
    let again = "\n  - {at: 2026-03-28T10:00:00Z, send: missing.reported, subject: E}"
    #expect(
      try firings(rules, reported + again, until: "2026-04-15T00:00:00Z") == [
        "2026-03-28T20:00:00Z health.safeguarding derby-health after PT24H"
      ])
  }

  @Test func reportsComeByTheLondonCalendarToEachParty() throws {
    let rules = """
        - {id: monthly, section: "1", says: s, calendar: P1M, at: "07:30", tell: [{role: partnership.board}]}
        - {id: weekly, section: "1", says: s, calendar: P7D, parties: [derby], when: {child.livesIn: derby},
           tell: [{role: childrens-services.team-manager}]}
      """
    let lines = try firings(rules, reported, until: "2026-04-07T00:00:00Z")
    #expect(
      lines == [
        "2026-03-30T06:00:00Z childrens-services.team-manager derby after P7D",
        "2026-04-01T06:30:00Z partnership.board derby-derbyshire-partnership after P1M",
        "2026-04-01T06:30:00Z partnership.board derby-derbyshire-partnership after P1M",
        "2026-04-06T06:00:00Z childrens-services.team-manager derby after P7D",
      ])
  }

  @Test func aCountLooksAtTheWindowAndAtWhichEpisodesCount() throws {
    let rules = """
        - {id: third, section: "1", says: s, count: missing.reported, atLeast: 3, within: P30D,
           where: {episode.risk: [unassessed, medium, high]}, tell: [{role: police.missing-unit}]}
      """
    func report(_ day: String, _ subject: String, _ risk: String) -> String {
      """
        - {at: \(day)T10:00:00Z, send: missing.reported, subject: \(subject), data: {child: {id: C, livesIn: derby},
           episode: {risk: \(risk)}}}

      """
    }
    func fires(_ reports: String) throws -> [Int?] {
      try SmallBook.play(reports, SmallBook.make(rules)).filter { $0.kind == .tell }.map(\.cause.step)
    }
    // 30 days apart still counts, 31 do not; an absent episode never does; the fourth fires again.
    #expect(
      try fires(
        report("2026-01-01", "A", "medium") + report("2026-01-20", "B", "high") + report("2026-01-31", "C", "medium")
          + report("2026-02-01", "D", "medium")) == [2, 3])
    #expect(
      try fires(
        report("2026-01-01", "A", "medium") + report("2026-01-20", "B", "absent") + report("2026-01-31", "C", "medium"))
        == [])
    #expect(
      try fires(
        report("2026-01-01", "A", "medium") + report("2026-01-20", "B", "high") + report("2026-01-30", "C", "absent")
          + report("2026-01-31", "C", "medium")) == [3])
  }

  @Test func aLimitEndsWithWhatItLimitsAndDoesNotStartAnew() throws {
    let rules = """
        - {id: cap, section: "1", says: s, event: missing.categorised, when: {episode.risk: absent}, duty: category-limit,
           holders: [{role: police.missing-unit}], by: PT24H, from: first, endsWhen: {not: {episode.risk: absent}}}
      """
    func categorised(_ at: String, _ risk: String) -> String {
      "\n  - {at: \(at), send: missing.categorised, subject: E, data: {episode: {risk: \(risk)}}}"
    }
    let lines = try SmallBook.play(
      reported + categorised("2026-03-27T21:00:00Z", "absent") + categorised("2026-03-28T09:00:00Z", "absent")
        + categorised("2026-03-28T12:00:00Z", "medium"), SmallBook.make(rules))
    #expect(lines.filter { $0.kind == .duty }.map(\.by) == Array(repeating: instant("2026-03-28T21:00:00Z"), count: 2))
    #expect(lines.filter { $0.kind == .fulfilled }.map(\.cause.step) == [1, 2])
  }

  @Test func aTimerThatStartsOnceIsNotSetAnew() throws {
    let rules = """
        - {id: once, section: "1", says: s, after: PT24H, of: missing.categorised, where: {episode.risk: absent}, once: true,
           while: {episode.risk: absent}, tell: [{role: police.duty-inspector}]}
      """
    func categorised(_ at: String, _ risk: String) -> String {
      "\n  - {at: \(at), send: missing.categorised, subject: E, data: {episode: {risk: \(risk)}}}"
    }
    let again = categorised("2026-03-27T21:00:00Z", "absent") + categorised("2026-03-28T09:00:00Z", "absent")
    #expect(
      try firings(rules, reported + again, until: "2026-04-01T00:00:00Z") == [
        "2026-03-28T21:00:00Z police.duty-inspector derbyshire-police after PT24H"
      ])
  }

  @Test func anOptionalRuleTellsOnlyWhereItIsSwitchedOn() throws {
    let rules = """
        - {id: extra, section: "1", says: s, event: missing.reported, optional: true, tell: [{role: health.safeguarding}]}
      """
    let happened = event("missing.reported", at: "2026-03-27T20:00:00Z", ["child": ["id": "C", "livesIn": "derby"]])
    for (switchedOn, told, noted) in [([String](), 0, 1), (["extra"], 1, 0)] {
      let book = try SmallBook.make(rules, switchedOn: switchedOn)
      let situation = Chronicle(vocabulary: book.vocabulary).situation(for: happened)
      let plan = book.router(at: happened.time).plan(happened, situation, at: happened.time)
      #expect(plan.tells.count == told && plan.notes.count == noted)
    }
    #expect(throws: RouteProblems.self) { try SmallBook.make(rules, switchedOn: ["extro"]) }
  }

  @Test func whoIsInvitedIsToldWhenThatMeetingIsCalled() throws {
    let rules = """
        - {id: strategy, section: "1", says: s, event: missing.categorised, when: {episode.risk: high},
           duty: strategy-meeting, holders: [{role: childrens-services.social-worker}],
           tell: [{role: health.safeguarding, mode: invite}, {role: police.missing-unit}]}
      """
    func call(_ kind: String, risk: String) -> String {
      reported
        + """

          - {at: 2026-03-27T21:00:00Z, send: missing.categorised, subject: E, data: {episode: {risk: \(risk)}}}
          - {at: 2026-03-27T22:00:00Z, send: meeting.called, subject: E, data: {meeting: {kind: \(kind)}}}
        """
    }
    let book = try SmallBook.make(rules)
    let invited = try SmallBook.play(call("strategy", risk: "high"), book).filter { $0.kind == .tell }
    #expect(
      invited.map { "\($0.role ?? "") \($0.cause.step ?? -1)" } == ["police.missing-unit 1", "health.safeguarding 2"])
    #expect(
      try SmallBook.play(call("review", risk: "high"), book).filter { $0.cause.step == 2 && $0.kind == .tell }.isEmpty)
    #expect(try SmallBook.play(call("strategy", risk: "medium"), book).filter { $0.kind == .tell }.isEmpty)
  }

  @Test(arguments: [
    ("P6M", "2026-08-31T10:00:00Z", "2027-02-28T11:00:00Z"), ("P1Y", "2024-02-29T10:00:00Z", "2025-02-28T10:00:00Z"),
    ("start of 1 working day", "2026-04-02T21:00:00Z", "2026-04-07T08:00:00Z"),
    ("next 00:00", "2026-06-01T22:30:00Z", "2026-06-01T23:00:00Z"),
    ("same day", "2026-06-01T10:00:00Z", "2026-06-01T22:59:59Z"),
  ])
  func spansOfTheCalendar(_ span: String, _ start: String, _ end: String) throws {
    let holidays = try Repository.book.get().directory.bankHolidays
    #expect(try #require(Span(span)).end(from: instant(start), bankHolidays: holidays) == instant(end))
  }
}
