import Yams

/// Reads the files under `Routes/directory/` as one directory and names every wrong line of them.
package struct DirectoryReader {
  let vocabulary: Vocabulary
  private var hours: [String: DeskHours?] = [:]
  private var problems: [RouteProblem] = []
  /// Entries that count in the place of those that the files have.
  private var laid: [DeskPlace: (yaml: YAMLReader, node: Node)] = [:]

  package init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// `files` are (name, text) pairs; `changes` are laid over them and checked as they are. One that is agreed on and does
  /// not fit is left out and said to be a misfit. Throws `RouteProblems` for the files and for a proposal.
  package static func read(
    _ files: [(name: String, text: String)], changes: [DeskChange] = [], bankHolidays: BankHolidays,
    vocabulary: Vocabulary
  ) throws -> Directory {
    var misfits: [Int64: [RouteProblem]] = [:]
    while true {
      if let directory = try read(files, changes, &misfits, bankHolidays, vocabulary) { return directory }
    }
  }

  /// Nil where a change turned out to be a misfit: it was added to them.
  private static func read(
    _ files: [(name: String, text: String)], _ changes: [DeskChange], _ misfits: inout [Int64: [RouteProblem]],
    _ bankHolidays: BankHolidays, _ vocabulary: Vocabulary
  ) throws -> Directory? {
    var reader = DirectoryReader(vocabulary: vocabulary)
    let documents = files.compactMap { file -> (YAMLReader, [(key: String, value: Node)])? in
      let yaml = YAMLReader(file: file.name)
      guard let root = yaml.root(of: file.text) else {
        reader.problems += yaml.problems
        return nil
      }
      return (yaml, yaml.entries(root, of: "the file", allowed: ["agencies", "hours"]))
    }
    for (yaml, entries) in documents {
      for (key, node) in entries where key == "hours" { reader.readHours(node, yaml) }
    }
    let overlay = DeskOverlay(
      changes, passingOver: Set(misfits.keys), over: changes.isEmpty ? [:] : written(documents.flatMap(\.1)))
    let changed = reader.lay(overlay)
    var agencies: [Agency] = []
    for (yaml, entries) in documents {
      for (key, node) in entries where key == "agencies" {
        for item in yaml.items(node, "agencies") {
          guard let agency = reader.agency(item, yaml) else { continue }
          if agencies.contains(where: { $0.id == agency.id }) {
            yaml.report(item, "agency `\(agency.id)` is here a second time", "Merge the two")
          }
          agencies.append(agency)
        }
      }
      reader.problems += yaml.problems
    }
    reader.problems += changed.filter { $0.change.number == 0 }.flatMap(\.yaml.problems)
    guard reader.problems.isEmpty else { throw RouteProblems(reader.problems) }
    let found = changed.filter { !$0.yaml.problems.isEmpty }
    guard found.isEmpty else {
      for (change, yaml) in found { misfits[change.number] = yaml.problems }
      return nil
    }
    return Directory(
      agencies: agencies, bankHolidays: bankHolidays, hours: reader.hours, standings: overlay.standings,
      misfits: misfits.filter { overlay.standings[$0.key] == .misfit })
  }

  /// The entry of every desk as the files have it.
  private static func written(_ entries: [(key: String, value: Node)]) -> [DeskPlace: JSONValue] {
    var found: [DeskPlace: JSONValue] = [:]
    for agency in entries.filter({ $0.key == "agencies" }).flatMap({ $0.value.sequence.map(Array.init) ?? [] }) {
      guard let id = agency.mapping?["id"]?.scalar?.string, let roles = agency.mapping?["roles"]?.mapping else {
        continue
      }
      for (role, node) in roles {
        guard let role = role.scalar?.string else { continue }
        found[DeskPlace(agency: id, role: role)] = DeskEntry.value(node)
      }
    }
    return found
  }

  /// Makes what is laid over the files ready to be read, each under a name of its own.
  private mutating func lay(_ overlay: DeskOverlay) -> [(change: DeskChange, yaml: YAMLReader)] {
    overlay.entries.values.sorted { $0.number < $1.number }.map { change in
      let yaml = YAMLReader(file: change.name)
      if let node = yaml.root(of: DeskEntry.lines(change.after)) { laid[change.place] = (yaml, node) }
      return (change, yaml)
    }
  }

  private func agency(_ node: Node, _ yaml: YAMLReader) -> Agency? {
    let keys = Dictionary(
      yaml.entries(
        node, of: "an agency",
        allowed: ["id", "name", "kind", "areas", "roles", "knownAs", "hours", "fallback", "dutyDesk"]),
      uniquingKeysWith: { first, _ in first })
    guard let id = keys["id"].flatMap({ yaml.text($0, "id") }) else {
      yaml.report(node, "an agency has no `id`", "Add one")
      return nil
    }
    let kinds = ["authority", "police", "health", "school", "care", "national", "partnership"]
    let kind = keys["kind"].flatMap { yaml.text($0, "kind") } ?? ""
    if !kinds.contains(kind) {
      yaml.report(
        keys["kind"] ?? node, "agency `\(id)` is of no known kind", "Use one of: \(kinds.joined(separator: ", "))")
    }
    let desks = keys["roles"].map { roles in
      yaml.entries(roles, of: "roles").compactMap { desk($0.key, $0.value, agency: id, yaml) }
    }
    let fallback = keys["fallback"].flatMap { role($0, yaml) }
    let dutyDesk = keys["dutyDesk"].flatMap { role($0, yaml) }
    let held = Set((desks ?? []).map(\.role))
    for (key, wanted) in [("fallback", fallback), ("dutyDesk", dutyDesk)] {
      if let wanted, !held.contains(wanted) {
        yaml.report(keys[key], "agency `\(id)` has no desk for `\(wanted)`", "Add the desk, or name another role")
      }
    }
    for desk in desks ?? [] {
      if let next = desk.next, !held.contains(next) {
        // What is wrong with a change is said of the change.
        let own = laid[DeskPlace(agency: id, role: desk.role.name)]
        (own?.yaml ?? yaml).report(
          own?.node ?? keys["roles"], "the next contact of `\(desk.role)`, `\(next)`, has no desk here", "Add the desk")
      }
    }
    let own = keys["hours"].flatMap { named($0, yaml) }
    return Agency(
      id: id, name: keys["name"].flatMap { yaml.text($0, "name") } ?? id, kind: kind,
      areas: keys["areas"].map { yaml.texts($0, "areas") } ?? [],
      knownAs: keys["knownAs"].map { yaml.texts($0, "knownAs") } ?? [],
      hours: (own ?? nil) ?? (hours["office"] ?? nil) ?? .office, desks: desks ?? [],
      fallback: fallback, dutyDesk: dutyDesk)
  }

  private func desk(_ name: String, _ node: Node, agency: String, _ yaml: YAMLReader) -> Desk? {
    guard let role = role(name, node, yaml) else { return nil }
    let (yaml, node) = laid[DeskPlace(agency: agency, role: name)] ?? (yaml, node)
    let keys = Dictionary(
      yaml.entries(node, of: "a desk", allowed: ["desk", "hours", "whenClosed", "channels", "next"]),
      uniquingKeysWith: { first, _ in first })
    let word = keys["whenClosed"].flatMap { yaml.text($0, "whenClosed") } ?? "send"
    let whenClosed = WhenClosed(rawValue: word)
    if whenClosed == nil { yaml.report(keys["whenClosed"], "`\(word)` is no habit", "Use send, wait or switch") }
    if whenClosed == .switch, name != "childrens-services.front-door" {
      yaml.report(keys["whenClosed"], "`\(name)` cannot switch", "Only childrens-services.front-door does; use wait")
    }
    let channels =
      keys["channels"].map { yaml.items($0, "channels").compactMap { ChannelReader(yaml).channel($0) } } ?? []
    if channels.isEmpty { yaml.report(node, "desk `\(name)` of `\(agency)` has no channel", "Add a mail or a webhook") }
    return Desk(
      agency: agency, role: role, name: keys["desk"].flatMap { yaml.text($0, "desk") } ?? name,
      hours: keys["hours"].flatMap { named($0, yaml) } ?? nil, whenClosed: whenClosed ?? .send, channels: channels,
      next: keys["next"].flatMap { self.role($0, yaml) }, entry: DeskEntry.value(node))
  }

  private func role(_ node: Node, _ yaml: YAMLReader) -> Role? {
    yaml.text(node, "a role").flatMap { role($0, node, yaml) }
  }

  private func role(_ name: String, _ node: Node, _ yaml: YAMLReader) -> Role? {
    if let role = vocabulary.role(name) { return role }
    let near = vocabulary.roles.map(\.name).nearest(to: name).map { "Did you mean `\($0)`" }
    yaml.report(node, "no role is called `\(name)`", near ?? "Use a role of vocabulary.yaml")
    return nil
  }

  private func named(_ node: Node, _ yaml: YAMLReader) -> DeskHours?? {
    guard let name = yaml.text(node, "hours") else { return nil }
    guard let found = hours[name] else {
      let near = hours.keys.nearest(to: name).map { "Did you mean `\($0)`" }
      yaml.report(node, "no hours are called `\(name)`", near ?? "Define them under `hours:` in the directory")
      return nil
    }
    return found
  }

  private mutating func readHours(_ node: Node, _ yaml: YAMLReader) {
    for (name, value) in yaml.entries(node, of: "hours") {
      if value.scalar?.string == "always" {
        hours[name] = .some(nil)
      } else {
        hours[name] = DirectoryReader.week(value, yaml)
      }
    }
  }

  private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

  private static func week(_ node: Node, _ yaml: YAMLReader) -> DeskHours {
    var week: [Range<Int>?] = Array(repeating: nil, count: 7)
    var closed = true
    for (key, value) in yaml.entries(node, of: "hours") {
      guard let text = yaml.text(value, key) else { continue }
      if key == "bankHolidays" {
        if text != "open" && text != "closed" { yaml.report(value, "`\(text)` is unclear", "Write open or closed") }
        closed = text != "open"
        continue
      }
      let ends = key.split(separator: "-").map { days.firstIndex(of: String($0)) }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
        let window = window(text)
      else {
        yaml.report(value, "`\(key): \(text)` are no hours", "Write monday-friday: \"09:00-17:00\"")
        continue
      }
      for day in first...last { week[day] = window }
    }
    return DeskHours(week: week, closedOnBankHolidays: closed)
  }

  private static func window(_ text: String) -> Range<Int>? {
    let parts = text.split(separator: "-").map { London.secondOfDay($0) }
    guard parts.count == 2, let open = parts[0], let close = parts[1], open < close else { return nil }
    return open..<close
  }
}

extension BankHolidays {
  /// Reads `bank-holidays.yaml`. Throws `RouteProblems`.
  package static func read(_ text: String, file: String) throws -> BankHolidays {
    let yaml = YAMLReader(file: file)
    var dates = Set<CivilDate>()
    if let root = yaml.root(of: text) {
      for (key, node) in yaml.entries(root, of: "the file", allowed: ["source", "dates"]) where key == "dates" {
        for (day, value) in yaml.entries(node, of: "dates") {
          guard let date = CivilDate(day) else {
            yaml.report(value, "`\(day)` is no date", "Write it as \"2026-12-25\"")
            continue
          }
          dates.insert(date)
        }
      }
    }
    guard yaml.problems.isEmpty else { throw RouteProblems(yaml.problems) }
    return BankHolidays(dates: dates)
  }
}
