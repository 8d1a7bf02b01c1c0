import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/v1/notifications`, `/v1/episodes` and `/v1/duties`: what a sender's own events made owed.
struct OutboxAPI: Sendable {
  let ledger: any Ledger
  let gate: SenderGate
  let time: any TimeSource
  let answering: Answering

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/notifications", [.get: list])
    router.declare("/v1/notifications/:id", [.get: show])
    router.declare("/v1/notifications/:id/retry", [.post: { try await act(.retry, $0, $1) }])
    router.declare("/v1/notifications/:id/cancel", [.post: { try await act(.cancel, $0, $1) }])
    router.declare("/v1/notifications/:id/acknowledge", [.post: acknowledge])
    router.declare("/v1/episodes/:reference", [.get: episode])
    router.declare("/v1/duties", [.get: duties])
    router.declare("/v1/duties/:id/complete", [.post: complete])
  }

  private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let query = request.uri.queryParameters
    var states: Set<NotificationState>?
    if let words = query["state"] {
      let named = words.split(separator: ",").map { NotificationState(rawValue: String($0)) }
      guard !named.isEmpty, !named.contains(nil) else {
        let all = NotificationState.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(.badRequest, "Unknown state", "state is one or more of \(all), with commas between them")
      }
      states = Set(named.compactMap(\.self))
    }
    let limit = try Paging.limit(query["limit"])
    let found = try await ledger.notifications(
      NotificationFilter(
        event: query["event"].map(String.init), episode: query["episode"].map(String.init), scope: Scope(sender),
        states: states, after: query["after"].map(String.init), limit: limit))
    return Answer.tagged([
      "notifications": .array(found.map(\.document)),
      "next": .optional(found.count == limit ? found.last?.notification.id : nil),
    ])
  }

  private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let (record, sender, _) = try await visible(request, context)
    try await gate.viewed(record.notification.id, by: sender.name)
    return Answer.tagged(try await document(of: record))
  }

  private func document(of record: NotificationRecord) async throws -> JSONValue {
    let id = record.notification.id
    let attempts = try await ledger.attempts(of: id)
    let receipts = try await ledger.receipts(of: id)
    return record.document.merged(with: [
      "attempts": .array(attempts.map(\.document)), "receipts": .array(receipts.map(\.document)),
    ])
  }

  /// A notification that the caller's own event made owed, or that is for an agency it answers for.
  private func visible(
    _ request: Request, _ context: GatewayContext
  ) async throws -> (record: NotificationRecord, sender: Sender, owner: String) {
    let sender = try await gate.sender(of: request, context)
    guard let (record, owner) = try await answering.find(try context.parameters.require("id")),
      Scope(sender).includes(
        sender: owner, agency: record.notification.agency, role: record.notification.role)
    else { throw Problem.notFound }
    return (record, sender, owner)
  }

  private func act(_ action: OperatorAction, _ request: Request, _ context: GatewayContext) async throws
    -> Response
  {
    let (record, sender, owner) = try await visible(request, context)
    guard owner == sender.name else {
      throw Problem(.forbidden, "Forbidden", "Only whoever sent the event can \(action.rawValue) its messages")
    }
    let reason = try await ActionBody.reason(request)
    let id = record.notification.id
    guard try await ledger.act(action, on: id, at: time.now(), by: sender.name, reason: reason) else {
      throw Problem(
        .conflict, "Not possible", "A notification that is \(record.state.rawValue) cannot be \(action.rawValue)ed now")
    }
    answering.wake()
    guard let now = try await ledger.notification(id) else { throw Problem.notFound }
    return Answer.json(now.document)
  }

  private func acknowledge(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let (record, sender, owner) = try await visible(request, context)
    let agency = record.notification.agency
    guard sender.mayAnswer(for: agency, record.notification.role, toldBy: owner) else {
      throw Problem(
        .forbidden, "Forbidden",
        "This key does not answer for \(agency ?? "this recipient"): make one with `waypost sources add --agency`")
    }
    let words = try await ActionBody(request, at: time.now(), until: true)
    let acknowledgement = Acknowledgement(
      by: words.by ?? sender.name, actor: sender.name, willDo: words.willDo, until: words.until,
      source: .api)
    let id = record.notification.id
    guard try await answering.acknowledge(id, acknowledgement) else {
      throw Problem(
        .conflict, "Not possible", "A notification that is \(record.state.rawValue) cannot be acknowledged")
    }
    guard let now = try await ledger.notification(id) else { throw Problem.notFound }
    return Answer.json(try await document(of: now))
  }

  private func complete(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    guard let duty = try await ledger.duty(try context.parameters.require("id")),
      let event = try await ledger.event(duty.event),
      Scope(sender).includes(sender: event.sender, agency: duty.agency, role: duty.role)
    else { throw Problem.notFound }
    guard sender.mayAnswer(for: duty.agency, duty.role, toldBy: event.sender) else {
      throw Problem(
        .forbidden, "Forbidden",
        "This key does not answer for \(duty.agency ?? "whoever owes this"): make one with `waypost sources add --agency`"
      )
    }
    let words = try await ActionBody(request, at: time.now(), until: false)
    let actor = [sender.name, words.by].compactMap(\.self).joined(separator: ", ")
    guard
      try await ledger.completeDuty(duty.id, at: time.now(), by: actor, evidence: words.evidence ?? "none given")
    else { throw Problem(.conflict, "Not possible", "A duty that is \(duty.state.rawValue) cannot be completed") }
    guard let now = try await ledger.duty(duty.id) else { throw Problem.notFound }
    return Answer.json(now.document)
  }

  private func episode(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let reference = try context.parameters.require("reference").removingPercentEncodingStrictly ?? ""
    guard let episode = try await ledger.episode(reference) else { throw Problem.notFound }
    let events = episode.events.filter { $0.sender == sender.name }
    let notifications = try await ledger.notifications(
      NotificationFilter(episode: reference, scope: Scope(sender), limit: 1000))
    let duties = try await ledger.duties(DutyFilter(episode: reference, scope: Scope(sender), limit: 1000))
    guard !events.isEmpty || !notifications.isEmpty || !duties.isEmpty else { throw Problem.notFound }
    try await gate.viewed(reference, by: sender.name)
    return Answer.tagged([
      "reference": .string(reference), "reportedAt": .optional(episode.reportedAt?.rfc3339),
      "endedAt": .optional(episode.endedAt?.rfc3339), "events": .array(events.map(\.summary)),
      "notifications": .array(notifications.map(\.document)), "duties": .array(duties.map(\.document)),
    ])
  }

  private func duties(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let query = request.uri.queryParameters
    guard [nil, "true", "false"].contains(query["open"]) else {
      throw Problem(.badRequest, "Bad filter", "open is true or false")
    }
    let found = try await ledger.duties(
      DutyFilter(
        episode: query["episode"].map(String.init), scope: Scope(sender), openOnly: query["open"] == "true",
        limit: 1000))
    return Answer.tagged(["duties": .array(found.map(\.document))])
  }
}
