import Yams

/// The most that each role may ever be shown (`Routes/disclosure.yaml`). A rule narrows this and never widens it.
///
/// Guarantee: a role that the file does not name sees `status` alone.
package struct Disclosure: Sendable {
  private let ceilings: [ShareSet]

  package func ceiling(of role: Role) -> ShareSet { ceilings[role.index] }

  /// Reads the file: a role, or a category of roles, with the groups it may see and the reason. The role wins over its
  /// category. Throws `RouteProblems`.
  package static func read(_ text: String, file: String, vocabulary: Vocabulary) throws -> Disclosure {
    let reader = YAMLReader(file: file)
    var stated: [String: ShareSet] = [:]
    if let root = reader.root(of: text) {
      let names = Set(vocabulary.roles.map(\.name) + vocabulary.roles.map(\.category))
      for (name, node) in reader.entries(root, of: "disclosure", allowed: names.sorted()) {
        let keys = reader.entries(node, of: name, allowed: ["may", "why"])
        if !keys.contains(where: { $0.key == "why" }) { reader.report(node, "`\(name)` gives no reason", "Add why:") }
        for (key, value) in keys where key == "may" {
          switch vocabulary.share(reader.texts(value, "may")) {
          case .success(let set): stated[name] = set
          case .failure(let unknown):
            reader.report(value, "no share group is called `\(unknown.word)`", "Use the groups of vocabulary.yaml")
          }
        }
      }
    }
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    let least = (try? vocabulary.share(["status"]).get()) ?? []
    return Disclosure(ceilings: vocabulary.roles.map { stated[$0.name] ?? stated[$0.category] ?? least })
  }
}
