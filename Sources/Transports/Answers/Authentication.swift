/// Whether our own mail server vouches for the author of a mail (RFC 8601).
///
/// Only the topmost Authentication-Results field counts, and only under the name of our own server, which takes away
/// whatever others wrote under that name: everything below may have been written by the sender.
enum Authentication {
  /// DMARC, or DKIM by the author's own domain or one above it.
  static func vouches(for author: String, _ results: [String], authority: String) -> Bool {
    guard let topmost = results.first,
      let domain = author.split(separator: "@").last.map({ MailText.lower(String($0)) })
    else { return false }
    // A quoted address or a comment may hold anything, semicolons too.
    let parts = unquoted(MailText.withoutComments(topmost)).split(separator: ";")
      .map { MailText.lower(MailText.trimmed(String($0))) }
    guard let name = parts.first?.split(separator: " ").first, name == MailText.lower(authority) else { return false }
    if parts.contains(where: { $0.hasPrefix("dmarc=fail") }) { return false }
    return parts.dropFirst().contains { part in
      let words = part.split(separator: " ").map(String.init)
      func value(_ name: String) -> String? {
        words.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
      }
      switch words.first {
      case "dmarc=pass": return value("header.from") == domain
      case "dkim=pass":
        let signer = value("header.d") ?? value("header.i").map { String($0.drop { $0 == "@" }) }
        return signer.map { $0.contains(".") && (domain == $0 || domain.hasSuffix(".\($0)")) } ?? false
      default: return false
      }
    }
  }

  /// Without what stands in quotation marks.
  private static func unquoted(_ text: String) -> String {
    var isQuoted = false
    var isEscaped = false
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { scalar in
          defer { isEscaped = isQuoted && scalar == "\\" && !isEscaped }
          if scalar == "\"", !isEscaped { isQuoted.toggle() }
          return !isQuoted && scalar != "\""
        }))
  }
}
