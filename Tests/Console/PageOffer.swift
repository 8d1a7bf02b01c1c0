import Testing

/// What a page offers to whoever has it open: where its links lead, and its forms.
struct PageOffer {
  struct Form: Hashable {
    let action: String
    let isPost: Bool
    /// As they would be sent untouched.
    var fields: [String: String]
    /// With a word in each empty field.
    var filled: [String: String]
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
      let (fields, filled, buttons) = PageOffer.fields(String(found.2))
      let pressed = buttons.isEmpty ? [[:]] : buttons.map { [$0.name: $0.value] }
      return pressed.map { button in
        Form(
          action: action, isPost: isPost, fields: fields.merging(button) { $1 }, filled: filled.merging(button) { $1 })
      }
    }
  }

  private static func fields(
    _ markup: String
  ) -> (fields: [String: String], filled: [String: String], buttons: [(name: String, value: String)]) {
    var fields: [String: String] = [:]
    var filled: [String: String] = [:]
    var buttons: [(name: String, value: String)] = []
    let control = /(?s)<(input|button)\b([^>]*)>|<textarea\b([^>]*)>(.*?)<\/textarea>|<select\b([^>]*)>(.*?)<\/select>/
    for found in markup.matches(of: control) {
      let head = String(found.2 ?? found.3 ?? found.5 ?? "")
      guard let name = value("name", head) else { continue }
      var given = value("value", head) ?? plain(String(found.4 ?? ""))
      var word = "Looked at by a test"
      switch (found.1, value("type", head)) {
      case ("button", _):
        buttons.append((name, given))
        continue
      case (_, "radio"), (_, "checkbox"):
        word = given.isEmpty ? "on" : given
        if value("checked", head) == nil { given = "" }
      case (_, "datetime-local"): word = "2026-11-13T09:00"
      case (_, "hidden"): word = given
      default: break
      }
      if let options = found.6?.matches(of: /<option\b([^>]*)>/).map({ String($0.1) }) {
        given = options.first { value("selected", $0) != nil }.flatMap { value("value", $0) } ?? ""
        word = options.compactMap { value("value", $0) }.first { !$0.isEmpty } ?? ""
      }
      if fields[name, default: ""].isEmpty { fields[name] = given }
      if filled[name, default: ""].isEmpty { filled[name] = given.isEmpty ? word : given }
    }
    return (fields, filled, buttons)
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
