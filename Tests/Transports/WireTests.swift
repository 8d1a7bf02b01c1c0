import Delivery
import Foundation
import Routing
import Simulation
import TestKit
import Testing

@testable import Transports

@Suite struct WireTests {
  private func message(subject: String = "s", text: String, to: String = "to@b.example") -> MIMEMessage {
    MIMEMessage(
      from: "waypost@gw.example", to: to, subject: subject, messageID: "nt-abc@gw.example",
      date: instant("2026-03-27T22:40:00Z"), text: text, html: "<p>\(text)</p>", attachment: "{\"a\":1}")
  }

  @Test func noLineIsTooLongAndEveryLineEndsProperly() {
    let long =
      String(repeating: "Zażółć gęślą jaźń 🦊 ", count: 200) + "\rbare\nlf" + String(repeating: "x", count: 2000)
    let bytes = message(subject: String(repeating: "Ünïcode ", count: 60), text: long).bytes
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.components(separatedBy: "\r\n") {
      #expect(line.utf8.count <= 998)
      #expect(!line.contains("\r") && !line.contains("\n"))
    }
    #expect(bytes.allSatisfy { $0 < 0x80 })
  }

  /// Whatever reaches a header, no header line is added by it.
  @Test func headersCannotBeInjected() {
    var random = SeededRandom(42)
    let pieces = [
      "\r\n", "\n", "\r", "\u{0}", "Bcc: x@y.example", ": ", "é", "🦊", " ", "\u{1}", "\t", "a", "=?utf-8?B?",
    ]
    let expected = headerNames(message(text: "t").bytes)
    for _ in 0..<2000 {
      let nasty = (0..<8).map { _ in pieces.randomElement(using: &random)! }.joined()
      var mail = message(subject: nasty, text: nasty)
      mail.extra = [("X-Waypost-Intended", nasty)]
      #expect(headerNames(mail.bytes).filter { $0 != "X-Waypost-Intended" } == expected, "\(nasty.debugDescription)")
    }
  }

  private func headerNames(_ bytes: [UInt8]) -> [String] {
    let head = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")[0]
    return head.components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("\t") }
      .map { String($0.prefix { $0 != ":" }) }
  }

  @Test(arguments: [200, 202, 204, 299])
  func accepted(_ status: Int) {
    let outcome = WebhookTransport.outcome(
      .answered(status: status, retryAfter: nil), at: instant("2026-01-01T00:00:00Z"))
    #expect(outcome == .accepted(Receipt(kind: .accepted, evidence: "HTTP \(status)")))
  }

  @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 599])
  func temporary(_ status: Int) {
    guard
      case .deferred(_, let pause) = WebhookTransport.outcome(
        .answered(status: status, retryAfter: "17"), at: instant("2026-01-01T00:00:00Z"))
    else {
      Issue.record("\(status) is not temporary")
      return
    }
    #expect(pause == 17)
  }

  @Test(arguments: [300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 410, 413, 422])
  func permanent(_ status: Int) {
    guard
      case .rejected(let fault) = WebhookTransport.outcome(
        .answered(status: status, retryAfter: nil), at: instant("2026-01-01T00:00:00Z"))
    else {
      Issue.record("\(status) is not permanent")
      return
    }
    #expect((fault.code == .gone) == (status == 410))
  }

  @Test func retryAfterAsADate() {
    #expect(RetryAfter.seconds("Thu, 01 Jan 2026 00:02:00 GMT", at: instant("2026-01-01T00:00:00Z")) == 120)
    #expect(RetryAfter.seconds("120", at: instant("2026-01-01T00:00:00Z")) == 120)
    #expect(RetryAfter.seconds("soon", at: instant("2026-01-01T00:00:00Z")) == nil)
  }

  @Test func webhookSecretsAreReadStrictly() {
    #expect(WebhookSecret("whsec_" + Data(repeating: 1, count: 24).base64EncodedString()) != nil)
    #expect(WebhookSecret("whsec_" + Data(repeating: 1, count: 23).base64EncodedString()) == nil)
    #expect(WebhookSecret(Data(repeating: 1, count: 24).base64EncodedString()) == nil)
  }
}
