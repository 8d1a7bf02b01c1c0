import Yams

/// A case: what is sent when, what must become owed, and what must not (contract, "Case files").
package struct CaseFile: Sendable {
  package let name: String
  package let file: String
  package let packs: [String]
  package let steps: [Step]
  package let expect: [Line]
  package let never: [Line]

  package struct Step: Sendable {
    package let event: Event
  }

  /// One expectation; keys left out are not checked.
  package struct Line: Sendable {
    package let line: Int
    package let tell: String?
    package let duty: String?
    package let role: String?
    package let of: String?
    package let agency: String?
    package let cite: [String]
    package let step: Int?
    package let between: (from: Instant, until: Instant)?
    package let by: Instant?
    package let rules: [String]
  }

  /// Reads a case. Throws `RouteProblems`.
  package static func read(_ text: String, file: String, vocabulary: Vocabulary) throws -> CaseFile {
    let reader = YAMLReader(file: file)
    guard let root = reader.root(of: text) else { throw RouteProblems(reader.problems) }
    let keys = Dictionary(
      reader.entries(
        root, of: "the case", allowed: ["case", "title", "packs", "timeline", "until", "expect", "never"]),
      uniquingKeysWith: { first, _ in first })
    let name = keys["case"].flatMap { reader.text($0, "case") } ?? file
    let steps = (keys["timeline"].map { reader.items($0, "timeline") } ?? []).enumerated().compactMap {
      step($1, number: $0, name, reader, vocabulary)
    }
    let result = CaseFile(
      name: name, file: file, packs: keys["packs"].map { reader.texts($0, "packs") } ?? [], steps: steps,
      expect: (keys["expect"].map { reader.items($0, "expect") } ?? []).map { line($0, reader) },
      never: (keys["never"].map { reader.items($0, "never") } ?? []).map { line($0, reader) })
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    return result
  }

  private static func step(
    _ node: Node, number: Int, _ name: String, _ reader: YAMLReader, _ vocabulary: Vocabulary
  ) -> Step? {
    let keys = Dictionary(
      reader.entries(node, of: "a step", allowed: ["at", "send", "subject", "data"]),
      uniquingKeysWith: { first, _ in first })
    let document: JSONValue = [
      "specversion": "1.0", "id": .string("step-\(number)"), "source": .string("case:\(name)"),
      "type": .string(Event.typePrefix + (keys["send"].flatMap { reader.text($0, "send") } ?? "")),
      "time": .string(keys["at"].flatMap { reader.text($0, "at") } ?? ""),
      "subject": .string(keys["subject"].flatMap { reader.text($0, "subject") } ?? ""),
      "data": keys["data"].map { JSONValue($0, reader) } ?? .object([:]),
    ]
    do {
      return Step(event: try EventReader(vocabulary: vocabulary).read(document, learnedAt: Instant(seconds: 0)))
    } catch {
      for problem in error.problems { reader.report(node, "\(problem.pointer) \(problem.reason)", problem.remedy) }
      return nil
    }
  }

  private static func line(_ node: Node, _ reader: YAMLReader) -> Line {
    let allowed = ["tell", "duty", "role", "of", "agency", "cite", "step", "between", "by", "rules", "held", "kind"]
    let keys = Dictionary(
      reader.entries(node, of: "a line", allowed: allowed), uniquingKeysWith: { first, _ in first })
    func text(_ key: String) -> String? { keys[key].flatMap { reader.text($0, key) } }
    let times = keys["between"].map { reader.texts($0, "between").compactMap(Instant.init(rfc3339:)) } ?? []
    if keys["between"] != nil, times.count != 2 {
      reader.report(node, "`between` is not two instants", "Write [from, until]")
    }
    return Line(
      line: node.mark?.line ?? 0, tell: text("tell"), duty: text("duty"), role: text("role"), of: text("of"),
      agency: text("agency"), cite: keys["cite"].map { reader.texts($0, "cite") } ?? [],
      step: text("step").flatMap { Int($0) },
      between: times.count == 2 ? (times[0], times[1]) : nil, by: text("by").flatMap(Instant.init(rfc3339:)),
      rules: keys["rules"].map { reader.texts($0, "rules") } ?? [])
  }
}

extension JSONValue {
  /// A YAML value as JSON, by YAML's own reading of plain scalars (quoted ones are always text).
  init(_ node: Node, _ reader: YAMLReader) {
    switch node {
    case .mapping:
      self = .object(
        Dictionary(
          reader.entries(node, of: "data").map { ($0.key, JSONValue($0.value, reader)) },
          uniquingKeysWith: { first, _ in first }))
    case .sequence(let sequence): self = .array(sequence.map { JSONValue($0, reader) })
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      if !isPlain {
        self = .string(scalar.string)
      } else if reader.isNull(node) {
        self = .null
      } else if scalar.string == "true" || scalar.string == "false" {
        self = .bool(scalar.string == "true")
      } else {
        self = Double(scalar.string).map(JSONValue.number) ?? .string(scalar.string)
      }
    case .alias: self = .null
    }
  }
}
