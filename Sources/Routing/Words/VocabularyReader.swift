import Yams

extension Vocabulary {
  /// Reads `vocabulary.yaml`. Throws `RouteProblems` naming every wrong line.
  package static func read(_ text: String, file: String) throws -> Vocabulary {
    let reader = YAMLReader(file: file)
    guard let root = reader.root(of: text) else { throw RouteProblems(reader.problems) }
    var events = Set<String>()
    var facts: [FactDefinition] = []
    var roles: [Role] = []
    var relations = Set<String>()
    var duties = Set<String>()
    var share: [String] = []
    let keys = ["version", "events", "facts", "relations", "roles", "duties", "share", "makes"]
    for (key, node) in reader.entries(root, of: "the vocabulary", allowed: keys) {
      switch key {
      case "events": events = Set(reader.entries(node, of: "events").map(\.key))
      case "facts":
        for (name, value) in reader.entries(node, of: "facts") {
          guard let domain = domain(value, reader) else { continue }
          facts.append(FactDefinition(name: name, domain: domain))
        }
      case "relations": relations = Set(reader.entries(node, of: "relations").map(\.key))
      case "roles":
        for (category, members) in reader.entries(node, of: "roles") {
          for (name, _) in reader.entries(members, of: category) {
            roles.append(Role(index: roles.count, name: name, category: category))
          }
        }
      case "duties": duties = Set(reader.entries(node, of: "duties").map(\.key))
      case "share": share = reader.texts(node, "share")
      default: break
      }
    }
    if share.count > 32 { reader.report(root, "more than 32 share groups", "Merge some") }
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    return Vocabulary(
      events: events, facts: facts, roles: roles, relations: relations, duties: duties, shareGroups: share)
  }

  private static func domain(_ node: Node, _ reader: YAMLReader) -> FactDomain? {
    if node.sequence != nil {
      return limited(reader.texts(node, "a fact's values"), node, reader).map(FactDomain.oneOf)
    }
    guard let word = reader.text(node, "a fact's domain") else { return nil }
    switch word {
    case "bool": return .flag
    case "authority": return .authority
    case "integer": return .integer
    case "number": return .number
    default:
      guard word.hasPrefix("set of ["), word.hasSuffix("]") else {
        reader.report(node, "`\(word)` is no domain", "Use bool, authority, integer, number, a list, or set of [a, b]")
        return nil
      }
      let names = word.dropFirst(8).dropLast().split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init)
      return limited(names, node, reader).map(FactDomain.setOf)
    }
  }

  private static func limited(_ names: [String], _ node: Node, _ reader: YAMLReader) -> [String]? {
    guard names.count <= 64 else {
      reader.report(node, "a fact has more than 64 values", "Merge some")
      return nil
    }
    return names
  }
}
