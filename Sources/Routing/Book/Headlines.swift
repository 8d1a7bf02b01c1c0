/// What each event is about, in one line without anything that names a child (`Routes/templates/headlines.yaml`).
package enum Headlines {
  /// Under which a message that time sent is found: `time.notice`, `time.reminder` and so on.
  package static func name(of purpose: Purpose) -> String { "time.\(purpose.rawValue)" }

  /// All headlines as (phase, words) by event name, with every problem found.
  package static func read(
    text: String, file: String, _ vocabulary: Vocabulary
  ) -> (entries: [String: (phase: String, says: String)], problems: [RouteProblem]) {
    let reader = YAMLReader(file: file)
    var entries: [String: (phase: String, says: String)] = [:]
    if let root = reader.root(of: text) {
      let wanted = vocabulary.events.sorted() + Purpose.allCases.map(name)
      for (event, node) in reader.entries(root, of: "headlines", allowed: wanted) {
        var phase: String?
        var says: String?
        for (key, value) in reader.entries(node, of: event, allowed: ["phase", "says"]) {
          if key == "phase" { phase = reader.text(value, key) } else { says = reader.text(value, key) }
        }
        guard let phase, let says, ["missing", "ended", "other"].contains(phase) else {
          reader.report(
            node, "`\(event)` needs a phase and what it says", "Write {phase: missing, ended or other, says: …}")
          continue
        }
        entries[event] = (phase, says)
      }
      for event in wanted where entries[event] == nil {
        reader.report(root, "`\(event)` has no headline", "Add one")
      }
    }
    return (entries, reader.problems)
  }
}
