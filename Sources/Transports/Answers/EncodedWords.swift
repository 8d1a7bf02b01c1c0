/// The character sets that can be read without tables; all others are taken for UTF-8, whose ASCII they share.
enum Charset {
  static func text(_ bytes: [UInt8], _ name: String) -> String {
    guard ["iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252"].contains(name) else {
      return String(decoding: bytes, as: UTF8.self)
    }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}

/// RFC 2047 backwards: the encoded words in a field's value.
enum EncodedWords {
  static func decode(_ value: String) -> String {
    let bytes = Array(value.utf8)
    var out = ""
    var plain = [UInt8]()
    var pending: (charset: String, bytes: [UInt8])?
    var index = 0
    func flush() {
      if let word = pending { out += Charset.text(word.bytes, word.charset) }
      pending = nil
      out += String(decoding: plain, as: UTF8.self)
      plain = []
    }
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "="), let word = word(bytes[index...]) else {
        plain.append(bytes[index])
        index += 1
        continue
      }
      // White space between two encoded words means nothing, and a letter may be cut between them.
      if pending != nil, plain.allSatisfy(MailText.isSpace) { plain = [] }
      if pending?.charset == word.charset, plain.isEmpty {
        pending?.bytes.append(contentsOf: word.bytes)
      } else {
        flush()
        pending = (word.charset, word.bytes)
      }
      index = word.end
    }
    flush()
    return out
  }

  /// `=?charset?B or Q?text?=` at the start of the bytes.
  private static func word(_ bytes: ArraySlice<UInt8>) -> (charset: String, bytes: [UInt8], end: Int)? {
    guard bytes.starts(with: "=?".utf8) else { return nil }
    func isInside(_ byte: UInt8) -> Bool { byte != UInt8(ascii: "?") && !MailText.isSpace(byte) }
    let charset = bytes.dropFirst(2).prefix(40).prefix(while: isInside)
    var rest = bytes[charset.endIndex...]
    guard rest.popFirst() == UInt8(ascii: "?"), let encoding = rest.popFirst(), rest.popFirst() == UInt8(ascii: "?")
    else { return nil }
    let text = rest.prefix(1_000).prefix(while: isInside)
    guard bytes[text.endIndex...].starts(with: "?=".utf8) else { return nil }
    let name = MailText.lower(String(decoding: charset.prefix { $0 != UInt8(ascii: "*") }, as: UTF8.self))
    switch MailText.lower(encoding) {
    case UInt8(ascii: "b"): return (name, TransferEncoding.base64(text), text.endIndex + 2)
    case UInt8(ascii: "q"):
      let spaced = text.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
      return (name, TransferEncoding.escaped(spaced, mark: UInt8(ascii: "=")), text.endIndex + 2)
    default: return nil
    }
  }
}
