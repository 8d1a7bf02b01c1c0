/// Content-Type (RFC 2045 section 5.1) with the parameters of RFC 2231. Names are in small letters.
///
/// Guarantee: of two parameters of one name the first counts; at most 50 are read.
struct MediaType: Sendable, Equatable {
  static let plainText = MediaType(type: "text", subtype: "plain")
  static let message = MediaType(type: "message", subtype: "rfc822")

  let type: String
  let subtype: String
  private(set) var parameters: [String: String] = [:]

  private init(type: String, subtype: String) {
    self.type = type
    self.subtype = subtype
  }

  /// Nil for what is no media type.
  init?(_ value: String) {
    var scanner = ParameterScanner(MailText.withoutComments(value))
    let names = scanner.upToSemicolon().split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2 else { return nil }
    self.init(type: MailText.lower(MailText.trimmed(names[0])), subtype: MailText.lower(MailText.trimmed(names[1])))
    let isWord = !name.utf8.contains(where: MailText.isSpace)
    guard isWord, !type.isEmpty, !subtype.isEmpty else { return nil }
    var raw: [String: String] = [:]
    while raw.count < 50, let (name, value) = scanner.parameter() {
      if !name.isEmpty, raw[name] == nil { raw[name] = value }
    }
    parameters = MediaType.joined(raw)
  }

  var name: String { "\(type)/\(subtype)" }

  /// A whole message, with its header, is inside.
  var isMessage: Bool { type == "message" && (subtype == "rfc822" || subtype == "global") }

  subscript(parameter: String) -> String? { parameters[parameter].flatMap { $0.isEmpty ? nil : $0 } }

  /// RFC 2231: `name*` is percent-encoded with a character set, `name*0`, `name*1*` and so on are pieces of one value.
  private static func joined(_ raw: [String: String]) -> [String: String] {
    var out = raw.filter { !$0.key.contains("*") }
    for (key, value) in raw where key.contains("*") {
      let parts = key.split(separator: "*", omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard !name.isEmpty, out[name] == nil else { continue }
      if parts.count == 2, parts[1].isEmpty {
        out[name] = decoded(value, isFirst: true)
      } else if parts[1] == "0" {
        out[name] = pieces(raw, name)
      }
    }
    return out
  }

  private static func pieces(_ raw: [String: String], _ name: String) -> String {
    var text = ""
    for index in 0..<50 {
      if let plain = raw["\(name)*\(index)"] {
        text += plain
      } else if let encoded = raw["\(name)*\(index)*"] {
        text += decoded(encoded, isFirst: index == 0)
      } else {
        break
      }
    }
    return text
  }

  private static func decoded(_ value: String, isFirst: Bool) -> String {
    var charset: Substring = ""
    var text = Substring(value)
    let parts = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    if isFirst, parts.count == 3 {
      charset = parts[0]
      text = parts[2]
    }
    return Charset.text(TransferEncoding.escaped(Array(text.utf8), mark: UInt8(ascii: "%")), MailText.lower(charset))
  }
}

/// `value; name=token; name="quoted string"`.
private struct ParameterScanner {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = Array(text.utf8)[...] }

  mutating func upToSemicolon() -> String {
    let text = rest.prefix { $0 != UInt8(ascii: ";") }
    rest = rest.dropFirst(text.count + 1)
    return String(decoding: MailText.trimmed(text), as: UTF8.self)
  }

  mutating func parameter() -> (name: String, value: String)? {
    rest = rest.drop { MailText.isSpace($0) }
    guard !rest.isEmpty else { return nil }
    let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
    rest = rest.dropFirst(name.count)
    let key = MailText.lower(String(decoding: MailText.trimmed(name), as: UTF8.self))
    guard rest.first == UInt8(ascii: "=") else {
      rest = rest.dropFirst()
      return (key, "")
    }
    rest = rest.dropFirst().drop { MailText.isSpace($0) }
    guard rest.first == UInt8(ascii: "\"") else { return (key, upToSemicolon()) }
    return (key, quotedString())
  }

  private mutating func quotedString() -> String {
    var out = [UInt8]()
    var isEscaped = false
    rest = rest.dropFirst()
    while let byte = rest.popFirst() {
      if !isEscaped, byte == UInt8(ascii: "\"") { break }
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
      if !isEscaped { out.append(byte) }
    }
    _ = upToSemicolon()
    return String(decoding: out, as: UTF8.self)
  }
}
