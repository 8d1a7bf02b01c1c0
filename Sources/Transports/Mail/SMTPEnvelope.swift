import Delivery

/// One message ready for the wire: envelope and content (RFC 5321, RFC 3461).
///
/// Guarantee: neither address holds a control character, a space or an angle bracket, so that nothing can be smuggled
/// into a command. `init` returns nil for an address that does.
package struct SMTPEnvelope: Sendable {
  package let sender: String
  package let recipient: String
  /// `ENVID`: the notification's tag, nothing else. Nil asks for no reports.
  package let identifier: String?
  /// RFC 5322 message with CRLF line ends, not yet dot-stuffed.
  package let content: [UInt8]

  package init?(sender: String, recipient: String, identifier: String?, content: [UInt8]) {
    let isClean = [sender, recipient, identifier ?? ""].allSatisfy { text in
      text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "<" && $0 != ">" }
    }
    guard isClean, !recipient.isEmpty else { return nil }
    self.sender = sender
    self.recipient = recipient
    self.identifier = identifier
    self.content = content
  }

  /// The recipient's mail domain.
  var domain: Substring { recipient.split(separator: "@").last ?? "" }

  /// RFC 6531 is needed when an address is not ASCII.
  var needsInternational: Bool { !(sender + recipient).utf8.allSatisfy { $0 < 0x80 } }
  var hasEightBit: Bool { !content.allSatisfy { $0 < 0x80 } }

  /// The content with every leading dot doubled, ended by a lone dot (RFC 5321 section 4.5.2).
  var stuffed: [UInt8] {
    var out = [UInt8]()
    out.reserveCapacity(content.count + 64)
    var atLineStart = true
    for byte in content {
      if atLineStart, byte == UInt8(ascii: ".") { out.append(byte) }
      out.append(byte)
      atLineStart = byte == 0x0a
    }
    if !atLineStart { out += [0x0d, 0x0a] }
    out += [UInt8(ascii: "."), 0x0d, 0x0a]
    return out
  }
}

/// RFC 3461 section 4: printable ASCII without `+` and `=` as it is, everything else as `+XX`.
func xtext(_ text: String) -> String {
  var out = ""
  for byte in text.utf8 {
    if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
      out.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      let digits = Array("0123456789ABCDEF")
      out += "+\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
  }
  return out
}
