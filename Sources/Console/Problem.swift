import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Routing

/// An RFC 9457 problem document: what is wrong, every wrong field at once, and the remedy. Never a value that was sent.
struct Problem: Error, HTTPResponseError {
  let status: HTTPResponse.Status
  let title: String
  let detail: String
  var errors: [FieldProblem] = []
  var retryAfter: Int?
  var allow: String?

  init(
    _ status: HTTPResponse.Status, _ title: String, _ detail: String, errors: [FieldProblem] = [],
    retryAfter: Int? = nil, allow: String? = nil
  ) {
    self.status = status
    self.title = title
    self.detail = detail
    self.errors = errors
    self.retryAfter = retryAfter
    self.allow = allow
  }

  var document: JSONValue {
    var members: [String: JSONValue] = [
      "type": "about:blank", "title": .string(title), "status": .number(Double(status.code)), "detail": .string(detail),
    ]
    if !errors.isEmpty {
      members["errors"] = .array(
        errors.map {
          ["pointer": .string($0.pointer), "reason": .string($0.reason), "remedy": .string($0.remedy)]
        })
    }
    return .object(members)
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = Answer.json(document, status: status, type: "application/problem+json")
    if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
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
    do { return try await next(request, context) } catch let problem as Problem {
      await refusals.note(problem, request, context)
      return try problem.response(from: request, context: context)
    } catch let error as HTTPError {
      let problem =
        error.status == .notFound
        ? Problem.notFound : Problem(error.status, error.status.reasonPhrase, error.body ?? error.status.reasonPhrase)
      return try problem.response(from: request, context: context)
    } catch {
      context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
      let problem = Problem(
        .serviceUnavailable, "Service unavailable", "The gateway could not finish this; try again", retryAfter: 5)
      return try problem.response(from: request, context: context)
    }
  }
}
