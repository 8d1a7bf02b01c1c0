import Delivery
import Foundation
import Routing

/// Decisions a second on one core: (event, situation, instant) to plan, over a mix of events with the packs loaded.
struct RoutingBench {
  func run() throws {
    let routes = try Bench.routes()
    let router = routes.router(at: BenchClock.start)
    let mix = RoutingBench.events.map { type, data in
      let event = Event(id: "1", source: "bench", type: type, time: BenchClock.start, subject: "EP-1", data: data)
      return (event, Situation(data, event: event, history: EpisodeHistory(), vocabulary: routes.vocabulary))
    }
    var lines = 0
    for (event, situation) in mix {
      let plan = router.plan(event, situation, at: BenchClock.start)
      lines += plan.tells.count + plan.duties.count
    }
    let rounds = 40_000
    var count = 0
    let start = ContinuousClock.now
    for _ in 0..<rounds {
      for (event, situation) in mix { count += router.plan(event, situation, at: BenchClock.start).tells.count }
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    let decisions = Double(rounds * mix.count)
    precondition(count > 0)
    let rules = router.packs.reduce(0) { $0 + $1.rules.count }
    Bench.line(
      "routing: rules loaded, lines in a plan on average",
      "\(rules), \(String(format: "%.1f", Double(lines) / Double(mix.count)))")
    Bench.line("routing: decisions a second on one core", Bench.whole(decisions / seconds))
    Bench.line("routing: against the goal of 200,000", Bench.ratio(decisions / seconds / 200_000, goal: 1))
  }

  private static let child: JSONValue = ["id": "C", "livesIn": "derby", "dateOfBirth": "2012-01-02"]
  private static let placed: JSONValue = [
    "id": "C", "livesIn": "derby", "lookedAfterBy": "nottingham", "dateOfBirth": "2012-01-02",
    "openTo": ["social-care"],
    "placement": ["kind": "childrens-home", "name": "Cedar Lodge"],
  ]
  private static let events: [(String, JSONValue)] = [
    ("missing.suspected", ["child": placed, "episode": ["reportedBy": "carer"]]),
    ("missing.reported", ["child": child]), ("missing.categorised", ["child": child, "episode": ["risk": "medium"]]),
    ("missing.categorised", ["child": placed, "episode": ["risk": "high"]]),
    ("away.reported", ["child": placed, "episode": ["whereabouts": "known"]]), ("child.found", ["child": child]),
    ("child.returned", ["child": placed]), ("safe-and-well.completed", ["child": child, "check": ["concerns": true]]),
  ]
}
