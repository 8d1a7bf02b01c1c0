package import Delivery

/// Which servers take a domain's mail (RFC 5321 section 5.1, RFC 7505).
///
/// Guarantee: pure. A domain that certainly takes no mail is told from one of which nothing is known just now, so that
/// the latter is tried again and the former is not.
package enum MailHosts: Equatable, Sendable {
  /// Names in the order in which they are to be tried, one at least.
  case candidates([String])
  case unusable(Unroutable)

  /// Servers tried for one message; more would outlast every deadline.
  static let limit = 16

  /// `answer` is what the name servers said about the domain's MX records. Servers of equal preference come in an order
  /// that `random` decides.
  package static func choose(
    _ domain: String, _ answer: Result<DNSAnswer, ResolveFault>, using random: inout some RandomNumberGenerator
  ) -> MailHosts {
    switch answer {
    case .failure(let fault): return .unusable(Unroutable(fault))
    case .success(let answer):
      switch answer.code {
      case .noError: break
      case .nameError:
        return .unusable(.permanent(Fault(.addressUnknown, "the domain does not exist", enhancedStatus: "5.1.2")))
      default: return .unusable(.silent)
      }
      let exchanges = answer.records.compactMap { record -> (preference: UInt16, host: String)? in
        if case .mx(let preference, let host) = record { (preference, host) } else { nil }
      }
      if exchanges.isEmpty { return .candidates([domain]) }
      let servers = exchanges.filter { $0.host != "." }
      guard !servers.isEmpty else {
        return .unusable(.permanent(Fault(.addressUnknown, "the domain takes no mail", enhancedStatus: "5.1.10")))
      }
      return .candidates(ordered(servers, using: &random))
    }
  }

  private static func ordered(
    _ servers: [(preference: UInt16, host: String)], using random: inout some RandomNumberGenerator
  ) -> [String] {
    var seen: Set<String> = []
    var names: [String] = []
    let groups = Dictionary(grouping: servers, by: \.preference).sorted { $0.key < $1.key }
    for group in groups {
      // Sorted first, so that the order depends on `random` alone.
      for host in group.value.map(\.host).sorted().shuffled(using: &random) where seen.insert(host).inserted {
        names.append(host)
      }
    }
    return names
  }
}

/// Why there is no server to deliver to, and whether there may be one later.
package struct Unroutable: Error, Equatable, Sendable {
  package let fault: Fault
  package let isPermanent: Bool

  package static func permanent(_ fault: Fault) -> Unroutable { Unroutable(fault: fault, isPermanent: true) }
  package static func temporary(_ fault: Fault) -> Unroutable { Unroutable(fault: fault, isPermanent: false) }

  /// The name servers answered that they cannot answer.
  static let silent = temporary(
    Fault(.unavailable, "the domain's name servers fail", enhancedStatus: "4.4.3"))

  private init(fault: Fault, isPermanent: Bool) {
    self.fault = fault
    self.isPermanent = isPermanent
  }

  init(_ fault: ResolveFault) {
    switch fault {
    case .badName: self = .permanent(Fault(.addressUnknown, "\(fault)", enhancedStatus: "5.1.2"))
    case .timeout: self = .temporary(Fault(.timeout, "\(fault)", enhancedStatus: "4.4.3"))
    case .unreachable: self = .temporary(Fault(.connection, "\(fault)", enhancedStatus: "4.4.3"))
    case .malformed: self = .temporary(Fault(.unavailable, "\(fault)", enhancedStatus: "4.4.3"))
    }
  }

  /// What an attempt comes to that ends here.
  package var outcome: Outcome { isPermanent ? .rejected(fault) : .deferred(fault, retryAfter: nil) }
}
