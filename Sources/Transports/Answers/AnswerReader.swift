/// Reads the mail that comes back: reports first, then Waypost's own mail, then programs' mail, then people's.
///
/// Guarantee: every input has an answer, in time that grows with the input; nothing here is believed yet.
package enum AnswerReader {
  package static func read(_ bytes: [UInt8], ownHost: String) -> ReadAnswer {
    let document = MailDocument(bytes)
    let report = FoundReport(document)
    let hasGoneRound = document.all("received").count > hopLimit
    let answer = hasGoneRound ? .loop : report?.answer ?? plainAnswer(document, ownHost)
    return ReadAnswer(
      answer: answer, tags: tags(document, answer, report), messageIDs: messageIDs(document, report, ownHost),
      evidence: evidence(document, report))
  }

  /// More servers than this have a mail only where it goes round in circles.
  private static let hopLimit = 50

  private static func plainAnswer(_ document: MailDocument, _ ownHost: String) -> Answer {
    if document.fields.isEmpty { return .malformed("no header") }
    if isLoop(document, ownHost) { return .loop }
    if isSignedReceipt(document) { return .signedReceipt }
    if let reason = AutomaticMail.reason(document) { return .automatic(reason) }
    let subject = MailText.trimmed(EncodedWords.decode(document.first("subject") ?? ""))
    var references = AnswerMarks()
    references.takeReferences(subject)
    return .reply(
      Reply(
        from: FromField.author(document),
        subject: String(String.UnicodeScalarView(subject.unicodeScalars.prefix(1_000).filter { $0.value >= 0x20 })),
        references: references.found, authenticationResults: document.all("authentication-results"),
        isSigned: isSigned(document.mediaType)))
  }

  private static func isLoop(_ document: MailDocument, _ ownHost: String) -> Bool {
    var own = AnswerMarks()
    own.takeMessageIDs(document.first("message-id") ?? "", host: ownHost)
    return !own.found.isEmpty && AutomaticMail.submitted(document) == "auto-generated"
  }

  private static func isSignedReceipt(_ document: MailDocument) -> Bool {
    let isWrapper = ["multipart/signed", "multipart/mixed"].contains(document.mediaType.name)
    let types = [document.mediaType] + (isWrapper ? document.parts.map(\.mediaType) : [])
    return types.contains { (isSecure($0) || $0.name == "multipart/signed") && smimeType($0) == "signed-receipt" }
  }

  private static func isSigned(_ type: MediaType) -> Bool {
    type.name == "multipart/signed" || isSecure(type) && smimeType(type) == "signed-data"
  }

  private static func isSecure(_ type: MediaType) -> Bool {
    type.name == "application/pkcs7-mime" || type.name == "application/x-pkcs7-mime"
  }

  private static func smimeType(_ type: MediaType) -> String { MailText.lower(type["smime-type"] ?? "") }

  private static let recipientFields = [
    "to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "original-recipient",
    "x-original-recipient", "x-delivered-to", "x-forwarded-to", "x-rcpt-to", "resent-to", "apparently-to",
  ]

  private static let returnedFields: Set<String> = [
    "return-path", "reply-to", "disposition-notification-to", "return-receipt-to", "errors-to", "sender", "from",
    "message-id",
  ]

  private static func tags(_ document: MailDocument, _ answer: Answer, _ report: FoundReport?) -> [String] {
    var marks = AnswerMarks()
    func take(_ text: String) {
      marks.takeTags(text)
      if text.utf8.contains(UInt8(ascii: "+")) { marks.takeTags(MailText.xtextDecoded(text)) }
    }
    if case .delivery(let delivery) = answer { take(delivery.envelopeID ?? "") }
    report?.values("original-envelope-id").forEach(take)
    for name in recipientFields { document.all(name).forEach(take) }
    for name in ["original-message-id", "x-original-message-id"] { report?.values(name).forEach(take) }
    for field in report?.returned ?? [] where returnedFields.contains(field.name) || field.name.hasPrefix("x-") {
      take(field.value)
    }
    return marks.found
  }

  private static func messageIDs(_ document: MailDocument, _ report: FoundReport?, _ ownHost: String) -> [String] {
    var marks = AnswerMarks()
    for name in ["original-message-id", "x-original-message-id"] {
      for value in report?.values(name) ?? [] { marks.takeMessageIDs(value, host: ownHost) }
    }
    for value in report?.returned.all("message-id") ?? [] { marks.takeMessageIDs(value, host: ownHost) }
    for name in ["in-reply-to", "references"] {
      for value in document.all(name) { marks.takeMessageIDs(value, host: ownHost) }
    }
    return marks.found
  }

  private static let evidenceLimit = 4_000

  /// The part for machines may take half of the room from the header.
  private static func evidence(_ document: MailDocument, _ report: FoundReport?) -> String {
    let header = printable(Array(document.rawHeaders.utf8), limit: evidenceLimit)
    guard let part = report?.part else { return header }
    let said = printable(part.body, limit: evidenceLimit)
    let room = evidenceLimit - 1 - min(said.utf8.count, evidenceLimit / 2)
    return String("\(header.prefix(room))\n\(said)".prefix(evidenceLimit))
  }

  private static func printable(_ bytes: [UInt8], limit: Int) -> String {
    let text = bytes.lazy.filter { $0 != 0x0d }.prefix(limit)
    return String(
      decoding: text.map { $0 == 0x0a || MailText.isPrintable($0) ? $0 : $0 == 0x09 ? 0x20 : 0x3f }, as: UTF8.self)
  }
}
