/// One field of a header block (RFC 5322 section 2.2): the name in small letters, the value unfolded and trimmed.
typealias MailField = (name: String, value: String)

/// Gathers fields line by line. Guarantee: never more than the limits, whatever the lines say.
struct MailFieldReader {
  static let fieldLimit = 2_000
  static let valueLimit = 64 * 1024

  private(set) var fields: [MailField] = []
  private var name: String?
  private var value: [UInt8] = []

  /// Whether the line is a field, or goes on with one.
  mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first else { return false }
    if first == 0x20 || first == 0x09 {
      guard name != nil else { return false }
      append(line)
      return true
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let name = MailText.trimmed(line[line.startIndex..<colon])
    guard !name.isEmpty, name.count <= 200, name.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
    finish()
    self.name = MailText.lower(String(decoding: name, as: UTF8.self))
    append(line[(colon + 1)...])
    return true
  }

  /// Ends the field that is being read.
  mutating func finish() {
    guard let name else { return }
    if fields.count < MailFieldReader.fieldLimit {
      let text = String(decoding: MailText.trimmed(value[...]), as: UTF8.self)
      fields.append((name, text))
    }
    self.name = nil
    value = []
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    let room = MailFieldReader.valueLimit - value.count
    guard room > 0 else { return }
    // No control character leaves here: they have no meaning in a field, and a harmful one in a log.
    value.append(contentsOf: bytes.prefix(room).lazy.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 })
  }
}

extension [MailField] {
  func first(_ name: String) -> String? { first { $0.name == name }?.value }

  func all(_ name: String) -> [String] { compactMap { $0.name == name ? $0.value : nil } }

  func has(_ name: String) -> Bool { contains { $0.name == name } }
}
