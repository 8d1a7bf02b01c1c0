import Delivery
import Routing

/// Why a message waits for a person to decide, in the protocol's words, and who may decide.
func judgement(of seen: SeenMessage, at desk: BoardDesk) async throws -> [String: Any] {
  let gate = seen.planned?.gate
  let named = Set(seen.own.citations.map(\.pack))
  let packs = seen.routes.book.packs.filter { pack in
    named.contains(pack.id) && pack.gates.contains { $0.role.name == seen.own.role && $0.section == gate?.section }
  }
  let pack = packs.first { $0.inForce.contains(seen.record.createdAt) } ?? packs.last
  let rule = pack?.gates.first { $0.role.name == seen.own.role && $0.section == gate?.section }
  var values: [String: Any] = [:]
  // Who works at the gateway is not for an agency's people to know.
  let mayKnow = seen.who.person.agencies.isEmpty || seen.who.person.may(.decideHeld)
  let people = try await mayKnow ? desk.ledger.people() : []
  let deciders = people.filter {
    $0.may(.decideHeld) && $0.scope.includes(sender: "", agency: seen.own.agency, role: seen.own.role)
  }
  if !deciders.isEmpty { values["deciders"] = deciders.map(\.label).joined(separator: ", ") }
  if let gate {
    values["protocol"] = pack?.title ?? "The protocol"
    values["section"] = gate.section
    if let role = gate.decidedBy { values["decidedBy"] = RoleWords.name(role) }
  }
  // What the condition names is known of this child.
  if let rule, seen.maySeeWords {
    values["when"] = RuleWords(PlainWords(vocabulary: seen.routes.vocabulary, headline: { _ in nil })).condition(
      rule.when)
  }
  return values
}
