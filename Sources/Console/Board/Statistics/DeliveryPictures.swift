import Delivery
import Routing

/// How long it took until somebody knew, in pictures with their tables. Pure.
struct DeliveryPictures {
  let times: DeliveryTimes
  let stage: DeliveryStage
  /// What an agency is called.
  let called: (String) -> String

  private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  /// Limits of the squares' sizes, in milliseconds, and what they mean.
  private static let levels: [(limit: Int64, words: String)] = [
    (5 * 60_000, "within 5 minutes"), (15 * 60_000, "within 15 minutes"), (3_600_000, "within an hour"),
    (4 * 3_600_000, "within 4 hours"), (.max, "longer than 4 hours"),
  ]

  /// By agency.
  var agencies: Figure {
    let lines = times.lines.filter { $0.stages[stage.rawValue].owed > 0 }
    let title = "Time until messages were \(stage.words), by agency"
    guard !lines.isEmpty else { return Figure(title: title, nothing: nothing) }
    let says = sentence(times.all(stage), whose: nil) + (lines.count > 1 ? slowest(lines) : "")
    let chart = BarChart(
      name: "agencies", title: title, says: says,
      bars: lines.map { agency, stages in
        let line = stages[stage.rawValue]
        let (half, most) = (line.half.map(Double.init), line.nineInTen.map(Double.init))
        return BarChart.Bar(
          label: label(agency), words: line.half.map(ShortTime.words) ?? "under half",
          parts: half.map { [($0, .solid), (max(0, (most ?? $0) - $0), .hollow)] } ?? [])
      }, legend: [(.solid, "until half of them were"), (.hollow, "until nine in ten were")])
    return Figure(
      title: title, picture: chart.markup, says: says,
      table: FigureTable(
        caption: title,
        columns: ["Agency"]
          + DeliveryStage.allCases.flatMap { stage in
            let verb = stage.words.raisingFirst
            return ["\(verb), of all", "\(verb): half within", "\(verb): nine in ten within"]
          },
        rows: lines.map { agency, stages in
          (
            label(agency),
            stages.flatMap { line in
              [
                "\(line.reached) of \(line.owed)", DeliveryPictures.cell(line.half, line),
                DeliveryPictures.cell(line.nineInTen, line),
              ]
            }
          )
        }))
  }

  /// By hour of the week.
  var week: Figure {
    let title = "Time until half of the messages were \(stage.words), by hour of the week"
    let hours = times.week(stage)
    guard hours.contains(where: { $0.owed > 0 }) else { return Figure(title: title, nothing: nothing) }
    let says = busiest(hours)
    func label(_ hour: Int) -> String { "\(hour < 10 ? "0" : "")\(hour):00" }
    let map = HeatMap(
      name: "week", title: title, says: says, columns: DeliveryPictures.days.map { String($0.prefix(3)) },
      rows: (0..<24).map { hour in
        (
          hour % 3 == 0 ? label(hour) : "",
          (0..<7).map { day in DeliveryPictures.level(hours[day * 24 + hour]) }
        )
      }, levels: DeliveryPictures.levels.map(\.words), never: "under half of them were")
    return Figure(
      title: title, picture: map.markup, says: says,
      table: FigureTable(
        caption: title, columns: ["Hour in London"] + DeliveryPictures.days,
        rows: (0..<24).map { hour in
          (
            label(hour),
            (0..<7).map { day in
              let line = hours[day * 24 + hour]
              return line.owed == 0 ? "no messages" : DeliveryPictures.cell(line.half, line)
            }
          )
        }))
  }

  private var nothing: String {
    stage == .acknowledged
      ? "No message of this time asks for acknowledgement." : "No message became owed in this time."
  }

  private func label(_ agency: String?) -> String { agency.map(called) ?? "Families and others" }

  /// `Half of all messages to Derby City Council were acknowledged within 6 minutes.`
  private func sentence(_ line: DeliveryTimes.Line, whose: String?) -> String {
    let what = stage == .acknowledged ? "messages that ask for it" : "messages"
    guard let half = line.half else {
      return "\(line.reached) of \(line.owed) \(what) were \(stage.words), which is less than half."
    }
    let rest = line.nineInTen.map { ", and nine in ten within \(LongTime.words($0))" } ?? ""
    return "Half of all \(what) were \(stage.words) within \(LongTime.words(half))\(rest)."
  }

  /// The agency where half of the messages took longest.
  private func slowest(_ lines: [(agency: String?, stages: [DeliveryTimes.Line])]) -> String {
    let ranked = lines.map { (name: label($0.agency), line: $0.stages[stage.rawValue]) }
    guard let last = ranked.max(by: { ($0.line.half ?? .max) < ($1.line.half ?? .max) }) else { return "" }
    guard let half = last.line.half else {
      return " Less than half: \(last.name), \(last.line.reached) of \(last.line.owed)."
    }
    return " The longest was \(last.name): half within \(LongTime.words(half))."
  }

  /// The hour in which half of the messages took longest.
  private func busiest(_ hours: [DeliveryTimes.Line]) -> String {
    let used = hours.enumerated().filter { $0.element.owed > 0 }
    guard let slow = used.max(by: { ($0.element.half ?? .max) < ($1.element.half ?? .max) }) else { return nothing }
    let (day, hour) = (DeliveryPictures.days[slow.offset / 24], slow.offset % 24)
    let when = "on \(day)s between \(hour):00 and \(hour + 1):00"
    guard let half = slow.element.half else {
      return "Of the messages that became owed \(when), less than half were \(stage.words)."
    }
    return
      "It took longest for messages that became owed \(when): half were \(stage.words) within \(LongTime.words(half))."
  }

  private static func level(_ line: DeliveryTimes.Line) -> HeatMap.Cell {
    guard line.owed > 0 else { return .nothing }
    guard let half = line.half, let level = levels.firstIndex(where: { half <= $0.limit }) else { return .never }
    return .level(level)
  }

  private static func cell(_ time: Int64?, _ line: DeliveryTimes.Line) -> String {
    time.map(ShortTime.words) ?? (line.owed == 0 ? "none" : "not yet")
  }
}
