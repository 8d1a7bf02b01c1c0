/// Replays events that have happened against other routes, and says what would have differed.
///
/// Guarantee: nothing is sent. Compared is who was told and what was owed; contacts and channels are the directory's matter.
package struct Shadow {
  private let book: RouteBook
  private var chronicle: Chronicle

  /// What one event would have made owed, and what it did.
  package struct Difference: Sendable {
    package let event: Event
    /// Lines that only the draft makes owed.
    package let more: [String]
    /// Lines that were owed and would not be.
    package let fewer: [String]
    /// Lines owed by another time.
    package let moved: [String]
  }

  package init(_ book: RouteBook) {
    self.book = book
    chronicle = Chronicle(vocabulary: book.vocabulary)
  }

  /// Plays the next event; `plan` is the plan that was made of it (as `Plan.document` writes it). Nil: no difference.
  package mutating func play(_ event: Event, plan was: JSONValue, at instant: Instant) -> Difference? {
    let situation = chronicle.situation(for: event)
    let plan = book.router(at: instant).plan(event, situation, at: instant)
    chronicle.record(event, situation, plan)
    let now = Shadow.lines(plan.document(event, book.vocabulary))
    let before = Shadow.lines(was)
    let more = now.keys.filter { before[$0] == nil }.sorted()
    let fewer = before.keys.filter { now[$0] == nil }.sorted()
    let moved = now.keys.sorted().compactMap { key -> String? in
      guard let old = before[key], let new = now[key], old != new else { return nil }
      return "\(key): was \(old.isEmpty ? "undated" : old), would be \(new.isEmpty ? "undated" : new)"
    }
    if more.isEmpty, fewer.isEmpty, moved.isEmpty { return nil }
    return Difference(event: event, more: more, fewer: fewer, moved: moved)
  }

  /// The lines of a plan's document with their deadlines.
  private static func lines(_ document: JSONValue) -> [String: String] {
    var lines: [String: String] = [:]
    for (key, word) in [("tells", "tell"), ("duties", "duty")] {
      for item in document[key]?.items ?? [] {
        let name = [word, item["duty"]?.text, item["role"]?.text, "of", item["of"]?.text].compactMap(\.self)
        let agency = item["agency"]?.text.map { "(\($0))" }
        lines[(name + [agency].compactMap(\.self)).joined(separator: " ")] = item["by"]?.text ?? ""
      }
    }
    return lines
  }
}
