import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

@Suite struct NotifyTests {
  @Test(arguments: [
    ("team-only", Outcome.rejected(Fault(.refused, ""))), ("trial-mode", .rejected(Fault(.refused, ""))),
    ("forbidden", .rejected(Fault(.authentication, ""))),
    ("clock-off", .deferred(Fault(.authentication, ""), retryAfter: nil)),
    ("rate-limited", .deferred(Fault(.throttled, ""), retryAfter: nil)),
    ("rate-limited-7", .deferred(Fault(.throttled, ""), retryAfter: 7)),
    ("daily-limit", .deferred(Fault(.throttled, ""), retryAfter: nil)),
    ("broken", .deferred(Fault(.unavailable, ""), retryAfter: nil)),
  ])
  func answersMeanWhatTheyMean(_ local: String, _ expected: Outcome) async throws {
    let harness = try NotifyHarness()
    let outcome = await harness.transport.deliver(Sample.dispatch("nt-1", to: harness.to(local)))
    await harness.close()
    #expect(outcome == expected)
  }

  @Test func aClockThatIsOffCanBePutRight() {
    func outcome(_ date: String?) -> Outcome {
      NotifyTransport.outcome(.answered(status: 403, retryAfter: nil, date: date), at: Sample.now)
    }
    #expect(outcome(nil) == .rejected(Fault(.authentication, "")))
    #expect(outcome("Thu, 12 Nov 2026 12:00:09 GMT") == .rejected(Fault(.authentication, "")))
    #expect(outcome("Thu, 12 Nov 2026 12:00:40 GMT") == .deferred(Fault(.authentication, ""), retryAfter: nil))
    #expect(outcome("Thu, 12 Nov 2026 11:59:20 GMT") == .deferred(Fault(.authentication, ""), retryAfter: nil))
  }

  @Test(arguments: [
    "", "key", "my-key-\(NotifyHarness.service)", "\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0",
    "-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0",
    "k-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b",
    "k-\(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122bg",
    "k \(NotifyHarness.service)-3d844edf-8d35-48ac-975b-e847b4f122b0", "\(NotifyHarness.apiKey)-x",
  ])
  func keysAreReadStrictly(_ text: String) {
    #expect(throws: NotifySettings.Problem.apiKey) { try NotifySettings(apiKey: text) }
  }

  @Test func settingsAreReadStrictly() throws {
    #expect(try NotifySettings(apiKey: " \(NotifyHarness.apiKey)\n").service == NotifyHarness.service)
    for address in ["http://api.example", "https://", "https://api.example/v2", "https://user@api.example", "api"] {
      #expect(throws: NotifySettings.Problem.address) {
        try NotifySettings(baseURL: address, apiKey: NotifyHarness.apiKey)
      }
    }
    for token in ["", "short", "with a space in it"] {
      #expect(throws: NotifySettings.Problem.callbackToken) {
        try NotifySettings(apiKey: NotifyHarness.apiKey, callbackToken: token)
      }
    }
  }

  /// Made by another implementation (Python's hmac).
  @Test func tokensAreThoseOfTheStandard() throws {
    let settings = try NotifySettings(apiKey: NotifyHarness.apiKey)
    #expect(
      settings.token(at: Instant(seconds: 1_568_818_578))
        == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        + "eyJpYXQiOjE1Njg4MTg1NzgsImlzcyI6IjI2Nzg1YTA5LWFiMTYtNGViMC04NDA3LWEzNzQ5N2E1NzUwNiJ9."
        + "uL9PA6FeLyeIVhWLHfHrja0BKO_p0w7JGoBSBFdqcz4")
  }

  private let number = "740e5834-3a29-46b4-9a6f-16142fde533a"

  private func read(
    _ status: String, reference: String? = nil, authorization: String? = "Bearer callback-token"
  ) throws -> CallbackReading {
    let key = try Sample.key()
    let body: JSONValue = [
      "id": .string(number), "reference": .string(reference ?? key.tag("nt-1", channel: 2)),
      "to": "duty.inbox@derby.example", "status": .string(status), "created_at": "2026-11-12T12:00:00.000000Z",
      "completed_at": "2026-11-12T12:00:03.000000Z", "sent_at": .null, "notification_type": "email",
      "template_id": .string(NotifyHarness.template), "template_version": 1,
    ]
    return NotifyCallbacks(token: "callback-token", key: key).read(
      body: body.serializedBytes, authorization: authorization)
  }

  @Test(arguments: [
    ("delivered", ReceiptKind.delivered, String?.none), ("permanent-failure", .failed, "5.1.1"),
    ("temporary-failure", .failed, "4.2.2"), ("technical-failure", .failed, "4.3.0"),
  ])
  func callbacksBecomeReceipts(_ status: String, _ kind: ReceiptKind, _ code: String?) throws {
    let receipt = Receipt(kind, from: .notify, "\(status) (Notify \(number))", channel: 2)
    #expect(try read(status) == .report(ReceiptReport(notification: "nt-1", receipt: receipt, status: code)))
  }

  @Test(arguments: ["created", "sending", "duty.inbox@derby.example"])
  func otherStatusesChangeNothing(_ status: String) throws {
    guard case .ignored(let why) = try read(status) else {
      Issue.record("\(status) is not ignored")
      return
    }
    #expect(!why.contains("@"))
  }

  @Test(arguments: ["", "nt-1", "nt-1.2.aaaaaaaaaaaaaaaa", "nt-1.3.", "\u{1F9ED}"])
  func aReferenceOfSomebodyElseIsIgnored(_ reference: String) throws {
    #expect(try read("delivered", reference: reference) == .ignored("unknown reference"))
  }

  @Test(arguments: [nil, "", "callback-token", "Bearer ", "Bearer callback-toke", "Bearer callback-token ", "Basic x"])
  func withoutTheTokenNothingIsRead(_ authorization: String?) throws {
    #expect(try read("delivered", authorization: authorization) == .unauthorized)
  }

  @Test(arguments: ["", "{", "[]", "{}", "{\"id\":\"duty.inbox@derby.example\",\"status\":\"delivered\"}"])
  func nonsenseIsMalformedAndNotRepeated(_ body: String) throws {
    let key = try Sample.key()
    func read(_ token: String?) -> CallbackReading {
      NotifyCallbacks(token: token, key: key).read(body: Array(body.utf8), authorization: "Bearer callback-token")
    }
    guard case .malformed(let why) = read("callback-token") else {
      Issue.record("\(body) is taken")
      return
    }
    #expect(!why.contains("@"))
    #expect(read(nil) == .unauthorized)
  }
}
