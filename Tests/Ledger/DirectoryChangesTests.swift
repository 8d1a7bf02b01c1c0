import Delivery
import Ledger
import Routing
import TestKit
import Testing

/// Proposals, who may decide them, and the figures of agencies.
@Suite struct DirectoryChangesTests {
  private let ledger: SQLiteLedger
  private let now = instant("2026-11-12T12:00:00Z")
  private let ann = DirectoryEditor(id: "pe-ann", label: "ann")
  private let ben = DirectoryEditor(id: "pe-ben", label: "ben")
  private let proposal = DirectoryProposal(
    place: DeskPlace(agency: "derby", role: "iro"), before: ["desk": "Old"], after: ["desk": "New"], reason: "renamed")

  init() throws { ledger = try SQLiteLedger() }

  private func propose() async throws -> Int64 {
    try #require(try await ledger.propose(proposal, by: ann, at: now))
  }

  @Test func aDeskHasOneOpenProposal() async throws {
    let number = try await propose()
    #expect(try await ledger.propose(proposal, by: ben, at: now) == nil)
    #expect(try await ledger.decide(number, .withdraw(reason: "no"), by: ann, at: now) == .done)
    #expect(try await ledger.propose(proposal, by: ben, at: now) != nil)
  }

  @Test func nobodyDecidesTheirOwn() async throws {
    let number = try await propose()
    #expect(try await ledger.decide(number, .approve, by: ann, at: now) == .notTheirs)
    #expect(try await ledger.decide(number, .refuse(reason: "no"), by: ann, at: now) == .notTheirs)
    #expect(try await ledger.decide(number, .withdraw(reason: "no"), by: ben, at: now) == .notTheirs)
    #expect(try await ledger.approvedChanges().isEmpty)
    #expect(try await ledger.decide(number, .approve, by: ben, at: now) == .done)
    #expect(try await ledger.decide(number, .refuse(reason: "late"), by: ben, at: now) == .notOpen)
    let change = try #require(try await ledger.directoryChange(number))
    #expect(change.state == .approved && change.decidedBy == ben && change.proposedBy == ann)
    #expect(try await ledger.approvedChanges() == [change.change])
  }

  @Test func eachStepIsInTheAuditWithoutAnAddress() async throws {
    let number = try await propose()
    _ = try await ledger.decide(number, .approve, by: ben, at: now)
    // Somebody who found it proposed takes nothing back that was approved meanwhile.
    #expect(try await !ledger.conclude(number, .overtaken, from: [.proposed], at: now))
    #expect(try await ledger.approvedChanges().count == 1)
    #expect(try await ledger.conclude(number, .overtaken, from: [.approved], at: now))
    #expect(try await !ledger.conclude(number, .overtaken, from: [.approved], at: now))
    let audit = try await ledger.audit(of: "derby:iro")
    #expect(audit.map(\.kind) == ["directory-proposed", "directory-approved", "directory-overtaken"])
    #expect(audit[0].detail == "change \(number) by ann pe-ann: renamed")
    #expect(audit[1].detail == "change \(number) by ben pe-ben")
    #expect(try await ledger.approvedChanges().isEmpty)
  }

  @Test func whatWaitsAndHowLongAnswersTake() async throws {
    let bench = try await ReceiptBench(.memory).with(to: [.mail("a@derby.example")], confirm: .acknowledged)
    defer { bench.remove() }
    let begun = bench.clock.now()
    let since = begun.advanced(bySeconds: -90 * 86400)
    let before = try await bench.ledger.figures(of: nil, since: since)
    #expect(before == [AgencyFigure(agency: "derby", waiting: ["police.missing-unit": 1])])
    try await bench.attempt()
    bench.clock.advance(bySeconds: 600)
    #expect(
      try await bench.ledger.acknowledge(
        bench.id, Acknowledgement(by: "A desk", actor: "page", willDo: nil, until: nil, source: .page, channel: 0),
        at: bench.clock.now()))
    let after = try #require(try await bench.ledger.figures(of: ["derby"], since: since).first)
    #expect(after.waiting.isEmpty && after.acknowledged == 1)
    #expect(after.medianToAcknowledge.map { $0 >= 600_000 && $0 < 660_000 } == true)
    #expect(try await bench.ledger.figures(of: ["luton"], since: since).isEmpty)
    #expect(try await bench.ledger.figures(of: nil, since: bench.clock.now().advanced(bySeconds: 1)).isEmpty)
  }
}
