/// What a domain demands of those who deliver to it (RFC 8461 sections 3.1 and 3.2).
///
/// Guarantee: pure. A policy exists only if the whole text is one: it has its version, every value is of its
/// kind, and there is a server in it unless its mode is `none`.
package struct STSPolicy: Hashable, Sendable {
  package enum Mode: String, Sendable { case enforce, testing, none }

  package let mode: Mode
  /// Names in lower case; `*.` at the beginning stands for exactly one label.
  package let mx: [String]
  /// Seconds.
  package let maxAge: Int64

  /// Bytes a policy may have.
  package static let limit = 64 * 1024
  /// Seconds a policy may last, a little over a year.
  package static let longestAge: Int64 = 31_557_600

  package static func url(for domain: String) -> String { "https://mta-sts.\(domain)/.well-known/mta-sts.txt" }

  /// Parameters of the media type do not matter.
  package static func accepts(contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }.split(whereSeparator: \.isWhitespace)
    return type.count == 1 && type[0].lowercased() == "text/plain"
  }

  package init(parsing bytes: [UInt8]) throws(STSProblem) {
    guard bytes.count <= STSPolicy.limit else { throw STSProblem("it is longer than 64 KiB") }
    var fields = STSFields()
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      try fields.take(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
    guard fields.hasVersion else { throw STSProblem("it has no version") }
    guard let mode = fields.mode else { throw STSProblem("it has no mode") }
    guard let maxAge = fields.maxAge else { throw STSProblem("it has no max_age") }
    guard mode == .none || !fields.mx.isEmpty else { throw STSProblem("it names no mail server") }
    self.mode = mode
    self.mx = fields.mx
    self.maxAge = maxAge
  }

  /// RFC 8461 section 4.1.
  package func allows(_ host: String) -> Bool {
    let lower = host.lowercased()
    let name = lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return mx.contains(name) }
    return mx.contains(name) || mx.contains("*" + name[dot...])
  }
}

/// Why a text is no policy.
package struct STSProblem: Error, Hashable, Sendable, CustomStringConvertible {
  package let reason: String
  init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}

/// The fields of a policy, as far as they have been read. Of a field that comes twice the first one counts, but for `mx`.
private struct STSFields {
  var hasVersion = false
  var mode: STSPolicy.Mode?
  var maxAge: Int64?
  var mx: [String] = []

  mutating func take(_ line: ArraySlice<UInt8>) throws(STSProblem) {
    guard let text = String(validating: line, as: UTF8.self),
      !text.unicodeScalars.contains(where: { ($0.value < 0x20 && $0 != "\t") || $0.value == 0x7f })
    else { throw STSProblem("it holds bytes that are no text") }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      if parts.allSatisfy({ $0.allSatisfy(isBlank) }) { return }
      throw STSProblem("a line has no colon")
    }
    try take(String(parts[0]), trimmed(parts[1]))
  }

  private mutating func take(_ key: String, _ value: String) throws(STSProblem) {
    switch key {
    case "version":
      guard hasVersion || value == "STSv1" else { throw STSProblem("its version is not STSv1") }
      hasVersion = true
    case "mode" where mode == nil:
      guard let read = STSPolicy.Mode(rawValue: value) else { throw STSProblem("its mode is unknown") }
      mode = read
    case "max_age" where maxAge == nil:
      guard (1...10).contains(value.utf8.count), value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let seconds = Int64(value), seconds <= STSPolicy.longestAge
      else { throw STSProblem("its max_age is not from 0 to \(STSPolicy.longestAge) seconds") }
      maxAge = seconds
    case "mx":
      guard let pattern = STSFields.pattern(value) else { throw STSProblem("an mx is no host name") }
      mx.append(pattern)
    default: break
    }
  }

  /// `["*."] Domain`, internationalized labels in ASCII.
  private static func pattern(_ value: String) -> String? {
    let host = value.hasPrefix("*.") ? value.dropFirst(2) : value[...]
    guard host.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "_") }), !host.hasSuffix("."),
      let name = try? DomainName.ascii(String(host))
    else { return nil }
    return value.hasPrefix("*.") ? "*." + name : name
  }
}

/// The `_mta-sts` record, which says that there is a policy and when it has changed.
enum STSRecord: Equatable {
  case absent
  /// There are two, or it is not written as it must be.
  case invalid
  case id(String)

  /// `texts`: the TXT records of `_mta-sts.<domain>`.
  init(_ texts: [String]) {
    let ours = texts.filter { text in
      text.hasPrefix("v=STSv1") && text.dropFirst(7).first { !isBlank($0) } == ";"
    }
    guard let text = ours.first else {
      self = .absent
      return
    }
    self = ours.count == 1 ? STSRecord.id(in: text).map(STSRecord.id) ?? .invalid : .invalid
  }

  /// `*(*WSP ";" *WSP field)` after the version, where a last semicolon may stand alone.
  private static func id(in text: String) -> String? {
    var fields = text.split(separator: ";", omittingEmptySubsequences: false).dropFirst().map(trimmed)
    if fields.last == "" { fields.removeLast() }
    var id: String?
    for field in fields {
      let parts = field.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, isName(parts[0]), isValue(parts[1]) else { return nil }
      guard parts[0] == "id" else { continue }
      guard id == nil, parts[1].utf8.count <= 32, parts[1].utf8.allSatisfy(isAlphanumeric) else { return nil }
      id = String(parts[1])
    }
    return id
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 32 else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || [0x2d, 0x2e, 0x5f].contains($0) }
  }

  private static func isValue(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

private func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

private func trimmed(_ text: Substring) -> String {
  guard let start = text.firstIndex(where: { !isBlank($0) }), let end = text.lastIndex(where: { !isBlank($0) }) else {
    return ""
  }
  return String(text[start...end])
}
