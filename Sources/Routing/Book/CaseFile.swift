import Yams

/// A case: what is sent when, what must become owed, and what must not (contract, "Case files").
package struct CaseFile: Sendable {
  package let name: String
  /// What it shows, in a few words.
  package let title: String
  package let file: String
  package let packs: [String]
  /// Optional rules that the case switches on.
  package let options: [String]
  package let steps: [Step]
  /// Time goes on until then; nil: until the last event.
  package let until: Instant?
  package let expect: [Line]
  package let never: [Line]

  /// When its first event happens.
  package var begins: Instant { steps.first?.event.time ?? Instant(milliseconds: 0) }
  /// Until when it is played.
  package var ends: Instant { max(until ?? begins, steps.last?.event.time ?? begins) }

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
    package let kind: String?
    /// Ids of rules: a note of it, a timer of it that starts.
    package let note: String?
    package let timer: String?
    package let held: Bool?
    package let urgency: String?
    package let confirm: String?
    package let share: [String]?
    package let notBefore: Instant?
  }

  /// Reads a case. Throws `RouteProblems`.
  package static func read(_ text: String, file: String, vocabulary: Vocabulary) throws -> CaseFile {
    let reader = YAMLReader(file: file)
    guard let root = reader.root(of: text) else { throw RouteProblems(reader.problems) }
    let allowed = ["case", "title", "packs", "options", "timeline", "until", "expect", "never"]
    let keys = Dictionary(
      reader.entries(root, of: "the case", allowed: allowed), uniquingKeysWith: { first, _ in first })
    for key in ["case", "timeline"] where keys[key] == nil { reader.report(root, "the case has no `\(key)`", "Add it") }
    let name = keys["case"].flatMap { reader.text($0, "case") } ?? file
    let steps = (keys["timeline"].map { reader.items($0, "timeline") } ?? []).enumerated().compactMap {
      step($1, number: $0, name, reader, vocabulary)
    }
    for (earlier, later) in zip(steps, steps.dropFirst()) where later.event.time < earlier.event.time {
      reader.report(
        keys["timeline"], "the step at \(later.event.time.rfc3339) comes after a later one", "Put the steps in order")
    }
    func lines(_ key: String) -> [Line] {
      (keys[key].map { reader.items($0, key) } ?? []).map { line($0, reader, vocabulary, steps: steps.count) }
    }
    let result = CaseFile(
      name: name, title: keys["title"].flatMap { reader.text($0, "title") } ?? name, file: file,
      packs: keys["packs"].map { reader.texts($0, "packs") } ?? [],
      options: keys["options"].map { reader.texts($0, "options") } ?? [], steps: steps,
      until: keys["until"].flatMap { instant($0, "until", reader) }, expect: lines("expect"), never: lines("never"))
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

  private static let lineKeys = [
    "tell", "duty", "note", "timer", "kind", "role", "of", "agency", "cite", "step", "between", "by", "rules", "held",
    "urgency", "confirm", "share", "notBefore",
  ]

  private static func line(_ node: Node, _ reader: YAMLReader, _ vocabulary: Vocabulary, steps: Int) -> Line {
    let keys = Dictionary(
      reader.entries(node, of: "a line", allowed: lineKeys), uniquingKeysWith: { first, _ in first })
    func text(_ key: String) -> String? { keys[key].flatMap { reader.text($0, key) } }
    for key in ["tell", "role"] {
      if let name = text(key), vocabulary.role(name) == nil {
        let near = vocabulary.roles.map(\.name).nearest(to: name).map { "Did you mean `\($0)`" }
        reader.report(keys[key], "no role is called `\(name)`", near ?? "Use a role of vocabulary.yaml")
      }
    }
    if let name = text("duty"), !vocabulary.duties.contains(name) {
      let near = vocabulary.duties.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(keys["duty"], "no duty is called `\(name)`", near ?? "Use a duty of vocabulary.yaml")
    }
    func check(_ key: String, _ allowed: [String]) {
      for word in keys[key].map({ reader.texts($0, key) }) ?? [] where !allowed.contains(word) {
        let near = allowed.nearest(to: word).map { "Did you mean `\($0)`" }
        reader.report(
          keys[key], "`\(key)` is never `\(word)`", near ?? "Use one of: \(allowed.joined(separator: ", "))")
      }
    }
    check("kind", TimelineLine.Kind.allCases.map(\.rawValue))
    check("of", Relation.allCases.map(\.rawValue))
    check("urgency", Urgency.allCases.map(\.name))
    check("confirm", Confirmation.allCases.map(\.name))
    check("share", vocabulary.shareGroups)
    let step = text("step").flatMap { Int($0) }
    if keys["step"] != nil, !(step.map { (0..<steps).contains($0) } ?? false) {
      reader.report(keys["step"], "there is no such step", "Count the timeline from 0")
    }
    let times = keys["between"].map { reader.texts($0, "between").compactMap(Instant.init(rfc3339:)) } ?? []
    if keys["between"] != nil, times.count != 2 {
      reader.report(keys["between"], "`between` is not two instants", "Write [from, until]")
    }
    return Line(
      line: node.mark?.line ?? 0, tell: text("tell"), duty: text("duty"), role: text("role"), of: text("of"),
      agency: text("agency"), cite: keys["cite"].map { reader.texts($0, "cite") } ?? [], step: step,
      between: times.count == 2 ? (times[0], times[1]) : nil, by: keys["by"].flatMap { instant($0, "by", reader) },
      rules: keys["rules"].map { reader.texts($0, "rules") } ?? [], kind: text("kind"), note: text("note"),
      timer: text("timer"), held: keys["held"].flatMap { reader.flag($0, "held") }, urgency: text("urgency"),
      confirm: text("confirm"), share: keys["share"].map { reader.texts($0, "share") },
      notBefore: keys["notBefore"].flatMap { instant($0, "notBefore", reader) })
  }

  private static func instant(_ node: Node, _ what: String, _ reader: YAMLReader) -> Instant? {
    guard let text = reader.text(node, what) else { return nil }
    guard let instant = Instant(rfc3339: text) else {
      reader.report(node, "`\(text)` is no instant", "Write it as 2026-03-27T22:40:00Z")
      return nil
    }
    return instant
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
