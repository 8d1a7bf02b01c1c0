package import Logging
import Routing

/// Tells the system of every desk that has a webhook, once a day, the highest number that it was ever given: what it lacks
/// of them it can notice by itself, and where the heartbeat does not come, silence means nothing.
///
/// Guarantee: one heartbeat a desk and day, also over restarts; one that was cut off goes again under the same id. It is
/// signed and sent as every webhook. One that nobody takes is alarmed. Heartbeats stand outside the outbox: they are no
/// messages, hold nothing of a child, and delay none.
package struct Heartbeat: Sendable {
  let ledger: any Ledger & RecipientLedger
  let inUse: RoutesInUse
  /// The way of webhooks; nil where the gateway has none.
  let transport: (any Transport)?
  let time: any TimeSource
  let logger: Logger

  package init(
    ledger: any Ledger & RecipientLedger, routes: RoutesInUse, transports: [any Transport], time: any TimeSource,
    logger: Logger
  ) {
    self.ledger = ledger
    inUse = routes
    transport = transports.first { $0.channel == "webhook" }
    self.time = time
    self.logger = logger
  }

  package static let type = "heartbeat"
  /// 06:00 in London: what is missing is noticed before the day's work begins, and hours after the clocks change.
  private static let secondOfDay = 6 * 3600
  /// Seconds before each further try: a receiver that restarts is not alarmed.
  private static let pauses: [Int64] = [60, 300, 900]
  /// So many are under way at a time.
  private static let width = 16

  /// Runs until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      let next: Instant
      do {
        try await beat()
        next = Heartbeat.next(after: time.now())
      } catch is CancellationError { return } catch {
        logger.error("heartbeats wait: the ledger does not answer", metadata: ["error": "\(error)"])
        next = time.now().advanced(bySeconds: 60)
      }
      do { try await rest(until: next) } catch { return }
    }
  }

  /// Some clocks wake their sleepers early. Throws `CancellationError`.
  private func rest(until instant: Instant) async throws {
    while time.now() < instant { try await time.sleep(until: instant) }
  }

  /// Sends what is due. Throws the ledger's errors, and `CancellationError` between two tries.
  package func beat() async throws {
    guard let transport else { return }
    let now = time.now()
    let desks = Heartbeat.desks(of: inUse.current.book.directory)
    let due = Heartbeat.last(until: now)
    let records = try await ledger.heartbeatsDue(of: desks.map(\.recipient), before: due, at: now)
    let channels = Dictionary(desks.map { ($0.recipient, $0.channel) }, uniquingKeysWith: { first, _ in first })
    let gateway = inUse.current.renderer.gateway
    var waiting = records.compactMap { record in
      channels[record.recipient].map { Beat(record, over: $0, due: due, at: now, from: gateway) }
    }
    for (attempt, pause) in ([0] + Heartbeat.pauses).enumerated() where !waiting.isEmpty {
      try await rest(until: time.now().advanced(bySeconds: pause))
      waiting = try await send(waiting, attempt + 1, over: transport)
    }
    for beat in waiting { try await end(beat, "nobody has taken it") }
  }

  /// Gives those that have to be tried again.
  private func send(_ beats: [Beat], _ attempt: Int, over transport: any Transport) async throws -> [Beat] {
    let closed = try await ledger.endpoints().closed
    var again: [Beat] = []
    for start in stride(from: 0, to: beats.count, by: Heartbeat.width) {
      let batch = beats[start..<min(start + Heartbeat.width, beats.count)]
      let outcomes = await withTaskGroup(of: (Beat, Outcome).self) { group in
        for beat in batch {
          group.addTask {
            if let endpoint = beat.channel.endpoint, closed.contains(endpoint) {
              return (beat, .rejected(.endpointIsOff))
            }
            return (
              beat,
              await transport.deliver(
                Dispatch(
                  notification: beat.notification, channel: beat.channel, attempt: attempt, at: self.time.now()))
            )
          }
        }
        return await group.reduce(into: [(Beat, Outcome)]()) { $0.append($1) }
      }
      // A gateway that stops breaks off what is open: that is nobody's failure, and the next start tries again.
      try Task.checkCancellation()
      for (beat, outcome) in outcomes {
        switch outcome {
        case .accepted, .waiting: try await end(beat, nil)
        case .deferred: again.append(beat)
        case .rejected(let fault): try await end(beat, "refused (\(fault))")
        }
      }
    }
    return again
  }

  private func end(_ beat: Beat, _ failure: String?) async throws {
    let now = time.now()
    if let failure {
      let alarm = Alarm(
        kind: .heartbeatFailed, identifier: beat.recipient.id,
        text: "the heartbeat has not arrived: \(failure); messages to this desk may not either")
      try await ledger.raise(alarm, at: now)
      logger.report(alarm)
    }
    try await ledger.endHeartbeat(of: beat.recipient, at: now)
  }

  /// The last 06:00 in London that is not after `now`.
  private static func last(until now: Instant) -> Instant {
    let day = London.date(at: now)
    let today = London.instant(day, secondOfDay: secondOfDay)
    return today <= now ? today : London.instant(day.adding(days: -1), secondOfDay: secondOfDay)
  }

  private static func next(after now: Instant) -> Instant {
    London.instant(London.date(at: last(until: now)).adding(days: 1), secondOfDay: secondOfDay)
  }

  private static func desks(of directory: Directory) -> [(recipient: Recipient, channel: Channel)] {
    directory.agencies.flatMap { agency in
      agency.desks.values.sorted { $0.role.index < $1.role.index }.compactMap { desk in
        guard let channel = desk.channels.first(where: { $0.endpoint != nil }),
          let recipient = Recipient(agency: agency.id, role: desk.role.name)
        else { return nil }
        return (recipient, channel)
      }
    }
  }
}

/// One heartbeat to one desk, written once for all its tries.
private struct Beat: Sendable {
  let recipient: Recipient
  let channel: Channel
  let notification: Notification

  init(_ record: RecipientRecord, over channel: Channel, due: Instant, at now: Instant, from gateway: String) {
    recipient = record.recipient
    self.channel = channel
    let id = Identifiers.heartbeat(recipient: record.recipient.id, due: due.seconds)
    let body: JSONValue = [
      "specversion": "1.0", "id": .string(id), "source": .string("https://\(gateway)/"),
      "type": .string(Event.typePrefix + Heartbeat.type), "time": .string(now.rfc3339),
      "subject": .string(record.recipient.id), "datacontenttype": "application/json",
      "data": [
        "recipient": .string(record.recipient.id), "highest": .number(Double(record.highest)),
        "since": .string(record.heartbeatAt.rfc3339),
      ],
    ]
    notification = Notification(
      id: id, event: "", eventType: Heartbeat.type, episode: "", role: record.recipient.role, relation: "",
      agency: record.recipient.agency, contact: nil, channels: [channel], urgency: .routine, isPressing: false,
      confirm: .accepted, within: 0, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(subject: "", text: "", html: "", body: body.serialized), isExercise: false,
      initialState: .queued)
  }
}
