import Routing

/// Where a provider does what (OpenID Connect Discovery 1.0 section 3).
struct ProviderDocument: Sendable {
  let authorization: String
  let token: String
  let keys: String
  /// The provider promises to say who it is when it sends people back (RFC 9207).
  let namesItself: Bool

  /// Throws what is wrong with it. Only what this very issuer says of itself counts, and only HTTPS.
  init(_ body: [UInt8], of issuer: String) throws(SignInRefusal) {
    guard let document = try? JSONValue(parsing: body), document["issuer"]?.text == issuer else { throw .badDocument }
    func address(_ name: String) throws(SignInRefusal) -> String {
      guard let text = document[name]?.text, text.lowercased().hasPrefix("https://"), !text.contains("#"),
        text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
      else { throw .badDocument }
      return text
    }
    authorization = try address("authorization_endpoint")
    token = try address("token_endpoint")
    keys = try address("jwks_uri")
    namesItself = document["authorization_response_iss_parameter_supported"] == true
  }
}

/// Why somebody was not let in. Constants for the audit and the log: nothing of a person, a parameter or a token.
enum SignInRefusal: String, Error {
  case noBrowser = "the browser did not send its cookie"
  case unknownState = "the sign-in is not known, was used already, or took too long"
  case otherBrowser = "the sign-in was begun in another browser or with another provider"
  case wrongIssuer = "another issuer answered"
  case denied = "the provider refused"
  case noCode = "the provider sent no code"
  case unreachable = "the provider cannot be reached"
  case badDocument = "the provider's discovery document does not fit the settings"
  case noToken = "the provider gave no id_token for the code"
  case badToken = "the id_token does not count"
  case wrongNonce = "the id_token was made for another sign-in"
  case unverifiedMail = "the provider has not verified the mail address"
  case unknownPerson = "nobody here is known by what the provider said"
  case wrongPassphrase = "the name or the passphrase is not right"
  case tooMany = "too many tries"
}
