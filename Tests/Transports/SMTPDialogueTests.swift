import Delivery
import Foundation
import Routing
import Testing

@testable import Transports

@Suite struct SMTPDialogueTests {
  private func envelope(_ content: String = "Subject: s\r\n\r\nhi\r\n", to: String = "b@b.example") -> SMTPEnvelope {
    // swift-format-ignore: NeverForceUnwrap
    SMTPEnvelope(sender: "a@a.example", recipient: to, identifier: "nt-1", content: Array(content.utf8))!
  }
  private func sent(_ actions: [SMTPDialogue.Action]) -> String {
    actions.reduce(into: "") { if case .send(let bytes) = $1 { $0 += String(decoding: bytes, as: UTF8.self) } }
  }
  private func outcomes(_ actions: [SMTPDialogue.Action]) -> [Outcome] {
    actions.compactMap { if case .finished(_, let outcome) = $0 { outcome } else { nil } }
  }
  private func greeted(_ offers: String...) -> SMTPDialogue {
    var dialogue = SMTPDialogue(hostName: "gw.example")
    _ = dialogue.start()
    var lines = ["sink"] + offers
    let last = lines.removeLast()
    let text = lines.map { "250-\($0)\r\n" }.joined() + "250 \(last)\r\n"
    _ = dialogue.receive(Array(text.utf8))
    return dialogue
  }

  @Test func pipelinedWithDeliveryStatus() {
    var dialogue = greeted("PIPELINING", "DSN", "SIZE 1000000")
    let first = sent(dialogue.submit(ticket: 1, envelope()))
    #expect(
      first
        == "MAIL FROM:<a@a.example> SIZE=18 RET=HDRS ENVID=nt-1\r\nRCPT TO:<b@b.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b@b.example\r\nDATA\r\n"
    )
    #expect(dialogue.submit(ticket: 2, envelope()).isEmpty)
    let second = sent(dialogue.receive(Array("250 ok\r\n250 ok\r\n354 go\r\n".utf8)))
    #expect(second.contains("hi\r\n.\r\nMAIL FROM:"))
    let done = dialogue.receive(Array("250 2.0.0 queued as X\r\n".utf8))
    #expect(outcomes(done) == [.accepted(Receipt(.accepted, from: .smtp, "250 2.0.0 queued as X"))])
    _ = dialogue.receive(Array("250 ok\r\n250 ok\r\n354 go\r\n".utf8))
    #expect(outcomes(dialogue.receive(Array("250 fine\r\n".utf8))).count == 1)
    #expect(dialogue.load == 0)
  }

  @Test func oneCommandAtATimeWithoutPipelining() {
    var dialogue = greeted("8BITMIME")
    #expect(sent(dialogue.submit(ticket: 1, envelope())) == "MAIL FROM:<a@a.example>\r\n")
    #expect(sent(dialogue.receive(Array("250 ok\r\n".utf8))) == "RCPT TO:<b@b.example>\r\n")
    #expect(sent(dialogue.receive(Array("250 ok\r\n".utf8))) == "DATA\r\n")
    #expect(sent(dialogue.receive(Array("354 go\r\n".utf8))).hasSuffix("\r\n.\r\n"))
    #expect(outcomes(dialogue.receive(Array("250 ok\r\n".utf8))).count == 1)
  }

  @Test(arguments: [true, false])
  func aRefusedRecipientIsFinalAndTheNextMessageGoes(_ pipelining: Bool) throws {
    var dialogue = pipelining ? greeted("PIPELINING") : greeted("8BITMIME")
    _ = dialogue.submit(ticket: 1, envelope())
    _ = dialogue.submit(ticket: 2, envelope())
    var actions = dialogue.receive(Array("250 ok\r\n".utf8))
    actions += dialogue.receive(Array("550 5.1.1 <b@b.example>: unknown user\r\n".utf8))
    if pipelining { actions += dialogue.receive(Array("503 no recipients\r\n".utf8)) }
    guard case .rejected(let fault) = try #require(outcomes(actions).first) else {
      Issue.record("not rejected")
      return
    }
    #expect(fault.code == .addressUnknown && fault.enhancedStatus == "5.1.1")
    #expect(!fault.reason.contains("b@b.example"))
    actions += dialogue.receive(Array("250 reset\r\n".utf8))
    #expect(sent(actions).contains("RSET\r\n"))
    #expect(sent(actions).components(separatedBy: "MAIL FROM").count >= 2)
    #expect(dialogue.load == 1)
  }

  @Test func refusedRecipientButDataGoesAhead() {
    var dialogue = greeted("PIPELINING")
    _ = dialogue.submit(ticket: 1, envelope())
    let actions = dialogue.receive(Array("250 ok\r\n450 4.2.1 later\r\n354 go\r\n".utf8))
    #expect(sent(actions) == ".\r\n")
    let end = dialogue.receive(Array("554 no valid recipients\r\n".utf8))
    guard case .deferred(let fault, _) = outcomes(end).first else {
      Issue.record("not deferred")
      return
    }
    #expect(fault.enhancedStatus == "4.2.1")
  }

  @Test func everySubmissionIsFinishedOnceWhenTheConnectionBreaks() {
    var dialogue = greeted("PIPELINING")
    for ticket in 1...3 { _ = dialogue.submit(ticket: ticket, envelope()) }
    let actions = dialogue.receive(Array("421 4.3.2 shutting down\r\n".utf8))
    #expect(outcomes(actions).count == 3)
    #expect(actions.last == .close)
    #expect(dialogue.fail(Fault(.timeout, "again")).isEmpty)
    #expect(outcomes(dialogue.submit(ticket: 4, envelope())).count == 1)
  }

  @Test func internationalAddressesOnlyWhereTheServerTakesThem() throws {
    var without = greeted("PIPELINING")
    guard case .rejected(let fault) = outcomes(without.submit(ticket: 1, envelope(to: "jörg@b.example"))).first else {
      Issue.record("not rejected")
      return
    }
    #expect(fault.enhancedStatus == "5.6.7")
    var with = greeted("PIPELINING", "SMTPUTF8", "DSN")
    let text = sent(with.submit(ticket: 1, envelope(to: "jörg@b.example")))
    #expect(text.contains(" SMTPUTF8") && text.contains("ORCPT=utf-8;j+C3+B6rg@b.example"))
  }

  @Test func tooLargeForTheServer() {
    var dialogue = greeted("SIZE 10")
    guard case .rejected(let fault) = outcomes(dialogue.submit(ticket: 1, envelope())).first else {
      Issue.record("not rejected")
      return
    }
    #expect(fault.enhancedStatus == "5.3.4")
  }

  @Test func dotsAreStuffed() {
    let text = String(decoding: envelope(".a\r\n..b\r\n.\r\nend").stuffed, as: UTF8.self)
    #expect(text == "..a\r\n...b\r\n..\r\nend\r\n.\r\n")
  }

  @Test(arguments: [
    "b@b.example>\r\nRSET\r\nNOOP <x", "a b@c.example", "a\u{0}@c.example", "<x@y.example>", "x@y\r\n.example", "",
  ])
  func nothingIsSmuggledIntoACommand(_ address: String) {
    #expect(SMTPEnvelope(sender: "a@a.example", recipient: address, identifier: "i", content: []) == nil)
  }

  @Test func garbageEndsTheConnection() {
    var dialogue = greeted("PIPELINING")
    _ = dialogue.submit(ticket: 1, envelope())
    let actions = dialogue.receive(Array("HTTP/1.1 400 Bad Request\r\n".utf8))
    #expect(outcomes(actions).count == 1 && actions.last == .close)
  }
}
