package import Routing

/// How long something is, took or takes, as it is said.
package enum TimeWords {
  /// `in 12 minutes`, `overdue by 3 hours 5 minutes`; the script counts in the same words.
  static func left(until instant: Instant, at now: Instant) -> String {
    let milliseconds = instant.milliseconds - now.milliseconds
    let span = span(seconds: abs(milliseconds) / 1000)
    return milliseconds < 0 ? "overdue by \(span)" : "in \(span)"
  }

  /// `45 seconds`, `3 minutes 20 seconds`, `12 minutes`, `5 hours 1 minute`, `3 days`.
  static func span(seconds: Int64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600)
    if minutes < 1 { return plural(seconds, "second") }
    if minutes < 10 { return "\(plural(minutes, "minute")) \(plural(seconds % 60, "second"))" }
    if hours < 1 { return plural(minutes, "minute") }
    return hours < 48 ? "\(plural(hours, "hour")) \(plural(minutes % 60, "minute"))" : plural(hours / 24, "day")
  }

  static func plural(_ count: some BinaryInteger, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }

  // The spans of rules.

  /// By when: `at once`, `within 6 hours`, `by the end of the same day`.
  package static func within(_ span: Span) -> String {
    switch span {
    case .elapsed(seconds: 0): "at once"
    case .elapsed, .localDays, .localMonths, .workingDays: "within \(length(span))"
    case .startOfWorkingDay(1): "by 09:00 of the next working day"
    case .startOfWorkingDay(let count): "by 09:00 of working day \(count)"
    case .endOfDay: "by the end of the same day"
    case .nextTime: "by \(length(span))"
    case .earlierOf(let spans): "\(spans.map(within).joined(separator: " or ")), whichever is sooner"
    }
  }

  /// How long: `72 hours`, `3 days`, `5 working days`.
  static func length(_ span: Span) -> String {
    switch span {
    case .elapsed(let seconds):
      if seconds % 3600 == 0 { return plural(seconds / 3600, "hour") }
      return seconds % 60 == 0 ? plural(seconds / 60, "minute") : plural(seconds, "second")
    case .localDays(let count): return plural(count, "day")
    case .localMonths(let count):
      return count % 12 == 0 && count > 0
        ? plural(count / 12, "year") : plural(count, "month")
    case .workingDays(let count): return plural(count, "working day")
    case .startOfWorkingDay(let count): return "\(plural(count, "working day")), to 09:00"
    case .endOfDay: return "the rest of the day"
    case .nextTime(secondOfDay: 0), .nextTime(secondOfDay: 86400): return "the next midnight"
    case .nextTime(let second): return "the next \(clock(second))"
    case .earlierOf(let spans): return "the shorter of \(spans.map(length).joined(separator: " and "))"
    }
  }

  /// `every 5 days`, `every year`.
  static func every(_ span: Span) -> String {
    let length = length(span)
    return "every \(length.hasPrefix("1 ") ? String(length.dropFirst(2)) : length)"
  }

  static func clock(_ secondOfDay: Int) -> String {
    let minutes = secondOfDay / 60
    return "\(minutes / 60 < 10 ? "0" : "")\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
  }
}

/// How long something took, as it stands in a table and beside a bar. Rounded up, so that `within` is true.
enum ShortTime {
  /// `40 s`, `6 min`, `2 h 5 min`, `3 days`.
  static func words(_ milliseconds: Int64) -> String {
    switch Span.of(milliseconds) {
    case .seconds(let count): "\(count) s"
    case .minutes(let count): "\(count) min"
    case .hours(let count, 0): "\(count) h"
    case .hours(let count, let minutes): "\(count) h \(minutes) min"
    case .days(let count): TimeWords.plural(count, "day")
    }
  }

  enum Span {
    case seconds(Int64), minutes(Int64), hours(Int64, Int64), days(Int64)

    static func of(_ milliseconds: Int64) -> Span {
      let seconds = max(1, up(milliseconds, 1000))
      if seconds < 60 { return .seconds(seconds) }
      let minutes = up(seconds, 60)
      if minutes < 60 { return .minutes(minutes) }
      return minutes < 48 * 60 ? .hours(minutes / 60, minutes % 60) : .days(up(minutes, 24 * 60))
    }

    private static func up(_ number: Int64, _ unit: Int64) -> Int64 { (number + unit - 1) / unit }
  }
}

/// The same in a sentence.
enum LongTime {
  /// `40 seconds`, `6 minutes`, `2 hours 5 minutes`, `3 days`.
  static func words(_ milliseconds: Int64) -> String {
    switch ShortTime.Span.of(milliseconds) {
    case .seconds(let count): TimeWords.plural(count, "second")
    case .minutes(let count): TimeWords.plural(count, "minute")
    case .hours(let count, 0): TimeWords.plural(count, "hour")
    case .hours(let count, let minutes): "\(TimeWords.plural(count, "hour")) \(TimeWords.plural(minutes, "minute"))"
    case .days(let count): TimeWords.plural(count, "day")
    }
  }
}
