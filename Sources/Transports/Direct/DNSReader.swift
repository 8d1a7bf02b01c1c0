import Foundation

/// RFC 1035 section 4.1.1.
struct DNSHeader {
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
struct DNSEntry {
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
struct DNSReader {
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
