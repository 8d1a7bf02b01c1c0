/// Finds Waypost's own marks in what a mail says: notification ids, and tags that carry a code.
///
/// Guarantee: all in small letters, each once, in the order found, at most 8 of a kind. A mark proves nothing here:
/// whether a tag is genuine is judged by its code elsewhere.
struct AnswerMarks {
  static let limit = 8

  private(set) var found: [String] = []

  /// `nt-…`, wherever it stands alone.
  mutating func takeReferences(_ text: String) {
    let bytes = Array(text.utf8)
    AnswerMarks.eachID(bytes) { start, end in add(bytes[start..<end]) }
  }

  /// `nt-….<1 or 2 digits>.<16 letters>`.
  mutating func takeTags(_ text: String) {
    let bytes = Array(text.utf8)
    AnswerMarks.eachID(bytes) { start, end in
      var rest = bytes[end...]
      guard rest.popFirst() == UInt8(ascii: ".") else { return }
      let digits = rest.prefix(3).prefix(while: MailText.isDigit)
      rest = rest.dropFirst(digits.count)
      guard (1...2).contains(digits.count), rest.popFirst() == UInt8(ascii: ".") else { return }
      let code = rest.prefix(17).prefix(while: MailText.isAlphanumeric)
      guard code.count == 16, code.allSatisfy(AnswerMarks.isLetter) else { return }
      add(bytes[start..<code.endIndex])
    }
  }

  /// The `nt-…` of `nt-…@host`.
  mutating func takeMessageIDs(_ text: String, host: String) {
    let bytes = Array(text.utf8)
    let suffix = Array("@\(host)".utf8.map { MailText.lower($0) })
    guard suffix.count > 1 else { return }
    AnswerMarks.eachID(bytes) { start, end in
      let rest = bytes[end...].prefix(suffix.count)
      let next = bytes.dropFirst(end + suffix.count).first ?? UInt8(ascii: ">")
      guard rest.lazy.map({ MailText.lower($0) }).elementsEqual(suffix), !AnswerMarks.isNamePart(next) else { return }
      if start > 0, AnswerMarks.isNamePart(bytes[start - 1]) { return }
      add(bytes[start..<end])
    }
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) {
    guard found.count < AnswerMarks.limit else { return }
    let mark = MailText.lower(String(decoding: bytes, as: UTF8.self))
    if !found.contains(mark) { found.append(mark) }
  }

  private static func eachID(_ bytes: [UInt8], _ body: (_ start: Int, _ end: Int) -> Void) {
    let prefix = Array("nt-".utf8)
    var index = 0
    while let start = bytes[index...].firstIndex(where: { MailText.lower($0) == prefix[0] }) {
      index = start + 1
      if start > 0, MailText.isAlphanumeric(bytes[start - 1]) { continue }
      guard bytes[start...].prefix(3).lazy.map({ MailText.lower($0) }).elementsEqual(prefix) else { continue }
      let letters = bytes.dropFirst(start + 3).prefix(27).prefix(while: MailText.isAlphanumeric)
      guard letters.count == 26, letters.allSatisfy(isLetter) else { continue }
      index = letters.endIndex
      body(start, index)
    }
  }

  /// RFC 4648's base 32.
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(MailText.lower(byte)) || (0x32...0x37).contains(byte)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    MailText.isAlphanumeric(byte) || "-._@+=".utf8.contains(byte)
  }
}
