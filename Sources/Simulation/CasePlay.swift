package import Delivery
import Ledger
import Logging
package import Routing

/// Plays a case through the real engine: intake, timekeeper and courier over a ledger in memory, in virtual time. Every
/// delivery succeeds at once.
///
/// Guarantee: deterministic. At one instant what happens comes before what time causes, so that what happens exactly at a
/// limit is still within it.
package struct CasePlay {
  private let vocabulary: Vocabulary
  private let ledger: SQLiteLedger
  private let clock: VirtualClock
  private let intake: Intake
  private let timekeeper: Timekeeper
  private let courier: Courier
  private static let sender = Sender(name: "simulate", authorities: [], types: [])

  /// All lines of a case, in time order. Throws `RouteProblems` when the case names a pack that is not there, and
  /// `IntakeRefusal` when the engine refuses one of its events.
  package static func lines(of item: CaseFile, _ routes: Routes) async throws -> [TimelineLine] {
    let own = Routes(book: try routes.book.playing(item), renderer: routes.renderer)
    let play = try CasePlay(own, begin: item.begins)
    try await play.run(item)
    return try await Timeline.lines(of: play.ledger, play.vocabulary)
  }

  private init(_ routes: Routes, begin: Instant) throws {
    vocabulary = routes.vocabulary
    ledger = try SQLiteLedger()
    clock = VirtualClock(begin)
    let logger = Logger(label: "simulate") { _ in SwiftLogNoOpLogHandler() }
    let (outbox, agenda) = (Signal(), Signal())
    let inUse = RoutesInUse(routes)
    intake = Intake(ledger: ledger, routes: inUse, time: clock, outbox: outbox, agenda: agenda, logger: logger)
    timekeeper = Timekeeper(
      ledger: ledger, routes: inUse, time: clock, agenda: agenda, outbox: outbox, logger: logger)
    courier = Courier(
      ledger: ledger, transports: ["mail", "webhook", "drop", "notify", "manual"].map(TakesEverything.init),
      time: clock, outbox: outbox,
      logger: logger, random: SeededRandom(0))
  }

  private func run(_ item: CaseFile) async throws {
    try await timekeeper.keepCalendar()
    for step in item.steps {
      try await pass(until: step.event.time, includingLast: false)
      clock.set(step.event.time)
      _ = try await intake.submit(step.event.cloudEvent, from: CasePlay.sender)
      try await deliver()
    }
    try await pass(until: item.ends, includingLast: true)
  }

  private func pass(until end: Instant, includingLast: Bool) async throws {
    while let next = try await nextMoment(), includingLast ? next <= end : next < end {
      clock.set(max(next, clock.now()))
      while try await timekeeper.turn() {}
      try await deliver()
    }
  }

  private func nextMoment() async throws -> Instant? {
    [try await ledger.nextDeadline(), try await ledger.nextDue(excluding: [])].compactMap(\.self).min()
  }

  private func deliver() async throws {
    while case let leases = try await courier.take(), !leases.isEmpty {
      for lease in leases {
        let outcome = await courier.deliver(lease, at: clock.now())
        _ = try await courier.conclude(lease, outcome, startedAt: clock.now())
      }
    }
  }
}

/// A next hop that always takes the message.
struct TakesEverything: Transport {
  let channel: String
  func deliver(_ dispatch: Dispatch) async -> Outcome { .accepted(Receipt(.accepted, from: .smtp, "taken")) }
}
