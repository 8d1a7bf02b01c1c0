import Yams

extension PackReader {
  private static let ruleKeys = [
    "id", "section", "covers", "says", "event", "when", "share", "urgency", "tell", "duty", "holders", "by", "target",
    "from", "fulfilledBy", "optional", "note",
  ]
  private static let tellKeys = [
    "role", "of", "ofLookedAfter", "when", "share", "urgency", "by", "from", "confirm", "mode", "replay",
  ]

  func rule(_ node: Node, pack: String) -> Rule? {
    let keys = Dictionary(
      reader.entries(node, of: "a rule", allowed: PackReader.ruleKeys), uniquingKeysWith: { first, _ in first })
    for key in ["id", "section", "says", "event"] where keys[key] == nil {
      reader.report(node, "a rule has no `\(key)`", "Add it")
    }
    guard let id = keys["id"].flatMap({ reader.text($0, "id") }) else { return nil }
    let sections = keys["section"].map { reader.texts($0, "section") } ?? []
    let isNote = keys["note"].flatMap { reader.flag($0, "note") } ?? false
    let defaults = TellDefaults(
      share: keys["share"].map(shareSet) ?? [], urgency: keys["urgency"].flatMap(urgencyWord) ?? .prompt,
      by: deadline(keys["by"], from: keys["from"]), from: keys["from"])
    let tells = keys["tell"].map { reader.items($0, "tell").compactMap { self.tell($0, defaults) } } ?? []
    let duty = keys["duty"].flatMap { self.duty($0, keys, isImmediate: defaults.urgency == .immediate) }
    if tells.isEmpty, duty == nil, !isNote {
      reader.report(node, "rule `\(id)` makes nothing owed", "Give it a tell or a duty, or say note: true")
    }
    if keys["duty"] == nil, let holders = keys["holders"] {
      reader.report(holders, "`holders` without a `duty`", "Name the duty that they owe")
    }
    return Rule(
      id: id, pack: pack, sections: sections, covers: keys["covers"].map { reader.texts($0, "covers") } ?? [],
      says: keys["says"].flatMap { reader.text($0, "says") } ?? "", events: keys["event"].map(eventNames) ?? [],
      when: condition(keys["when"]), tells: tells, duty: duty, isNote: isNote,
      isOptional: keys["optional"].flatMap { reader.flag($0, "optional") } ?? false,
      citations: sections.map { Citation(pack: pack, section: $0, rule: id) }, line: node.mark?.line ?? 0)
  }

  private struct TellDefaults {
    let share: ShareSet
    let urgency: Urgency
    let by: Deadline?
    let from: Node?
  }

  private func tell(_ node: Node, _ defaults: TellDefaults) -> TellRule? {
    let keys = Dictionary(
      reader.entries(node, of: "a tell", allowed: PackReader.tellKeys), uniquingKeysWith: { first, _ in first })
    guard let target = self.target(node, keys) else { return nil }
    let urgency = keys["urgency"].flatMap(urgencyWord) ?? defaults.urgency
    let wanted = keys["share"].map(shareSet) ?? defaults.share
    return TellRule(
      target: target, share: wanted.intersection(disclosure.ceiling(of: target.role)), urgency: urgency,
      by: deadline(keys["by"], from: keys["from"] ?? defaults.from) ?? defaults.by,
      confirm: keys["confirm"].flatMap { word($0, "confirm", Confirmation.allCases.map(\.name)) }
        .flatMap(Confirmation.init(name:)) ?? .accepted,
      mode: keys["mode"].flatMap { word($0, "mode", TellMode.allCases.map(\.rawValue)) }
        .flatMap(TellMode.init(rawValue:)) ?? .message,
      replay: keys["replay"].flatMap { word($0, "replay", ["episode"]) } != nil)
  }

  private func target(_ node: Node, _ keys: [String: Node]) -> Target? {
    guard let roleNode = keys["role"] else {
      reader.report(node, "a recipient has no `role`", "Add a role of vocabulary.yaml")
      return nil
    }
    guard let role = self.role(roleNode) else { return nil }
    return Target(
      role: role, relation: keys["of"].flatMap(relationWord) ?? .area,
      relationIfLookedAfter: keys["ofLookedAfter"].flatMap(relationWord), when: condition(keys["when"]))
  }

  private func duty(_ node: Node, _ keys: [String: Node], isImmediate: Bool) -> DutyRule? {
    guard let name = reader.text(node, "duty") else { return nil }
    guard vocabulary.duties.contains(name) else {
      let near = vocabulary.duties.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(node, "no duty is called `\(name)`", near ?? "Use a duty of vocabulary.yaml")
      return nil
    }
    let holders = keys["holders"].map { list in
      reader.items(list, "holders").compactMap { item in
        target(
          item,
          Dictionary(
            reader.entries(item, of: "a holder", allowed: ["role", "of", "ofLookedAfter", "when"]),
            uniquingKeysWith: { first, _ in first }))
      }
    }
    if holders?.isEmpty ?? true { reader.report(node, "duty `\(name)` has no holders", "Say who owes it") }
    let atOnce = isImmediate ? Deadline(span: .elapsed(seconds: 0), from: nil) : nil
    return DutyRule(
      name: name, holders: holders ?? [], by: deadline(keys["by"], from: keys["from"]) ?? atOnce,
      target: deadline(keys["target"], from: keys["from"]), fulfilledBy: keys["fulfilledBy"].map(eventNames) ?? [])
  }

  private func condition(_ node: Node?) -> Condition {
    node.map(ConditionReader(vocabulary: vocabulary, reader: reader).read) ?? .always
  }

  private func eventNames(_ node: Node) -> [String] {
    reader.texts(node, "event").filter { name in
      if vocabulary.events.contains(name) { return true }
      let near = vocabulary.events.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(node, "no event is called `\(name)`", near ?? "Use an event of vocabulary.yaml")
      return false
    }
  }

  private func shareSet(_ node: Node) -> ShareSet {
    switch vocabulary.share(reader.texts(node, "share")) {
    case .success(let set): return set
    case .failure(let unknown):
      reader.report(
        node, "no share group is called `\(unknown.word)`",
        unknown.near.map { "Did you mean `\($0)`" } ?? "Use one of: \(vocabulary.shareGroups.joined(separator: ", "))")
      return []
    }
  }

  private func urgencyWord(_ node: Node) -> Urgency? {
    word(node, "urgency", Urgency.allCases.map(\.name)).flatMap(Urgency.init(name:))
  }

  private func relationWord(_ node: Node) -> Relation? {
    word(node, "of", Relation.allCases.map(\.rawValue)).flatMap(Relation.init(rawValue:))
  }

  /// A word out of a fixed list.
  private func word(_ node: Node, _ what: String, _ allowed: [String]) -> String? {
    guard let text = reader.text(node, what) else { return nil }
    if allowed.contains(text) { return text }
    let near = allowed.nearest(to: text).map { "Did you mean `\($0)`" }
    reader.report(node, "`\(what)` is never `\(text)`", near ?? "Use one of: \(allowed.joined(separator: ", "))")
    return nil
  }

  private func deadline(_ node: Node?, from start: Node?) -> Deadline? {
    guard let node, let span = spanOf(node) else { return nil }
    let path = start.flatMap { reader.text($0, "from") }?.split(separator: ".").map(String.init)
    return Deadline(span: span, from: path)
  }

  private func spanOf(_ node: Node) -> Span? {
    if node.mapping != nil {
      let parts = reader.entries(node, of: "a deadline", allowed: ["earlierOf"])
      let spans = parts.flatMap { reader.items($0.value, "earlierOf").compactMap(spanOf) }
      return spans.isEmpty ? nil : .earlierOf(spans)
    }
    guard let text = reader.text(node, "by") else { return nil }
    guard let span = Span(text) else {
      reader.report(
        node, "`\(text)` is no span of time", "Write PT72H, P3D, 5 working days or {earlierOf: [PT72H, P3D]}")
      return nil
    }
    return span
  }
}
