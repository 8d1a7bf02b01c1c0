import Crypto
import Foundation
import SwiftASN1
import X509

/// An authority, a server and an S/MIME certificate for demos and tests. Never for real messages.
struct DevelopmentCertificates {
  let folder: String

  var authority: String { "\(folder)/dev-ca.pem" }
  var server: String { "\(folder)/dev-server.pem" }
  var serverKey: String { "\(folder)/dev-server.key" }

  /// Names of every file made.
  static let files = ["dev-ca.pem", "dev-ca.key", "dev-server.pem", "dev-server.key", "dev-smime.pem", "dev-smime.key"]

  /// Makes all of them, valid for 90 days from `now`; what is there is replaced.
  func make(now: Date) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let issuer = try DistinguishedName { CommonName("Waypost development authority") }
    let authorityKey = P256.Signing.PrivateKey()
    // Which of several authorities of this name it is: a test may trust two.
    let mark = SubjectKeyIdentifier(hash: Certificate.PublicKey(authorityKey.publicKey))
    let from = AuthorityKeyIdentifier(keyIdentifier: mark.keyIdentifier)
    let authority = try certificate(
      issuer, issuer, authorityKey, authorityKey, now,
      Certificate.Extensions {
        mark
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
      })
    try write(authority, authorityKey, "dev-ca")

    let serverKey = P256.Signing.PrivateKey()
    let server = try certificate(
      DistinguishedName { CommonName("localhost") }, issuer, serverKey, authorityKey, now,
      Certificate.Extensions {
        from
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames([
          .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
          .ipAddress(ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
        ])
      })
    try write(server, serverKey, "dev-server")

    let mailKey = P256.Signing.PrivateKey()
    let mail = try certificate(
      DistinguishedName { CommonName("Waypost development sender") }, issuer, mailKey, authorityKey, now,
      Certificate.Extensions {
        from
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true, keyAgreement: true))
        try ExtendedKeyUsage([.emailProtection])
        SubjectAlternativeNames([.rfc822Name("waypost@waypost.example")])
      })
    try write(mail, mailKey, "dev-smime")
  }

  private func certificate(
    _ subject: DistinguishedName, _ issuer: DistinguishedName, _ key: P256.Signing.PrivateKey,
    _ issuerKey: P256.Signing.PrivateKey, _ now: Date, _ extensions: Certificate.Extensions
  ) throws -> Certificate {
    try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(90 * 86400), issuer: issuer,
      subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(issuerKey)
    )
  }

  private func write(_ certificate: Certificate, _ key: P256.Signing.PrivateKey, _ name: String) throws {
    let pem = try certificate.serializeAsPEM().pemString + "\n"
    try Data(pem.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).pem"), options: .atomic)
    try DataFolder.writePrivate(key.pemRepresentation + "\n", to: "\(folder)/\(name).key")
  }
}
