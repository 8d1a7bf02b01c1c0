import Delivery
import HTTPTypes
import Ledger
import Routing
import TestKit
import Testing

/// The page of one message, as people of each role meet it.
@Suite struct MessagePageTests {
  @Test func whoMayReadSeesTheMessageAndEachLookIsOnRecord() async throws {
    let bench = try MessageBench()
    let (id, _) = try await bench.report()
    try await bench.attempt()
    try await bench.board.serve { client in
      let manager = try await bench.board.browser(client, [.dutyManager])
      let page = try await manager.open("/messages/\(id)")
      #expect(page.status == .ok)
      for words in [
        "social worker, Derby City Council", "Duty social worker", "Handed over", "GIVENWORD",
        "The social worker has to say that the message has come.", "social.worker@derby.example",
        "Readable mail, over verified TLS", "&quot;specversion&quot;: &quot;1.0&quot;", "taken", "Number",
        "If nothing more is heard, Duty team manager is asked by mail", "/episodes/EP-1", "/messages/\(id)/send-on",
      ] { #expect(page.text.contains(words), "\(words)") }
      #expect(try await bench.audit("viewed", id).count == 1)
      // What the page asks for by itself is no new look, unless there was none.
      #expect(try await bench.renew("/messages/\(id)", manager).contains("GIVENWORD"))
      #expect(try await bench.audit("viewed", id).count == 1)
      let other = try await bench.board.browser(client, [.operator])
      #expect(try await bench.renew("/messages/\(id)", other).contains("GIVENWORD"))
      #expect(try await bench.audit("viewed", id).last?.contains("operator") == true)
    }
  }

  @Test func anAuditorSeesTheEnvelopeAndNoWord() async throws {
    let bench = try MessageBench()
    let (id, parents) = try await bench.report()
    try await bench.attempt()
    try await bench.board.serve { client in
      let auditor = try await bench.board.browser(client, [.auditor])
      for one in [id, parents] {
        let page = try await auditor.open("/messages/\(one)")
        #expect(page.status == .ok && page.text.contains(one))
        for words in [
          "GIVENWORD", "PARENTWORD", "derby.example", "home.example", "reported missing [", "/hold", "harmful",
        ] {
          #expect(!page.text.contains(words), "\(words)")
        }
        #expect(page.text.contains("Your roles do not let you read what a message says."))
        #expect(try await bench.audit("viewed", one).isEmpty)
        for action in ["retry", "hold", "release", "cancel", "acknowledge", "send-on"] {
          #expect(try await auditor.open("/messages/\(one)/\(action)").status == .forbidden)
          let form = ["token": page.token, "reason": "none", "by": "nobody"]
          #expect(try await auditor.send("/messages/\(one)/\(action)", form).status == .forbidden)
        }
      }
      #expect(try await bench.record(id).state == .accepted)
      #expect(try await bench.record(parents).state == .held)
    }
  }

  /// Whoever answers may write of the child, and a server's refusal names the family's mailbox.
  @Test func anAuditorReadsNothingThatSomebodyTyped() async throws {
    let bench = try MessageBench()
    let (id, parents) = try await bench.report()
    try await bench.attempt()
    _ = try await bench.ledger.acknowledge(
      id, Acknowledgement(by: "OFFICEWORD", actor: "page", willDo: "SECRETWORD", until: nil, source: .page),
      at: bench.board.clock.now())
    let refusal = Fault(.refused, "550 5.1.1 <parent@home.example> unknown")
    try await bench.board.serve { client in
      let manager = try await bench.board.browser(client, [.dutyManager])
      let form = try await manager.open("/messages/\(parents)/release")
      _ = try await manager.send("/messages/\(parents)/release", ["token": form.token, "reason": "agreed"])
      try await bench.attempt(.rejected(refusal))
      let auditor = try await bench.board.browser(client, [.auditor])
      for one in [id, parents] {
        let page = try await auditor.open("/messages/\(one)")
        #expect(page.status == .ok && page.text.contains(one))
        for words in ["OFFICEWORD", "SECRETWORD", "parent@home.example"] {
          #expect(!page.text.contains(words), "\(words)")
        }
      }
      #expect(try await manager.open("/messages/\(id)").text.contains("OFFICEWORD"))
    }
  }

  @Test func nobodySeesAMessageOfAnotherAgencyOrOfTheFamily() async throws {
    let bench = try MessageBench()
    let (id, parents) = try await bench.report()
    try await bench.board.serve { client in
      let derby = try await bench.board.browser(client, [.agencyViewer], agencies: ["derby"])
      #expect(try await derby.open("/messages/\(id)").text.contains("GIVENWORD"))
      let stoke = try await bench.board.browser(client, [.operator], agencies: ["stoke-on-trent"])
      for (browser, hidden) in [(derby, parents), (stoke, id), (stoke, parents), (stoke, "nt-nothing")] {
        let page = try await browser.open("/messages/\(hidden)")
        #expect(page.status == .notFound && !page.text.contains("GIVENWORD") && !page.text.contains("Derby"))
      }
      let token = try await stoke.open("/me").token
      for action in ["retry", "hold", "cancel", "acknowledge", "send-on"] {
        let answer = try await stoke.send("/messages/\(id)/\(action)", ["token": token, "reason": "no", "by": "no"])
        #expect(answer.status == .notFound)
      }
      #expect(try await bench.record(id).state == .queued)
    }
  }

  @Test func aMessageIsHeldAndReleasedForAReason() async throws {
    let bench = try MessageBench()
    let (id, _) = try await bench.report()
    try await bench.board.serve { client in
      let worker = try await bench.board.browser(client, [.operator])
      let form = try await worker.open("/messages/\(id)/hold")
      #expect(form.status == .ok && form.text.contains("<label for=\"reason\">"))
      let path = "/messages/\(id)/hold"
      let silent = try await worker.send(path, ["token": form.token, "reason": " "])
      #expect(silent.status == .unprocessableContent && silent.text.contains("href=\"#reason\""))
      #expect(silent.text.contains("<title>Error: "))
      #expect(try await bench.record(id).state == .queued)
      let held = try await worker.send(path, ["token": form.token, "reason": "Wrong <b>desk</b>"])
      #expect(held.status == .seeOther && held.location == "/messages/\(id)")
      #expect(try await bench.record(id).state == .held)
      let page = try await worker.open("/messages/\(id)")
      #expect(page.text.contains("You did this on") && page.text.contains("Held back by hand."))
      #expect(page.text.contains("Wrong &lt;b&gt;desk&lt;/b&gt;"))
      #expect(page.text.contains("/messages/\(id)/release") && !page.text.contains("/messages/\(id)/retry"))
      let entry = try #require(try await bench.audit("operator-hold", id).first)
      #expect(entry.hasPrefix("operator pe-") && entry.hasSuffix(": Wrong <b>desk</b>"))
      // What its state does not allow is a conflict.
      let again = try await worker.send(path, ["token": form.token, "reason": "again"])
      #expect(again.status == .conflict && again.text.contains("This cannot be done now"))
      #expect(try await worker.open("/messages/\(id)/retry").status == .conflict)
      let release = ["token": form.token, "reason": "It is right"]
      #expect(try await worker.send("/messages/\(id)/release", release).status == .seeOther)
      #expect(try await bench.record(id).state == .queued)
      bench.board.clock.advance(bySeconds: 300)
      #expect(try await worker.open("/messages/\(id)").text.contains("You did this on") == false)
    }
  }

  @Test func whatSomebodySaidByTelephoneIsRecordedAsHeard() async throws {
    let bench = try MessageBench()
    let (id, parents) = try await bench.report()
    try await bench.attempt()
    try await bench.board.serve { client in
      let worker = try await bench.board.browser(client, [.operator])
      let path = "/messages/\(id)/acknowledge"
      let form = try await worker.open(path)
      let empty = try await worker.send(path, ["token": form.token])
      #expect(empty.status == .unprocessableContent)
      #expect(empty.text.contains("href=\"#by\"") && empty.text.contains("href=\"#reason\""))
      let said = [
        "token": form.token, "by": "Jo Example", "willDo": "Ring the home", "until": "2026-11-12T23:30",
        "reason": "They rang us",
      ]
      #expect(try await worker.send(path, said).status == .seeOther)
      let record = try await bench.record(id)
      #expect(record.state == .acknowledged && record.notification.checkAt == instant("2026-11-12T23:30:00Z"))
      let receipts = try await bench.ledger.receipts(of: id).map(\.receipt).filter { $0.source == .console }
      #expect(receipts.map(\.kind) == [.acknowledged, .actionStated])
      #expect(receipts.first?.evidence == "Jo Example, as told to operator at the board")
      #expect(try await bench.audit("acknowledged", id).first?.contains("They rang us") == true)
      #expect(try await worker.open("/messages/\(id)").text.contains("Ring the home"))
      // Nobody has taken on what nobody was told.
      #expect(try await worker.open("/messages/\(parents)/acknowledge").status == .conflict)
    }
  }

  @Test func aMessageGoesToAnotherDeskAndNobodyIsLeftOut() async throws {
    let bench = try MessageBench()
    let (id, parents) = try await bench.report()
    #expect(try await bench.attempt() == [.mail("social.worker@derby.example")])
    try await bench.board.serve { client in
      let worker = try await bench.board.browser(client, [.operator])
      let path = "/messages/\(id)/send-on"
      let form = try await worker.open(path)
      #expect(form.text.contains("Duty service manager") && form.text.contains("Emergency duty team"))
      #expect(!form.text.contains("First Contact Team") && !form.text.contains("Duty social worker ("))
      for wrong in ["", "childrens-services.front-door", "police.control-room"] {
        let answer = try await worker.send(path, ["token": form.token, "contact": wrong, "reason": "why not"])
        #expect(answer.status == .unprocessableContent && answer.text.contains("href=\"#contact\""))
      }
      let choice = ["token": form.token, "contact": "childrens-services.service-manager", "reason": "On leave"]
      #expect(try await worker.send(path, choice).status == .seeOther)
      #expect(try await bench.attempt() == [.mail("service.manager@derby.example")])
      let record = try await bench.record(id)
      #expect(record.state == .accepted && record.delivery.takenChannels & 1 == 1)
      let entry = try #require(try await bench.audit("operator-send-on", id).first)
      #expect(entry.hasPrefix("operator pe-") && entry.hasSuffix("to Duty service manager by mail: On leave"))
      // Whoever was passed over is asked afterwards, and those who have it are not asked again.
      var asked: [Channel] = []
      for _ in 1...3 {
        bench.board.clock.advance(bySeconds: 1801)
        _ = try await bench.ledger.takeOverdue(at: bench.board.clock.now(), limit: 10)
        asked += try await bench.attempt()
      }
      #expect(
        asked == [
          .mail("team.manager@derby.example"), .mail("out.of.hours@derby.example"), .phone("01632 960101"),
        ])
      // The family has nobody behind it.
      let manager = try await bench.board.browser(client, [.dutyManager])
      #expect(try await manager.open("/messages/\(parents)/send-on").status == .conflict)
    }
  }

  @Test func exercisesSaySoOnEveryPage() async throws {
    let bench = try MessageBench()
    let (id, _) = try await bench.report(exercise: true)
    try await bench.board.serve { client in
      let manager = try await bench.board.browser(client, [.dutyManager])
      for path in ["/messages/\(id)", "/messages/\(id)/hold"] {
        let page = try await manager.open(path)
        #expect(page.text.contains("<title>EXERCISE: ") && page.text.contains(Drill.banner), "\(path)")
        #expect(!page.text.contains("<title>EXERCISE: EXERCISE"))
      }
    }
  }
}
