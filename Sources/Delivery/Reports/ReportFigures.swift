import Routing

/// The statistical return: totals, the same by authority, and by risk.
///
/// Guarantee: all tables are one `CountSheet`, so that no table gives away what another keeps back. Not covered: what
/// returns of overlapping periods or of different parties tell when they are set side by side.
enum ReportFigures {
  static let notes = [
    "Counts from 1 to 4 are printed as \"1 to 4\"; 0 is printed. Where a printed count would let somebody work out "
      + "such a count, it is printed as \"suppressed\".",
    "Percentages and medians that rest on fewer than 5 cases, or on a count that is not printed, are printed as "
      + "\"suppressed\".",
    "Episodes are those reported in the period, as they stood at its end. A child is counted once, and once under each "
      + "authority that looked after the child, or in whose area the child lived, when an episode was reported.",
    "Return interviews are those due for episodes that ended at least 72 hours before the end of the period. "
      + "\"Refused\" counts those where none was held.",
  ]

  /// `episodes` are those of the party and the period.
  static func tables(_ episodes: [EpisodeFigure], party: String, until: Instant, byRisk: Bool) -> [ReportTable] {
    var sheet = CountSheet()
    let totals = Totals(episodes, until: until, in: &sheet)
    let authorities = parts(episodes) { $0.authority ?? "not stated" }.map { name, own in
      // The party's list holds another authority's child only if the child lives in the party's area.
      (name: name, counts: Headcount(own, isAlwaysOutOfArea: name != party, in: &sheet))
    }
    if !authorities.isEmpty {
      sheet.sum(totals.head.episodes, authorities.map(\.counts.episodes))
      sheet.sum(totals.head.children, authorities.map(\.counts.children))
      sheet.sum(totals.head.repeats, authorities.map(\.counts.repeats))
      sheet.sum(totals.head.outOfArea, authorities.map(\.counts.outOfArea))
    }
    let risks =
      byRisk
      ? parts(episodes) { $0.risk ?? "not stated" }.map { (name: $0, count: sheet.printed($1.count)) } : []
    if !risks.isEmpty { sheet.sum(totals.head.episodes, risks.map(\.count)) }
    sheet.suppress()

    var tables = [ReportTable(title: "Totals", columns: ["Figure", "Value"], rows: totals.rows(sheet))]
    if !authorities.isEmpty {
      tables.append(
        ReportTable(
          title: "By authority", columns: ["Authority", "Episodes", "Children", "Repeats", "Out of area"],
          rows: authorities.map { [$0.name] + $0.counts.cells.map(sheet.words) }))
    }
    if !risks.isEmpty {
      let known = ["high", "medium", "low"]
      let ordered =
        known.flatMap { name in risks.filter { $0.name == name } }
        + risks.filter { !known.contains($0.name) }
      tables.append(
        ReportTable(
          title: "By risk", columns: ["Risk", "Episodes"], rows: ordered.map { [$0.name, sheet.words($0.count)] }))
    }
    return tables
  }

  /// Episodes by a property, in the order of its names.
  private static func parts(
    _ episodes: [EpisodeFigure], by name: (EpisodeFigure) -> String
  ) -> [(name: String, episodes: [EpisodeFigure])] {
    Dictionary(grouping: episodes, by: name).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// The counts that a return gives for all and for each authority.
private struct Headcount {
  let episodes: Int
  let children: Int
  let repeats: Int
  let outOfArea: Int

  var cells: [Int] { [episodes, children, repeats, outOfArea] }

  /// With what the four tell about each other: children with one episode, episodes beyond a child's second, episodes
  /// that are not out of area.
  init(_ list: [EpisodeFigure], isAlwaysOutOfArea: Bool, in sheet: inout CountSheet) {
    let perChild = Dictionary(grouping: list, by: \.child).values.map(\.count)
    let (all, once) = (list.count, perChild.count { $0 == 1 })
    let again = perChild.count - once
    let away = list.count(where: \.isOutOfArea)
    episodes = sheet.printed(all)
    children = sheet.printed(perChild.count)
    repeats = sheet.printed(again)
    outOfArea = sheet.printed(away)
    sheet.sum(children, [repeats, sheet.derived(once, isSensitive: true)])
    // Without repeats, which a printed 0 tells, there is one episode for each child.
    let more = all - perChild.count - again
    sheet.sum(episodes, [children, repeats, again == 0 ? sheet.given(0) : sheet.derived(more, isSensitive: false)])
    let home = all - away
    sheet.sum(
      episodes, [outOfArea, isAlwaysOutOfArea ? sheet.given(home) : sheet.derived(home, isSensitive: true)])
  }
}

/// The first table.
private struct Totals {
  private static let hour: Int64 = 3_600_000
  /// Hours; a duration is in the class whose limit it does not pass.
  private static let limits: [Int64] = [6, 24, 72]
  private static let durationNames = ["Up to 6 hours", "6 to 24 hours", "24 to 72 hours", "Over 72 hours"]

  let head: Headcount
  private let ended: Int
  private let missing: Int
  private let durations: [Int]
  private let due: Int
  private let held: Int
  private let notHeld: Int
  private let refused: Int
  private let later: Int
  private let medianHours: String

  init(_ episodes: [EpisodeFigure], until: Instant, in sheet: inout CountSheet) {
    head = Headcount(episodes, isAlwaysOutOfArea: false, in: &sheet)
    let over = episodes.compactMap { figure in figure.end(before: until).map { (figure: figure, end: $0) } }
    ended = sheet.printed(over.count)
    missing = sheet.printed(episodes.count - over.count)
    sheet.sum(head.episodes, [ended, missing])

    // An end stated before the report is a slip of the sender's; such an episode is short, not negative.
    let lengths = over.map { max(0, $0.end.milliseconds - $0.figure.reportedAt.milliseconds) }.sorted()
    let classes = lengths.map { length in Totals.limits.count { length > $0 * Totals.hour } }
    durations = (0..<4).map { index in sheet.printed(classes.count { $0 == index }) }
    sheet.sum(ended, durations)
    medianHours = Totals.median(lengths)

    let limit = 72 * Totals.hour
    let base = over.filter { $0.end.advanced(byMilliseconds: limit) <= until }
    let inTime = base.count { item in
      item.figure.interviewHeldAt.map { $0 <= item.end.advanced(byMilliseconds: limit) } ?? false
    }
    let never = base.count { $0.figure.interviewRefused && $0.figure.interviewHeldAt == nil }
    due = sheet.printed(base.count)
    held = sheet.printed(inTime)
    refused = sheet.printed(never)
    later = sheet.printed(base.count - inTime - never)
    notHeld = sheet.derived(base.count - inTime, isSensitive: true)
    sheet.sum(due, [held, refused, later])
    sheet.sum(due, [held, notHeld])
    sheet.sum(notHeld, [refused, later])
    // How many ended in the last 72 hours is a matter of dates only, and would cost the base in most months.
    sheet.sum(ended, [due, sheet.derived(over.count - base.count, isSensitive: false)])
  }

  func rows(_ sheet: CountSheet) -> [[String]] {
    let counts =
      [
        ("Episodes", head.episodes), ("Children", head.children), ("Children with more than one episode", head.repeats),
        ("Episodes that ended", ended), ("Still missing at the end of the period", missing),
      ] + zip(Totals.durationNames, durations).map { ("Ended: \($0.lowercased())", $1) }
    let interviews = [
      ("Return interviews due", due), ("Interviews held within 72 hours", held), ("Interviews refused", refused),
      ("Interviews held later or not yet", later),
    ]
    return counts.map { [$0, sheet.words($1)] } + [["Ended: median in hours", median(sheet)]]
      + interviews.map { [$0, sheet.words($1)] } + [["Share held within 72 hours", share(sheet)]]
      + [["Out of area", sheet.words(head.outOfArea)]]
  }

  /// A median lies in one of the classes and tells where half of the episodes are, so it needs every class printed.
  private func median(_ sheet: CountSheet) -> String {
    let isOpen = sheet.values[ended] >= 5 && ([ended] + durations).allSatisfy(sheet.isNumber)
    return isOpen ? medianHours : CountSheet.suppressed
  }

  /// The share and its base give the count, and the count what is missing to the base.
  private func share(_ sheet: CountSheet) -> String {
    let (base, count) = (sheet.values[due], sheet.values[held])
    let isOpen = base >= 5 && sheet.isNumber(due) && sheet.isNumber(held) && !(1...4).contains(base - count)
    return isOpen ? "\((count * 100 + base / 2) / base) %" : CountSheet.suppressed
  }

  /// In hours with one decimal, rounded down; of an even number the mean of the middle two.
  private static func median(_ sorted: [Int64]) -> String {
    guard !sorted.isEmpty else { return "0.0" }
    let middle = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    let tenths = middle / (hour / 10)
    return "\(tenths / 10).\(tenths % 10)"
  }
}
