/// Plays a case's own events through the router and compares what each makes owed. What only time causes is counted.
package struct CaseRunner {
  let book: RouteBook

  package init(book: RouteBook) { self.book = book }

  package struct Result: Sendable {
    package let failures: [String]
    /// Expectations that no event can meet by itself.
    package let later: Int
  }

  /// One line that the router made owed.
  private struct Made {
    let step: Int
    let at: Instant
    let isTell: Bool
    let name: String
    let role: String
    let of: String
    let agency: String?
    let by: Instant?
    let citations: [Citation]
  }

  package func play(_ item: CaseFile) -> Result {
    let packs = item.packs.isEmpty ? book.packs : book.packs.filter { item.packs.contains($0.id) }
    let missing = item.packs.filter { id in !book.packs.contains { $0.id == id } }
    guard missing.isEmpty else {
      return Result(failures: ["there is no pack \(missing.joined(separator: ", "))"], later: 0)
    }
    let router = Router(vocabulary: book.vocabulary, directory: book.directory, packs: packs)
    let made = made(item, router)
    var failures: [String] = []
    var later = 0
    for line in item.expect where !made.contains(where: { matches(line, $0) }) {
      if line.step == nil {
        later += 1
      } else {
        let near = made.filter { $0.step == line.step && $0.name == (line.tell ?? line.duty ?? "") }
          .map { "\($0.of) \($0.citations.map(\.section)) \($0.by?.rfc3339 ?? "")" }
        failures.append(
          "line \(line.line): \(line.tell ?? line.duty ?? "?") is not owed at step \(line.step ?? -1) \(near)")
      }
    }
    for line in item.never {
      for wrong in made where matches(line, wrong) {
        failures.append(
          "line \(line.line): \(wrong.name) is owed at step \(wrong.step) by \(wrong.citations.map(\.rule))")
      }
    }
    return Result(failures: failures, later: later)
  }

  private func made(_ item: CaseFile, _ router: Router) -> [Made] {
    var children: [String: JSONValue] = [:]
    var episodes: [String: (child: String, data: JSONValue, history: EpisodeHistory)] = [:]
    var made: [Made] = []
    for (number, step) in item.steps.enumerated() {
      let event = step.event
      let child = event.childID ?? episodes[event.subject]?.child ?? event.subject
      var rest = event.data.members ?? [:]
      let change = rest.removeValue(forKey: "child") ?? .object([:])
      let known = (children[child] ?? .object([:])).merged(with: change)
      let data = (episodes[event.subject]?.data ?? .object([:])).merged(with: .object(rest))
      children[child] = known
      var history = episodes[event.subject]?.history ?? EpisodeHistory()
      history.starts = episodes.values.filter { $0.child == child }.compactMap(\.history.reportedAt).sorted()
      let situation = Situation(
        data.merged(with: ["child": known]), event: event, history: history, vocabulary: book.vocabulary)
      let plan = router.plan(event, situation, at: event.time)
      history = situation.history
      for tell in plan.tells {
        let told = Told(role: tell.role, relation: tell.relation, agency: tell.agency)
        if tell.gate == nil, !history.told.contains(told) { history.told.append(told) }
        made.append(
          Made(
            step: number, at: event.time, isTell: true, name: tell.role.name, role: tell.role.name,
            of: tell.relation.rawValue, agency: tell.agency, by: tell.by, citations: tell.citations))
      }
      for duty in plan.duties {
        made.append(
          Made(
            step: number, at: event.time, isTell: false, name: duty.name, role: duty.role.name,
            of: duty.relation.rawValue, agency: duty.agency, by: duty.by, citations: duty.citations))
      }
      episodes[event.subject] = (child, data, history)
    }
    return made
  }

  private func matches(_ line: CaseFile.Line, _ made: Made) -> Bool {
    if let tell = line.tell { guard made.isTell, made.name == tell else { return false } }
    if let duty = line.duty { guard !made.isTell, made.name == duty else { return false } }
    if let role = line.role, role != made.role { return false }
    // With nobody looking after the child, responsible and holding mean the area.
    if let of = line.of, of != made.of, !(made.of == "area" && ["responsible", "holding"].contains(of)),
      !(made.of == "responsible" && of == "holding")
    {
      return false
    }
    if let agency = line.agency, agency != made.agency { return false }
    if let step = line.step, step != made.step { return false }
    if let between = line.between, made.at < between.from || made.at > between.until { return false }
    if let by = line.by, by != made.by { return false }
    guard
      line.cite.isEmpty
        || line.cite.contains(where: { wanted in made.citations.contains { inside($0.section, wanted) } })
    else { return false }
    return true
  }

  /// 4.1.3 is inside 4.1.
  private func inside(_ section: String, _ wanted: String) -> Bool {
    section == wanted || section.hasPrefix(wanted + ".")
  }
}
