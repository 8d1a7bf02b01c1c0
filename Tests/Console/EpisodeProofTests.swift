import Console
import Delivery
import Routing
import TestKit
import Testing

/// The ladder as a picture and in words, and the chain over the audit: both without any gateway.
@Suite struct EpisodeProofTests {
  private func entry(_ number: Int64, _ kind: String = "accepted", _ detail: String = "d") -> AuditEntry {
    AuditEntry(
      sequence: number, at: instant("2026-11-12T22:00:00Z"), kind: kind, identifier: "ev-\(number)", detail: detail)
  }

  @Test func aLaterProofBeginsWithTheEarlierOne() {
    let early = EpisodeProof(of: "E", [entry(1), entry(4)], events: ["ev-1": "aa"])
    let late = EpisodeProof(of: "E", [entry(1), entry(4), entry(9)], events: ["ev-1": "aa", "ev-9": "bb"])
    #expect(Array(late.lines.prefix(2)) == early.lines && late.final != early.final)
    #expect(EpisodeProof(of: "E", [], events: [:]).final == early.start)
  }

  @Test func whatIsAlteredLeftOutPutInOrMovedShows() throws {
    let proof = EpisodeProof(
      of: "E", [entry(1), entry(2, "escalated", "a\nb \u{1e} c"), entry(3)], events: ["ev-1": "aa"])
    let document = proof.document
    #expect(EpisodeProof.check(document, of: "E") == .whole(proof.final))
    #expect(EpisodeProof.check(try JSONValue(parsing: document.serializedBytes), of: "E") == .whole(proof.final))
    let lines = try #require(document["lines"]?.items)
    func check(_ lines: [JSONValue]) -> EpisodeProof.Verdict {
      EpisodeProof.check(document.merged(with: ["lines": .array(lines)]), of: "E")
    }
    for (member, value) in [
      ("sequence", 7), ("at", "2026-11-12T22:00:01Z"), ("kind", "x"), ("identifier", "x"), ("event", "bb"),
      ("detail", "a\nb"), ("digest", "x"),
    ] as [(String, JSONValue)] {
      let altered = lines[1].merged(with: .object([member: value]))
      let verdict = check([lines[0], altered, lines[2]])
      #expect(verdict == .broken(at: member == "sequence" ? 7 : 2), "\(member)")
    }
    #expect(check([lines[0], lines[2]]) == .broken(at: 3))
    #expect(check([lines[1], lines[0], lines[2]]) == .broken(at: 2))
    #expect(check([lines[0], lines[1], lines[1], lines[2]]) == .broken(at: 2))
    #expect(check(Array(lines.dropLast())) == .cut)
    #expect(EpisodeProof.check("nothing", of: "E") == .unreadable)
  }

  // Ladders.

  private func record(
    _ state: NotificationState, _ progress: DeliveryProgress, confirm: Routing.Confirmation = .acknowledged,
    isOverdue: Bool = false
  ) -> NotificationRecord {
    NotificationRecord(
      notification: owed(
        to: [.mail("a@derby.example"), .phone("01632 960101"), .mail("b@derby.example")], confirm: confirm,
        standIns: [StandIn(label: "Duty <desk>", firstChannel: 2)]),
      state: state, delivery: progress, due: nil, createdAt: instant("2026-11-12T22:00:00Z"), settledAt: nil,
      isOverdue: isOverdue, isUnderWay: false)
  }

  private func climb(_ record: NotificationRecord, isOvertaken: Bool = false) -> EpisodeLadder? {
    EpisodeLadder(
      record, isOvertaken: isOvertaken, whom: { record.notification.contact(at: $0) ?? "?" }, channel: { $0.name })
  }

  @Test func stepsAreThoseOfTheGateway() throws {
    let first = try #require(climb(record(.queued, DeliveryProgress())))
    #expect(first.steps.map(\.fate) == [.here, .ahead, .ahead])
    #expect(first.steps.map(\.whom) == ["Safeguarding unit", "Safeguarding unit", "Duty <desk>"])
    #expect(first.standing == "It stands on step 1 of 3, Safeguarding unit by mail.")
    let third = try #require(
      climb(
        record(.queued, DeliveryProgress(channelIndex: 2, closedChannels: 0b10, rung: 2, takenChannels: 0b1))))
    #expect(third.steps.map(\.fate) == [.taken, .refused, .here] && !third.isSettled && !third.isExhausted)
    let silent = try #require(
      climb(record(.accepted, DeliveryProgress(channelIndex: 2, rung: 2, takenChannels: 0b101), isOverdue: true)))
    #expect(silent.isExhausted && silent.standing.contains("nobody is left to ask"))
  }

  @Test func aLadderEndsWithTheConfirmationOrALaterMessage() throws {
    let done = try #require(climb(record(.acknowledged, DeliveryProgress(takenChannels: 1))))
    #expect(done.isSettled && done.steps.map(\.fate) == [.here, .spared, .spared])
    let open = record(.accepted, DeliveryProgress(takenChannels: 1))
    #expect(try #require(climb(open, isOvertaken: true)).isSettled)
    #expect(try #require(climb(open)).isSettled == false)
    #expect(climb(record(.accepted, DeliveryProgress(), confirm: .accepted)) == nil)
    #expect(climb(record(.superseded, DeliveryProgress())) == nil)
  }

  @Test func thePictureSaysItInWordsToo() throws {
    let ladder = try #require(
      climb(
        record(.queued, DeliveryProgress(channelIndex: 2, closedChannels: 0b10, rung: 2, takenChannels: 0b1))))
    let svg = LadderPicture.svg(ladder, of: "A & B")
    #expect(svg.contains("role=\"img\"") && svg.contains("Escalation ladder of the message to A &amp; B</title>"))
    #expect(svg.contains("<desc id=\"picture-nt-aaaaaaaaaaaaaaaaaaaaaaaaaa-says\">It stands on step 3 of 3"))
    #expect(svg.contains("3. Duty &lt;desk&gt;") && !svg.contains("<desk>") && !svg.contains("style="))
    for fate in ["here", "taken", "refused"] { #expect(svg.contains("<g class=\"\(fate)\">"), "\(fate)") }
    #expect(!svg.contains("#") && svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>"))
    let long = LadderPicture.svg(
      EpisodeLadder(
        notification: "nt-1", steps: [.init(whom: String(repeating: "w", count: 90), channel: "mail", fate: .here)]),
      of: "x")
    #expect(long.contains("www…"))
  }
}
