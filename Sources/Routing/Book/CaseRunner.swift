/// Plays a case and compares what becomes owed with what it expects and what it forbids.
package struct CaseRunner {
  let book: RouteBook

  package init(book: RouteBook) { self.book = book }

  /// What is wrong with the case or the packs, one line each; empty when the case passes.
  package func failures(_ item: CaseFile) -> [String] {
    do {
      let router = try book.playing(item).router(at: item.begins)
      let unknown = unknownRules(item, router)
      let made = CasePlayer.play(item, router)
      return unknown + missing(item, made) + forbidden(item, made)
    } catch { return [String(describing: error)] }
  }

  /// Rules that a line names and no pack of the case has: such a line would forbid nothing.
  private func unknownRules(_ item: CaseFile, _ router: Router) -> [String] {
    let known = Set(router.packs.flatMap { $0.rules.map(\.id) })
    let lines = (item.expect + item.never).flatMap { line in
      (line.rules + [line.note, line.timer].compactMap(\.self)).filter { !known.contains($0) }
        .map { "line \(line.line): there is no rule \($0)" }
    }
    return lines + item.options.filter { !known.contains($0) }.map { "options: there is no rule \($0)" }
  }

  private func missing(_ item: CaseFile, _ made: [TimelineLine]) -> [String] {
    item.expect.compactMap { line in
      if made.contains(where: { line.matches($0, book.vocabulary) }) { return nil }
      let near = made.filter { line.isAbout($0) && (line.step == nil || line.step == $0.cause.step) }
        .map { $0.words(book.vocabulary) }
      let instead = near.isEmpty ? "" : "; there is \(near.joined(separator: " and "))"
      return "line \(line.line): \(line.words) does not come\(instead)"
    }
  }

  private func forbidden(_ item: CaseFile, _ made: [TimelineLine]) -> [String] {
    item.never.flatMap { line in
      made.filter { line.matches($0, book.vocabulary, isForbidding: true) }.map {
        "line \(line.line): \($0.words(book.vocabulary)) must not come"
      }
    }
  }
}

extension CaseFile.Line {
  /// The same kind of thing, to or by the same role.
  func isAbout(_ made: TimelineLine) -> Bool {
    if let tell { return made.isMessage && (kind != nil || made.kind != .reminder) && made.role == tell }
    if let duty { return (kind == nil ? made.kind == .duty : true) && made.duty == duty }
    if let note { return made.kind == .note && made.citations.contains { $0.rule == note } }
    if let timer { return made.kind == .timer && made.citations.contains { $0.rule == timer } }
    return kind != nil || made.isMessage || [.duty, .note, .timer].contains(made.kind)
  }

  /// Every key that the line gives is so; keys left out are not checked (contract, "Case files").
  /// An expected line cites all the rules it names; a forbidden one cites any.
  func matches(_ made: TimelineLine, _ vocabulary: Vocabulary, isForbidding: Bool = false) -> Bool {
    guard isAbout(made) else { return false }
    if let kind, kind != made.kind.rawValue { return false }
    if let role, role != made.role { return false }
    if let of, !isRelation(of, made) { return false }
    if let agency, agency != made.agency { return false }
    if let step, step != made.cause.step || made.cause.timer != nil { return false }
    if let between, made.at < between.from || made.at > between.until { return false }
    if let by, by != made.by { return false }
    if let held, held != made.isHeld { return false }
    if let urgency, urgency != made.urgency?.name { return false }
    if let confirm, confirm != made.confirm?.name { return false }
    if let notBefore, notBefore != made.notBefore { return false }
    if let share, Set(share) != Set(made.share.map(vocabulary.names) ?? []) { return false }
    func isCited(_ rule: String) -> Bool { made.citations.contains { $0.rule == rule } }
    if !rules.isEmpty, !(isForbidding ? rules.contains(where: isCited) : rules.allSatisfy(isCited)) { return false }
    return cite.isEmpty || cite.contains { wanted in made.citations.contains { isInside($0.section, wanted) } }
  }

  /// With nobody looking after the child, responsible and holding mean the area.
  private func isRelation(_ wanted: String, _ made: TimelineLine) -> Bool {
    switch (wanted, made.relation) {
    case ("responsible", .area), ("holding", .area): !made.isLookedAfter
    case ("holding", .responsible): true
    default: wanted == made.relation?.rawValue
    }
  }

  /// 4.1.3 is inside 4.1.
  private func isInside(_ section: String, _ wanted: String) -> Bool {
    section == wanted || section.hasPrefix(wanted + ".")
  }

  var words: String {
    [
      tell.map { "tell \($0)" }, duty.map { "duty \($0)" }, note.map { "note \($0)" }, timer.map { "timer \($0)" },
      of.map { "of \($0)" }, step.map { "at step \($0)" }, by.map { "by \($0.rfc3339)" },
      rules.isEmpty ? nil : "of \(rules.joined(separator: ", "))",
    ].compactMap(\.self).joined(separator: " ")
  }
}

extension TimelineLine {
  var isMessage: Bool { [.tell, .reminder, .escalation, .report].contains(kind) }

  /// The line in a few words, for somebody who looks for a difference.
  func words(_ vocabulary: Vocabulary) -> String {
    [
      kind.rawValue, duty, role, relation.map { "of \($0.rawValue)" }, cause.step.map { "at step \($0)" },
      cause.timer.map { "after \($0)" }, by.map { "by \($0.rfc3339)" }, isHeld ? "held" : nil,
      "(\(citations.map { "\($0.rule) \($0.section)" }.joined(separator: ", ")))",
    ].compactMap(\.self).joined(separator: " ")
  }
}
