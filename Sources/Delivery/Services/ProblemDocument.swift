package import Routing

/// An RFC 9457 problem document: what is wrong, every wrong field at once, and the remedy. Never a value that was sent.
///
/// Guarantee: the same whichever way an event came: over HTTP it is the answer, in a folder it lies beside what was
/// refused.
package struct ProblemDocument: Error, Sendable, Equatable {
  /// HTTP's status for it.
  package let status: Int
  package let title: String
  package let detail: String
  package let errors: [FieldProblem]
  /// Seconds after which the same may be sent again; nil where that changes nothing.
  package let retryAfter: Int?

  package init(
    _ status: Int, _ title: String, _ detail: String, errors: [FieldProblem] = [], retryAfter: Int? = nil
  ) {
    self.status = status
    self.title = title
    self.detail = detail
    self.errors = errors
    self.retryAfter = retryAfter
  }

  /// `place` says which of several events it is about.
  package init(_ refusal: IntakeRefusal, at place: String = "") {
    switch refusal {
    case .invalid(let problems):
      self.init(
        422, "Not a valid event", place + "\(problems.count) fields are wrong; nothing was kept", errors: problems)
    case .forbidden(let why): self.init(403, "Forbidden", place + why)
    case .conflict:
      self.init(
        409, "Conflict",
        place + "this (source, id) was sent before with another body; use a new id for a new event")
    case .busy: self.init(503, "Busy", place + "too many events about this child at once; try again", retryAfter: 1)
    }
  }

  package var json: JSONValue {
    var members: [String: JSONValue] = [
      "type": "about:blank", "title": .string(title), "status": .number(Double(status)), "detail": .string(detail),
    ]
    if !errors.isEmpty {
      members["errors"] = .array(
        errors.map {
          ["pointer": .string($0.pointer), "reason": .string($0.reason), "remedy": .string($0.remedy)]
        })
    }
    return .object(members)
  }
}
