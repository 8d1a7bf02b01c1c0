extension JSONValue {
  /// Whether an object in a text that is known to be JSON names a member twice: two readers may then read two things
  /// (RFC 8259 section 4), and what a child's risk is must not depend on the reader.
  package static func repeatsMember(_ text: [UInt8]) -> Bool {
    var open: [Set<String>] = []
    var at = 0
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "{"): open.append([])
      case UInt8(ascii: "}"): _ = open.popLast()
      case UInt8(ascii: "\""):
        let start = at
        at += 1
        while at < text.count, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        // A string is a name where a colon follows.
        let next = text[min(at + 1, text.count)...].first { !" \t\r\n".utf8.contains($0) }
        guard next == UInt8(ascii: ":"), let last = open.indices.last else { break }
        guard open[last].insert(name(text[start...at])).inserted else { return true }
      default: break
      }
      at += 1
    }
    return false
  }

  /// A name with its quotation marks as the text that it stands for.
  private static func name(_ quoted: ArraySlice<UInt8>) -> String {
    quoted.contains(UInt8(ascii: "\\"))
      ? (try? JSONValue(parsing: quoted))?.text ?? "" : String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
  }
}
