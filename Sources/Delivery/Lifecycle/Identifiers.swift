import Crypto

/// Names that follow from what they name: the same event gets the same ids however often it is decided.
package enum Identifiers {
  package static func event(source: String, id: String) -> String { "ev-" + short("\(source)\u{0}\(id)") }

  package static func notification(event: String, key: String) -> String { "nt-" + short("\(event)\u{0}\(key)") }

  package static func duty(event: String, key: String) -> String { "du-" + short("\(event)\u{0}duty\u{0}\(key)") }

  /// The heartbeat of one recipient that was due at `seconds`.
  package static func heartbeat(recipient: String, due seconds: Int64) -> String {
    "hb-" + short("\(recipient)\u{0}\(seconds)")
  }

  /// Whether a text has the shape of a notification's id.
  package static func isNotification(_ text: String) -> Bool {
    text.hasPrefix("nt-") && text.utf8.count == 29 && text.utf8.dropFirst(3).allSatisfy(alphabet.contains)
  }

  package static func person(provider: String, name: String) -> String { "pe-" + short("\(provider)\u{0}\(name)") }

  /// A report that somebody begins to write at that millisecond.
  package static func draft(of person: String, at milliseconds: Int64) -> String {
    "dr-" + short("\(person)\u{0}draft\u{0}\(milliseconds)")
  }

  /// The episode that a report begins, short enough to be read out: `RP-ABCD-EFGH-JKLM`, 60 bits.
  package static func reference(draft: String) -> String {
    let letters = Array(short("\(draft)\u{0}reference").uppercased().prefix(12))
    return (["RP"] + stride(from: 0, to: 12, by: 4).map { String(letters[$0..<$0 + 4]) }).joined(separator: "-")
  }

  /// A child whom a report names for the first time.
  package static func child(draft: String) -> String { "ch-" + short("\(draft)\u{0}child") }

  /// SHA-256 of a text, in hexadecimal.
  package static func digest(_ bytes: [UInt8]) -> String {
    String(decoding: SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  /// 130 bits of SHA-256 in base 32: safe in file names, headers and URLs.
  private static func short(_ text: String) -> String {
    base32(Array(SHA256.hash(data: Array(text.utf8))), letters: 26)
  }

  /// The first letters of RFC 4648's base 32, in small letters.
  static func base32(_ bytes: [UInt8], letters: Int) -> String {
    var out = [UInt8]()
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes where out.count < letters {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5, out.count < letters {
        count -= 5
        out.append(alphabet[Int(bits >> UInt32(count)) & 31])
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
