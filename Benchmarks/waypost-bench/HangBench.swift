import Delivery
import Foundation
import Ledger
import Routing
import Transports

/// Fifty HTTPS endpoints, one agency each: from acceptance to receipt of the other 49, while one answers at once as they do,
/// and while it takes every request and never answers. In one run, turn and turn about, so that the machine cancels out.
struct HangBench {
  private static let endpoints = 50
  private static let secret = WebhookSecret.generate()
  /// An event every 25 ms: the gateway is awake and far from its limit.
  private static let rounds = 12
  private static let pace = 25.0

  func run() async throws {
    let sink = try BenchSink(), mute = try BenchSink(failing: "timeout:1")
    defer {
      sink.stop()
      mute.stop()
    }
    var all: [Bool: [Double]] = [:]
    // The first is to warm up.
    _ = try await measure(sink, last: sink, rounds: 2)
    for isHanging in [false, true, true, false] {
      all[isHanging, default: []] += try await measure(sink, last: isHanging ? mute : sink, rounds: HangBench.rounds)
    }
    let (well, hanging) = (all[false] ?? [], all[true] ?? [])
    for (name, values) in [("all fifty answer", well), ("one of fifty hangs", hanging)] {
      let p50 = Bench.percentile(values, 0.5)
      let p99 = Bench.percentile(values, 0.99)
      Bench.line("hang: the other 49, \(name), p50 and p99 in ms", String(format: "%.1f %.1f", p50, p99))
    }
    let ratio = Bench.percentile(hanging, 0.99) / Bench.percentile(well, 0.99)
    Bench.line(
      "hang: ratio of the p99s", String(format: "%.2f (goal 1.1: %@)", ratio, ratio <= 1.1 ? "met" : "missed"))
  }

  /// Milliseconds from acceptance to receipt, of all endpoints but the last, which is at `last`.
  private func measure(_ sink: BenchSink, last: BenchSink, rounds: Int) async throws -> [Double] {
    // One loop that trusts both.
    let folder = try Bench.scratch("hang-trust")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let trust = "\(folder)/trust.pem"
    let texts = try Set([sink.authority, last.authority]).map { try String(contentsOfFile: $0, encoding: .utf8) }
    try texts.joined(separator: "\n").write(toFile: trust, atomically: true, encoding: .utf8)
    let curl = CurlLoop(settings: .init(trustFile: trust, hostName: "bench.example"))
    defer { curl.stop() }
    let gateway = try BenchGateway("hang", routes: HangBench.routes(sink.page, last: last.page))
    defer { gateway.remove() }
    let secret = HangBench.secret
    let webhooks = WebhookTransport(curl: curl, redirect: nil, secrets: { _ in secret })
    let posted = PostTimes()
    // Each run has its own children, so that no two messages share an id.
    let run = UUID().uuidString
    try await gateway.serving([webhooks]) { port in
      let client = LoadClient(port: port, key: gateway.key)
      for number in 0..<(rounds * HangBench.endpoints) {
        let start = ContinuousClock.now
        await posted.note(number, Date().timeIntervalSince1970 * 1000)
        _ = try await client.post([HangBench.event(run, number).serializedBytes], connections: 1)
        let rest = HangBench.pace - start.duration(to: .now) / .milliseconds(1)
        if rest > 0 { try await Task.sleep(for: .microseconds(Int64(rest * 1000))) }
      }
      // What the last endpoint is owed waits on, where it hangs.
      let hung = Channel.destination(ofEndpoint: HangBench.url(last.page, HangBench.endpoints - 1))
      while try await gateway.ledger.nextDue(excluding: [hung]) != nil { try await Task.sleep(for: .milliseconds(5)) }
    }
    let arrivals = try sink.arrivals()
    var latencies: [Double] = []
    for (number, at) in await posted.times where number % HangBench.endpoints != HangBench.endpoints - 1 {
      let id = Identifiers.event(source: "bench", id: "\(run)-\(number)")
      for record in try await gateway.ledger.notifications(NotificationFilter(event: id)) {
        guard let arrived = arrivals[record.notification.id] else {
          throw BenchFailure("a message did not reach an endpoint that answers")
        }
        latencies.append(arrived - at)
      }
    }
    guard latencies.count == rounds * (HangBench.endpoints - 1) else { throw BenchFailure("a message is missing") }
    return latencies
  }

  private static func url(_ page: String, _ number: Int) -> String { "\(page)/hook/\(number)" }

  private static func event(_ run: String, _ number: Int) -> JSONValue {
    Event(
      id: "\(run)-\(number)", source: "bench", type: "missing.reported", time: BenchClock.start,
      subject: "EP-\(run)-\(number)",
      data: [
        "child": [
          "id": .string("C-\(run)-\(number)"), "livesIn": .string("area-\(number % endpoints)"),
          "dateOfBirth": "2012-01-02",
        ]
      ]
    ).cloudEvent
  }

  /// One agency for each endpoint, and one rule that tells it.
  private static func routes(_ page: String, last: String) throws -> Delivery.Routes {
    let folder = RouteFolder(root: "Routes")
    let renderer = try folder.routes(gateway: "bench.example").renderer
    var texts = try folder.texts()
    let areas = (0..<endpoints).map { "area-\($0)" }
    let agencies = (0..<endpoints).map { number in
      """
        - id: area-\(number)
          name: Area \(number)
          kind: authority
          areas: [area-\(number)]
          roles:
            childrens-services.missing-inbox:
              desk: Case system
              channels: [{webhook: "\(url(number == endpoints - 1 ? last : page, number))", secret: bench, network: private}]
      """
    }
    let list = areas.joined(separator: ", ")
    let pack = """
      pack: hang
      title: Fifty endpoints
      source: the benchmark
      parties: [\(list)]
      scope: {child.livesIn: [\(list)]}
      rules:
        - id: told
          section: "1"
          says: The authority's case system hears at once.
          event: missing.reported
          share: [status]
          tell: [{role: childrens-services.missing-inbox}]
      """
    func file(_ name: String, _ text: String) -> RouteBook.File {
      RouteBook.File(name: name, text: text, hash: Identifiers.digest(Array(text.utf8)))
    }
    texts.packs = [file("hang/pack.yaml", pack)]
    texts.directory = [file("directory/hang.yaml", "agencies:\n" + agencies.joined(separator: "\n") + "\n")]
    texts.invariants = file("invariants.yaml", "invariants: []\n")
    texts.options = file("options.yaml", "switchedOn: []\n")
    return Delivery.Routes(book: try RouteBook(texts), renderer: renderer)
  }
}
