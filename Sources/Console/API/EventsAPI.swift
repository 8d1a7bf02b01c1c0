import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import Routing

/// `/v1/events`: the way in over HTTP, and what became of what came in.
struct EventsAPI: Sendable {
  let intake: Intake
  let ledger: any Ledger
  let gate: SenderGate

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/events", [.post: post])
    router.declare("/v1/events/:id", [.get: show])
    router.declare("/v1/events/:id/plan", [.get: plan])
  }

  private func post(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let bytes = try await body(of: request)
    switch try CloudEventBinding.read(bytes, headers: request.headers) {
    case .one(let document):
      let submission = try await gate.inTurn(sender) { try await intake.take(document, from: sender) }
      var response = Answer.json(submission.json, status: .accepted)
      response.headers[.location] = "/v1/events/\(submission.id)"
      return response
    case .batch(let documents):
      let submissions = try await gate.inTurn(sender) { try await intake.take(batch: documents, from: sender) }
      return Answer.json(.array(submissions.map(\.json)), status: .accepted)
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Intake.sizeLimit {
      throw Intake.tooLarge
    }
    return Array(try await request.bytes(upTo: Intake.sizeLimit, orElse: Intake.tooLarge).readableBytesView)
  }

  private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let event = try await own(request, context)
    let notifications = try await ledger.notifications(NotificationFilter(event: event.id, limit: 1000))
    let duties = try await ledger.duties(DutyFilter(event: event.id, limit: 1000))
    return Answer.tagged(event.document(notifications, duties))
  }

  private func plan(_ request: Request, _ context: GatewayContext) async throws -> Response {
    Answer.tagged(try await own(request, context).plan, type: "application/json")
  }

  private func own(_ request: Request, _ context: GatewayContext) async throws -> EventRecord {
    let sender = try await gate.sender(of: request, context)
    guard let event = try await ledger.event(try context.parameters.require("id")), event.sender == sender.name else {
      throw Problem.notFound
    }
    try await gate.viewed(event.id, by: sender.name)
    return event
  }
}
