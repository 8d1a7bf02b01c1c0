import Routing

/// The rows of the list of missing children and of the list of episodes.
///
/// Guarantee: a cell comes from a share group that is open. Without `identity` a row has a number in place of the
/// reference, the groups that show who the child is stay shut, and free text that mentions the child is withheld.
struct ReportRows {
  let share: Set<String>
  let period: ReportPeriod
  /// Every episode given, those of other parties included.
  let all: [EpisodeFigure]

  private struct Column: Hashable {
    let group: String
    let label: String

    /// Labels are written to be read under their group's title; these two groups' labels say enough alone.
    var heading: String {
      group == label || group == "Status" || group == "The child" ? label : "\(group): \(label)"
    }
  }
  /// Printed once, by the status columns: the data's own value, else the time of the report.
  private static let missingSince = Column(group: "Status", label: "Missing since")

  private struct Row {
    let figure: EpisodeFigure
    let cells: [Column: String]
    let columns: [Column]
  }

  var notes: [String] {
    share.contains("identity") ? [] : ["Rows are numbered: who the children are is not shared with this recipient."]
  }

  /// One table, or none where there is no row.
  func table(_ title: String, _ figures: [EpisodeFigure], withEnd: Bool) -> [ReportTable] {
    guard !figures.isEmpty else { return [] }
    let shown = figures.sorted(by: isBefore).map { ($0, shownData($0)) }
    let rows = shown.map { figure, data in row(figure, data) }
    let shared = columns(rows, shown.map(\.1))
    var headings = [share.contains("identity") ? "Episode" : "No."]
    if share.contains("status") { headings += withEnd ? ["Missing since", "Ended"] : ["Missing since"] }
    headings += shared.map(\.heading)
    if share.contains("history") { headings.append("Episodes in 90 days") }
    let cells = rows.enumerated().map { index, row in
      var cells = [share.contains("identity") ? row.figure.reference : String(index + 1)]
      if share.contains("status") {
        cells.append(row.cells[ReportRows.missingSince] ?? LondonWords.moment(row.figure.reportedAt))
        if withEnd { cells.append(row.figure.end(before: period.until).map(LondonWords.moment) ?? "still missing") }
      }
      cells += shared.map { row.cells[$0] ?? "" }
      if share.contains("history") { cells.append(String(episodesIn90Days(row.figure))) }
      return cells
    }
    return [ReportTable(title: title, columns: headings, rows: cells)]
  }

  private func row(_ figure: EpisodeFigure, _ data: JSONValue) -> Row {
    let columns = filled(data)
    return Row(
      figure: figure, cells: Dictionary(columns, uniquingKeysWith: { first, _ in first }),
      columns: columns.map(\.0))
  }

  private func filled(_ data: JSONValue) -> [(Column, String)] {
    SharedFields.groups(data, openGroups).flatMap { group in
      group.lines.map { (Column(group: group.title, label: $0.label), $0.value) }
    }
  }

  /// Every column that a row fills. All rows merged into one show them in `SharedFields`' order; a field that a later
  /// row leaves blank is lost in merging and follows at the end.
  private func columns(_ rows: [Row], _ data: [JSONValue]) -> [Column] {
    let merged = data.reduce(JSONValue.object([:])) { $0.merged(with: $1) }
    let used = Set(rows.flatMap(\.columns))
    var seen: Set<Column> = [ReportRows.missingSince]
    return (filled(merged).map(\.0) + rows.flatMap(\.columns)).filter { used.contains($0) && seen.insert($0).inserted }
  }

  /// A photograph and an address say who the child is as surely as a name does.
  private var openGroups: Set<String> {
    share.contains("identity") ? share : share.subtracting(["photograph", "contact-details"])
  }

  private func shownData(_ figure: EpisodeFigure) -> JSONValue {
    guard !share.contains("identity") else { return figure.data }
    let references = all.filter { $0.child == figure.child }.map(\.reference)
    return Anonymity(figure, references: references).withholding(figure.data)
  }

  /// Risk first, then the longest missing. An order would itself tell what its group keeps shut, so each counts only
  /// where it may be seen.
  private func isBefore(_ a: EpisodeFigure, _ b: EpisodeFigure) -> Bool {
    if share.contains("risk"), rank(a) != rank(b) { return rank(a) < rank(b) }
    if share.contains("status"), since(a) != since(b) { return since(a) < since(b) }
    return a.reference < b.reference
  }

  private func rank(_ figure: EpisodeFigure) -> Int {
    switch figure.risk {
    case "high": 0
    case "medium": 1
    case "low": 2
    default: 3
    }
  }

  private func since(_ figure: EpisodeFigure) -> Instant {
    figure.data.at(["episode", "missingSince"])?.text.flatMap(Instant.init(rfc3339:)) ?? figure.reportedAt
  }

  /// As the fact `episodes.last90Days` was when this episode was reported: London dates, this episode included.
  private func episodesIn90Days(_ figure: EpisodeFigure) -> Int {
    let day = London.date(at: figure.reportedAt).daysSince1970
    return all.count { other in
      other.child == figure.child && other.reportedAt <= figure.reportedAt
        && day - London.date(at: other.reportedAt).daysSince1970 <= 90
    }
  }
}
