import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// What every adapter promises (Documentation/TRANSPORTS.md), asked of each in turn against a real other side.
///
/// A new adapter takes part with a case of `Adapter` and an `AdapterHarness`.
@Suite(.timeLimit(.minutes(30))) struct ConformanceTests {
  @Test(arguments: Adapter.allCases)
  func aDispatchArrivesOnceUnderItsId(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcome = await harness.transport.deliver(Sample.dispatch("nt-one", to: harness.channel))
      #expect(harness.isTaken(outcome), "\(outcome)")
      if let arrived = try harness.arrived() { #expect(arrived == ["nt-one"]) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func theSameDispatchAgainIsHarmless(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for attempt in 1...3 {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-same", to: harness.channel, attempt: attempt))
        #expect(harness.isTaken(outcome), "\(outcome)")
      }
      if let arrived = try harness.arrived() { #expect(Set(arrived) == ["nt-same"]) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func fiftyAtOnceAllGetAnAnswer(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcomes = await Sample.deliver(50, to: harness.channel, over: harness.transport)
      #expect(outcomes.count == 50)
      #expect(outcomes.allSatisfy(harness.isTaken), "\(outcomes.filter { !harness.isTaken($0) })")
      if let arrived = try harness.arrived() { #expect(arrived.sorted() == (0..<50).map { "nt-\($0)" }.sorted()) }
    }
  }

  @Test(arguments: Adapter.allCases)
  func theChannelOfAnotherIsRejected(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for channel in Sample.channels where channel.name != harness.transport.channel {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-other", to: channel))
        #expect(outcome == .rejected(Fault(.configuration, "")), "\(channel.name): \(outcome)")
      }
      if let arrived = try harness.arrived() { #expect(arrived.isEmpty) }
      #expect(harness.channel.name == harness.transport.channel)
    }
  }

  @Test(arguments: Adapter.allCases)
  func withTheOtherSideGoneItIsDeferred(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      guard await harness.breakOff() else { return }
      for outcome in await Sample.deliver(5, to: harness.channel, over: harness.transport) {
        #expect(outcome.isDeferred, "\(outcome)")
        expectNothingPersonal(in: outcome.said)
      }
    }
  }

  @Test(arguments: Adapter.allCases)
  func anOtherSideThatIsSilentIsDeferredInTime(_ adapter: Adapter) async throws {
    try await adapter.run(timeout: 1) { harness in
      guard let channel = try harness.fallSilent(towards: "nt-silent") else { return }
      let outcome = await harness.transport.deliver(Sample.dispatch("nt-silent", to: channel))
      #expect(outcome == .deferred(Fault(.timeout, ""), retryAfter: nil), "\(outcome)")
    }
  }

  @Test(arguments: Adapter.allCases)
  func aGatewayThatStopsAnswersEverything(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      let outcomes = await Sample.deliver(50, to: harness.channel, over: harness.transport) { harness.stopGateway() }
      #expect(outcomes.count == 50)
      #expect(outcomes.allSatisfy { harness.isTaken($0) || $0.isDeferred }, "\(outcomes)")
      let late = await harness.transport.deliver(Sample.dispatch("nt-late", to: harness.channel))
      #expect(harness.isTaken(late) || late.isDeferred, "\(late)")
    }
  }

  /// Whatever happens, nothing that the gateway keeps or that stands in the open names the child or the recipient.
  @Test(arguments: Adapter.allCases)
  func nothingInTheOpenIsPersonal(_ adapter: Adapter) async throws {
    try await adapter.run { harness in
      for channel in [harness.channel] + Sample.channels + harness.refusing {
        let outcome = await harness.transport.deliver(Sample.dispatch("nt-open", to: channel))
        expectNothingPersonal(in: outcome.said)
        // No address at all, whoever's it is.
        #expect(!outcome.said.contains("@"), "\(outcome.said)")
      }
      let open = try harness.open()
      expectNothingPersonal(in: open)
      if let arrived = try harness.arrived() { #expect(!arrived.isEmpty && open.contains("nt-open")) }
    }
  }

  private func expectNothingPersonal(in text: String) {
    for word in Sample.personal { #expect(!text.localizedCaseInsensitiveContains(word), "\(word) in \(text)") }
  }
}
