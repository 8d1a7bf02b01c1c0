import Routing
import TestKit
import Testing

@Suite struct RouterTests {
  /// Plans the last of a child's events with the packs named.
  private func plan(_ events: [Event], packs: [String] = ["derby-derbyshire-2019"]) throws -> Plan {
    let book = try Repository.book.get()
    let router = Router(
      vocabulary: book.vocabulary, directory: book.directory, packs: book.packs.filter { packs.contains($0.id) })
    var data = JSONValue.object([:])
    var history = EpisodeHistory()
    var last: Plan?
    for event in events {
      data = data.merged(with: event.data)
      let situation = Situation(data, event: event, history: history, vocabulary: book.vocabulary)
      let plan = router.plan(event, situation, at: event.time)
      last = plan
      history = situation.history
      history.told += plan.tells.map { Told(role: $0.role, relation: $0.relation, agency: $0.agency) }
    }
    return try #require(last)
  }

  private let atHomeInDerby: JSONValue = [
    "child": ["id": "C", "livesIn": "derby", "dateOfBirth": "2012-01-02"],
    "episode": ["reportedBy": "parent", "whereabouts": "unknown"],
  ]

  @Test func everyCaseBesideThePacksPasses() throws {
    let runner = CaseRunner(book: try Repository.book.get())
    let cases = try Repository.cases()
    #expect(cases.count >= 20)
    for item in cases { #expect(runner.failures(item) == [], "\(item.file)") }
  }

  @Test func theFrontDoorSwitchesByItsOwnCalendar() throws {
    let open = try plan([event("missing.reported", at: "2026-11-12T16:59:00Z", atHomeInDerby)])
    #expect(open.tells.contains { $0.role.name == "childrens-services.front-door" && $0.agency == "derby" })
    let shut = try plan([event("missing.reported", at: "2026-11-12T17:00:00Z", atHomeInDerby)])
    #expect(shut.tells.contains { $0.role.name == "childrens-services.out-of-hours" })
    #expect(!shut.tells.contains { $0.role.name == "childrens-services.front-door" })
  }

  @Test func derbyshireKeepsItsSaturdayHours() throws {
    let data = atHomeInDerby.merged(with: ["child": ["livesIn": "derbyshire"]])
    let morning = try plan([event("missing.reported", at: "2026-11-14T10:00:00Z", data)])
    #expect(morning.tells.contains { $0.role.name == "childrens-services.front-door" && $0.agency == "derbyshire" })
    let evening = try plan([event("missing.reported", at: "2026-11-14T17:00:00Z", data)])
    #expect(evening.tells.contains { $0.role.name == "childrens-services.out-of-hours" })
  }

  @Test func oneMessagePerRecipientWithAllCitations() throws {
    let data: JSONValue = [
      "child": ["id": "C", "livesIn": "derby", "lookedAfterBy": "nottingham", "placement": ["kind": "foster"]],
      "episode": ["whereabouts": "unknown"],
    ]
    let plan = try plan([event("missing.suspected", at: "2026-11-12T12:00:00Z", data)])
    let police = plan.tells.filter { $0.role.name == "police.control-room" }
    #expect(police.count == 1)
    let sections = Set(police.flatMap(\.citations).map(\.section))
    #expect(sections.isSuperset(of: ["4.1", "4.1.3", "6.8"]))
    #expect(plan.tells.allSatisfy { !$0.citations.isEmpty })
  }

  @Test func thePlacingAuthorityIsToldAndTheHostToo() throws {
    let data: JSONValue = [
      "child": ["id": "C", "livesIn": "derby", "lookedAfterBy": "nottingham", "placement": ["kind": "foster"]]
    ]
    let suspected = try plan([event("missing.suspected", at: "2026-11-12T12:00:00Z", data)])
    #expect(
      suspected.tells.contains {
        $0.role.name == "placing-authority" && $0.agency == "nottingham" && $0.relation == .responsible
      })
    let reported = try plan([event("missing.reported", at: "2026-11-12T12:00:00Z", data)])
    #expect(reported.tells.contains { $0.role.name == "childrens-services.front-door" && $0.agency == "derby" })
  }

  @Test func tellingParentsWaitsForAPersonWhereItMayHarm() throws {
    let contacts: JSONValue = [["role": "family.parents", "name": "P", "email": "p@family.example"]]
    let data: JSONValue = [
      "child": [
        "id": "C", "livesIn": "derby", "lookedAfterBy": "nottingham", "placement": ["kind": "foster"],
        "contacts": contacts,
        "contactParentsHarmful": true,
      ]
    ]
    let parents = try plan([event("missing.suspected", at: "2026-11-12T12:00:00Z", data)]).tells
      .filter { $0.role.name == "family.parents" }
    #expect(parents.count == 1)
    #expect(parents.allSatisfy { $0.gate != nil })
  }

  @Test func whoeverWasToldIsToldOfTheEnd() throws {
    let events = [
      event("missing.reported", at: "2026-11-12T18:00:00Z", atHomeInDerby),
      event("child.found", at: "2026-11-13T11:00:00Z", ["episode": ["whereabouts": "known"]]),
    ]
    let missing = try plan([events[0]])
    let found = try plan(events)
    for tell in missing.tells where tell.role.category != "family" {
      let role = tell.role.name == "childrens-services.out-of-hours" ? "childrens-services.front-door" : tell.role.name
      #expect(found.tells.contains { $0.role.name == role && $0.agency == tell.agency }, "\(role)")
    }
    #expect(found.tells.allSatisfy { !$0.citations.isEmpty })
  }

  @Test func anAuthorityThatTheDirectoryDoesNotKnowIsUnroutableAndNamed() throws {
    let data: JSONValue = [
      "child": ["id": "C", "livesIn": "kirklees", "lookedAfterBy": "derby", "placement": ["kind": "foster"]]
    ]
    let tells = try plan([event("missing.suspected", at: "2026-11-12T12:00:00Z", data)]).tells
    let police = try #require(tells.first { $0.role.name == "police.control-room" })
    #expect(police.contact == nil)
    #expect(police.agency == "kirklees")
  }

  @Test func aSchoolNeverSeesMedicalLegalOrPlacement() throws {
    let vocabulary = try Repository.book.get().vocabulary
    let data: JSONValue = [
      "child": [
        "id": "C", "livesIn": "luton", "school": "urn:100003", "education": "on-roll", "dateOfBirth": "2013-10-01",
      ]
    ]
    let plan = try plan([event("missing.reported", at: "2026-11-14T12:00:00Z", data)], packs: ["pan-bedfordshire-2023"])
    let school = try #require(plan.tells.first { $0.role.name == "school" })
    #expect(school.agency == "urn:100003")
    #expect(school.notBefore == nil)  // a Saturday too
    #expect(
      Set(vocabulary.names(of: school.share)).isSubset(of: [
        "status", "identity", "circumstances", "last-seen", "education",
      ]))
  }

  @Test func aClosedDeskThatWaitsIsToldWhenItOpens() throws {
    let data: JSONValue = [
      "child": [
        "id": "C", "livesIn": "derbyshire", "lookedAfterBy": "derbyshire", "placement": ["kind": "childrens-home"],
      ],
      "episode": ["risk": "medium"],
    ]
    let plan = try plan([event("missing.categorised", at: "2026-03-27T23:20:00Z", data)])
    let worker = try #require(plan.tells.first { $0.role.name == "iro" })
    #expect(worker.notBefore == instant("2026-03-30T08:00:00Z"))
  }

  /// A child of Liverpool placed in Staffordshire: host and placing protocol both apply, and nobody hears twice.
  @Test func hostAndPlacingProtocolsAreMerged() throws {
    let data: JSONValue = [
      "child": [
        "id": "C", "livesIn": "staffordshire", "lookedAfterBy": "liverpool", "placement": ["kind": "foster"],
        "dateOfBirth": "2012-01-02",
      ],
      "episode": ["risk": "high", "reportedToPolice": true, "whereabouts": "unknown"],
    ]
    let happened = event("missing.categorised", at: "2026-11-12T12:00:00Z", data)
    let both = try plan([happened], packs: ["staffordshire-stoke-2022", "liverpool-2014"])
    #expect(both.packs.map(\.id) == ["liverpool-2014", "staffordshire-stoke-2022"])
    let keys = both.tells.map { "\($0.role) \($0.relation) \($0.agency ?? "") \($0.contact?.label ?? "")" }
    #expect(Set(keys).count == keys.count)
    #expect(both.tells.contains { Set($0.citations.map(\.pack)).count == 2 })
    // Each line is owed by the earlier of the two deadlines, and shows what either of them lets the role see.
    for alone in try [
      plan([happened], packs: ["liverpool-2014"]), plan([happened], packs: ["staffordshire-stoke-2022"]),
    ] {
      for line in alone.tells {
        let merged = try #require(
          both.tells.first { $0.role == line.role && $0.relation == line.relation && $0.agency == line.agency })
        #expect(merged.share.isSuperset(of: line.share) && Set(merged.citations).isSuperset(of: line.citations))
        if let by = line.by { #expect(try #require(merged.by) <= by) }
      }
    }
  }

  @Test func noPackInScopeOwesNothingAndSaysSo() throws {
    let plan = try plan([
      event("missing.reported", at: "2026-11-12T12:00:00Z", ["child": ["id": "C", "livesIn": "kirklees"]])
    ])
    #expect(plan.tells.isEmpty && plan.duties.isEmpty && plan.packs.isEmpty)
    #expect(plan.notes.count == 1)
  }

  @Test func nearMissesSayWhatKeptThem() throws {
    let book = try Repository.book.get()
    let happened = event(
      "missing.categorised", at: "2026-11-12T12:00:00Z", atHomeInDerby.merged(with: ["episode": ["risk": "medium"]]))
    let situation = Situation(happened.data, event: happened, history: EpisodeHistory(), vocabulary: book.vocabulary)
    let misses = book.router(at: happened.time).nearMisses(happened, situation)
    let national = try #require(misses.first { $0.citation.rule == "dd24-5.1-ukmpb" })
    #expect(national.obstacles.contains { $0.contains("episode.risk is high") })
  }

  @Test func theSamePlanEveryTime() throws {
    let events = [event("missing.reported", at: "2026-11-12T18:00:00Z", atHomeInDerby)]
    let vocabulary = try Repository.book.get().vocabulary
    let texts = try (0..<5).map { _ in try plan(events).document(events[0], vocabulary).serialized }
    #expect(Set(texts).count == 1)
  }
}
