import Delivery
import Foundation
import Routing
import Simulation
import TestKit
import Testing

@testable import Transports

/// What leaves as mail: well formed whatever it says, and silent about the child wherever anybody on the way can read.
@Suite struct MailTests {
  private let letter: MailLetter
  private let now = instant("2026-03-27T22:40:00Z")

  init() throws {
    let key = try #require(AnswerKey(secret: Array(repeating: 7, count: 32)))
    letter = MailLetter(
      gateway: .init(host: "gw.example", from: "waypost@gw.example", takesAnswers: true),
      links: AnswerLinks(key: key, address: "https://gw.example/"))
  }

  private func dispatch(_ notification: Delivery.Notification, channel: Int = 0) -> Dispatch {
    Dispatch(
      notification: notification, channel: notification.channels[channel], channelIndex: channel, attempt: 1, at: now)
  }

  private func mail(_ text: String, subject: String = "s", to address: String = "to@b.example") -> MailChannel {
    MailChannel(address: address, readReceipt: true)
  }

  private func message(_ text: String, subject: String = "s", body: String = "{}") -> Message {
    Message(subject: subject, text: text, html: "<html><body>\(text)</body></html>", body: body)
  }

  private func full(_ text: String, subject: String = "s", confirm: Routing.Confirmation = .acknowledged) -> MIMEMessage
  {
    let notification = owed(confirm: confirm, message: message(text, subject: subject))
    return letter.full(dispatch(notification), to: mail(text))
  }

  static let names = [
    "Llŷr Siôn ap Gwŷdd", "Żółć Gęślą-Jaźń", "عبد الرحمن بن محمد", "王小明 歐陽", "🦊👨‍👩‍👧‍👦 Zoë",
    String(repeating: "x", count: 2000), "bare\rcarriage\rreturns", "line\nfeeds\n.\n..\r\n.\r\n",
    "From nobody\n--mixed-nt-aaaaaaaaaaaaaaaaaaaaaaaaaa--\n", "trailing \t\n spaces \n",
    "\u{0}\u{1}\u{7f}\u{85}\u{2028}",
  ]

  @Test(arguments: names)
  func noLineIsTooLongAndEveryLineEndsProperly(_ text: String) {
    for message in [
      full(text, subject: text), letter.notice(dispatch(owed(message: self.message(text))), to: mail(text)),
    ] {
      let bytes = message.bytes
      for line in String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n") {
        #expect(line.utf8.count <= 998)
        #expect(!line.contains("\r") && !line.contains("\n"))
      }
      #expect(bytes.allSatisfy { $0 < 0x80 && $0 != 0 })
    }
  }

  /// Python's parser with the strictest policy, and every limit of RFC 5322, 2045 and 2047.
  @Test func theStrictestReaderFindsNoDefect() throws {
    let scratch = try Scratch("strict")
    defer { scratch.remove() }
    var files: [String] = []
    for (index, text) in MailTests.names.enumerated() {
      let picture = Data((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let body: JSONValue = [
        "data": ["child": ["photograph": .string("data:image/jpeg;base64,\(picture.base64EncodedString())")]]
      ]
      let withPicture =
        index == 0 ? body.serialized : JSONValue.object(["data": ["child": ["name": .string(text)]]]).serialized
      let notification = owed(confirm: .acknowledged, message: message(text, subject: text, body: withPicture))
      for (kind, made) in [
        ("full", letter.full(dispatch(notification), to: mail(text))),
        ("notice", letter.notice(dispatch(notification), to: mail(text))),
        ("code", letter.code("12345678", for: notification, to: mail(text), at: now)),
        ("late", letter.superseded(notification, by: text, to: mail(text), at: now)),
      ] {
        let file = "\(scratch.path)/\(index)-\(kind).eml"
        try Data(made.bytes).write(to: URL(fileURLWithPath: file))
        files.append(file)
      }
    }
    let result = try Shell.run("python3", ["\(Repository.root)/Tests/Support/strict_mail.py"] + files)
    #expect(result.status == 0, "\(result.output.prefix(2000))")
    #expect(result.output.contains(#""type": "image/jpeg""#))
    #expect(result.output.contains("Żółć") || result.output.contains(#"\u017b\u00f3\u0142\u0107"#))
  }

  private static let pieces = [
    "\r\n", "\n", "\r", "\u{0}", "Bcc: x@y.example", ": ", "é", "🦊", " ", "\u{1}", "\t", "a", "=?utf-8?B?", "<", ">",
    "\u{85}", "\u{2028}", "\r\n\r\n", "\r\n.\r\n", "RCPT TO:<x@y.example>", "@", ",", ";", "\"", "\\",
  ]

  /// Whatever reaches a header, no header line is added by it: every input of every kind of mail.
  @Test func headersCannotBeInjected() {
    var random = SeededRandom(42)
    func names(_ message: MIMEMessage) -> [String] {
      let head = String(decoding: message.bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")[0]
      return head.components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("\t") }
        .map { String($0.prefix { $0 != ":" }) }
    }
    func all(_ nasty: String, address: String) -> [MIMEMessage] {
      let notification = owed(confirm: .acknowledged, contact: nasty, message: message(nasty, subject: nasty))
      let channel = MailChannel(address: address, readReceipt: true)
      var redirected = letter.full(dispatch(notification), to: channel)
      redirected.fields.append(("X-Waypost-Intended", nasty))
      return [
        redirected, letter.notice(dispatch(notification), to: channel),
        letter.code(nasty, for: notification, to: channel, at: now),
        letter.superseded(notification, by: nasty, to: channel, at: now),
      ]
    }
    let expected = all("plain", address: "to@b.example").map(names)
    for _ in 0..<2000 {
      let nasty = (0..<8).map { _ in MailTests.pieces.randomElement(using: &random)! }.joined()
      #expect(all(nasty, address: nasty).map(names) == expected, "\(nasty.debugDescription)")
    }
  }

  /// Whatever reaches an SMTP command, no second command comes of it.
  @Test func commandsCannotBeInjected() {
    var random = SeededRandom(43)
    for _ in 0..<5000 {
      let nasty = (0..<6).map { _ in MailTests.pieces.randomElement(using: &random)! }.joined()
      guard let envelope = SMTPEnvelope(sender: "b@gw.example", recipient: nasty, identifier: nasty, content: [0x61])
      else { continue }
      var dialogue = SMTPDialogue(hostName: "gw.example")
      var sent: [UInt8] = []
      func send(_ actions: [SMTPDialogue.Action]) {
        for case .send(let bytes) in actions { sent += bytes }
      }
      send(dialogue.start())
      send(dialogue.submit(ticket: 1, envelope))
      send(dialogue.receive(Array("250-x\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250-SIZE 10000\r\n250 DSN\r\n".utf8)))
      let lines = String(decoding: sent, as: UTF8.self).components(separatedBy: "\r\n")
      #expect(lines.count == 5 && lines[1].hasPrefix("MAIL FROM:<b@gw.example>"), "\(nasty.debugDescription)")
      #expect(lines[2].hasPrefix("RCPT TO:<") && lines[3] == "DATA", "\(nasty.debugDescription)")
    }
  }

  @Test func aNoticeHoldsNothingButALink() {
    let secret = "Żółć Kowalska of Station Road"
    let notification = owed(message: message(secret, body: #"{"data":{"child":{"name":"\#(secret)"}}}"#))
    let text = String(decoding: letter.notice(dispatch(notification), to: mail(secret)).bytes, as: UTF8.self)
    let plain = text.replacingOccurrences(of: "=\r\n", with: "")
    #expect(plain.contains("https://gw.example/read/nt-aaaaaaaaaaaaaaaaaaaaaaaaaa.0."))
    for word in ["Kowalska", "Station", "missing", "Content-Disposition: attachment"] { #expect(!plain.contains(word)) }
  }

  @Test func onlyWhatNeedsAPersonsAnswerCarriesALink() {
    let asked = String(decoding: full("t").bytes, as: UTF8.self)
    let told = String(decoding: full("t", confirm: .delivered).bytes, as: UTF8.self)
    #expect(asked.contains("/acknowledge/nt-") && !told.contains("/acknowledge/"))
    #expect(asked.contains("Reply-To: <answer+nt-") && asked.contains("Disposition-Notification-To: <receipt+nt-"))
  }

  @Test func linksAndTagsAreBoundToWhatTheyAreFor() throws {
    let key = letter.links.key
    let tag = AnswerTag(notification: "nt-aaaaaaaaaaaaaaaaaaaaaaaaaa", channel: 2)
    let link = key.link(.acknowledge, tag, until: now.advanced(bySeconds: 60))
    #expect(key.read(link: link, for: .acknowledge, at: now) == .valid(tag))
    #expect(key.read(link: link, for: .read, at: now) == .forged)
    #expect(key.read(link: link, for: .acknowledge, at: now.advanced(bySeconds: 60)) == .expired(tag))
    #expect(key.read(link: link.replacingOccurrences(of: ".2.", with: ".1."), for: .acknowledge, at: now) == .forged)
    let other = try #require(AnswerKey(secret: Array(repeating: 8, count: 32)))
    #expect(other.read(link: link, for: .acknowledge, at: now) == .forged)
    #expect(key.read(tag: key.tag(tag.notification, channel: 2).uppercased()) == tag)
    #expect(other.read(tag: key.tag(tag.notification, channel: 2)) == nil)
    #expect(AnswerKey(secret: Array(repeating: 8, count: 31)) == nil)
  }
}
