import Routing

/// A token taken apart (RFC 7515 compact form, RFC 7519), before anything in it is believed.
///
/// Guarantee: a header that demands, or could smuggle, anything is refused here, before a key is looked for. `jku`,
/// `jwk`, `x5u` and `x5c` are never looked at: keys come from the settings alone.
struct SignedToken: Sendable {
  let algorithm: TokenAlgorithm
  let keyID: String?
  let claims: JSONValue
  let signedBytes: [UInt8]
  let signature: [UInt8]

  /// Largest token taken, in bytes.
  static let limit = 8 * 1024
  /// RFC 9068 section 2.1 and RFC 7519 section 5.1, in small letters.
  private static let types: Set<String> = ["jwt", "at+jwt", "application/at+jwt"]

  init(_ token: String) throws(TokenRefusal) {
    let bytes = Array(token.utf8)
    guard bytes.count <= SignedToken.limit else { throw .tooLong }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .notThreeParts }
    guard let headerText = Base64URL.decode(parts[0]), let claimsText = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw .notBase64URL }
    let header = try SignedToken.object(headerText)
    try SignedToken.checkType(header["typ"])
    guard header["crit"] == nil, header["b64"] == nil else { throw .criticalHeader }
    guard let name = header["alg"]?.text, let algorithm = TokenAlgorithm(rawValue: name) else { throw .algorithm }
    if let kid = header["kid"], kid.text == nil { throw .malformedHeader }
    self.algorithm = algorithm
    keyID = header["kid"]?.text
    claims = try SignedToken.object(claimsText)
    signedBytes = Array(bytes[..<parts[1].endIndex])
    self.signature = signature
  }

  private static func checkType(_ type: JSONValue?) throws(TokenRefusal) {
    guard let type else { return }
    guard let text = type.text else { throw .malformedHeader }
    guard types.contains(text.lowercased()) else { throw .wrongType }
  }

  /// A JSON object that names no member twice (RFC 7519 section 4). The first byte is its brace and no byte is zero, so
  /// that it can be nothing but UTF-8.
  private static func object(_ text: [UInt8]) throws(TokenRefusal) -> JSONValue {
    guard text.first == UInt8(ascii: "{"), !text.contains(0), let value = try? JSONValue(parsing: text),
      value.members != nil
    else { throw .notJSON }
    guard !JSONValue.repeatsMember(text) else { throw .repeatedMember }
    return value
  }
}
