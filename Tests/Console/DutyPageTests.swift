import Delivery
import HTTPTypes
import HummingbirdTesting
import Ledger
import Routing
import TestKit
import Testing

/// Duties as people see them, take them on and complete them.
@Suite struct DutyPageTests {
  private static let rules = """
      - id: interview
        section: "1"
        says: The interview is held within three days.
        event: child.returned
        share: [status]
        duty: return-interview
        holders: [{role: childrens-services.social-worker}]
        by: PT72H
      - id: recorded
        section: "2"
        says: The police close the record.
        event: child.returned
        share: [status]
        duty: record
        holders: [{role: police.missing-unit}]
        by: P28D
    """
  private let bench: BoardBench

  init() throws { bench = try BoardBench(SmallBook.make(Self.rules)) }

  private func tell(_ number: Int = 1, exercise: Bool = false) async throws {
    try await bench.tell(
      "child.returned", subject: "EP-\(number)", id: "\(number)", exercise: exercise,
      ["child": ["id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02"]])
  }

  private func duty(_ name: String = "return-interview") async throws -> DutyRecord {
    try #require(try await bench.ledger.duties(DutyFilter()).first { $0.name == name })
  }

  /// Posts a form of the duty's page.
  private func post(_ browser: Browser, _ id: String, _ fields: [String: String]) async throws -> Browser.Seen {
    let token = try await browser.open("/duties").token
    return try await browser.send("/duties/\(id)", fields.merging(["token": token]) { $1 })
  }

  @Test func aDutySaysWhatIsOwedByWhomByWhenAndWhere() async throws {
    try await tell()
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let list = try await browser.open("/duties")
      #expect(list.status == .ok)
      #expect(list.text.contains("All open"))
      for words in [
        "Return interview, EP-1", "Children&#39;s services social worker, Derby City Council",
        "The interview is held within three days.",
        "Sunday 15 November 2026 at 22:00", "in 3 days", "A small pack, section 1",
        "Police missing persons unit, Derbyshire Police", "in 28 days", "nobody yet",
      ] { #expect(list.text.contains(words), "\(words)") }
      #expect(list.text.contains("href=\"/episodes/EP-1\"") && list.text.contains("href=\"/protocols/small\""))
      let one = try await browser.open("/duties/\(try await duty().id)")
      #expect(one.status == .ok)
      #expect(one.text.contains("<h1>Return interview, EP-1</h1>"))
      #expect(one.text.contains("Thursday 12 November 2026 at 22:00</time>: Became owed"))
      #expect(one.text.contains("<label for=\"evidence\">"))
      for empty in ["overdue", "mine", "done"] {
        let seen = try await browser.open("/duties?show=\(empty)")
        #expect(seen.status == .ok)
        #expect(!seen.text.contains("EP-1"), "\(empty)")
      }
    }
  }

  @Test func itIsCompletedWithEvidenceAndOnce() async throws {
    try await tell()
    let id = try await duty().id
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.dutyManager])
      let bare = try await post(browser, id, ["do": "complete", "evidence": "  ", "doneAt": "2026-11-13T08:00"])
      #expect(bare.status == .unprocessableContent)
      #expect(bare.text.contains("<title>Error: ") && bare.text.contains("href=\"#evidence\""))
      #expect(bare.text.contains("Say what shows that it is done") && bare.text.contains("cannot lie ahead"))
      #expect(try await duty().state == .open)
      let fields = [
        "do": "complete", "evidence": "Form 7 is filed", "doneBy": "The visiting worker", "doneAt": "2026-11-12T21:00",
      ]
      let done = try await post(browser, id, fields)
      #expect(done.status == .seeOther)
      #expect(done.location.hasSuffix("/duties/\(id)"))
      #expect(try await duty().state == .fulfilled)
      let kept = try #require(try await bench.door.audit("duty-completed").first)
      #expect(kept.identifier == id)
      #expect(kept.detail.hasPrefix("duty-manager pe-"))
      let evidence = "Form 7 is filed; done by The visiting worker on Thursday 12 November 2026 at 21:00"
      #expect(kept.detail.hasSuffix(evidence))
      let page = try await browser.open("/duties/\(id)")
      #expect(page.text.contains("Done in time") && page.text.contains(evidence))
      #expect(!page.text.contains("<label for=\"evidence\">"))
      #expect(try await browser.open("/duties?show=done").text.contains("Return interview, EP-1"))
      let again = try await post(browser, id, fields)
      #expect(again.status == .conflict)
      #expect(again.text.contains("Somebody was faster"))
      #expect(try await bench.door.audit("duty-completed").count == 1)
    }
  }

  @Test func whatIsLateSaysSoAndStaysLate() async throws {
    try await tell()
    bench.clock.advance(to: instant("2026-11-15T23:05:00Z"))
    _ = try await bench.ledger.takeOverdue(at: bench.clock.now(), limit: 100)
    let id = try await duty().id
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let list = try await browser.open("/duties?show=overdue")
      #expect(list.text.contains("overdue by 1 hour 5 minutes") && list.text.contains(">Overdue</span>"))
      #expect(!list.text.contains("The police close the record."))
      _ = try await post(browser, id, ["do": "complete", "evidence": "Held", "doneAt": "2026-11-13T08:00"])
      #expect(try await duty().state == .late)
      let page = try await browser.open("/duties/\(id)")
      #expect(page.text.contains("Done late") && page.text.contains("The deadline passed"))
    }
  }

  @Test func oneTakesADutyOnAndOthersSeeWho() async throws {
    try await tell()
    let id = try await duty().id
    try await bench.serve { client in
      let ana = try await bench.browser(client, [.operator], name: "ana")
      let ben = try await bench.browser(client, [.dutyManager], name: "ben")
      #expect(try await post(ana, id, ["do": "take", "holder": ""]).status == .seeOther)
      #expect(try await ana.open("/duties?show=mine").text.contains("Return interview, EP-1"))
      #expect(try await ana.open("/duties/\(id)").text.contains("you, since Thursday 12 November 2026 at 22:00"))
      #expect(try await ben.open("/duties").text.contains("ana, since"))
      #expect(try await !ben.open("/duties?show=mine").text.contains("EP-1"))
      // Ben's page is old: it shows that nobody has it.
      #expect(try await post(ben, id, ["do": "take", "holder": ""]).status == .conflict)
      let holder = try #require(try await bench.ledger.duty(id, in: .everything)?.holder)
      #expect(holder.label == "ana")
      // Taking over from somebody needs a reason, and so does giving back.
      #expect(try await post(ben, id, ["do": "take", "holder": holder.person]).status == .unprocessableContent)
      let over = ["do": "take", "holder": holder.person, "reason": "Her shift is over"]
      #expect(try await post(ben, id, over).status == .seeOther)
      #expect(try await post(ana, id, ["do": "give-back", "reason": "No time"]).status == .conflict)
      #expect(try await post(ben, id, ["do": "give-back"]).status == .unprocessableContent)
      #expect(try await post(ben, id, ["do": "give-back", "reason": "Not ours"]).status == .seeOther)
      let page = try await ana.open("/duties/\(id)").text
      #expect(page.contains("nobody yet") && page.contains("Taken on by ana pe-"))
      #expect(page.contains(": Her shift is over") && page.contains("Given back by ben pe-"))
      #expect(try await bench.door.audit("duty-taken").count == 2)
      #expect(try await duty().state == .open)
    }
  }

  @Test func anAgencysPeopleSeeTheirsAndOnlyThose() async throws {
    try await tell()
    let (own, other) = try await (duty().id, duty("record").id)
    try await bench.serve { client in
      let viewer = try await bench.browser(client, [.agencyViewer], agencies: ["derby"])
      let list = try await viewer.open("/duties").text
      #expect(
        list.contains("My team&#39;s") && list.contains("Return interview, EP-1") && !list.contains("Derbyshire Police")
      )
      #expect(!list.contains("show=mine"))
      let page = try await viewer.open("/duties/\(own)")
      #expect(page.status == .ok)
      #expect(!page.text.contains("<form method=\"post\" action=\"/duties"))
      #expect(try await post(viewer, own, ["do": "complete", "evidence": "Held"]).status == .forbidden)
      let manager = try await bench.browser(client, [.dutyManager], agencies: ["derby"])
      // That somebody at the gateway has taken it on is theirs to know; what was written about it is not.
      let central = try await bench.browser(client, [.dutyManager], name: "central")
      _ = try await post(central, own, ["do": "take"])
      _ = try await post(central, own, ["do": "give-back", "reason": "REASONWORD"])
      #expect(try await central.open("/duties/\(own)").text.contains("REASONWORD"))
      let after = try await viewer.open("/duties/\(own)").text
      #expect(after.contains("Given back") && !after.contains("REASONWORD") && !after.contains("central pe-"))
      let gone = try await manager.open("/duties/nothing-of-the-kind")
      let hidden = try await manager.open("/duties/\(other)")
      #expect(hidden.status == .notFound)
      #expect(hidden.text == gone.text)
      for step in ["complete", "take", "give-back"] {
        let seen = try await post(manager, other, ["do": step, "evidence": "x", "reason": "x"])
        #expect(seen.status == .notFound, "\(step)")
      }
      #expect(try await duty("record").state == .open)
      let auditor = try await bench.browser(client, [.auditor])
      #expect(try await auditor.open("/duties/\(own)").status == .ok)
      #expect(try await post(auditor, own, ["do": "take"]).status == .forbidden)
      #expect(try await bench.ledger.duty(own, in: .everything)?.holder == nil)
      let reporter = try await bench.browser(client, [.reporter])
      for path in ["/duties", "/duties/\(own)"] { #expect(try await reporter.open(path).status == .forbidden) }
    }
  }

  @Test func aDrillsDutyIsMarkedInWords() async throws {
    try await tell(exercise: true)
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      #expect(try await browser.open("/duties").text.contains(">EXERCISE</span>"))
      #expect(try await browser.open("/duties/\(try await duty().id)").text.contains(">EXERCISE</span>"))
    }
  }

  @Test func aLongListHasPages() async throws {
    for number in 1...26 { try await tell(number) }
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let first = try await browser.open("/duties").text
      #expect(first.contains("show=open&amp;page=2"))
      #expect(first.ranges(of: "<li class=\"card").count == 50)
      let second = try await browser.open("/duties?show=open&page=2").text
      #expect(second.ranges(of: "<li class=\"card").count == 2)
      #expect(!second.contains("page=3"))
    }
  }
}
