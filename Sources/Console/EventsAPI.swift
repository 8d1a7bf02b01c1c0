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

  /// Largest body taken, in bytes.
  static let bodyLimit = 4 * 1024 * 1024
  static let batchLimit = 500

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
      let submission = try await submit(document, sender)
      var response = Answer.json(submission.document, status: .accepted)
      response.headers[.location] = "/v1/events/\(submission.id)"
      return response
    case .batch(let documents):
      return Answer.json(.array(try await submitAll(documents, sender).map(\.document)), status: .accepted)
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    let tooLarge = Problem(
      .contentTooLarge, "Body too large", "An event may have \(EventsAPI.bodyLimit) bytes; send pictures as references")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > EventsAPI.bodyLimit {
      throw tooLarge
    }
    do {
      let buffer = try await request.body.collect(upTo: EventsAPI.bodyLimit)
      return Array(buffer.readableBytesView)
    } catch is NIOTooManyBytesError { throw tooLarge }
  }

  private func submit(_ document: JSONValue, _ sender: Sender, at place: String = "") async throws -> Submission {
    do {
      return try await gate.inTurn(sender) { try await intake.submit(document, from: sender) }
    } catch let refusal as IntakeRefusal {
      throw Problem(refusal, at: place)
    }
  }

  /// All events of a batch are checked before the first is taken.
  private func submitAll(_ documents: [JSONValue], _ sender: Sender) async throws -> [Submission] {
    guard documents.count <= EventsAPI.batchLimit else {
      throw Problem(.contentTooLarge, "Batch too large", "A batch may have \(EventsAPI.batchLimit) events")
    }
    var wrong: [FieldProblem] = []
    for (index, document) in documents.enumerated() {
      do { _ = try intake.check(document) } catch {
        wrong += error.problems.map { FieldProblem("\(index).\($0.pointer)", $0.reason, $0.remedy) }
      }
    }
    guard wrong.isEmpty else { throw Problem(.invalid(wrong)) }
    var done: [Submission] = []
    for (index, document) in documents.enumerated() {
      done.append(try await submit(document, sender, at: "event \(index) of the batch: "))
    }
    return done
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

extension Problem {
  init(_ refusal: IntakeRefusal, at place: String = "") {
    switch refusal {
    case .invalid(let problems):
      self.init(
        .unprocessableContent, "Not a valid event", place + "\(problems.count) fields are wrong; nothing was kept",
        errors: problems)
    case .forbidden(let why): self.init(.forbidden, "Forbidden", place + why)
    case .conflict:
      self.init(
        .conflict, "Conflict",
        place + "this (source, id) was sent before with another body; use a new id for a new event")
    case .busy:
      self.init(
        .serviceUnavailable, "Busy", place + "too many events about this child at once; try again", retryAfter: 1)
    }
  }
}

extension Submission {
  var document: JSONValue {
    [
      "id": .string(id), "plan": .string("/v1/events/\(id)/plan"), "notifications": .number(Double(notifications)),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }
}
