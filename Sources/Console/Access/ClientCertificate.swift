package import Delivery
package import NIOSSL

/// What a client certificate proves: the possession of one key. Whether its authority is believed, TLS has seen to.
package enum ClientCertificate {
  /// Throws NIOSSL's error where the certificate has no public key that can be read.
  package static func credential(_ certificate: NIOSSLCertificate) throws -> Credential {
    .certificate(fingerprint: Identifiers.digest(try certificate.extractPublicKey().toSPKIBytes()))
  }
}
