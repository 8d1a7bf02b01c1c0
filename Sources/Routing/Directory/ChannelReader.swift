import Yams

/// Reads one entry under a desk's `channels` and says what is wrong with it.
struct ChannelReader {
  let yaml: YAMLReader
  init(_ yaml: YAMLReader) { self.yaml = yaml }

  /// What may stand beside each way, which is named by the first.
  private static let keys: [(way: String, beside: [String])] = [
    ("mail", ["privacy", "certificates", "gcm", "pin", "readReceipt", "signedReceipt"]),
    (
      "webhook",
      [
        "secret", "signature", "consent", "client", "tokenURL", "tokenClient", "tokenSecret", "tokenScope", "network",
      ]
    ), ("drop", ["format"]), ("notify", ["template"]), ("phone", []),
  ]

  func channel(_ node: Node) -> Channel? {
    let all = Self.keys.flatMap { [$0.way] + $0.beside }
    let keys = Dictionary(
      yaml.entries(node, of: "a channel", allowed: all), uniquingKeysWith: { first, _ in first })
    let ways = Self.keys.filter { keys[$0.way] != nil }
    guard let kind = ways.first, ways.count == 1 else {
      yaml.report(
        node, ways.isEmpty ? "a channel names no way" : "a channel names two ways",
        "Write one of \(Self.keys.map(\.way).joined(separator: ", "))")
      return nil
    }
    for key in keys.keys.sorted() where key != kind.way && !kind.beside.contains(key) {
      yaml.report(keys[key] ?? node, "`\(key)` has no meaning beside `\(kind.way)`", "Drop it")
    }
    guard let entry = keys[kind.way], let value = yaml.text(entry, kind.way) else { return nil }
    switch kind.way {
    case "mail": return mail(value, entry, keys)
    case "webhook": return webhook(value, entry, keys)
    case "drop": return drop(value, entry, keys)
    case "notify": return notify(value, entry, keys)
    default: return .phone(value)
    }
  }

  private func mail(_ address: String, _ node: Node, _ keys: [String: Node]) -> Channel? {
    guard isAddress(address, node) else { return nil }
    var privacy: [MailPrivacy] = []
    if let node = keys["privacy"] {
      let words = node.scalar == nil ? yaml.texts(node, "privacy") : [yaml.text(node, "privacy") ?? ""]
      privacy = words.compactMap { word in
        if let known = MailPrivacy(rawValue: word) { return known }
        yaml.report(
          node, "`privacy: \(word)` is no policy",
          "Use \(MailPrivacy.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
      }
      if privacy.isEmpty || Set(privacy).count < privacy.count {
        yaml.report(node, "`privacy` names nothing, or something twice", "List each policy once, the best first")
        return nil
      }
    }
    let certificates = keys["certificates"].map { yaml.texts($0, "certificates") } ?? []
    if privacy.contains(.smime) == certificates.isEmpty {
      yaml.report(
        keys["certificates"] ?? node,
        certificates.isEmpty ? "`privacy: smime` has no certificate" : "certificates are given but never used",
        certificates.isEmpty
          ? "Name the PEM files under `certificates`, as `waypost certificates import` calls them"
          : "Add smime to `privacy`, or drop them")
    }
    for name in certificates where !MailChannel.isCertificateName(name) {
      yaml.report(keys["certificates"], "`\(name)` is no name of a PEM file", "Write it as front-door.pem")
    }
    let pin = keys["pin"].flatMap { yaml.text($0, "pin") }
    if let pin, !MailChannel.isPin(pin) {
      yaml.report(keys["pin"], "this is no pinned key", "Write sha256// and 44 characters of base64")
    }
    return .mail(
      MailChannel(
        address: address, privacy: privacy.isEmpty ? [.tls] : privacy, certificates: certificates,
        readsGCM: flag("gcm", keys), pin: pin, readReceipt: flag("readReceipt", keys),
        signedReceipt: flag("signedReceipt", keys)))
  }

  private func drop(_ folder: String, _ node: Node, _ keys: [String: Node]) -> Channel? {
    guard !folder.isEmpty, folder.utf8.allSatisfy({ $0.isNameByte }) else {
      yaml.report(node, "`drop: \(folder)` is no name of a folder", "Use small letters, digits and dashes")
      return nil
    }
    let word = keys["format"].flatMap { yaml.text($0, "format") } ?? "maildir"
    guard let format = DropFormat(rawValue: word) else {
      yaml.report(keys["format"], "`format: \(word)` is not known", "Use maildir or json")
      return nil
    }
    return .drop(folder: folder, format: format)
  }

  private func notify(_ address: String, _ node: Node, _ keys: [String: Node]) -> Channel? {
    guard isAddress(address, node) else { return nil }
    guard let template = keys["template"].flatMap({ yaml.text($0, "template") }), template.isUUID else {
      yaml.report(keys["template"] ?? node, "`notify` has no template", "Give the template's id of GOV.UK Notify")
      return nil
    }
    return .notify(address: address, template: template)
  }

  private func isAddress(_ text: String, _ node: Node) -> Bool {
    if MailAddress.isPlausible(text) { return true }
    yaml.report(node, "`\(text)` is no mail address", "Write local-part@domain")
    return false
  }

  func flag(_ key: String, _ keys: [String: Node]) -> Bool {
    guard let node = keys[key], let word = yaml.text(node, key) else { return false }
    if word != "true", word != "false" { yaml.report(node, "`\(key): \(word)` is unclear", "Write true or false") }
    return word == "true"
  }
}

extension MailChannel {
  /// Safe as a file's name on every system: nothing of it can leave the folder.
  package static func isCertificateName(_ name: String) -> Bool {
    name.hasSuffix(".pem") && name.utf8.count > 4 && name.utf8.allSatisfy { $0.isNameByte || $0 == UInt8(ascii: ".") }
      && !name.hasPrefix(".")
  }

  static func isPin(_ text: String) -> Bool {
    guard text.hasPrefix("sha256//"), text.utf8.count == 52, text.hasSuffix("=") else { return false }
    return text.dropFirst(8).dropLast().utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
    }
  }
}

extension UInt8 {
  var isNameByte: Bool {
    (0x61...0x7a).contains(self) || (0x30...0x39).contains(self) || self == UInt8(ascii: "-")
  }
}

extension String {
  /// 8-4-4-4-12 hexadecimal digits.
  fileprivate var isUUID: Bool {
    let groups = split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && groups.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
  }
}
