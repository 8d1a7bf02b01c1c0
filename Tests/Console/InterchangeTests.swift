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

@testable import Console

/// How text becomes XML.
@Suite struct XMLTagTests {
  @Test func whateverIsWrittenIsReadBack() throws {
    let nasty = "a & b < c > d \" e ' f ]]> <![CDATA[ é 🦊 \t \n \r\n \u{85}\u{2028} &amp; <!-- -->"
    let text = try XMLTag("a", attributes: [("b", nasty)], [XMLTag("c", nasty)]).document()
    let script = """
      import json, sys, xml.etree.ElementTree as tree
      root = tree.fromstring(sys.stdin.buffer.read())
      print(json.dumps([root.get("b"), root.find("c").text]))
      """
    let read = try Shell.run("python3", ["-c", script], input: text)
    #expect(try JSONValue(parsing: read.output.utf8) == [.string(nasty), .string(nasty)], "\(text)")
    #expect(!text.contains("]]>") && !text.contains("<!"))
  }

  @Test(arguments: ["\u{0}", "\u{8}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"])
  func whatNoDocumentCanHoldIsRefused(_ scalar: String) {
    for tag in [XMLTag("a", "x\(scalar)"), XMLTag("a", attributes: [("b", scalar)], [])] {
      #expect(throws: UnwritableScalar.self) { try tag.document() }
    }
  }
}

/// What messages an episode makes, and when.
@Suite struct AlertSeriesTests {
  private func facts(
    _ events: [(type: String, at: String)], isOpen: Bool = true, isReported: Bool = true, risk: String? = nil
  ) -> AlertFacts {
    AlertFacts(
      gateway: "waypost.example", reference: "EP-1",
      events: events.enumerated().map { index, event in
        AlertFacts.Happening(
          id: "ev-\(index)", type: event.type, time: instant(event.at), learnedAt: instant(event.at))
      },
      reportedAt: isReported ? events.first.map { instant($0.at) } : nil, isOpen: isOpen, risk: risk, area: nil,
      isExercise: false)
  }
  private let report = (type: "missing.reported", at: "2026-11-12T11:59:07Z")

  @Test func whoAsksAgainGetsTheSameMessage() throws {
    let first = try #require(CommonAlert(facts([report]), at: instant("2026-11-12T12:00:00Z")))
    let again = try #require(CommonAlert(facts([report]), at: instant("2026-11-12T23:00:00Z")))
    #expect(try first.xml.document() == again.xml.document())
    #expect(first.messageType == "Alert")
  }

  /// Days later there is still one that holds, and it names those that somebody may still believe.
  @Test func aChildWhoStaysMissingIsToldOfAgain() throws {
    let now = instant("2026-11-16T10:00:00Z")
    let events = [report, ("missing.updated", "2026-11-14T11:00:00Z"), ("time.passed", "2026-11-15T11:00:00Z")]
    let alert = try #require(CommonAlert(facts(events), at: now))
    #expect(alert.messageType == "Update")
    #expect(alert.message.sent == instant("2026-11-15T23:00:00Z"))
    #expect(alert.message.expires > now.advanced(bySeconds: 12 * 3600 - 1))
    #expect(alert.references.map(\.sent) == [instant("2026-11-15T11:00:00Z")])
    let all = AlertSeries(facts(events), at: now).messages
    #expect(Set(all.map(\.identifier)).count == all.count)
    #expect(all.map(\.sent) == all.map(\.sent).sorted())
  }

  @Test func whatComesAfterTheEndMakesNoMessage() throws {
    let back = (type: "child.returned", at: "2026-11-13T03:00:00Z")
    let interview = (type: "return-interview.completed", at: "2026-11-15T09:00:00Z")
    let now = instant("2026-11-20T09:00:00Z")
    let alert = try #require(CommonAlert(facts([report, back, interview], isOpen: false), at: now))
    #expect(alert.state == .found && alert.messageType == "Cancel")
    #expect(alert.message.sent == instant(back.at))
    #expect(alert.references.map(\.sent) == [instant(report.at), instant("2026-11-12T23:59:07Z")])
    // A new report opens it again, and takes the end back.
    let again = (type: "missing.reported", at: "2026-11-16T09:00:00Z")
    let reopened = try #require(
      CommonAlert(facts([report, back, interview, again]), at: instant("2026-11-16T10:00:00Z")))
    #expect(reopened.state == .missing && reopened.messageType == "Update")
    #expect(reopened.references == [alert.message])
  }

  @Test func aReportThatWasWrongIsCancelled() throws {
    let wrong = (type: "event.withdrawn", at: "2026-11-12T12:30:00Z")
    let alert = try #require(
      CommonAlert(facts([report, wrong], isReported: false), at: instant("2026-11-14T12:30:00Z")))
    #expect(alert.state == .withdrawn && alert.messageType == "Cancel" && alert.certainty == "Unlikely")
  }

  @Test func withoutAReportThereIsNothingToTell() {
    let now = instant("2026-11-14T12:30:00Z")
    #expect(CommonAlert(facts([("away.reported", report.at)], isReported: false), at: now) == nil)
    // News of the end came first: nobody was ever told.
    #expect(CommonAlert(facts([("child.found", "2026-11-12T13:00:00Z"), report], isOpen: false), at: now) == nil)
  }

  @Test(arguments: [
    ("high", "Immediate", "Severe"), ("medium", "Immediate", "Moderate"), ("low", "Expected", "Minor"),
    ("no-apparent-risk", "Expected", "Minor"), ("absent", "Expected", "Minor"), ("unassessed", "Immediate", "Unknown"),
  ])
  func urgencyFollowsTheRisk(_ risk: String, _ urgency: String, _ severity: String) throws {
    let alert = try #require(CommonAlert(facts([report], risk: risk), at: instant("2026-11-12T12:00:00Z")))
    #expect(alert.urgency == urgency && alert.severity == severity && alert.certainty == "Observed")
    #expect(alert.description.contains("in England in the hour from 11:00 on 2026-11-12"))
  }
}

/// The two exports as another system fetches them.
@Suite struct InterchangeAPITests {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let key = SenderKey.generate()

  private static let reference = "EP-QUILLFEATHER-1"
  /// None of this may be found in anything that is exported.
  private static let secrets = [
    "zebedee", "quillfeather", "foxglove", "2012-01-02", "100001", "maple-house", "960777", "marigold",
    "glowing green coat",
    "c-77",
  ]
  private static let child: JSONValue = [
    "id": "C-77", "livesIn": "derby", "lookedAfterBy": "derbyshire", "dateOfBirth": "2012-01-02", "sex": "female",
    "name": ["given": "Zebedee", "family": "Quillfeather"], "home": "7 Foxglove Yard", "school": "urn:100001",
    "education": "on-roll", "description": "in a glowing green coat", "legalStatus": "care-order",
    "placement": ["kind": "childrens-home", "name": "Maple House", "provider": "maple-house"],
    "contacts": [
      ["role": "family.parents", "name": "Marigold Quillfeather", "email": "marigold@family.example"],
      ["role": "childrens-services.social-worker", "name": "Marigold 01632 960777", "email": "m@derby.example"],
    ],
  ]

  init() throws {
    scratch = try Scratch("interchange")
    ledger = try SQLiteLedger(path: "\(scratch.path)/ledger.sqlite")
  }

  private func serve(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    defer { scratch.remove() }
    try await ledger.addSender(
      Sender(name: "test", authorities: [], types: []), keyHash: SenderKey.hash(key), at: clock.now())
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: logger)
    let router = GatewayAPI.router(intake: intake, ledger: ledger, time: clock, outbox: Signal())
    try await Application(router: router, logger: logger).test(.router) { try await body($0) }
  }

  /// `data` comes on top of the child, `more` on top of the event itself.
  private func send(
    _ client: any TestClientProtocol, _ type: String, id: String, _ data: JSONValue = [:], more: JSONValue = [:]
  ) async throws {
    let base: JSONValue = ["child": Self.child, "episode": ["risk": "high", "circumstances": "glowing green coat"]]
    let event = TestKit.event(
      type, at: clock.now().rfc3339, subject: Self.reference, id: id, base.merged(with: data))
    try await client.execute(
      uri: "/v1/events", method: .post,
      headers: [.authorization: "Bearer \(key)", .contentType: "application/cloudevents+json"],
      body: ByteBuffer(bytes: event.cloudEvent.merged(with: more).serializedBytes)
    ) { #expect($0.status == .accepted, "\(String(buffer: $0.body))") }
  }

  private func fetch(
    _ client: any TestClientProtocol, _ name: String, key: String? = nil
  ) async throws -> (status: HTTPResponse.Status, type: String?, text: String) {
    try await client.execute(
      uri: "/v1/episodes/\(Self.reference)/\(name)", method: .get,
      headers: [.authorization: "Bearer \(key ?? self.key)"]
    ) { ($0.status, $0.headers[.contentType], String(buffer: $0.body)) }
  }

  /// The alert's text, after both exports were held to their schemas and searched for what must not be in them; and what
  /// the envelope holds beside it.
  private func exports(_ client: any TestClientProtocol) async throws -> (alert: String, objects: [JSONValue]) {
    let alert = try await fetch(client, "alert.cap")
    #expect(alert.status == .ok && alert.type == "application/cap+xml")
    let exchange = try await fetch(client, "exchange.edxl")
    #expect(exchange.status == .ok && exchange.type == "application/edxl+xml")
    let files = [("alert.cap", alert.text), ("exchange.edxl", exchange.text)].map { name, text in
      (path: "\(scratch.path)/\(name)", text: text)
    }
    for file in files { try Data(file.text.utf8).write(to: URL(fileURLWithPath: file.path)) }
    let checked = try Shell.run(
      "\(Repository.root)/.venv/bin/python",
      ["\(Repository.root)/Tests/Support/check_interchange.py"] + files.map(\.path))
    #expect(checked.status == 0, "\(checked.output)")
    let found = try checked.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    #expect(found.map { $0["kind"]?.text } == ["cap", "edxl"])
    #expect(found.last?["alerts"] == .number(1))
    let everything = (alert.text + exchange.text + checked.output).lowercased()
    for secret in Self.secrets { #expect(!everything.contains(secret), "\(secret)") }
    return (alert.text, found.last?["objects"]?.items ?? [])
  }

  private func value(_ name: String, _ xml: String) -> String? {
    guard let start = xml.range(of: "<\(name)>"),
      let end = xml.range(of: "</\(name)>", range: start.upperBound..<xml.endIndex)
    else { return nil }
    return String(xml[start.upperBound..<end.lowerBound])
  }

  @Test func anEpisodeFromItsReportToItsEnd() async throws {
    try await serve { client in
      try await send(client, "missing.reported", id: "1")
      let open = try await exports(client)
      #expect(value("msgType", open.alert) == "Alert" && value("status", open.alert) == "Actual")
      #expect(value("scope", open.alert) == "Restricted" && value("restriction", open.alert) != nil)
      #expect(value("sender", open.alert) == "waypost@waypost.example")
      #expect(value("severity", open.alert) == "Severe" && value("urgency", open.alert) == "Immediate")
      #expect(value("headline", open.alert) == "Missing child, Derby" && open.alert.contains("E06000015"))
      // Who looks after a child is its legal status.
      #expect(!open.alert.contains("Derbyshire"))
      let owed = try await ledger.notifications(NotificationFilter(limit: 1000))
      let duties = try await ledger.duties(DutyFilter(limit: 1000))
      #expect(open.objects.count == 1 + owed.count + duties.count && owed.count > 3)
      #expect(open.objects.contains { $0["agency"]?.text == "derbyshire-police" && $0["receipts"] != nil })

      clock.advance(bySeconds: 60)
      try await send(client, "missing.updated", id: "2")
      // Parents and the home are told; who and which that is stays here.
      let told = try await ledger.notifications(NotificationFilter(limit: 1000)).map(\.notification)
      #expect(told.contains { $0.agency == "maple-house" })
      #expect(told.contains { $0.contact == "Marigold Quillfeather" })
      let updated = try await exports(client)
      #expect(value("msgType", updated.alert) == "Update" && updated.objects.count > open.objects.count + 2)

      clock.advance(bySeconds: 7200)
      try await send(client, "child.returned", id: "3")
      let over = try await exports(client)
      let earlier = try [(open, "12:00:00"), (updated, "12:01:00")].map { export, time in
        "waypost@waypost.example,\(try #require(value("identifier", export.alert))),2026-11-12T\(time)-00:00"
      }
      #expect(value("msgType", over.alert) == "Cancel" && value("responseType", over.alert) == "AllClear")
      #expect(value("references", over.alert) == earlier.joined(separator: " "))
      #expect(value("incidents", over.alert) == value("incidents", open.alert))
    }
  }

  @Test func aDrillSaysSo() async throws {
    try await serve { client in
      try await send(client, "missing.reported", id: "1", more: ["exercise": true])
      let drill = try await exports(client).alert
      #expect(value("status", drill) == "Exercise" && value("headline", drill)?.hasPrefix("EXERCISE") == true)
    }
  }

  /// A drill is one by its own mark, not by what it made owed.
  @Test func aDrillThatNobodyIsToldOfSaysSoToo() async throws {
    try await serve { client in
      try await send(
        client, "missing.reported", id: "1", ["child": ["livesIn": "kirklees", "lookedAfterBy": "kirklees"]],
        more: ["exercise": true])
      #expect(try await ledger.notifications(NotificationFilter()).isEmpty)
      let drill = try await fetch(client, "alert.cap").text
      #expect(value("status", drill) == "Exercise" && value("headline", drill)?.hasPrefix("EXERCISE") == true)
    }
  }

  @Test func aWrongReportIsTakenBack() async throws {
    try await serve { client in
      try await send(client, "missing.reported", id: "1")
      clock.advance(bySeconds: 600)
      try await send(client, "event.withdrawn", id: "2", ["withdraws": ["id": "1"]])
      let alert = try await exports(client).alert
      #expect(value("msgType", alert) == "Cancel")
      #expect(value("headline", alert) == "Missing child: report withdrawn, Derby")
    }
  }

  @Test func onlyWhoSeesTheEpisodeSeesItsExports() async throws {
    try await serve { client in
      #expect(try await fetch(client, "alert.cap").status == .notFound)
      try await send(client, "away.reported", id: "1")
      // No child was reported missing: no alert, and an exchange without one.
      #expect(try await fetch(client, "alert.cap").status == .notFound)
      let exchange = try await fetch(client, "exchange.edxl")
      #expect(exchange.status == .ok && !exchange.text.contains("<alert"))
      try await send(client, "missing.reported", id: "2")
      let other = SenderKey.generate()
      try await ledger.addSender(
        Sender(name: "other", authorities: [], types: []), keyHash: SenderKey.hash(other), at: clock.now())
      for name in ["alert.cap", "exchange.edxl"] {
        #expect(try await fetch(client, name, key: other).status == .notFound)
        #expect(try await fetch(client, name, key: "wpk_wrong").status == .unauthorized)
        #expect(try await fetch(client, name).status == .ok)
      }
    }
  }

  /// An authority that nobody knows is a word that a sender wrote.
  @Test func anUnknownAuthorityIsNotNamed() async throws {
    try await serve { client in
      try await send(client, "missing.reported", id: "1", ["episode": ["lastSeen": ["in": "foxglove"]]])
      let alert = try await exports(client).alert
      #expect(value("areaDesc", alert) == "England" && !alert.contains("<geocode>"))
    }
  }
}
