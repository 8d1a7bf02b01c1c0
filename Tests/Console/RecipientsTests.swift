import Console
import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import NIOCore
import Routing
import TestKit
import Testing

/// The gateway as a recipient's system meets it: what it fetches, and what it states.
@Suite struct RecipientsTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  /// The sender's key, and one that answers for an agency that it tells.
  let own = SenderKey.generate()
  let health = SenderKey.generate()
  let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
  let other = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()

  init() throws { ledger = try SQLiteLedger() }

  /// A gateway that has accepted one event, and whom it tells.
  private func serve(
    _ body: @escaping @Sendable (any TestClientProtocol, [NotificationRecord]) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: logger)
    let sender = Sender(name: "test", authorities: [], types: [])
    try await ledger.addSender(sender, keyHash: SenderKey.hash(own), at: clock.now())
    try await ledger.addSender(
      Sender(name: "health", authorities: [], types: [], agencies: ["derby-health"]),
      keyHash: SenderKey.hash(health), at: clock.now())
    let data: JSONValue = [
      "child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02", "name": ["given": "Given-Word"]],
      "episode": ["risk": "high"],
    ]
    for (id, type) in [("1", "missing.reported"), ("2", "missing.categorised")] {
      let happened = event(type, at: "2026-11-12T11:59:00Z", id: id, data)
      _ = try await intake.submit(happened.cloudEvent, from: sender)
    }
    let told = try await ledger.notifications(NotificationFilter(limit: 1000))
    let secrets = ["derby": secret, "derbyshirepolice": other]
    let router = GatewayAPI.router(
      intake: intake, ledger: ledger, time: clock, outbox: Signal(), secrets: { secrets[$0] }, logger: logger)
    try await Application(router: router, logger: logger).test(.router) { try await body($0, told) }
  }

  private func get(
    _ client: any TestClientProtocol, _ uri: String, key: String
  ) async throws -> (status: Int, body: JSONValue) {
    try await client.execute(uri: uri, method: .get, headers: [.authorization: "Bearer \(key)"]) {
      (Int($0.status.code), try JSONValue(parsing: $0.body.readableBytesView))
    }
  }

  private func post(
    _ client: any TestClientProtocol, _ body: String, _ headers: HTTPFields
  ) async throws -> (status: Int, body: JSONValue) {
    try await client.execute(
      uri: "/v1/receipts", method: .post, headers: headers, body: ByteBuffer(string: body)
    ) { (Int($0.status.code), try JSONValue(parsing: $0.body.readableBytesView)) }
  }

  private func bearer(_ key: String) -> HTTPFields { [.authorization: "Bearer \(key)"] }

  private func signed(
    _ body: String, by secret: String, id: String = "msg-1", secondsAgo: Int64 = 0, _ extra: String = ""
  ) throws -> HTTPFields {
    let timestamp = clock.now().seconds - secondsAgo
    let key = try #require(WebhookSecret(secret))
    let code = key.signature(id: id, timestamp: timestamp, body: Array(body.utf8))
    var headers = HTTPFields()
    headers[try #require(HTTPField.Name("webhook-id"))] = id
    headers[try #require(HTTPField.Name("webhook-timestamp"))] = String(timestamp)
    headers[try #require(HTTPField.Name("webhook-signature"))] = extra + code
    return headers
  }

  private func first(_ told: [NotificationRecord], of agency: String) throws -> NotificationRecord {
    try #require(told.first { $0.notification.agency == agency })
  }

  /// A message that goes to a webhook with this secret.
  private func webhook(_ told: [NotificationRecord], _ name: String) throws -> String {
    try #require(told.first { $0.notification.channels.contains { $0.sharedSecret == name } }).notification.id
  }

  private func state(_ id: String) async throws -> NotificationState? { try await ledger.notification(id)?.state }

  // MARK: What it missed

  @Test func aRecipientFetchesWhatItMissed() async throws {
    try await serve { client, told in
      let record = try first(told, of: "derby-health")
      let recipient = try #require(Recipient(agency: "derby-health", role: record.notification.role))
      let list = try await get(client, "/v1/recipients", key: health).body["recipients"]?.items ?? []
      #expect(list.allSatisfy { $0["recipient"]?.text?.hasPrefix("derby-health:") == true })
      let highest = list.first { $0["recipient"]?.text == recipient.id }?["highest"]
      let path = "/v1/recipients/\(recipient.id)/messages"
      let answer = try await get(client, path, key: health)
      #expect(answer.status == 200 && answer.body["highest"] == highest && answer.body["next"]?.isNull == true)
      let messages = answer.body["messages"]?.items ?? []
      let expected = told.filter { $0.notification.agency == "derby-health" }
        .filter { $0.notification.role == recipient.role && $0.state == .queued }
      #expect(messages.compactMap { $0["id"]?.text } == expected.map(\.notification.id))
      #expect(!messages.isEmpty && highest == .number(Double(messages.count)))
      for (index, message) in messages.enumerated() {
        #expect(message["sequence"] == .number(Double(index + 1)))
        #expect(message["event"]?["id"] == message["id"] && message["event"]?["recipient"]?.text == recipient.id)
        #expect(message["event"]?["sequence"]?.text.flatMap { Int($0) } == index + 1)
      }
      let rest = try await get(client, path + "?after=1", key: health).body
      #expect(rest["messages"]?.items?.count == messages.count - 1)
      let page = try await get(client, path + "?limit=1", key: health).body
      #expect(page["next"] == (messages.count > 1 ? .number(1) : .null))
      // A colon may be written either way; nobody reads without a trace.
      let encoded = try await get(client, path.replacingOccurrences(of: ":", with: "%3A"), key: health)
      #expect(encoded.status == 200)
      let audit = try await ledger.audit(of: recipient.id)
      #expect(audit.map(\.kind) == Array(repeating: "fetched", count: 4))
      #expect(audit.allSatisfy { $0.detail.hasPrefix("health,") })
    }
  }

  @Test func nobodyElseReadsIt() async throws {
    try await serve { client, told in
      let role = try first(told, of: "derby-health").notification.role
      let path = "/v1/recipients/derby-health:\(role)/messages"
      // Not even who sent the event.
      #expect(try await get(client, path, key: own).status == 404)
      #expect(try await get(client, "/v1/recipients", key: own).body["recipients"]?.items?.isEmpty == true)
      for id in ["derby:iro", "derby-health", "derby-health:family.parents", "%zz", "derby-health:%ff"] {
        #expect(try await get(client, "/v1/recipients/\(id)/messages", key: health).status == 404, "\(id)")
      }
      #expect(try await get(client, path, key: "wpk_wrong").status == 401)
      for query in ["after=-1", "after=x", "limit=0", "limit=1001"] {
        #expect(try await get(client, "\(path)?\(query)", key: health).status == 400, "\(query)")
      }
    }
  }

  @Test func whatWasCancelledIsNamedAndNotShown() async throws {
    try await serve { client, told in
      let record = try first(told, of: "derby-health")
      let path = "/v1/recipients/derby-health:\(record.notification.role)/messages"
      _ = try await get(client, path, key: health)
      #expect(
        try await ledger.act(.cancel, on: record.notification.id, at: clock.now(), by: "t", reason: "wrong child"))
      let message = try #require(try await get(client, path, key: health).body["messages"]?.items?.first)
      #expect(message["state"] == "cancelled" && message["event"] == nil && message["sequence"] == 1)
    }
  }

  // MARK: What it states

  @Test func aKeyOfTheAgencyStatesReceiptsOnce() async throws {
    try await serve { client, told in
      let id = try first(told, of: "derby-health").notification.id
      for kind in ["delivered", "read", "acknowledged"] {
        let body = #"{"notification": "\#(id)", "kind": "\#(kind)", "at": "2026-11-12T11:59:30Z", "by": "Ward 3"}"#
        let answer = try await post(client, body, bearer(health))
        #expect(answer.status == 200 && answer.body["result"] == "recorded")
        #expect(try await answer.body["state"]?.text == state(id)?.rawValue && answer.body["notification"]?.text == id)
        let count = try await ledger.receipts(of: id).count
        clock.advance(bySeconds: 60)
        let again = try await post(client, body, bearer(health))
        #expect(again.status == 200 && again.body["result"] == "known")
        #expect(try await ledger.receipts(of: id).count == count)
      }
      #expect(try await state(id) == .acknowledged)
      let promise = #"""
        [{"notification": "\#(id)", "kind": "action-stated", "willDo": "ring home", "until": "2026-11-12T12:30:00Z"}]
        """#
      #expect(try await post(client, promise, bearer(health)).body.items?.first?["result"] == "recorded")
      let checkAt = try await ledger.notification(id)?.notification.checkAt
      #expect(checkAt == instant("2026-11-12T12:30:00Z"))
      // Said again after its time it is still known; a new one of the kind is refused.
      clock.advance(to: instant("2026-11-12T13:00:00Z"))
      #expect(try await post(client, promise, bearer(health)).body.items?.first?["result"] == "known")
      let late = promise.replacingOccurrences(of: "ring home", with: "ring again")
      #expect(try await post(client, late, bearer(health)).status == 422)
      let kinds = try await ledger.receipts(of: id).map(\.receipt.kind)
      #expect(kinds == [.queued, .delivered, .read, .acknowledged, .acknowledged, .actionStated])
    }
  }

  @Test func somebodyElsesIsRefusedAndAuditedAndNothingIsKept() async throws {
    try await serve { client, told in
      let record = try first(told, of: "derby-health")
      let mine = record.notification.id
      let theirs = try first(told, of: "derbyshire-police").notification.id
      let unknown = "nt-" + String(repeating: "a", count: 26)
      for foreign in [theirs, unknown, "anything at all"] {
        let items = [mine, foreign].map { #"{"notification": "\#($0)", "kind": "read"}"# }.joined(separator: ",")
        let answer = try await post(client, "[\(items)]", bearer(health))
        // One answer for what is somebody else's and what does not exist.
        #expect(answer.status == 403)
        #expect(answer.body["errors"]?.items?.compactMap { $0["pointer"]?.text } == ["1.notification"])
        #expect(!answer.body.serialized.contains(foreign))
      }
      #expect(try await state(mine) == record.state)
      for id in [theirs, unknown] {
        let entries = try await ledger.audit(of: id).filter { $0.kind == "receipt-refused" }
        #expect(entries.map(\.detail) == ["health"])
      }
      #expect(try await ledger.audit(of: "anything at all").isEmpty)
    }
  }

  @Test func whatIsWrongIsNamedAndNothingIsKept() async throws {
    try await serve { client, told in
      let record = try first(told, of: "derby-health")
      let id = record.notification.id
      let wrong = #"""
        [{"notification": "\#(id)", "kind": "read"}, {"notification": "\#(id)", "kind": "queued", "at": "now"},
         {"kind": "action-stated"}, {"notification": "\#(id)", "kind": "read", "willDo": "x", "colour": "red"},
         {"notification": "\#(id)", "kind": "read", "at": "2026-11-12T13:00:00Z", "by": "a\nb"}, 7]
        """#
      let answer = try await post(client, wrong, bearer(health))
      #expect(answer.status == 422)
      let pointers = Set(answer.body["errors"]?.items?.compactMap { $0["pointer"]?.text } ?? [])
      #expect(
        pointers == [
          "1.kind", "1.at", "2.notification", "2.willDo", "3.willDo", "3.colour", "4.at", "4.by", "5",
        ])
      #expect(try await state(id) == record.state)
      #expect(try await post(client, "{", bearer(health)).status == 400)
      #expect(try await post(client, "[]", bearer(health)).status == 422)
      let many = Array(repeating: #"{"notification": "\#(id)", "kind": "read"}"#, count: 501).joined(separator: ",")
      #expect(try await post(client, "[\(many)]", bearer(health)).status == 422)
      #expect(try await post(client, String(repeating: " ", count: 2_000_000), bearer(health)).status == 413)
      #expect(try await post(client, "{}", [:]).status == 401)
    }
  }

  @Test func whatWasTakenBackHasEnded() async throws {
    try await serve { client, told in
      let id = try first(told, of: "derby-health").notification.id
      #expect(try await ledger.act(.cancel, on: id, at: clock.now(), by: "t", reason: "r"))
      let answer = try await post(client, #"{"notification": "\#(id)", "kind": "acknowledged"}"#, bearer(health))
      #expect(answer.status == 200 && answer.body["result"] == "ended" && answer.body["state"] == "cancelled")
    }
  }

  // MARK: Signed

  @Test func aReceiptIsBelievedThatTheWebhooksSecretSigns() async throws {
    try await serve { client, told in
      let id = try webhook(told, "derby")
      let body = #"{"notification": "\#(id)", "kind": "acknowledged"}"#
      let wrongFirst = try signed(body, by: secret, "v1,\(Data(count: 32).base64EncodedString()) ")
      #expect(try await post(client, body, wrongFirst).body["result"] == "recorded")
      #expect(try await state(id) == .acknowledged)
      let count = try await ledger.receipts(of: id).count
      clock.advance(bySeconds: 60)
      #expect(try await post(client, body, try signed(body, by: secret)).body["result"] == "known")
      #expect(try await ledger.receipts(of: id).count == count)
    }
  }

  @Test func aSignatureThatIsOldOrSomebodyElsesIsNotBelieved() async throws {
    try await serve { client, told in
      let id = try webhook(told, "derby")
      let body = #"{"notification": "\#(id)", "kind": "acknowledged"}"#
      let replayed = try signed(body, by: secret)
      clock.advance(bySeconds: 301)
      #expect(try await post(client, body, replayed).status == 401)
      #expect(try await post(client, body, try signed(body, by: secret, secondsAgo: -301)).status == 401)
      #expect(try await post(client, body, try signed(body + " ", by: secret)).status == 401)
      var far = try signed(body, by: secret)
      far[try #require(HTTPField.Name("webhook-timestamp"))] = String(Int64.min)
      #expect(try await post(client, body, far).status == 401)
      // The police sign with a secret that is good for their own messages.
      #expect(try await post(client, body, try signed(body, by: other)).status == 401)
      let refused = try await ledger.audit(of: id).filter { $0.kind == "receipt-refused" }
      #expect(refused.count == 2 && refused.allSatisfy { $0.detail.contains("a signature that does not hold") })
      let theirs = try webhook(told, "derbyshirepolice")
      let both = #"[{"notification": "\#(theirs)", "kind": "read"}, \#(body)]"#
      #expect(try await post(client, both, try signed(both, by: other)).status == 403)
      #expect(try await ledger.audit(of: id).last?.detail == "webhook derbyshirepolice")
      for id in [id, theirs] { #expect(try await ledger.receipts(of: id).map(\.receipt.kind) == [.queued]) }
      // A message that nobody knows answers as a bad signature does.
      let unknown = #"{"notification": "nt-unknown", "kind": "read"}"#
      #expect(try await post(client, unknown, try signed(unknown, by: secret)).status == 401)
    }
  }

  @Test func whoeverGuessesSignaturesIsSlowedDownAndFillsNoAudit() async throws {
    try await serve { client, told in
      let id = try webhook(told, "derby")
      let body = #"{"notification": "\#(id)", "kind": "acknowledged"}"#
      let unknown = #"{"notification": "nt-unknown", "kind": "acknowledged"}"#
      func guess(_ body: String) async throws -> (status: Int, wait: String?) {
        try await client.execute(
          uri: "/v1/receipts", method: .post, headers: try signed(body, by: other), body: ByteBuffer(string: body)
        ) { (Int($0.status.code), $0.headers[.retryAfter]) }
      }
      func audited(_ kind: String) async throws -> Int {
        try await ledger.audit(after: 0, limit: 10_000).count { $0.kind == kind }
      }
      // A message that exists and one that does not count alike.
      for number in 0..<30 { #expect(try await guess(number < 20 ? body : unknown).status == 401, "\(number)") }
      for number in 0..<100 {
        let answer = try await guess(number < 50 ? body : unknown)
        #expect(answer.status == 429 && answer.wait == "2", "\(number)")
      }
      #expect(try await audited("receipt-refused") == 20)
      #expect(try await audited("refused") == RefusalLog.linesAMinute)
      #expect(try await ledger.receipts(of: id).map(\.receipt.kind) == [.queued])
      // In time it may guess again, one at a time.
      clock.advance(bySeconds: 2)
      #expect(try await guess(body).status == 401)
      #expect(try await guess(body).status == 429)
      #expect(try await audited("receipt-refused") == 21)
      // Whoever signs rightly behind the same address is heard all the same.
      #expect(try await post(client, body, try signed(body, by: secret)).body["result"] == "recorded")
    }
  }

  /// The library with which recipients sign is not ours.
  @Test func aStandardLibrarySignsReceipts() async throws {
    let python = "\(Repository.root)/.venv/bin/python"
    try await serve { client, told in
      let id = try webhook(told, "derby")
      let body = #"{"notification": "\#(id)", "kind": "acknowledged", "by": "Front door"}"#
      let script = "\(Repository.root)/Tests/Support/sign_receipt.py"
      let timestamp = clock.now().seconds
      let made = try Shell.run(python, [script, secret, "msg-7", "\(timestamp)"], input: body)
      #expect(made.status == 0)
      var headers = try signed(body, by: secret, id: "msg-7")
      headers[try #require(HTTPField.Name("webhook-signature"))] = made.output
      #expect(try await post(client, body, headers).body["result"] == "recorded")
      #expect(try await state(id) == .acknowledged)
      let receipt = try await ledger.receipts(of: id).last?.receipt
      #expect(receipt?.evidence == "Front door" && receipt?.source == .api && receipt?.channel != nil)
    }
  }
}
