import Delivery
import Hummingbird
import NIOCore
import Routing

/// What somebody says who acknowledges a message or completes a duty: every member may be left out, none may be wrong.
struct ActionBody {
  /// A person's name or office.
  var by: String?
  /// What they will do.
  var willDo: String?
  /// By when: an RFC 3339 instant after now, only together with `willDo`.
  var until: Instant?
  /// What shows that a duty was done.
  var evidence: String?

  /// Largest body taken, in bytes.
  private static let bodyLimit = 16 * 1024

  /// The body of an action by hand. Throws a 413 problem where it is too large.
  static func collect(_ request: Request) async throws -> ByteBuffer {
    try await request.bytes(
      upTo: bodyLimit,
      orElse: Problem(.contentTooLarge, "Body too large", "An action by hand may have \(bodyLimit) bytes"))
  }

  /// Longest text taken, in characters.
  private static let longest = 500

  /// Throws a 400 or 422 problem that names every wrong member. `until` says whether a promise can be made here.
  init(_ request: Request, at now: Instant, until takesPromise: Bool) async throws {
    let buffer = try await ActionBody.collect(request)
    if buffer.readableBytes == 0 { return }
    let document: JSONValue
    do { document = try JSONValue(parsing: buffer.readableBytesView) } catch {
      throw Problem(.badRequest, "Not JSON", "The body cannot be read: \(error.reason)")
    }
    guard let members = document.members else {
      throw Problem(.unprocessableContent, "Not an object", "Send a JSON object, or nothing")
    }
    var wrong: [FieldProblem] = []
    func text(_ name: String) -> String? {
      guard let value = members[name], !value.isNull else { return nil }
      guard let text = value.text, !text.isEmpty, text.count <= ActionBody.longest else {
        wrong.append(
          FieldProblem(name, "is no text of 1 to \(ActionBody.longest) characters", "Shorten it, or drop it"))
        return nil
      }
      return text
    }
    by = text("by")
    willDo = takesPromise ? text("willDo") : nil
    evidence = takesPromise ? nil : text("evidence")
    if takesPromise, let words = text("until") {
      until = Instant(rfc3339: words)
      if until.map({ $0 <= now }) ?? true {
        wrong.append(FieldProblem("until", "is no instant that lies ahead", "Write it as 2026-03-27T22:40:00Z"))
      } else if willDo == nil {
        wrong.append(FieldProblem("until", "says by when but not what", "Add willDo"))
      }
    }
    let known: Set = takesPromise ? ["by", "willDo", "until"] : ["by", "evidence"]
    for name in members.keys.sorted() where !known.contains(name) {
      wrong.append(FieldProblem(name, "is not known here", "Use \(known.sorted().joined(separator: ", "))"))
    }
    guard wrong.isEmpty else {
      throw Problem(.unprocessableContent, "Wrong fields", "\(wrong.count) fields are wrong", errors: wrong)
    }
  }
}
