import Yams

/// Reads one YAML file and gathers every problem in it with its line, instead of stopping at the first.
final class YAMLReader {
  let file: String
  private(set) var problems: [RouteProblem] = []

  init(file: String) { self.file = file }

  /// The document's root; a syntax error is a problem and gives nil.
  func root(of text: String) -> Node? {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        report(line: 1, "the file is empty", "Write the keys that the documentation lists")
        return nil
      }
      return node
    } catch let error as YamlError {
      report(line: error.line, "this is not YAML: \(error.summary)", "Correct the indentation or quoting on this line")
      return nil
    } catch {
      report(line: 1, "this is not YAML: \(error)", "Correct it")
      return nil
    }
  }

  func report(_ node: Node?, _ reason: String, _ remedy: String) {
    report(line: node?.mark?.line ?? 0, reason, remedy)
  }

  func report(line: Int, _ reason: String, _ remedy: String) {
    problems.append(RouteProblem(file: file, line: line, reason: reason, remedy: remedy))
  }

  /// The entries of a mapping, in order; anything else is a problem. Duplicate keys and keys outside `allowed` too.
  func entries(_ node: Node, of what: String, allowed: [String]? = nil) -> [(key: String, value: Node)] {
    guard let mapping = node.mapping else {
      report(node, "\(what) is not a mapping", "Write it as `key: value` lines")
      return []
    }
    var seen = Set<String>()
    var result: [(key: String, value: Node)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        report(key, "a key of \(what) is not a word", "Write a plain word before the colon")
        continue
      }
      if !seen.insert(name).inserted { report(key, "\(what) has `\(name)` twice", "Keep one of them") }
      if let allowed, !allowed.contains(name) {
        let hint =
          allowed.nearest(to: name).map { "Did you mean `\($0)`" } ?? "Use one of: \(allowed.joined(separator: ", "))"
        report(key, "\(what) does not know the key `\(name)`", hint)
        continue
      }
      result.append((name, value))
    }
    return result
  }

  /// A text scalar. Booleans and numbers are accepted as their text, because section numbers look like numbers.
  func text(_ node: Node, _ what: String) -> String? {
    guard let scalar = node.scalar else {
      report(node, "\(what) is not a text", "Write one value after the colon")
      return nil
    }
    return scalar.string
  }

  func flag(_ node: Node, _ what: String) -> Bool? {
    guard let scalar = node.scalar, let value = ["true": true, "false": false][scalar.string] else {
      report(node, "\(what) is neither true nor false", "Write true or false")
      return nil
    }
    return value
  }

  /// One text or a list of texts.
  func texts(_ node: Node, _ what: String) -> [String] {
    if let sequence = node.sequence { return sequence.compactMap { text($0, what) } }
    return text(node, what).map { [$0] } ?? []
  }

  /// A list of nodes; anything else is a problem.
  func items(_ node: Node, _ what: String) -> [Node] {
    guard let sequence = node.sequence else {
      report(node, "\(what) is not a list", "Begin each item with a dash, or write [a, b]")
      return []
    }
    return Array(sequence)
  }

  /// Whether a scalar is YAML's null.
  func isNull(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["null", "~", "Null", "NULL", ""].contains(scalar.string)
  }
}

extension YamlError {
  fileprivate var line: Int {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    default: 1
    }
  }
  fileprivate var summary: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
    default: "the text cannot be read"
    }
  }
}
