import Yams

/// A desk of the directory, by its place there.
package struct DeskPlace: Hashable, Sendable {
  package let agency: String
  package let role: String
  package init(agency: String, role: String) {
    self.agency = agency
    self.role = role
  }
}

/// What stands under a desk's role in a file of the directory, as a value: the keys of DIRECTORY.md and nothing else.
///
/// Guarantee: equal entries are equal values, however a file writes them; `yaml` and `lines` read back as the same value.
package enum DeskEntry {
  /// A file's own way of writing is lost: order, quotes, comments.
  static func value(_ node: Node) -> JSONValue {
    if let mapping = node.mapping {
      let members = mapping.compactMap { key, value in key.scalar.map { ($0.string, DeskEntry.value(value)) } }
      return .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
    }
    if let sequence = node.sequence { return .array(sequence.map(DeskEntry.value)) }
    guard let scalar = node.scalar else { return .null }
    let isPlain = scalar.style == .plain || scalar.style == .any
    return isPlain && ["true", "false"].contains(scalar.string)
      ? .bool(scalar.string == "true") : .string(scalar.string)
  }

  /// The entry as text that a reader of YAML takes. Its n-th channel stands on line n + 1, everything else on line 1, so
  /// that a problem's line tells which channel is meant.
  static func lines(_ entry: JSONValue) -> String {
    var members = entry.members ?? [:]
    let channels = members.removeValue(forKey: "channels")?.items ?? []
    let rest = JSONValue.object(members).serialized.dropLast() + (members.isEmpty ? "" : ",")
    return "\(rest)\"channels\":[\n\(channels.map(\.serialized).joined(separator: ",\n"))]}"
  }

  /// The entry as it stands in a file under `roles:`, to be copied there.
  package static func yaml(_ entry: JSONValue, role: String) -> String {
    let members = entry.members ?? [:]
    var text = "      \(role):\n"
    for key in ["desk", "next", "hours", "whenClosed"] {
      if let value = members[key] { text += "        \(key): \(inline(value))\n" }
    }
    text += "        channels:\n"
    for channel in members["channels"]?.items ?? [] { text += "          - \(inline(channel))\n" }
    return text
  }

  /// Ways first, so that a channel reads as DIRECTORY.md writes it.
  private static func inline(_ value: JSONValue) -> String {
    switch value {
    case .object(let members):
      let keys = members.keys.sorted { (isWay($0) ? 0 : 1, $0) < (isWay($1) ? 0 : 1, $1) }
      return "{" + keys.map { "\($0): \(inline(members[$0] ?? .null))" }.joined(separator: ", ") + "}"
    case .array(let items): return "[" + items.map(inline).joined(separator: ", ") + "]"
    case .string(let text) where isPlain(text): return text
    case .null, .bool, .number, .string: return value.serialized
    }
  }

  package static let ways = ["mail", "webhook", "drop", "notify", "phone"]
  private static func isWay(_ key: String) -> Bool { ways.contains(key) }

  /// No reader of YAML takes it for anything but this text.
  private static func isPlain(_ text: String) -> Bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
    guard let first = text.utf8.first, (0x61...0x7a).contains(first | 0x20), text.utf8.last != UInt8(ascii: " ") else {
      return false
    }
    return !words.contains(text.lowercased())
      && text.utf8.allSatisfy { byte in
        (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x20, 0x2d, 0x2e].contains(byte)
      }
  }
}
