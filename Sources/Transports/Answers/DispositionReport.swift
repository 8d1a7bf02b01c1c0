/// A read receipt (RFC 8098). It says what a mail program did, not what a person knows.
package struct DispositionReport: Sendable, Equatable {
  package enum Mode: String, Sendable {
    case manual = "manual-action"
    case automatic = "automatic-action"
  }

  package enum Sending: String, Sendable {
    case manually = "mdn-sent-manually"
    case automatically = "mdn-sent-automatically"
  }

  package enum Kind: String, Sendable {
    case displayed, deleted, dispatched, processed
    /// The reader would not have it said (RFC 2298; gone from RFC 8098, still sent).
    case denied
  }

  package let mode: Mode
  package let sending: Sending
  package let type: Kind
  package let hasError: Bool
}

extension DispositionReport {
  init(_ fields: ReportFields) throws(MalformedReport) {
    // One group by the grammar; empty lines in between are a habit of some programs.
    let group = ReportFields.Group(fields: fields.groups.flatMap(\.fields))
    guard let value = group.single("disposition"), let said = Disposition(value) else {
      throw MalformedReport("a read receipt without one disposition of RFC 8098")
    }
    self.init(
      mode: said.mode, sending: said.sending, type: said.type,
      hasError: said.modifiers.contains("error") || group.value("error") != nil || group.value("failure") != nil)
  }
}

/// `manual-action/MDN-sent-manually; displayed/error`, in small letters.
private struct Disposition {
  let mode: DispositionReport.Mode
  let sending: DispositionReport.Sending
  let type: DispositionReport.Kind
  let modifiers: [String]

  init?(_ value: String) {
    let halves = value.split(separator: ";", omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let modes = Disposition.words(halves[0], "/")
    let types = halves[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard modes.count == 2, let mode = DispositionReport.Mode(rawValue: modes[0]),
      let sending = DispositionReport.Sending(rawValue: modes[1]), let first = types.first,
      let type = DispositionReport.Kind(rawValue: MailText.trimmed(first))
    else { return nil }
    self.mode = mode
    self.sending = sending
    self.type = type
    modifiers = types.count == 2 ? Disposition.words(types[1], ",") : []
  }

  private static func words(_ text: Substring, _ separator: Character) -> [String] {
    text.split(separator: separator, omittingEmptySubsequences: false).map { MailText.trimmed($0) }
  }
}
