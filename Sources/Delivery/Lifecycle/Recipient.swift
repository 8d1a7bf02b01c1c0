import Routing

/// A desk that is owed messages: one role of one agency. Whoever is named in an event for that role counts with it.
///
/// Guarantee: `id` is `AGENCY:ROLE` and names one desk only. A role holds no colon, so that the last one parts the two,
/// also where the agency is `urn:100001`.
package struct Recipient: Sendable, Hashable {
  package let agency: String
  package let role: String
  package var id: String { "\(agency):\(role)" }

  /// Nil where there is no system that could ask: nobody knows the agency, or the role is the family's, whose messages are
  /// not the agency's to read.
  package init?(agency: String?, role: String) {
    guard let agency, !agency.isEmpty, !role.isEmpty, role.utf8.count <= 100, role.utf8.allSatisfy(Recipient.isRole),
      !role.hasPrefix("family.")
    else { return nil }
    self.agency = agency
    self.role = role
  }

  /// Reads `AGENCY:ROLE`; nil for anything else.
  package init?(id: String) {
    guard let colon = id.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    self.init(agency: String(id[..<colon]), role: String(id[id.utf8.index(after: colon)...]))
  }

  /// `id` where only visible ASCII may stand: everything else is percent-encoded, as the CloudEvents HTTP binding does
  /// (section 3.1.3.2).
  package var header: String {
    id.utf8.map { byte in
      let isPlain = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "\"")
      let hex = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(Unicode.Scalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
    }.joined()
  }

  private static func isRole(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }
}

/// The place of a message among all that its recipient was ever owed: 1 for the first, each next one greater by one.
///
/// Guarantee: a number is given once, in the transaction in which the message leaves for the first time or the recipient
/// asks for it, and stays the message's own whatever becomes of it. A recipient that misses one has missed a message.
package struct RecipientNumber: Sendable, Hashable {
  package let recipient: Recipient
  package let number: Int64
  package init(recipient: Recipient, number: Int64) {
    self.recipient = recipient
    self.number = number
  }

  /// `AGENCY:ROLE NUMBER`, for the headers of mail.
  package var header: String { "\(recipient.header) \(number)" }

  /// The number as CloudEvents' sequence extension wants it: texts that are ordered as the numbers are.
  package var sequence: String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }

  /// A CloudEvent of ours with the extension attributes `recipient` and `sequence`. What the ledger keeps is a JSON object
  /// without them, so that they can be put before its first member as it is.
  package func marking(_ event: String) -> String {
    guard event.utf8.first == UInt8(ascii: "{") else { return event }
    let rest = event.utf8.dropFirst()
    let own: JSONValue = ["recipient": .string(recipient.id), "sequence": .string(sequence)]
    return own.serialized.dropLast() + (rest.first == UInt8(ascii: "}") ? "" : ",") + String(Substring(rest))
  }
}
