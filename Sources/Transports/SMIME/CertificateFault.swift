/// Why a certificate, a key or a revocation list cannot be used (RFC 8550, RFC 5280).
///
/// `reason` says which certificate by the start of its SHA-256 fingerprint, and what to do; it names no person and no
/// address. Equal by code.
package struct CertificateFault: Error, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// Not PEM, damaged, or not what was asked for.
    case notReadable
    /// A private key in a file that is meant to be given away.
    case holdsPrivateKey
    case expired
    case notYetValid
    case wrongAddress
    /// Key usage, extended key usage or basic constraints forbid it.
    case wrongUse
    /// No chain to an anchor.
    case untrusted
    case revoked
    /// A list of the issuer's was given, but none that can be relied on at that time.
    case staleRevocationList
    /// Too short, or of a kind or a digest that is not safe or not supported.
    case weakKey
    /// The private key is not the certificate's.
    case keyMismatch
    /// The private key needs a passphrase.
    case lockedKey
  }

  package let code: Code
  package let reason: String

  package init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  package var description: String { "\(code.rawValue): \(reason)" }
  package static func == (a: CertificateFault, b: CertificateFault) -> Bool { a.code == b.code }
}
