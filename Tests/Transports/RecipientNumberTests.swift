import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// A recipient can count what comes, by whatever way it comes.
@Suite struct RecipientNumberTests {
  private func dispatch(to channel: Routing.Channel, attempt: Int = 1) throws -> Dispatch {
    let plain = Sample.dispatch("nt-1", to: channel)
    let recipient = try #require(Recipient(agency: "derby", role: plain.notification.role))
    return Dispatch(
      notification: plain.notification, channel: channel, attempt: attempt, at: plain.at,
      number: RecipientNumber(recipient: recipient, number: 42))
  }

  private func head(_ message: MIMEMessage) -> [String] {
    String(decoding: message.bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")[0].components(
      separatedBy: "\r\n")
  }

  @Test func everyMailSaysItsNumber() throws {
    let letter = MailLetter(
      gateway: .init(host: "gw.example", from: "waypost@gw.example"),
      links: AnswerLinks(key: try Sample.key(), address: "https://gw.example"))
    let mail = MailChannel(address: "front.door@derby.example")
    let dispatch = try dispatch(to: .mail(mail))
    let line = "X-Waypost-Sequence: derby:childrens-services.front-door 42"
    for message in [letter.full(dispatch, to: mail), letter.notice(dispatch, to: mail)] {
      #expect(head(message).count { $0 == line } == 1)
    }
    let unnumbered = letter.full(Sample.dispatch("nt-1", to: .mail(mail)), to: mail)
    #expect(!head(unnumbered).contains { $0.hasPrefix("X-Waypost-Sequence") })
  }

  /// What is signed is what is sent: the event with its number, the same on both attempts.
  @Test func aWebhookSaysItsNumberUnderItsSignature() async throws {
    try await Adapter.webhook.run { harness in
      for attempt in 1...2 {
        let outcome = await harness.transport.deliver(try dispatch(to: harness.channel, attempt: attempt))
        #expect(harness.isTaken(outcome), "\(outcome)")
      }
      // The sink has checked the signatures.
      #expect(try harness.arrived() == ["nt-1", "nt-1"])
      let contents = try #require(harness as? SinkHarness).contents()
      #expect(Set(contents).count == 1)
      let event = try JSONValue(parsing: try #require(contents.first))
      #expect(event["recipient"] == "derby:childrens-services.front-door" && event["sequence"] == "0000000042")
    }
  }

  @Test(arguments: DropFormat.allCases)
  func aDroppedFileSaysItsNumberAndIsTheSameEachTime(_ format: DropFormat) async throws {
    let harness = try DropHarness(format)
    defer { harness.scratch.remove() }
    let path = format == .json ? "\(harness.home)/nt-1.json" : "\(harness.home)/new/nt-1"
    var files: [Data] = []
    for attempt in 1...2 {
      #expect(harness.isTaken(await harness.transport.deliver(try dispatch(to: harness.channel, attempt: attempt))))
      files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    #expect(files[0] == files[1])
    let text = String(decoding: files[0], as: UTF8.self)
    guard format == .json else {
      #expect(text.contains("\r\nX-Waypost-Sequence: derby:childrens-services.front-door 42\r\n"))
      return
    }
    let event = try JSONValue(parsing: files[0])
    #expect(event["recipient"] == "derby:childrens-services.front-door" && event["sequence"] == "0000000042")
    #expect(event["id"] == "nt-1" && event["data"] != nil)
  }
}
