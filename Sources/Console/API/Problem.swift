import Delivery
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Routing

/// A problem document as an answer over HTTP.
struct Problem: Error, HTTPResponseError {
  let document: ProblemDocument
  private let allow: String?

  var status: HTTPResponse.Status { HTTPResponse.Status(code: document.status) }

  init(_ document: ProblemDocument) {
    self.document = document
    allow = nil
  }

  init(
    _ status: HTTPResponse.Status, _ title: String, _ detail: String, errors: [FieldProblem] = [],
    retryAfter: Int? = nil, allow: String? = nil
  ) {
    document = ProblemDocument(status.code, title, detail, errors: errors, retryAfter: retryAfter)
    self.allow = allow
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = Answer.json(document.json, status: status, type: "application/problem+json")
    if let retryAfter = document.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    if let allow { response.headers[.allow] = allow }
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"waypost\"" }
    return response
  }

  static let notFound = Problem(.notFound, "Not found", "There is nothing here that this key may see")
}

/// Turns whatever was thrown into a problem document, and keeps the inside of the gateway to itself.
struct ProblemMiddleware: RouterMiddleware {
  let refusals: RefusalBook

  func handle(
    _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    do { return try await next(request, context) } catch {
      let problem = ProblemMiddleware.problem(error, context)
      await refusals.note(problem, request, context)
      return try problem.response(from: request, context: context)
    }
  }

  private static func problem(_ error: any Error, _ context: GatewayContext) -> Problem {
    switch error {
    case let problem as Problem: return problem
    case let document as ProblemDocument: return Problem(document)
    case let error as HTTPError where error.status == .notFound: return Problem.notFound
    case let error as HTTPError:
      return Problem(error.status, error.status.reasonPhrase, error.body ?? error.status.reasonPhrase)
    default:
      context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
      return Problem(
        .serviceUnavailable, "Service unavailable", "The gateway could not finish this; try again", retryAfter: 5)
    }
  }
}
