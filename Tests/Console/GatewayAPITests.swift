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

/// The front door as a sender meets it.
@Suite struct GatewayAPITests {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let key = SenderKey.generate()

  init() throws {
    scratch = try Scratch("api")
    ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
  }

  private func serve(
    limitedTo sender: Sender = Sender(name: "test", authorities: [], types: []),
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    defer { scratch.remove() }
    try await ledger.addSender(sender, keyHash: SenderKey.hash(key), at: clock.now())
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let outbox = Signal()
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: outbox, agenda: Signal(),
      logger: logger)
    let router = GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: outbox)
    try await Application(router: router, logger: logger).test(.router) { try await body($0) }
  }

  private func headers(_ type: String = "application/cloudevents+json", key: String? = nil) -> HTTPFields {
    [.authorization: "Bearer \(key ?? self.key)", .contentType: type]
  }

  private func event(_ id: String = "1", _ data: JSONValue = [:]) -> JSONValue {
    let base: JSONValue = ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    return TestKit.event("missing.reported", at: "2026-11-12T11:59:00Z", id: id, base.merged(with: data)).cloudEvent
  }

  private func post(
    _ client: any TestClientProtocol, _ body: [UInt8], _ headers: HTTPFields? = nil
  ) async throws -> (status: Int, body: JSONValue) {
    try await client.execute(
      uri: "/v1/events", method: .post, headers: headers ?? self.headers(), body: ByteBuffer(bytes: body)
    ) { response in
      (Int(response.status.code), try JSONValue(parsing: response.body.readableBytesView))
    }
  }

  private func expect(
    _ status: Int, _ client: any TestClientProtocol, _ body: [UInt8], _ headers: HTTPFields? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await post(client, body, headers)
    #expect(answer.status == status, sourceLocation: sourceLocation)
  }

  private func get(_ client: any TestClientProtocol, _ uri: String, key: String? = nil) async throws -> (
    status: Int, body: JSONValue
  ) {
    try await client.execute(uri: uri, method: .get, headers: headers(key: key)) { response in
      (Int(response.status.code), try JSONValue(parsing: response.body.readableBytesView))
    }
  }

  @Test func anEventIsAcceptedOnceAndCanBeLookedUp() async throws {
    try await serve { client in
      let first = try await post(client, event().serializedBytes)
      #expect(first.status == 202)
      let id = try #require(first.body["id"]?.text)
      #expect(first.body["plan"] == .string("/v1/events/\(id)/plan"))
      guard case .number(let count) = first.body["notifications"] else {
        Issue.record("no count")
        return
      }
      #expect(count > 3)
      let again = try await post(client, event().serializedBytes)
      #expect(again.status == 202 && again.body == first.body)
      let shown = try await get(client, "/v1/events/\(id)")
      #expect(shown.status == 200 && shown.body["notifications"]?.items?.count == Int(count))
      let item = try #require(shown.body["notifications"]?.items?.first)
      for member in ["id", "role", "of", "agency", "channel", "state"] { #expect(item[member] != nil, "\(member)") }
      let plan = try await get(client, "/v1/events/\(id)/plan")
      #expect(plan.body["tells"]?.items?.count == Int(count))
      #expect(plan.body["assumed"]?.items?.isEmpty == false)
    }
  }

  @Test func binaryAndBatchedContent() async throws {
    try await serve { client in
      var binary = headers("application/json")
      binary[HTTPField.Name("ce-specversion")!] = "1.0"
      binary[HTTPField.Name("ce-id")!] = "b%201"
      binary[HTTPField.Name("ce-source")!] = "test"
      binary[HTTPField.Name("ce-type")!] = "waypost.missing.reported"
      binary[HTTPField.Name("ce-subject")!] = "EP-B"
      binary[HTTPField.Name("ce-time")!] = "2026-11-12T11:59:00Z"
      let data = event()["data"] ?? [:]
      let answer = try await post(client, data.serializedBytes, binary)
      #expect(answer.status == 202)
      #expect(try await ledger.eventRecord(source: "test", id: "b 1") != nil)
      // A drill whose mark cannot be read is no real event.
      binary[try #require(HTTPField.Name("ce-exercise"))] = "TRUE"
      binary[try #require(HTTPField.Name("ce-id"))] = "drill"
      #expect(try await post(client, data.serializedBytes, binary).status == 422)
      // Nor one with two marks.
      binary[try #require(HTTPField.Name("ce-exercise"))] = "true"
      binary.append(HTTPField(name: try #require(HTTPField.Name("ce-exercise")), value: "false"))
      #expect(try await post(client, data.serializedBytes, binary).status == 400)
      #expect(try await ledger.eventRecord(source: "test", id: "drill") == nil)
      let batch = JSONValue.array([event("x"), event("y")])
      let both = try await post(client, batch.serializedBytes, headers("application/cloudevents-batch+json"))
      #expect(both.status == 202 && both.body.items?.count == 2)
      let spoiled = JSONValue.array([event("z"), ["specversion": "1.0"]])
      let refused = try await post(client, spoiled.serializedBytes, headers("application/cloudevents-batch+json"))
      #expect(refused.status == 422)
      #expect(try await ledger.eventRecord(source: "test", id: "z") == nil)
    }
  }

  @Test func badInputIsNamedAndNothingIsKept() async throws {
    try await serve { client in
      try await expect(400, client, Array("{\"a\":".utf8))
      try await expect(400, client, [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
      // UTF-16, in which a letter holds a brace's byte, is not UTF-8 although its bytes are.
      try await expect(400, client, "[\"\u{2200}\u{7d00}\"]".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] })
      try await expect(415, client, event().serializedBytes, headers("text/plain"))
      try await expect(413, client, Array(repeating: 0x20, count: 10_000_000))
      let wrong = try await post(
        client,
        event(
          "1",
          ["child": ["dateOfBirth": "1/2/2012", "placement": ["awayNoticeHours": 90]], "episode": ["risk": "huge"]]
        ).serializedBytes)
      #expect(wrong.status == 422)
      let pointers = wrong.body["errors"]?.items?.compactMap { $0["pointer"]?.text } ?? []
      #expect(Set(pointers) == ["data.child.dateOfBirth", "data.child.placement.awayNoticeHours", "data.episode.risk"])
      #expect(wrong.body["errors"]?.items?.allSatisfy { $0["remedy"]?.text?.isEmpty == false } == true)
      let unknown = try await post(client, event().merged(with: ["type": "waypost.missing.repotred"]).serializedBytes)
      #expect(unknown.status == 422)
      #expect(unknown.body["errors"]?.items?.first?["remedy"]?.text?.contains("waypost.missing.reported") == true)
      #expect(try await ledger.counts().isEmpty)
    }
  }

  @Test func theSameKeyWithAnotherBodyIsAConflict() async throws {
    try await serve { client in
      try await expect(202, client, event().serializedBytes)
      try await expect(409, client, event("1", ["episode": ["risk": "low"]]).serializedBytes)
    }
  }

  @Test func whatTheContractAcceptsIsAcceptedLoudly() async throws {
    try await serve { client in
      func warnings(_ id: String, _ child: JSONValue) async throws -> String {
        let document = TestKit.event(
          "missing.reported", at: "2026-11-12T11:59:00Z", subject: "EP-\(id)", id: id, ["child": child]
        ).cloudEvent
        let answer = try await post(client, document.serializedBytes)
        #expect(answer.status == 202)
        return answer.body["warnings"]?.items?.compactMap(\.text).joined(separator: "; ") ?? ""
      }
      #expect(try await warnings("a", ["id": "A", "livesIn": "derby", "dateOfBirth": "1990-01-01"]).contains("adult"))
      #expect(try await warnings("b", ["id": "B", "livesIn": "kirklees"]).contains("no pack in scope"))
      let school: JSONValue = [
        "id": "S", "livesIn": "luton", "dateOfBirth": "2013-10-01", "education": "on-roll", "school": "urn:999999",
      ]
      #expect(try await warnings("c", school).contains("cannot be resolved"))
      let unroutable = try await ledger.notifications(NotificationFilter(episode: "EP-c", states: [.unroutable]))
      #expect(unroutable.contains { $0.notification.agency == "urn:999999" })
      #expect(try await ledger.alarms(after: 0, limit: 10).contains { $0.alarm.kind == .unroutable })
    }
  }

  @Test func whoMayDoWhat() async throws {
    let limited = Sender(name: "luton-only", authorities: ["luton"], types: ["missing.*"])
    try await serve(limitedTo: limited) { client in
      try await expect(401, client, event().serializedBytes, headers(key: "wpk_wrong"))
      try await expect(401, client, event().serializedBytes, [.contentType: "application/cloudevents+json"])
      try await expect(403, client, event().serializedBytes)
      let other = TestKit.event(
        "placement.started", at: "2026-11-12T11:59:00Z", ["child": ["id": "L", "livesIn": "luton"]])
      try await expect(403, client, other.cloudEvent.serializedBytes)
    }
  }

  @Test func nobodySeesAnotherSendersEvents() async throws {
    try await serve { client in
      let other = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: "other", authorities: [], types: []), keyHash: SenderKey.hash(other), at: clock.now())
      let id = try #require(try await post(client, event().serializedBytes).body["id"]?.text)
      let notification = try #require(try await ledger.notifications(NotificationFilter(event: id)).first).notification
        .id
      for uri in [
        "/v1/events/\(id)", "/v1/events/\(id)/plan", "/v1/notifications/\(notification)", "/v1/episodes/EP-1",
      ] {
        #expect(try await get(client, uri).status == 200, "\(uri)")
        #expect(try await get(client, uri, key: other).status == 404, "\(uri)")
      }
      #expect(try await get(client, "/v1/notifications", key: other).body["notifications"]?.items?.isEmpty == true)
      #expect(try await get(client, "/v1/duties", key: other).body["duties"]?.items?.isEmpty == true)
    }
  }

  /// Ids follow from what they name, so that somebody else's can be guessed: as a place in a list it tells nothing.
  @Test func somebodyElsesMessageIsNoPlaceInAList() async throws {
    try await serve { client in
      let other = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: "other", authorities: [], types: []), keyHash: SenderKey.hash(other), at: clock.now())
      let own = TestKit.event(
        "missing.reported", at: "2026-11-12T11:59:00Z", subject: "EP-2", id: "2",
        ["child": ["id": "C-2", "livesIn": "derby", "dateOfBirth": "2012-01-02"]])
      try await expect(202, client, own.cloudEvent.serializedBytes, headers(key: other))
      try await expect(202, client, event().serializedBytes)
      let strange = try #require(try await ledger.notifications(NotificationFilter(episode: "EP-1")).last)
      let unknown = try await get(client, "/v1/notifications?after=nt-none", key: other).body
      let guessed = try await get(
        client, "/v1/notifications?after=\(strange.notification.id)", key: other
      ).body
      #expect(guessed == unknown && guessed["notifications"]?.items?.isEmpty == false)
    }
  }

  @Test func pagingGivesEachNotificationOnce() async throws {
    try await serve { client in
      _ = try await post(client, event().serializedBytes)
      var seen: [String] = []
      var after = ""
      repeat {
        let page = try await get(client, "/v1/notifications?limit=2\(after)")
        seen += page.body["notifications"]?.items?.compactMap { $0["id"]?.text } ?? []
        after = page.body["next"]?.text.map { "&after=\($0)" } ?? ""
      } while !after.isEmpty
      let all = try await ledger.notifications(NotificationFilter(limit: 1000)).map(\.notification.id)
      #expect(seen == all)
    }
  }

  @Test func otherMethodsAndPathsAreProblemsToo() async throws {
    try await serve { client in
      try await client.execute(uri: "/v1/events", method: .delete, headers: headers()) { response in
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == "POST")
        #expect(response.headers[.contentType] == "application/problem+json")
      }
      try await client.execute(uri: "/v1/nothing", method: .get, headers: headers()) { response in
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "application/problem+json")
      }
      try await client.execute(uri: "/healthz", method: .get) { #expect($0.status == .ok) }
      try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .ok) }
      try await client.execute(uri: "/metrics", method: .get) { response in
        #expect(String(buffer: response.body).hasSuffix("# EOF\n"))
      }
    }
  }

  @Test func aMessageIsAcknowledgedByWhoeverIsEntitledTo() async throws {
    try await serve { client in
      _ = try await client.post(event("1", ["episode": ["risk": "high"]]), headers())
      let ids = try await client.get("/v1/notifications", headers()).members("notifications").compactMap {
        $0["id"]?.text
      }
      let id = try #require(ids.first)
      let words = #"{"by": "Duty inspector", "willDo": "search the park", "until": "2026-11-12T13:00:00Z"}"#
      let done = try await client.act("/v1/notifications/\(id)/acknowledge", words, headers())
      #expect(done.status == .ok && done.body["state"]?.text == "acknowledged")
      #expect(
        Set(done.body["receipts"]?.items?.compactMap { $0["kind"]?.text } ?? []) == [
          "queued", "acknowledged", "action-stated",
        ])
      // Nothing said is enough; what is wrong is named, all of it.
      #expect(try await client.act("/v1/notifications/\(ids[1])/acknowledge", "", headers()).status == .ok)
      let wrong = try await client.act(
        "/v1/notifications/\(id)/acknowledge", #"{"by": 3, "until": "yesterday", "when": 1}"#, headers())
      #expect(wrong.status == .unprocessableContent && wrong.body["errors"]?.items?.count == 3)
      let huge = String(repeating: "a", count: 20_000)
      for path in ["acknowledge", "cancel"] {
        #expect(try await client.act("/v1/notifications/\(id)/\(path)", huge, headers()).status == .contentTooLarge)
      }
      #expect(try await client.act("/v1/notifications/nt-none/acknowledge", "", headers()).status == .notFound)
      // Another system sees the messages of its own agency and no others.
      let health = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: "health", authorities: [], types: [], agencies: ["derby-health"]),
        keyHash: SenderKey.hash(health), at: clock.now())
      let records = try await ledger.notifications(NotificationFilter(limit: 100))
      let own = try #require(records.first { $0.notification.agency == "derby-health" })
      let other = try #require(records.first { $0.notification.agency == "derbyshire-police" })
      let theirs = headers(key: health)
      #expect(
        try await client.act("/v1/notifications/\(own.notification.id)/acknowledge", "", theirs).status == .ok)
      #expect(
        try await client.act("/v1/notifications/\(other.notification.id)/acknowledge", "", theirs).status == .notFound)
      #expect(
        try await client.act("/v1/notifications/\(own.notification.id)/cancel", "", theirs).status == .forbidden)
    }
  }

  /// What a family is told stands under the agency that has their case, whose system must not take it off the outbox.
  @Test func theFamilysMessageIsNotTheAgencys() async throws {
    try await serve { client in
      let event = TestKit.event(
        "missing.categorised", at: "2026-11-12T11:59:00Z",
        [
          "child": [
            "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-10-01",
            "contacts": [["role": "family.parents", "name": "Marigold Quill", "email": "marigold@family.example"]],
          ], "episode": ["risk": "medium", "reportedToPolice": true],
        ])
      _ = try await client.post(event.cloudEvent, headers())
      let records = try await ledger.notifications(NotificationFilter(limit: 100))
      let family = try #require(records.first { $0.notification.role == "family.parents" }).notification
      #expect(family.agency == "derby")
      let key = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: "derby", authorities: [], types: [], agencies: ["derby"]), keyHash: SenderKey.hash(key),
        at: clock.now())
      let theirs = headers(key: key)
      let seen = try await client.get("/v1/notifications", theirs).members("notifications").compactMap {
        $0["role"]?.text
      }
      #expect(!seen.isEmpty && !seen.contains("family.parents"))
      for path in ["/v1/notifications/\(family.id)", "/v1/notifications/\(family.id)/acknowledge"] {
        let answer =
          path.hasSuffix("acknowledge") ? try await client.act(path, "", theirs) : try await client.get(path, theirs)
        #expect(answer.status == .notFound, "\(path)")
      }
      let changes = try await ledger.changes(after: 0, scope: .only(sender: nil, agencies: ["derby"]), limit: 500).list
      #expect(!changes.isEmpty && !changes.contains { $0.identifier == family.id })
      #expect(try await client.get("/v1/notifications/\(family.id)", headers()).status == .ok)
    }
  }

  @Test func aDutyIsCompletedOnce() async throws {
    try await serve { client in
      let base: JSONValue = [
        "child": ["id": "C-1", "livesIn": "derby", "lookedAfterBy": "derby", "placement": ["kind": "foster"]],
        "episode": ["risk": "medium"],
      ]
      let back = TestKit.event("child.returned", at: "2026-11-12T11:59:00Z", id: "r", base).cloudEvent
      _ = try await client.post(back, headers())
      let duty = try #require(try await client.get("/v1/duties", headers()).members("duties").first)
      let path = "/v1/duties/\(duty["id"]?.text ?? "")/complete"
      let done = try await client.act(path, #"{"by": "A worker", "evidence": "form 7"}"#, headers())
      #expect(done.status == .ok && done.body["state"]?.text == "fulfilled")
      #expect(try await client.act(path, "", headers()).status == .conflict)
      #expect(try await client.act(path, #"{"willDo": "x"}"#, headers()).status == .unprocessableContent)
    }
  }

  @Test func aKeyOfAnotherAuthorityAnswersForNobodyElse() async throws {
    let limited = Sender(name: "test", authorities: ["derby"], types: [])
    try await serve(limitedTo: limited) { client in
      _ = try await client.post(event(), headers())
      let records = try await ledger.notifications(NotificationFilter(limit: 100))
      for (agency, status) in [("derby", HTTPResponse.Status.ok), ("derbyshire-police", .forbidden)] {
        let record = try #require(records.first { $0.notification.agency == agency })
        let path = "/v1/notifications/\(record.notification.id)/acknowledge"
        #expect(try await client.act(path, "", headers()).status == status)
      }
    }
  }

  /// A photograph of 2 MB goes on its way as a picture, one of 15 MB is refused with the limit.
  @Test func aPhotographIsTakenUpToTheLimit() async throws {
    try await serve { client in
      func picture(_ bytes: Int) -> JSONValue {
        let data = Data((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }).base64EncodedString()
        return ["child": ["photograph": .string("data:image/jpeg;base64," + data)]]
      }
      let taken = try await post(client, event("2", picture(2_000_000)).serializedBytes)
      #expect(taken.status == 202 && taken.body["warnings"]?.serialized.contains("photograph") == false)
      let refused = try await post(client, event("15", picture(15_000_000)).serializedBytes)
      #expect(refused.status == 413 && refused.body["detail"]?.text?.contains("4194304") == true)
      let odd = try await post(
        client, event("3", ["child": ["photograph": "data:text/html;base64,PGI+"]]).serializedBytes)
      #expect(odd.body["warnings"]?.serialized.contains("photograph") == true)
    }
    // What the recipients who may see it read says that it is attached, and nothing of its bytes.
    let told = try await ledger.notifications(NotificationFilter(limit: 100))
      .filter { $0.notification.message.body.contains("data:image/jpeg") }
    #expect(!told.isEmpty)
    for record in told { #expect(record.notification.message.text.contains("Photograph: attached")) }
  }

  @Test func receiptsAreOneStream() async throws {
    try await serve { client in
      _ = try await post(client, event().serializedBytes)
      let owed = try await ledger.notifications(NotificationFilter(limit: 100))
      for record in owed.prefix(3) {
        _ = try await ledger.receive(
          ReceiptReport(
            notification: record.notification.id,
            receipt: Receipt(
              .delivered, from: .deliveryReport, "2.0.0", details: "To: somebody@derby.example", channel: 0)),
          at: clock.now())
      }
      func read(_ after: String) async throws -> JSONValue {
        try await client.execute(uri: "/v1/receipts?after=\(after)&limit=2", method: .get, headers: headers()) {
          try JSONValue(parsing: $0.body.readableBytesView)
        }
      }
      let first = try await read("0")
      #expect(first["receipts"]?.items?.count == 2 && !first.serialized.contains("somebody@"))
      let rest = try await read("2")
      #expect(rest["receipts"]?.items?.count == 1 && rest["next"] == .number(3))
      #expect(try await read("-1")["status"] == .number(400))
    }
  }

  @Test func wrongFiltersReasonsAndMethodsAreRefused() async throws {
    try await serve { client in
      _ = try await post(client, event().serializedBytes)
      let listed = try await get(client, "/v1/notifications?state=queued,scheduled,unroutable&limit=1")
      let id = try #require(listed.body["notifications"]?.items?.first?["id"]?.text)
      for uri in ["/v1/notifications?state=queued,lost", "/v1/notifications?state=", "/v1/duties?open=yes"] {
        #expect(try await get(client, uri).status == 400, "\(uri)")
      }
      #expect(try await get(client, "/v1/duties?open=true").status == 200)
      for (body, status) in [("[]", 422), (#"{"reason":1}"#, 422), (#"{"why":"wrong"}"#, 422), ("{", 400)] {
        let answer = try await client.act("/v1/notifications/\(id)/cancel", body, headers())
        #expect(Int(answer.status.code) == status, "\(body)")
      }
      #expect(try await client.act("/v1/notifications/\(id)/cancel", #"{"reason":"wrong"}"#, headers()).status == .ok)
      for method in [HTTPRequest.Method.trace, HTTPRequest.Method("QUERY")].compactMap(\.self) {
        let allowed = try await client.execute(uri: "/v1/duties", method: method) { ($0.status, $0.headers[.allow]) }
        #expect(allowed == (.methodNotAllowed, "GET"))
      }
    }
  }

  @Test func theDocumentIsServedAndNotSentTwice() async throws {
    try await serve { client in
      let first = try await client.execute(uri: "/openapi.yaml", method: .get) { response in
        #expect(response.headers[.contentType] == "application/yaml")
        #expect(String(buffer: response.body).hasPrefix("openapi: 3.1.0\n"))
        return response.headers[.eTag]
      }
      let tag = try #require(first)
      try await client.execute(uri: "/openapi.yaml", method: .get, headers: [.ifNoneMatch: tag]) { response in
        #expect(response.status == .notModified && response.body.readableBytes == 0)
      }
    }
  }
}

/// An answer with its JSON.
private struct Spoken: Sendable {
  let status: HTTPResponse.Status
  let body: JSONValue

  init(_ response: TestResponse) throws {
    status = response.status
    body = try JSONValue(parsing: Array(response.body.readableBytesView))
  }
  func members(_ name: String) -> [JSONValue] { body[name]?.items ?? [] }
}

extension TestClientProtocol {
  fileprivate func post(_ document: JSONValue, _ headers: HTTPFields) async throws -> Spoken {
    try await act("/v1/events", document.serialized, headers)
  }
  fileprivate func get(_ path: String, _ headers: HTTPFields) async throws -> Spoken {
    try await execute(uri: path, method: .get, headers: headers) { try Spoken($0) }
  }
  fileprivate func act(_ path: String, _ body: String, _ headers: HTTPFields) async throws -> Spoken {
    try await execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body)) { try Spoken($0) }
  }
}
