/// The shape of a mail address (RFC 5321, section 4.1.2, without quoted local parts).
package enum MailAddress {
  package static func isPlausible(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64, !parts[1].isEmpty, text.utf8.count <= 254
    else { return false }
    let special = Set("()<>[]:;,\\\" ")
    guard parts[0].unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }),
      !parts[0].contains(where: special.contains), !parts[0].hasPrefix("."), !parts[0].hasSuffix(".")
    else { return false }
    return parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
        && label.unicodeScalars.allSatisfy {
          $0.value >= 0x80 || $0.properties.isAlphabetic || $0 == "-" || ($0.value >= 0x30 && $0.value <= 0x39)
        }
    }
  }
}
