import Delivery
import Logging
import Routing
import Synchronization

/// One gateway of a world: its services over a ledger that may fail, with a clock that may be wrong.
struct Node {
  let number: Int
  /// Rises with every restart; answers to attempts of an earlier life are lost.
  let generation: Int
  let ledger: FaultyLedger
  let clock: VirtualClock
  let inUse: RoutesInUse
  let intake: Intake
  let timekeeper: Timekeeper
  let courier: Courier
  var isUp = true
  /// Seconds by which its clock is ahead.
  var skew: Int64 = 0
  private let isHealed: Healing

  private final class Healing: Sendable {
    let flag = Mutex(false)
  }

  init(_ number: Int, _ truth: any Ledger, _ routes: Routes, _ chance: Chance, _ now: Instant, generation: Int = 0) {
    self.number = number
    self.generation = generation
    let healing = Healing()
    isHealed = healing
    let clock = VirtualClock(now)
    self.clock = clock
    inUse = RoutesInUse(routes)
    let logger = Logger(label: "world") { _ in SwiftLogNoOpLogHandler() }
    let (outbox, agenda) = (Signal(), Signal())
    let quicker = Intake(
      ledger: truth, routes: inUse, time: clock, outbox: outbox, agenda: agenda, logger: logger)
    let rivals = Mutex(0)
    ledger = FaultyLedger(truth) {
      if healing.flag.withLock({ $0 }) || !chance.once(in: 40) { return nil }
      return chance.weighted([(.errorBefore, 4), (.errorAfter, 4), (.crashBefore, 1), (.crashAfter, 1)])
    } rival: { acceptance in
      // Another gateway takes news of the same episode first.
      if healing.flag.withLock({ $0 }) || !chance.once(in: 25) || acceptance.episodeVersion == 0 { return }
      let count = rivals.withLock { rivals in
        rivals += 1
        return rivals
      }
      let news = Event(
        id: "rival-\(number)-\(generation)-\(count)", source: "rival", type: "missing.updated",
        time: acceptance.event.time, subject: acceptance.event.subject,
        data: ["episode": ["rivals": ["r\(number)-\(generation)-\(count)": true]]])
      _ = try await quicker.submit(news.cloudEvent, from: World.sender)
    }
    intake = Intake(ledger: ledger, routes: inUse, time: clock, outbox: outbox, agenda: agenda, logger: logger)
    timekeeper = Timekeeper(
      ledger: ledger, routes: inUse, time: clock, agenda: agenda, outbox: outbox, logger: logger)
    courier = Courier(
      ledger: ledger, transports: [], time: clock, outbox: outbox, logger: logger,
      random: SeededRandom(chance.seed()))
  }

  func reborn(_ truth: any Ledger, _ routes: Routes, _ chance: Chance, _ now: Instant) -> Node {
    var next = Node(number, truth, routes, chance, now, generation: generation + 1)
    next.skew = skew
    next.set(now)
    return next
  }

  func set(_ now: Instant) { clock.set(now.advanced(bySeconds: skew)) }
  func heal() { isHealed.flag.withLock { $0 = true } }
}
