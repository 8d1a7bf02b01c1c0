import Crypto
import Foundation

/// Keys that senders authenticate with: 256 random bits, shown once, kept as a hash. So much chance needs no slow hash.
package enum SenderKey {
  package static func generate() -> String {
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
    let text = bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(
      of: "/", with: "_")
    return prefix + text.replacingOccurrences(of: "=", with: "")
  }

  private static let prefix = "wpk_"

  package static func isKey(_ text: String) -> Bool { text.hasPrefix(prefix) }

  package static func hash(_ key: String) -> String { Identifiers.digest(Array(key.utf8)) }
}
