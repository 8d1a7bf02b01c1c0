/// Tries planted faults against everything that ought to notice: trace, the cases, the invariants.
package struct MutationTrial: Sendable {
  let book: RouteBook
  let catalogues: [String: Catalogue]
  let cases: [CaseFile]
  /// What fails without any fault: it proves nothing about one.
  private let failing: Set<String>

  package enum Verdict: Sendable, Equatable {
    case caught(by: String)
    /// No combination of facts shows a difference: there is nothing to notice.
    case noDifference
    case survived
  }

  package init(book: RouteBook, catalogues: [String: Catalogue], cases: [CaseFile]) {
    self.book = book
    self.catalogues = catalogues
    let runner = CaseRunner(book: book)
    self.cases = cases.filter { runner.failures($0).isEmpty }
    failing = Set(Verifier(book).verify().violations.map { $0.invariant + $0.pack + $0.says })
  }

  /// Cheapest first, and cases that speak of the rule before others.
  package func judge(_ mutant: Mutant) -> Verdict {
    let own = cases.filter { $0.packs.contains(mutant.pack.id) }
    let changed = book.with(mutant.pack)
    if mutant.rule.map({ rule in !mutant.pack.rules.contains { $0.id == rule.id } }) ?? false,
      !Coverage(mutant.pack, catalogues[mutant.pack.id], own).problems.isEmpty
    {
      return .caught(by: "trace")
    }
    let runner = CaseRunner(book: changed)
    let (near, far) = (own.filter { speaks($0, of: mutant.rule) }, own.filter { !speaks($0, of: mutant.rule) })
    for item in near + far where !runner.failures(item).isEmpty { return .caught(by: item.name) }
    let violations = Verifier(changed, packs: [mutant.pack]).verify().violations
    if violations.contains(where: { !failing.contains($0.invariant + $0.pack + $0.says) }) {
      return .caught(by: "verify")
    }
    guard let original = book.packs.first(where: { $0.id == mutant.pack.id }) else { return .survived }
    return hidesNothing(mutant, original) ? .noDifference : .survived
  }

  private func speaks(_ item: CaseFile, of rule: Rule?) -> Bool {
    guard let rule else { return true }
    return (item.expect + item.never).contains {
      $0.rules.contains(rule.id) || $0.note == rule.id || $0.timer == rule.id
    }
  }

  /// Timers, notes and gates are not compared by PackDiff: of them a difference is always supposed.
  private func hidesNothing(_ mutant: Mutant, _ original: RoutePack) -> Bool {
    guard let rule = mutant.rule, !rule.trigger.isTimed, !rule.isNote, !rule.isOptional else { return false }
    return PackDiff(from: original, to: mutant.pack, book.vocabulary).changes.isEmpty
  }
}
