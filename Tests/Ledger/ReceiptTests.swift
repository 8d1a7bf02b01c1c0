import Delivery
import Ledger
import Routing
import TestKit
import Testing

/// What comes back about a message, and what each report does to it; in memory and on disk.
@Suite struct ReceiptTests {
  typealias Place = ReceiptBench.Place

  @Test(arguments: Place.allCases) func evidenceOnlyClimbs(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.record().state == .accepted)
    #expect(try await bench.report(.delivered).state == .delivered)
    #expect(try await bench.report(.read, from: .readReceipt).state == .read)
    // Late evidence of less is kept, and takes nothing back.
    #expect(try await bench.report(.delivered, words: "again, by another server").state == .read)
    #expect(try await bench.record().state == .read)
    #expect(try await bench.kinds() == [.queued, .accepted, .delivered, .read, .delivered])
    #expect(try await bench.alarms().isEmpty)
  }

  @Test(arguments: Place.allCases) func readBeforeDeliveredStaysRead(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")], confirm: .read)
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.read, from: .readReceipt).state == .read)
    #expect(try await bench.report(.delivered).state == .read)
    #expect(try await bench.kinds() == [.queued, .accepted, .read, .delivered])
    #expect(try await bench.ledger.nextDeadline() == nil)
  }

  @Test(arguments: Place.allCases) func theSameReportTwiceChangesNothing(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.failed, status: "5.1.1").state == .queued)
    try await bench.attempt()
    let before = try await (bench.kinds(), bench.alarms(), bench.ledger.audit(of: bench.id).count)
    bench.clock.advance(bySeconds: 60)
    #expect(try await bench.report(.failed, status: "5.1.1") == .duplicate)
    #expect(try await bench.kinds() == before.0)
    #expect(try await bench.alarms() == before.1)
    #expect(try await bench.ledger.audit(of: bench.id).count == before.2)
    #expect(try await bench.record().state == .accepted)
  }

  @Test(arguments: Place.allCases) func aReportAboutNothingIsUnknown(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    #expect(try await bench.report(.delivered, of: "nt-unheard-of") == .unknown)
    #expect(try await bench.ledger.receipts(of: "nt-unheard-of").isEmpty)
    #expect(try await bench.ledger.receipts(after: 0, scope: .only(sender: "test", agencies: []), limit: 10).isEmpty)
  }

  @Test(arguments: Place.allCases) func receiptsAreListedAsTheyCame(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.owe("nt-b", to: [.mail("b@derby.example")], contact: "Another desk")
    let begun = bench.clock.now()
    bench.clock.advance(bySeconds: 1)
    try await bench.attempt()
    bench.clock.advance(bySeconds: 5)
    _ = try await bench.report(.relayed, words: "relayed 2.0.0", details: "Action: relayed\nStatus: 2.0.0")
    bench.clock.advance(bySeconds: 5)
    _ = try await bench.report(.read, on: nil, from: .page, words: "opened")
    let list = try await bench.ledger.receipts(of: bench.id)
    #expect(
      list.map(\.receipt) == [
        Receipt(.queued, from: .gateway, "durable"), Receipt(.accepted, from: .smtp, "taken", channel: 0),
        Receipt(
          .relayed, from: .deliveryReport, "relayed 2.0.0", details: "Action: relayed\nStatus: 2.0.0", channel: 0),
        Receipt(.read, from: .page, "opened"),
      ])
    #expect(list.map { $0.at.milliseconds - begun.milliseconds } == [0, 1000, 6000, 11_000])
    // The one stream of all notifications, read page by page.
    let first = try await bench.ledger.receipts(after: 0, scope: .only(sender: "test", agencies: []), limit: 3)
    let rest = try await bench.ledger.receipts(
      after: try #require(first.last).sequence, scope: .only(sender: "test", agencies: []), limit: 3)
    #expect((first + rest).map(\.sequence) == (first + rest).map(\.sequence).sorted())
    #expect((first + rest).filter { $0.notification == bench.id } == Array(list.dropFirst()))
    #expect((first + rest).count == 4)
  }

  @Test(arguments: Place.allCases) func relayedIsKeptAndProvesNothing(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.relayed).state == .accepted)
    #expect(try await bench.kinds().last == .relayed)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.alarms().isEmpty)
  }

  @Test(arguments: Place.allCases) func whatIsDelayedGoesAnotherWayInTime(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(
      to: [.mail("a@derby.example"), .mail("b@derby.example"), .mail("desk@derby.example")],
      standIns: [StandIn(label: "Duty desk", firstChannel: 2)])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.delayed, status: "4.4.7").state == .accepted)
    let alarm = try #require(try await bench.alarms().first)
    #expect(alarm.kind == .delayed && alarm.text.contains("4.4.7"))
    #expect(try await bench.pass(ReceiptBench.within - 1).moved == 0)
    #expect(try await bench.record().state == .accepted)
    #expect(try await bench.pass(1).moved == 1)
    #expect(try await bench.record().state == .queued)
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [1])
    // Taken is not delivered: the next contact is asked as well.
    #expect(try await bench.pass(ReceiptBench.within).moved == 1)
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [2])
    let record = try await bench.record()
    #expect(record.notification.contact(at: record.delivery.channelIndex) == "Duty desk")
    // The first mail arrives after all, and that is all that was asked for.
    #expect(try await bench.report(.delivered).state == .delivered)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.alarms().map(\.kind) == [.delayed, .unconfirmed, .unconfirmed])
  }

  @Test(arguments: Place.allCases, [true, false])
  func whatHasBeenDeliveredIsNotDelayed(_ place: Place, _ isDeliveredFirst: Bool) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    if isDeliveredFirst { _ = try await bench.report(.delivered) }
    _ = try await bench.report(.delayed, status: "4.4.7")
    if !isDeliveredFirst { _ = try await bench.report(.delivered) }
    #expect(try await bench.pass(ReceiptBench.within * 2).moved == 0)
    #expect(try await bench.record().state == .delivered)
    #expect(try await bench.record().delivery.channelIndex == 0)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.alarms().map(\.kind) == (isDeliveredFirst ? [] : [.delayed]))
  }

  @Test(arguments: Place.allCases) func whatComesBackGoesTheNextWayAtOnce(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@luton.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.failed, status: "5.1.1").state == .queued)
    let alarm = try #require(try await bench.alarms().first)
    #expect(alarm.kind == .failed && alarm.text.contains("5.1.1") && alarm.identifier == bench.id)
    let lease = try #require(try await bench.attempt().first)
    #expect(lease.delivery.channelIndex == 1 && lease.channel?.destination == "mail:luton.example")
    let record = try await bench.record()
    #expect(record.state == .accepted && record.settledAt == bench.clock.now())
    #expect(try await bench.ledger.nextDeadline() == nil)
  }

  @Test(arguments: Place.allCases) func whatComesBackFromTheLastWayHasFailed(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt(TestTransport.refused)
    try await bench.attempt()
    #expect(try await bench.report(.failed, on: 1, status: "5.2.2").state == .failed)
    let alarm = try #require(try await bench.alarms().last)
    #expect(alarm.kind == .failed && alarm.text.contains("5.2.2") && alarm.text.contains("no other channel"))
    let receipt = try #require(try await bench.ledger.receipts(of: bench.id).last).receipt
    #expect(receipt.kind == .failed && receipt.evidence.contains("5.2.2") && receipt.channel == 1)
    #expect(try await bench.ledger.nextDue(excluding: []) == nil)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.record().settledAt == bench.clock.now())
  }

  @Test(arguments: Place.allCases) func aWayNoLongerInUseIsOnlyClosed(_ place: Place) async throws {
    let channels: [Channel] = ["a", "b", "c"].map { .mail("\($0)@derby.example") }
    let bench = try await ReceiptBench(place).with(to: channels, confirm: .acknowledged)
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.pass(ReceiptBench.within).moved == 1)
    let before = try await bench.alarms()
    #expect(try await bench.report(.failed, on: 0, status: "5.1.1").state == .queued)
    #expect(try await bench.alarms() == before)
    #expect(try await bench.record().delivery.channelIndex == 1)
    // Nothing ever goes there again, however often the others cannot be reached.
    var used: Set<Int> = []
    for _ in 0..<8 {
      for lease in try await bench.attempt(TestTransport.later) { used.insert(lease.delivery.channelIndex) }
      try await bench.pass(ReceiptBench.within / 2)
    }
    #expect(used == [1, 2])
  }

  /// A server has been at it for long already: another way is better, and the same one only where there is no other.
  @Test(arguments: Place.allCases) func whatComesBackForNowGoesAnotherWay(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.failed, status: "4.2.2").state == .queued)
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [1])
  }

  @Test(arguments: Place.allCases) func whatComesBackForNowIsTriedAgainAndHasToArrive(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.report(.failed, status: "4.2.2").state == .deferred)
    #expect(try await bench.alarms().map(\.kind) == [.failed])
    let due = try #require(try await bench.record().due)
    #expect(due > bench.clock.now())
    bench.clock.advance(to: due)
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [0])
    #expect(try await bench.record().state == .accepted)
    #expect(try await bench.ledger.nextDeadline() != nil, "accepted once more is not enough")
  }

  @Test(arguments: Place.allCases, [ReceiptKind.delivered, .read, .acknowledged])
  func whatHasArrivedCannotFail(_ place: Place, _ kind: ReceiptKind) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    if kind == .acknowledged { _ = try await bench.acknowledge() } else { _ = try await bench.report(kind) }
    let state = try await bench.record().state
    #expect(try await bench.report(.failed, status: "5.1.1").state == state)
    #expect(try await bench.report(.failed, status: "4.4.1").state == state)
    #expect(try await bench.record().delivery.channelIndex == 0)
    #expect(try await bench.ledger.nextDue(excluding: []) == nil)
    #expect(try await bench.alarms().isEmpty)
    #expect(try await bench.kinds().suffix(2) == [.failed, .failed])
  }

  @Test(arguments: Place.allCases, ["5.1.1", "4.4.7"])
  func oldNewsAreNotSentAgainAfterNewer(_ place: Place, _ status: String) async throws {
    let bench = try await ReceiptBench(place).with(
      to: [.mail("a@derby.example"), .mail("b@derby.example")], confirm: .acknowledged)
    defer { bench.remove() }
    try await bench.attempt()
    try await bench.owe("nt-b", to: [.mail("a@derby.example")])
    #expect(try await bench.attempt().map(\.notification.id) == ["nt-b"])
    _ = try await bench.report(.failed, status: status)
    #expect(try await bench.record().state == .failed)
    let alarm = try #require(try await bench.alarms().first)
    #expect(alarm.kind == .failed && alarm.text.contains(status) && alarm.text.contains("later message"))
    // What the old one demanded is asked of the newer one.
    #expect(try await bench.record("nt-b").notification.confirm == .acknowledged)
    bench.clock.advance(bySeconds: 3600)
    #expect(try await bench.attempt().isEmpty)
  }

  @Test(arguments: Place.allCases, ["5.1.1", "4.4.7"])
  func whatWaitsForItsHourStillWaitsBehindWhatCameBack(_ place: Place, _ status: String) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example"), .mail("b@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    try await bench.owe(
      "nt-b", to: [.mail("a@derby.example")], notBefore: bench.clock.now().advanced(bySeconds: 600), state: .scheduled)
    _ = try await bench.report(.failed, status: status)
    // The old one cannot be handed over before the later one's hour.
    for _ in 0..<10 {
      bench.clock.advance(bySeconds: 65)
      #expect(try await bench.attempt(TestTransport.later).map(\.notification.id) == [bench.id])
    }
    bench.clock.advance(bySeconds: 60)
    try await bench.attempt()
    #expect(try await bench.attempt().map(\.notification.id) == ["nt-b"])
  }

  @Test(arguments: Place.allCases, [NotificationState.cancelled, .superseded, .unroutable])
  func whatWasTakenBackStaysSo(_ place: Place, _ state: NotificationState) async throws {
    let bench = try await ReceiptBench(place).with(
      to: state == .unroutable ? [] : [.mail("a@derby.example"), .mail("b@derby.example")],
      state: state == .unroutable ? .unroutable : .queued)
    defer { bench.remove() }
    if state != .unroutable { try await bench.attempt(TestTransport.later) }
    if state == .superseded { try await bench.retract() }
    if state == .cancelled {
      #expect(try await bench.ledger.act(.cancel, on: bench.id, at: bench.clock.now(), by: "me", reason: "wrong"))
    }
    let kinds: [ReceiptKind] = [.delayed, .failed, .relayed, .delivered, .read]
    for kind in kinds {
      #expect(try await bench.report(kind, status: kind == .failed ? "5.1.1" : nil).state == state)
    }
    #expect(try await bench.kinds() == [.queued] + kinds)
    #expect(try await bench.acknowledge() == false)
    #expect(try await bench.record().state == state)
    #expect(try await bench.alarms().isEmpty)
    #expect(try await bench.ledger.nextDue(excluding: []) == nil)
    #expect(try await bench.ledger.nextDeadline() == nil)
  }
}

/// What is done when nobody answers, or nothing can leave; in memory and on disk.
@Suite struct FallbackTests {
  typealias Place = ReceiptBench.Place
  private static let two: [Channel] = [.mail("a@derby.example"), .mail("desk@derby.example")]
  private static let desk = [StandIn(label: "Duty desk", firstChannel: 1)]

  @Test(arguments: Place.allCases, [ReceiptKind.delivered, .read])
  func havingBeenReadIsNoAnswer(_ place: Place, _ kind: ReceiptKind) async throws {
    let bench = try await ReceiptBench(place).with(
      to: FallbackTests.two, confirm: .acknowledged, standIns: FallbackTests.desk)
    defer { bench.remove() }
    try await bench.attempt()
    _ = try await bench.report(kind)
    #expect(try await bench.record().state.rawValue == kind.rawValue)
    #expect(try await bench.pass(ReceiptBench.within).moved == 1)
    try await bench.attempt()
    _ = try await bench.report(kind, on: 1)
    #expect(try await bench.acknowledge())
    #expect(try await bench.record().state == .acknowledged)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.alarms().map(\.kind) == [.unconfirmed])
  }

  @Test(arguments: Place.allCases) func anAnswerInTimeStopsTheLadder(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(
      to: FallbackTests.two, confirm: .acknowledged, standIns: FallbackTests.desk)
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.acknowledge(channel: 0))
    #expect(try await bench.pass(ReceiptBench.within * 3).moved == 0)
    #expect(try await bench.record().successor(of: 0) == nil)
    #expect(try await bench.alarms().isEmpty)
  }

  @Test(arguments: Place.allCases, [true, false])
  func whoAnswersLateIsToldWhoWasAskedInstead(_ place: Place, _ isUnderWay: Bool) async throws {
    let bench = try await ReceiptBench(place).with(
      to: FallbackTests.two, confirm: .acknowledged, standIns: FallbackTests.desk)
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.pass(ReceiptBench.within).moved == 1)
    // The second one may be being asked at this very moment: the answer stands whatever comes of that.
    let leases = try await bench.lease()
    if !isUnderWay { for lease in leases { try await bench.settle(lease, TestTransport.taken) } }
    #expect(try await bench.acknowledge(channel: 0))
    if isUnderWay { for lease in leases { try await bench.settle(lease, TestTransport.later) } }
    let record = try await bench.record()
    #expect(record.state == .acknowledged && record.due == nil)
    #expect(record.successor(of: 0) == "Duty desk" && record.successor(of: 1) == nil)
    _ = try await bench.report(.superseded, from: .gateway)
    #expect(try await bench.kinds().suffix(2) == [.acknowledged, .superseded])
    #expect(try await bench.record().state == .acknowledged)
    #expect(try await bench.ledger.nextDeadline() == nil)
  }

  @Test(arguments: Place.allCases) func aPromiseThatIsNotKeptGoesOnWithTheLadder(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(
      to: FallbackTests.two, confirm: .acknowledged, standIns: FallbackTests.desk)
    defer { bench.remove() }
    try await bench.attempt()
    let until = bench.clock.now().advanced(bySeconds: 7200)
    #expect(try await bench.acknowledge(willDo: "visit the carer", until: until, channel: 0))
    let receipts = try await bench.ledger.receipts(of: bench.id).suffix(2).map(\.receipt)
    #expect(receipts.map(\.kind) == [.acknowledged, .actionStated])
    #expect(receipts.map(\.source) == [.page, .page] && receipts.map(\.channel) == [0, 0])
    #expect(receipts[0].evidence == "A. Person")
    #expect(receipts[1].evidence.contains("visit the carer") && receipts[1].evidence.contains(until.rfc3339))
    #expect(try await bench.pass(7199).moved == 0)
    #expect(try await bench.record().state == .acknowledged)
    #expect(try await bench.pass(1).moved == 1)
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [1])
    #expect(try await bench.alarms().map(\.kind) == [.unconfirmed])
  }

  /// Once a channel has taken it, only those after it are asked.
  @Test(arguments: Place.allCases, [true, false])
  func whoHasItIsNotSentItAgain(_ place: Place, _ isTaken: Bool) async throws {
    let bench = try await ReceiptBench(place).with(
      to: FallbackTests.two, confirm: .acknowledged, standIns: FallbackTests.desk)
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await bench.pass(ReceiptBench.within).moved == 1)
    // The second one's mail comes back, or is refused at once.
    try await bench.attempt(isTaken ? TestTransport.taken : TestTransport.refused)
    if isTaken { _ = try await bench.report(.failed, on: 1, status: "5.1.1") }
    #expect(try await bench.attempt().isEmpty)
    let alarm = try #require(try await bench.alarms().last)
    #expect(alarm.kind == .failed && alarm.text.contains("no other channel"))
  }

  @Test(arguments: Place.allCases) func whatCannotLeaveGoesAnotherWayInTime(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: FallbackTests.two)
    defer { bench.remove() }
    #expect(try await bench.ledger.nextDeadline() == nil)
    let begun = bench.clock.now()
    try await bench.attempt(TestTransport.later)
    let deadline = begun.advanced(bySeconds: ReceiptBench.within)
    #expect(try await bench.ledger.nextDeadline() == deadline)
    // More tries do not put it off.
    while let due = try await bench.ledger.nextDue(excluding: []), due < deadline {
      bench.clock.advance(to: due)
      #expect(try await bench.attempt(TestTransport.later).allSatisfy { $0.delivery.channelIndex == 0 })
      #expect(try await bench.ledger.nextDeadline() == deadline)
    }
    bench.clock.advance(to: deadline)
    #expect(try await bench.pass(0).moved == 1)
    #expect(try await bench.alarms().map(\.kind) == [.overdue])
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [1])
    #expect(try await bench.record().state == .accepted)
    #expect(try await bench.ledger.nextDeadline() == nil)
  }

  @Test(arguments: Place.allCases) func whatCannotBeKeptPrivateIsKeptBack(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")], confirm: .acknowledged)
    defer { bench.remove() }
    try await bench.attempt(.rejected(Fault(.privacy, "no certificate holds")))
    #expect(try await bench.record().state == .held)
    let alarm = try #require(try await bench.alarms().first)
    #expect(alarm.kind == .insecure && alarm.text.contains("nothing has left"))
    try await bench.pass(ReceiptBench.within * 10)
    #expect(try await bench.attempt().isEmpty)
    #expect(try await bench.alarms().count == 1)
    #expect(CallCard(try await bench.record()) == nil)
    // A person has put it right.
    #expect(try await bench.ledger.act(.release, on: bench.id, at: bench.clock.now(), by: "me", reason: "renewed"))
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [0])
  }

  @Test(arguments: Place.allCases) func whatCannotBeKeptPrivateGoesAnotherWay(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: FallbackTests.two)
    defer { bench.remove() }
    try await bench.attempt(.rejected(Fault(.privacy, "no certificate holds")))
    #expect(try await bench.record().state == .queued)
    #expect(try await bench.alarms().map(\.kind) == [.insecure])
    #expect(try await bench.attempt().map(\.delivery.channelIndex) == [1])
    #expect(try await bench.record().state == .accepted)
  }

  /// Whatever went wrong before, a server that cannot be trusted is told to people, and once.
  @Test(arguments: Place.allCases, [nil, Fault(.connection, "no route")])
  func anUntrustedServerIsAlarmedOnce(_ place: Place, _ first: Fault?) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    let untrusted = Outcome.deferred(Fault(.tls, "the certificate has expired"), retryAfter: nil)
    let outcomes = [first.map { .deferred($0, retryAfter: nil) } ?? untrusted, untrusted, untrusted, untrusted]
    for outcome in outcomes {
      #expect(try await bench.attempt(outcome).count == 1)
      bench.clock.advance(bySeconds: 61)
    }
    #expect(try await bench.alarms().map(\.kind) == [.insecure])
    #expect(try await bench.record().state == .deferred)
  }
}
