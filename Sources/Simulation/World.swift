import Delivery
import Ledger
import Logging
import Routing

/// A world of several gateways over one ledger, with a clock of its own and faults drawn from a seed, played to its end and
/// then looked over (`WorldCheck`).
///
/// Guarantee: the same seed and routes give the same world, to the last line of the audit. Only one thing happens at a time;
/// what happens next among all that could is drawn too.
package struct World {
  package struct Outcome: Sendable {
    package let seed: UInt64
    /// What was promised and not kept, one sentence each; empty when all is well.
    package let violations: [String]
    /// How often each kind of fault and of settlement occurred.
    package let tally: [String: Int]
    /// SHA-256 over the whole audit.
    package let audit: String
  }

  /// Throws what no fault explains: a broken ledger, a refused event.
  package static func run(seed: UInt64, _ routes: WorldRoutes) async throws -> Outcome {
    var world = try World(seed: seed, routes)
    try await world.play()
    let check = try await WorldCheck(world.ledger, world.record, routes.usual, at: world.now)
    return Outcome(
      seed: seed, violations: check.violations, tally: world.record.tally.merging(check.tally) { $0 + $1 },
      audit: check.digest)
  }

  let ledger: SQLiteLedger
  let routes: WorldRoutes
  let chance: Chance
  var nodes: [Node] = []
  var record = WorldRecord()
  var now: Instant
  /// From the end of the script on nothing fails any more.
  var isHealed = false
  private var agenda: [Chore] = []
  private var flights: [Flight] = []
  /// Nodes whose courier has nothing to lease before something else happens.
  private var idle: Set<Int> = []
  /// Destinations that cannot be reached, until when.
  private var down: [String: Instant] = [:]
  private var known: (deadline: Instant?, due: Instant?)?
  private let healing: Instant
  static let sender = Sender(name: "world", authorities: [], types: [])

  private struct Chore {
    enum What {
      case send(Event)
      case restart(Int)
      case setClock(Int, Int64)
      case reload(Int, isChanged: Bool)
      case acknowledge(String, Acknowledgement)
      /// A report comes in about a message that has arrived somewhere.
      case report(ReceiptReport)
      /// Somebody at the call desk takes a card, or says how the call ended.
      case takeCall(String)
      case endCall(String, CallEnding)
      case complete
      case outage(String)
      case crash(Int)
    }
    let at: Instant
    let what: What
  }

  /// An attempt whose answer is still on its way.
  private struct Flight {
    let node: Int
    let generation: Int
    let lease: Lease
    let startedAt: Instant
    let outcome: Delivery.Outcome
    let replyAt: Instant
  }

  private init(seed: UInt64, _ routes: WorldRoutes) throws {
    self.routes = routes
    ledger = try SQLiteLedger()
    chance = Chance(seed)
    let begin = Instant(seconds: 1_774_569_600 + Int64(chance.int(0...300)) * 86_400)
    now = begin
    let script = Script(chance, from: begin)
    healing = script.end.advanced(bySeconds: 3600)
    agenda = script.sendings.map { Chore(at: $0.at, what: .send($0.event)) }
    for number in 0..<chance.int(1...3) { nodes.append(Node(number, ledger, routes.usual, chance, begin)) }
    planFaults(from: begin)
  }

  private mutating func planFaults(from begin: Instant) {
    let span = Int((healing.seconds - begin.seconds))
    func sometime() -> Instant { begin.advanced(bySeconds: Int64(chance.int(0...span))) }
    for node in nodes.indices {
      for _ in 0..<chance.int(0...2) {
        let at = sometime()
        agenda.append(Chore(at: at, what: .setClock(node, Int64(chance.int(-5400...5400)))))
        agenda.append(Chore(at: at.advanced(bySeconds: Int64(chance.int(60...40_000))), what: .setClock(node, 0)))
      }
      for _ in 0..<chance.int(0...2) { agenda.append(Chore(at: sometime(), what: .crash(node))) }
      if chance.once(in: 3) {
        agenda.append(Chore(at: sometime(), what: .reload(node, isChanged: true)))
        agenda.append(Chore(at: sometime(), what: .reload(node, isChanged: false)))
      }
    }
    for _ in 0..<chance.int(0...2) {
      let place = chance.one(of: ["mail:derby.example", "mail:derbyshire-police.example"])
      agenda.append(Chore(at: sometime(), what: .outage(place)))
    }
    for _ in 0..<chance.int(0...3) { agenda.append(Chore(at: sometime(), what: .complete)) }
  }

  // MARK: The way of the world

  private mutating func play() async throws {
    for node in nodes.indices { await attempt(node) { try await $0.timekeeper.keepCalendar() } }
    let drained = healing.advanced(bySeconds: 4 * 3600)
    let end = healing.advanced(bySeconds: 12 * 86_400)
    var isDrained = false
    while true {
      if !isHealed, now >= healing {
        try await heal()
        known = nil
      }
      if !isDrained, now >= drained {
        isDrained = true
        try await checkDrained()
      }
      let choices = try await possible()
      if let choice = choices.isEmpty ? nil : chance.one(of: choices) {
        try await perform(choice)
        known = nil
      } else {
        guard let next = try await nextMoment(), next <= end else { return now = end }
        now = max(next, now)
        idle = []
        for node in nodes { node.set(now) }
      }
    }
  }

  private enum Choice {
    case task(Int)
    case reply(Int)
    case turn(Int)
    case courier(Int)
  }

  /// When the ledger has something to do next; asked again only after something has happened.
  private mutating func waits() async throws -> (deadline: Instant?, due: Instant?) {
    if let known { return known }
    let found = (try await ledger.nextDeadline(), try await ledger.nextDue(excluding: []))
    known = found
    return found
  }

  /// Everything that could happen at this instant.
  private mutating func possible() async throws -> [Choice] {
    var choices: [Choice] = []
    for (index, task) in agenda.enumerated() where task.at <= now { choices.append(.task(index)) }
    for (index, flight) in flights.enumerated() where flight.replyAt <= now { choices.append(.reply(index)) }
    let (deadline, due) = try await waits()
    for node in nodes where node.isUp {
      if let deadline, deadline <= node.clock.now() { choices.append(.turn(node.number)) }
      if let due, due <= node.clock.now(), !idle.contains(node.number) { choices.append(.courier(node.number)) }
    }
    return choices
  }

  /// When something can happen next, by the clocks of the nodes that are up.
  private mutating func nextMoment() async throws -> Instant? {
    let next = try await waits()
    let waits = [next.deadline, next.due].compactMap(\.self)
    let skews = nodes.filter(\.isUp).map(\.skew)
    var moments = agenda.map(\.at) + flights.map(\.replyAt)
    for wait in waits { moments += skews.map { wait.advanced(bySeconds: -$0) } }
    // A courier that found nothing to lease although something is due looks again soon.
    if !idle.isEmpty, flights.isEmpty { moments.append(await nextLook()) }
    return moments.filter { $0 > now }.min()
  }

  /// In two seconds, or when the first pause of a destination that rests is over.
  private func nextLook() async -> Instant {
    let soon = now.advanced(bySeconds: 2)
    var probes: [Instant] = []
    for node in nodes where idle.contains(node.number) && node.isUp {
      guard let probe = await node.courier.nextProbe(after: node.clock.now()) else { return soon }
      probes.append(probe.advanced(bySeconds: -node.skew))
    }
    return max(soon, probes.min() ?? soon)
  }

  private mutating func perform(_ choice: Choice) async throws {
    switch choice {
    case .task(let index): try await perform(agenda.remove(at: index))
    case .reply(let index):
      let flight = flights.remove(at: index)
      guard nodes[flight.node].isUp, nodes[flight.node].generation == flight.generation else { return }
      await attempt(flight.node) {
        _ = try await $0.courier.conclude(flight.lease, flight.outcome, startedAt: flight.startedAt)
      }
      idle = []
    case .turn(let number):
      await attempt(number) { _ = try await $0.timekeeper.turn() }
      idle = []
    case .courier(let number):
      guard let leases = await attempt(number, { try await $0.courier.take() }) else { return }
      if leases.isEmpty { idle.insert(number) }
      for lease in leases { deliver(lease, by: nodes[number]) }
    }
  }

  /// What a node does, if nothing hits it; a crash takes with it whatever the node had under way.
  @discardableResult
  private mutating func attempt<T>(_ number: Int, _ body: (Node) async throws -> T) async -> T? {
    do { return try await body(nodes[number]) } catch let fault as FaultyLedger.Fault {
      record.count(fault.rawValue)
      if fault.isCrash { crash(number) }
    } catch { record.violate("\(type(of: error)) that no fault explains: \(error)") }
    return nil
  }

  private mutating func crash(_ number: Int) {
    guard nodes[number].isUp else { return }
    nodes[number].isUp = false
    record.count("node lost")
    flights.removeAll { $0.node == number }
    agenda.append(Chore(at: now.advanced(bySeconds: Int64(chance.int(1...7200))), what: .restart(number)))
  }

  private mutating func heal() async throws {
    isHealed = true
    for node in nodes.indices {
      nodes[node].heal()
      nodes[node].skew = 0
      nodes[node].set(now)
      nodes[node].inUse.replace(with: routes.usual)
      if !nodes[node].isUp { restart(node) }
      await attempt(node) { try await $0.timekeeper.keepCalendar() }
    }
    agenda.removeAll { if case .setClock = $0.what { true } else { false } }
  }

  private mutating func restart(_ number: Int) {
    nodes[number] = nodes[number].reborn(ledger, routes.usual, chance, now)
    if isHealed { nodes[number].heal() }
  }

  /// Liveness: what was owed when the faults ended has come to its end within four hours.
  private mutating func checkDrained() async throws {
    let open = try await ledger.notifications(NotificationFilter(states: [.queued, .deferred], limit: 100_000))
    for item in open where item.createdAt < healing {
      record.violate("\(item.notification.id) is still \(item.state.rawValue) four hours after the faults ended")
    }
  }
}

extension World {
  private mutating func perform(_ task: Chore) async throws {
    switch task.what {
    case .send(let event): await send(event)
    case .restart(let number): if !nodes[number].isUp { restart(number) }
    case .setClock(let number, let skew):
      if skew != 0 { record.count(skew > 0 ? "clock ahead" : "clock behind") }
      nodes[number].skew = skew
      nodes[number].set(now)
    case .reload(let number, let isChanged):
      record.count("reload")
      nodes[number].inUse.replace(with: isChanged ? routes.changed : routes.usual)
      if nodes[number].isUp { await attempt(number) { try await $0.timekeeper.keepCalendar() } }
    case .acknowledge(let id, let words): await acknowledge(id, words)
    case .report(let report):
      guard let number = anybody else { return }
      record.count("report \(report.receipt.kind.rawValue)")
      await attempt(number) { _ = try await $0.ledger.receive(report, at: $0.clock.now()) }
    case .takeCall(let id):
      guard let number = anybody,
        await attempt(number, { try await $0.ledger.takeCall(id, by: "desk", at: $0.clock.now()) }) == true
      else { return }
      record.count("call taken")
      let ending: CallEnding = chance.once(in: 3) ? .notReached("engaged") : .told("somebody", willDo: nil)
      agenda.append(Chore(at: now.advanced(bySeconds: Int64(chance.int(20...900))), what: .endCall(id, ending)))
    case .endCall(let id, let ending):
      guard let number = anybody else { return }
      await attempt(number) { _ = try await $0.ledger.endCall(id, ending, by: "desk", at: $0.clock.now()) }
    case .complete:
      let open = try await ledger.duties(DutyFilter(openOnly: true, limit: 50))
      guard !open.isEmpty, let number = anybody else { return }
      let duty = chance.one(of: open)
      await attempt(number) {
        _ = try await $0.ledger.completeDuty(duty.id, at: $0.clock.now(), by: "a person", evidence: "done")
      }
    case .outage(let place):
      record.count("destination down")
      down[place] = now.advanced(bySeconds: Int64(chance.int(600...9000)))
    case .crash(let number): if !isHealed { crash(number) }
    }
    idle = []
  }

  private var anybody: Int? {
    let up = nodes.filter(\.isUp).map(\.number)
    return up.isEmpty ? nil : chance.one(of: up)
  }

  /// A sender posts until it is answered.
  private mutating func send(_ event: Event) async {
    guard let number = anybody else { return again(event) }
    do {
      let submission = try await nodes[number].intake.submit(event.cloudEvent, from: World.sender)
      if submission.isRepeat { record.count("duplicate event") }
      record.answered[event.id] = submission.id
    } catch let fault as FaultyLedger.Fault {
      record.count(fault.rawValue)
      if fault.isCrash { crash(number) }
      again(event)
    } catch IntakeRefusal.invalid(let problems) {
      // Sent before the report that names the child: it has to wait for it.
      if now.seconds - event.time.seconds > 40 * 86_400 { record.violate("\(event.id) is refused: \(problems)") }
      again(event)
    } catch { record.violate("\(event.id) is refused: \(error)") }
  }

  private mutating func again(_ event: Event) {
    agenda.append(Chore(at: now.advanced(bySeconds: Int64(chance.int(5...120))), what: .send(event)))
  }

  private mutating func acknowledge(_ id: String, _ words: Acknowledgement) async {
    guard let number = anybody else { return }
    let done = await attempt(number) { try await $0.ledger.acknowledge(id, words, at: $0.clock.now()) }
    guard done == true, let until = words.until, chance.once(in: 2) else { return }
    record.count("promise")
    let kept = Acknowledgement(by: words.by, actor: words.actor, willDo: nil, until: nil)
    let at = until.advanced(bySeconds: Int64(chance.int(-3600...3600)))
    agenda.append(Chore(at: max(at, now.advanced(bySeconds: 1)), what: .acknowledge(id, kept)))
  }

  // MARK: Those who are told

  private mutating func deliver(_ lease: Lease, by node: Node) {
    guard let channel = lease.channel else { return }
    if case .phone = channel { return layCard(lease, by: node) }
    let isDown = down[channel.destination].map { $0 > now } ?? false
    let fate = isHealed ? Fate.taken : isDown ? .unreachable : chance.weighted(Fate.weights)
    record.count(fate.rawValue)
    let startedAt = node.clock.now()
    let outcome: Delivery.Outcome =
      switch fate {
      case .taken, .slow, .veryLate: .accepted(Receipt(.accepted, from: .smtp, "taken"))
      case .replyLost: .deferred(Fault(.timeout, "no answer"), retryAfter: nil)
      case .unreachable: .deferred(Fault(.connection, "unreachable"), retryAfter: nil)
      case .refused: .rejected(Fault(.refused, "refused"))
      case .gone: .rejected(Fault(.gone, "gone"))
      }
    if fate.arrives { arrive(lease, over: channel) }
    let wait: Int =
      switch fate {
      case .slow: chance.int(1...100)
      case .veryLate: chance.int(170...900)
      case .replyLost: chance.int(20...60)
      default: 0
      }
    flights.append(
      Flight(
        node: node.number, generation: node.generation, lease: lease, startedAt: startedAt, outcome: outcome,
        replyAt: now.advanced(bySeconds: Int64(wait))))
  }

  /// A card lies on the desk until somebody takes it, or nobody does.
  private mutating func layCard(_ lease: Lease, by node: Node) {
    record.count("call card")
    flights.append(
      Flight(
        node: node.number, generation: node.generation, lease: lease, startedAt: node.clock.now(),
        outcome: .waiting(Receipt(.queued, from: .desk, "card")), replyAt: now))
    guard chance.once(in: 2) else { return }
    let at = now.advanced(bySeconds: Int64(chance.int(10...1200)))
    agenda.append(Chore(at: at, what: .takeCall(lease.notification.id)))
  }

  /// What servers and readers report of a mail, at any time, sometimes twice, true or not.
  private mutating func reports(on lease: Lease) {
    guard !isHealed, chance.once(in: 3) else { return }
    let (kind, status): (ReceiptKind, String?) = chance.weighted([
      ((.delivered, nil), 12), ((.read, nil), 5), ((.relayed, nil), 3), ((.delayed, "4.4.7"), 4),
      ((.failed, "5.1.1"), 4), ((.failed, "4.2.2"), 3),
    ])
    let report = ReceiptReport(
      notification: lease.notification.id,
      receipt: Receipt(
        kind, from: .deliveryReport, "\(now.milliseconds)", channel: lease.delivery.channelIndex), status: status)
    for _ in 0..<(chance.once(in: 5) ? 2 : 1) {
      agenda.append(Chore(at: now.advanced(bySeconds: Int64(chance.int(1...5000))), what: .report(report)))
    }
  }

  private mutating func arrive(_ lease: Lease, over channel: Channel) {
    let notification = lease.notification
    reports(on: lease)
    record.arrivals.append(
      Arrival(
        notification: notification.id, lane: notification.lane,
        contact: notification.contact(at: lease.delivery.channelIndex) ?? ""))
    guard notification.confirm == .acknowledged, chance.once(in: 2) else { return }
    let at = now.advanced(bySeconds: Int64(chance.int(30...9000)))
    let until = chance.once(in: 3) ? at.advanced(bySeconds: Int64(chance.int(1800...20_000))) : nil
    agenda.append(
      Chore(
        at: at,
        what: .acknowledge(
          notification.id,
          Acknowledgement(by: "a person", actor: "world", willDo: until.map { _ in "go there" }, until: until))))
  }
}
