import Yams

/// What a protocol asks for, entry by entry (`Routes/<pack>/catalogue.yaml`): the other half of the proof that a pack is
/// complete.
package struct Catalogue: Sendable {
  package let file: String
  package let entries: [Entry]

  package struct Entry: Sendable {
    package let id: String
    package let sections: [String]
    /// must, should, may or considered.
    package let strength: String
    /// tell, duty, report, hold or note.
    package let makes: String
    package let line: Int

    /// Somebody has to be told or has to act: a rule that is live must answer for it.
    package var isBinding: Bool { (strength == "must" || strength == "should") && makes != "note" }
  }

  /// Reads a catalogue. Throws `RouteProblems`.
  package static func read(_ text: String, file: String) throws -> Catalogue {
    let reader = YAMLReader(file: file)
    var entries: [Entry] = []
    var seen = Set<String>()
    if let root = reader.root(of: text) {
      for (_, list) in reader.entries(root, of: "the catalogue", allowed: ["pack", "entries"])
      where list.sequence != nil {
        for node in reader.items(list, "entries") {
          guard let entry = entry(node, reader) else { continue }
          if !seen.insert(entry.id).inserted { reader.report(node, "`\(entry.id)` is here twice", "Keep one of them") }
          entries.append(entry)
        }
      }
    }
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    return Catalogue(file: file, entries: entries)
  }

  private static func entry(_ node: Node, _ reader: YAMLReader) -> Entry? {
    let allowed = ["entry", "section", "strength", "makes"]
    let keys = Dictionary(
      reader.entries(node, of: "an entry", allowed: allowed), uniquingKeysWith: { first, _ in first })
    for key in allowed where keys[key] == nil { reader.report(node, "an entry has no `\(key)`", "Add it") }
    guard let id = keys["entry"].flatMap({ reader.text($0, "entry") }),
      let strength = word(keys["strength"], ["must", "should", "may", "considered"], reader),
      let makes = word(keys["makes"], ["tell", "duty", "report", "hold", "note"], reader)
    else { return nil }
    return Entry(
      id: id, sections: keys["section"].map { reader.texts($0, "section") } ?? [], strength: strength, makes: makes,
      line: node.mark?.line ?? 0)
  }

  private static func word(_ node: Node?, _ allowed: [String], _ reader: YAMLReader) -> String? {
    guard let node, let text = reader.text(node, "a word") else { return nil }
    if !allowed.contains(text) {
      reader.report(node, "`\(text)` is none of \(allowed.joined(separator: ", "))", "Use one of them")
    }
    return text
  }
}
