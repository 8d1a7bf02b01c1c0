/// What sets a rule off: an event, a count that an event completes, or time passing.
package enum Trigger: Sendable {
  case events([String])
  case count(CountTrigger)
  case timer(TimerTrigger)
  case calendar(CalendarTrigger)
  case before(BeforeTrigger)

  /// Events at which the rule itself is looked at.
  package var events: [String] {
    switch self {
    case .events(let names): names
    case .count: [EpisodeHistory.report]
    case .timer, .calendar, .before: []
    }
  }

  /// Whether the rule fires because time passed, not because of an event.
  package var isTimed: Bool {
    switch self {
    case .events, .count: false
    case .timer, .calendar, .before: true
    }
  }
}

/// The report that makes a number of episodes of one child. Source: contract, "Durations"; reading R7: windows are
/// differences of London dates, both ends included.
package struct CountTrigger: Sendable {
  package enum Wanted: Sendable, Equatable {
    case atLeast(Int)
    case exactly([Int])
  }
  package let wanted: Wanted
  /// Nil: ever.
  package let withinDays: Int?
  /// Tests `episode.risk` alone, of each episode as it is last known.
  package let of: Condition

  func isMet(by count: Int) -> Bool {
    switch wanted {
    case .atLeast(let number): count >= number
    case .exactly(let numbers): numbers.contains(count)
    }
  }
}

/// Fires some time after an event, and then again and again.
package struct TimerTrigger: Sendable {
  package let after: Span?
  package let every: Span?
  package let of: [String]
  /// Facts at the starting event.
  package let startsWhere: Condition
  /// Facts at the firing; the timer ends once they do not hold.
  package let whileTrue: Condition
  package let unless: [Stop]

  package struct Stop: Sendable {
    package let event: String
    package let onlyWhere: Condition
  }

  /// When the timer that `start` began fires for the nth time (the first is 1); nil when it does not.
  package func firing(_ number: Int, from start: Instant, bankHolidays: BankHolidays) -> Instant? {
    guard let after else { return every?.end(ofRound: number, from: start, bankHolidays: bankHolidays) }
    let first = after.end(from: start, bankHolidays: bankHolidays)
    if number == 1 { return first }
    return every?.end(ofRound: number - 1, from: first, bankHolidays: bankHolidays)
  }
}

/// Fires on the first day of every period at a London time, for each party in turn.
package struct CalendarTrigger: Sendable {
  package enum Period: Sendable, Equatable {
    case daily
    /// On Mondays.
    case weekly
    /// On the first of every nth month of the year, January included.
    case months(Int)
  }
  package let period: Period
  package let secondOfDay: Int
  /// Empty: all parties of the pack.
  package let parties: [String]
  package let report: ReportKind

  /// The first firing after `instant`.
  package func next(after instant: Instant) -> Instant {
    var date = London.date(at: instant)
    while true {
      if isDay(date) {
        let firing = London.instant(date, secondOfDay: secondOfDay)
        if firing > instant { return firing }
      }
      date = date.adding(days: 1)
    }
  }

  /// The latest firing before `instant`: where the period of the report sent then begins.
  package func last(before instant: Instant) -> Instant {
    var date = London.date(at: instant)
    while true {
      if isDay(date) {
        let firing = London.instant(date, secondOfDay: secondOfDay)
        if firing < instant { return firing }
      }
      date = date.adding(days: -1)
    }
  }

  private func isDay(_ date: CivilDate) -> Bool {
    switch period {
    case .daily: true
    case .weekly: date.weekday == 1
    case .months(let count): date.day == 1 && (date.month - 1) % count == 0
    }
  }
}

/// What a report of the calendar contains.
package enum ReportKind: String, Sendable, CaseIterable {
  /// The children of the party who are missing now.
  case list
  /// Every episode reported in the period that has just ended.
  case episodes
  /// The statistical return of that period.
  case figures
}

/// Fires some time before an instant that the data name.
package struct BeforeTrigger: Sendable {
  package let span: Span
  package let of: [String]
}
