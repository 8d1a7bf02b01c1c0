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

  /// Throws a 400 or 422 problem that names every wrong member. `until` says whether a promise can be made here.
  init(_ request: Request, at now: Instant, until takesPromise: Bool) async throws {
    var fields = try await ActionFields(request, known: takesPromise ? ["by", "until", "willDo"] : ["by", "evidence"])
    by = fields.text("by")
    willDo = takesPromise ? fields.text("willDo") : nil
    evidence = takesPromise ? nil : fields.text("evidence")
    if takesPromise, let words = fields.text("until") {
      until = Instant(rfc3339: words)
      if until.map({ $0 <= now }) ?? true {
        fields.report("until", "is no instant that lies ahead", "Write it as 2026-03-27T22:40:00Z")
      } else if willDo == nil {
        fields.report("until", "says by when but not what", "Add willDo")
      }
    }
    try fields.finish()
  }

  /// Why a sender moves its own message. Throws a 400 or 422 problem that names every wrong member.
  static func reason(_ request: Request) async throws -> String {
    var fields = try await ActionFields(request, known: ["reason"])
    let reason = fields.text("reason")
    try fields.finish()
    return reason ?? "no reason given"
  }
}

/// The members of such a body, and what is wrong with them.
private struct ActionFields {
  private let members: [String: JSONValue]
  private var wrong: [FieldProblem]

  /// Longest text taken, in characters.
  private static let longest = 500

  init(_ request: Request, known: [String]) async throws {
    let buffer = try await ActionBody.collect(request)
    let document: JSONValue
    do { document = buffer.readableBytes == 0 ? [:] : try JSONValue(parsing: buffer.readableBytesView) } catch {
      throw Problem(.badRequest, "Not JSON", "The body cannot be read: \(error.reason)")
    }
    guard let members = document.members else {
      throw Problem(.unprocessableContent, "Not an object", "Send a JSON object, or nothing")
    }
    self.members = members
    wrong = members.keys.sorted().filter { !known.contains($0) }
      .map { FieldProblem($0, "is not known here", "Use \(known.joined(separator: ", "))") }
  }

  mutating func report(_ name: String, _ reason: String, _ remedy: String) {
    wrong.append(FieldProblem(name, reason, remedy))
  }

  mutating func text(_ name: String) -> String? {
    guard let value = members[name], !value.isNull else { return nil }
    guard let text = value.text, !text.isEmpty, text.count <= ActionFields.longest else {
      report(name, "is no text of 1 to \(ActionFields.longest) characters", "Shorten it, or drop it")
      return nil
    }
    return text
  }

  func finish() throws(Problem) {
    guard wrong.isEmpty else {
      throw Problem(.unprocessableContent, "Wrong fields", "\(wrong.count) fields are wrong", errors: wrong)
    }
  }
}
