import Delivery
import Foundation
import Routing

/// Seals outgoing mail and reads sealed answers: the gateway's own identity, and the certificates of others.
///
/// Guarantee: nothing is encrypted to a certificate that does not hold at that instant for that mailbox; what cannot be
/// sealed throws, and no partly sealed or plain message comes of it.
package struct MailSeals: Sendable {
  let sealer: SMIMESealer
  let certificates: CertificateCache
  /// All mail is signed, also what is not encrypted.
  let signsEverything: Bool

  package init(identity: SigningIdentity, folder: CertificateFolder, signsEverything: Bool = false) {
    sealer = SMIMESealer(identity: identity)
    certificates = CertificateCache(folder)
    self.signsEverything = signsEverything
  }

  /// Signed, then encrypted for all of the mailbox's certificates; the real subject travels inside.
  func seal(
    _ message: MIMEMessage, to mail: MailChannel, receiptTo: String?, at now: Instant
  ) throws(Fault) -> SealedMail {
    do {
      let recipients = try recipients(of: mail, at: now)
      let headers = ProtectedHeaders(fields: message.written, entity: message.entity, protection: .cipher)
      let signed = try sealer.signed(headers.payload, requestReceiptTo: receiptTo, at: now)
      let sealed = try sealer.encrypted(signed.bytes, for: recipients, algorithm: mail.readsGCM ? .gcm : .cbc)
      return SealedMail(
        bytes: headers.message(around: sealed),
        signature: receiptTo == nil ? nil : Data(signed.cms).base64EncodedString())
    } catch { throw Fault(.privacy, "\(error)") }
  }

  func sign(_ message: MIMEMessage, at now: Instant) throws(Fault) -> SealedMail {
    let headers = ProtectedHeaders(fields: message.written, entity: message.entity, protection: .clear)
    do {
      let signed = try sealer.signed(headers.payload, at: now)
      return SealedMail(bytes: headers.message(around: signed.bytes), signature: nil)
    } catch { throw Fault(.internalFault, "\(error)") }
  }

  /// Every certificate that the directory names has to hold: a mailbox that several people share is not sealed for some.
  private func recipients(of mail: MailChannel, at now: Instant) throws(CertificateFault) -> [MailCertificate] {
    let known = try certificates.known(at: now)
    var found: [MailCertificate] = []
    for name in mail.certificates {
      found.append(try known.checked(name, for: mail.address, at: now))
    }
    return found
  }

  /// Whether this mail is the recipient's signed receipt for the message that was signed so (base64).
  func isReceipt(_ mail: [UInt8], fitting signature: String, from recipient: MailChannel, at now: Instant) -> Bool {
    guard let cms = Data(base64Encoded: signature), let trust = try? certificates.known(at: now).trust else {
      return false
    }
    return (try? sealer.verify(receipt: mail, against: Array(cms), trust: trust, from: recipient.address, at: now))
      != nil
  }

  /// Whether this mail is signed by its author with a certificate that holds, and names this notification within what is
  /// signed: the outer subject may be anybody's.
  func isSigned(_ mail: [UInt8], by author: String, about notification: String, at now: Instant) -> Bool {
    guard let trust = try? certificates.known(at: now).trust,
      let reply = try? sealer.verifySigned(message: mail, trust: trust, at: now), reply.signer.names(author)
    else { return false }
    return MailSeals.names(notification, MailDocument(reply.content))
  }

  private static func names(_ notification: String, _ document: MailDocument) -> Bool {
    (document.first("subject") ?? "").contains(notification)
      || String(decoding: document.body, as: UTF8.self).contains(notification)
      || document.parts.contains { names(notification, $0) }
  }
}
