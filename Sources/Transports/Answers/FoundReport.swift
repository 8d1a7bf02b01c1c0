/// A report found in a mail: as RFC 6522 has it, as gateways leave it, or in an older server's words.
struct FoundReport {
  let answer: Answer
  /// The part for machines.
  let part: MailDocument?
  /// The header of the mail that was returned.
  let returned: [MailField]
  private let fields: ReportFields?

  /// Nil for a mail that doesn't say it is a report.
  init?(_ document: MailDocument) {
    // A gateway that adds a disclaimer or a signature wraps the report in one more multipart.
    let isWrapper = ["multipart/mixed", "multipart/signed"].contains(document.mediaType.name)
    let holders = [document] + (isWrapper ? document.parts : [])
    let container = holders.first { $0.mediaType.name == "multipart/report" }
    if let part = ((container?.parts ?? []) + holders).first(where: { ReportKind($0.mediaType) != nil }),
      let kind = ReportKind(part.mediaType)
    {
      let fields = ReportFields(part.body)
      self.init(
        answer: kind.answer(fields), part: part, returned: FoundReport.returned(container ?? document), fields: fields)
    } else if let container {
      self.init(
        answer: FoundReport.withoutPart(container.mediaType), part: nil, returned: FoundReport.returned(container),
        fields: nil)
    } else {
      self.init(plain: document)
    }
  }

  private init(answer: Answer, part: MailDocument?, returned: [MailField], fields: ReportFields?) {
    self.answer = answer
    self.part = part
    self.returned = returned
    self.fields = fields
  }

  private init?(plain document: MailDocument) {
    do {
      guard let found = try PlainBounce.read(document) else { return nil }
      self.init(answer: .delivery(found.report), part: nil, returned: found.returned, fields: nil)
    } catch {
      self.init(answer: .malformed(error.reason), part: nil, returned: [], fields: nil)
    }
  }

  /// All values of a field in the part for machines.
  func values(_ name: String) -> [String] { (fields?.groups ?? []).flatMap { $0.values(name) } }

  private static func withoutPart(_ type: MediaType) -> Answer {
    let expected = [nil, "delivery-status", "disposition-notification"]
    return expected.contains(type["report-type"].map { MailText.lower($0) })
      ? .malformed("a report without its part for machines") : .automatic("it is a report of another kind")
  }

  private static func returned(_ container: MailDocument) -> [MailField] {
    let headers = ["text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers", "message/global-headers"]
    for part in container.parts {
      if part.mediaType.isMessage { return part.parts.first?.fields ?? [] }
      if headers.contains(part.mediaType.name) {
        return MailDocument(part.body.drop { MailText.isSpace($0) }).fields
      }
    }
    return []
  }
}

/// What a part for machines reports (RFC 3464, RFC 8098, and RFC 6533 for addresses beyond ASCII).
private enum ReportKind {
  case delivery, disposition

  init?(_ type: MediaType) {
    switch type.name {
    case "message/delivery-status", "message/global-delivery-status": self = .delivery
    case "message/disposition-notification", "message/global-disposition-notification": self = .disposition
    default: return nil
    }
  }

  func answer(_ fields: ReportFields) -> Answer {
    do throws(MalformedReport) {
      switch self {
      case .delivery: return .delivery(try DeliveryReport(fields))
      case .disposition: return .disposition(try DispositionReport(fields))
      }
    } catch {
      return .malformed(error.reason)
    }
  }
}
