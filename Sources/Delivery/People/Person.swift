/// Somebody who signs in. Who they are is said by the provider; what they may do and see is said here and nowhere else.
package struct Person: Sendable, Equatable {
  /// `pe-…`, made from provider and name: whoever is added again is the same person to the audit.
  package let id: String
  /// A provider of the settings, or `local`.
  package let provider: String
  /// What the provider calls them: a subject (`sub`) or, with `@`, a verified mail address. Personal data: in no log.
  package let name: String
  /// What pages and the audit call them. Nobody else has it.
  package let label: String
  /// In the order of `PersonRole`, each once.
  package let roles: [PersonRole]
  /// The agencies whose records they are limited to. Empty: every agency, but never for an agency viewer.
  package let agencies: [String]

  /// The provider of whoever has a passphrase in the ledger.
  package static let local = "local"
  /// Longest name and label, in bytes (a subject has no more: OpenID Connect Core section 2).
  private static let longest = 255

  /// Throws `PeopleProblem.incomplete` for somebody who could not be told apart, or whose limits are not plain.
  package init(
    provider: String, name: String, label: String? = nil, roles: [PersonRole], agencies: [String] = []
  ) throws(PeopleProblem) {
    let name = Person.known(name)
    let label = label ?? name
    for (text, what) in [(provider, "provider"), (name, "name"), (label, "label")] {
      guard (1...Person.longest).contains(text.utf8.count), !text.unicodeScalars.contains(where: \.isBreakOrControl)
      else { throw .incomplete("The \(what) is empty, too long, or holds a control character.") }
    }
    guard !roles.isEmpty else { throw .incomplete("A person needs a role: \(PersonRole.list).") }
    guard !roles.contains(.agencyViewer) || !agencies.isEmpty else {
      throw .incomplete("An agency viewer is limited to agencies: name at least one.")
    }
    guard agencies.allSatisfy({ !$0.isEmpty && !$0.unicodeScalars.contains(where: \.isBreakOrControl) }) else {
      throw .incomplete("An agency's name is empty or holds a control character.")
    }
    id = Identifiers.person(provider: provider, name: name)
    self.provider = provider
    self.name = name
    self.label = label
    self.roles = PersonRole.allCases.filter(roles.contains)
    self.agencies = agencies
  }

  /// How a name is compared: mail addresses in small letters, subjects as they are.
  package static func known(_ name: String) -> String { name.contains("@") ? name.lowercased() : name }

  package func may(_ permission: Permission) -> Bool {
    permission.roles.contains(where: roles.contains) && (agencies.isEmpty || !permission.concernsEveryone)
  }

  /// Whose records they may see, down to the row.
  package var scope: Scope {
    guard may(.seeBoard) else { return .only(sender: nil, agencies: []) }
    return agencies.isEmpty ? .everything : .only(sender: nil, agencies: agencies)
  }
}

/// What somebody is in this gateway.
package enum PersonRole: String, Sendable, CaseIterable {
  case `operator`
  case dutyManager = "duty-manager"
  case routeOwner = "route-owner"
  case auditor
  case agencyViewer = "agency-viewer"
  /// A carer, or somebody at a school or a home: reports a missing child, and sees their own reports.
  case reporter

  package static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

  package var words: String { rawValue.split(separator: "-").joined(separator: " ") }
}

extension Unicode.Scalar {
  fileprivate var isBreakOrControl: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
