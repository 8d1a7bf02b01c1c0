import Delivery

/// Where a message to a domain goes when no relay stands between.
package enum MailRoute: Equatable, Sendable {
  /// Servers in the order in which they are to be tried, one at least, each with an address at least. Under
  /// `sts: .enforce` all of them are in the policy, and their certificates must be verified for `MailHost.name`.
  case hosts([MailHost], sts: STSDecision)
  case unusable(Unroutable)
}

/// A mail server of a domain.
package struct MailHost: Hashable, Sendable {
  /// In ASCII, as the MX record says it: the name that a certificate has to be for.
  package let name: String
  /// IPv4 literals, then IPv6 literals.
  package let addresses: [String]
  package init(name: String, addresses: [String]) {
    self.name = name
    self.addresses = addresses
  }
}

/// Finds the servers of a domain.
///
/// Guarantee: a server that a policy in force does not allow is never in a route. A fault says whether trying again makes
/// sense, and holds no mail address.
package struct MailRoutes: Sendable {
  private let resolver: any NameLookup
  private let policies: STSPolicies
  /// Addresses used of one server, of each kind.
  private static let addressLimit = 8

  package init(resolver: any NameLookup, policies: STSPolicies) {
    self.resolver = resolver
    self.policies = policies
  }

  /// `domain` as it is written after the `@`.
  package func route(for domain: String) async -> MailRoute {
    do throws(Unroutable) {
      let name = try ascii(domain)
      async let decision = policies.policy(for: name)
      let exchanges = await resolver.result(name, .mx)
      let sts = await decision
      let names = try allowed(try candidates(name, exchanges), sts)
      return .hosts(try await addressed(names), sts: sts)
    } catch { return .unusable(error) }
  }

  private func ascii(_ domain: String) throws(Unroutable) -> String {
    do throws(ResolveFault) { return try DomainName.ascii(domain) } catch { throw Unroutable(error) }
  }

  private func candidates(
    _ domain: String, _ answer: Result<DNSAnswer, ResolveFault>
  ) throws(Unroutable) -> [String] {
    var random = SystemRandomNumberGenerator()
    switch MailHosts.choose(domain, answer, using: &random) {
    case .candidates(let names): return names
    case .unusable(let reason): throw reason
    }
  }

  private func allowed(_ names: [String], _ sts: STSDecision) throws(Unroutable) -> [String] {
    var names = names
    if case .enforce(let policy) = sts { names.removeAll { !policy.allows($0) } }
    guard !names.isEmpty else {
      throw .temporary(
        Fault(.policy, "none of the domain's mail servers is in its MTA-STS policy", enhancedStatus: "4.7.5"))
    }
    return Array(names.prefix(MailHosts.limit))
  }

  /// Those of the servers that have an address, in the same order.
  private func addressed(_ names: [String]) async throws(Unroutable) -> [MailHost] {
    let found = await withTaskGroup { group in
      for (index, name) in names.enumerated() { group.addTask { (index, await addresses(name)) } }
      var found: [Int: (addresses: [String], reason: Unroutable?)] = [:]
      for await (index, result) in group { found[index] = result }
      return found
    }
    let hosts = names.enumerated().compactMap { index, name -> MailHost? in
      guard let addresses = found[index]?.addresses, !addresses.isEmpty else { return nil }
      return MailHost(name: name, addresses: addresses)
    }
    guard hosts.isEmpty else { return hosts }
    for index in names.indices { if let reason = found[index]?.reason { throw reason } }
    throw .permanent(
      Fault(.addressUnknown, "none of the domain's mail servers has an address", enhancedStatus: "5.4.4"))
  }

  /// `reason`: why there may be addresses that could not be found just now.
  private func addresses(_ name: String) async -> (addresses: [String], reason: Unroutable?) {
    async let old = resolver.result(name, .a)
    async let new = resolver.result(name, .aaaa)
    var addresses: [String] = []
    var reason: Unroutable?
    for result in [await old, await new] {
      switch result {
      case .failure(.badName): break
      case .failure(let fault): reason = Unroutable(fault)
      case .success(let answer) where !answer.isDefinite: reason = .silent
      case .success(let answer):
        let literals = answer.records.compactMap { record -> String? in
          switch record {
          case .a(let literal), .aaaa(let literal): literal
          default: nil
          }
        }
        addresses += literals.prefix(MailRoutes.addressLimit)
      }
    }
    return (addresses, reason)
  }
}
