import Delivery
import Foundation
import Ledger
import Routing
import Transports

/// From POST to arrival at the receiver, mail and webhook: unloaded (20 events a second), and at half the rate at which
/// the whole gateway (in, out and settled) keeps up.
struct LatencyBench {
  func run() async throws {
    let full = try await measure(events: 1500, pace: nil)
    Bench.line("latency: events a second, in, delivered and settled", Bench.whole(full.rate))
    Bench.line("latency: notifications a second", Bench.whole(full.rate * 6))
    let unloaded = try await measure(events: 200, pace: 50)
    report("unloaded", unloaded.latencies)
    let half = try await measure(events: 1500, pace: 2000 / full.rate)
    report("at half the maximum rate", half.latencies)
  }

  private func report(_ name: String, _ latencies: [Double]) {
    let p50 = Bench.percentile(latencies, 0.5)
    let p99 = Bench.percentile(latencies, 0.99)
    Bench.line("latency: POST to receiver, \(name), p50 and p99 in ms", String(format: "%.1f %.1f", p50, p99))
  }

  /// `pace` is milliseconds from one event to the next; nil posts as fast as it can.
  private func measure(events: Int, pace: Double?) async throws -> (rate: Double, latencies: [Double]) {
    let sink = try BenchSink()
    defer { sink.stop() }
    let curl = sink.curl()
    defer { curl.stop() }
    let gateway = try BenchGateway("latency")
    defer { gateway.remove() }
    let rate = Rate()
    let posted = PostTimes()
    try await gateway.serving(sink.transports(curl)) { port in
      let client = LoadClient(port: port, key: gateway.key)
      _ = try await client.post((0..<20).map { Bench.sixfold(-$0 - 1).serializedBytes }, connections: 2)
      let bodies = (0..<events).map { Bench.sixfold($0).serializedBytes }
      let seconds = try await Bench.seconds {
        if let pace {
          for (number, body) in bodies.enumerated() {
            let start = ContinuousClock.now
            await posted.note(number, Date().timeIntervalSince1970 * 1000)
            _ = try await client.post([body], connections: 1)
            let rest = pace - start.duration(to: .now) / .milliseconds(1)
            if rest > 0 { try await Task.sleep(for: .microseconds(Int64(rest * 1000))) }
          }
        } else {
          _ = try await client.post(bodies, connections: 32)
        }
        while try await gateway.ledger.nextDue(excluding: []) != nil { try await Task.sleep(for: .milliseconds(5)) }
      }
      await rate.set(Double(events) / seconds)
    }
    let arrivals = try sink.arrivals()
    var latencies: [Double] = []
    for (number, at) in await posted.times {
      let id = Identifiers.event(source: "bench", id: "\(number)")
      for record in try await gateway.ledger.notifications(NotificationFilter(event: id)) {
        if let arrived = arrivals[record.notification.id] { latencies.append(arrived - at) }
      }
    }
    return (await rate.value, latencies)
  }
}

actor PostTimes {
  private(set) var times: [(Int, Double)] = []
  func note(_ number: Int, _ at: Double) { times.append((number, at)) }
}
