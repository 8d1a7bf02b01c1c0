import Delivery
import Routing

/// What the kinds of channels are called, and what is said of one.
enum ChannelWords {
  /// A noun that begins in lower case. `name` is a channel's, or as the directory's files call it.
  static func name(_ name: String) -> String {
    switch name {
    case "mail": "mail"
    case "webhook": "their system (webhook)"
    case "drop": "a folder of a closed network"
    case "notify": "GOV.UK Notify"
    case "manual", "phone": "telephone"
    default: name
    }
  }

  /// How somebody is asked.
  static func way(_ channel: String) -> String {
    switch channel {
    case "mail": "by mail"
    case "webhook": "through their system"
    case "drop": "through a closed network"
    case "notify": "by a notice through GOV.UK Notify"
    case "manual": "by telephone"
    default: "by \(channel)"
    }
  }

  /// Where it goes: a mailbox or a number only for those who may see it.
  static func place(_ channel: Channel, named: Bool) -> String? {
    switch channel {
    case .mail(let mail): named ? mail.address : nil
    case .webhook(let webhook): Channel.host(ofEndpoint: webhook.url)
    case .drop(let folder, _): folder
    case .notify(let address, _): named ? address : nil
    case .phone(let number): named ? number : nil
    }
  }

  /// How it is kept private on its way, the best first.
  static func privacy(_ channel: Channel) -> [String] {
    switch channel {
    case .mail(let mail): mail.privacy.map(privacy)
    case .webhook(let webhook):
      ["Over verified TLS, \(webhook.signature == .hmac ? "signed with a shared secret" : "signed with our own key")"]
    case .drop: ["A file that only the closed network collects"]
    case .notify: ["A notice without any content"]
    case .phone: ["Read out to a person who has given their name"]
    }
  }

  private static func privacy(_ policy: MailPrivacy) -> String {
    switch policy {
    case .smime: "Encrypted for the recipient and signed (S/MIME)"
    case .tls: "Readable mail, over verified TLS to the recipient's server"
    case .notice: "A mail with nothing but a link; read on a page after a one-time code"
    case .opportunistic: "Readable mail, over TLS if their server offers it"
    }
  }
}
