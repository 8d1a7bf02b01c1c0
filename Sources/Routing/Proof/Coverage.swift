/// Section → entry → rule → case: whether everything that a protocol asks for is in the pack, and every rule is proved by
/// a case.
package struct Coverage: Sendable {
  package let pack: RoutePack
  package let rows: [Row]
  /// Holes and orphans, one sentence each; empty when the pack is complete.
  package let problems: [String]

  package struct Row: Sendable {
    package let sections: [String]
    package let entry: String
    package let strength: String
    /// Rules that cover the entry; empty where it is no message.
    package let rules: [String]
    /// Why it is no message.
    package let why: String?
    package let cases: [String]
  }

  package init(_ pack: RoutePack, _ catalogue: Catalogue?, _ cases: [CaseFile]) {
    self.pack = pack
    guard let catalogue else {
      rows = []
      problems = ["\(pack.id) has no catalogue.yaml: nothing says what it must cover"]
      return
    }
    let covering = Dictionary(grouping: pack.rules.flatMap { rule in rule.covers.map { ($0, rule) } }, by: \.0)
      .mapValues { $0.map(\.1) }
    let silent = Dictionary(pack.notMessages.map { ($0.entry, $0.why) }, uniquingKeysWith: { first, _ in first })
    let proofs = Coverage.proofs(cases)
    rows = catalogue.entries.map { entry in
      let rules = covering[entry.id] ?? []
      return Row(
        sections: entry.sections, entry: entry.id, strength: entry.strength, rules: rules.map(\.id),
        why: silent[entry.id],
        cases: Array(Set(rules.flatMap { proofs[$0.id] ?? [] })).sorted())
    }
    problems =
      Coverage.holes(catalogue, covering, silent) + Coverage.orphans(pack, catalogue) + Coverage.unproved(pack, proofs)
  }

  /// Names of the cases that expect something of a rule, by rule.
  private static func proofs(_ cases: [CaseFile]) -> [String: Set<String>] {
    var proofs: [String: Set<String>] = [:]
    for item in cases {
      for line in item.expect {
        for rule in line.rules + [line.note, line.timer].compactMap(\.self) {
          proofs[rule, default: []].insert(item.name)
        }
      }
    }
    return proofs
  }

  private static func holes(
    _ catalogue: Catalogue, _ covering: [String: [Rule]], _ silent: [String: String]
  ) -> [String] {
    catalogue.entries.compactMap { entry in
      switch (covering[entry.id], silent[entry.id]) {
      case (nil, nil): return "\(entry.id): no rule covers it and notMessages does not list it"
      case (.some, .some): return "\(entry.id): a rule covers it and notMessages lists it too"
      case (nil, .some):
        return entry.isBinding ? "\(entry.id): somebody must be told or act, and it is listed as no message" : nil
      case (let rules?, nil):
        guard entry.isBinding, rules.allSatisfy({ $0.isNote || $0.isOptional }) else { return nil }
        return "\(entry.id): somebody must be told or act, and only notes or optional rules cover it"
      }
    }
  }

  private static func orphans(_ pack: RoutePack, _ catalogue: Catalogue) -> [String] {
    let known = Dictionary(catalogue.entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let rules = pack.rules.flatMap { rule in
      rule.covers.compactMap { entry -> String? in
        guard let found = known[entry] else {
          return "rule \(rule.id) covers \(entry), which the catalogue does not know"
        }
        return found.sections.contains(where: rule.sections.contains)
          ? nil : "rule \(rule.id) cites none of the sections of \(entry): \(found.sections.joined(separator: ", "))"
      }
    }
    return rules
      + pack.notMessages.filter { known[$0.entry] == nil }
      .map { "notMessages lists \($0.entry), which the catalogue does not know" }
  }

  private static func unproved(_ pack: RoutePack, _ proofs: [String: Set<String>]) -> [String] {
    pack.rules.filter { proofs[$0.id] == nil }.map { "rule \($0.id): no case expects anything of it" }
  }
}
