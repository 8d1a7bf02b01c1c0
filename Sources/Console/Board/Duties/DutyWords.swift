import Delivery
import Routing

/// How a duty is put into words: what is owed, by whom, where it is written, how it stands and what became of it.
///
/// Guarantee: the words come from the vocabulary, the directory and the packs; nothing of an event's data is in them.
struct DutyWords {
  let book: RouteBook

  /// `Return interview`.
  static func what(_ duty: DutyRecord) -> String { sentence(duty.name) }

  /// `Derby City Council, social worker`.
  func owner(_ duty: DutyRecord) -> String {
    [duty.agency.map(agency), DutyWords.role(duty.role)].compactMap(\.self).joined(separator: ", ")
  }

  func agency(_ id: String) -> String { book.directory.agency(id)?.name ?? id }

  /// `social worker`, `missing unit (police)`, `independent reviewing officer`.
  static func role(_ name: String) -> String {
    if name == "iro" { return "independent reviewing officer" }
    let parts = name.split(separator: ".", maxSplits: 1).map { part in
      part.split(separator: "-").joined(separator: " ").replacing("childrens", with: "children's")
    }
    guard parts.count == 2 else { return parts.first ?? name }
    return parts[0] == "children's services" ? parts[1] : "\(parts[1]) (\(parts[0]))"
  }

  /// What the protocols' rules say of it, each sentence once. A rule that is no longer in the book says nothing.
  func says(_ duty: DutyRecord) -> [String] {
    var seen = Set<String>()
    return duty.citations.compactMap { citation in
      let rule = pack(citation)?.rules.first { $0.id == citation.rule }
      return rule.flatMap { seen.insert($0.says).inserted ? $0.says : nil }
    }
  }

  /// Protocol and section, each once, with the path of the protocol's page.
  func sections(_ duty: DutyRecord) -> [(words: String, path: String)] {
    var seen = Set<String>()
    return duty.citations.compactMap { citation in
      let words = "Section \(citation.section) of \(pack(citation)?.title ?? citation.pack)"
      guard seen.insert(words).inserted else { return nil }
      return (words, "\(BoardArea.protocols.path)/\(FormText.encoded(citation.pack))")
    }
  }

  private func pack(_ citation: Citation) -> RoutePack? { book.packs.first { $0.id == citation.pack } }

  static func state(_ state: DutyState) -> String {
    switch state {
    case .open: "Open"
    case .overdue: "Overdue"
    case .fulfilled: "Done in time"
    case .late: "Done late"
    case .cancelled: "No longer owed"
    }
  }

  /// A line of the audit in words; nil for what does not belong to the duty's history. An agency's people learn that it was
  /// done, and of who did it and what they wrote only what is their own.
  static func history(_ entry: AuditEntry, to person: Person) -> String? {
    let isShown = person.agencies.isEmpty || entry.detail.hasPrefix("\(person.label) \(person.id)")
    switch entry.kind {
    case "duty-taken" where !isShown: return "Taken on"
    case "duty-given-back" where !isShown: return "Given back"
    case "duty-completed" where !isShown: return "Completed"
    default: break
    }
    return history(entry)
  }

  private static func history(_ entry: AuditEntry) -> String? {
    switch entry.kind {
    case "duty-overdue": "The deadline passed"
    case "duty-taken": "Taken on by \(entry.detail)"
    case "duty-given-back": "Given back by \(entry.detail)"
    case "duty-completed": "Completed by \(entry.detail)"
    case "duty-fulfilled": "Fulfilled by what was reported"
    case "duty-cancelled": "No longer owed: the report behind it was taken back, or the child is no longer missing"
    default: nil
    }
  }

  private static func sentence(_ name: String) -> String {
    let words = name.split(separator: "-").joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}
