/// Many worlds, and what they came to together.
package struct Survey: Sendable {
  /// Worlds in which a promise was broken, or that came out differently when they were played again.
  package private(set) var broken = 0
  package private(set) var tally: [String: Int] = [:]

  /// Every tenth world is played twice, and has to give the same audit. Two at a time; `report` sees each as it ends.
  package static func run(
    seeds: Range<UInt64>, _ routes: WorldRoutes, report: @escaping @Sendable (World.Outcome) -> Void
  ) async throws -> Survey {
    var survey = Survey()
    try await withThrowingTaskGroup(of: World.Outcome.self) { group in
      var waiting = seeds.makeIterator()
      func start() {
        guard let seed = waiting.next() else { return }
        group.addTask { try await Survey.world(seed, routes) }
      }
      start()
      start()
      while let outcome = try await group.next() {
        start()
        if !outcome.violations.isEmpty { survey.broken += 1 }
        survey.tally.merge(outcome.tally) { $0 + $1 }
        report(outcome)
      }
    }
    return survey
  }

  private static func world(_ seed: UInt64, _ routes: WorldRoutes) async throws -> World.Outcome {
    let outcome = try await World.run(seed: seed, routes)
    guard seed % 10 == 0, try await World.run(seed: seed, routes).audit != outcome.audit else { return outcome }
    return World.Outcome(
      seed: seed, violations: outcome.violations + ["the same seed gave another audit"], tally: outcome.tally,
      audit: outcome.audit)
  }

  /// Kinds of fault and of settlement that so many worlds should have seen and have not: a run that tests less than it says.
  package func missing(amongst seeds: UInt64) -> [String] {
    seeds < 50 ? [] : Survey.wanted.filter { tally[$0] == nil }
  }

  private static let wanted =
    Fate.allCases.map(\.rawValue) + FaultyLedger.Fault.allCases.map(\.rawValue) + [
      "node lost", "clock ahead", "clock behind", "reload", "destination down", "duplicate event", "rival",
      "promise",
      "audit: accepted", "audit: fired", "audit: timer-passed", "audit: timer-ended", "audit: escalated",
      "audit: unconfirmed", "audit: passed-on", "audit: overdue", "audit: lease-lost", "audit: superseded",
      "audit: withdrawn", "audit: acknowledged", "audit: duty-overdue", "audit: duty-fulfilled",
      "audit: duty-cancelled", "audit: duty-completed", "duty late", "duty fulfilled", "duty cancelled",
      "notification accepted", "notification acknowledged", "notification failed", "notification superseded",
      "notification unroutable",
    ]
}
