/// When a desk is open, in London wall-clock time.
package struct DeskHours: Sendable, Equatable {
  /// Monday first; seconds of the day from opening to closing, nil on a day it stays shut.
  package let week: [Range<Int>?]
  package let closedOnBankHolidays: Bool

  package init(week: [Range<Int>?], closedOnBankHolidays: Bool) {
    self.week = week
    self.closedOnBankHolidays = closedOnBankHolidays
  }

  /// Monday to Friday 09:00 to 17:00, closed on bank holidays: what the contract assumes of a desk it knows nothing of.
  package static let office = DeskHours(
    week: Array(repeating: 32400..<61200, count: 5) + [nil, nil], closedOnBankHolidays: true)

  package func isOpen(at instant: Instant, bankHolidays: BankHolidays) -> Bool {
    let reading = London.reading(at: instant)
    return window(on: reading.date, bankHolidays)?.contains(reading.secondOfDay) ?? false
  }

  /// The first instant from `instant` on at which the desk is open; nil if it does not open within a year.
  package func nextOpening(from instant: Instant, bankHolidays: BankHolidays) -> Instant? {
    if isOpen(at: instant, bankHolidays: bankHolidays) { return instant }
    let reading = London.reading(at: instant)
    if let today = window(on: reading.date, bankHolidays), reading.secondOfDay < today.lowerBound {
      return London.instant(reading.date, secondOfDay: today.lowerBound)
    }
    for days in 1...366 {
      let date = reading.date.adding(days: days)
      if let window = window(on: date, bankHolidays) { return London.instant(date, secondOfDay: window.lowerBound) }
    }
    return nil
  }

  private func window(on date: CivilDate, _ bankHolidays: BankHolidays) -> Range<Int>? {
    if closedOnBankHolidays, bankHolidays.dates.contains(date) { return nil }
    return week[date.weekday - 1]
  }
}
