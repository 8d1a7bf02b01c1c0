import Foundation

/// The wire form of DNS questions and answers (RFC 1035, RFC 3596, RFC 6891).
///
/// Guarantee: pure, and total: whatever bytes arrive, reading ends after a bounded amount of work with an answer or a
/// `DNSProblem`. A name is followed only backwards through the message, so that no pointer can make a loop.
package enum RecordType: UInt16, Sendable, Hashable, CaseIterable {
  case a = 1
  case cname = 5
  case mx = 15
  case txt = 16
  case aaaa = 28
}

/// What one record says. Names are lower case without the final dot, but for the root, which is `.`.
package enum DNSRecord: Hashable, Sendable {
  /// Dotted IPv4 literal.
  case a(String)
  /// IPv6 literal.
  case aaaa(String)
  case mx(preference: UInt16, host: String)
  /// The character strings of one record joined, as RFC 7208 and RFC 8461 read them.
  case txt(String)
  case cname(String)
}

/// What the name servers know about a name and a type.
package struct DNSAnswer: Hashable, Sendable {
  package enum Code: Hashable, Sendable {
    case noError, nameError, serverFailure, refused
    /// RFC 6895 section 2.3.
    case other(Int)
  }
  package let code: Code
  /// Of the type that was asked for, at the end of the name's aliases; none when the name has no such record.
  package let records: [DNSRecord]
  /// Seconds for which the whole answer, aliases included, or its absence (RFC 2308 section 5) may be kept.
  package let minimumTTL: Int

  package init(code: Code, records: [DNSRecord] = [], minimumTTL: Int = 0) {
    self.code = code
    self.records = records
    self.minimumTTL = minimumTTL
  }

  /// The name servers said yes or no, in contrast to being unable to say.
  package var isDefinite: Bool { code == .noError || code == .nameError }
}

/// Why bytes are no answer.
enum DNSProblem: Error, Equatable {
  /// Not the answer to this question: somebody else's, late or forged.
  case foreign
  case malformed
}

/// One question. `name` comes from `DomainName.ascii`.
struct DNSQuery: Hashable, Sendable {
  let id: UInt16
  let name: String
  let type: RecordType
  /// What fits into a datagram without fragments (DNS flag day 2020).
  static let datagram: UInt16 = 1232

  /// `extended`: with the EDNS0 record, which a few old servers refuse.
  func bytes(extended: Bool = true) -> [UInt8] {
    var out = [UInt8]()
    // Recursion desired; one question; perhaps one additional record.
    for field in [id, 0x0100, 1, 0, 0, extended ? 1 : 0] { out.append(number: field) }
    for label in name.split(separator: ".") {
      out.append(UInt8(truncatingIfNeeded: label.utf8.count))
      out += Array(label.utf8)
    }
    out.append(0)
    out.append(number: type.rawValue)
    out.append(number: 1)
    if extended {
      out.append(0)
      for field in [41, DNSQuery.datagram, 0, 0, 0] { out.append(number: field) }
    }
    return out
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: UInt16) { self += [UInt8(number >> 8), UInt8(number & 0xff)] }
}

/// A message that answers a question.
struct DNSResponse: Equatable {
  let answer: DNSAnswer
  /// There is more, to be had over TCP; `answer` holds no records then.
  let isTruncated: Bool

  init(_ bytes: [UInt8], to query: DNSQuery) throws(DNSProblem) {
    var reader = DNSReader(bytes)
    guard let header = try? DNSHeader(&reader), header.id == query.id, header.isResponse else {
      throw DNSProblem.foreign
    }
    if header.questions == 0, header.code != 0, header.answers == 0 {
      // A server that could not read the question does not repeat it.
      answer = DNSAnswer(code: DNSResponse.code(header.code))
      isTruncated = false
      return
    }
    guard header.questions == 1, let asked = try? reader.name(), asked == query.name,
      let type = try? reader.number16(), type == query.type.rawValue,
      let network = try? reader.number16(), network == 1
    else { throw DNSProblem.foreign }
    isTruncated = header.isTruncated
    if header.isTruncated {
      answer = DNSAnswer(code: DNSResponse.code(header.code))
      return
    }
    var sections: [[DNSEntry]] = []
    for count in [header.answers, header.authorities, header.additionals] {
      var entries: [DNSEntry] = []
      for _ in 0..<count { entries.append(try reader.entry()) }
      sections.append(entries)
    }
    var code = header.code
    for entry in sections[2] { if case .options(let high) = entry.content { code += high << 4 } }
    answer = DNSResponse.answer(to: query, code: DNSResponse.code(code), sections[0], sections[1])
  }

  private static func code(_ number: Int) -> DNSAnswer.Code {
    switch number {
    case 0: .noError
    case 2: .serverFailure
    case 3: .nameError
    case 5: .refused
    default: .other(number)
    }
  }

  /// Follows the aliases among the answers to the records that were asked for.
  private static func answer(
    to query: DNSQuery, code: DNSAnswer.Code, _ answers: [DNSEntry], _ authorities: [DNSEntry]
  ) -> DNSAnswer {
    var name = query.name
    var lifetime = Int.max
    // More aliases than that are a mistake or an attack.
    for _ in 0..<16 {
      let here = answers.filter { $0.name == name }
      let found = here.filter { $0.type == query.type.rawValue }
      if !found.isEmpty {
        let records = found.compactMap { if case .record(let record) = $0.content { record } else { nil } }
        return DNSAnswer(
          code: code, records: records, minimumTTL: found.reduce(lifetime) { min($0, $1.lifetime) })
      }
      guard let alias = here.first(where: { $0.type == RecordType.cname.rawValue }),
        case .record(.cname(let target)) = alias.content
      else { break }
      name = target
      lifetime = min(lifetime, alias.lifetime)
    }
    let absence = authorities.compactMap { entry -> Int? in
      if case .authority(let minimum) = entry.content { min(entry.lifetime, minimum) } else { nil }
    }
    return DNSAnswer(code: code, minimumTTL: absence.min().map { min($0, lifetime) } ?? 0)
  }
}

/// RFC 1035 section 4.1.1.
private struct DNSHeader {
  let id: UInt16
  let flags: UInt16
  let questions: Int
  let answers: Int
  let authorities: Int
  let additionals: Int

  init(_ reader: inout DNSReader) throws(DNSProblem) {
    id = try reader.number16()
    flags = try reader.number16()
    questions = Int(try reader.number16())
    answers = Int(try reader.number16())
    authorities = Int(try reader.number16())
    additionals = Int(try reader.number16())
  }

  /// An answer to a standard query.
  var isResponse: Bool { flags & 0xf800 == 0x8000 }
  var isTruncated: Bool { flags & 0x0200 != 0 }
  var code: Int { Int(flags & 0x000f) }
}

/// One resource record as it was read.
private struct DNSEntry {
  enum Content {
    case record(DNSRecord)
    /// The seconds for which an absence may be kept.
    case authority(minimum: Int)
    /// The upper bits of the response code.
    case options(Int)
    case other
  }
  let name: String
  let type: UInt16
  let lifetime: Int
  let content: Content
}

/// Reads a message from its beginning to its end.
private struct DNSReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func number16() throws(DNSProblem) -> UInt16 {
    try take(2).reduce(0) { $0 << 8 | UInt16($1) }
  }

  mutating func number32() throws(DNSProblem) -> UInt32 {
    try take(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  private mutating func take(_ count: Int) throws(DNSProblem) -> ArraySlice<UInt8> {
    guard count <= bytes.count - place else { throw DNSProblem.malformed }
    defer { place += count }
    return bytes[place..<place + count]
  }

  /// RFC 1035 section 4.1.4. Every pointer leads to before the place where the last one led.
  mutating func name() throws(DNSProblem) -> String {
    var labels: [String] = []
    var length = 1
    var here = place
    var limit = place
    var end: Int?
    while true {
      guard here < bytes.count else { throw DNSProblem.malformed }
      let size = Int(bytes[here])
      switch size >> 6 {
      case 0 where size == 0:
        place = end ?? here + 1
        return labels.isEmpty ? "." : labels.joined(separator: ".")
      case 0:
        length += size + 1
        guard length <= 255, here + 1 + size <= bytes.count else { throw DNSProblem.malformed }
        labels.append(DNSReader.label(bytes[here + 1...here + size]))
        here += size + 1
      case 3:
        guard here + 1 < bytes.count else { throw DNSProblem.malformed }
        let target = (size & 0x3f) << 8 | Int(bytes[here + 1])
        guard target < limit else { throw DNSProblem.malformed }
        end = end ?? here + 2
        limit = target
        here = target
      default: throw DNSProblem.malformed
      }
    }
  }

  /// A label in lower case; whatever could be mistaken for something else is written `\DDD` (RFC 1035 section 5.1).
  private static func label(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): text.unicodeScalars.append(Unicode.Scalar(byte + 0x20))
      case UInt8(ascii: "."), UInt8(ascii: "\\"), 0...0x20, 0x7f...0xff:
        text += "\\" + String(String(Int(byte) + 1000).dropFirst())
      default: text.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return text
  }

  mutating func entry() throws(DNSProblem) -> DNSEntry {
    let name = try name()
    let type = try number16()
    let network = try number16()
    let lifetime = try number32()
    let size = Int(try number16())
    let end = place + size
    guard end <= bytes.count else { throw DNSProblem.malformed }
    let content = try content(type, network: network, lifetime: lifetime, until: end)
    guard place == end else { throw DNSProblem.malformed }
    // RFC 2181 section 8: a lifetime with the highest bit set is none.
    return DNSEntry(
      name: name, type: network == 1 ? type : 0, lifetime: Int(Int32(bitPattern: lifetime) < 0 ? 0 : lifetime),
      content: content)
  }

  private mutating func content(
    _ type: UInt16, network: UInt16, lifetime: UInt32, until end: Int
  ) throws(DNSProblem) -> DNSEntry.Content {
    if type == 41 {
      place = end
      return .options(Int(lifetime >> 24))
    }
    guard network == 1 else {
      place = end
      return .other
    }
    if type == 6 { return .authority(minimum: try authority()) }
    switch RecordType(rawValue: type) {
    case .a: return .record(.a(try take(4).map(String.init).joined(separator: ".")))
    case .aaaa: return .record(.aaaa(DNSReader.literal(try take(16))))
    case .mx: return .record(.mx(preference: try number16(), host: try name()))
    case .cname: return .record(.cname(try name()))
    case .txt: return .record(.txt(try text(until: end)))
    case nil:
      place = end
      return .other
    }
  }

  /// RFC 1035 section 3.3.13; gives the last field.
  private mutating func authority() throws(DNSProblem) -> Int {
    _ = try name()
    _ = try name()
    _ = try take(16)
    return Int(min(try number32(), UInt32(Int32.max)))
  }

  private mutating func text(until end: Int) throws(DNSProblem) -> String {
    var text: [UInt8] = []
    while place < end {
      let size = Int(try take(1).reduce(0) { $0 + $1 })
      text += try take(size)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func literal(_ address: ArraySlice<UInt8>) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let bytes = Array(address)
    guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "::" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// How a domain is written in DNS and in HTTPS.
package enum DomainName {
  /// The domain in lower case, with every label in ASCII (RFC 5890), without a final dot.
  ///
  /// Throws `.badName` for what is no domain: an empty or overlong label, an address literal, or a character whose
  /// mapping would take more than lower case, such as full-width letters. `_` is taken because service records have it.
  package static func ascii(_ text: String) throws(ResolveFault) -> String {
    guard text.utf8.count <= 1024 else { throw .badName("it is too long") }
    var labels: [String] = []
    let name = text.hasSuffix(".") ? text.dropLast() : text[...]
    for label in name.split(separator: ".", omittingEmptySubsequences: false) {
      labels.append(try ascii(label: String(label)))
    }
    let result = labels.joined(separator: ".")
    guard result.utf8.count <= 253 else { throw .badName("it is longer than 253 characters") }
    guard let top = labels.last, !top.utf8.allSatisfy({ isDigit($0) }) else {
      throw .badName("it is an address, not a name")
    }
    return result
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func ascii(label: String) throws(ResolveFault) -> String {
    let lower = label.lowercased().precomposedStringWithCanonicalMapping
    guard !lower.isEmpty, !lower.hasPrefix("-"), !lower.hasSuffix("-") else {
      throw .badName("a label is empty, or begins or ends with a hyphen")
    }
    let isPlain = lower.utf8.allSatisfy { byte in
      isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    let coded = isPlain ? lower : "xn--" + punycode(try international(lower))
    guard coded.utf8.count <= 63 else { throw .badName("a label is longer than 63 characters") }
    return coded
  }

  /// The scalars of a label that needs no mapping (RFC 5892: letters, marks and digits that stay what they are).
  private static func international(_ label: String) throws(ResolveFault) -> [Unicode.Scalar] {
    let scalars = Array(label.unicodeScalars)
    let isStable = scalars == Array(label.precomposedStringWithCompatibilityMapping.unicodeScalars)
    let isWritable = scalars.allSatisfy { scalar in
      guard !scalar.isASCII else {
        return scalar == "-" || scalar.properties.isAlphabetic || isDigit(UInt8(scalar.value))
      }
      switch scalar.properties.generalCategory {
      case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
      default: return false
      }
    }
    let beginsWithMark = [.nonspacingMark, .spacingMark].contains(scalars.first?.properties.generalCategory)
    guard isStable, isWritable, !beginsWithMark, label.dropFirst(2).prefix(2) != "--" else {
      throw .badName("it has a character that no domain may have; write it in its ASCII form")
    }
    return scalars
  }

  /// RFC 3492 section 6.3.
  static func punycode(_ scalars: [Unicode.Scalar]) -> String {
    // Nothing this long fits into a label, and nothing shorter can overflow.
    let input = scalars.prefix(256).map { Int($0.value) }
    var output = input.filter { $0 < 0x80 }.map { UInt8($0) }
    let basic = output.count
    if basic > 0 { output.append(UInt8(ascii: "-")) }
    var (n, delta, bias, handled) = (128, 0, 72, basic)
    while handled < input.count, let next = input.filter({ $0 >= n }).min() {
      delta += (next - n) * (handled + 1)
      n = next
      for value in input {
        if value < n { delta += 1 }
        guard value == n else { continue }
        output += integer(delta, bias: bias)
        bias = adapted(delta, points: handled + 1, isFirst: handled == basic)
        delta = 0
        handled += 1
      }
      delta += 1
      n += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func integer(_ delta: Int, bias: Int) -> [UInt8] {
    func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? value + 97 : value + 22) }
    var out: [UInt8] = []
    var rest = delta
    for k in stride(from: 36, through: 36 * 64, by: 36) {
      let threshold = min(max(k - bias, 1), 26)
      guard rest >= threshold else { break }
      out.append(digit(threshold + (rest - threshold) % (36 - threshold)))
      rest = (rest - threshold) / (36 - threshold)
    }
    return out + [digit(rest)]
  }

  private static func adapted(_ delta: Int, points: Int, isFirst: Bool) -> Int {
    var rest = isFirst ? delta / 700 : delta / 2
    rest += rest / points
    var k = 0
    while rest > 455 {
      rest /= 35
      k += 36
    }
    return k + 36 * rest / (rest + 38)
  }
}
