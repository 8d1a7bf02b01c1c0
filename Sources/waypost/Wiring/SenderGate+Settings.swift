import Console
import Delivery
import Foundation
import Logging
import Transports

extension SenderGate {
  /// The gate as the settings ask for it. Throws `Complaint`.
  init(
    _ settings: Settings, _ door: FrontDoor, _ access: any AccessLedger, _ curl: CurlLoop, _ time: any TimeSource,
    _ logger: Logger
  ) throws {
    var limits = Limits()
    if let text = settings.limits.perSecond { limits.perSecond = try SenderGate.number(text, "limits: perSecond") }
    if let text = settings.limits.burst { limits.burst = Int(try SenderGate.number(text, "limits: burst")) }
    self.init(
      access: access, time: time, tokens: try SenderGate.reader(settings, curl),
      takesCertificates: door.takesCertificates,
      limits: limits, logger: logger)
  }

  private static func number(_ text: String, _ key: String) throws -> Double {
    guard let number = Double(text), (0.01...1_000_000).contains(number) else {
      throw Complaint("`\(key)` is `\(text)`. Write a number up to a million.")
    }
    return number
  }

  private static func reader(_ settings: Settings, _ curl: CurlLoop) throws -> TokenReader? {
    guard !settings.tokens.isEmpty else { return nil }
    do { return try TokenReader(settings.tokens, fetch: KeySource.fetch(over: curl)) } catch {
      throw Complaint("The settings under `tokens`: \(error)")
    }
  }
}

/// Where an issuer's public keys come from: an address over verified TLS, or a file.
enum KeySource {
  static func fetch(over curl: CurlLoop) -> KeyFetch {
    { place in
      if place.lowercased().hasPrefix("https://") {
        guard let (status, body) = await curl.document(place), status == 200 else {
          throw Complaint("no keys are to be had at \(place)")
        }
        return body
      }
      guard let data = FileManager.default.contents(atPath: place) else { throw UnreadableFile(path: place) }
      return Array(data)
    }
  }
}
