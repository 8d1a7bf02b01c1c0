import ArgumentParser

/// `--redirect mail=smtp://HOST:PORT,webhook=https://HOST:PORT/PATH`: everything that would leave goes to two places.
struct Redirect: ExpressibleByArgument, Equatable {
  let mail: String
  let webhook: String

  /// Nil unless both are given: with one missing, a real agency could still be reached.
  init?(argument: String) {
    var places: [String: String] = [:]
    for part in argument.split(separator: ",") {
      guard let equals = part.firstIndex(of: "=") else { return nil }
      places[String(part[..<equals])] = String(part[part.index(after: equals)...])
    }
    guard let mail = places["mail"], mail.hasPrefix("smtp://") || mail.hasPrefix("smtps://"),
      let webhook = places["webhook"], webhook.hasPrefix("https://"), places.count == 2
    else { return nil }
    self.mail = mail
    self.webhook = webhook
  }

  init(mail: String, webhook: String) {
    self.mail = mail
    self.webhook = webhook
  }
}
