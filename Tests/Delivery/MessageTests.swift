import Delivery
import TestKit
import Testing

@testable import Routing

@Suite struct MessageTests {
  /// Every field of the contract filled with a word that names its group.
  private let full: JSONValue = [
    "child": [
      "id": "C", "name": ["given": "GIVENNAME", "family": "FAMILYNAME", "knownAs": "KNOWNAS"],
      "dateOfBirth": "2012-01-02", "sex": "SEXWORD", "description": "DESCRIPTIONWORD", "photograph": "PHOTOWORD",
      "livesIn": "luton", "home": "HOMEADDRESS", "school": "urn:100003", "medical": "MEDICALWORD",
      "associates": "ASSOCIATEWORD",
      "placement": ["kind": "foster", "provider": "PROVIDERWORD", "name": "PLACEMENTWORD"],
      "legalStatus": "care-order", "plan": "PLANWORD", "education": "on-roll", "risks": ["exploitation"],
      "contacts": [["role": "family.parents", "name": "PARENTNAME", "email": "parent@family.example"]],
    ],
    "episode": [
      "circumstances": "CIRCUMSTANCEWORD", "lastSeen": ["place": "PLACEWORD"], "risk": "high",
    ],
    "interview": ["outcome": "OUTCOMEWORD"],
  ]
  private let words = [
    "identity": ["GIVENNAME", "FAMILYNAME", "KNOWNAS", "SEXWORD"], "description": ["DESCRIPTIONWORD"],
    "photograph": ["PHOTOWORD"], "medical": ["MEDICALWORD"], "associates": ["ASSOCIATEWORD"],
    "placement": ["PROVIDERWORD", "PLACEMENTWORD"], "plan": ["PLANWORD"], "circumstances": ["CIRCUMSTANCEWORD"],
    "last-seen": ["PLACEWORD"], "interview-outcome": ["OUTCOMEWORD"], "contact-details": ["HOMEADDRESS", "PARENTNAME"],
    "legal": ["care-order"], "risk": ["exploitation"],
  ]

  private func message(role: String, share: [String]) throws -> Message {
    let routes = try Repository.routes()
    let vocabulary = routes.vocabulary
    let tell = Tell(
      role: try #require(vocabulary.role(role)), relation: .area, agency: "x", contact: nil,
      by: instant("2026-11-12T12:00:00Z"), confirm: .accepted, share: try vocabulary.share(share).get(),
      citations: [Citation(pack: "derby-derbyshire-2019", section: "4.1", rule: "r")], urgency: .immediate,
      notBefore: nil,
      gate: nil)
    return routes.renderer.message(
      tell, id: "nt-x", event("missing.reported", at: "2026-11-12T12:00:00Z", full), data: full,
      MessageRenderer.Occasion(Plan(), duties: []))
  }

  @Test func onlyWhatIsSharedCanBePrinted() throws {
    let groups = try Repository.book.get().vocabulary.shareGroups
    for group in groups {
      let message = try message(role: "police.control-room", share: [group])
      let everything = message.text + message.html + message.body + message.subject
      for (owner, forbidden) in words where owner != group {
        for word in forbidden { #expect(!everything.contains(word), "\(group) shows \(word)") }
      }
      for word in words[group] ?? [] { #expect(message.text.contains(word) && message.body.contains(word)) }
    }
  }

  @Test func theSubjectNamesNobody() throws {
    let groups = try Repository.book.get().vocabulary.shareGroups
    let subject = try message(role: "police.control-room", share: groups).subject
    for word in words.values.flatMap(\.self) { #expect(!subject.contains(word)) }
    #expect(subject.contains("nt-x"))
  }

  @Test func everyAudienceHasItsWords() throws {
    for role in [
      "police.control-room", "school", "iro", "health.safeguarding", "family.parents", "care.placement",
      "placing-authority",
    ] {
      let message = try message(role: role, share: ["status"])
      #expect(message.text.contains("A child has been reported missing"))
      #expect(message.text.contains("section 4.1"))
      #expect(message.html.contains("<h1"))
    }
  }

  @Test func theBodyIsACloudEventUnderTheNotificationsId() throws {
    let body = try JSONValue(parsing: message(role: "iro", share: ["identity"]).body.utf8)
    #expect(body["id"] == "nt-x" && body["specversion"] == "1.0" && body["type"] == "waypost.missing.reported")
    #expect(body.at(["data", "child", "name", "given"]) == "GIVENNAME")
    #expect(body.at(["data", "notification", "role"]) == "iro")
  }

  @Test func markupInTheDataIsOnlyText() throws {
    let routes = try Repository.routes()
    let data: JSONValue = ["child": ["name": ["given": "<script>alert(1)</script>"]]]
    let tell = Tell(
      role: try #require(routes.vocabulary.role("school")), relation: .area, agency: "x", contact: nil, by: nil,
      confirm: .accepted, share: try routes.vocabulary.share(["identity"]).get(), citations: [], urgency: .prompt,
      notBefore: nil, gate: nil)
    let message = routes.renderer.message(
      tell, id: "nt-x", event("missing.reported", at: "2026-11-12T12:00:00Z", data), data: data,
      MessageRenderer.Occasion(Plan(), duties: []))
    #expect(!message.html.contains("<script>") && message.html.contains("&lt;script&gt;"))
    #expect(message.text.contains("<script>"))
  }
}
