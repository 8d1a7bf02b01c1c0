/// What a URL in the directory must look like, so that everybody who reads it sees the same host.
///
/// Guarantee: a URL that passes is `https`, names one host in plain letters or as a whole address, and holds no user, no
/// fragment and no character that one reader takes for a separator and another does not. Where the host's address may
/// lie is another question, which is asked when a connection is made.
package enum WebhookURL {
  package struct Problem: Equatable, Sendable {
    /// Continues a sentence that begins with what the URL belongs to.
    package let reason: String
    package let remedy: String
  }

  /// What is wrong with the URL; nil if nothing is.
  package static func problem(_ url: String) -> Problem? {
    guard url.hasPrefix("https://") else {
      return Problem(reason: "has to be https", remedy: "Write https://host/path")
    }
    guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      return Problem(
        reason: "holds a space, a backslash or a letter outside ASCII",
        remedy: "Write the host in its xn-- form and the rest percent-encoded")
    }
    if url.contains("#") {
      return Problem(reason: "has a fragment, which is never sent", remedy: "Drop `#` and what follows")
    }
    let authority = url.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" }
    if authority.contains("@") {
      return Problem(reason: "holds a user or a password", remedy: "Drop them; use `client` or `tokenURL`")
    }
    guard let (host, port) = split(authority), isPort(port) else {
      return Problem(reason: "has no sound host and port", remedy: "Write https://host:port/path")
    }
    return isHost(host) || isAddress6(host) ? nil : bareHost
  }

  private static let bareHost = Problem(
    reason: "has a host that is neither a name nor a whole address",
    remedy: "Write a name, four decimal numbers, or an IPv6 address in brackets")

  /// Host and port; nil if a bracket is not closed.
  private static func split(_ authority: Substring) -> (host: Substring, port: Substring?)? {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      return (authority[...end], rest.isEmpty ? nil : rest.dropFirst())
    }
    let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return (parts[0], parts.count > 1 ? parts[1] : nil)
  }

  private static func isPort(_ port: Substring?) -> Bool {
    guard let port else { return true }
    guard (1...5).contains(port.utf8.count), port.utf8.allSatisfy(\.isDigit), let number = Int(port) else {
      return false
    }
    return (1...65535).contains(number)
  }

  /// A name whose last label cannot be taken for a number, or four decimal numbers. What is bare, octal, hexadecimal or
  /// shortened (`2130706433`, `0177.0.0.1`, `0x7f.1`, `127.1`) some readers take for an address and some for a name.
  private static func isHost(_ host: Substring) -> Bool {
    let labels = (host.hasSuffix(".") ? host.dropLast() : host).split(separator: ".", omittingEmptySubsequences: false)
    let isPlain = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.utf8.allSatisfy { $0.isHostByte }
    }
    guard isPlain, let last = labels.last else { return false }
    let isNumber = last.utf8.allSatisfy(\.isDigit) || last.lowercased().hasPrefix("0x")
    guard isNumber else { return true }
    return labels.count == 4 && !host.hasSuffix(".")
      && labels.allSatisfy { label in
        label.utf8.allSatisfy(\.isDigit) && (label == "0" || !label.hasPrefix("0")) && (Int(label) ?? 256) < 256
      }
  }

  /// Brackets with nothing but an address in them: no zone, no later form of address.
  private static func isAddress6(_ host: Substring) -> Bool {
    host.hasPrefix("[") && host.contains(":")
      && host.dropFirst().dropLast().utf8.allSatisfy {
        $0.isDigit || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) || $0 == UInt8(ascii: ":")
          || $0 == UInt8(ascii: ".")
      }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
  fileprivate var isHostByte: Bool {
    isDigit || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) || self == UInt8(ascii: "-")
      || self == UInt8(ascii: "_")
  }
}
