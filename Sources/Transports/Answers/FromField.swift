/// The author of a mail (RFC 5322 section 3.6.2).
///
/// Guarantee: an address only where every reader sees the same one. Two addresses, a group, an address for a display
/// name that is not the address itself, and whatever doesn't end properly are nobody.
struct FromField {
  private var addresses: [String] = []
  private var phrase: [UInt8] = []
  private var angle: [UInt8]?
  private var isPhraseAddress = false

  /// `local@domain`, the domain in small letters.
  static func address(_ value: String) -> String? {
    var field = FromField()
    guard field.read(Array(MailText.withoutComments(value).utf8)), field.addresses.count == 1 else { return nil }
    return field.addresses.first
  }

  /// The author if the mail has exactly one From field with exactly one address.
  static func author(_ document: MailDocument) -> String? {
    let values = document.all("from")
    return values.count == 1 ? values.first.flatMap(address) : nil
  }

  /// False for what is no list of addresses.
  private mutating func read(_ bytes: [UInt8]) -> Bool {
    var isQuoted = false
    var isEscaped = false
    var isAngle = false
    for byte in bytes {
      if isEscaped || isQuoted {
        isQuoted = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        append(byte, isAngle)
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isQuoted = true
        append(byte, isAngle)
      case UInt8(ascii: "<"):
        guard angle == nil else { return false }
        angle = []
        isAngle = true
      case UInt8(ascii: ">"):
        guard isAngle else { return false }
        isAngle = false
      case UInt8(ascii: ",") where !isAngle: guard close() else { return false }
      case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"): return false
      default:
        if byte == UInt8(ascii: "@"), !isAngle { isPhraseAddress = true }
        append(byte, isAngle)
      }
    }
    return !isQuoted && !isAngle && close()
  }

  private mutating func append(_ byte: UInt8, _ isAngle: Bool) {
    if isAngle { angle?.append(byte) } else { phrase.append(byte) }
  }

  private mutating func close() -> Bool {
    let words = MailText.trimmed(phrase[...])
    defer {
      phrase = []
      angle = nil
      isPhraseAddress = false
    }
    if words.isEmpty, angle == nil { return true }
    guard let address = FromField.normalized(angle.map { MailText.trimmed($0[...]) } ?? words) else { return false }
    if angle != nil, isPhraseAddress, FromField.normalized(words) != address { return false }
    addresses.append(address)
    return addresses.count == 1
  }

  private static func normalized(_ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.count <= 320, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return nil }
    let local = bytes[bytes.startIndex..<at]
    let domain = bytes[(at + 1)...]
    let isQuoted = local.count > 2 && local.first == UInt8(ascii: "\"") && local.last == UInt8(ascii: "\"")
    let isAtom = local.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "\"") }
    let isHost = domain.allSatisfy {
      MailText.isAlphanumeric($0) || $0 >= 0x80 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    guard !local.isEmpty, !domain.isEmpty, isQuoted || isAtom, isHost else { return nil }
    return String(decoding: local, as: UTF8.self) + "@" + MailText.lower(String(decoding: domain, as: UTF8.self))
  }
}
