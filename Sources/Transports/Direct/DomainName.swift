import Foundation

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
