import Delivery
import Foundation

/// A message as a page shows it: the body of its own markup, and the photograph that came with it.
///
/// Guarantee: `html` holds no tags but those listed here and no attributes but `scope`; whatever else looks like markup
/// is shown as text. So no word that a sender wrote can become markup, even if an escape had been forgotten before.
struct MessageMarkup {
  let html: String
  /// A `data:` address of a JPEG, PNG or WebP picture, nil where there is none.
  let photograph: String?

  init(_ message: Message) {
    photograph = Photograph.taken(from: message.body).map { found in
      "data:\(found.photograph.type);base64,\(Data(found.photograph.bytes).base64EncodedString())"
    }
    let body = MessageMarkup.allowed(MessageMarkup.inside(message.html))
    html = photograph == nil ? body : body.replacing("Photograph: attached", with: "Photograph: shown above")
  }

  /// What stands between `<body …>` and `</body>`; all of it where there is no body.
  private static func inside(_ html: String) -> Substring {
    guard let begin = html.firstRange(of: "<body"), let open = html[begin.upperBound...].firstIndex(of: ">") else {
      return html[...]
    }
    let rest = html[html.index(after: open)...]
    return rest.firstRange(of: "</body>").map { rest[..<$0.lowerBound] } ?? rest
  }

  /// Tags that pass, and what becomes of them: the page has a first heading of its own.
  private static let tags = [
    "h1": "h2", "h2": "h3", "h3": "h3", "p": "p", "ul": "ul", "ol": "ol", "li": "li", "strong": "strong", "em": "em",
    "br": "br", "table": "table", "caption": "caption", "thead": "thead", "tbody": "tbody", "tr": "tr", "th": "th",
    "td": "td",
  ]

  private static func allowed(_ html: Substring) -> String {
    var out: [UInt8] = []
    var rest = html.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "<") else {
        out.append(byte)
        continue
      }
      if let end = rest.firstIndex(of: UInt8(ascii: ">")), let tag = tag(String(rest[..<end]) ?? "") {
        out += tag.utf8
        rest = rest[rest.index(after: end)...]
      } else {
        out += "&lt;".utf8
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A tag with nothing in it but its name and what a table's head is for; nil for a tag that is not known.
  private static func tag(_ inner: String) -> String? {
    let isEnd = inner.hasPrefix("/")
    let words = inner.dropFirst(isEnd ? 1 : 0).split(separator: " ", omittingEmptySubsequences: false)
    guard let name = words.first.flatMap({ tags[String($0)] }) else { return nil }
    if name == "table" { return isEnd ? "</table></div>" : sheet }
    let scope = words.dropFirst().first { $0 == "scope=\"col\"" || $0 == "scope=\"row\"" }
    return "<\(isEnd ? "/" : "")\(name)\(isEnd ? "" : scope.map { " \($0)" } ?? "")>"
  }

  /// A table that is wider than a phone is pushed sideways, with the keyboard too.
  private static let sheet = "<div class=\"sheet\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table>"
}
