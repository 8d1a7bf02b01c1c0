import Routing
import TestKit
import Testing

/// A wrong event reaches exactly those who hold a message of it.
@Suite struct RetractionTests {
  private let rules = """
      - {id: report, section: "1", says: s, event: missing.reported, tell: [{role: police.control-room}, {role: health.safeguarding}]}
      - {id: high, section: "2", says: s, event: missing.categorised, when: {episode.risk: high},
         duty: strategy-meeting, holders: [{role: childrens-services.social-worker}], by: PT24H,
         tell: [{role: national.missing-persons-unit}]}
      - {id: medium, section: "3", says: s, event: missing.categorised, when: {episode.risk: medium}, tell: [{role: school}, {role: iro}]}
      - {id: later, section: "4", says: s, after: PT1H, of: missing.categorised, tell: [{role: national.exploitation}]}
    """
  private let story = """
      - {at: 2026-11-12T10:00:00Z, send: missing.reported, subject: E, data: {child: {id: C, livesIn: derby}}}
      - {at: 2026-11-12T10:10:00Z, send: missing.categorised, subject: E, data: {episode: {risk: high}}}

    """

  @Test func aWithdrawalReachesThoseAloneWhoWereToldAndEndsWhatItSetGoing() throws {
    let lines = try SmallBook.play(
      story
        + """
          - {at: 2026-11-12T10:20:00Z, send: event.withdrawn, subject: E, data: {withdraws: {id: step-1}, episode: {risk: null}}}
          - {at: 2026-11-14T10:20:00Z, send: missing.updated, subject: E}
        """, SmallBook.make(rules))
    let told = lines.filter { $0.cause.step == 2 && $0.kind == .tell }
    #expect(told.map(\.role) == ["national.missing-persons-unit"])
    #expect(told.first?.citations.map(\.section) == ["2"])
    #expect(lines.filter { $0.kind == .cancelled }.map(\.duty) == ["strategy-meeting"])
    #expect(!lines.contains { $0.kind == .overdue || $0.role == "national.exploitation" })
  }

  @Test func aCorrectionTellsTheOldHoldersAndTheRightRecipients() throws {
    let lines = try SmallBook.play(
      story
        + """
          - {at: 2026-11-12T10:20:00Z, send: missing.categorised, subject: E, data: {corrects: {id: step-1}, episode: {risk: medium}}}
        """, SmallBook.make(rules))
    #expect(
      Set(lines.filter { $0.cause.step == 2 && $0.kind == .tell }.compactMap(\.role))
        == ["school", "iro", "national.missing-persons-unit"])
  }

  @Test func aReportThatWasWrongIsNoEpisode() throws {
    let book = try SmallBook.make(
      """
        - {id: second, section: "1", says: s, count: missing.reported, atLeast: 2, tell: [{role: police.missing-unit}]}
      """)
    let lines = try SmallBook.play(
      """
        - {at: 2026-11-12T10:00:00Z, send: missing.reported, subject: A, data: {child: {id: C, livesIn: derby}}}
        - {at: 2026-11-12T10:20:00Z, send: event.withdrawn, subject: A, data: {withdraws: {id: step-0}}}
        - {at: 2026-11-13T10:00:00Z, send: missing.reported, subject: B, data: {child: {id: C}}}
      """, book)
    #expect(lines.filter { $0.kind == .tell }.isEmpty)
  }
}
