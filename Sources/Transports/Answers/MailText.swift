/// Small functions over the text of mails. Guarantee: each takes any input, and walks over it once.
enum MailText {
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x7a).contains(lower(byte)) }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// ASCII letters only: what other alphabets do when lowered is nothing a protocol may depend on.
  static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

  static func lower(_ text: some StringProtocol) -> String {
    String(decoding: text.utf8.lazy.map { lower($0) }, as: UTF8.self)
  }

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, isSpace(first) { bytes = bytes.dropFirst() }
    while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
    return bytes
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
  }

  /// Printable ASCII and nothing else: white space becomes a space, every other byte a question mark.
  static func printable(_ text: String, limit: Int = 500) -> String {
    String(decoding: text.utf8.prefix(limit).map { isSpace($0) ? 0x20 : isPrintable($0) ? $0 : 0x3f }, as: UTF8.self)
  }

  static func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  private static func capitalHexadecimal(_ byte: UInt8) -> UInt8? { byte > 0x46 ? nil : hexadecimal(byte) }

  /// RFC 3461 section 4. A plus sign that begins no two capital hexadecimal digits stands for itself: many servers
  /// write addresses plain.
  static func xtextDecoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var out = [UInt8]()
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "+"), index + 2 < bytes.count, let high = capitalHexadecimal(bytes[index + 1]),
        let low = capitalHexadecimal(bytes[index + 2])
      {
        out.append(high << 4 | low)
        index += 3
      } else {
        out.append(byte)
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// RFC 5322 section 3.2.2: nested comments go, quoted strings stay whole. What never closes is no comment.
  static func withoutComments(_ text: String) -> String {
    var out = [UInt8]()
    var depth = 0
    var opened = 0
    var isQuoted = false
    var isEscaped = false
    for byte in text.utf8 {
      // What stands in a comment is written too, and cut where the comment ends.
      out.append(byte)
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\"), isQuoted || depth > 0 {
        isEscaped = true
      } else if byte == UInt8(ascii: "\""), depth == 0 {
        isQuoted.toggle()
      } else if byte == UInt8(ascii: "("), !isQuoted {
        if depth == 0 { opened = out.count - 1 }
        depth += 1
      } else if byte == UInt8(ascii: ")"), depth > 0 {
        depth -= 1
        if depth == 0 {
          out.removeLast(out.count - opened)
          out.append(0x20)
        }
      }
    }
    return trimmed(String(decoding: out, as: UTF8.self))
  }

  /// A stranger's words for a record: printable, without anybody's address, cut to a line.
  static func withoutAddresses(_ text: String, limit: Int = 200) -> String {
    var words: [Substring] = []
    for word in printable(text, limit: 4_000).split(separator: " ") {
      guard namesSomebody(word) else {
        words.append(word)
        continue
      }
      // A quoted local part may hold spaces: the words back to its first quotation mark belong to the address.
      if word.prefix(while: { $0 != "@" }).count(where: { $0 == "\"" }) % 2 == 1 {
        while let last = words.popLast(), !last.contains("\"") {}
      }
      words.append("<address>")
    }
    return String(words.joined(separator: " ").prefix(limit))
  }

  private static func namesSomebody(_ word: Substring) -> Bool {
    if word.contains("@") { return true }
    let lowered = lower(word)
    return ["%40", "=40", "+40", "/cn="].contains { lowered.contains($0) }
  }
}

/// Cuts bytes into lines that end in LF or CRLF; the last one need not end.
struct MailLines: Sequence, IteratorProtocol {
  struct Line {
    let content: ArraySlice<UInt8>
    /// Where the next line begins.
    let next: Int
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> Line? {
    guard !rest.isEmpty else { return nil }
    let end = rest.firstIndex(of: 0x0a)
    let next = end.map { $0 + 1 } ?? rest.endIndex
    var content = rest[rest.startIndex..<(end ?? rest.endIndex)]
    if content.last == 0x0d { content = content.dropLast() }
    rest = rest[next...]
    return Line(content: content, next: next)
  }
}
