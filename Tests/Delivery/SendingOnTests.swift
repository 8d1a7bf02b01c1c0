import Delivery
import Routing
import TestKit
import Testing

/// Sending a message to another contact by hand, and telling holds apart.
@Suite struct SendingOnTests {
  private static let letters = ["a", "b", "c", "d"]
  private static func mail(_ name: String) -> Channel { .mail("\(name)@derby.example") }
  private static func contact(_ name: String) -> OtherContact {
    OtherContact(role: name, label: name, channels: [mail(name)])
  }

  /// A message to `a`, and `b`, `c` and `d` behind it.
  private func record(
    _ channels: [Channel] = letters.map(mail), _ standIns: [StandIn]? = nil, state: NotificationState = .accepted,
    _ progress: DeliveryProgress = DeliveryProgress(attempts: 1, takenChannels: 1)
  ) -> NotificationRecord {
    let own = standIns ?? Self.letters.enumerated().dropFirst().map { StandIn(label: $1, firstChannel: $0) }
    return NotificationRecord(
      notification: owed(to: channels, contact: "a", standIns: own), state: state, delivery: progress,
      due: nil, createdAt: instant("2026-11-12T12:00:00Z"), settledAt: nil, isOverdue: false, isUnderWay: false)
  }

  @Test func theNextOneIsOnlyAskedSooner() throws {
    let way = try #require(SendingOn(record(), to: Self.contact("b")))
    #expect(way.index == 1 && way.closed == 0 && way.channels == Self.letters.map(Self.mail))
  }

  @Test func whomItPassesOverIsAskedAfterwardsAndNothingChangesItsPlace() throws {
    let way = try #require(SendingOn(record(), to: Self.contact("c")))
    #expect(way.channels == ["a", "b", "c", "d", "c", "b", "d"].map(Self.mail))
    #expect(way.index == 4 && way.closed == 0b1110)
    let labels = way.standIns.filter { $0.firstChannel >= 4 }
    #expect(labels == [("c", 4), ("b", 5), ("d", 6)].map { StandIn(label: $0.0, firstChannel: $0.1) })
    // Asked there, whoever was passed over can still be chosen next, and whoever has it cannot.
    let there = DeliveryProgress(
      attempts: 2, channelIndex: 4, closedChannels: way.closed, rung: 4, takenChannels: 0b10001)
    let after = record(way.channels, way.standIns, there)
    #expect(Escalation.after(after) == .move(toChannel: 5))
    #expect(try #require(SendingOn(after, to: Self.contact("d"))).channels.suffix(2) == ["d", "b"].map(Self.mail))
    #expect(SendingOn(after, to: Self.contact("a")) == nil)
    #expect(SendingOn(after, to: Self.contact("c")) == nil)
  }

  @Test func somebodyNewStandsBeforeThoseWhoWait() throws {
    let way = try #require(SendingOn(record(), to: Self.contact("e")))
    #expect(way.channels == ["a", "b", "c", "d", "e", "b", "c", "d"].map(Self.mail) && way.index == 4)
    let long = record((0..<60).map { Self.mail("\($0)") }, [])
    #expect(SendingOn(long, to: Self.contact("e")) == nil, "a ladder has 64 places")
  }

  @Test func holdsAreToldApart() {
    let held = { (attempts: Int) in record(state: .held, DeliveryProgress(attempts: attempts)) }
    #expect(Hold(held(0), audit: ["viewed"]) == .judgement)
    #expect(Hold(held(0), audit: ["operator-hold"]) == .byHand)
    #expect(Hold(held(0), audit: ["operator-release", "operator-hold"]) == .byHand)
    #expect(Hold(held(2), audit: ["deferred", "held"]) == .privacy)
    #expect(Hold(held(2), audit: ["held", "operator-release", "operator-hold"]) == .byHand)
    let card = record([.phone("01632 960199")], [], state: .held, DeliveryProgress(attempts: 1))
    #expect(Hold(card, audit: ["held"]) == .call)
    #expect(Hold(record(), audit: ["held"]) == nil)
  }

  @Test func onlyWhatMayGoIsSentOn() {
    for state in [NotificationState.scheduled, .acknowledged, .cancelled, .superseded, .unroutable] {
      #expect(!record(state: state).canBeSentOn(nil), "\(state)")
    }
    // It waits for an earlier message of its lane.
    #expect(!record(state: .queued).canBeSentOn(nil))
    #expect(record().canBeSentOn(nil) && record(state: .failed).canBeSentOn(nil))
    for (hold, may) in [(Hold.judgement, false), (.byHand, false), (.call, true), (.privacy, true)] {
      #expect(record(state: .held).canBeSentOn(hold) == may, "\(hold)")
    }
  }
}
