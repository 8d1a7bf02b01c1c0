import Yams

/// What a partnership has chosen beyond its texts (`Routes/options.yaml`): optional rules, reminders, and how hard
/// Waypost asks for confirmation.
package struct Options: Sendable, Equatable {
  /// Optional rules, by id.
  package var switchedOn: Set<String> = []
  /// So long before their deadlines the holders of these duties are reminded, by the duty's name.
  package var reminders: [String: [Span]] = [:]
  package var confirmation = ConfirmationPolicy()

  package init(switchedOn: Set<String> = []) { self.switchedOn = switchedOn }
}

/// How long each step of the ladder has before the next channel or contact is asked, and what high risk demands.
package struct ConfirmationPolicy: Sendable, Equatable {
  /// By level; a tell may say otherwise (`within`).
  package var within: [Confirmation: Span] = [
    .accepted: .elapsed(seconds: 120), .delivered: .elapsed(seconds: 1800), .read: .elapsed(seconds: 7200),
    .acknowledged: .elapsed(seconds: 3600),
  ]
  package var highRisk: HighRisk?

  /// Messages about a missing child at high risk that a person has to acknowledge, whatever the rule says.
  package struct HighRisk: Sendable, Equatable {
    package var within: Span
    package var urgencies: Set<Urgency>
    /// Roles, or whole categories of roles.
    package var roles: Set<String>
    /// Roles behind which there is no person, such as a case system.
    package var except: Set<String>

    package func covers(_ role: Role, _ urgency: Urgency) -> Bool {
      urgencies.contains(urgency) && !except.contains(role.name)
        && (roles.contains(role.name) || roles.contains(role.category))
    }
  }

  /// What a message has to reach and how long each step has; `isHighRisk` is true of a missing child at high risk.
  package func demand(of tell: Tell, isHighRisk: Bool) -> (confirm: Confirmation, within: Span) {
    if isHighRisk, let highRisk, highRisk.covers(tell.role, tell.urgency) {
      return (.acknowledged, tell.within ?? highRisk.within)
    }
    return (tell.confirm, tell.within ?? within[tell.confirm] ?? .elapsed(seconds: 3600))
  }
}

extension Options {
  /// Throws `RouteProblems`.
  static func read(
    _ text: String, file: String, _ packs: [RoutePack], _ vocabulary: Vocabulary
  ) throws -> Options {
    let reader = YAMLReader(file: file)
    var options = Options()
    if let root = reader.root(of: text) {
      let keys = ["switchedOn", "reminders", "confirmation"]
      for (key, node) in reader.entries(root, of: "the options", allowed: keys) {
        switch key {
        case "switchedOn": options.switchedOn = switchedOn(node, packs, reader)
        case "reminders": options.reminders = reminders(node, vocabulary, reader)
        default: options.confirmation = ConfirmationPolicy(node, vocabulary, reader)
        }
      }
    }
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    return options
  }

  private static func switchedOn(_ node: Node, _ packs: [RoutePack], _ reader: YAMLReader) -> Set<String> {
    let optional = Set(packs.flatMap { $0.rules.filter(\.isOptional).map(\.id) })
    let wanted = reader.texts(node, "switchedOn")
    for id in wanted where !optional.contains(id) {
      let near = optional.nearest(to: id).map { "Did you mean `\($0)`" }
      reader.report(
        node, "no optional rule is called `\(id)`", near ?? "Only rules with optional: true are switched")
    }
    return Set(wanted)
  }

  private static func reminders(_ node: Node, _ vocabulary: Vocabulary, _ reader: YAMLReader) -> [String: [Span]] {
    var reminders: [String: [Span]] = [:]
    for (duty, spans) in reader.entries(node, of: "reminders", allowed: vocabulary.duties.sorted()) {
      reminders[duty] = Span.before(spans, "reminders", reader)
    }
    return reminders
  }
}

extension ConfirmationPolicy {
  fileprivate init(_ node: Node, _ vocabulary: Vocabulary, _ reader: YAMLReader) {
    for (key, value) in reader.entries(node, of: "confirmation", allowed: ["within", "highRisk"]) {
      if key == "within" {
        for (name, span) in reader.entries(value, of: "within", allowed: Confirmation.allCases.map(\.name)) {
          if let level = Confirmation(name: name) { within[level] = ConfirmationPolicy.span(span, reader) }
        }
      } else {
        highRisk = HighRisk(value, vocabulary, reader)
      }
    }
  }

  fileprivate static func span(_ node: Node, _ reader: YAMLReader) -> Span? {
    guard let text = reader.text(node, "within") else { return nil }
    guard let span = Span(text) else {
      reader.report(node, "`\(text)` is no span of time", "Write \(Span.examples)")
      return nil
    }
    return span
  }
}

extension ConfirmationPolicy.HighRisk {
  fileprivate init?(_ node: Node, _ vocabulary: Vocabulary, _ reader: YAMLReader) {
    var keys: [String: Node] = [:]
    for (key, value) in reader.entries(node, of: "highRisk", allowed: ["within", "urgency", "roles", "except"]) {
      keys[key] = value
    }
    guard let span = keys["within"].flatMap({ ConfirmationPolicy.span($0, reader) }) else {
      reader.report(node, "`highRisk` does not say how soon", "Add within: PT15M")
      return nil
    }
    let known = Set(vocabulary.roles.map(\.name)).union(vocabulary.roles.map(\.category))
    func names(_ key: String) -> Set<String> {
      let found = keys[key].map { reader.texts($0, key) } ?? []
      for name in found where !known.contains(name) {
        let near = known.nearest(to: name).map { "Did you mean `\($0)`" }
        reader.report(keys[key], "`\(name)` is no role and no category of roles", near ?? "Use vocabulary.yaml's")
      }
      return Set(found)
    }
    let words = keys["urgency"].map { reader.texts($0, "urgency") } ?? ["immediate", "prompt"]
    for word in words where Urgency(name: word) == nil {
      reader.report(keys["urgency"], "`urgency` is never `\(word)`", "Use immediate, prompt, routine or digest")
    }
    self.init(
      within: span, urgencies: Set(words.compactMap(Urgency.init(name:))), roles: names("roles"),
      except: names("except"))
  }
}
