import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/v1/notifications`, `/v1/episodes` and `/v1/duties`: what a sender's own events made owed.
struct OutboxAPI: Sendable {
  let ledger: any Ledger
  let gate: SenderGate
  let time: any TimeSource
  let outbox: Signal

  func add(to router: Hummingbird.Router<BasicRequestContext>) {
    router.declare("/v1/notifications", [.get: list])
    router.declare("/v1/notifications/:id", [.get: show])
    router.declare("/v1/notifications/:id/retry", [.post: { try await act(.retry, $0, $1) }])
    router.declare("/v1/notifications/:id/cancel", [.post: { try await act(.cancel, $0, $1) }])
    router.declare("/v1/episodes/:reference", [.get: episode])
    router.declare("/v1/duties", [.get: duties])
  }

  private func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let sender = try await gate.sender(of: request)
    let query = request.uri.queryParameters
    var states: Set<NotificationState>?
    if let words = query["state"] {
      states = Set(words.split(separator: ",").compactMap { NotificationState(rawValue: String($0)) })
      if states?.isEmpty ?? true {
        throw Problem(.badRequest, "Unknown state", "Use states of the contract, comma-separated")
      }
    }
    let limit = try Self.limit(query["limit"].map(String.init))
    let found = try await ledger.notifications(
      NotificationFilter(
        event: query["event"].map(String.init), episode: query["episode"].map(String.init), sender: sender.name,
        states: states, after: query["after"].map(String.init), limit: limit))
    return Answer.json([
      "notifications": .array(found.map(\.document)),
      "next": .optional(found.count == limit ? found.last?.notification.id : nil),
    ])
  }

  private static func limit(_ text: String?) throws -> Int {
    guard let text else { return 100 }
    guard let limit = Int(text), (1...1000).contains(limit) else {
      throw Problem(.badRequest, "Bad limit", "limit is 1 to 1000")
    }
    return limit
  }

  private func show(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let record = try await own(request, context)
    let attempts = try await ledger.attempts(of: record.notification.id)
    guard case .object(var members) = record.document else { throw Problem.notFound }
    members["attempts"] = .array(attempts.map(\.document))
    return Answer.json(.object(members))
  }

  private func own(_ request: Request, _ context: BasicRequestContext) async throws -> NotificationRecord {
    let sender = try await gate.sender(of: request)
    guard let record = try await ledger.notification(try context.parameters.require("id")),
      let event = try await ledger.event(record.notification.event), event.sender == sender.name
    else { throw Problem.notFound }
    return record
  }

  private func act(_ action: OperatorAction, _ request: Request, _ context: BasicRequestContext) async throws
    -> Response
  {
    let sender = try await gate.sender(of: request)
    let record = try await own(request, context)
    let buffer = try await request.body.collect(upTo: 16 * 1024)
    let reason = (try? JSONValue(parsing: buffer.readableBytesView))?["reason"]?.text ?? "no reason given"
    let id = record.notification.id
    guard try await ledger.act(action, on: id, at: time.now(), by: sender.name, reason: reason) else {
      throw Problem(
        .conflict, "Not possible", "A notification that is \(record.state.rawValue) cannot be \(action.rawValue)ed now")
    }
    outbox.fire()
    guard let now = try await ledger.notification(id) else { throw Problem.notFound }
    return Answer.json(now.document)
  }

  private func episode(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let sender = try await gate.sender(of: request)
    let reference = try context.parameters.require("reference").removingPercentEncodingStrictly ?? ""
    guard let episode = try await ledger.episode(reference) else { throw Problem.notFound }
    let events = episode.events.filter { $0.sender == sender.name }
    guard !events.isEmpty else { throw Problem.notFound }
    let notifications = try await ledger.notifications(
      NotificationFilter(episode: reference, sender: sender.name, limit: 1000))
    let duties = try await ledger.duties(DutyFilter(episode: reference, sender: sender.name, limit: 1000))
    return Answer.json([
      "reference": .string(reference), "reportedAt": .optional(episode.reportedAt?.rfc3339),
      "endedAt": .optional(episode.endedAt?.rfc3339), "events": .array(events.map(\.summary)),
      "notifications": .array(notifications.map(\.document)), "duties": .array(duties.map(\.document)),
    ])
  }

  private func duties(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let sender = try await gate.sender(of: request)
    let found = try await ledger.duties(
      DutyFilter(
        episode: request.uri.queryParameters["episode"].map(String.init), sender: sender.name,
        openOnly: request.uri.queryParameters["open"] == "true", limit: 1000))
    return Answer.json(["duties": .array(found.map(\.document))])
  }
}
