import Foundation
package import Routing

/// The folder with what mail is encrypted to and judged by (Certificates/README.md): `recipients/*.pem`,
/// `authorities/*.pem`, `revoked/*.pem`. Read anew whenever it is asked, so that a renewed certificate counts at once.
package struct CertificateFolder: Sendable {
  package let path: String
  package init(path: String) { self.path = path }

  /// Names of the recipients' files, sorted.
  package var recipientNames: [String] { names("recipients") }

  /// The certificates in a recipient's file. Throws `CertificateFault` with the file's name and a remedy.
  package func recipient(_ name: String) throws(CertificateFault) -> [MailCertificate] {
    guard MailChannel.isCertificateName(name) else {
      throw CertificateFault(.notReadable, "`\(name)` is no name of a certificate's file: write it as front-door.pem")
    }
    guard let pem = FileManager.default.contents(atPath: "\(path)/recipients/\(name)") else {
      throw CertificateFault(
        .notReadable, "recipients/\(name) is not there: add it with `waypost certificates import`")
    }
    do { return try MailCertificate.read(pem: Array(pem)) } catch {
      throw CertificateFault(error.code, "recipients/\(name): \(error.reason)")
    }
  }

  /// The recipient's own certificate, if it may be used for this mailbox now. The first of a file is the recipient's, any
  /// others lead to its authority. Throws `CertificateFault` with the file's name.
  package func checked(
    _ name: String, for address: String, by trust: MailTrust, at now: Instant
  ) throws(CertificateFault) -> MailCertificate {
    let all = try recipient(name)
    guard let own = all.first else {
      throw CertificateFault(.notReadable, "recipients/\(name) holds no certificate: import it again")
    }
    do { try trust.check(own, for: address, use: .encryption, at: now, sentAlong: Array(all.dropFirst())) } catch {
      throw CertificateFault(error.code, "recipients/\(name): \(error.reason)")
    }
    return own
  }

  /// All authorities and revocation lists together. Throws `CertificateFault` where one cannot be read, or there is no
  /// authority.
  package func trust() throws(CertificateFault) -> MailTrust {
    let anchors = contents("authorities")
    guard !anchors.isEmpty else {
      throw CertificateFault(
        .notReadable, "there is no authority in \(path)/authorities: put the PEM files there of those who issue")
    }
    return try MailTrust(anchors: anchors, revocationLists: contents("revoked"))
  }

  private func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? [])
      .filter { $0.hasSuffix(".pem") && !$0.hasPrefix(".") }.sorted()
  }

  private func contents(_ folder: String) -> [UInt8] {
    names(folder).flatMap { name in
      Array(FileManager.default.contents(atPath: "\(path)/\(folder)/\(name)") ?? Data()) + [0x0a]
    }
  }
}
