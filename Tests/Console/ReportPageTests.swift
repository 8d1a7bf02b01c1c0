import Console
import Delivery
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Routing
import TestKit
import Testing

/// Reporting a missing child, as a carer, a school and an authority do it in a browser.
@Suite struct ReportPageTests {
  private static let child = [
    "given": "Maya", "family": "Thornbury", "born": "2011-09-15", "livesIn": "derby", "lookedAfterBy": "none",
  ]
  private static let lastSeen = [
    "seenAt": "2026-11-12T19:40", "seenAtPlace": "Market Place", "happened": "Left after an argument",
  ]

  /// Every page of the report, with what it needs.
  private func write(
    _ browser: Browser, child: [String: String] = ReportPageTests.child, police: String = "no"
  ) async throws -> String {
    let start = try await browser.open("/report")
    let begun = try await browser.send("/report", ["token": start.token])
    #expect(begun.status == .seeOther)
    let draft = try #require(begun.location.hasSuffix("/child") ? begun.location.dropLast(6) : nil)
    let pages = ["child": child, "last-seen": Self.lastSeen, "done": ["police": police, "did-room": "yes"]]
    for (part, answers) in pages {
      let saved = try await browser.send("\(draft)/\(part)", answers.merging(["token": start.token]) { own, _ in own })
      #expect(saved.status == .seeOther)
    }
    return String(draft)
  }

  private func plan(_ page: Browser.Seen) throws -> String {
    let begin = try #require(page.text.firstRange(of: "name=\"plan\" value=\""))
    return String(page.text[begin.upperBound...].prefix { $0 != "\"" })
  }

  private func events(_ bench: BoardBench) async throws -> [(record: EventRecord, body: JSONValue)] {
    try await bench.ledger.events(after: nil, limit: 10)
  }

  @Test func aDraftSurvivesAndIsNobodyElses() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter], name: "carer")
      let draft = try await write(carer)
      #expect(try await carer.open("/report").text.contains("About Maya Thornbury."))
      let part = try await carer.open("\(draft)/child")
      #expect(part.status == .ok && part.text.contains("value=\"Thornbury\""))
      #expect(part.text.contains("<option value=\"derby\" selected>"))
      // Whoever else comes sees what is seen where nothing is.
      let other = try await bench.browser(client, [.operator, .dutyManager], name: "manager")
      let nothing = try await other.open("/report/dr-none/check")
      for path in [draft, "\(draft)/check", "\(draft)/child", "\(draft)/returned"] {
        let seen = try await other.open(path)
        #expect(seen.status == .notFound && seen.text == nothing.text)
      }
      let token = try await other.open("/report").token
      for path in ["child", "send", "delete", "returned"] {
        #expect(try await other.send("\(draft)/\(path)", ["token": token, "given": "X"]).status == .notFound)
      }
      #expect(try await !other.open("/report").text.contains("Maya"))
      #expect(try await carer.open("\(draft)/child").text.contains("value=\"Maya\""))
      // Roles that report nobody do not come in.
      let auditor = try await bench.browser(client, [.auditor], name: "auditor")
      #expect(try await auditor.open("/report").status == .forbidden)
    }
  }

  @Test func draftsEndByThemselves() async throws {
    let bench = try BoardBench()
    let (ledger, clock) = (bench.ledger, bench.clock)
    try await ledger.beginDraft("dr-1", of: "pe-1", ["given": "Maya"], at: clock.now())
    #expect(try await ledger.draft("dr-1", of: "pe-2", at: clock.now()) == nil)
    clock.advance(bySeconds: ReportDraft.lifetime - 1)
    #expect(try await ledger.answer("dr-1", of: "pe-1", ["family": "T"], at: clock.now()))
    clock.advance(bySeconds: ReportDraft.lifetime - 1)
    let kept = try #require(try await ledger.draft("dr-1", of: "pe-1", at: clock.now()))
    #expect(kept.answers == ["given": "Maya", "family": "T"])
    clock.advance(bySeconds: 1)
    #expect(try await ledger.draft("dr-1", of: "pe-1", at: clock.now()) == nil)
    #expect(try await ledger.drafts(of: "pe-1", limit: 10, at: clock.now()).isEmpty)
    #expect(try await !ledger.answer("dr-1", of: "pe-1", ["given": "M"], at: clock.now()))
  }

  @Test func thePlanIsShownBeforeAnythingIsWritten() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      let draft = try await write(carer)
      let check = try await carer.open("\(draft)/check")
      #expect(check.status == .ok && check.text.contains("<h3>Police control room (101)</h3>"))
      #expect(check.text.contains("Derbyshire") && check.text.contains("section 4.1"))
      #expect(check.text.contains("when and where the child was last seen") && check.text.contains("at once"))
      #expect(check.text.contains("Tell this 1 person now") && check.text.contains("Ring 101"))
      #expect(check.text.contains("Thursday 12 November 2026 at 19:40") && !check.text.contains("There is a problem"))
      #expect(try await events(bench).isEmpty)
      #expect(try await bench.ledger.notifications(NotificationFilter()).isEmpty)
      // A reporter does not see who sits at a desk; whoever runs the gateway does.
      #expect(!check.text.contains("<dt>Contact</dt>"))
      let manager = try await bench.browser(client, [.dutyManager])
      #expect(try await manager.open("\(write(manager))/check").text.contains("<dt>Contact</dt>"))
    }
  }

  /// What keeps a family from being told may be known from others, and whoever reports may be of the family.
  @Test func whetherTheFamilyIsToldIsNotForWhoeverReports() async throws {
    let bench = try MessageBench().board
    let people: [(roles: [PersonRole], agencies: [String])] = [
      ([.reporter], []), ([.agencyViewer], ["derby"]), ([.dutyManager], []),
    ]
    try await bench.serve { client in
      for (roles, agencies) in people {
        let browser = try await bench.browser(client, roles, agencies: agencies)
        let draft = try await write(browser, police: "yes")
        let token = try await browser.open("/report").token
        _ = try await browser.send("\(draft)/health", ["token": token, "also-contactParentsHarmful": "yes"])
        let check = try await browser.open("\(draft)/check")
        let isOne = roles == [.dutyManager]
        #expect(check.status == .ok && check.text.contains("Who will be told"))
        #expect(check.text.contains("A person decides first") == isOne)
        #expect(check.text.contains("It is not shown here.") != isOne)
        #expect(try await browser.send("\(draft)/send", ["token": token, "plan": try plan(check)]).location == draft)
        bench.clock.advance(bySeconds: 1)
      }
    }
  }

  @Test func itIsSentOnceHoweverOftenItIsConfirmed() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter], name: "carer")
      let draft = try await write(carer, police: "yes")
      let check = try await carer.open("\(draft)/check")
      let form = ["token": check.token, "plan": try plan(check)]
      for _ in 0..<2 {
        let sent = try await carer.send("\(draft)/send", form)
        #expect(sent.status == .seeOther && sent.location == draft)
      }
      let all = try await events(bench)
      let event = try #require(all.first)
      #expect(all.count == 1 && event.record.type == "missing.reported")
      #expect(event.body["source"] == "https://waypost.example/report" && "/report/\(event.record.sourceID)" == draft)
      #expect(event.record.subject.hasPrefix("RP-") && event.record.child.hasPrefix("ch-"))
      #expect(event.body.at(["data", "episode", "lastSeen", "at"]) == "2026-11-12T19:40:00Z")
      // As many as the page said: nobody waits for a person, and who is not on record is not counted.
      let owed = try await bench.ledger.notifications(NotificationFilter(event: event.record.id))
      let told = owed.count { ![.held, .unroutable].contains($0.state) }
      #expect(told > 1 && check.text.contains("Tell these \(told) people now"))
      let said = event.body.at(["data", "episode", "circumstances"])?.text ?? ""
      #expect(said.hasPrefix("Left after an argument. Done so far: Searched the child's room"))
      let page = try await carer.open(draft)
      #expect(page.text.contains(event.record.subject) && page.text.contains("On its way"))
      #expect(page.text.contains("Say that the child is back") && !page.text.contains("Maya"))
      // A page of the draft that is still open leads to what was sent, and changes nothing.
      #expect(try await carer.open("\(draft)/child").location == draft)
      #expect(try await carer.send("\(draft)/child", ["token": form["token"] ?? "", "given": "X"]).location == draft)
      // The audit says who, and neither it nor an address says whom.
      let audit = try await bench.ledger.audit(after: 0, limit: 1000)
      let line = try #require(audit.first { $0.kind == "report-confirmed" })
      #expect(line.identifier == event.record.id && line.detail.contains("carer pe-"))
      for word in ["Maya", "Thornbury", "2011-09-15", "Market"] {
        #expect(!audit.contains { "\($0.identifier) \($0.detail)".contains(word) } && !draft.contains(word))
      }
      let kept = try #require(
        try await bench.ledger.drafts(of: event.record.sender, limit: 10, at: bench.clock.now()).first)
      #expect(kept.answers.isEmpty && kept.event == event.record.id)
    }
  }

  @Test func aChangedPlanIsShownAgain() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      let draft = try await write(carer)
      let check = try await carer.open("\(draft)/check")
      // In another window the child turns out to live elsewhere.
      let elsewhere = Self.child.merging(["livesIn": "derbyshire", "token": check.token]) { $1 }
      _ = try await carer.send("\(draft)/child", elsewhere)
      let again = try await carer.send("\(draft)/send", ["token": check.token, "plan": try plan(check)])
      #expect(again.status == .conflict && again.text.contains("Nobody has been told yet."))
      #expect(try await events(bench).isEmpty)
      // The clock alone changes nothing.
      bench.clock.advance(bySeconds: 90)
      let sent = try await carer.send("\(draft)/send", ["token": check.token, "plan": try plan(again)])
      #expect(sent.location == draft)
      #expect(try await events(bench).count == 1)
    }
  }

  @Test func problemsAreNamedAndNothingIsLost() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      let wrong = [
        "given": "Maya", "born": "2031-01-01", "livesIn": "other", "livesInOther": "!", "lookedAfterBy": "narnia",
      ]
      let draft = try await write(carer, child: wrong)
      let check = try await carer.open("\(draft)/check")
      #expect(check.text.contains("There is a problem") && !check.text.contains("name=\"plan\""))
      #expect(check.text.contains("Nobody is told before these are answered."))
      #expect(check.text.contains("href=\"\(draft)/child#family\"") && check.text.contains("<title>Error: "))
      let part = try await carer.open("\(draft)/child")
      for field in ["family", "born", "livesInOther", "lookedAfterBy"] {
        #expect(part.text.contains("href=\"#\(field)\"") && part.text.contains("id=\"\(field)-problem\""))
      }
      #expect(part.text.contains("value=\"2031-01-01\"") && part.text.contains("value=\"Maya\""))
      // Nobody confirms what cannot be sent.
      let sent = try await carer.send("\(draft)/send", ["token": check.token, "plan": ""])
      #expect(sent.location == "\(draft)/check")
      #expect(try await events(bench).isEmpty)
      // A part that nobody has answered yet does not complain.
      let start = try await carer.open("/report")
      bench.clock.advance(bySeconds: 1)
      let fresh = try await carer.send("/report", ["token": start.token]).location
      #expect(try await !carer.open(fresh).text.contains("There is a problem"))
    }
  }

  @Test func whatIsWrittenStaysText() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      let hostile = "\"><script>alert(1)</script>{{title}}"
      let answers = Self.child.merging(["given": hostile, "knownAs": hostile, "home": hostile]) { $1 }
      let draft = try await write(carer, child: answers)
      for path in ["\(draft)/child", "\(draft)/check", "/report"] {
        let seen = try await carer.open(path)
        #expect(!seen.text.contains("<script>alert") && seen.text.contains("&lt;script&gt;alert(1)"))
        #expect(seen.text.contains("{{title}}"))
      }
    }
  }

  @Test func aSchoolReportsItsPupilsAndAnAuthorityItsChildren() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      // The school's own pupil, wherever the child lives.
      let school = try await bench.browser(client, [.agencyViewer], agencies: ["urn:100001"], name: "school")
      let pupil = Self.child.merging(["livesIn": "luton", "school": "urn:100001"]) { $1 }
      let draft = try await write(school, child: pupil)
      #expect(try await school.open("\(draft)/check").text.contains("Who will be told"))
      let token = try await school.open("/report").token
      _ = try await school.send("\(draft)/child", pupil.merging(["school": "urn:100002", "token": token]) { $1 })
      #expect(try await school.open("\(draft)/check").text.contains("You can report children of Riverside School"))
      // An authority's children live there, or are looked after by it.
      let derby = try await bench.browser(client, [.agencyViewer], agencies: ["derby"], name: "derby")
      let strange = try await write(derby, child: Self.child.merging(["livesIn": "luton"]) { $1 })
      #expect(try await !derby.open("\(strange)/check").text.contains("Who will be told"))
      bench.clock.advance(bySeconds: 1)
      let placed = try await write(
        derby, child: Self.child.merging(["livesIn": "luton", "lookedAfterBy": "derby"]) { $1 })
      #expect(try await derby.open("\(placed)/check").text.contains("Who will be told"))
      // An agency that the directory does not know opens nothing.
      let gone = try await bench.browser(client, [.reporter], agencies: ["gone"], name: "gone")
      #expect(try await !gone.open("\(write(gone))/check").text.contains("Who will be told"))
    }
  }

  @Test func thePoliceAreToldOfAndTheChildComesBack() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      let draft = try await write(carer)
      let check = try await carer.open("\(draft)/check")
      _ = try await carer.send("\(draft)/send", ["token": check.token, "plan": try plan(check)])
      // The police have a report now.
      let police = try await carer.open("\(draft)/reported")
      #expect(police.status == .ok && police.text.contains("emergency duty team"))
      let told = try await carer.send("\(draft)/reported", ["token": police.token, "plan": try plan(police)])
      #expect(told.location == draft)
      #expect(try await events(bench).map(\.record.type) == ["missing.suspected", "missing.reported"])
      #expect(try await carer.open("\(draft)/reported").location == draft)
      // The child is back.
      bench.clock.advance(bySeconds: 600)
      let late = try await carer.send("\(draft)/returned", ["token": police.token, "at": "2026-11-14T10:00"])
      #expect(late.status == .unprocessableContent && late.text.contains("id=\"at-problem\""))
      let early = try await carer.send("\(draft)/returned", ["token": police.token, "at": "2026-11-12T21:00"])
      #expect(early.status == .unprocessableContent && early.text.contains("You reported the child missing after that"))
      let back = try await carer.send("\(draft)/returned", ["token": police.token, "at": "2026-11-12T22:05"])
      #expect(back.status == .ok && back.text.contains("Thursday 12 November 2026 at 22:05"))
      #expect(try await events(bench).count == 2)
      let form = ["token": police.token, "at": "2026-11-12T22:05", "plan": try plan(back)]
      for _ in 0..<2 { #expect(try await carer.send("\(draft)/returned", form).location == draft) }
      let all = try await events(bench)
      #expect(all.map(\.record.type) == ["missing.suspected", "missing.reported", "child.returned"])
      #expect(Set(all.map(\.record.subject)).count == 1)
      let page = try await carer.open(draft)
      #expect(
        page.text.contains("The child was found or is back.") && !page.text.contains("Say that the child is back"))
      // The same carer reports the same child again: another episode of one child.
      bench.clock.advance(bySeconds: 60)
      let again = try await write(carer)
      let second = try await carer.open("\(again)/check")
      _ = try await carer.send("\(again)/send", ["token": second.token, "plan": try plan(second)])
      let children = Set(try await events(bench).map(\.record.child))
      #expect(again != draft && children.count == 1)
    }
  }

  @Test func moreThanTenReportsWait() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let carer = try await bench.browser(client, [.reporter])
      for number in 0...10 {
        bench.clock.advance(bySeconds: 1)
        let draft = try await write(carer)
        let check = try await carer.open("\(draft)/check")
        let sent = try await carer.send("\(draft)/send", ["token": check.token, "plan": try plan(check)])
        guard number == 10 else {
          #expect(sent.location == draft)
          continue
        }
        #expect(sent.status == .tooManyRequests && sent.header("Retry-After") != nil)
        #expect(sent.text.contains("ring 101") && sent.text.contains("999"))
        // Nothing is lost: the draft waits.
        #expect(try await carer.open("\(draft)/check").status == .ok)
      }
      #expect(try await events(bench).count == 10)
    }
  }
}
