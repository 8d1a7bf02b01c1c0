import Console
import Delivery
import Ledger
import Routing
import Transports

/// Signing in, as the settings ask for it.
struct SignInDesk {
  let signIn: SignIn

  /// `address` is where people reach the pages; `sessions` the clock by which they stay signed in.
  init(
    _ settings: Settings, _ address: PublicAddress, isOwnAddress: Bool, _ ledger: SQLiteLedger, _ curl: CurlLoop,
    _ time: any TimeSource, sessions: any TimeSource
  ) throws {
    let providers = try settings.signIn.map { provider in
      guard isOwnAddress else {
        throw Complaint("`signIn` needs `public`: the address that \(provider.name) sends people back to.")
      }
      let (issuer, client) = (provider.issuer, provider.client)
      return IdentityProvider(
        name: provider.name, label: provider.label ?? provider.name, issuer: issuer, client: client,
        secret: try provider.secretFile.map(DataFolder.text),
        fetch: { url in await curl.document(url).map { IdentityAnswer(status: $0.status, body: $0.body) } },
        post: { url, authorization, form in
          await curl.postForm(url, authorization: authorization, form: form).map {
            IdentityAnswer(status: $0.status, body: $0.body)
          }
        }, reading: { jwks in try SignInDesk.reader(issuer, client, jwks, curl) })
    }
    signIn = SignIn(
      people: ledger, providers: providers, address: address, time: time, sessions: sessions,
      random: SignInDesk.random)
  }

  /// What verifies the id_tokens that `issuer` gives to `client`, with the keys at `jwks`.
  private static func reader(
    _ issuer: String, _ client: String, _ jwks: String, _ curl: CurlLoop
  ) throws -> IdentityTokenReading {
    let reader = try TokenReader(
      [TokenIssuer(issuer: issuer, audience: client, jwks: jwks)], fetch: KeySource.fetch(over: curl))
    return { token, now in
      let claims = try await reader.read(token, at: now)
      guard let subject = claims.subject else { throw TokenRefusal.nobody }
      return IdentityClaims(
        issuer: claims.issuer, subject: subject, nonce: claims.nonce, email: claims.email,
        isEmailVerified: claims.emailVerified)
    }
  }

  /// From the system's generator, which nobody can guess.
  static let random: @Sendable (Int) -> [UInt8] = { count in
    (0..<count).map { _ in UInt8.random(in: .min ... .max) }
  }
}
