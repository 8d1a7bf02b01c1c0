/// The groups of fields in a message/delivery-status or a message/disposition-notification (RFC 3464 section 2.1, RFC
/// 8098 section 3.1): fields as in a header, groups parted by empty lines.
///
/// Guarantee: lines that are no field are passed over; at most 200 groups are kept.
struct ReportFields: Sendable {
  struct Group: Sendable {
    let fields: [MailField]

    /// Free text, comments and all.
    func text(_ name: String) -> String? { fields.first(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// A value without its comments; nil if it is empty.
    func value(_ name: String) -> String? { values(name).first }

    func values(_ name: String) -> [String] {
      fields.all(name).map(MailText.withoutComments).filter { !$0.isEmpty }
    }

    /// A field that says one thing only: nil if it is absent, or there twice with different values.
    func single(_ name: String) -> String? {
      let all = Set(values(name).map { MailText.lower($0) })
      return all.count == 1 ? all.first : nil
    }

    /// Some servers leave out the empty line between two recipients: each begins where another one is named.
    var recipients: [Group] {
      guard fields.all("final-recipient").count > 1 else { return [self] }
      var groups: [[MailField]] = [[]]
      for field in fields {
        if field.name == "final-recipient", groups[groups.count - 1].has("final-recipient") { groups.append([]) }
        groups[groups.count - 1].append(field)
      }
      return groups.map(Group.init)
    }
  }

  static let groupLimit = 200

  let groups: [Group]

  init(_ body: [UInt8]) {
    var groups: [Group] = []
    var reader = MailFieldReader()
    for line in MailLines(body[...]) where groups.count < ReportFields.groupLimit {
      if line.content.allSatisfy(MailText.isSpace) {
        ReportFields.close(&reader, &groups)
      } else {
        _ = reader.read(line.content)
      }
    }
    ReportFields.close(&reader, &groups)
    self.groups = groups
  }

  private static func close(_ reader: inout MailFieldReader, _ groups: inout [Group]) {
    reader.finish()
    if !reader.fields.isEmpty, groups.count < groupLimit { groups.append(Group(fields: reader.fields)) }
    reader = MailFieldReader()
  }
}

/// Why what says it is a report cannot be read as one. The reason holds nothing of the mail's own text.
struct MalformedReport: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
