/// An element of an XML 1.0 document.
///
/// Guarantee: a reader finds in it exactly the text that was put in, or nothing is written. Whatever has a meaning in XML
/// is escaped scalar by scalar, `]]>` among it; a scalar that XML 1.0 cannot hold (section 2.2, production 2) is refused.
/// Names of elements and attributes are literals of this program, never data.
struct XMLTag: Sendable {
  enum Content: Sendable {
    case text(String)
    case tags([XMLTag])
  }

  let name: StaticString
  let attributes: [(name: StaticString, value: String)]
  let content: Content

  init(_ name: StaticString, _ text: String) {
    self.name = name
    attributes = []
    content = .text(text)
  }

  /// Children that are nil are left out.
  init(_ name: StaticString, attributes: [(StaticString, String)] = [], _ tags: [XMLTag?]) {
    self.name = name
    self.attributes = attributes.map { (name: $0.0, value: $0.1) }
    content = .tags(tags.compactMap(\.self))
  }

  /// A whole document in UTF-8, with this element as its root.
  func document() throws(UnwritableScalar) -> String {
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    try write(into: &out, depth: 0)
    return out
  }

  private func write(into out: inout String, depth: Int) throws(UnwritableScalar) {
    let indent = String(repeating: "  ", count: depth)
    out += "\(indent)<\(name)"
    for attribute in attributes {
      out += " \(attribute.name)=\""
      try XMLTag.escape(attribute.value, into: &out)
      out += "\""
    }
    out += ">"
    switch content {
    case .text(let text): try XMLTag.escape(text, into: &out)
    case .tags(let tags):
      out += "\n"
      for tag in tags { try tag.write(into: &out, depth: depth + 1) }
      out += indent
    }
    out += "</\(name)>\n"
  }

  /// Tabs and line ends are written as references: readers would otherwise make spaces or line feeds of some of them.
  private static func escape(_ text: String, into out: inout String) throws(UnwritableScalar) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\t", "\n", "\r": out += "&#\(scalar.value);"
      case "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
        out.unicodeScalars.append(scalar)
      default: throw UnwritableScalar(value: scalar.value)
      }
    }
  }
}

/// A Unicode scalar that no XML 1.0 document can hold, not even as a reference.
struct UnwritableScalar: Error, Equatable {
  let value: UInt32
}
