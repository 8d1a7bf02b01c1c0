import Routing
import Simulation
import TestKit
import Testing

@testable import Delivery

@Suite struct LifecycleTests {
  private func lease(channels: [Channel], progress: DeliveryProgress = DeliveryProgress(), pressing: Bool = true)
    -> Lease
  {
    let notification = Notification(
      id: "nt-1", event: "ev-1", eventType: "missing.reported", episode: "EP", role: "iro", relation: "area",
      agency: "derby", contact: "Desk", channels: channels, urgency: pressing ? .immediate : .routine,
      isPressing: pressing, confirm: .accepted, within: 0, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(subject: "s", text: "t", html: "h", body: "{}"), isExercise: false, initialState: .queued)
    return Lease(notification: notification, fence: 3, delivery: progress)
  }
  private let mail = Channel.mail("a@b.example")
  private let hook = Channel.webhook(url: "https://h.example/x", secret: "s")
  private let now = instant("2026-11-12T12:00:00Z")

  @Test func aPressingNotificationNeverRestsLongerThanAMinute() {
    for seed in UInt64(0)..<2000 {
      var random = SeededRandom(seed)
      let tries = Int(seed % 40) + 1
      let pause = RetryPolicy.pause(
        afterTry: tries, urgency: .prompt, isPressing: true, retryAfter: Int(seed), using: &random)
      #expect((100...60_000).contains(pause))
      let first = RetryPolicy.pause(afterTry: 1, urgency: .immediate, isPressing: true, retryAfter: nil, using: &random)
      #expect(first <= 2000)
    }
  }

  @Test func aRoutineNotificationMayRestAnHourAndObeysRetryAfter() {
    var longest: Int64 = 0
    for seed in UInt64(0)..<2000 {
      var random = SeededRandom(seed)
      longest = max(
        longest, RetryPolicy.pause(afterTry: 30, urgency: .routine, isPressing: false, retryAfter: nil, using: &random))
      #expect(
        RetryPolicy.pause(afterTry: 1, urgency: .routine, isPressing: false, retryAfter: 300, using: &random) >= 300_000
      )
    }
    #expect((3_000_000...3_600_000).contains(longest))
  }

  /// A recipient's header says how long to rest, and never stops the gateway.
  @Test func noRetryAfterIsTooLarge() {
    var random = SeededRandom(1)
    for seconds in [86_400, 1 << 40, Int.max] {
      let pause = RetryPolicy.pause(
        afterTry: 1, urgency: .routine, isPressing: false, retryAfter: seconds, using: &random)
      #expect(pause == 3_600_000)
    }
  }

  @Test func acceptedSettlesForGood() {
    var random = SeededRandom(1)
    let settlement = Settlement.after(
      TestTransport.taken, lease(channels: [mail]), startedAt: now, now: now, using: &random)
    #expect(settlement.state == .accepted && settlement.due == nil && settlement.receipt?.kind == .accepted)
    #expect(settlement.fence == 3 && settlement.alarms.isEmpty)
  }

  @Test func aRefusalGoesToTheNextChannelAndAlarms() {
    var random = SeededRandom(1)
    let settlement = Settlement.after(
      TestTransport.refused, lease(channels: [mail, hook]), startedAt: now, now: now, using: &random)
    #expect(settlement.state == .queued && settlement.due == now)
    #expect(settlement.delivery.channelIndex == 1 && settlement.delivery.closedChannels == 1)
    #expect(settlement.alarms.map(\.kind) == [.failed])
    let last = Settlement.after(
      TestTransport.refused, lease(channels: [mail, hook], progress: settlement.delivery), startedAt: now, now: now,
      using: &random)
    #expect(last.state == .failed && last.due == nil && !last.alarms.isEmpty)
  }

  @Test func goneSwitchesTheEndpointOff() throws {
    var random = SeededRandom(1)
    let gone = Outcome.rejected(Fault(.gone, "HTTP 410"))
    let settlement = Settlement.after(gone, lease(channels: [hook, mail]), startedAt: now, now: now, using: &random)
    let closing = try #require(settlement.endpoint?.closing)
    #expect(closing.url == "https://h.example/x" && closing.since == now)
    #expect(closing.notice?.channels == [mail] && closing.notice?.contact == "Desk")
    #expect(settlement.alarms.map(\.kind).contains(.endpointGone))
    #expect(settlement.delivery.channelIndex == 1)
  }

  @Test func everyChannelThatTheLadderHasComeToIsTriedInTurn() {
    var random = SeededRandom(1)
    let late = DeliveryProgress(isOverdue: true, rung: 1)
    let settlement = Settlement.after(
      TestTransport.later, lease(channels: [mail, hook], progress: late), startedAt: now, now: now, using: &random)
    #expect(settlement.delivery.channelIndex == 1)
    let early = Settlement.after(
      TestTransport.later, lease(channels: [mail, hook]), startedAt: now, now: now, using: &random)
    #expect(early.delivery.channelIndex == 0 && early.state == .deferred)
  }

  @Test func aDestinationThatFailsGetsLessRoom() {
    var window = DestinationWindow()
    for _ in 0..<5 { window.begin(at: now) }
    #expect(window.room(at: now) == 0)
    for _ in 0..<5 { window.end(.answered, at: now) }
    #expect(window.size == 1 && window.room(at: now) == 1)
    for _ in 0..<200 {
      window.begin(at: now)
      window.end(.taken, at: now)
    }
    #expect(window.size == DestinationWindow.most)
    // An attempt that asked nobody says nothing.
    window.begin(at: now)
    window.end(.unknown, at: now)
    #expect(window.size == DestinationWindow.most && window.open == 0)
  }

  @Test func sendersAreLimited() {
    let sender = Sender(name: "s", authorities: ["derby"], types: ["missing.*", "waypost.child.found"])
    #expect(sender.maySend(type: "missing.reported") && sender.maySend(type: "child.found"))
    #expect(!sender.maySend(type: "placement.started"))
    #expect(sender.maySend(forAny: ["derby", "nottingham"]) && !sender.maySend(forAny: ["luton"]))
  }

  @Test func identifiersFollowFromWhatTheyName() {
    #expect(Identifiers.event(source: "a", id: "b") == Identifiers.event(source: "a", id: "b"))
    #expect(Identifiers.event(source: "a", id: "b") != Identifiers.event(source: "ab", id: ""))
    #expect(Identifiers.event(source: "a", id: "b").count == 29)
  }
}
