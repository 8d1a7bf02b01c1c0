import Delivery
import Routing

/// A plan as somebody reads it before they confirm it.
///
/// Guarantee: `digest` changes whenever anything changes but the clock: who is told, what, why, who has to do
/// something, and what the event says. Contacts, and whether the family is told, stand here only for people whom no
/// agencies limit and who see the board: what keeps a family from being told is known of the child from others too.
struct ReportPlan {
  let digest: String
  /// How many are told without anybody deciding first.
  let count: Int
  /// Whether anybody is told, or somebody has to see to it that they are.
  let tellsAnybody: Bool
  private let isWithoutFamily: Bool
  private let tells: [[String: Any]]
  private let duties: [[String: Any]]

  init(_ preview: Preview, of document: JSONValue, to person: Person, at now: Instant) {
    let book = preview.routes.book
    let agencies = AgencyWords(directory: book.directory)
    let plan = preview.plan
    digest = ReportPlan.digest(plan, document, book.vocabulary)
    let showsContacts = person.scope == .everything
    let shown = plan.tells.filter { showsContacts || $0.role.category != "family" }
    count = shown.count { $0.gate == nil && $0.contact != nil }
    tellsAnybody = !plan.tells.isEmpty
    isWithoutFamily = !showsContacts
    tells = shown.sorted { $0.urgency < $1.urgency }.map { tell in
      var values: [String: Any] = [
        "role": ReportWords.role(tell.role.name).raisingFirst, "how": ReportPlan.speed(tell, at: now),
        "share": book.vocabulary.names(of: tell.share).map(ReportWords.share).joined(separator: "; "),
        "why": ReportPlan.reasons(tell.citations, book),
      ]
      if let agency = tell.agency { values["agency"] = agencies.name(agency) }
      if showsContacts, let contact = tell.contact { values["contact"] = contact.label }
      if tell.contact == nil { values["nobody"] = true }
      if tell.gate != nil { values["isHeld"] = true }
      return values
    }
    duties = plan.duties.map { duty in
      var values: [String: Any] = [
        "duty": DutyWords.name(duty.name).raisingFirst, "role": ReportWords.role(duty.role.name).raisingFirst,
        "why": ReportPlan.reasons(duty.citations, book),
      ]
      if let agency = duty.agency { values["agency"] = agencies.name(agency) }
      if let by = duty.by { values["by"] = by <= now ? "at once" : "by \(LondonWords.moment(by))" }
      return values
    }
  }

  /// `isFirst`: there is nothing to confirm where nobody would be told; what is said later is kept all the same.
  func values(isFirst: Bool) -> [String: Any] {
    var values: [String: Any] = ["digest": digest, "tells": tells]
    if count > 0 {
      values["send"] = ["words": count == 1 ? "Tell this 1 person now" : "Tell these \(count) people now"]
    } else if tellsAnybody || !isFirst {
      values["send"] = ["words": isFirst ? "Send the report now" : "Say so now"]
    }
    if isWithoutFamily { values["isWithoutFamily"] = true }
    if !duties.isEmpty { values["duties"] = ["list": duties] }
    return values
  }

  private static func speed(_ tell: Tell, at now: Instant) -> String {
    if let start = tell.notBefore, start > now { return "from \(LondonWords.moment(start)) on, when the desk is open" }
    if let by = tell.by, by > now { return "now, and by \(LondonWords.moment(by)) at the latest" }
    return tell.urgency == .immediate ? "at once" : "now"
  }

  /// Protocol, section and the rule in words, each once.
  private static func reasons(_ citations: [Citation], _ book: RouteBook) -> [[String: Any]] {
    var seen = Set<String>()
    return citations.compactMap { citation in
      guard seen.insert("\(citation.pack) \(citation.section) \(citation.rule)").inserted else { return nil }
      let pack = book.packs.first { $0.id == citation.pack }
      var values: [String: Any] = ["pack": pack?.title ?? citation.pack, "section": citation.section]
      if let rule = pack?.rules.first(where: { $0.id == citation.rule }) { values["says"] = rule.says }
      return values
    }
  }

  private static func digest(_ plan: Plan, _ document: JSONValue, _ vocabulary: Vocabulary) -> String {
    let tells = plan.tells.map { tell in
      tell.document(vocabulary).merged(with: [
        "by": .null, "notBefore": .null, "waits": .bool(tell.notBefore != nil),
      ])
    }
    let duties = plan.duties.map { $0.document.merged(with: ["by": .null, "target": .null]) }
    let all: JSONValue = [
      "tells": .array(tells), "duties": .array(duties), "data": document["data"] ?? .null,
      "type": document["type"] ?? .null,
    ]
    return Identifiers.digest(all.serializedBytes)
  }
}
