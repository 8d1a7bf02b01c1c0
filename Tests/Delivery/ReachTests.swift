import Delivery
import Routing
import TestKit
import Testing

/// How well desks can be reached, from what probes found.
@Suite struct ReachTests {
  private let now = instant("2026-11-12T12:00:00Z")
  private let relay = Checkpoint.relay("relay.example:587")

  private func desk(_ channels: [Channel]) throws -> Desk {
    let some = try #require(Repository.book.get().directory.agency("derby")?.desks.values.first)
    return Desk(
      agency: "derby", role: some.role, name: "Desk", hours: nil, whenClosed: .send, channels: channels, next: nil)
  }

  private func book(_ results: [ProbeResult], _ endpoints: [EndpointRecord] = []) -> ReachBook {
    ReachBook(probes: results, endpoints: endpoints, at: now) { [relay] channel in
      if case .mail = channel { [relay] } else { [] }
    }
  }

  private func result(_ target: ProbeTarget, _ finding: Finding, at: String = "2026-11-12T06:00:00Z") -> ProbeResult {
    ProbeResult(target: target, at: instant(at), finding: finding, desks: 1, round: nil)
  }

  @Test func theWorstOfTheLooksCounts() throws {
    let desk = try desk([.mail("a@derby.example"), .phone("01632 960101")])
    let test = ProbeTarget(try #require(Probe.all(of: desk).first))
    let good = result(ProbeTarget(relay), Finding(.reached, "connected", certificateDays: 30))
    let bad = result(test, Finding(.refused, "refused: no such mailbox"))
    #expect(book([]).reach(of: desk) == .notProbed)
    #expect(book([good]).reach(of: desk) == .reached)
    #expect(book([good, bad]).reach(of: desk) == .unreachable)
    let ways = book([good, bad]).channels(of: desk)
    #expect(ways.map(\.state) == [.fails, .byHand] && ways[0].words.contains("no such mailbox"))
    #expect(ways[0].certificateDays == 30)
  }

  @Test func daysLeftAreCountedFromTheLook() throws {
    let desk = try desk([.mail("a@derby.example")])
    let old = result(
      ProbeTarget(relay), Finding(.reached, "connected", certificateDays: 5), at: "2026-11-04T12:00:00Z")
    #expect(book([old]).channels(of: desk).first?.certificateDays == -3)
  }

  @Test func anEndpointThatIsOffIsTroubleWhateverWasFoundThere() throws {
    let url = "https://hooks.derby.example/in"
    let desk = try desk([.webhook(url: url, secret: "derby"), .mail("a@derby.example")])
    let off = EndpointRecord(
      url: url, since: now, closedAt: now, reason: "moved", notification: "", failing: nil)
    let mail = result(ProbeTarget(relay), Finding(.reached, "connected"))
    #expect(book([mail], [off]).reach(of: desk) == .fails)
    #expect(book([mail], [off]).channels(of: desk).first?.state == .switchedOff)
  }

  @Test func onlyATelephoneIsSaidSo() throws {
    #expect(book([]).reach(of: try desk([.phone("01632 960101")])) == .byHand)
    #expect(Reach([]) == .noDesk)
  }

  @Test(arguments: [([Int64](), nil), ([7], 7), ([9, 1, 5], 5), ([4, 1, 2, 9], 3)] as [([Int64], Int64?)])
  func theMedianIsTheMiddle(_ times: [Int64], _ median: Int64?) { #expect(AgencyFigure.median(times) == median) }
}
