package import Routing

/// Who may come in, and what was refused. A port of its own: nothing of a message's way needs it.
package protocol AccessLedger: Sendable {
  // Senders.
  /// Adds a sender with its first key. One that was revoked may come again under its name.
  func addSender(_ sender: Sender, keyHash: String, at now: Instant) async throws
  func senders() async throws -> [Sender]
  /// Ends a sender and every credential it has, at once.
  func revokeSender(_ name: String, at now: Instant) async throws -> Bool

  // What they prove themselves with.
  /// Gives a sender a further credential. Throws `AccessProblem`.
  func addCredential(_ credential: Credential, of sender: String, at now: Instant) async throws
  /// A new key; those that the sender has end at `end`. Throws `AccessProblem`.
  func rotateKey(of sender: String, to keyHash: String, others end: Instant, at now: Instant) async throws
  /// Ends one credential, named by its label, at once. False if there is none.
  func endCredential(_ label: String, of sender: String, at now: Instant) async throws -> Bool
  func credentials() async throws -> [CredentialRecord]
  /// Whose credential this is; nil if nobody's, or no longer.
  func sender(_ credential: Credential, at now: Instant) async throws -> Sender?

  /// Writes to the audit what was refused or looked at.
  func record(_ entries: [AccessEntry], at now: Instant) async throws
  /// Whether the audit has it that this person (by id) looked at a record of that kind from `since` on.
  func hasViewed(_ kind: String, _ identifier: String, by person: String, since: Instant) async throws -> Bool
}

/// What a sender proves itself with. The secret itself is stored nowhere.
package enum Credential: Sendable, Hashable {
  /// SHA-256 of an API key, in hexadecimal.
  case key(hash: String)
  /// A token that `issuer` gave to `subject` (RFC 7519, `iss` and `sub`).
  case token(issuer: String, subject: String)
  /// SHA-256 of a client certificate's public key (SubjectPublicKeyInfo), in hexadecimal: it outlasts a renewal.
  case certificate(fingerprint: String)

  package enum Kind: String, Sendable, CaseIterable { case key, token, certificate }

  package var kind: Kind {
    switch self {
    case .key: .key
    case .token: .token
    case .certificate: .certificate
    }
  }

  package var identifier: String {
    switch self {
    case .key(let hash): hash
    case .token(let issuer, let subject): "\(issuer) \(subject)"
    case .certificate(let fingerprint): fingerprint
    }
  }

  /// What people call it: enough to tell one from another, nothing to get in with.
  package var label: String {
    switch self {
    case .key(let hash): "key-\(hash.prefix(8))"
    case .token(let issuer, let subject): "\(subject) of \(issuer)"
    case .certificate(let fingerprint): "certificate-\(fingerprint.prefix(16))"
    }
  }
}

package struct CredentialRecord: Sendable, Equatable {
  package let sender: String
  package let kind: Credential.Kind
  package let label: String
  package let createdAt: Instant
  /// It opens nothing from here on.
  package let endsAt: Instant?
  package init(sender: String, kind: Credential.Kind, label: String, createdAt: Instant, endsAt: Instant?) {
    self.sender = sender
    self.kind = kind
    self.label = label
    self.createdAt = createdAt
    self.endsAt = endsAt
  }
}

/// A line for the audit about somebody at the door. Nothing of a secret, nothing of a child.
package struct AccessEntry: Sendable, Equatable {
  /// `refused`, `viewed`, …
  package let kind: String
  /// Who or what it is about: a sender, a person, a record's id.
  package let identifier: String
  package let detail: String
  package init(kind: String, identifier: String, detail: String) {
    self.kind = kind
    self.identifier = identifier
    self.detail = detail
  }
}

package enum AccessProblem: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownSender(String)
  /// Somebody else's, or this sender's already.
  case taken(String)

  package var description: String {
    switch self {
    case .unknownSender(let name): "No sender is called \(name). `waypost sources list` shows them."
    case .taken(let label): "\(label) is in use already. End it first, or use another."
    }
  }
}

/// Whose records somebody may see.
package enum Scope: Sendable, Equatable {
  case everything
  /// What this sender's events made owed, and whatever concerns the desks of these agencies: not what families are told,
  /// which stands under the agency that has their case.
  case only(sender: String?, agencies: [String])

  package init(_ sender: Sender) { self = .only(sender: sender.name, agencies: sender.agencies) }

  package func includes(sender: String, agency: String?, role: String) -> Bool {
    switch self {
    case .everything: true
    case .only(let own, let agencies):
      own == sender || Recipient(agency: agency, role: role).map { agencies.contains($0.agency) } ?? false
    }
  }
}
