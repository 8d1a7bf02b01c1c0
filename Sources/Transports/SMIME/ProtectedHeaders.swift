/// A message's header fields put under the protection of its signature and encryption (RFC 9788).
///
/// Guarantee: every field that is not structural is copied into `payload`, which is what is to be signed and
/// encrypted. When it is encrypted, the outer subject is `[...]`, `Comments`, `Keywords` and whatever the caller hides
/// are left out outside, and `payload` lists in `HP-Outer` exactly what `outer` says (RFC 9788 section 2.2): a field
/// that was left out has no line. When it is only signed, nothing is hidden and there is no `HP-Outer`.
package struct ProtectedHeaders: Sendable {
  package enum Protection: String, Sendable {
    /// Signed only.
    case clear
    /// Encrypted, signed or not.
    case cipher
  }

  /// The Cryptographic Payload: a canonical MIME entity that carries the protected fields.
  package let payload: [UInt8]
  /// What to write outside, in this order; the structural fields come with the sealed entity.
  package let outer: [(name: String, value: String)]

  /// `fields`: the whole header of the message, in order; structural ones among them are passed over. `entity`: its
  /// content with `Content-*` fields of its own. Values may be folded and are otherwise cleaned of control characters.
  package init(
    fields: [(name: String, value: String)], entity: [UInt8], protection: Protection, hiding hidden: Set<String> = []
  ) {
    let protected = fields.filter { ProtectedHeaders.isProtectable($0.name) }
      .map { (name: $0.name, value: MIMEMessage.clean($0.value)) }
    let removed = Set(hidden.map { $0.lowercased() }).union(["comments", "keywords"])
    outer =
      protection == .clear
      ? protected
      : protected.compactMap { field in
        let name = field.name.lowercased()
        if name == "subject" { return (name: field.name, value: "[...]") }
        return removed.contains(name) ? nil : field
      }
    var lines = protected.map { "\($0.name): \($0.value)\r\n" }
    if protection == .cipher { lines += outer.map { "HP-Outer: \($0.name): \($0.value)\r\n" } }
    let (head, body) = ProtectedHeaders.split(entity)
    let structural = ProtectedHeaders.structural(head, protection)
    payload = Array((structural + lines.joined() + "\r\n").utf8) + body
  }

  /// The mail as it goes out: the outer fields around what was made of `payload`.
  package func message(around sealed: [UInt8]) -> [UInt8] { MIMEMessage.write(outer, sealed) }

  /// Structural fields say how the body is built and stay where they are (RFC 9787 section 1.1.1); an `HP-Outer` from
  /// elsewhere would be a lie about this message.
  private static func isProtectable(_ name: String) -> Bool {
    let name = name.lowercased()
    return name != "mime-version" && !name.hasPrefix("content-") && name != "hp-outer"
  }

  /// The entity's own structural fields, its type marked with `hp`.
  private static func structural(_ head: String, _ protection: Protection) -> String {
    var fields = fields(head).filter { $0.name.lowercased().hasPrefix("content-") }
    if !fields.contains(where: { $0.name.lowercased() == "content-type" }) {
      fields.insert((name: "Content-Type", value: "text/plain; charset=us-ascii"), at: 0)
    }
    return fields.map { field in
      let mark = field.name.lowercased() == "content-type" ? ";\r\n hp=\"\(protection.rawValue)\"" : ""
      return "\(field.name): \(field.value)\(mark)\r\n"
    }.joined()
  }

  /// Header section without its blank line, and body.
  private static func split(_ entity: [UInt8]) -> (head: String, body: [UInt8]) {
    if entity.starts(with: [0x0d, 0x0a]) { return ("", Array(entity.dropFirst(2))) }
    var index = 0
    while index + 3 < entity.count {
      if entity[index] == 0x0d, entity[index + 1] == 0x0a, entity[index + 2] == 0x0d, entity[index + 3] == 0x0a {
        return (String(decoding: entity[..<index], as: UTF8.self), Array(entity[(index + 4)...]))
      }
      index += 1
    }
    return (String(decoding: entity, as: UTF8.self), [])
  }

  /// Folded values keep their folds.
  private static func fields(_ head: String) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    for line in head.split(separator: "\r\n") {
      if line.hasPrefix(" ") || line.hasPrefix("\t"), let last = fields.indices.last {
        fields[last].value += "\r\n \(line.drop { $0 == " " || $0 == "\t" })"
      } else if let colon = line.firstIndex(of: ":") {
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append((name: String(line[..<colon]), value: String(value)))
      }
    }
    return fields
  }
}
