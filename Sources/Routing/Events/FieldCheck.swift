/// Gathers what is wrong with a document's fields.
struct FieldCheck {
  private(set) var problems: [FieldProblem] = []
  private var broken = Set<String>()

  mutating func report(_ pointer: String, _ reason: String, _ remedy: String) {
    if broken.insert(pointer).inserted { problems.append(FieldProblem(pointer, reason, remedy)) }
  }

  /// A required, non-empty text without control characters.
  mutating func text(_ document: JSONValue, _ key: String, atMost limit: Int = 128) -> String? {
    guard let value = document[key], !value.isNull else {
      report(key, "is missing", "CloudEvents and the contract require it")
      return nil
    }
    guard let text = value.text, !text.isEmpty, text.utf8.count <= limit,
      !text.unicodeScalars.contains(where: \.isControl)
    else {
      report(key, "is not a text of 1 to \(limit) bytes without control characters", "Send a plain text")
      return nil
    }
    return text
  }

  /// The value at a path; a member on the way that is no object is a problem.
  mutating func value(_ data: JSONValue, _ path: [String]) -> JSONValue? {
    var here = data
    for (index, key) in path.enumerated() {
      guard let next = here[key] else { return nil }
      if index < path.count - 1, next.members == nil {
        if !next.isNull {
          report("data." + path[...index].joined(separator: "."), "is not an object", "Send a JSON object")
        }
        return nil
      }
      here = next
    }
    return here
  }

  mutating func optionalText(_ data: JSONValue, _ path: [String]) {
    guard let value = value(data, path), !value.isNull else { return }
    let empty = path == ["child", "id"] && value.text?.isEmpty == true
    if value.text == nil || empty { report(place(path), "is not a text", "Send a text") }
  }

  mutating func instant(_ data: JSONValue, _ path: [String]) {
    guard let value = value(data, path), !value.isNull else { return }
    if value.text.flatMap(Instant.init(rfc3339:)) == nil {
      report(place(path), "is not an RFC 3339 time", "Write it as 2026-03-27T22:40:00Z")
    }
  }

  mutating func date(_ data: JSONValue, _ path: [String]) {
    guard let value = value(data, path), !value.isNull else { return }
    if value.text.flatMap({ CivilDate($0) }) == nil { report(place(path), "is not a date", "Write it as 2011-09-15") }
  }

  mutating func authority(_ data: JSONValue, _ path: [String]) {
    guard let value = value(data, path), !value.isNull else { return }
    if !(value.text.map(Authority.isSlug) ?? false) {
      report(place(path), "is not an authority", "Send a slug such as derby")
    }
  }

  private func place(_ path: [String]) -> String { "data." + path.joined(separator: ".") }
}

extension Unicode.Scalar {
  var isControl: Bool { value < 0x20 || value == 0x7f || (value >= 0x80 && value < 0xa0) }
}
