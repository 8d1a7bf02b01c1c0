import Yams

/// Compiles a pack's `when` into a `Condition`; every word that the vocabulary does not know is a problem with its line.
struct ConditionReader {
  let vocabulary: Vocabulary
  let reader: YAMLReader

  func read(_ node: Node) -> Condition {
    let parts = reader.entries(node, of: "a condition").compactMap(part)
    switch parts.count {
    case 0: return .always
    case 1: return parts[0]
    default: return .all(parts)
    }
  }

  private func part(_ key: String, _ value: Node) -> Condition? {
    switch key {
    case "any": return .any(list(value, key))
    case "all": return .all(list(value, key))
    case "not": return .not(read(value))
    default:
      guard let (slot, definition) = vocabulary.fact(key) else {
        let near = vocabulary.facts.map(\.name).nearest(to: key).map { "Did you mean `\($0)`" }
        reader.report(value, "no fact is called `\(key)`", near ?? "Use a fact of vocabulary.yaml, or any, all, not")
        return nil
      }
      return test(slot, definition, value)
    }
  }

  private func list(_ node: Node, _ key: String) -> [Condition] {
    let parts = reader.items(node, key).map(read)
    if parts.isEmpty { reader.report(node, "`\(key)` lists no condition", "Write at least one, or drop the key") }
    return parts
  }

  private func test(_ slot: Int, _ definition: FactDefinition, _ node: Node) -> Condition? {
    switch definition.domain {
    case .flag: return reader.flag(node, definition.name).map { .flag(slot: slot, is: $0) }
    case .oneOf(let values): return bits(node, values, definition.name).map { .choice(slot: slot, among: $0) }
    case .setOf(let values): return bits(node, values, definition.name).map { .holds(slot: slot, among: $0) }
    case .authority:
      let slugs = reader.texts(node, definition.name)
      for slug in slugs where !Authority.isSlug(slug) {
        reader.report(node, "`\(slug)` is no authority", "Write a slug such as derby or central-bedfordshire")
      }
      if slugs.isEmpty {
        reader.report(node, "`\(definition.name)` can be none of these authorities", "Name at least one")
      }
      return slugs.isEmpty ? nil : .authority(slot: slot, among: slugs)
    case .integer, .number: return comparison(slot, definition.name, node)
    }
  }

  private func bits(_ node: Node, _ values: [String], _ name: String) -> UInt64? {
    var bits: UInt64 = 0
    for word in reader.texts(node, name) {
      guard let index = values.firstIndex(of: word) else {
        let near = values.nearest(to: word).map { "Did you mean `\($0)`" }
        reader.report(node, "`\(name)` is never `\(word)`", near ?? "Use one of: \(values.joined(separator: ", "))")
        continue
      }
      bits |= 1 << UInt64(index)
    }
    if bits == 0 { reader.report(node, "`\(name)` can hold none of these values", "Name at least one") }
    return bits == 0 ? nil : bits
  }

  private func comparison(_ slot: Int, _ name: String, _ node: Node) -> Condition? {
    if let scalar = node.scalar {
      guard let value = Double(scalar.string) else {
        reader.report(node, "`\(name)` is compared with `\(scalar.string)`, which is no number", "Write a number")
        return nil
      }
      return .number(slot: slot, .eq, value)
    }
    let words = Condition.Comparison.allCases.map(\.rawValue)
    let parts = reader.entries(node, of: "a comparison", allowed: words).compactMap { key, value -> Condition? in
      guard let comparison = Condition.Comparison(rawValue: key), let text = reader.text(value, key),
        let bound = Double(text)
      else {
        reader.report(value, "`\(name)` is compared with something that is no number", "Write a number")
        return nil
      }
      return .number(slot: slot, comparison, bound)
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }
}

/// Authorities are named by slugs: `derby`, `central-bedfordshire`.
package enum Authority {
  package static func isSlug(_ text: String) -> Bool {
    guard let first = text.utf8.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z"), text.utf8.count <= 64
    else { return false }
    return text.utf8.allSatisfy {
      ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
        || $0 == UInt8(ascii: "-")
    }
  }
}
