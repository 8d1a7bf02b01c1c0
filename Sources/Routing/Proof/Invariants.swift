import Yams

/// What must hold whatever a protocol says (`Routes/invariants.yaml`), in the packs' own condition language.
package struct Invariants: Sendable {
  package let items: [Invariant]
  package let limits: [DisclosureLimit]
  package let silences: [Silence]
}

/// One promise: in these events, where this holds, these are told or owed, these are not, and these wait for a person.
package struct Invariant: Sendable {
  package let id: String
  package let says: String
  /// Packs that it binds; empty: all.
  package let packs: [String]
  package let events: [String]
  package let when: Condition
  package let told: [Claim]
  package let owed: [Claim]
  package let neverTold: [Role]
  package let held: [Role]
  package let exceptions: [Exception]

  /// At least one of the roles is told, or owes the duty, in at least one of the events.
  package struct Claim: Sendable {
    package let roles: [Role]
    /// Empty: any.
    package let relations: [Relation]
    /// The message is at least this pressing.
    package let urgency: Urgency?
    package let duty: String?
  }

  /// Where a text is silent or says otherwise; an exception that nothing needs is itself a violation.
  package struct Exception: Sendable {
    package let pack: String
    package let when: Condition
    package let why: String
  }
}

/// Groups that these roles may never be allowed by any pack or by disclosure.yaml.
package struct DisclosureLimit: Sendable {
  package let roles: [Role]
  package let never: ShareSet
  package let why: String
}

/// Event types that a pack answers with nothing, on purpose.
package struct Silence: Sendable {
  package let pack: String
  package let events: [String]
  package let why: String
}

extension Invariants {
  /// Reads `invariants.yaml`. Throws `RouteProblems`.
  package static func read(_ text: String, file: String, vocabulary: Vocabulary, disclosure: Disclosure) throws
    -> Invariants
  {
    let yaml = YAMLReader(file: file)
    let reader = InvariantReader(words: PackReader(vocabulary: vocabulary, disclosure: disclosure, reader: yaml))
    let result = yaml.root(of: text).map(reader.read)
    guard let result, yaml.problems.isEmpty else { throw RouteProblems(yaml.problems) }
    return result
  }
}

/// Reads invariants with the words that packs are read with.
private struct InvariantReader {
  let words: PackReader
  var yaml: YAMLReader { words.reader }

  func read(_ root: Node) -> Invariants {
    let keys = words.fields(root, of: "the invariants", ["invariants", "disclosure", "silent"])
    func list<T>(_ key: String, _ item: (Node) -> T?) -> [T] {
      (keys[key].map { yaml.items($0, key) } ?? []).compactMap(item)
    }
    return Invariants(
      items: list("invariants", invariant), limits: list("disclosure", limit), silences: list("silent", silence))
  }

  private func invariant(_ node: Node) -> Invariant? {
    let keys = words.fields(
      node, of: "an invariant",
      ["id", "says", "packs", "events", "when", "told", "owed", "neverTold", "held", "exceptions"])
    guard let id = text(keys, "id", node), let says = text(keys, "says", node) else { return nil }
    let told = claims(keys["told"], isDuty: false)
    let owed = claims(keys["owed"], isDuty: true)
    let neverTold = roles(keys["neverTold"])
    let held = roles(keys["held"])
    if told.isEmpty, owed.isEmpty, neverTold.isEmpty, held.isEmpty {
      yaml.report(node, "invariant `\(id)` promises nothing", "Give it told, owed, neverTold or held")
    }
    let events = keys["events"].map { words.eventNames($0, "events") } ?? []
    if events.isEmpty, !told.isEmpty || !owed.isEmpty {
      yaml.report(node, "invariant `\(id)` does not say in which events", "Add events:")
    }
    return Invariant(
      id: id, says: says, packs: keys["packs"].map { yaml.texts($0, "packs") } ?? [], events: events,
      when: words.condition(keys["when"]), told: told, owed: owed, neverTold: neverTold, held: held,
      exceptions: (keys["exceptions"].map { yaml.items($0, "exceptions") } ?? []).compactMap(exception))
  }

  private func claims(_ node: Node?, isDuty: Bool) -> [Invariant.Claim] {
    (node.map { yaml.items($0, "claims") } ?? []).map { item in
      let keys = words.fields(item, of: "a claim", isDuty ? ["roles", "of", "duty"] : ["roles", "of", "urgency"])
      let duty = keys["duty"].flatMap { yaml.text($0, "duty") }
      if isDuty, duty == nil { yaml.report(item, "an owed claim names no duty", "Add duty:") }
      let relations = keys["of"].map { node in
        yaml.texts(node, "of").compactMap { words.word($0, node, "of", Relation.allCases.map(\.rawValue)) }
          .compactMap(Relation.init(rawValue:))
      }
      return Invariant.Claim(
        roles: roles(keys["roles"]), relations: relations ?? [],
        urgency: keys["urgency"].flatMap { words.word($0, "urgency", Urgency.allCases.map(\.name)) }
          .flatMap(Urgency.init(name:)), duty: duty)
    }
  }

  private func exception(_ node: Node) -> Invariant.Exception? {
    let keys = words.fields(node, of: "an exception", ["pack", "when", "why"])
    guard let pack = text(keys, "pack", node), let why = text(keys, "why", node) else { return nil }
    return Invariant.Exception(pack: pack, when: words.condition(keys["when"]), why: why)
  }

  private func limit(_ node: Node) -> DisclosureLimit? {
    let keys = words.fields(node, of: "a disclosure limit", ["roles", "never", "why"])
    guard let why = text(keys, "why", node), let never = keys["never"] else { return nil }
    return DisclosureLimit(roles: roles(keys["roles"]), never: words.shareSet(never), why: why)
  }

  private func silence(_ node: Node) -> Silence? {
    let keys = words.fields(node, of: "a silence", ["pack", "events", "why"])
    guard let pack = text(keys, "pack", node), let why = text(keys, "why", node) else { return nil }
    return Silence(pack: pack, events: keys["events"].map { words.eventNames($0, "events") } ?? [], why: why)
  }

  /// Roles by name, or a whole category.
  private func roles(_ node: Node?) -> [Role] {
    guard let node else { return [] }
    return yaml.texts(node, "roles").flatMap { name -> [Role] in
      let category = words.vocabulary.roles.filter { $0.category == name }
      // `iro` and `school` are categories and roles at once; the role alone is meant.
      if let role = words.vocabulary.role(name) { return [role] }
      return category.isEmpty ? [words.role(name, node)].compactMap(\.self) : category
    }
  }

  private func text(_ keys: [String: Node], _ key: String, _ node: Node) -> String? {
    guard let value = keys[key] else {
      yaml.report(node, "`\(key)` is missing", "Add it")
      return nil
    }
    return yaml.text(value, key)
  }
}
