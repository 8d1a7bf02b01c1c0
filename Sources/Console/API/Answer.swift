import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import Routing

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

  /// What a caller asks for again and again: with an entity tag of its bytes (RFC 9110 section 8.8.3).
  static func tagged(_ value: JSONValue, type: String = "application/json") -> Response {
    tagged(value.serialized, type: type)
  }

  static func tagged(_ text: String, type: String) -> Response {
    var response = Answer.text(text, type: type)
    response.headers[.eTag] = "\"\(Identifiers.digest(Array(text.utf8)).prefix(32))\""
    return response
  }
}

/// Answers 304 to whoever has the same already (RFC 9110 section 13.1.2).
struct EntityTagMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let response = try await next(request, context)
    guard request.method == .get, response.status == .ok, let tag = response.headers[.eTag],
      let known = request.headers[.ifNoneMatch]
    else { return response }
    let tags = known.split(separator: ",").map { $0.drop { $0 == " " } }
      .map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0 }.map { $0.filter { $0 != " " } }
    guard tags.contains(tag) || tags.contains("*") else { return response }
    return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-store"])
  }
}
