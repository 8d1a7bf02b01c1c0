import Yams

extension ChannelReader {
  /// A webhook that names what it is signed with and whatever else both sides know each other by.
  func webhook(_ url: String, _ node: Node, _ keys: [String: Node]) -> Channel? {
    if let problem = WebhookURL.problem(url) {
      yaml.report(node, "a webhook \(problem.reason)", problem.remedy)
      return nil
    }
    let signature: WebhookSignature? = word("signature", keys, or: .hmac)
    guard let signature else { return nil }
    let secret = keys["secret"].flatMap { yaml.text($0, "secret") }
    if signature.usesSecret, secret == nil {
      yaml.report(node, "a webhook has no `secret`", "Name the secret it is signed with")
      return nil
    }
    if !signature.usesSecret, secret != nil {
      yaml.report(keys["secret"], "`secret` is never used", "Drop it, or write `signature: both`")
    }
    let client = keys["client"].flatMap { yaml.text($0, "client") }
    if let client, !WebhookChannel.isClientName(client) {
      yaml.report(keys["client"], "`\(client)` is no name of a certificate", "Use small letters, digits and dashes")
    }
    let network: Network = word("network", keys, or: .public) ?? .public
    return .webhook(
      WebhookChannel(
        url: url, secret: signature.usesSecret ? secret : nil, signature: signature, asksConsent: flag("consent", keys),
        client: client, token: token(node, keys), isPrivate: network == .private))
  }

  /// Where the endpoint stands: in the open internet, or inside the operator's own network.
  private enum Network: String, CaseIterable { case `public`, `private` }

  private func token(_ node: Node, _ keys: [String: Node]) -> TokenRequest? {
    let parts = ["tokenURL", "tokenClient", "tokenSecret"].map { key in keys[key].flatMap { yaml.text($0, key) } }
    let scope = keys["tokenScope"].flatMap { yaml.text($0, "tokenScope") }
    guard let url = parts[0], let client = parts[1], let secret = parts[2] else {
      if let given = ["tokenURL", "tokenClient", "tokenSecret", "tokenScope"].compactMap({ keys[$0] }).first {
        yaml.report(
          given, "a token needs `tokenURL`, `tokenClient` and `tokenSecret` together", "Give all three, or none")
      }
      return nil
    }
    if let problem = WebhookURL.problem(url) {
      yaml.report(keys["tokenURL"], "a token's address \(problem.reason)", problem.remedy)
    }
    if client.isEmpty || !client.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
      yaml.report(keys["tokenClient"], "this is no id of a client", "Write it in printable ASCII")
    }
    if let scope, !WebhookChannel.isScope(scope) {
      yaml.report(keys["tokenScope"], "this is no scope", "Write words of printable ASCII with one space between")
    }
    return TokenRequest(url: url, client: client, secret: secret, scope: scope)
  }

  /// One of a few words; nil, and a problem, for any other.
  private func word<Word: RawRepresentable & CaseIterable>(_ key: String, _ keys: [String: Node], or usual: Word)
    -> Word? where Word.RawValue == String
  {
    guard let node = keys[key] else { return usual }
    guard let text = yaml.text(node, key) else { return nil }
    guard let known = Word(rawValue: text) else {
      yaml.report(
        node, "`\(key): \(text)` is not known", "Use \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
      return nil
    }
    return known
  }
}

extension WebhookChannel {
  /// Safe as a part of a file's name.
  package static func isClientName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-") && name.utf8.allSatisfy(\.isNameByte)
  }

  /// RFC 6749 section 3.3: words of printable ASCII without quotes and backslashes, one space between.
  static func isScope(_ text: String) -> Bool {
    text.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.utf8.allSatisfy {
          (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
    }
  }
}
