import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// Mails of our own words say that it is a drill, as the messages themselves do.
@Suite struct DrillMailTests {
  private let now = instant("2026-03-27T22:40:00Z")
  private let channel = MailChannel(address: "to@b.example")

  private func mails(isExercise: Bool) throws -> [MIMEMessage] {
    let letter = MailLetter(
      gateway: .init(host: "gw.example", from: "waypost@gw.example", takesAnswers: true),
      links: AnswerLinks(key: try Sample.key(), address: "https://gw.example/"))
    let message = Message(subject: Drill.marked("A headline", isExercise), text: "t", html: "h", body: "{}")
    let notification = owed(message: message, isExercise: isExercise)
    let dispatch = Dispatch(
      notification: notification, channel: notification.channels[0], channelIndex: 0, attempt: 1, at: now)
    return [
      letter.notice(dispatch, to: channel), letter.code("12345678", for: notification, to: channel, at: now),
      letter.superseded(notification, by: "the night desk", to: channel, at: now),
    ]
  }

  @Test func aDrillsMailsSaySoInSubjectAndFirstLine() throws {
    for mail in try mails(isExercise: true) {
      #expect(mail.fields.first { $0.name == "Subject" }?.value.hasPrefix("EXERCISE: ") == true)
      #expect(mail.text.hasPrefix(Drill.banner) && mail.html.contains("<p>\(Drill.banner)</p>"))
    }
  }

  @Test func whatIsRealDoesNot() throws {
    for mail in try mails(isExercise: false) {
      #expect(!String(decoding: mail.bytes, as: UTF8.self).contains("EXERCISE"))
    }
  }
}
