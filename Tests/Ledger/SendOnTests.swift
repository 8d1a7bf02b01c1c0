import Ledger
import Routing
import TestKit
import Testing

@testable import Delivery

/// A message that a person sends to another contact, in memory and on disk.
@Suite struct SendOnTests {
  typealias Place = ReceiptBench.Place
  private static let contact = OtherContact(
    role: "police.duty-inspector", label: "Duty inspector", channels: [.mail("inspector@derby.example")])

  private func send(_ bench: ReceiptBench, _ id: String? = nil) async throws -> Bool {
    try await bench.ledger.sendOn(
      id ?? bench.id, to: Self.contact, at: bench.clock.now(), by: "Dana pe-1", reason: "on leave")
  }

  @Test(arguments: Place.allCases) func itGoesThereAndStaysWithWhoeverHasIt(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await send(bench))
    let lease = try #require(try await bench.attempt().first)
    #expect(lease.notification.channels[lease.delivery.channelIndex] == .mail("inspector@derby.example"))
    let record = try await bench.record()
    #expect(record.state == .accepted && record.delivery.takenChannels == 0b11 && !record.isOverdue)
    #expect(record.notification.contact(at: 0) == "Front desk")
    #expect(record.notification.contact(at: 1) == "Duty inspector")
    let audit = try await bench.ledger.audit(of: bench.id).filter { $0.kind == "operator-send-on" }
    #expect(audit.map(\.detail) == ["Dana pe-1: to Duty inspector by mail: on leave"])
    // It has gone there once.
    #expect(try await send(bench) == false)
  }

  @Test(arguments: Place.allCases) func ifTheyRefuseItStaysWhereItWas(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    #expect(try await send(bench))
    try await bench.attempt(TestTransport.refused)
    #expect(try await bench.record().state == .accepted)
  }

  @Test(arguments: Place.allCases) func oldNewsAndWhatWasTakenOnStaysWhereItIs(_ place: Place) async throws {
    let bench = try await ReceiptBench(place).with(to: [.mail("a@derby.example")])
    defer { bench.remove() }
    try await bench.attempt()
    try await bench.owe("nt-b", to: [.mail("a@derby.example")])
    #expect(try await send(bench) == false, "later news is on its way")
    #expect(try await send(bench, "nt-b"))
    let words = Acknowledgement(by: "Sgt. Example", actor: "test", willDo: nil, until: nil)
    #expect(try await bench.ledger.acknowledge("nt-b", words, at: bench.clock.now()))
    #expect(try await send(bench, "nt-b") == false)
    #expect(try await send(bench, "nt-unheard-of") == false)
  }
}
