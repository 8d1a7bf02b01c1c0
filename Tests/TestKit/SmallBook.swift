package import Routing

/// A book with the repository's words, directory and disclosure and one pack of a few rules, written in the test.
package enum SmallBook {
  /// `rules` is the YAML below `rules:`, `more` other keys of the pack. Throws `RouteProblems`.
  package static func make(
    _ rules: String, more: String = "", invariants: String = "invariants: []\n", switchedOn: [String] = []
  ) throws -> RouteBook {
    var texts = try Repository.texts()
    texts.packs = [pack("small", rules, more: more)]
    texts.invariants = RouteBook.File(name: "invariants.yaml", text: invariants, hash: "")
    texts.options = RouteBook.File(
      name: "options.yaml", text: "switchedOn: [\(switchedOn.joined(separator: ", "))]\n", hash: "")
    return try RouteBook(texts)
  }

  package static func pack(_ id: String, _ rules: String, more: String = "") -> RouteBook.File {
    RouteBook.File(
      name: "\(id)/pack.yaml",
      text: """
        pack: \(id)
        title: A small pack
        source: a test
        parties: [derby, derbyshire]
        scope: {any: [{child.livesIn: [derby, derbyshire]}, {child.lookedAfterBy: [derby, derbyshire]}]}
        \(more)
        rules:
        \(rules)
        """, hash: id)
  }

  /// A case of this pack. Throws `RouteProblems`.
  package static func play(_ timeline: String, _ book: RouteBook) throws -> [TimelineLine] {
    let item = try CaseFile.read(
      "case: c\ntimeline:\n\(timeline)\n", file: "c.yaml", vocabulary: book.vocabulary)
    return CasePlayer.play(item, try book.playing(item).router(at: item.begins))
  }
}
