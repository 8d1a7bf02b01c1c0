import Delivery
import Foundation
import Routing

/// Decisions on one core with every pack loaded, whatever its dates: (event, situation, instant) to plan, for every event
/// type and children at home, in care, placed from elsewhere and placed across two protocols.
struct RoutingBench {
  private struct Subject {
    let name: String
    let data: JSONValue
  }

  func run() throws {
    let book = try Bench.routes().book
    let router = Router(vocabulary: book.vocabulary, directory: book.directory, packs: book.packs)
    var figures: [(name: String, microseconds: Double, lines: Int)] = []
    for subject in RoutingBench.subjects {
      for type in book.vocabulary.events.sorted() {
        let event = Event(
          id: "1", source: "bench", type: type, time: BenchClock.start, subject: "EP-1", data: subject.data)
        let situation = Situation(event.data, event: event, history: EpisodeHistory(), vocabulary: book.vocabulary)
        let plan = router.plan(event, situation, at: BenchClock.start)
        let lines = plan.tells.count + plan.duties.count
        figures.append(
          ("\(type), \(subject.name)", median { router.plan(event, situation, at: BenchClock.start) }, lines))
      }
    }
    figures.sort { $0.microseconds < $1.microseconds }
    let rules = router.packs.reduce(0) { $0 + $1.rules.count }
    Bench.line("routing: packs, rules, kinds of decision", "\(router.packs.count), \(rules), \(figures.count)")
    guard let slowest = figures.last else { return }
    let middle = figures[figures.count / 2]
    Bench.line("routing: median decision", "\(text(middle.microseconds)) µs, \(middle.lines) lines")
    Bench.line(
      "routing: slowest kind (\(slowest.name))", "\(text(slowest.microseconds)) µs, \(slowest.lines) lines")
    Bench.line(
      "routing: kinds decided in less than 10 µs",
      "\(figures.count { $0.microseconds < 10 }) of \(figures.count)")
    let lines = figures.reduce(0) { $0 + $1.lines }
    let total = figures.reduce(0) { $0 + $1.microseconds }
    Bench.line("routing: lines in a plan on average", text(Double(lines) / Double(figures.count)))
    Bench.line("routing: decisions a second on one core", Bench.whole(Double(figures.count) / total * 1_000_000))
    costOfSilence(book)
  }

  /// What a rule costs that is looked at and does not fire: the same rules once and nine times over. An allocation would
  /// show, at about 50 ns with its release.
  private func costOfSilence(_ book: RouteBook) {
    guard let pack = book.packs.first(where: { $0.id == "derby-derbyshire-2019" }) else { return }
    let data = RoutingBench.subjects[0].data
    let event = Event(
      id: "1", source: "bench", type: "missing.categorised", time: BenchClock.start, subject: "EP-1", data: data)
    let situation = Situation(data, event: event, history: EpisodeHistory(), vocabulary: book.vocabulary)
    func router(_ rules: [Rule]) -> Router {
      Router(vocabulary: book.vocabulary, directory: book.directory, packs: [pack.with(rules: rules)])
    }
    let silent = pack.rules.filter { rule in
      guard rule.trigger.events.contains(event.type) else { return false }
      let plan = router([rule]).plan(event, situation, at: BenchClock.start)
      return plan.tells.isEmpty && plan.duties.isEmpty && plan.notes.isEmpty
    }
    let (once, often) = (router(silent), router(Array(repeating: silent, count: 9).flatMap(\.self)))
    let difference =
      median { often.plan(event, situation, at: BenchClock.start) }
      - median { once.plan(event, situation, at: BenchClock.start) }
    Bench.line(
      "routing: a rule that does not fire (\(silent.count) looked at)",
      "\(text(difference * 1000 / Double(8 * silent.count))) ns")
  }

  /// The median of 15 samples of 200 calls, in microseconds a call.
  private func median(_ body: () -> Plan) -> Double {
    var kept = 0
    let samples = (0..<15).map { _ -> Double in
      let start = ContinuousClock.now
      for _ in 0..<200 { kept += body().tells.count }
      return start.duration(to: .now) / .microseconds(200)
    }
    precondition(kept >= 0)
    return samples.sorted()[7]
  }

  private func text(_ number: Double) -> String { String(format: "%.1f", number) }

  private static func subject(_ name: String, _ child: JSONValue) -> Subject {
    let all: JSONValue = ["id": "C", "dateOfBirth": "2012-01-02", "education": "on-roll", "openTo": ["social-care"]]
    return Subject(
      name: name,
      data: [
        "child": all.merged(with: child),
        "episode": ["risk": "high", "reportedToPolice": true, "reportedBy": "carer", "whereabouts": "unknown"],
      ])
  }

  private static let subjects = [
    subject("at home in Derby", ["livesIn": "derby"]), subject("at home in Luton", ["livesIn": "luton"]),
    subject("at home in Stoke", ["livesIn": "stoke-on-trent"]),
    subject("at home in Liverpool", ["livesIn": "liverpool"]),
    subject(
      "Derbyshire's child in a home there",
      [
        "livesIn": "derbyshire", "lookedAfterBy": "derbyshire", "legalStatus": "section-20",
        "placement": ["kind": "childrens-home", "name": "Maple House"],
      ]),
    subject(
      "Nottingham's child placed in Derby",
      [
        "livesIn": "derby", "lookedAfterBy": "nottingham",
        "placement": ["kind": "childrens-home", "name": "Cedar Lodge"],
      ]),
    subject(
      "Liverpool's child placed in Staffordshire",
      ["livesIn": "staffordshire", "lookedAfterBy": "liverpool", "placement": ["kind": "foster"]]),
  ]
}
