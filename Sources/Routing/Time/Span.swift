/// How long a protocol gives somebody: elapsed time, local days, working days, or the earlier of several.
///
/// Source: contract, "Durations". `PTnH` is immune to clock changes; `PnD` is the same wall-clock time n days later;
/// `n working days` ends at 23:59:59 local, the day of the trigger not counted.
package indirect enum Span: Hashable, Sendable {
  case elapsed(seconds: Int64)
  case localDays(Int)
  case workingDays(Int)
  case earlierOf([Span])

  /// Reads `PT72H`, `PT30M`, `PT1H30M`, `P3D`, `P2W`, `5 working days` or `immediately`; nil for anything else.
  package init?(_ text: String) {
    if text == "immediately" {
      self = .elapsed(seconds: 0)
      return
    }
    let words = text.split(separator: " ")
    if words.count == 3, words[1] == "working", words[2] == "days" || words[2] == "day", let count = Int(words[0]),
      count > 0
    {
      self = .workingDays(count)
      return
    }
    guard text.hasPrefix("P"), text.count > 2 else { return nil }
    let body = text.dropFirst()
    if body.hasPrefix("T") {
      guard let seconds = Span.clockSeconds(body.dropFirst()) else { return nil }
      self = .elapsed(seconds: seconds)
    } else if let count = Int(body.dropLast()), count >= 0, body.hasSuffix("D") {
      self = .localDays(count)
    } else if let count = Int(body.dropLast()), count >= 0, body.hasSuffix("W") {
      self = .localDays(count * 7)
    } else {
      return nil
    }
  }

  /// The instant at which this span, begun at `start`, ends.
  package func end(from start: Instant, bankHolidays: BankHolidays) -> Instant {
    switch self {
    case .elapsed(let seconds):
      return start.advanced(bySeconds: seconds)
    case .localDays(let count):
      let reading = London.reading(at: start)
      return London.instant(reading.date.adding(days: count), secondOfDay: reading.secondOfDay)
    case .workingDays(let count):
      var date = London.date(at: start)
      var left = count
      while left > 0 {
        date = date.adding(days: 1)
        if bankHolidays.isWorkingDay(date) { left -= 1 }
      }
      return London.instant(date, secondOfDay: 86399)
    case .earlierOf(let spans):
      return spans.map { $0.end(from: start, bankHolidays: bankHolidays) }.min() ?? start
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
}
