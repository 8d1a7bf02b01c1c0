import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

@Suite struct WireTests {
  @Test(arguments: [200, 202, 204, 299])
  func accepted(_ status: Int) {
    let outcome = WebhookTransport.outcome(
      .answered(status: status, retryAfter: nil), at: instant("2026-01-01T00:00:00Z"))
    #expect(outcome == .accepted(Receipt(.accepted, from: .webhook, "HTTP \(status)")))
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
