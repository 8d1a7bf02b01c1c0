import Testing

/// What a page offers to whoever has it open: where its links lead, and its forms as they would be sent untouched, with a
/// word in each empty field.
struct PageOffer {
  struct Form: Hashable {
    let action: String
    let isPost: Bool
    let fields: [String: String]
  }
  let links: [String]
  let forms: [Form]

  init(_ html: String, at path: String) {
    let html = PageOffer.body(html)
    let own = String(path.prefix { $0 != "?" && $0 != "#" })
    let absolute = { (address: String) in
      address.hasPrefix("/") ? address : address.hasPrefix("?") ? own + address : address.isEmpty ? own : nil
    }
    links = html.matches(of: /<a\b([^>]*)>/).compactMap { found in
      PageOffer.value("href", String(found.1)).flatMap(absolute).map { String($0.prefix { $0 != "#" }) }
    }
    forms = html.matches(of: /(?s)<form\b([^>]*)>(.*?)<\/form>/).flatMap { found -> [Form] in
      let head = String(found.1)
      guard let action = absolute(PageOffer.value("action", head) ?? "") else { return [] }
      let isPost = PageOffer.value("method", head)?.lowercased() == "post"
      let (fields, buttons) = PageOffer.fields(String(found.2))
      let sent = buttons.isEmpty ? [fields] : buttons.map { fields.merging([$0.name: $0.value]) { $1 } }
      return sent.map { Form(action: action, isPost: isPost, fields: $0) }
    }
  }

  private static func fields(_ markup: String) -> ([String: String], buttons: [(name: String, value: String)]) {
    var fields: [String: String] = [:]
    var buttons: [(name: String, value: String)] = []
    for found in markup.matches(of: /(?s)<(input|textarea|button)\b([^>]*)>|<select\b([^>]*)>(.*?)<\/select>/) {
      let head = String(found.2 ?? found.3 ?? "")
      guard let name = value("name", head) else { continue }
      let given = value("value", head) ?? ""
      switch (found.1, value("type", head)) {
      case ("button", _): buttons.append((name, given))
      case (nil, _):
        let options = (found.4 ?? "").matches(of: /<option\b([^>]*)>/).map { value("value", String($0.1)) ?? "" }
        fields[name] = options.first { !$0.isEmpty } ?? ""
      case (_, "hidden"): fields[name] = given
      case (_, "radio"), (_, "checkbox"): fields[name] = fields[name] ?? (given.isEmpty ? "on" : given)
      case (_, "datetime-local"): fields[name] = given.isEmpty ? "2026-11-13T09:00" : given
      default: fields[name] = given.isEmpty ? "Looked at by a test" : given
      }
    }
    return (fields, buttons)
  }

  private static func value(_ name: String, _ head: String) -> String? {
    head.matches(of: /([a-z-]+)(?:="([^"]*)")?/).first { $0.1 == name }.map { plain(String($0.2 ?? "")) }
  }

  /// Without the style and the script, which are the same on every page.
  static func body(_ html: String) -> String {
    let start = html.firstRange(of: "</style>")?.upperBound ?? html.startIndex
    let end = html[start...].firstRange(of: "<script>")?.lowerBound ?? html.endIndex
    return String(html[..<(html.firstRange(of: "<style>")?.lowerBound ?? start)] + html[start..<end])
  }

  /// Text as it is read.
  static func plain(_ markup: String) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(markup) {
      $0.replacing($1.0, with: $1.1)
    }
  }
}
