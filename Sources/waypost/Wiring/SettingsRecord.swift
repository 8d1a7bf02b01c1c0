import Routing
import Yams

/// One entry of a list in the settings, such as `tokens` or `signIn`. One alone will do for a list.
struct SettingsRecord {
  /// Where it stands, counted from 1; 0 where that is not known.
  let line: Int
  let texts: [String: String]

  subscript(_ key: String) -> String { texts[key] ?? "" }

  /// Adds what is wrong to `problems`, with its line and the remedy. `name`: what the list is called.
  static func read(
    _ node: Node, of name: String, keys: [String], _ file: String, _ problems: inout [RouteProblem]
  ) -> [SettingsRecord] {
    let remedy = "Use \(keys.joined(separator: ", ")), each with a value"
    return (node.sequence.map(Array.init) ?? [node]).map { item in
      let line = item.mark?.line ?? 0
      var texts: [String: String] = [:]
      if item.mapping == nil {
        problems.append(
          RouteProblem(file: file, line: line, reason: "an entry of `\(name)` has no keys", remedy: remedy))
      }
      for (key, value) in item.mapping ?? [:] {
        guard let known = key.string, keys.contains(known), let text = value.scalar?.string, !text.isEmpty else {
          let reason = "an entry of `\(name)` does not know `\(key.string ?? "")`, or its value has the wrong shape"
          problems.append(
            RouteProblem(file: file, line: key.mark?.line ?? line, reason: reason, remedy: remedy))
          continue
        }
        texts[known] = text
      }
      return SettingsRecord(line: line, texts: texts)
    }
  }

  func problem(_ file: String, _ reason: String, _ remedy: String) -> RouteProblem {
    RouteProblem(file: file, line: line, reason: reason, remedy: remedy)
  }
}
