import Simulation
import TestKit
import Testing

/// Worlds of several gateways with seeded faults. `make simulate SEEDS=5000` plays more of them.
@Suite struct WorldTests {
  @Test func fiftyWorldsKeepEveryPromise() async throws {
    let routes = try WorldRoutes(Repository.routeFolder)
    let survey = try await Survey.run(seeds: 1..<51, routes) { outcome in
      for violation in outcome.violations.prefix(3) {
        Issue.record("seed \(outcome.seed): \(violation); repeat with: make simulate SEEDS=1 FIRST=\(outcome.seed)")
      }
    }
    #expect(survey.broken == 0)
    #expect(survey.missing(amongst: 50) == [], "a run that tests less than it says")
  }

  @Test func aSeedIsAWorld() async throws {
    let routes = try WorldRoutes(Repository.routeFolder)
    let audits = try await [3, 3, 4].mapAsync { try await World.run(seed: $0, routes).audit }
    #expect(audits[0] == audits[1] && audits[0] != audits[2])
  }
}

extension Array {
  fileprivate func mapAsync<T>(_ body: (Element) async throws -> T) async throws -> [T] {
    var result: [T] = []
    for item in self { result.append(try await body(item)) }
    return result
  }
}
