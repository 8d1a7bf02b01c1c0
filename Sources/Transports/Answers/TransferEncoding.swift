/// Content-Transfer-Encoding (RFC 2045 section 6) backwards. What is not encoded stays as it is; nothing fails.
enum TransferEncoding {
  static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: String) -> [UInt8] {
    switch encoding {
    case "base64": base64(bytes)
    case "quoted-printable": quotedPrintable(bytes)
    default: Array(bytes)
    }
  }

  /// Passes over every byte outside the alphabet, and over padding in the middle.
  static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out = [UInt8]()
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      guard let digit = base64Digit(byte) else {
        if byte == UInt8(ascii: "=") { count = 0 }
        continue
      }
      bits = (bits << 6 | digit) & 0xffff
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return out
  }

  private static func base64Digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5a: UInt32(byte) - 0x41
    case 0x61...0x7a: UInt32(byte) - 0x61 + 26
    case 0x30...0x39: UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var joined = [UInt8]()
    for line in MailLines(bytes) {
      let content = bytes[line.content.startIndex..<line.next]
      let trimmed = MailText.trimmed(content)
      // White space at a line's end was added on the way; an equals sign there joins it to the next line.
      if trimmed.last == UInt8(ascii: "=") {
        joined += bytes[content.startIndex..<trimmed.endIndex].dropLast()
      } else {
        joined += content
      }
    }
    return escaped(joined, mark: UInt8(ascii: "="))
  }

  /// Every mark with two hexadecimal digits becomes the byte they say.
  static func escaped(_ bytes: [UInt8], mark: UInt8) -> [UInt8] {
    var out = [UInt8]()
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == mark, index + 2 < bytes.count, let high = MailText.hexadecimal(bytes[index + 1]),
        let low = MailText.hexadecimal(bytes[index + 2])
      {
        out.append(high << 4 | low)
        index += 3
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return out
  }
}
