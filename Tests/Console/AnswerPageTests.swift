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
import Synchronization
import TestKit
import Testing

/// The pages behind a link, as a recipient, a mail scanner and somebody with bad intentions meet them.
@Suite struct AnswerPageTests {
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let links: AnswerLinks
  private let mailbox = Mailbox()

  private static let rules = """
      - id: at-risk
        section: "4"
        says: The social worker has to say that the message has come.
        event: missing.categorised
        share: [status, identity, description, photograph]
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
    """
  private static let picture = "data:image/png;base64,iVBORw0KGgo="
  /// A quotation mark with a combining accent is one character to Swift and two to a browser.
  private static let hostile = #"<script>alert("1")</script>"# + "\"\u{301} autofocus onfocus='x' </textarea>"

  init() throws {
    ledger = try SQLiteLedger()
    let key = try #require(AnswerKey(secret: Array(repeating: 7, count: 32)))
    links = AnswerLinks(key: key, address: "")
  }

  /// A message to the duty social worker, and a browser to open its pages with.
  private func serve(_ body: @escaping @Sendable (String, any TestClientProtocol) async throws -> Void) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let routes = Routes(book: try SmallBook.make(Self.rules), renderer: try Repository.routes().renderer)
    let intake = Intake(
      ledger: ledger, routes: RoutesInUse(routes), time: clock, outbox: Signal(), agenda: Signal(), logger: logger)
    let child: JSONValue = [
      "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02", "photograph": .string(Self.picture),
      "name": ["given": "GIVENWORD"], "description": .string(Self.hostile),
    ]
    let event = TestKit.event(
      "missing.categorised", at: clock.now().rfc3339, ["child": child, "episode": ["risk": "medium"]])
    _ = try await intake.submit(event.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
    let id = try #require(try await ledger.notifications(NotificationFilter()).first).notification.id
    let router = Hummingbird.Router(context: GatewayContext.self)
    AnswerPages(
      ledger: ledger, links: links, time: clock, outbox: Signal(), agenda: Signal(),
      sendCode: { [mailbox] _, code in mailbox.take(code) },
      randomCode: { [mailbox] in "\(12_345_670 + mailbox.codes.count)" }
    ).add(to: router)
    try await Application(router: router, logger: logger).test(.router) { try await body(id, $0) }
  }

  private func path(_ purpose: LinkPurpose, _ id: String, channel: Int = 0) -> String {
    links.url(purpose, id, channel: channel, at: clock.now())
  }

  private func state(_ id: String) async throws -> NotificationState? { try await ledger.notification(id)?.state }

  private func receipts(_ id: String) async throws -> [Receipt] {
    try await ledger.receipts(of: id).dropFirst().map(\.receipt)
  }

  // Acknowledging.

  @Test func lookingChangesNothingAndTellsNothingOfTheChild() async throws {
    try await serve { id, client in
      let before = (try await state(id), try await receipts(id), try await ledger.audit(of: id))
      for method in [HTTPRequest.Method.get, .head] {
        let page = try await client.open(path(.acknowledge, id), method)
        #expect(page.status == .ok)
        #expect(page.text.isEmpty == (method == .head))
      }
      let page = try await client.open(path(.acknowledge, id))
      for words in [
        "<html lang=\"en-GB\">", "<title>Acknowledge a message - Waypost</title>", "Duty social worker",
        "childrens services social worker, derby", "Thursday 12 November 2026 at 12:00",
        "Thursday 12 November 2026 at 12:30", id, "<label for=\"by\">", "min=\"2026-11-12T12:00\"",
      ] { #expect(page.text.contains(words), "\(words)") }
      #expect(
        !page.text.contains("GIVENWORD") && !page.text.contains("image/png") && !page.text.contains("derby.example"))
      #expect(try await state(id) == before.0)
      #expect(try await receipts(id) == before.1)
      #expect(try await ledger.audit(of: id) == before.2)
    }
  }

  @Test func whoAnswersIsRecordedWithWhatTheyWillDoAndByWhen() async throws {
    try await serve { id, client in
      let form = ["by": " Duty\r\noffice ", "willDo": "Ring \"home\" & search", "until": "2026-11-12T13:15"]
      let answer = try await client.send(path(.acknowledge, id), form)
      #expect(answer.status == .seeOther)
      #expect(answer.headers[.location].map { path(.acknowledge, id).hasSuffix("/\($0)") } == true)
      #expect(try await state(id) == .acknowledged)
      let kept = try await receipts(id)
      #expect(kept.map(\.kind) == [.acknowledged, .actionStated])
      #expect(kept.map(\.evidence) == ["Duty office", "Ring \"home\" & search, by 2026-11-12T13:15:00Z"])
      #expect(kept.allSatisfy { $0.source == .page && $0.channel == 0 })
      #expect(try await ledger.notification(id)?.notification.checkAt == instant("2026-11-12T13:15:00Z"))
      // The page says so and takes more; sent twice, it stands as it stood.
      let page = try await client.open(path(.acknowledge, id))
      #expect(page.text.contains("<title>Acknowledged - Waypost</title>"))
      #expect(page.text.contains("Acknowledged on Thursday 12 November 2026 at 12:00"))
      #expect(page.text.contains("Add what you will do") && !page.text.contains("Acknowledge by"))
      #expect(!page.text.contains("Duty office") && !page.text.contains("search"))
      #expect(try await client.send(path(.acknowledge, id), form).status == .seeOther)
      #expect(try await state(id) == .acknowledged)
    }
  }

  @Test func everythingWrongIsNamedAtOnceAndWhatWasTypedIsKept() async throws {
    try await serve { id, client in
      let cases: [(form: [String: String], fields: [String])] = [
        (["by": " ", "willDo": String(repeating: "a", count: 501), "until": "tomorrow"], ["by", "willDo", "until"]),
        (["by": String(repeating: "ä", count: 501)], ["by"]), (["until": "2026-11-12T13:00"], ["by", "willDo"]),
        (["by": "A", "willDo": "b", "until": "2026-11-12T12:00"], ["until"]),
        (["by": "A", "willDo": "b", "until": "2026-02-30T12:00"], ["until"]), ([:], ["by"]),
      ]
      for (form, fields) in cases {
        let page = try await client.send(path(.acknowledge, id), form)
        #expect(page.status == .unprocessableContent)
        #expect(page.text.contains("<title>Error: ") && page.text.contains("role=\"alert\""))
        for field in ["by", "willDo", "until"] {
          let isWrong = fields.contains(field)
          #expect(page.text.contains("href=\"#\(field)\"") == isWrong, "\(field) of \(form)")
          #expect(page.text.contains("aria-describedby=\"\(field)-hint \(field)-problem\"") == isWrong)
        }
      }
      let hostile = try await client.send(
        path(.acknowledge, id), ["by": "", "willDo": Self.hostile, "until": "\"><b>"])
      #expect(hostile.text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&quot;\u{301} autofocus"))
      #expect(hostile.text.contains("value=\"&quot;&gt;&lt;b&gt;\""))
      #expect(
        !hostile.text.contains("<script")
          && !hostile.text.unicodeScalars.split(separator: "\"").contains { $0.first == "\u{301}" })
      #expect(try await receipts(id).isEmpty)
    }
  }

  @Test func formsThatAreNoneAreRefused() async throws {
    try await serve { id, client in
      let path = path(.acknowledge, id)
      let huge = try await client.post(path, "by=" + String(repeating: "a", count: 17_000))
      #expect(huge.status == .contentTooLarge && huge.text.contains("<h1>"))
      for type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
        #expect(try await client.post(path, "by=a", type: type).status == .unsupportedMediaType)
      }
      for body in ["by=%zz", "by=%ff", "by"] {
        #expect(try await client.post(path, body).status == .unsupportedMediaType)
      }
      for method in [HTTPRequest.Method.put, .delete, .patch] {
        let answer = try await client.open(path, method)
        #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == "GET, HEAD, POST")
      }
      #expect(try await receipts(id).isEmpty)
    }
  }

  @Test func aLinkOpensOnlyWhatItIsForAndOnlyInItsTime() async throws {
    try await serve { id, client in
      let link = path(.acknowledge, id)
      let last = link.hasSuffix("a") ? "b" : "a"
      let other = path(.read, id).replacing("/read/", with: "/acknowledge/")
      for forged in [
        link.dropLast() + last, link.replacing(".0.", with: ".1."), other, "/acknowledge/x", "/read/%3Cb%3E",
      ] {
        let page = try await client.open(forged)
        #expect(page.status == .notFound && page.text.contains("This link is not one of ours"), "\(forged)")
        #expect(!page.text.contains(id) && !page.text.contains("<b>"))
        #expect(try await client.send(forged, ["by": "Mallory", "code": "12345670"]).status == .notFound)
      }
      clock.advance(bySeconds: AnswerLinks.lifetime)
      let late = try await client.open(link)
      #expect(late.status == .gone && late.text.contains("has expired") && late.text.contains(id))
      #expect(try await client.send(link, ["by": "Too late"]).status == .gone)
      #expect(try await client.open(path(.acknowledge, "nt-none")).status == .gone)
      #expect(try await receipts(id).isEmpty)
    }
  }

  @Test func whatWasTakenBackAsksNothing() async throws {
    try await serve { id, client in
      #expect(try await ledger.act(.cancel, on: id, at: clock.now(), by: "test", reason: "wrong"))
      for purpose in [LinkPurpose.acknowledge, .read] {
        let page = try await client.open(path(purpose, id))
        #expect(page.status == .gone && page.text.contains("has been withdrawn") && !page.text.contains("<form"))
        #expect(try await client.send(path(purpose, id), ["by": "A", "code": "12345670"]).status == .gone)
      }
      #expect(try await client.send(path(.read, id) + "/code", [:]).status == .gone)
      #expect(mailbox.codes.isEmpty)
      #expect(try await state(id) == .cancelled)
    }
  }

  @Test func whoeverWasPassedOverIsToldSo() async throws {
    try await serve { id, client in
      clock.advance(bySeconds: 1801)
      #expect(try await ledger.takeOverdue(at: clock.now(), limit: 10).moved == 1)
      let page = try await client.open(path(.acknowledge, id))
      #expect(page.text.contains("passed to Duty team manager") && page.text.contains("still welcome"))
      #expect(!page.text.contains("Acknowledge by"))
      #expect(try await client.open(path(.acknowledge, id, channel: 1)).text.contains("passed to") == false)
      for _ in 1...2 { #expect(try await client.send(path(.acknowledge, id), ["by": "Late desk"]).status == .seeOther) }
      let kept = try await receipts(id)
      #expect(kept.filter { $0.kind == .superseded }.map(\.evidence) == ["Duty team manager had been asked before"])
      let done = try await client.open(path(.acknowledge, id))
      #expect(done.text.contains("Acknowledged on") && done.text.contains("superseded"))
      #expect(try await state(id) == .acknowledged)
    }
  }

  @Test func aPromiseThatPassesOpensThePageAgain() async throws {
    try await serve { id, client in
      let form = ["by": "A", "willDo": "b", "until": "2026-11-12 12:20:00"]
      #expect(try await client.send(path(.acknowledge, id), form).status == .seeOther)
      clock.advance(bySeconds: 1201)
      #expect(try await ledger.takeOverdue(at: clock.now(), limit: 10).moved == 1)
      let page = try await client.open(path(.acknowledge, id))
      #expect(page.text.contains("nobody reported back in time") && page.text.contains("<title>Acknowledge a message"))
    }
  }

  @Test func everyAnswerGuardsItself() async throws {
    try await serve { id, client in
      for path in [path(.acknowledge, id), path(.read, id), path(.read, id) + "/code", "/read/forged"] {
        for method in [HTTPRequest.Method.get, .head, .post] {
          let answer = try await client.open(path, method)
          let policy = answer.headers[.contentSecurityPolicy] ?? ""
          for part in ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            #expect(policy.contains(part), "\(method) \(path)")
          }
          #expect(answer.headers[.cacheControl] == "no-store" && answer.headers[.xContentTypeOptions] == "nosniff")
          #expect(answer.headers[try #require(HTTPField.Name("Referrer-Policy"))] == "no-referrer")
          #expect(answer.headers[try #require(HTTPField.Name("X-Robots-Tag"))] == "noindex")
          #expect(answer.headers[.setCookie] == nil && !answer.text.contains("<script"))
          guard let begin = answer.text.firstRange(of: "<style>"), let end = answer.text.firstRange(of: "</style>")
          else {
            continue
          }
          let digest = Identifiers.digest(Array(answer.text[begin.upperBound..<end.lowerBound].utf8))
          #expect(policy.contains("style-src 'sha256-\(base64(ofHex: digest))';"))
        }
      }
    }
  }

  private func base64(ofHex hex: String) -> String {
    let digits = Array(hex)
    return Data(stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) })
      .base64EncodedString()
  }

  // Reading.

  @Test func aMessageIsReadWithACodeAndOnlyOnce() async throws {
    try await serve { id, client in
      let notice = path(.read, id)
      let before = [try await client.open(notice), try await client.open(notice + "/code")]
      let sent = try await client.send(notice + "/code", [:])
      #expect(sent.status == .seeOther && sent.headers[.location] == "code")
      #expect(mailbox.codes == ["12345670"])
      let again = try await client.send(notice + "/code", [:])
      #expect(again.status == .ok && again.text.contains("less than a minute ago"))
      #expect(again.text.contains("autocomplete=\"one-time-code\"") && again.text.contains("inputmode=\"numeric\""))
      #expect(mailbox.codes.count == 1)
      let unread = try await client.send(notice, ["code": "12345"])
      #expect(unread.status == .unprocessableContent && unread.text.contains("8 digits"))
      for page in before + [again, unread] {
        for secret in ["GIVENWORD", "image/png", "12345670", "social.worker", "been categorised"] {
          #expect(!page.text.contains(secret))
        }
      }
      #expect(try await receipts(id).isEmpty)
      let message = try await client.send(notice, ["code": " 1234 5670 "])
      #expect(message.status == .ok && message.text.contains("GIVENWORD"))
      #expect(message.text.contains("<img src=\"\(Self.picture)\" alt=\"Photograph of the child\">"))
      #expect(message.text.contains("Photograph: shown above") && !message.text.contains("style="))
      #expect(message.text.contains("&lt;script&gt;alert(") && !message.text.contains("<script"))
      #expect(message.text.contains("action=\"../acknowledge/\(id).0."))
      #expect(message.text.matches(of: /<h1>/).count == 1)
      let spent = try await client.send(notice, ["code": "12345670"])
      #expect(
        spent.status == .gone && spent.text.contains("does not work any more") && !spent.text.contains("GIVENWORD"))
      #expect(spent.text.contains("Send a new code"))
      clock.advance(bySeconds: 60)
      #expect(try await client.send(notice + "/code", [:]).status == .seeOther)
      #expect(try await client.send(notice, ["code": "12345671"]).text.contains("GIVENWORD"))
      #expect(try await receipts(id) == [Receipt(.read, from: .page, "opened after a one-time code", channel: 0)])
      #expect(try await state(id) == .queued, "it was never said to have left, and still has to be acknowledged")
    }
  }

  @Test func aCodeCannotBeGuessedAndGetsOld() async throws {
    try await serve { id, client in
      let notice = path(.read, id)
      #expect(try await client.send(notice, ["code": "12345670"]).status == .gone, "none was asked for")
      _ = try await client.send(notice + "/code", [:])
      for left in [4, 3, 2, 1] {
        let page = try await client.send(notice, ["code": "00000000"])
        #expect(page.status == .unprocessableContent)
        #expect(page.text.contains("That code is not right. \(left) \(left == 1 ? "try is" : "tries are") left"))
        #expect(page.text.contains("<title>Error: Enter the code") && page.text.contains("href=\"#code\""))
      }
      #expect(try await client.send(notice, ["code": "00000000"]).status == .gone)
      #expect(try await client.send(notice, ["code": "12345670"]).status == .gone, "the right one comes too late")
      clock.advance(bySeconds: 60)
      _ = try await client.send(notice + "/code", [:])
      clock.advance(bySeconds: CodeResult.lifetime)
      #expect(try await client.send(notice, ["code": "12345671"]).status == .gone)
      #expect(try await receipts(id).isEmpty)
    }
  }

  @Test func aCodeThatCannotBeSentIsSaidSo() async throws {
    try await serve { id, client in
      mailbox.fill()
      let page = try await client.send(path(.read, id) + "/code", [:])
      #expect(page.status == .serviceUnavailable && page.headers[.retryAfter] == "60")
      #expect(page.text.contains("could not be sent") && page.text.contains(id))
    }
  }
}

/// Where the codes go.
private final class Mailbox: Sendable {
  private let state = Mutex((codes: [String](), isFull: false))
  var codes: [String] { state.withLock { $0.codes } }
  func fill() { state.withLock { $0.isFull = true } }
  func take(_ code: String) -> Outcome {
    state.withLock { state in
      state.codes.append(code)
      return state.isFull ? TestTransport.later : TestTransport.taken
    }
  }
}

/// An answer as a browser gets it.
private struct Seen: Sendable {
  let status: HTTPResponse.Status
  let headers: HTTPFields
  let text: String
}

extension TestClientProtocol {
  fileprivate func open(_ path: some StringProtocol, _ method: HTTPRequest.Method = .get) async throws -> Seen {
    try await execute(uri: String(path), method: method) {
      Seen(status: $0.status, headers: $0.headers, text: String(buffer: $0.body))
    }
  }
  fileprivate func post(
    _ path: some StringProtocol, _ body: String, type: String = "application/x-www-form-urlencoded; charset=utf-8"
  ) async throws -> Seen {
    try await execute(uri: String(path), method: .post, headers: [.contentType: type], body: ByteBuffer(string: body)) {
      Seen(status: $0.status, headers: $0.headers, text: String(buffer: $0.body))
    }
  }
  fileprivate func send(_ path: some StringProtocol, _ form: [String: String]) async throws -> Seen {
    let pairs = form.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)?.replacing("%20", with: "+") ?? "")"
    }
    return try await post(path, pairs.joined(separator: "&"))
  }
}
