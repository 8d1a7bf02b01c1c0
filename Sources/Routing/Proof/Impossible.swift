/// Finds conditions that can never hold: a rule that nothing sets off is a mistake of whoever wrote it.
enum Impossible {
  /// One problem for each rule, recipient or holder of the pack whose condition no combination of facts meets.
  static func conditions(of pack: RoutePack, _ vocabulary: Vocabulary) -> [RouteProblem] {
    let space = FactSpace(vocabulary, conditions: pack.conditions, authorities: pack.parties)
    let diagrams = space.diagrams
    func region(_ condition: Condition) -> Diagrams.Region { space.holds(condition, parties: pack.parties) }
    func problem(_ line: Int, _ what: String) -> RouteProblem {
      RouteProblem(
        file: pack.file, line: line, reason: "\(what) has a condition that can never hold",
        remedy: "Compare it with the pack's scope and with itself: two parts of it exclude each other")
    }
    let scope = region(pack.scope)
    if scope == diagrams.nothing { return [problem(1, "the scope of \(pack.id)")] }
    return pack.rules.flatMap { rule -> [RouteProblem] in
      let fires = diagrams.and(scope, region(rule.when))
      guard fires != diagrams.nothing else { return [problem(rule.line, "rule `\(rule.id)`")] }
      let targets = rule.tells.map(\.target) + (rule.duty?.holders ?? [])
      return targets.compactMap { target in
        guard diagrams.and(fires, region(target.when)) == diagrams.nothing else { return nil }
        return problem(rule.line, "a recipient or holder of rule `\(rule.id)`, \(target.role?.name ?? "the replay"),")
      }
    }
  }
}
