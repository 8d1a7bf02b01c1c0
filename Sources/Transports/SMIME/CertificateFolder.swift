import Foundation
package import Routing
import Synchronization

/// The folder with what mail is encrypted to and judged by (Certificates/README.md): `recipients/*.pem`,
/// `authorities/*.pem`, `revoked/*.pem`.
package struct CertificateFolder: Sendable {
  package let path: String
  package init(path: String) { self.path = path }

  /// Everything in it as it is now. Throws `CertificateFault` where authorities or lists cannot be read; a recipient's file
  /// that cannot be is a fault only for whoever needs it.
  package func read() throws(CertificateFault) -> KnownCertificates {
    let trust = try trust()
    var recipients: [String: Result<[MailCertificate], CertificateFault>] = [:]
    for name in recipientNames {
      do { recipients[name] = .success(try recipient(name)) } catch { recipients[name] = .failure(error) }
    }
    return KnownCertificates(trust: trust, recipients: recipients)
  }

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

/// What a folder of certificates held when it was read.
package struct KnownCertificates: Sendable {
  let trust: MailTrust
  let recipients: [String: Result<[MailCertificate], CertificateFault>]

  /// The recipient's own certificate, if it may be used for this mailbox now. The first of a file is the recipient's, any
  /// others lead to its authority. Throws `CertificateFault` with the file's name.
  package func checked(
    _ name: String, for address: String, at now: Instant
  ) throws(CertificateFault) -> MailCertificate {
    let missing = CertificateFault(
      .notReadable, "recipients/\(name) is not there: add it with `waypost certificates import`")
    let all = try recipients[name]?.get() ?? []
    guard let own = all.first else { throw missing }
    do { try trust.check(own, for: address, use: .encryption, at: now, sentAlong: Array(all.dropFirst())) } catch {
      throw CertificateFault(error.code, "recipients/\(name): \(error.reason)")
    }
    return own
  }
}

/// A folder of certificates that is read again when what was read is a minute old: a renewed certificate or a new
/// revocation list counts without a restart, and not every mail reads them all.
final class CertificateCache: Sendable {
  private let folder: CertificateFolder
  private let kept = Mutex<(known: KnownCertificates, at: Instant)?>(nil)
  /// Milliseconds.
  private static let lifetime: Int64 = 60_000

  init(_ folder: CertificateFolder) { self.folder = folder }

  func known(at now: Instant) throws(CertificateFault) -> KnownCertificates {
    if let kept = kept.withLock(\.self), abs(now.milliseconds - kept.at.milliseconds) < CertificateCache.lifetime {
      return kept.known
    }
    let fresh = try folder.read()
    kept.withLock { $0 = (fresh, now) }
    return fresh
  }
}
