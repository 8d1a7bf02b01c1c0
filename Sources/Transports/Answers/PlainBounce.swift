/// Failures that older mail servers tell in plain words instead of RFC 3464.
enum PlainBounce {
  typealias Found = (report: DeliveryReport, returned: [MailField])

  /// Nil for a mail that is no such report.
  static func read(_ document: MailDocument) throws(MalformedReport) -> Found? {
    if let report = exim(document) { return (report, returned(document)) }
    guard let report = try qmail(document) else { return nil }
    return (report, returned(document))
  }

  /// Exim up to 4.8: the failed addresses in a field, words in the body; a warning of a delay has the words only.
  private static func exim(_ document: MailDocument) -> DeliveryReport? {
    guard isFromServer(document) else { return nil }
    let subject = AutomaticMail.subject(document)
    let words = String(decoding: textBody(document).prefix(16 * 1024), as: UTF8.self)
    let isWarning = subject.hasPrefix("warning: message ") && subject.contains(" delayed ")
    if isWarning {
      let said = EnhancedStatus.failure(in: words)
      let status = said.flatMap { EnhancedStatus.kind($0) == .transient ? $0 : nil } ?? "4.0.0"
      return DeliveryReport(
        envelopeID: nil, recipients: [RecipientReport(.delayed, status: status, words: nil)])
    }
    let lists = document.all("x-failed-recipients")
    guard !lists.isEmpty, !["delay", "warning"].contains(where: subject.contains) else { return nil }
    let addresses = lists.flatMap { $0.split(separator: ",") }.map { MailText.trimmed($0) }.filter { !$0.isEmpty }
    let status = EnhancedStatus.failure(in: words) ?? "5.0.0"
    let recipients = addresses.prefix(ReportFields.groupLimit)
      .map { _ in RecipientReport(.failed, status: status, words: nil) }
    return recipients.isEmpty ? nil : DeliveryReport(envelopeID: nil, recipients: recipients)
  }

  /// QSBMF: `Hi. This is the qmail-send program at host.`, then a paragraph `<address>:` with words for each recipient,
  /// up to one that begins with a dash.
  private static func qmail(_ document: MailDocument) throws(MalformedReport) -> DeliveryReport? {
    let text = textBody(document).drop { MailText.isSpace($0) }
    guard text.starts(with: "Hi. This is the ".utf8), isFromServer(document) else { return nil }
    var recipients: [RecipientReport] = []
    for paragraph in paragraphs(text) {
      if paragraph.hasPrefix("-") { break }
      let address = paragraph.dropFirst().prefix { $0 != ">" }
      let rest = paragraph.dropFirst(address.count + 1)
      guard paragraph.hasPrefix("<"), !address.isEmpty, rest.hasPrefix(">:") else { continue }
      let words = String(rest.dropFirst(2))
      recipients.append(
        RecipientReport(.failed, status: EnhancedStatus.failure(in: words) ?? "5.0.0", words: words))
      if recipients.count >= ReportFields.groupLimit { break }
    }
    guard !recipients.isEmpty else { throw MalformedReport("a qmail report without a recipient") }
    return DeliveryReport(envelopeID: nil, recipients: recipients)
  }

  private static func isFromServer(_ document: MailDocument) -> Bool {
    AutomaticMail.hasNullSender(document) || AutomaticMail.isFromDaemon(document)
      || AutomaticMail.submitted(document) == "auto-replied"
  }

  private static let marks = ["--- Below this line is", "------ This is a copy of"]

  /// The header of the mail that came back, after the line that announces it.
  private static func returned(_ document: MailDocument) -> [MailField] {
    let text = textBody(document)
    for line in MailLines(text) {
      let isMark = marks.contains { line.content.starts(with: $0.utf8) }
      if isMark { return MailDocument(text[line.next...].drop { MailText.isSpace($0) }).fields }
    }
    return []
  }

  private static func textBody(_ document: MailDocument) -> ArraySlice<UInt8> {
    let texts = [document] + document.parts
    return texts.first { $0.mediaType == .plainText || $0.mediaType.name == "text/plain" }?.body[...] ?? []
  }

  /// At most 16 KiB of each, its lines joined by spaces.
  private static func paragraphs(_ text: ArraySlice<UInt8>) -> [String] {
    var out: [String] = []
    var current = [UInt8]()
    func close() {
      if !current.isEmpty { out.append(String(decoding: current, as: UTF8.self)) }
      current = []
    }
    for line in MailLines(text) where out.count < 2 * ReportFields.groupLimit {
      let content = MailText.trimmed(line.content)
      if content.isEmpty { close() }
      if current.count < 16 * 1024 { current += content.prefix(16 * 1024) + (content.isEmpty ? [] : [0x20]) }
    }
    close()
    return out
  }
}
