import Yams

/// Reads a pack and refuses it whole, with every wrong line named, if it does not fit the vocabulary.
package struct PackReader {
  let vocabulary: Vocabulary
  let disclosure: Disclosure
  let reader: YAMLReader

  /// Throws `RouteProblems`.
  package static func read(
    _ text: String, file: String, vocabulary: Vocabulary, disclosure: Disclosure, contentHash: String
  ) throws -> RoutePack {
    let reader = YAMLReader(file: file)
    let pack = reader.root(of: text).flatMap {
      PackReader(vocabulary: vocabulary, disclosure: disclosure, reader: reader).pack($0, contentHash: contentHash)
    }
    guard let pack, reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    return pack
  }

  private static let packKeys = [
    "pack", "title", "source", "inForce", "parties", "police", "frontDoor", "scope", "gates", "rules", "notMessages",
  ]

  private func pack(_ root: Node, contentHash: String) -> RoutePack? {
    let entries = fields(root, of: "the pack", PackReader.packKeys)
    for key in ["pack", "title", "source", "parties", "scope", "rules"] where entries[key] == nil {
      reader.report(root, "the pack has no `\(key)`", "Add it")
    }
    guard let idNode = entries["pack"], let id = reader.text(idNode, "pack") else { return nil }
    let rules = entries["rules"].map { reader.items($0, "rules").compactMap { self.rule($0, pack: id) } } ?? []
    refuseDuplicates(rules, root)
    for slug in entries["parties"].map({ reader.texts($0, "parties") }) ?? [] where !Authority.isSlug(slug) {
      reader.report(
        entries["parties"], "`\(slug)` is no authority", "Write a slug such as derby or central-bedfordshire")
    }
    return RoutePack(
      id: id,
      title: entries["title"].flatMap { reader.text($0, "title") } ?? "",
      source: entries["source"].flatMap { reader.text($0, "source") } ?? "",
      inForce: self.inForce(entries["inForce"]),
      parties: entries["parties"].map { reader.texts($0, "parties") } ?? [],
      relaysFrontDoor: entries["frontDoor"].flatMap { word($0, "frontDoor", ["switches", "relays"]) } == "relays",
      scope: condition(entries["scope"]),
      gates: entries["gates"].map { reader.items($0, "gates").compactMap(gate) } ?? [],
      rules: rules,
      notMessages: entries["notMessages"].map { reader.items($0, "notMessages").compactMap(notMessage) } ?? [],
      contentHash: contentHash, disclosure: disclosure, file: reader.file)
  }

  private func refuseDuplicates(_ rules: [Rule], _ root: Node) {
    var seen: [String: Int] = [:]
    for rule in rules {
      if let first = seen[rule.id] {
        reader.report(
          line: rule.line, "rule `\(rule.id)` is here a second time", "The first is on line \(first); rename one")
      }
      seen[rule.id] = rule.line
    }
  }

  private func inForce(_ node: Node?) -> InForce {
    guard let node else { return InForce(from: nil, until: nil) }
    var ends: [String: Instant] = [:]
    for (key, value) in reader.entries(node, of: "inForce", allowed: ["from", "until"]) where !reader.isNull(value) {
      guard let text = reader.text(value, key) else { continue }
      let midnight = CivilDate(text).map { London.instant($0, secondOfDay: 0) }
      guard let instant = midnight ?? Instant(rfc3339: text) else {
        reader.report(value, "`\(text)` is no date", "Write it as 2019-01-01, or as an instant 2019-01-01T06:00:00Z")
        continue
      }
      ends[key] = instant
    }
    if let from = ends["from"], let until = ends["until"], until <= from {
      reader.report(node, "the pack ends before it begins", "Put `until` after `from`")
    }
    return InForce(from: ends["from"], until: ends["until"])
  }

  private func gate(_ node: Node) -> Gate? {
    let entries = fields(node, of: "a gate", ["role", "section", "when", "decidedBy"])
    guard let roleNode = entries["role"], let role = self.role(roleNode), let when = entries["when"] else {
      reader.report(node, "a gate needs `role` and `when`", "Add them")
      return nil
    }
    return Gate(
      role: role, section: entries["section"].flatMap { reader.text($0, "section") } ?? "",
      when: condition(when),
      decidedBy: entries["decidedBy"].flatMap(self.role))
  }

  private func notMessage(_ node: Node) -> (entry: String, why: String)? {
    let entries = fields(node, of: "notMessages", ["entry", "why"])
    guard let entry = entries["entry"].flatMap({ reader.text($0, "entry") }),
      let why = entries["why"].flatMap({ reader.text($0, "why") })
    else {
      reader.report(node, "an entry that is no message needs `entry` and `why`", "Add what is missing")
      return nil
    }
    return (entry, why)
  }

  func role(_ node: Node) -> Role? { reader.text(node, "role").flatMap { role($0, node) } }

  func role(_ name: String, _ node: Node) -> Role? {
    guard let role = vocabulary.role(name) else {
      let near = vocabulary.roles.map(\.name).nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(node, "no role is called `\(name)`", near ?? "Use a role of vocabulary.yaml")
      return nil
    }
    return role
  }
}
