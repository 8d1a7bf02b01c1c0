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

/// How answers are written.
enum Answer {
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, type: String = "application/json"
  ) -> Response {
    text(value.serialized, status: status, type: type)
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String) -> Response {
    let buffer = ByteBuffer(string: text)
    return Response(
      status: status,
      headers: [.contentType: type, .contentLength: String(buffer.readableBytes), .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: buffer))
  }
}

/// Turns whatever was thrown into a problem document, and keeps the inside of the gateway to itself.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do { return try await next(request, context) } catch let problem as Problem {
      return try problem.response(from: request, context: context)
    } catch let document as ProblemDocument {
      return try Problem(document).response(from: request, context: context)
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
