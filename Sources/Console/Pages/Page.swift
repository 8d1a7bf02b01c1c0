import Crypto
import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Routing

/// A page as it is answered. It can be thrown, where what was asked for cannot be had.
///
/// Guarantee: nothing keeps it, nothing frames it, nothing of it is fetched from elsewhere, no script runs but the one of
/// its look, and the address with the link in it is told to nobody.
struct Page: Error {
  let status: HTTPResponse.Status
  private let html: String
  private let look: PageLook
  /// Seconds after which the browser asks again, and perhaps for another page: `1800; url=/sign-in`. A header, because a
  /// page that leaves by itself is for the privacy of whoever has gone, and not part of what is read.
  private let refresh: String?
  var retryAfter: Int?

  /// `template` is one of `PageTemplates`; `values` are put in escaped. `refresh` of the values becomes a header.
  init(
    _ status: HTTPResponse.Status, _ template: String, title: String, look: PageLook = .letter,
    _ values: [String: Any] = [:]
  ) {
    self.status = status
    self.look = look
    refresh = values["refresh"] as? String
    // Over anything that a page shows under these names: style and script are not escaped.
    let own: [String: Any] = ["title": title, "style": look.style, "script": look.script ?? ""]
    html = PageTemplates.render(template, values.merging(own) { _, own in own }) ?? title
  }

  var response: Response {
    var response = Answer.text(html, status: status, type: "text/html; charset=utf-8")
    if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    if let refresh, let name = HTTPField.Name("Refresh") { response.headers[name] = refresh }
    return Page.guarded(response, look.policy)
  }

  /// Sends the browser to look at a page after it has posted a form. `place` is relative to the page posted to.
  static func see(_ place: String) -> Response {
    guarded(
      Response(status: .seeOther, headers: [.location: place, .cacheControl: "no-store"]), PageLook.letter.policy)
  }

  private static func guarded(_ response: Response, _ policy: String) -> Response {
    var response = response
    response.headers[.contentSecurityPolicy] = policy
    response.headers[.xContentTypeOptions] = "nosniff"
    for (name, value) in [("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")] {
      if let name = HTTPField.Name(name) { response.headers[name] = value }
    }
    return response
  }
}

/// How a page looks and what it may do: its style, its script, and the policy that allows these two and nothing else.
struct PageLook: Sendable {
  let style: String
  let script: String?
  let policy: String

  init(style: String, script: String? = nil) {
    self.style = style
    self.script = script
    let runs = script.map { "script-src \(PageLook.source($0)); connect-src 'self'; " } ?? ""
    policy =
      "default-src 'none'; style-src \(PageLook.source(style)); \(runs)form-action 'self'; base-uri 'none'; "
      + "frame-ancestors 'none'; img-src data:"
  }

  /// For recipients and for signing in: narrow, and without any script.
  static let letter = PageLook(style: PageStyle.sheet)
  /// For people at work.
  static let board = PageLook(style: PageStyle.sheet + BoardStyle.sheet, script: BoardScript.text)

  /// For `Content-Security-Policy`: only this very text is used, whatever else may have come onto a page.
  private static func source(_ text: String) -> String {
    "'sha256-\(Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString())'"
  }
}

/// The pages that only say something.
extension Page {
  /// `go` is a link and its words; `refresh` the seconds after which the page is asked for again.
  static func notice(
    _ status: HTTPResponse.Status, _ title: String, _ says: [String], reference: String? = nil, again: String? = nil,
    go: (place: String, words: String)? = nil, refresh: Int64? = nil
  ) -> Page {
    var values: [String: Any] = ["says": says]
    if let go { values["go"] = ["place": go.place, "words": go.words] }
    if let refresh { values["refresh"] = "\(refresh)" }
    if let reference { values["reference"] = reference }
    if let again { values["again"] = again }
    return Page(status, "notice", title: title, values)
  }

  static let forged = notice(
    .notFound, "This link is not one of ours",
    [
      "The address may have lost a part on its way. Copy the whole link from the mail and try again.",
      "If it still does not work, ring the office or the police force that sent you the mail. Do not wait for a reply.",
    ])

  static func expired(_ reference: String) -> Page {
    notice(
      .gone, "This link has expired",
      [
        "A link works for \(AnswerLinks.lifetime / 86400) days, and this one is older. Nothing has been recorded now.",
        "Ring the office or the police force that sent you the mail and quote the reference.",
      ], reference: reference)
  }

  static func withdrawn(_ reference: String) -> Page {
    notice(
      .gone, "This message has been withdrawn",
      [
        "The sender has taken the message back. Nothing is asked of you, and there is nothing to acknowledge.",
        "If you have acted on it already, ring the sender and quote the reference.",
      ], reference: reference)
  }

  static func lost(_ reference: String) -> Page {
    notice(
      .gone, "This message is not kept here any more",
      ["Ring the office or the police force that sent you the mail and quote the reference."], reference: reference)
  }

  static func codeNotSent(_ reference: String) -> Page {
    var page = notice(
      .serviceUnavailable, "The code could not be sent",
      [
        "Your mailbox did not take it. Wait one minute, then go back to the link in the mail and try again.",
        "If it is urgent, do not wait: ring the office or the police force that sent you the mail and quote the "
          + "reference.",
      ], reference: reference)
    page.retryAfter = Int(CodeResult.pause)
    return page
  }

  static func codeSpent(_ reference: String, again: String) -> Page {
    notice(
      .gone, "This code does not work any more",
      [
        "A code opens the message once, within \(CodeResult.lifetime / 60) minutes, and can be mistyped at most "
          + "\(CodeResult.tries) times.", "Ask for a new one. The newest code is the only one that works.",
      ], reference: reference, again: again)
  }

  static let tooLarge = notice(
    .contentTooLarge, "That was too long", ["Go back, write less and send it again. Nothing has been recorded."])

  static let wrongType = notice(
    .unsupportedMediaType, "This could not be read",
    ["The page takes only its own form. Open the link from the mail again. Nothing has been recorded."])

  static var failed: Page {
    var page = notice(
      .serviceUnavailable, "This did not work",
      [
        "Something failed on our side. Open the link again in a moment to see whether your answer was recorded.",
        "If it is urgent, do not wait: ring the office or the police force that sent you the mail.",
      ])
    page.retryAfter = 5
    return page
  }
}
