import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import Routing

/// The fields of a posted form (`application/x-www-form-urlencoded`), trimmed and each on one line.
package struct PageForm: Sendable {
  private let fields: [String: String]
  /// Something came twice, which OAuth does not allow (RFC 6749 section 3.1).
  let repeats: Bool

  /// Largest body taken, in bytes.
  static let bodyLimit = 16 * 1024
  /// The same on pages for people: room for a page of answers in any script.
  static let personLimit = 64 * 1024

  /// Throws a 413 or 415 page. A name that comes twice counts the first time.
  init(_ request: Request, upTo limit: Int = PageForm.bodyLimit) async throws {
    let buffer = try await request.bytes(upTo: limit, orElse: Page.tooLarge)
    let type = (request.headers[.contentType] ?? "").split(separator: ";").first.map { $0.lowercased() } ?? ""
    guard type.trimming(\.isWhitespace) == "application/x-www-form-urlencoded" || buffer.readableBytes == 0 else {
      throw Page.wrongType
    }
    guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else { throw Page.wrongType }
    try self.init(encoded: text)
  }

  /// The same, written into an address, where a name may stand without a value. Throws a 415 page.
  init(query: String?) throws {
    try self.init(encoded: (query ?? "").split(separator: "&").filter { $0.contains("=") }.joined(separator: "&"))
  }

  private init(encoded text: String) throws {
    var repeats = false
    var fields: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = PageForm.decoded(parts[0]), let value = PageForm.decoded(parts[1]) else {
        throw Page.wrongType
      }
      if fields[name] == nil { fields[name] = PageForm.line(value) } else { repeats = true }
    }
    self.fields = fields
    self.repeats = repeats
  }

  package subscript(name: String) -> String { fields[name] ?? "" }

  private static func decoded(_ text: Substring) -> String? {
    String(text.replacing("+", with: " ")).removingPercentEncodingStrictly
  }

  /// Evidence is kept in a line: every run of spaces, line ends and control characters becomes one space.
  private static func line(_ text: String) -> String {
    let isGap = { (scalar: Unicode.Scalar) in
      scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }
    return text.unicodeScalars.split(whereSeparator: isGap).map { String($0) }.joined(separator: " ")
  }
}

/// What somebody says who acknowledges a message from its page, and everything that is wrong with it.
struct AnswerForm {
  let by: String
  let willDo: String
  /// As it was typed.
  let until: String
  /// By when it will be done; nil where nothing, or nothing right, was said.
  let promise: Instant?
  /// Field and words, in the order of the fields; at most one a field.
  let problems: [(field: String, says: String)]

  /// Longest text taken, in characters.
  private static let longest = 500

  init(_ form: PageForm, at now: Instant) {
    by = form["by"]
    willDo = form["willDo"]
    until = form["until"]
    promise = AnswerForm.instant(until)
    var problems: [(String, String)] = []
    if by.isEmpty {
      problems.append(("by", "Enter your name or office"))
    } else if by.count > AnswerForm.longest {
      problems.append(("by", "Your name or office may have at most \(AnswerForm.longest) characters"))
    }
    if willDo.count > AnswerForm.longest {
      problems.append(("willDo", "What will be done may have at most \(AnswerForm.longest) characters"))
    } else if willDo.isEmpty, !until.isEmpty {
      problems.append(("willDo", "Say what will be done by then, or leave the time empty"))
    }
    if !until.isEmpty {
      if let promise {
        if promise <= now {
          problems.append(
            ("until", "By when has to lie ahead. In London it is \(LondonWords.moment(now)) now"))
        }
      } else {
        let example = AnswerForm.typed(now.advanced(bySeconds: 3600))
        problems.append(("until", "Enter a date with a time, such as \(example)"))
      }
    }
    self.problems = problems
  }

  /// Nothing said yet.
  private init() {
    by = ""
    willDo = ""
    until = ""
    promise = nil
    problems = []
  }
  static let empty = AnswerForm()

  func acknowledgement(channel: Int) -> Acknowledgement {
    Acknowledgement(
      by: by, actor: "page", willDo: willDo.isEmpty ? nil : willDo, until: promise, source: .page, channel: channel)
  }

  /// What the form's template shows.
  func values(action: String, at now: Instant) -> [String: Any] {
    let values: [String: Any] = [
      "action": action, "by": by, "willDo": willDo, "until": until, "earliest": AnswerForm.typed(now),
    ]
    return values.merging(problemValues(problems)) { $1 }
  }

  /// `2026-11-12T13:00` or with seconds, as a browser sends London's time; a space for the `T` where it was typed by hand.
  static func instant(_ text: String) -> Instant? {
    let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
    guard parts.count == 2, let date = CivilDate(String(parts[0])), [5, 8].contains(parts[1].utf8.count),
      let second = London.secondOfDay(parts[1].prefix(5))
    else { return nil }
    return London.instant(date, secondOfDay: second)
  }

  /// London's time as the browser's own field writes it.
  static func typed(_ instant: Instant) -> String {
    let reading = London.reading(at: instant)
    let minutes = reading.secondOfDay / 60
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(reading.date)T\(two(minutes / 60)):\(two(minutes % 60))"
  }
}

extension StringProtocol {
  fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> SubSequence {
    let start = drop(while: isLeftOut)
    return start.lastIndex { !isLeftOut($0) }.map { start[...$0] } ?? start[start.endIndex...]
  }
}

/// What is wrong with a form: for `{{>errors}}`, and for each field beside it.
func problemValues(_ problems: [(field: String, says: String)]) -> [String: Any] {
  var values: [String: Any] = [:]
  for problem in problems { values["\(problem.field)Problem"] = problem.says }
  if !problems.isEmpty { values["problems"] = ["list": problems.map { ["field": $0.field, "says": $0.says] }] }
  return values
}
