import Yams

extension PackReader {
  private static let ruleKeys =
    [
      "id", "section", "covers", "says", "when", "once", "share", "urgency", "tell", "duty", "holders", "by", "target",
      "from", "fulfilledBy", "endsWhen", "remind", "else", "optional", "note",
    ] + triggerKeys
  private static let tellKeys = [
    "role", "of", "ofLookedAfter", "when", "share", "urgency", "by", "from", "notBefore", "confirm", "within", "mode",
    "replay", "except",
  ]
  private static let holderKeys = ["role", "of", "ofLookedAfter", "when"]

  func rule(_ node: Node, pack: String) -> Rule? {
    let keys = fields(node, of: "a rule", PackReader.ruleKeys)
    for key in ["id", "section", "says"] where keys[key] == nil {
      reader.report(node, "a rule has no `\(key)`", "Add it")
    }
    guard let id = keys["id"].flatMap({ reader.text($0, "id") }), let trigger = trigger(keys, of: node, id) else {
      return nil
    }
    let when = condition(keys["when"])
    if let hours = vocabulary.fact("clock.officeHours")?.slot, when.tests(hours) {
      reader.report(
        keys["when"], "`clock.officeHours` is tested for the whole rule, and every recipient has hours of its own",
        "Test it under the recipient's or holder's own `when`")
    }
    let isNote = keys["note"].flatMap { reader.flag($0, "note") } ?? false
    let defaults = TellDefaults(
      share: keys["share"].map(shareSet) ?? [], urgency: keys["urgency"].flatMap(urgencyWord) ?? .prompt,
      by: deadline(keys["by"], from: keys["from"]), from: keys["from"])
    let tells = keys["tell"].map { reader.items($0, "tell").compactMap { self.tell($0, defaults) } } ?? []
    let duty = keys["duty"].flatMap { self.duty($0, keys, defaults) }
    if tells.isEmpty, duty == nil, !isNote {
      reader.report(node, "rule `\(id)` makes nothing owed", "Give it a tell or a duty, or say note: true")
    }
    for key in ["holders", "fulfilledBy", "endsWhen", "target", "remind", "else"] where keys["duty"] == nil {
      if let stray = keys[key] { reader.report(stray, "`\(key)` without a `duty`", "Name the duty, or drop it") }
    }
    return Rule(
      id: id, pack: pack, sections: keys["section"].map { reader.texts($0, "section") } ?? [],
      covers: keys["covers"].map { reader.texts($0, "covers") } ?? [],
      says: keys["says"].flatMap { reader.text($0, "says") } ?? "", trigger: trigger, when: when,
      isOnce: keys["once"].flatMap { reader.flag($0, "once") } ?? false, tells: tells, duty: duty, isNote: isNote,
      isOptional: keys["optional"].flatMap { reader.flag($0, "optional") } ?? false, line: node.mark?.line ?? 0)
  }

  private struct TellDefaults {
    let share: ShareSet
    let urgency: Urgency
    let by: Deadline?
    let from: Node?
  }

  private func tell(_ node: Node, _ defaults: TellDefaults) -> TellRule? {
    let keys = fields(node, of: "a tell", PackReader.tellKeys)
    guard let target = self.target(node, keys) else { return nil }
    let wanted = keys["share"].map(shareSet) ?? defaults.share
    let isUndated = keys["by"]?.scalar?.string == "none"
    let by = isUndated ? nil : deadline(keys["by"], from: keys["from"] ?? defaults.from) ?? defaults.by
    return TellRule(
      target: target, share: target.role.map { wanted.intersection(disclosure.ceiling(of: $0)) } ?? wanted,
      urgency: keys["urgency"].flatMap(urgencyWord) ?? defaults.urgency, by: by,
      notBefore: keys["notBefore"].flatMap(span),
      confirm: keys["confirm"].flatMap { word($0, "confirm", Confirmation.allCases.map(\.name)) }
        .flatMap(Confirmation.init(name:)) ?? .accepted,
      within: keys["within"].flatMap(span),
      mode: keys["mode"].flatMap { word($0, "mode", TellMode.allCases.map(\.rawValue)) }
        .flatMap(TellMode.init(rawValue:)) ?? .message)
  }

  private func target(_ node: Node, _ keys: [String: Node]) -> Target? {
    let when = condition(keys["when"])
    if let replay = keys["replay"] {
      _ = word(replay, "replay", ["episode"])
      if let role = keys["role"] { reader.report(role, "`role` beside `replay`", "Drop one of them") }
      let except = keys["except"].map { node in reader.texts(node, "except").compactMap { self.role($0, node) } } ?? []
      return Target(who: .everybodyTold(except: except), relation: .area, relationIfLookedAfter: nil, when: when)
    }
    guard let roleNode = keys["role"] else {
      reader.report(node, "a recipient has no `role`", "Add a role of vocabulary.yaml, or replay: episode")
      return nil
    }
    guard let role = self.role(roleNode) else { return nil }
    return Target(
      who: .role(role), relation: keys["of"].flatMap(relationWord) ?? .area,
      relationIfLookedAfter: keys["ofLookedAfter"].flatMap(relationWord), when: when)
  }

  private func duty(_ node: Node, _ keys: [String: Node], _ defaults: TellDefaults) -> DutyRule? {
    guard let name = reader.text(node, "duty") else { return nil }
    guard vocabulary.duties.contains(name) else {
      let near = vocabulary.duties.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(node, "no duty is called `\(name)`", near ?? "Use a duty of vocabulary.yaml")
      return nil
    }
    let holders = keys["holders"].map { list in
      reader.items(list, "holders").compactMap { target($0, fields($0, of: "a holder", PackReader.holderKeys)) }
    }
    if holders?.isEmpty ?? true { reader.report(node, "duty `\(name)` has no holders", "Say who owes it") }
    let atOnce = defaults.urgency == .immediate ? Deadline(span: .elapsed(seconds: 0), start: .event) : nil
    let by = deadline(keys["by"], from: keys["from"]) ?? atOnce
    for key in ["remind", "else"] where by == nil {
      if let stray = keys[key] { reader.report(stray, "`\(key)` on a duty without a deadline", "Add `by`") }
    }
    return DutyRule(
      name: name, holders: holders ?? [], by: by,
      target: deadline(keys["target"], from: keys["from"]),
      fulfilledBy: keys["fulfilledBy"].map { eventNames($0, "fulfilledBy") } ?? [],
      endsWhen: keys["endsWhen"].map { condition($0) },
      remind: keys["remind"].map { Span.before($0, "remind", reader) } ?? [],
      ladder: keys["else"].map { reader.items($0, "else").compactMap { rung($0, defaults) } } ?? [])
  }

  /// What happens so long after a deadline, with the rule's own share and urgency unless it says otherwise.
  private func rung(_ node: Node, _ defaults: TellDefaults) -> Rung? {
    let keys = fields(node, of: "a rung", ["after", "tell", "share", "urgency"])
    guard let after = keys["after"].flatMap(span) else {
      reader.report(node, "a rung does not say how long after the deadline", "Add after: PT24H")
      return nil
    }
    let own = TellDefaults(
      share: keys["share"].map(shareSet) ?? defaults.share,
      urgency: keys["urgency"].flatMap(urgencyWord) ?? defaults.urgency,
      by: Deadline(span: .elapsed(seconds: 0), start: .event), from: nil)
    let tells = keys["tell"].map { reader.items($0, "tell").compactMap { tell($0, own) } } ?? []
    if tells.isEmpty { reader.report(node, "a rung tells nobody", "Add tell: with who hears") }
    return Rung(after: after, tells: tells)
  }

  func fields(_ node: Node, of what: String, _ allowed: [String]) -> [String: Node] {
    Dictionary(reader.entries(node, of: what, allowed: allowed), uniquingKeysWith: { first, _ in first })
  }

  func condition(_ node: Node?) -> Condition {
    node.map(ConditionReader(vocabulary: vocabulary, reader: reader).read) ?? .always
  }

  func eventNames(_ node: Node, _ what: String) -> [String] {
    reader.texts(node, what).filter { name in
      if vocabulary.events.contains(name) { return true }
      let near = vocabulary.events.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(node, "no event is called `\(name)`", near ?? "Use an event of vocabulary.yaml")
      return false
    }
  }

  func shareSet(_ node: Node) -> ShareSet {
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
  func word(_ node: Node, _ what: String, _ allowed: [String]) -> String? {
    reader.text(node, what).flatMap { word($0, node, what, allowed) }
  }

  func word(_ text: String, _ node: Node, _ what: String, _ allowed: [String]) -> String? {
    if allowed.contains(text) { return text }
    let near = allowed.nearest(to: text).map { "Did you mean `\($0)`" }
    reader.report(node, "`\(what)` is never `\(text)`", near ?? "Use one of: \(allowed.joined(separator: ", "))")
    return nil
  }

  private func deadline(_ node: Node?, from start: Node?) -> Deadline? {
    guard let node, let span = span(node) else { return nil }
    guard let start else { return Deadline(span: span, start: .event) }
    let names = reader.texts(start, "from")
    if names == ["first"] { return Deadline(span: span, start: .firstFiring) }
    for name in names where !PackReader.instants.contains(name) {
      let near = PackReader.instants.nearest(to: name).map { "Did you mean `\($0)`" }
      reader.report(
        start, "`\(name)` is no instant of the data",
        near ?? "Use first or one of: \(PackReader.instants.sorted().joined(separator: ", "))")
    }
    return Deadline(span: span, start: .data(names.map { $0.split(separator: ".").map(String.init) }))
  }

  /// Instants that events carry (contract, "Events").
  static let instants = Set(Event.instants.map { $0.joined(separator: ".") })

  func span(_ node: Node) -> Span? {
    if node.mapping != nil {
      let parts = reader.entries(node, of: "a deadline", allowed: ["earlierOf"])
      let spans = parts.flatMap { reader.items($0.value, "earlierOf").compactMap(span) }
      return spans.isEmpty ? nil : .earlierOf(spans)
    }
    guard let text = reader.text(node, "by") else { return nil }
    guard let span = Span(text) else {
      reader.report(node, "`\(text)` is no span of time", "Write \(Span.examples)")
      return nil
    }
    return span
  }
}

extension Span {
  /// Spans that can be counted back from a deadline.
  static func before(_ node: Node, _ what: String, _ reader: YAMLReader) -> [Span] {
    reader.texts(node, what).compactMap { text in
      guard let span = Span(text), span.start(endingAt: Instant(seconds: 0)) != nil else {
        reader.report(node, "`\(text)` cannot be counted back from a deadline", "Write PT24H, P1D or P1M")
        return nil
      }
      return span
    }
  }
}
