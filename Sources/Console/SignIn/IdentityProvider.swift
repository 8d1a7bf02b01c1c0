package import Routing

/// What an id_token says of the person, once its signature, issuer, audience and times hold.
package struct IdentityClaims: Sendable, Equatable {
  package let issuer: String
  package let subject: String
  package let nonce: String?
  /// Counts only when the provider has verified it.
  package let email: String?
  package let isEmailVerified: Bool

  package init(issuer: String, subject: String, nonce: String?, email: String?, isEmailVerified: Bool) {
    self.issuer = issuer
    self.subject = subject
    self.nonce = nonce
    self.email = email
    self.isEmailVerified = isEmailVerified
  }

  /// What the person may be known by here. A mail address is never taken from `sub`, where nobody has verified it.
  var names: [String] {
    let own = subject.contains("@") ? [] : [subject]
    return own + (isEmailVerified ? [email].compactMap(\.self).filter { $0.contains("@") } : [])
  }
}

/// Verifies an id_token. Throws for one that does not count; the error names neither token nor person.
package typealias IdentityTokenReading = @Sendable (_ token: String, _ now: Instant) async throws -> IdentityClaims

/// What a provider's server answered; nil in its place where there was no answer.
package struct IdentityAnswer: Sendable {
  package let status: Int
  package let body: [UInt8]
  package init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }
}

/// A provider that people sign in with (OpenID Connect Core 1.0, code flow with PKCE).
package struct IdentityProvider: Sendable {
  /// In addresses and in the ledger: small letters, digits and dashes.
  package let name: String
  /// On the page.
  package let label: String
  /// Exactly what its tokens say as `iss`.
  package let issuer: String
  package let client: String
  /// Nil for a public client, which has PKCE alone.
  package let secret: String?
  /// Reads a document over HTTPS.
  package let fetch: @Sendable (_ url: String) async -> IdentityAnswer?
  /// Posts a form (`application/x-www-form-urlencoded`) over HTTPS; `authorization` is that header, where there is one.
  package let post: @Sendable (_ url: String, _ authorization: String?, _ form: String) async -> IdentityAnswer?
  /// Makes what verifies id_tokens with the keys at `jwks`, for `issuer` and `client`.
  package let reading: @Sendable (_ jwks: String) throws -> IdentityTokenReading

  package init(
    name: String, label: String, issuer: String, client: String, secret: String?,
    fetch: @escaping @Sendable (_ url: String) async -> IdentityAnswer?,
    post: @escaping @Sendable (_ url: String, _ authorization: String?, _ form: String) async -> IdentityAnswer?,
    reading: @escaping @Sendable (_ jwks: String) throws -> IdentityTokenReading
  ) {
    self.name = name
    self.label = label
    self.issuer = issuer
    self.client = client
    self.secret = secret
    self.fetch = fetch
    self.post = post
    self.reading = reading
  }
}
