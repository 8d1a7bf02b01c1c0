import Foundation

/// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
///
/// Guarantee: every byte sequence has one text that is read, so that a token cannot be rewritten and stay valid: padding,
/// the alphabet of plain base64, white space and set bits after the last byte are refused.
package enum Base64URL {
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text = Data(bytes).base64EncodedString()
    text.replace("+", with: "-")
    text.replace("/", with: "_")
    while text.hasSuffix("=") { text.removeLast() }
    return text
  }

  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    let given = Array(text)
    var plain = [UInt8]()
    plain.reserveCapacity(given.count + 3)
    for byte in given {
      switch byte {
      case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        plain.append(byte)
      default: return nil
      }
    }
    plain += Array(repeating: UInt8(ascii: "="), count: (4 - plain.count % 4) % 4)
    guard let data = Data(base64Encoded: Data(plain)), encode(data).utf8.elementsEqual(given) else { return nil }
    return Array(data)
  }
}
