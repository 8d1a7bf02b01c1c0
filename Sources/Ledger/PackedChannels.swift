import Delivery
import Routing

/// Channels as the ledger keeps them. What an earlier version wrote is read for good.
extension Packed {
  static func channels(_ list: [Channel]) -> String {
    list.map { channel in
      let parts =
        switch channel {
        case .mail(let mail): Packed.mail(mail)
        case .webhook(let url, let secret): ["webhook", url, secret]
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
      case ("webhook", 3): return .webhook(url: parts[1], secret: parts[2])
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
}
