package import Routing

/// One channel of one desk, to find out whether a message would arrive before a child depends on it.
package struct Probe: Hashable, Sendable {
  package let agency: String
  package let role: String
  /// What the desk is called.
  package let contact: String
  package let channel: Channel
  /// How many channels of the same desk and kind lead to the same place before this one.
  package let twins: Int

  package init(agency: String, role: String, contact: String, channel: Channel, twins: Int = 0) {
    self.agency = agency
    self.role = role
    self.contact = contact
    self.channel = channel
    self.twins = twins
  }

  /// Every channel of a desk, in its order.
  package static func all(of desk: Desk) -> [Probe] {
    desk.channels.reduce(into: []) { found, channel in
      let next = Probe(agency: desk.agency, role: desk.role.name, contact: desk.name, channel: channel)
      let twins = found.filter { $0.channel.name == channel.name && $0.place == next.place }.count
      found.append(
        Probe(agency: next.agency, role: next.role, contact: next.contact, channel: channel, twins: twins))
    }
  }

  /// Where the channel leads: a host, a mailbox's domain, a folder or a number; no path, no query and no local part.
  package var place: String {
    switch channel {
    case .mail(let mail): Probe.domain(mail.address)
    case .webhook: Probe.host(channel.endpoint ?? "")
    case .drop(let folder, _): folder
    case .notify(let address, _): Probe.domain(address)
    case .phone(let number): number
    }
  }

  /// A mailbox without the name of whoever reads it.
  package static func domain(_ address: String) -> String {
    "…@" + (address.split(separator: "@").last.map { $0.lowercased() } ?? "")
  }

  /// Host and port of a URL, without the password, path and query that may stand around them.
  package static func host(_ url: String) -> String {
    let rest = url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
    let authority = rest.prefix { $0 != "?" && $0 != "#" }
    return authority.split(separator: "@").last.map { $0.lowercased() } ?? ""
  }
}

/// Something that has to hold before a message can leave by a channel, looked at without sending one. Many desks may depend
/// on one of them.
package enum Checkpoint: Hashable, Sendable {
  /// No way out is configured for mail.
  case noOutlet
  /// The one server that takes all mail; `host:port`.
  case relay(String)
  /// A mail domain's own servers, as private as the desk demands.
  case mailDomain(String, MailPrivacy, pin: String?)
  /// A webhook's server; `host`, or `host:port`. Only a private one may have an address that is not public; `client` names
  /// the certificate that is shown to it.
  case webhook(String, isPrivate: Bool = false, client: String? = nil)
  case dropFolder(String)
  /// A file of certificates that mail for a mailbox is sealed with.
  case recipient(file: String, address: String)
  /// The certificate that this gateway signs with.
  case signing

  package var channel: String {
    switch self {
    case .webhook: "webhook"
    case .dropFolder: "drop"
    case .noOutlet, .relay, .mailDomain, .recipient, .signing: "mail"
    }
  }

  package var place: String {
    switch self {
    case .noOutlet: "no relay"
    case .relay(let host): host
    case .webhook(let host, let isPrivate, let client):
      Checkpoint.place(host, [isPrivate ? "private network" : nil, client.map { "client \($0)" }])
    case .mailDomain(let domain, let privacy, let pin):
      Checkpoint.place(domain, [privacy.rawValue, pin == nil ? nil : "pinned key"])
    case .dropFolder(let folder): folder
    case .recipient(let file, let address): "recipients/\(file) for \(Probe.domain(address))"
    case .signing: "the signing certificate"
    }
  }

  private static func place(_ host: String, _ terms: [String?]) -> String {
    let terms = terms.compactMap(\.self).joined(separator: ", ")
    return terms.isEmpty ? host : "\(host) (\(terms))"
  }
}
