import Delivery
import HTTPTypes
import Ledger
import Routing
import TestKit
import Testing

/// Calls to make and decisions to take, as people of each role meet them.
@Suite struct DeskPageTests {
  private static let waiting = Outcome.waiting(Receipt(.queued, from: .desk, "call card on the desk"))

  /// A bench with one card on the desk.
  private func rung() async throws -> (bench: MessageBench, id: String) {
    let bench = try MessageBench(isRung: true)
    let (id, _) = try await bench.report()
    #expect(try await bench.attempt(Self.waiting) == [.phone(MessageBench.phone)])
    return (bench, id)
  }

  @Test func aCardIsTakenByOnePersonAndTheCallAnswersTheMessage() async throws {
    let (bench, id) = try await rung()
    try await bench.board.serve { client in
      let first = try await bench.board.browser(client, [.operator], name: "first")
      let second = try await bench.board.browser(client, [.dutyManager], name: "second")
      let list = try await first.open("/desk")
      #expect(list.text.contains(MessageBench.phone) && list.text.contains("/desk/\(id)"))
      #expect(list.text.contains("Ring children&#39;s services social worker, Derby City Council"))
      #expect(!list.text.contains("GIVENWORD"), "the list says nothing of what a message says")
      #expect(try await bench.audit("viewed", id).isEmpty)
      let card = try await first.open("/desk/\(id)")
      #expect(card.text.contains("GIVENWORD") && card.text.contains("tel:01632960199"))
      #expect(card.text.contains("I will ring"))
      #expect(try await bench.audit("viewed", id).count == 1)
      let late = try await second.open("/desk/\(id)")
      let taken = try await first.send("/desk/\(id)/take", ["token": card.token])
      #expect(taken.status == .seeOther && taken.location == "/desk/\(id)")
      let refused = try await second.send("/desk/\(id)/take", ["token": late.token])
      #expect(refused.status == .conflict && refused.text.contains("Somebody was faster"))
      #expect(try await second.open("/desk/\(id)").text.contains("taken by first pe-"))
      let nobody = try await first.send("/desk/\(id)/told", ["token": card.token, "by": " "])
      #expect(nobody.status == .unprocessableContent && nobody.text.contains("href=\"#whom\""))
      let told = ["token": card.token, "by": "Jo Example", "willDo": "Send a car"]
      #expect(try await first.send("/desk/\(id)/told", told).location == "/messages/\(id)")
      #expect(try await bench.record(id).state == .acknowledged)
      let receipts = try await bench.ledger.receipts(of: id).map(\.receipt).suffix(2)
      #expect(receipts.map(\.kind) == [.acknowledged, .actionStated])
      #expect(receipts.first?.evidence.hasPrefix("Jo Example, told by first pe-") == true)
      #expect(try await bench.audit("call-made", id).first?.hasPrefix("first pe-") == true)
      #expect(try await first.open("/messages/\(id)").text.contains("Somebody rang and told them."))
      #expect(try await second.send("/desk/\(id)/told", told).status == .forbidden, "the token is another's")
      #expect(try await first.send("/desk/\(id)/told", told).status == .conflict)
      #expect(try await first.open("/desk").text.contains("Nobody has to be rung."))
    }
  }

  @Test func whoReachesNobodySaysWhy() async throws {
    let (bench, id) = try await rung()
    try await bench.board.serve { client in
      let worker = try await bench.board.browser(client, [.operator])
      let card = try await worker.open("/desk/\(id)")
      #expect(try await worker.send("/desk/\(id)/take", ["token": card.token]).status == .seeOther)
      let silent = try await worker.send("/desk/\(id)/not-reached", ["token": card.token, "reason": ""])
      #expect(silent.status == .unprocessableContent && silent.text.contains("href=\"#reason\""))
      let why = ["token": card.token, "reason": "No answer"]
      #expect(try await worker.send("/desk/\(id)/not-reached", why).status == .seeOther)
      #expect(try await worker.open("/messages/\(id)").text.contains("Somebody rang and could tell nobody"))
      let receipt = try #require(try await bench.ledger.receipts(of: id).last?.receipt)
      #expect(receipt.kind == .failed && receipt.evidence.contains("No answer"))
    }
  }

  @Test func whoMayNotRingOnlySeesThatThereIsACard() async throws {
    let (bench, id) = try await rung()
    try await bench.board.serve { client in
      let auditor = try await bench.board.browser(client, [.auditor])
      let card = try await auditor.open("/desk/\(id)")
      #expect(card.status == .ok && !card.text.contains("GIVENWORD") && !card.text.contains("I will ring"))
      // A number may be a family's.
      for path in ["/desk", "/desk/\(id)", "/messages/\(id)"] {
        #expect(try await !auditor.open(path).text.contains(MessageBench.phone), "\(path)")
      }
      #expect(try await auditor.send("/desk/\(id)/take", ["token": card.token]).status == .forbidden)
      let stoke = try await bench.board.browser(client, [.operator], agencies: ["stoke-on-trent"])
      let list = try await stoke.open("/desk")
      #expect(list.text.contains("Nobody has to be rung.") && !list.text.contains(id))
      #expect(try await stoke.open("/desk/\(id)").status == .notFound)
      #expect(try await stoke.send("/desk/\(id)/take", ["token": list.token]).status == .notFound)
      let reporter = try await bench.board.browser(client, [.reporter])
      #expect(try await reporter.open("/desk").status == .forbidden)
      #expect(CallCard(try await bench.record(id))?.isTaken == false)
    }
  }

  @Test func onlyWhoMayDecideReleasesWhatMayHarm() async throws {
    let bench = try MessageBench()
    let (_, id) = try await bench.report()
    try await bench.board.serve { client in
      let worker = try await bench.board.browser(client, [.operator])
      let none = try await worker.open("/desk")
      #expect(none.text.contains("Nobody may decide here.") && !none.text.contains("/messages/\(id)/release"))
      let manager = try await bench.board.browser(client, [.dutyManager], name: "Dana")
      let list = try await worker.open("/desk")
      for words in [
        "Whether to tell: parents and others with parental responsibility", "A small pack, section 5.1",
        "children&#39;s services social worker",
        "It asks for that where: telling the parents may harm the child.", "Who may decide here: Dana.",
      ] { #expect(list.text.contains(words), "\(words)") }
      #expect(!list.text.contains("GIVENWORD") && !list.text.contains("PARENTWORD"))
      for action in ["release", "cancel"] {
        #expect(try await worker.open("/messages/\(id)/\(action)").status == .forbidden)
        let form = ["token": list.token, "reason": "They want to know"]
        #expect(try await worker.send("/messages/\(id)/\(action)", form).status == .forbidden)
      }
      for action in ["retry", "hold", "send-on"] {
        let form = ["token": list.token, "reason": "no", "contact": "childrens-services.social-worker"]
        #expect(try await worker.send("/messages/\(id)/\(action)", form).status == .conflict)
      }
      #expect(try await bench.record(id).state == .held)
      let limited = try await bench.board.browser(client, [.dutyManager], agencies: ["derby"])
      #expect(try await limited.open("/desk").text.contains("Nothing waits for a decision."))
      #expect(try await limited.open("/messages/\(id)/release").status == .notFound)
      let form = try await manager.open("/messages/\(id)/release")
      #expect(form.text.contains("You decide that they are told."))
      let decided = ["token": form.token, "reason": "The social worker agrees"]
      #expect(try await manager.send("/messages/\(id)/release", decided).status == .seeOther)
      #expect(try await bench.record(id).state == .queued)
      let entry = try #require(try await bench.audit("operator-release", id).first)
      #expect(entry.hasPrefix("Dana pe-") && entry.hasSuffix(": The social worker agrees"))
      // Decided once, it is a message like any other.
      let hold = ["token": list.token, "reason": "Wait"]
      #expect(try await worker.send("/messages/\(id)/hold", hold).status == .seeOther)
      #expect(try await worker.open("/desk").text.contains("Held back"))
      #expect(try await worker.send("/messages/\(id)/release", hold).status == .seeOther)
    }
  }

  @Test func whatIsRefusedIsNeverSent() async throws {
    let bench = try MessageBench()
    let (_, id) = try await bench.report()
    try await bench.board.serve { client in
      let manager = try await bench.board.browser(client, [.dutyManager])
      let desk = try await manager.open("/desk")
      #expect(desk.text.contains("/messages/\(id)/cancel"))
      let path = "/messages/\(id)/cancel"
      #expect(try await manager.open(path).text.contains("Do not tell them: refuse the message"))
      #expect(try await manager.send(path, ["token": desk.token, "reason": "Not safe"]).status == .seeOther)
      #expect(try await bench.record(id).state == .cancelled)
      #expect(try await bench.attempt().contains(.mail("parent@home.example")) == false)
      #expect(try await manager.send(path, ["token": desk.token, "reason": "Again"]).status == .conflict)
      #expect(try await manager.open("/desk").text.contains("Nothing waits for a decision."))
    }
  }
}
