import Routing

/// Takes out of an episode's data what mentions the child by name or number.
///
/// Guarantee: a text that holds a word of the child's name, or one of its references, is replaced as a whole. A net below
/// the share groups, not a proof: a nickname that the data do not know passes.
struct Anonymity {
  private let names: Set<String>
  private let numbers: [[String]]

  init(_ figure: EpisodeFigure, references: [String]) {
    let name = figure.data.at(["child", "name"]).map(Anonymity.texts) ?? []
    // An initial would withhold nearly every sentence.
    names = Set(name.flatMap(Anonymity.words).filter { $0.count > 1 })
    let ids =
      [figure.child, figure.reference] + references + (figure.data.at(["child", "id"]).map(Anonymity.texts) ?? [])
    numbers = ids.map(Anonymity.words).filter { !$0.isEmpty }
  }

  func withholding(_ data: JSONValue) -> JSONValue {
    switch data {
    // A time names nobody, not even a child called May.
    case .string(let text): Instant(rfc3339: text) == nil && mentions(text) ? "withheld" : data
    case .number: mentions(data.serialized) ? "withheld" : data
    case .array(let items): .array(items.map(withholding))
    case .object(let members): .object(members.mapValues(withholding))
    case .null, .bool: data
    }
  }

  private func mentions(_ text: String) -> Bool {
    let words = Anonymity.words(text)
    return words.contains(where: names.contains)
      || numbers.contains { number in
        words.indices.contains { words[$0...].starts(with: number) }
      }
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private static func texts(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .number: [value.serialized]
    case .array(let items): items.flatMap(texts)
    case .object(let members): members.values.flatMap(texts)
    case .null, .bool: []
    }
  }
}
