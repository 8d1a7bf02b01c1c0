/// Why a message was not sealed or not believed. `reason` names no person and no address. Equal by code.
package struct SMIMEFault: Error, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// There is no signing identity.
    case noIdentity
    /// Not a complete MIME entity of 7-bit lines that end in CRLF.
    case notCanonical
    case noRecipients
    /// The address that receipts are asked to be sent to cannot be written.
    case badAddress
    /// Not a signed message, or not a signed receipt.
    case notSigned
    /// Changed on the way, or signed in a way that is not relied on.
    case badSignature
    /// A signed receipt, but for another message.
    case otherMessage
    /// The certificate is to blame; `certificate` says how.
    case badCertificate
    /// OpenSSL could not do its work.
    case failed
  }

  package let code: Code
  package let reason: String
  package let certificate: CertificateFault?

  package init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
    certificate = nil
  }

  package init(_ fault: CertificateFault) {
    code = .badCertificate
    reason = fault.reason
    certificate = fault
  }

  package var description: String { "\(certificate?.code.rawValue ?? code.rawValue): \(reason)" }
  package static func == (a: SMIMEFault, b: SMIMEFault) -> Bool {
    a.code == b.code && a.certificate == b.certificate
  }
}
