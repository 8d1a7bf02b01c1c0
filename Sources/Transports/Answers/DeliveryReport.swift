/// What a mail server says became of a mail (RFC 3464).
///
/// Guarantee: every recipient has an action and a status that agree; a report in which one hasn't is no report.
/// No recipient's address is read: which message a report is about, its tag says.
package struct DeliveryReport: Sendable, Equatable {
  /// The ENVID that was given when the mail was handed over.
  package let envelopeID: String?
  /// At least one.
  package let recipients: [RecipientReport]
}

package struct RecipientReport: Sendable, Equatable {
  package enum Action: String, Sendable {
    case failed, delayed, delivered, relayed, expanded
  }

  package let action: Action
  /// RFC 3463, for example `5.1.1`.
  package let status: String
  package let diagnostic: String?
}

extension DeliveryReport {
  init(_ fields: ReportFields) throws(MalformedReport) {
    let isAboutRecipient = { (group: ReportFields.Group) in
      ["action", "status", "final-recipient", "original-recipient"].contains { group.fields.has($0) }
    }
    var recipients: [RecipientReport] = []
    for group in fields.groups.flatMap(\.recipients) where isAboutRecipient(group) {
      recipients.append(try RecipientReport(group))
    }
    guard !recipients.isEmpty else { throw MalformedReport("a delivery report without a recipient") }
    // Some servers leave out the empty line after the fields of the message.
    let envelopeID = fields.groups.lazy.compactMap { $0.value("original-envelope-id") }.first
    self.init(
      envelopeID: envelopeID.map { MailText.printable(MailText.xtextDecoded($0)) }, recipients: recipients)
  }
}

extension RecipientReport {
  init(_ group: ReportFields.Group) throws(MalformedReport) {
    guard let action = group.single("action").flatMap(Action.init) else {
      throw MalformedReport("a recipient without one action of RFC 3464")
    }
    guard let status = group.single("status"), let kind = EnhancedStatus.kind(status) else {
      throw MalformedReport("a recipient without one status of RFC 3463")
    }
    guard action.agrees(kind) else {
      throw MalformedReport("a recipient whose action is \(action.rawValue) with status \(status)")
    }
    let final = group.values("final-recipient")
    guard Set(final).count <= 1 else { throw MalformedReport("two recipients in one group") }
    self.init(
      action: action, status: status,
      diagnostic: group.text("diagnostic-code").map(RecipientReport.diagnostic))
  }

  /// What an older server told in words.
  init(_ action: Action, status: String, words: String?) {
    self.init(
      action: action, status: status,
      diagnostic: words.map { MailText.withoutAddresses($0) })
  }

  /// The words after `smtp;`.
  private static func diagnostic(_ text: String) -> String {
    let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    let isTyped = parts.count == 2 && !parts[0].contains(" ")
    return MailText.withoutAddresses(isTyped ? String(parts[1]) : text)
  }
}

extension RecipientReport.Action {
  /// RFC 3464 section 2.3.4: a delay is never an outcome, and no success has a code of failure.
  func agrees(_ kind: EnhancedStatus.Kind) -> Bool {
    switch self {
    case .failed: kind != .success
    case .delayed: kind == .transient
    case .delivered, .relayed, .expanded: kind == .success
    }
  }
}

/// RFC 3463: `class.subject.detail`.
enum EnhancedStatus {
  enum Kind { case success, transient, permanent }

  /// Nil for what is no such code.
  static func kind(_ text: some StringProtocol) -> Kind? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(MailText.isDigit) }) else {
      return nil
    }
    switch Array(parts[0]) {
    case [UInt8(ascii: "2")]: return .success
    case [UInt8(ascii: "4")]: return .transient
    case [UInt8(ascii: "5")]: return .permanent
    default: return nil
    }
  }

  /// The first code of a failure in somebody's words, such as `550-5.1.1` or `(#5.7.1)`.
  static func failure(in text: String) -> String? {
    let runs = text.utf8.split { !MailText.isDigit($0) && $0 != UInt8(ascii: ".") }
    for run in runs {
      let code = String(decoding: run.last == UInt8(ascii: ".") ? run.dropLast() : run, as: UTF8.self)
      if let kind = kind(code), kind != .success { return code }
    }
    return nil
  }
}
