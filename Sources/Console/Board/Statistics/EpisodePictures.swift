import Delivery
import Routing

/// Missing episodes and return interviews, in pictures with their tables. Pure.
struct EpisodePictures {
  let episodes: [EpisodeTime]
  let period: ReportPeriod
  let now: Instant

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// By day; over more than a hundred days by week.
  var reported: Figure {
    let (first, last) = (London.date(at: period.from), London.date(at: now))
    let isLong = last.daysSince1970 - first.daysSince1970 > 100
    let counts = ReportedEpisodes.counts(episodes, from: first, to: last, every: isLong ? 7 : 1)
    let title = "Episodes reported, by \(isLong ? "week" : "day")"
    let (missing, absent) = (counts.reduce(0) { $0 + $1.missing }, counts.reduce(0) { $0 + $1.absent })
    guard missing + absent > 0 else { return Figure(title: title, nothing: "No episode was reported in this time.") }
    let most = counts.max { $0.missing + $0.absent < $1.missing + $1.absent }
    let says =
      "\(missing + absent) \(missing + absent == 1 ? "episode was" : "episodes were") reported: \(missing) of a missing "
      + "child, \(absent) of one who is absent or at no apparent risk."
      + (most.map {
        " Most, \($0.missing + $0.absent), \(isLong ? "in the week from" : "on") \(EpisodePictures.day($0.day))."
      } ?? "")
    let chart = ColumnChart(
      name: "reported", title: title, says: says, columns: counts.map { [$0.missing, $0.absent] },
      legend: [(.solid, "missing"), (.hollow, "absent or at no apparent risk")],
      ends: (EpisodePictures.short(first), EpisodePictures.short(last)))
    return Figure(
      title: title, picture: chart.markup, says: says,
      table: FigureTable(
        caption: title, columns: [isLong ? "Week from" : "Day", "Missing", "Absent or at no apparent risk"],
        rows: counts.map { (EpisodePictures.day($0.day), ["\($0.missing)", "\($0.absent)"]) }))
  }

  /// By the month in which the episode ended.
  var interviews: Figure {
    let title = "Return interviews within 72 hours, by month"
    let months = InterviewMonth.counts(episodes, in: period, at: now)
    guard !months.isEmpty else {
      return Figure(
        title: title, nothing: "No episode ended in this time more than 72 hours ago, so that no interview is due.")
    }
    let (within, due) = (months.reduce(0) { $0 + $1.within }, months.reduce(0) { $0 + $1.due })
    let says =
      "\(within) of \(due) return \(due == 1 ? "interview was" : "interviews were") held within 72 hours of the "
      + "episode's end. Counted are episodes that ended more than 72 hours ago."
    let names = ["within 72 hours", "later", "refused", "not yet"]
    let chart = BarChart(
      name: "interviews", title: title, says: says,
      bars: months.map { month in
        BarChart.Bar(
          label: EpisodePictures.month(month.month), words: "\(month.within) of \(month.due)",
          parts: zip(EpisodePictures.counts(month), Fill.allCases).map { (Double($0), $1) })
      }, legend: Array(zip(Fill.allCases, names)).map { (fill: $0.0, words: $0.1) })
    return Figure(
      title: title, picture: chart.markup, says: says,
      table: FigureTable(
        caption: title, columns: ["Episode ended in", "Within 72 hours", "Later", "Refused", "Not yet", "All"],
        rows: months.map { month in
          (EpisodePictures.month(month.month), (EpisodePictures.counts(month) + [month.due]).map(String.init))
        }))
  }

  private static func counts(_ month: InterviewMonth) -> [Int] {
    [month.within, month.later, month.refused, month.notYet]
  }

  private static func month(_ date: CivilDate) -> String { "\(months[date.month - 1]) \(date.year)" }
  private static func day(_ date: CivilDate) -> String { "\(date.day) \(month(date))" }
  private static func short(_ date: CivilDate) -> String { "\(date.day) \(months[date.month - 1].prefix(3))" }
}
