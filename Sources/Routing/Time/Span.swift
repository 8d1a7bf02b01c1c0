/// How long a protocol gives somebody: elapsed time, local days or months, working days, or the earlier of several.
///
/// Source: contract, "Durations". `PTnH` is immune to clock changes; `PnD` is the same wall-clock time n days later;
/// `n working days` ends at 23:59:59 local, the day of the trigger not counted.
package indirect enum Span: Hashable, Sendable, CustomStringConvertible {
  case elapsed(seconds: Int64)
  case localDays(Int)
  /// The same day of a later month, or its last day where that month is shorter.
  case localMonths(Int)
  case workingDays(Int)
  /// 09:00 of the nth working day after.
  case startOfWorkingDay(Int)
  /// 23:59:59 of the day itself.
  case endOfDay
  /// The next time that the London clock shows this.
  case nextTime(secondOfDay: Int)
  case earlierOf([Span])

  package static let examples =
    "PT72H, P3D, P6M, 5 working days, start of 1 working day, same day, next 00:00 or {earlierOf: [PT72H, P3D]}"

  /// Reads any of `examples`, `P2W`, `P1Y`, `PT1H30M` or `immediately`; nil for anything else.
  package init?(_ text: String) {
    switch text {
    case "immediately": self = .elapsed(seconds: 0)
    case "same day": self = .endOfDay
    default:
      guard let span = Span.workingDays(text) ?? Span.nextTime(text) ?? Span.period(text) else { return nil }
      self = span
    }
  }

  private static func workingDays(_ text: String) -> Span? {
    let isStart = text.hasPrefix("start of ")
    let words = (isStart ? text.dropFirst("start of ".count) : text[...]).split(separator: " ")
    guard words.count == 3, words[1] == "working", words[2] == "days" || words[2] == "day", let count = Int(words[0]),
      count > 0
    else { return nil }
    return isStart ? .startOfWorkingDay(count) : .workingDays(count)
  }

  private static func nextTime(_ text: String) -> Span? {
    guard text.hasPrefix("next ") else { return nil }
    return London.secondOfDay(text.dropFirst("next ".count)).map { .nextTime(secondOfDay: $0) }
  }

  private static func period(_ text: String) -> Span? {
    guard text.hasPrefix("P"), text.count > 2 else { return nil }
    let body = text.dropFirst()
    if body.hasPrefix("T") { return clockSeconds(body.dropFirst()).map { .elapsed(seconds: $0) } }
    guard let count = Int(body.dropLast()), count >= 0 else { return nil }
    switch body.last {
    case "D": return .localDays(count)
    case "W": return .localDays(count * 7)
    case "M": return .localMonths(count)
    case "Y": return .localMonths(count * 12)
    default: return nil
    }
  }

  /// The instant at which this span, begun at `start`, ends.
  package func end(from start: Instant, bankHolidays: BankHolidays) -> Instant {
    end(ofRound: 1, from: start, bankHolidays: bankHolidays)
  }

  /// The instant at which the span ends for the nth time when it begins anew each time it ends. Worked out from `start`,
  /// so that a month that is too short for its day does not shift those after it.
  package func end(ofRound round: Int, from start: Instant, bankHolidays: BankHolidays) -> Instant {
    switch self {
    case .elapsed(let seconds):
      return start.advanced(bySeconds: seconds * Int64(round))
    case .localDays(let count):
      let reading = London.reading(at: start)
      return London.instant(reading.date.adding(days: count * round), secondOfDay: reading.secondOfDay)
    case .localMonths(let count):
      let reading = London.reading(at: start)
      return London.instant(reading.date.adding(months: count * round), secondOfDay: reading.secondOfDay)
    case .workingDays(let count):
      return London.instant(bankHolidays.workingDay(count * round, after: London.date(at: start)), secondOfDay: 86399)
    case .startOfWorkingDay(let count):
      return London.instant(
        bankHolidays.workingDay(count * round, after: London.date(at: start)), secondOfDay: 9 * 3600)
    case .endOfDay:
      return London.instant(London.date(at: start).adding(days: round - 1), secondOfDay: 86399)
    case .nextTime(let second):
      let reading = London.reading(at: start)
      let days = reading.secondOfDay < second ? round - 1 : round
      return London.instant(reading.date.adding(days: days), secondOfDay: second)
    case .earlierOf(let spans):
      return spans.map { $0.end(ofRound: round, from: start, bankHolidays: bankHolidays) }.min() ?? start
    }
  }

  /// The instant from which this span leads to `end`; nil for spans that cannot be counted back.
  package func start(endingAt end: Instant) -> Instant? {
    let reading = London.reading(at: end)
    switch self {
    case .elapsed(let seconds): return end.advanced(bySeconds: -seconds)
    case .localDays(let count):
      return London.instant(reading.date.adding(days: -count), secondOfDay: reading.secondOfDay)
    case .localMonths(let count):
      return London.instant(reading.date.adding(months: -count), secondOfDay: reading.secondOfDay)
    default: return nil
    }
  }

  /// As packs write it.
  package var description: String {
    switch self {
    case .elapsed(let seconds):
      if seconds == 0 { return "immediately" }
      if seconds % 3600 == 0 { return "PT\(seconds / 3600)H" }
      return seconds % 60 == 0 ? "PT\(seconds / 60)M" : "PT\(seconds)S"
    case .localDays(let count): return "P\(count)D"
    case .localMonths(let count): return count % 12 == 0 && count > 0 ? "P\(count / 12)Y" : "P\(count)M"
    case .workingDays(let count): return "\(count) working days"
    case .startOfWorkingDay(let count): return "start of \(count) working day"
    case .endOfDay: return "same day"
    case .nextTime(let second): return "next \(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2))"
    case .earlierOf(let spans): return "earlier of \(spans.map(\.description).joined(separator: " and "))"
    }
  }

  private static func clockSeconds(_ text: Substring) -> Int64? {
    var total: Int64 = 0
    var number = ""
    var seen = false
    for character in text {
      if character.isNumber {
        number.append(character)
        continue
      }
      guard let value = Int64(number) else { return nil }
      switch character {
      case "H": total += value * 3600
      case "M": total += value * 60
      case "S": total += value
      default: return nil
      }
      number = ""
      seen = true
    }
    return seen && number.isEmpty ? total : nil
  }
}

/// England's bank holidays, from `Routes/bank-holidays.yaml`.
package struct BankHolidays: Sendable {
  package let dates: Set<CivilDate>
  package init(dates: Set<CivilDate>) { self.dates = dates }

  package func isWorkingDay(_ date: CivilDate) -> Bool { date.weekday <= 5 && !dates.contains(date) }

  /// The nth working day after `date`.
  func workingDay(_ count: Int, after date: CivilDate) -> CivilDate {
    var date = date
    var left = count
    while left > 0 {
      date = date.adding(days: 1)
      if isWorkingDay(date) { left -= 1 }
    }
    return date
  }
}
