import Foundation
import Routing

/// Builds an RFC 5322 message with MIME parts (RFC 2045 to 2047): text and HTML as alternatives, the event attached.
///
/// Guarantee: every line is at most 998 bytes and ends in CRLF; headers hold nothing but what is passed here, with
/// control characters taken out; bodies are ASCII whatever they say. No field or body can begin another.
struct MIMEMessage {
  typealias Field = (name: String, value: String)

  /// A part beside the words.
  struct Attachment {
    let type: String
    let name: String
    let content: [UInt8]
  }

  /// What stands outside and inside a sealed message alike; values as they are read, not yet encoded.
  var fields: [Field]
  var text: String
  var html: String
  var attachments: [Attachment] = []
  /// Unique to the message, and absent from its parts: quoted-printable never writes a line that begins with a dash.
  var key: String

  /// The message as it leaves when nothing is sealed.
  var bytes: [UInt8] { MIMEMessage.write(written, entity) }

  /// The fields as they are written: encoded, and without anything that would end one early.
  var written: [Field] { fields.map { ($0.name, MIMEMessage.clean(MIMEMessage.encodedWords($0.value))) } }

  static func write(_ fields: [Field], _ entity: [UInt8]) -> [UInt8] {
    let head = fields.map { "\($0.name): \($0.value)\r\n" }.joined() + "MIME-Version: 1.0\r\n"
    return Array(head.utf8) + entity
  }

  /// The body with its own `Content-` fields: what is signed, encrypted, or sent as it is. ASCII throughout.
  var entity: [UInt8] {
    let words = alternatives
    guard !attachments.isEmpty else { return Array(words.utf8) }
    let outer = "mixed-\(key)"
    var out = Array("Content-Type: multipart/mixed; boundary=\"\(outer)\"\r\n\r\n--\(outer)\r\n\(words)".utf8)
    for attachment in attachments {
      let head = """
        \r\n--\(outer)\r\nContent-Type: \(attachment.type)\r\nContent-Transfer-Encoding: base64\r
        Content-Disposition: attachment; filename=\"\(attachment.name)\"\r\n\r\n
        """
      out += Array(head.utf8)
      out += MIMEMessage.base64(attachment.content)
    }
    return out + Array("\r\n--\(outer)--\r\n".utf8)
  }

  private var alternatives: String {
    let inner = "alternative-\(key)"
    return "Content-Type: multipart/alternative; boundary=\"\(inner)\"\r\n\r\n"
      + part(inner, "text/plain; charset=utf-8", text) + part(inner, "text/html; charset=utf-8", html)
      + "--\(inner)--\r\n"
  }

  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    Array(
      Data(bytes).base64EncodedData(options: [
        .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
      ]))
  }

  private func part(_ boundary: String, _ type: String, _ content: String) -> String {
    "--\(boundary)\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      + MIMEMessage.quotedPrintable(content) + "\r\n"
  }

  /// No header ends early: control characters become spaces, but for the fold that encoded words need.
  static func clean(_ value: String) -> String {
    value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } ? value : cleaned(value)
  }

  private static func cleaned(_ value: String) -> String {
    value.replacingOccurrences(of: "\r\n ", with: "\u{1}").unicodeScalars
      .map { $0 == "\u{1}" ? "\r\n " : $0.value < 0x20 || $0.value == 0x7f ? " " : String($0) }.joined()
  }

  /// RFC 2047 encoded words where the text is not plain ASCII, each at most 75 characters.
  static func encodedWords(_ text: String) -> String {
    if text.utf8.count < 900, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    let safe = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    if safe.utf8.allSatisfy({ $0 < 0x80 }), safe.utf8.count < 900 { return safe }
    var words: [String] = []
    var chunk = ""
    for scalar in safe.unicodeScalars {
      // A word has 75 characters at most and its line 76, the field's name included.
      if chunk.utf8.count + UTF8.width(scalar) > (words.isEmpty ? 30 : 45) {
        words.append(chunk)
        chunk = ""
      }
      chunk.unicodeScalars.append(scalar)
    }
    words.append(chunk)
    return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
  }

  /// RFC 2045 section 6.7; line ends of any kind become CRLF.
  static func quotedPrintable(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out = [UInt8]()
    out.reserveCapacity(text.utf8.count * 5 / 4)
    var column = 0
    func softBreak(_ needed: Int) {
      guard column + needed > 75 else { return }
      out.append(contentsOf: "=\r\n".utf8)
      column = 0
    }
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() {
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0x0a
      if byte != 0x0a, byte != 0x0d { softBreak(3) }
      switch byte {
      case 0x0d where next == 0x0a && index + 1 < bytes.count: continue
      case 0x0a, 0x0d:
        out += [0x0d, 0x0a]
        column = 0
      case 0x20, 0x09:
        // White space before a line end would be lost on the way.
        let isLast = next == 0x0a || next == 0x0d
        softBreak(isLast ? 3 : 1)
        if isLast {
          out += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        } else {
          out.append(byte)
        }
        column += isLast ? 3 : 1
      // At the beginning of a line these mean something to somebody on the way: a boundary, the end of the data, mbox.
      case UInt8(ascii: "-") where column == 0, UInt8(ascii: ".") where column == 0,
        UInt8(ascii: "F") where column == 0:
        out += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        column += 3
      case 0x21...0x3c, 0x3e...0x7e:
        softBreak(1)
        out.append(byte)
        column += 1
      default:
        softBreak(3)
        out += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        column += 3
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// RFC 5322 section 3.3, in UTC.
  static func date(_ instant: Instant) -> String {
    let days = instant.seconds / 86400
    let rest = Int(instant.seconds - days * 86400)
    let date = CivilDate(daysSince1970: days)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(Self.days[date.weekday - 1]), \(date.day) \(Self.months[date.month - 1]) \(date.year) "
      + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) +0000"
  }
}
