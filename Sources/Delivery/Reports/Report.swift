package import Routing

/// What a recipient gets about more than one episode: a list of children or a statistical return.
///
/// Guarantee: titles and notes carry no personal data, a list shows only what the share groups open, and no count below
/// five can be read from the figures or worked out from them by subtraction (`CountSheet`). A report speaks of the end
/// of its period: an episode that ended later is still missing in it, so making it again gives the same report.
package struct Report: Sendable, Equatable {
  package let title: String
  package let period: ReportPeriod
  /// Empty where there is nothing to show; `notes` then say why.
  package let tables: [ReportTable]
  package let notes: [String]

  /// `party` is the authority whose children the report is about. `share` names the share groups open to the recipient.
  /// `episodes` may hold more than the party's: they count towards a child's episodes in 90 days and nothing else.
  package static func make(
    _ kind: ReportKind, party: String, period: ReportPeriod, share: Set<String>, episodes: [EpisodeFigure]
  ) -> Report {
    let own = episodes.filter { $0.belongs(to: party) }
    let reported = own.filter { period.contains($0.reportedAt) }
    switch kind {
    case .list:
      let missing = own.filter { $0.reportedAt < period.until && $0.end(before: period.until) == nil }
      let rows = ReportRows(share: share, period: period, all: episodes)
      return Report(
        title: "Children missing now: \(party)", period: period,
        tables: rows.table("Children missing", missing, withEnd: false),
        notes: missing.isEmpty ? ["No child is missing."] : rows.notes)
    case .episodes:
      let rows = ReportRows(share: share, period: period, all: episodes)
      return Report(
        title: "Episodes reported: \(party)", period: period,
        tables: rows.table("Episodes reported", reported, withEnd: true),
        notes: reported.isEmpty ? ["No episode was reported in the period."] : rows.notes)
    case .figures:
      let isShared = share.contains("history")
      return Report(
        title: "Figures: \(party)", period: period,
        tables: isShared
          ? ReportFigures.tables(reported, party: party, until: period.until, byRisk: share.contains("risk")) : [],
        notes: isShared ? ReportFigures.notes : ["The figures are not shared with this recipient."])
    }
  }
}

/// Rows of text under columns; each row has one cell for every column.
package struct ReportTable: Sendable, Equatable {
  package let title: String
  package let columns: [String]
  package let rows: [[String]]

  package init(title: String, columns: [String], rows: [[String]]) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }
}
