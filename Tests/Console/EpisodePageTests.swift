import Console
import Delivery
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Routing
import TestKit
import Testing

/// An episode as people of each role see it, print it and take it away.
@Suite struct EpisodePageTests {
  private static let rules = """
      - id: told
        section: "4"
        says: The social worker has to say that the message has come.
        event: missing.reported
        share: [status, identity]
        urgency: immediate
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
      - id: police
        section: "6"
        says: The missing unit searches.
        event: missing.reported
        share: [status]
        urgency: immediate
        tell: [{role: police.missing-unit}, {role: family.parents}]
        duty: risk-review
        holders: [{role: police.missing-unit}]
        by: PT12H
      - id: disabled
        section: "5"
        says: Health is told of a disabled child.
        event: missing.reported
        when: {child.disability: true}
        share: [status]
        tell: [{role: health.safeguarding}]
    """
  private static let child: JSONValue = [
    "child": [
      "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02",
      "name": ["given": "GIVENWORD", "family": "NAMEWORD"],
      "contacts": [["role": "family.parents", "name": "PARENTWORD", "email": "parent@home.example"]],
    ], "episode": ["risk": "medium"],
  ]

  private let bench: BoardBench

  init() throws { bench = try BoardBench(try SmallBook.make(Self.rules)) }

  private func report(subject: String = "EP-1", id: String = "1", exercise: Bool = false) async throws -> String {
    try await bench.tell("missing.reported", subject: subject, id: id, exercise: exercise, Self.child)
  }

  private func message(_ role: String) async throws -> NotificationRecord {
    try #require(
      try await bench.ledger.notifications(NotificationFilter(limit: 100)).first { $0.notification.role == role })
  }

  @Test func everyLineHasTheSectionThatMadeItOwed() async throws {
    let event = try await report()
    let social = try await message("childrens-services.social-worker")
    _ = try await bench.ledger.acknowledge(
      social.notification.id,
      Acknowledgement(by: "OFFICEWORD", actor: "test", willDo: "Rings the home", until: nil, source: .page),
      at: bench.clock.now())
    try await bench.serve { [bench] client in
      let seen = try await bench.browser(client, [.dutyManager]).open("/episodes/EP-1")
      #expect(seen.status == .ok)
      for words in [
        "<title>Episode EP-1", "GIVENWORD NAMEWORD, aged 14", "A child has been reported missing",
        "Children&#39;s services social worker, Derby City Council", "A small pack, section 4",
        "A small pack, section 6",
        "/messages/\(social.notification.id)", "Acknowledged", "OFFICEWORD", "Rings the home",
        "somebody says that they have it and deal with it", "Risk review", "in 12 hours", "EP-1/print",
        "data-episode=\"EP-1\"", "id=\"\(event)\"", "Acknowledged: 1 of 1",
      ] { #expect(seen.text.contains(words), "\(words)") }
      #expect(!seen.text.contains("EXERCISE") && !seen.text.contains("style=\""))
    }
  }

  @Test func itSaysWhatDidNotFireAndWhyAndHowItKnows() async throws {
    _ = try await report()
    try await bench.serve { [bench] client in
      let text = try await bench.browser(client, [.dutyManager]).open("/episodes/EP-1").text
      #expect(text.contains("Rules that did not fire, and why: 1"))
      #expect(text.contains("Health is told of a disabled child.") && text.contains("child.disability"))
      #expect(text.contains("comes to the same rules as the plan on record"))
    }
  }

  @Test func theLadderShowsWhereItStandsInAPictureAndInWords() async throws {
    _ = try await report()
    bench.clock.advance(bySeconds: 31 * 60)
    let overdue = try await bench.ledger.takeOverdue(at: bench.clock.now(), limit: 100)
    #expect(overdue.moved > 0)
    try await bench.serve { [bench] client in
      let text = try await bench.browser(client, [.dutyManager]).open("/episodes/EP-1").text
      #expect(text.contains("<svg class=\"ladder\" role=\"img\""))
      #expect(text.contains("It stands on step 2 of ") && text.contains("Duty team manager, by mail: it stands here"))
      #expect(text.contains("Duty social worker, by mail: was asked"))
      #expect(text.contains("Nobody confirmed it in time, so the next was asked"))
    }
  }

  @Test func somebodyOfOneAgencySeesOnlyWhatConcernsIt() async throws {
    _ = try await report()
    let (social, police) = (
      try await message("childrens-services.social-worker"), try await message("police.missing-unit")
    )
    try await bench.serve { [bench] client in
      let viewer = try await bench.browser(client, [.agencyViewer], agencies: ["derby"])
      for path in ["/episodes/EP-1", "/episodes/EP-1/print", "/episodes/EP-1/export"] {
        let seen = try await viewer.open(path)
        #expect(seen.status == .ok && seen.text.contains(social.notification.id), "\(path)")
        for secret in [
          "GIVENWORD", "NAMEWORD", "PARENTWORD", police.notification.id, police.notification.agency ?? "?",
          "missing-unit", "missing persons unit", "risk-review", "isk review", "medium", "parents",
        ] { #expect(!seen.text.contains(secret), "\(path) \(secret)") }
      }
      let stranger = try await bench.browser(client, [.agencyViewer], agencies: ["nottingham"])
      for path in ["", "/print", "/export"] {
        let (there, not) = (
          try await stranger.open("/episodes/EP-1\(path)"), try await stranger.open("/episodes/EP-2\(path)")
        )
        #expect(there.status == .notFound && there.text == not.text, "\(path)")
      }
    }
    #expect(try await bench.door.audit("viewed").map(\.identifier) == ["EP-1"])
  }

  @Test func anAuditorSeesWhatWasDoneAndNoName() async throws {
    _ = try await report()
    let social = try await message("childrens-services.social-worker")
    _ = try await bench.ledger.acknowledge(
      social.notification.id,
      Acknowledgement(by: "OFFICEWORD", actor: "test", willDo: "SECRETWORD", until: nil, source: .page),
      at: bench.clock.now())
    try await bench.serve { [bench] client in
      let auditor = try await bench.browser(client, [.auditor])
      for path in ["/episodes/EP-1", "/episodes/EP-1/print", "/episodes/EP-1/export"] {
        let seen = try await auditor.open(path)
        #expect(seen.status == .ok && seen.text.contains(social.notification.id), "\(path)")
        for secret in ["GIVENWORD", "NAMEWORD", "PARENTWORD", "SECRETWORD", "OFFICEWORD", "child.disability"] {
          #expect(!seen.text.contains(secret), "\(path) \(secret)")
        }
      }
      let text = try await auditor.open("/episodes/EP-1").text
      #expect(text.contains("Who has looked") && text.contains("exported"))
      let owner = try await bench.browser(client, [.routeOwner]).open("/episodes/EP-1")
      #expect(owner.status == .forbidden)
      let reporter = try await bench.browser(client, [.reporter]).open("/episodes/EP-1/export")
      #expect(reporter.status == .forbidden)
    }
  }

  @Test func paperAndFileHaveOneProofAndAnAlteredLineShows() async throws {
    _ = try await report(subject: "EP/1 x")
    let path = "/episodes/EP%2F1%20x"
    try await bench.serve { [bench] client in
      let manager = try await bench.browser(client, [.dutyManager])
      let file = try await manager.open("\(path)/export")
      let name = try #require(file.header("Content-Disposition"))
      #expect(name.hasPrefix("attachment; filename=\"episode-") && !name.contains("EP") && !name.contains("x\""))
      #expect(file.header("Cache-Control") == "no-store")
      let document = try JSONValue(parsing: file.text.utf8)
      let proof = try #require(document["proof"])
      let final = try #require(proof["final"]?.text)
      #expect(EpisodeProof.check(proof, of: "EP/1 x") == .whole(final))
      #expect(EpisodeProof.check(proof, of: "EP-2") != .whole(final))
      let lines = try #require(proof["lines"]?.items)
      let accepted = try #require(lines.first { $0["kind"] == "accepted" })
      #expect(accepted["event"]?.text?.count == 64)
      #expect(accepted["event"]?.text == document["events"]?.items?.first?["digest"]?.text)
      let altered = proof.merged(with: [
        "lines": .array(lines.map { $0 == accepted ? $0.merged(with: ["at": "2026-11-12T21:59:00Z"]) : $0 })
      ])
      guard case .broken = EpisodeProof.check(altered, of: "EP/1 x") else {
        Issue.record("an altered line was not seen")
        return
      }
      let paper = try await manager.open("\(path)/print")
      #expect(paper.text.contains("Last digest: \(final)") && paper.text.contains("<details id=\"why-"))
      #expect(paper.text.contains("It does not prove that the record was whole before"))
      #expect(!paper.text.contains("<script") && !paper.text.contains("/messages/"))
      #expect(paper.text.contains("for duty-manager"))
    }
    let exported = try await bench.door.audit("exported")
    #expect(exported.map(\.identifier) == ["EP/1 x", "EP/1 x"])
    #expect(exported.first?.detail.hasPrefix("episode as JSON by duty-manager pe-") == true)
  }

  /// The header of the script's renewals can be sent by anybody.
  @Test func whoeverOnlyPretendsToRenewIsOnRecord() async throws {
    _ = try await report()
    try await bench.serve { [bench] client in
      let manager = try await bench.browser(client, [.dutyManager])
      let cookies = manager.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      let live = try #require(HTTPField.Name("Waypost-Live"))
      for path in ["/episodes/EP-1", "/board", "/episodes/EP-1", "/board"] {
        let text = try await client.execute(uri: path, method: .get, headers: [.cookie: cookies, live: "1"]) {
          String(buffer: $0.body)
        }
        #expect(text.contains("GIVENWORD"), "\(path)")
      }
      let own = try await bench.door.audit("viewed")
      #expect(own.map(\.identifier) == ["EP-1", "open"])
      // What somebody else has looked at does not count.
      let other = try await bench.browser(client, [.dutyManager], name: "other")
      let others = other.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      _ = try await client.execute(uri: "/episodes/EP-1", method: .head, headers: [.cookie: others, live: "1"]) {
        $0.status
      }
      #expect(try await bench.door.audit("viewed").map(\.identifier) == ["EP-1", "open", "EP-1"])
    }
  }

  /// The proof prints lines of the audit, which say more than the page.
  @Test func theProofSaysNoMoreThanThePage() async throws {
    _ = try await report()
    let (parents, social) = (try await message("family.parents"), try await message("childrens-services.social-worker"))
    try await bench.ledger.record(
      [
        AccessEntry(kind: "escalated", identifier: parents.notification.id, detail: "not read: PARENTWORD by mail"),
        AccessEntry(kind: "call-made", identifier: social.notification.id, detail: "DANAWORD pe-1"),
      ], at: bench.clock.now())
    try await bench.serve { [bench] client in
      let auditor = try await bench.browser(client, [.auditor])
      let viewer = try await bench.browser(client, [.agencyViewer], agencies: ["derby"])
      let manager = try await bench.browser(client, [.dutyManager])
      for path in ["/episodes/EP-1/print", "/episodes/EP-1/export"] {
        let audited = try await auditor.open(path).text
        #expect(audited.contains("escalated") && !audited.contains("PARENTWORD") && audited.contains("DANAWORD"))
        let seen = try await viewer.open(path).text
        #expect(seen.contains("call-made") && !seen.contains("DANAWORD") && !seen.contains("PARENTWORD"))
        #expect(try await manager.open(path).text.contains("PARENTWORD by mail"))
      }
      for browser in [auditor, viewer] {
        let proof = try JSONValue(parsing: try await browser.open("/episodes/EP-1/export").text.utf8)["proof"]
        let final = try #require(proof?["final"]?.text)
        #expect(EpisodeProof.check(proof ?? [:], of: "EP-1") == .whole(final))
      }
    }
  }

  @Test func aLookIsAuditedAndARenewalIsNot() async throws {
    _ = try await report()
    try await bench.serve { [bench] client in
      let manager = try await bench.browser(client, [.dutyManager])
      _ = try await manager.open("/episodes/EP-1")
      let cookies = manager.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      let live = try #require(HTTPField.Name("Waypost-Live"))
      let status = try await client.execute(
        uri: "/episodes/EP-1", method: .get, headers: [.cookie: cookies, live: "1"]
      ) { $0.status }
      #expect(status == .ok)
      #expect(try await bench.door.audit("viewed").map(\.identifier) == ["EP-1"])
      #expect(try await manager.open("/episodes/EP-7").status == .notFound)
      #expect(try await bench.door.audit("viewed").count == 1)
    }
  }

  @Test func whatWasTakenBackSaysSoOnBothSides() async throws {
    let wrong = try await report()
    bench.clock.advance(bySeconds: 60)
    let back = try await bench.tell("event.withdrawn", id: "2", ["withdraws": ["id": "1"]])
    try await bench.serve { [bench] client in
      let text = try await bench.browser(client, [.dutyManager]).open("/episodes/EP-1").text
      #expect(text.contains("<a href=\"#\(back)\">Was taken back by: An earlier message was sent in error"))
      #expect(text.contains("<a href=\"#\(wrong)\">Takes back: A child has been reported missing"))
      #expect(text.contains(">Taken back</span>"))
      #expect(text.contains("No longer owed"))
    }
  }

  @Test func aDrillIsMarked() async throws {
    _ = try await report(exercise: true)
    try await bench.serve { [bench] client in
      let manager = try await bench.browser(client, [.dutyManager])
      for path in ["/episodes/EP-1", "/episodes/EP-1/print"] {
        let text = try await manager.open(path).text
        #expect(text.contains("<title>EXERCISE: Episode EP-1") && text.contains(Drill.banner), "\(path)")
      }
      let document = try JSONValue(parsing: try await manager.open("/episodes/EP-1/export").text.utf8)
      #expect(document["exercise"] == true)
    }
  }

  @Test func anEpisodeOfAnotherOneIsNoPartOfIt() async throws {
    _ = try await report()
    _ = try await report(subject: "EP-2", id: "2")
    let other = try #require(
      try await bench.ledger.notifications(NotificationFilter(episode: "EP-2", limit: 100)).first)
    let account = try #require(try await bench.ledger.account(of: "EP-1", scope: .everything))
    #expect(account.events.count == 1 && account.childEvents.count == 2)
    #expect(!account.notifications.contains { $0.notification.id == other.notification.id })
    #expect(account.notifications.allSatisfy { $0.notification.message.text.isEmpty })
    #expect(!account.audit.contains { $0.detail.contains(other.notification.id) })
    #expect(try await bench.ledger.account(of: "EP-3", scope: .everything) == nil)
    #expect(try await bench.ledger.account(of: "EP-1", scope: .only(sender: nil, agencies: [])) == nil)
  }
}
