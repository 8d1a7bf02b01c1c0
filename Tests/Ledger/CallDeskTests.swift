import GRDB
import Routing
import TestKit
import Testing

@testable import Delivery
@testable import Ledger

/// Calls that somebody has to make, in memory and on disk.
@Suite struct CallDeskTests {
  typealias Place = ReceiptBench.Place
  private static let card = Outcome.waiting(Receipt(.queued, from: .desk, "call card on the desk"))
  private static let number = Channel.phone("+44 1632 960123")
  /// Seconds until a card of a pressing message has to have been taken.
  private static let patience = CallCard.patience(urgency: .immediate, isPressing: true)

  /// A bench with one card on the desk; `next` is asked after it.
  private func bench(_ place: Place, next: [Channel] = []) async throws -> ReceiptBench {
    let bench = try await ReceiptBench(place).with(
      to: [CallDeskTests.number] + next, standIns: next.isEmpty ? [] : [StandIn(label: "Duty desk", firstChannel: 1)])
    #expect(try await bench.attempt(CallDeskTests.card).count == 1)
    return bench
  }

  private func take(_ bench: ReceiptBench, _ id: String? = nil) async throws -> Bool {
    try await bench.ledger.takeCall(id ?? bench.id, by: "Dana", at: bench.clock.now())
  }

  private func end(_ bench: ReceiptBench, _ ending: CallEnding, _ id: String? = nil) async throws -> Bool {
    try await bench.ledger.endCall(id ?? bench.id, ending, by: "Dana", at: bench.clock.now())
  }

  @Test(arguments: Place.allCases) func whomOnlyATelephoneReachesHasACard(_ place: Place) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    let record = try await bench.record()
    let card = try #require(CallCard(record))
    #expect(record.state == .held && !card.isTaken)
    #expect(card.number == "+44 1632 960123" && card.contact == "Front desk" && card.agency == "derby")
    #expect(card.until == bench.clock.now().advanced(bySeconds: CallDeskTests.patience))
    #expect(card.script.contains(card.number) && card.script.contains(bench.id))
    #expect(card.script.contains(record.notification.message.text))
    #expect(try await bench.alarms().map(\.kind) == [.held])
    #expect(try await bench.ledger.receipts(of: bench.id).map(\.receipt.source) == [.gateway, .desk])
    #expect(try await bench.ledger.nextDue(excluding: []) == nil)
  }

  @Test(arguments: Place.allCases) func aCardIsTakenOnceAndTheCallAnswersTheMessage(_ place: Place) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    bench.clock.advance(bySeconds: 30)
    #expect(try await take(bench))
    #expect(try await take(bench) == false)
    let card = try #require(CallCard(try await bench.record()))
    #expect(card.isTaken && card.until == bench.clock.now().advanced(bySeconds: CallDeskTests.patience))
    bench.clock.advance(bySeconds: 120)
    #expect(try await end(bench, .told("Sgt. Example", willDo: "send a car")))
    #expect(try await bench.record().state == .acknowledged)
    #expect(CallCard(try await bench.record()) == nil)
    let receipts = try await bench.ledger.receipts(of: bench.id).dropFirst(2).map(\.receipt)
    #expect(receipts.map(\.kind) == [.accepted, .acknowledged, .actionStated])
    #expect(receipts.allSatisfy { $0.source == .desk && $0.channel == 0 })
    #expect(receipts[0].evidence.contains("Dana"))
    #expect(receipts[1].evidence.contains("Sgt. Example") && receipts[1].evidence.contains("Dana"))
    #expect(receipts[2].evidence == "send a car")
    #expect(try await end(bench, .told("somebody", willDo: nil)) == false)
    #expect(try await bench.ledger.nextDeadline() == nil)
    #expect(try await bench.alarms().map(\.kind) == [.held])
  }

  @Test(arguments: Place.allCases) func ifNobodyPicksUpTheNextContactIsAsked(_ place: Place) async throws {
    let bench = try await bench(place, next: [.mail("desk@derby.example")])
    defer { bench.remove() }
    #expect(try await take(bench))
    #expect(try await end(bench, .notReached("no answer")))
    #expect(try await bench.pass(0).moved == 1)
    #expect(CallCard(try await bench.record()) == nil)
    let receipt = try #require(try await bench.ledger.receipts(of: bench.id).last).receipt
    #expect(receipt.kind == .failed && receipt.source == .desk && receipt.evidence.contains("no answer"))
    let lease = try #require(try await bench.attempt().first)
    #expect(lease.delivery.channelIndex == 1 && lease.notification.contact(at: 1) == "Duty desk")
    #expect(try await bench.alarms().map(\.kind).first == .held)
    #expect(try await bench.alarms().count == 2)
  }

  @Test(arguments: Place.allCases) func ifNobodyElseCanBeAskedTheCardComesBack(_ place: Place) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    #expect(try await take(bench))
    #expect(try await end(bench, .notReached("no answer")))
    #expect(try await bench.pass(0).alarms.map(\.kind) == [.overdue])
    let card = try #require(CallCard(try await bench.record()))
    #expect(!card.isTaken && card.until != nil)
    #expect(try await take(bench))
    #expect(try await end(bench, .told("Sgt. Example", willDo: nil)))
    #expect(try await bench.record().state == .acknowledged)
  }

  @Test(arguments: Place.allCases, [true, false])
  func aCardIsAlarmedUntilSomebodyHasRung(_ place: Place, _ isTaken: Bool) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    if isTaken { #expect(try await take(bench)) }
    #expect(try await bench.pass(CallDeskTests.patience - 1).alarms.isEmpty)
    #expect(try await bench.pass(1).alarms.map(\.kind) == [.overdue])
    for _ in 0..<5 {
      let card = try #require(CallCard(try await bench.record()))
      let until = try #require(card.until)
      #expect(!card.isTaken, "who took it has not said how it ended: somebody else may")
      #expect(until <= bench.clock.now().advanced(bySeconds: 3 * CallDeskTests.patience))
      bench.clock.advance(to: until)
      #expect(try await bench.pass(0).alarms.map(\.kind) == [.overdue])
    }
    #expect(try await take(bench))
  }

  @Test(arguments: Place.allCases) func anUntakenCardPassesToTheNextContact(_ place: Place) async throws {
    let bench = try await bench(place, next: [.phone("+44 1632 960456")])
    defer { bench.remove() }
    #expect(try await bench.pass(CallDeskTests.patience).moved == 1)
    #expect(try await bench.attempt(CallDeskTests.card).count == 1)
    let card = try #require(CallCard(try await bench.record()))
    #expect(card.number == "+44 1632 960456" && card.contact == "Duty desk" && !card.isTaken)
  }

  @Test(arguments: Place.allCases) func whatWasSaidTooLateCountsAllTheSame(_ place: Place) async throws {
    let bench = try await bench(place, next: [.mail("desk@derby.example")])
    defer { bench.remove() }
    #expect(try await take(bench))
    // The call took longer than the card had, and the next contact has been asked.
    #expect(try await bench.pass(CallDeskTests.patience).moved == 1)
    try await bench.attempt()
    #expect(try await end(bench, .told("Sgt. Example", willDo: nil)))
    let record = try await bench.record()
    #expect(record.state == .acknowledged && record.successor(of: 0) == "Duty desk")
  }

  @Test(arguments: Place.allCases, [true, false])
  func nobodyRingsWithOldNews(_ place: Place, _ isTaken: Bool) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    if isTaken { #expect(try await take(bench)) }
    try await bench.owe("nt-b", to: [CallDeskTests.number])
    #expect(try await bench.attempt(CallDeskTests.card).map(\.notification.id) == ["nt-b"])
    try await bench.pass(CallDeskTests.patience)
    let old = try await bench.record()
    #expect(CallCard(old) == nil, "it would lie there for ever, as nothing is alarmed for it any more")
    if !isTaken { #expect(old.state == .superseded) }
    #expect(try await take(bench) == false)
    #expect(CallCard(try await bench.record("nt-b")) != nil)
    #expect(try await take(bench, "nt-b"))
    #expect(try await end(bench, .told("Sgt. Example", willDo: nil), "nt-b"))
    #expect(try await bench.ledger.nextDeadline() == nil)
  }

  @Test(arguments: Place.allCases, [true, false])
  func aCardThatIsTakenBackLeavesTheDesk(_ place: Place, _ isByHand: Bool) async throws {
    let bench = try await bench(place)
    defer { bench.remove() }
    if isByHand {
      #expect(try await bench.ledger.act(.cancel, on: bench.id, at: bench.clock.now(), by: "me", reason: "wrong"))
    } else {
      try await bench.retract()
    }
    #expect(try await bench.record().state == (isByHand ? .cancelled : .superseded))
    #expect(CallCard(try await bench.record()) == nil)
    #expect(try await take(bench) == false)
    #expect(try await end(bench, .told("somebody", willDo: nil)) == false)
    #expect(try await bench.pass(86_400).alarms.isEmpty)
    #expect(try await bench.alarms().map(\.kind) == [.held])
  }
}

/// The codes that open a page once.
@Suite struct OneTimeCodeTests {
  typealias Place = ReceiptBench.Place

  private func key() throws -> AnswerKey { try #require(AnswerKey(secret: Array(repeating: 7, count: 32))) }

  private func issue(_ code: String, _ bench: ReceiptBench, channel: Int = 0) async throws -> Bool {
    let tag = AnswerTag(notification: "nt-a", channel: channel)
    return try await bench.ledger.issueCode(try key().hash(code: code, for: tag), for: tag, at: bench.clock.now())
  }

  private func redeem(_ code: String, _ bench: ReceiptBench, channel: Int = 0) async throws -> CodeResult {
    let tag = AnswerTag(notification: "nt-a", channel: channel)
    return try await bench.ledger.redeemCode(try key().hash(code: code, for: tag), for: tag, at: bench.clock.now())
  }

  @Test(arguments: Place.allCases) func aCodeOpensThePageOnce(_ place: Place) async throws {
    let bench = try ReceiptBench(place)
    defer { bench.remove() }
    #expect(try await redeem("123456", bench) == .spent, "there is none")
    #expect(try await issue("123456", bench))
    #expect(try await redeem("654321", bench) == .wrong(4))
    #expect(try await redeem("123456", bench) == .valid)
    #expect(try await redeem("123456", bench) == .spent)
    #expect(try await redeem("654321", bench) == .spent)
  }

  @Test(arguments: Place.allCases) func fiveWrongOnesSpendIt(_ place: Place) async throws {
    let bench = try ReceiptBench(place)
    defer { bench.remove() }
    #expect(try await issue("123456", bench))
    for expected in [CodeResult.wrong(4), .wrong(3), .wrong(2), .wrong(1), .spent] {
      #expect(try await redeem("000000", bench) == expected)
    }
    #expect(try await redeem("123456", bench) == .spent)
  }

  @Test(arguments: Place.allCases, [Int64(899), 900, 86_400])
  func itIsGoodForAQuarterOfAnHour(_ place: Place, _ age: Int64) async throws {
    let bench = try ReceiptBench(place)
    defer { bench.remove() }
    #expect(try await issue("123456", bench))
    bench.clock.advance(bySeconds: age)
    #expect(try await redeem("123456", bench) == (age < 900 ? .valid : .spent))
  }

  @Test(arguments: Place.allCases) func anotherOneComesOnlyAfterAMinute(_ place: Place) async throws {
    let bench = try ReceiptBench(place)
    defer { bench.remove() }
    #expect(try await issue("111111", bench))
    bench.clock.advance(bySeconds: 59)
    #expect(try await issue("222222", bench) == false)
    // Another mailbox has one of its own, which is of no use here.
    #expect(try await issue("333333", bench, channel: 1))
    #expect(try await redeem("333333", bench) == .wrong(4))
    bench.clock.advance(bySeconds: 1)
    #expect(try await issue("222222", bench))
    #expect(try await redeem("111111", bench) == .wrong(4), "only the last one counts, with all its tries")
    #expect(try await redeem("222222", bench) == .valid)
    #expect(try await redeem("333333", bench, channel: 1) == .valid)
  }
}

/// A ledger from before receipts came by themselves.
@Suite struct ReceiptMigrationTests {
  @Test func whatEarlierVersionsKeptIsStillThere() async throws {
    let scratch = try Scratch("receipts-before")
    defer { scratch.remove() }
    let path = "\(scratch.path)/ledger.sqlite"
    try before(path)
    let ledger = try SQLiteLedger(path: path)
    let list = try await ledger.receipts(of: "nt-old")
    #expect(
      list.map(\.receipt) == [
        Receipt(.queued, from: .gateway, "durable"), Receipt(.accepted, from: .gateway, "250 taken"),
        Receipt(.acknowledged, from: .api, "A. Person"), Receipt(.actionStated, from: .api, "visit"),
      ])
    #expect(list.map(\.at.milliseconds) == [1000, 2000, 3000, 3000])
    #expect(
      try await ledger.receipts(after: 0, scope: .only(sender: "test", agencies: []), limit: 10)
        == Array(list.dropFirst()))
    // Mail that had to go over TLS still has to, and new receipts come behind the old ones.
    let record = try #require(try await ledger.notification("nt-old"))
    #expect(record.notification.channels == [.mail("old@derby.example")])
    let report = ReceiptReport(
      notification: "nt-old", receipt: Receipt(.delivered, from: .deliveryReport, "delivered 2.0.0", channel: 0))
    #expect(try await ledger.receive(report, at: Instant(milliseconds: 4000)).state == .acknowledged)
    #expect(try await ledger.receive(report, at: Instant(milliseconds: 5000)) == .duplicate)
    #expect(try await ledger.receipts(of: "nt-old").map(\.receipt.kind).last == .delivered)
    try ledger.close()
    // Opening it again changes nothing.
    #expect(try await SQLiteLedger(path: path).receipts(of: "nt-old").count == 5)
  }

  private func before(_ path: String) throws {
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: "3-time")
    try queue.write { db in
      try db.execute(
        sql: """
          INSERT INTO notifications (id, event, event_type, episode, sender, role, relation, lane, channels, destination,
            urgency, pressing, confirm, cites, exercise, state, open, delay, created_at)
          VALUES ('nt-old', 'ev-old', 'missing.reported', 'EP-1', 'test', 'iro', 'responsible', 'EP-1|||', ?,
            'mail:derby.example', 0, 1, 3, '', 0, 'acknowledged', 0, 0, 1000);
          """, arguments: ["mail\u{1f}old@derby.example\u{1f}required"])
      try db.execute(
        sql: """
          INSERT INTO messages (notification, subject, text, html, body) VALUES (1, 's', 't', 'h', '{}');
          INSERT INTO receipts (notification, at, kind, evidence) VALUES ('nt-old', 3000, 'promised', 'visit'),
            ('nt-old', 3000, 'acknowledged', 'A. Person'), ('nt-old', 2000, 'accepted', '250 taken');
          """)
    }
    try queue.close()
  }
}

/// A ledger with a clock, and messages in it that a test hands over, loses, answers and waits for.
struct ReceiptBench: Sendable {
  enum Place: String, CaseIterable, Sendable {
    case memory, file
  }

  /// Seconds that each step of a ladder has.
  static let within: Int64 = 1800

  let id = "nt-a"
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  private let scratch: Scratch

  init(_ place: Place) throws {
    scratch = try Scratch("receipts")
    ledger = try place == .memory ? SQLiteLedger() : SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
  }

  func remove() { scratch.remove() }

  /// The bench with `id` owed.
  func with(
    to channels: [Channel], confirm: Routing.Confirmation = .accepted, standIns: [StandIn] = [],
    state: NotificationState = .queued
  ) async throws -> ReceiptBench {
    try await owe(id, to: channels, confirm: confirm, standIns: standIns, state: state)
    return self
  }

  /// Accepts an event that makes one message owed, in one lane unless the contact is another.
  func owe(
    _ id: String, to channels: [Channel], confirm: Routing.Confirmation = .accepted, contact: String = "Front desk",
    standIns: [StandIn] = [], notBefore: Instant? = nil, state: NotificationState = .queued
  ) async throws {
    let now = clock.now()
    let notification = Notification(
      id: id, event: "ev-\(id)", eventType: "missing.updated", episode: "EP-1", role: "police.missing-unit",
      relation: "responsible", agency: "derby", contact: contact, channels: channels, urgency: .immediate,
      isPressing: true, confirm: confirm, within: ReceiptBench.within * 1000, by: nil,
      // As the dispatcher does: nothing runs for a message that only has to be taken.
      checkAt: confirm == .accepted ? nil : (notBefore ?? now).advanced(bySeconds: ReceiptBench.within),
      notBefore: notBefore, citations: [], message: owed(id: id).message, isExercise: false, standIns: standIns,
      initialState: state)
    try await accept(id, owing: [notification])
  }

  /// Takes `id` back by an event of its own.
  func retract() async throws {
    let attempts = try await record().delivery.attempts
    try await accept("correction", retracting: "ev-\(id)", [Superseded(id: id, attempts: attempts)])
  }

  private func accept(
    _ id: String, owing notifications: [Delivery.Notification] = [], retracting wrong: String? = nil,
    _ superseded: [Superseded] = []
  ) async throws {
    let known = try await ledger.known(
      KnownQuestion(source: "t", eventID: id, subject: "EP-1", child: "C-1", aliases: []))
    let result = try await ledger.accept(
      Acceptance(
        eventID: "ev-\(id)", event: event("missing.updated", at: clock.now().rfc3339, id: id, source: "t", [:]),
        digest: id, sender: "test", learnedAt: clock.now(), child: "C-1", aliases: [], childData: known.childData,
        childVersion: known.childVersion, episodeData: known.episodeData, episodeVersion: known.episodeVersion,
        history: known.history, plan: "{}", warnings: [], notifications: notifications, duties: [], endedRules: [],
        lapsedRules: [], timers: [], stoppedRules: [], firing: nil, retracted: wrong, superseded: superseded,
        alarms: []))
    guard case .accepted = result else {
      Issue.record("not accepted")
      return
    }
  }

  func lease() async throws -> [Lease] {
    try await ledger.lease(
      LeaseRequest(limit: 100, now: clock.now(), until: clock.now().advanced(bySeconds: 180)))
  }

  func settle(_ lease: Lease, _ outcome: Outcome) async throws {
    var random = SystemRandomNumberGenerator()
    let settlement = Settlement.after(outcome, lease, startedAt: clock.now(), now: clock.now(), using: &random)
    #expect(try await ledger.settle(settlement))
  }

  /// Attempts whatever is due, each with this outcome, and gives what was attempted.
  @discardableResult
  func attempt(_ outcome: Outcome = TestTransport.taken) async throws -> [Lease] {
    let leases = try await lease()
    for lease in leases { try await settle(lease, outcome) }
    return leases
  }

  /// Lets time pass, and whatever it sets off happen.
  @discardableResult
  func pass(_ seconds: Int64) async throws -> Overdue {
    clock.advance(bySeconds: seconds)
    return try await ledger.takeOverdue(at: clock.now(), limit: 100)
  }

  func report(
    _ kind: ReceiptKind, of id: String? = nil, on channel: Int? = 0, status: String? = nil,
    from source: ReceiptSource = .deliveryReport, words: String? = nil, details: String = ""
  ) async throws -> ReceiptResult {
    let evidence = words ?? [kind.rawValue, status].compactMap(\.self).joined(separator: " ")
    let receipt = Receipt(kind, from: source, evidence, details: details, channel: channel)
    return try await ledger.receive(
      ReceiptReport(notification: id ?? self.id, receipt: receipt, status: status), at: clock.now())
  }

  func acknowledge(willDo: String? = nil, until: Instant? = nil, channel: Int? = nil) async throws -> Bool {
    let word = Acknowledgement(
      by: "A. Person", actor: "test", willDo: willDo, until: until, source: .page, channel: channel)
    return try await ledger.acknowledge(id, word, at: clock.now())
  }

  func record(_ id: String? = nil) async throws -> NotificationRecord {
    try #require(try await ledger.notification(id ?? self.id))
  }

  func kinds(_ id: String? = nil) async throws -> [ReceiptKind] {
    try await ledger.receipts(of: id ?? self.id).map(\.receipt.kind)
  }

  func alarms(_ id: String? = nil) async throws -> [Alarm] {
    try await ledger.alarms(after: 0, limit: 1000).map(\.alarm).filter { $0.identifier == id ?? self.id }
  }
}
