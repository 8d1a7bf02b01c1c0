import Delivery
import Routing

/// Channels as the ledger keeps them. What an earlier version wrote is read for good.
extension Packed {
  static func channels(_ list: [Channel]) -> String {
    list.map { channel in
      let parts =
        switch channel {
        case .mail(let mail): Packed.mail(mail)
        case .webhook(let webhook): Packed.webhook(webhook)
        case .drop(let folder, let format): ["drop", folder, format.rawValue]
        case .notify(let address, let template): ["notify", address, template]
        case .phone(let number): ["phone", number]
        }
      return parts.joined(separator: unit)
    }.joined(separator: record)
  }

  static func channels(_ packed: String) -> [Channel] {
    split(packed, 0x1e).compactMap { item in
      let parts = split(item, 0x1f)
      switch (parts.first, parts.count) {
      case ("mail", 3...): return .mail(mail(parts))
      case ("webhook", 3...): return .webhook(webhook(parts))
      case ("drop", 3): return DropFormat(rawValue: parts[2]).map { .drop(folder: parts[1], format: $0) }
      case ("notify", 3): return .notify(address: parts[1], template: parts[2])
      case ("phone", 2): return .phone(parts[1])
      default: return nil
      }
    }
  }

  private static func mail(_ mail: MailChannel) -> [String] {
    let flags = [("gcm", mail.readsGCM), ("read", mail.readReceipt), ("signed", mail.signedReceipt)]
    let parts = ["mail", mail.address, mail.privacy.map(\.rawValue).joined(separator: ",")]
    let more = [
      mail.certificates.joined(separator: ","), flags.filter(\.1).map(\.0).joined(separator: ","), mail.pin ?? "",
    ]
    // Nothing may be empty: what stands behind would move up.
    return more.allSatisfy(\.isEmpty) ? parts : parts + more.map { $0.isEmpty ? "-" : $0 }
  }

  private static func mail(_ parts: [String]) -> MailChannel {
    // Ledgers before receipts said `required` where there is `tls` now.
    let privacy = parts[2].split(separator: ",").compactMap {
      $0 == "required" ? .tls : MailPrivacy(rawValue: String($0))
    }
    guard parts.count == 6 else {
      return MailChannel(address: parts[1], privacy: privacy.isEmpty ? [.tls] : privacy)
    }
    let flags = Set(parts[4].split(separator: ","))
    return MailChannel(
      address: parts[1], privacy: privacy,
      certificates: parts[3] == "-" ? [] : parts[3].split(separator: ",").map(String.init),
      readsGCM: flags.contains("gcm"), pin: parts[5] == "-" ? nil : parts[5], readReceipt: flags.contains("read"),
      signedReceipt: flags.contains("signed"))
  }

  /// Behind URL and secret stands `key=value` for whatever is not as usual.
  private static func webhook(_ webhook: WebhookChannel) -> [String] {
    let more: [(String, String?)] = [
      ("signature", webhook.signature == .hmac ? nil : webhook.signature.rawValue),
      ("consent", webhook.asksConsent ? "true" : nil), ("network", webhook.isPrivate ? "private" : nil),
      ("client", webhook.client), ("tokenURL", webhook.token?.url), ("tokenClient", webhook.token?.client),
      ("tokenSecret", webhook.token?.secret), ("tokenScope", webhook.token?.scope),
    ]
    return ["webhook", webhook.url, webhook.secret ?? "-"]
      + more.compactMap { key, value in value.map { "\(key)=\($0)" } }
  }

  private static func webhook(_ parts: [String]) -> WebhookChannel {
    let more = parts.dropFirst(3).reduce(into: [String: String]()) { more, part in
      guard let equals = part.firstIndex(of: "=") else { return }
      more[String(part[..<equals])] = String(part[part.index(after: equals)...])
    }
    let signature = more["signature"].flatMap(WebhookSignature.init) ?? .hmac
    var token: TokenRequest?
    if let url = more["tokenURL"], let client = more["tokenClient"], let secret = more["tokenSecret"] {
      token = TokenRequest(url: url, client: client, secret: secret, scope: more["tokenScope"])
    }
    return WebhookChannel(
      url: parts[1], secret: signature.usesSecret ? parts[2] : nil, signature: signature,
      asksConsent: more["consent"] != nil, client: more["client"], token: token, isPrivate: more["network"] != nil)
  }
}
