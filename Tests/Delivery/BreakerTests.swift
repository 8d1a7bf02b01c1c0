import Routing
import TestKit
import Testing

@testable import Delivery

/// When a destination is left alone, and when an endpoint is switched off.
@Suite struct BreakerTests {
  private let start = instant("2026-11-12T12:00:00Z")
  private let url = "https://h.example/x"

  /// A breaker that has just opened.
  private func open(at now: Instant) -> DestinationBreaker {
    var breaker = DestinationBreaker()
    for _ in 0..<DestinationBreaker.failures {
      #expect(!breaker.isOpen && breaker.room(at: now) == .max)
      breaker.end(.failed, at: now)
    }
    return breaker
  }

  @Test func itOpensAfterFiveFailuresAndAsksAgainWithinAMinute() throws {
    var breaker = open(at: start)
    var now = start
    var pauses: [Int64] = []
    for _ in 0..<8 {
      #expect(breaker.isOpen && breaker.room(at: now) == 0)
      let probe = try #require(breaker.nextProbe)
      pauses.append(probe.seconds - now.seconds)
      #expect(breaker.room(at: probe.advanced(byMilliseconds: -1)) == 0)
      now = probe
      #expect(breaker.room(at: now) == 1)
      breaker.begin(at: now)
      #expect(breaker.room(at: now) == 0 && breaker.nextProbe == nil)
      now = now.advanced(bySeconds: 15)
      breaker.end(.failed, at: now)
    }
    #expect(pauses == [2, 4, 8, 16, 32, 60, 60, 60])
  }

  @Test(arguments: [AttemptSign.taken, .answered]) func oneAnswerLetsEverythingGo(_ sign: AttemptSign) {
    var breaker = open(at: start)
    breaker.begin(at: start.advanced(bySeconds: 2))
    breaker.end(sign, at: start.advanced(bySeconds: 3))
    #expect(breaker.isFresh && breaker.room(at: start) == .max)
    for _ in 1..<DestinationBreaker.failures { breaker.end(.failed, at: start) }
    breaker.end(sign, at: start)
    breaker.end(.failed, at: start)
    #expect(!breaker.isOpen)
  }

  @Test func whatBeganBeforeItOpenedDoesNotMakeThePauseLonger() {
    var breaker = open(at: start)
    for _ in 0..<60 { breaker.end(.failed, at: start.advanced(bySeconds: 1)) }
    #expect(breaker.nextProbe == start.advanced(bySeconds: 2))
  }

  @Test func aProbeThatAskedNobodyLeavesItToTheNext() {
    var breaker = open(at: start)
    let now = start.advanced(bySeconds: 2)
    breaker.begin(at: now)
    breaker.end(.unknown, at: now)
    #expect(breaker.room(at: now) == 1)
  }

  @Test func aClockThatIsSetBackDoesNotMakeThePauseLonger() {
    let breaker = open(at: start)
    #expect(breaker.room(at: start.advanced(bySeconds: -3600)) == 1)
  }

  @Test(arguments: [
    (Fault.Code.connection, AttemptSign.failed), (.tls, .failed), (.timeout, .failed), (.unavailable, .failed),
    (.throttled, .answered), (.addressUnknown, .answered), (.policy, .answered), (.refused, .answered),
    (.privacy, .unknown), (.configuration, .unknown), (.internalFault, .unknown),
  ])
  func onlyFaultsOfTheServerItselfCount(_ code: Fault.Code, _ sign: AttemptSign) {
    #expect(Outcome.deferred(Fault(code, "x"), retryAfter: nil).sign == sign)
    #expect(Outcome.rejected(Fault(code, "x")).sign != .failed)
  }

  @Test func anHourAndTenFailuresAreNeeded() {
    var run = FailingEndpoint.after(nil, at: start)
    // A burst is one piece of news.
    for second in 1..<50 { run = FailingEndpoint.after(run, at: start.advanced(bySeconds: Int64(second))) }
    #expect(run.count == 1)
    for minute in 1..<60 { run = FailingEndpoint.after(run, at: start.advanced(bySeconds: Int64(minute) * 60)) }
    #expect(run.count == 60 && !run.isSustained)
    run = FailingEndpoint.after(run, at: start.advanced(bySeconds: 3600))
    #expect(run.isSustained && run.since == start)
    // Two attempts far apart say nothing of what was in between.
    #expect(
      !FailingEndpoint.after(FailingEndpoint.after(nil, at: start), at: start.advanced(bySeconds: 3600)).isSustained)
    let later = start.advanced(bySeconds: 30_000)
    #expect(FailingEndpoint.after(run, at: later) == FailingEndpoint(since: later, last: later, count: 1))
  }

  @Test func whoIsLeftIsAskedAndTheOwnerToldOverTheirOwnChannels() throws {
    let (mail, desk) = (Channel.mail("a@b.example"), Channel.mail("duty@b.example"))
    let hook = Channel.webhook(url: url, secret: "s")
    let channels = [hook, .phone("01632 960101"), mail, desk]
    let notification = owed(to: channels, standIns: [StandIn(label: "Duty desk", firstChannel: 3)])
    let before = FailingEndpoint(since: start, last: start.advanced(bySeconds: 3540), count: 40)
    let now = start.advanced(bySeconds: 3600)
    var random = SystemRandomNumberGenerator()
    let silence = Outcome.deferred(Fault(.timeout, "no answer"), retryAfter: nil)
    let settlement = Settlement.after(
      silence, Lease(notification: notification, fence: 1, delivery: DeliveryProgress()), failing: before,
      startedAt: now, now: now, using: &random)
    #expect(settlement.state == .queued && settlement.due == now && settlement.delivery.channelIndex == 1)
    let closing = try #require(settlement.endpoint?.closing)
    let notice = try #require(closing.notice)
    #expect(notice.channels == [mail] && notice.contact == "Safeguarding unit" && notice.lane != notification.lane)
    #expect(!notice.message.body.contains("Żółć"))

    // The only way that is left goes on being tried.
    let alone = Settlement.after(
      silence, Lease(notification: owed(to: [hook]), fence: 1, delivery: DeliveryProgress()), failing: before,
      startedAt: now, now: now, using: &random)
    #expect(alone.state == .deferred && alone.endpoint?.closing == nil)
  }

  @Test func oneSuccessEndsTheCount() {
    let lease = Lease(
      notification: owed(to: [.webhook(url: url, secret: "s")]), fence: 1, delivery: DeliveryProgress())
    let before = FailingEndpoint(since: start, last: start, count: 3)
    guard case .works(url) = EndpointNews.of(TestTransport.taken, lease, failing: before, at: start) else {
      Issue.record("it is still taken for failing")
      return
    }
    // Nothing is written for an endpoint that works, as ever.
    #expect(EndpointNews.of(TestTransport.taken, lease, failing: nil, at: start) == nil)
  }

  @Test func namesOfEndpointsHoldNoKey() {
    #expect(Channel.name(ofEndpoint: "https://h.example/a?key=k#x") == "https://h.example/a")
    #expect(Channel.host(ofEndpoint: "https://u:p@h.example:8443/a?key=k") == "h.example:8443")
    let both = ["a", "b"].map { Channel.webhook(url: "https://h.example/\($0)", secret: "s").destination }
    #expect(Set(both).count == 2)
  }
}
