import Delivery
import Ledger
import Routing
import TestKit
import Testing

/// The number that each message has among those of its desk, in memory and on disk.
@Suite struct RecipientNumberTests {
  typealias Place = ReceiptBench.Place
  private static let mail = [Channel.mail("a@derby.example")]

  private func desk() throws -> Recipient { try #require(Recipient(id: "derby:police.missing-unit")) }

  private func ask(
    _ bench: ReceiptBench, after number: Int64 = 0, limit: Int = 100, bytes: Int = 1 << 20
  ) async throws -> RecipientMessages {
    try await bench.ledger.messages(
      of: desk(), after: number, limit: limit, bytes: bytes, at: bench.clock.now())
  }

  @Test(arguments: Place.allCases) func aNumberIsGivenAtTheFirstAttemptAndKept(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail)
    defer { bench.remove() }
    try await bench.owe("nt-b", to: Self.mail, contact: "Somebody by name")
    let first = try await bench.attempt(TestTransport.later)
    #expect(try first.map(\.number) == [1, 2].map { RecipientNumber(recipient: try desk(), number: $0) })
    bench.clock.advance(bySeconds: 3600)
    let again = try await bench.attempt()
    #expect(again.map(\.notification.id).sorted() == ["nt-a", "nt-b"])
    for lease in again {
      #expect(lease.number?.number == first.first { $0.notification.id == lease.notification.id }?.number?.number)
    }
    #expect(try await ask(bench).highest == 2)
  }

  @Test(arguments: Place.allCases) func whatNeverLeftLeavesNoGap(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail)
    defer { bench.remove() }
    try await bench.retract()
    try await bench.owe("nt-b", to: Self.mail)
    #expect(try await bench.ledger.act(.cancel, on: "nt-b", at: bench.clock.now(), by: "t", reason: "r"))
    try await bench.owe("nt-c", to: Self.mail)
    #expect(try await bench.attempt().map(\.number?.number) == [1])
  }

  @Test(arguments: Place.allCases) func whoeverAsksLearnsOfWhatIsStuck(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail)
    defer { bench.remove() }
    try await bench.attempt(TestTransport.later)
    // Behind the first, which nobody takes.
    try await bench.owe("nt-b", to: Self.mail)
    let later = bench.clock.now().advanced(bySeconds: 3600)
    try await bench.owe("nt-c", to: Self.mail, contact: "Other", notBefore: later, state: .scheduled)
    try await bench.owe("nt-d", to: Self.mail, contact: "Third", state: .held)
    let asked = try await ask(bench)
    #expect(asked.messages.map(\.number) == [1, 2] && asked.highest == 2)
    #expect(asked.messages.map(\.record.notification.id) == ["nt-a", "nt-b"])
    #expect(try await bench.ledger.recipients(of: ["derby"], at: bench.clock.now()).map(\.highest) == [2])
    #expect(try await bench.ledger.recipients(of: ["derby-health"], at: bench.clock.now()).isEmpty)
    bench.clock.advance(bySeconds: 3600)
    // The one that opened meanwhile comes after them, and what leaves keeps the number that was told.
    #expect(try await ask(bench).messages.map(\.record.notification.id) == ["nt-a", "nt-b", "nt-c"])
    try await bench.attempt()
    #expect(try await bench.attempt().map(\.number?.number) == [2])
  }

  @Test(arguments: Place.allCases) func pagesEndWhereTheyAreFull(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail)
    defer { bench.remove() }
    for id in ["nt-b", "nt-c"] { try await bench.owe(id, to: Self.mail) }
    #expect(try await ask(bench, limit: 2).messages.map(\.number) == [1, 2])
    #expect(try await ask(bench, after: 2, limit: 2).messages.map(\.number) == [3])
    // One message always fits.
    #expect(try await ask(bench, after: 1, bytes: 1).messages.map(\.number) == [2])
    #expect(try await ask(bench, after: 3).messages.isEmpty)
  }

  @Test(arguments: Place.allCases) func whatWasTakenBackOrWaitsForAPersonIsNotRead(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail)
    defer { bench.remove() }
    try await bench.attempt(TestTransport.later)
    func isReadable() async throws -> [Bool] { try await ask(bench).messages.map(\.record.isForRecipient) }
    #expect(try await isReadable() == [true])
    for (action, expected) in [(OperatorAction.hold, false), (.release, true), (.cancel, false)] {
      #expect(try await bench.ledger.act(action, on: "nt-a", at: bench.clock.now(), by: "t", reason: "r"))
      #expect(try await isReadable() == [expected], "\(action)")
    }
    // Refused by its last channel: whoever asks has it all the same.
    try await bench.owe("nt-b", to: Self.mail)
    try await bench.attempt(TestTransport.refused)
    #expect(try await bench.record("nt-b").state == .failed)
    #expect(try await isReadable() == [false, true])
  }

  @Test(arguments: Place.allCases) func theSameStatementTwiceChangesNothing(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: Self.mail, confirm: .acknowledged)
    defer { bench.remove() }
    try await bench.attempt()
    func state(_ key: String, until: Instant) async throws -> Bool {
      try await bench.ledger.acknowledge(
        bench.id,
        Acknowledgement(
          by: "A. Person", actor: "t", willDo: "look", until: until, source: .api, details: key, key: key),
        at: bench.clock.now())
    }
    let until = bench.clock.now().advanced(bySeconds: 600)
    #expect(try await state("one", until: until))
    let before = try await (bench.kinds(), bench.ledger.audit(of: bench.id).count)
    bench.clock.advance(bySeconds: 60)
    #expect(try await state("one", until: until))
    #expect(try await bench.kinds() == before.0)
    #expect(try await bench.ledger.audit(of: bench.id).count == before.1)
    #expect(try await state("two", until: until.advanced(bySeconds: 600)))
    #expect(try await bench.kinds().count == before.0.count + 2)
    #expect(try await bench.record().notification.checkAt == until.advanced(bySeconds: 600))
  }

  @Test(arguments: [
    ("derby:iro", "derby", "iro"), ("urn:100001:school.safeguarding-lead", "urn:100001", "school.safeguarding-lead"),
  ])
  func theLastColonPartsAgencyAndRole(_ id: String, _ agency: String, _ role: String) throws {
    let recipient = try #require(Recipient(id: id))
    #expect(recipient.agency == agency && recipient.role == role && recipient.id == id && recipient.header == id)
  }

  @Test(arguments: ["", "derby", "derby:", ":iro", "derby:IRO", "derby:iro\r\nx", "derby:family.parents"])
  func whatIsNoDeskHasNoNumber(_ id: String) { #expect(Recipient(id: id) == nil) }

  @Test func headersAreVisibleASCII() throws {
    let recipient = try #require(Recipient(agency: "Tŷ \r\n\"%", role: "care.placement"))
    #expect(recipient.header == "T%C5%B7%20%0D%0A%22%25:care.placement")
  }

  @Test(arguments: ["{}", #"{"id":"nt-a","data":{"child":{}}}"#])
  func anEventIsMarkedAndOtherwiseKept(_ text: String) throws {
    let number = RecipientNumber(recipient: try desk(), number: 7)
    let marked = try JSONValue(parsing: number.marking(text).utf8)
    let before = try JSONValue(parsing: text.utf8)
    #expect(
      marked == before.merged(with: ["recipient": "derby:police.missing-unit", "sequence": "0000000007"]))
  }
}
