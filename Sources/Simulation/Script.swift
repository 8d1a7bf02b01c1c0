import Delivery
import Routing

/// What happens to the children of a world, drawn from its chance: events with the time they happened and the time they are
/// sent, some late, some twice, some out of order, some withdrawn.
struct Script {
  struct Sending {
    let at: Instant
    let event: Event
  }

  private(set) var sendings: [Sending] = []
  private let chance: Chance
  private var count = 0

  /// When the last of it is sent.
  var end: Instant { sendings.map(\.at).max() ?? Instant(milliseconds: 0) }

  init(_ chance: Chance, from begin: Instant) {
    self.chance = chance
    for child in 0..<chance.int(1...3) {
      var start = begin.advanced(bySeconds: Int64(chance.int(0...200_000)))
      for episode in 0..<chance.int(1...3) {
        start = play(child, "EP-\(child)-\(episode)", from: start)
      }
    }
    sendings.sort { ($0.at, $0.event.id) < ($1.at, $1.event.id) }
  }

  /// One episode; gives back when the next may begin.
  private mutating func play(_ child: Int, _ subject: String, from start: Instant) -> Instant {
    var now = start
    func later(_ most: Int) { now = now.advanced(bySeconds: Int64(chance.int(0...most))) }
    send("missing.reported", subject, now, profile(child))
    for _ in 0..<chance.int(0...4) {
      later(chance.one(of: [600, 10_000, 50_000, 300_000]))
      let risk = chance.one(of: ["low", "medium", "high", "high"])
      switch chance.int(0...3) {
      case 0: send("missing.updated", subject, now, [:])
      case 1:
        let starts = now.advanced(bySeconds: Int64(chance.int(0...300_000))).rfc3339
        send("placement.planned", subject, now, ["placement": ["startsAt": .string(starts)]])
      default: send("missing.categorised", subject, now, ["episode": ["risk": .string(risk)]])
      }
    }
    later(chance.one(of: [20_000, 400_000]))
    if chance.once(in: 2) { send("child.found", subject, now, [:]) }
    later(3600)
    send("child.returned", subject, now, [:])
    if chance.once(in: 5) {
      later(3600)
      send("missing.reported", subject, now, [:])
      later(90_000)
      send("child.returned", subject, now, [:])
    }
    let back = now
    later(500_000)
    if !chance.once(in: 3) {
      send(chance.one(of: ["return-interview.completed", "return-interview.refused"]), subject, now, [:])
    }
    if chance.once(in: 2) { send("episode.closed", subject, now, [:]) }
    return back.advanced(bySeconds: Int64(chance.int(60...200_000)))
  }

  private func profile(_ child: Int) -> JSONValue {
    let isLookedAfter = chance.once(in: 2)
    return [
      "child": JSONValue.object([
        "id": .string("C-\(child)"), "livesIn": .string(chance.one(of: ["derby", "derbyshire"])),
      ])
      .merged(with: isLookedAfter ? ["lookedAfterBy": .string(chance.one(of: ["derby", "nottingham"]))] : [:])
    ]
  }

  private mutating func send(_ type: String, _ subject: String, _ time: Instant, _ data: JSONValue) {
    count += 1
    let event = Event(id: "e\(count)", source: "world", type: type, time: time, subject: subject, data: data)
    let lag = chance.weighted([(5, 10), (600, 3), (20_000, 1)])
    let at = time.advanced(bySeconds: Int64(chance.int(0...lag)))
    sendings.append(Sending(at: at, event: event))
    if chance.once(in: 6) {
      sendings.append(Sending(at: at.advanced(bySeconds: Int64(chance.int(0...9000))), event: event))
    }
    // The first report stays: without it nothing is known of the subject.
    if type != "missing.reported", chance.once(in: 25) {
      count += 1
      let wrong: JSONValue = ["withdraws": ["id": .string(event.id)]]
      let after = time.advanced(bySeconds: Int64(chance.int(1...5000)))
      let withdrawal = Event(
        id: "e\(count)", source: "world", type: Event.withdrawal, time: after, subject: subject, data: wrong)
      sendings.append(Sending(at: max(at, after).advanced(bySeconds: 1), event: withdrawal))
    }
  }
}
