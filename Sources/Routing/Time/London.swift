/// Wall-clock time in London.
///
/// The rule in force since 1996 (Summer Time Order 2002, SI 2002/262): one hour ahead of UTC from 01:00 UTC on the last
/// Sunday of March to 01:00 UTC on the last Sunday of October. Earlier years get the same rule; no event is that old.
/// A wall-clock time that does not exist (spring) rolls forward, one that exists twice (autumn) is the first.
package enum London {
  /// A wall-clock reading: a day and the seconds since its midnight (0 to 86399).
  package struct Reading: Hashable, Sendable {
    package let date: CivilDate
    package let secondOfDay: Int
  }

  package static func reading(at instant: Instant) -> Reading {
    let local = instant.seconds + offset(at: instant)
    let days = local >= 0 ? local / 86400 : -((86399 - local) / 86400)
    return Reading(date: CivilDate(daysSince1970: days), secondOfDay: Int(local - days * 86400))
  }

  package static func date(at instant: Instant) -> CivilDate { reading(at: instant).date }

  /// The instant at which London's clocks show `secondOfDay` (0 to 86400) on `date`.
  package static func instant(_ date: CivilDate, secondOfDay: Int) -> Instant {
    let asUTC = date.daysSince1970 * 86400 + Int64(secondOfDay)
    let early = Instant(seconds: asUTC - 3600)
    if offset(at: early) == 3600 { return early }
    return Instant(seconds: asUTC)
  }

  /// Reads `07:00` or `24:00` as seconds since midnight; nil for anything else.
  package static func secondOfDay(_ text: some StringProtocol) -> Int? {
    let fields = text.split(separator: ":").map { Int($0) }
    guard fields.count == 2, let hour = fields[0], let minute = fields[1], (0...24).contains(hour),
      (0..<60).contains(minute), hour * 60 + minute <= 1440
    else { return nil }
    return hour * 3600 + minute * 60
  }

  /// Seconds that London's clocks are ahead of UTC: 3600 in summer, otherwise 0.
  static func offset(at instant: Instant) -> Int64 {
    let days = instant.seconds >= 0 ? instant.seconds / 86400 : -((86399 - instant.seconds) / 86400)
    let year = CivilDate(daysSince1970: days).year
    let begin = lastSunday(ofMonth: 3, year: year) * 86400 + 3600
    let end = lastSunday(ofMonth: 10, year: year) * 86400 + 3600
    return instant.seconds >= begin && instant.seconds < end ? 3600 : 0
  }

  /// Day number of the last Sunday of March or October, both of 31 days.
  private static func lastSunday(ofMonth month: Int, year: Int) -> Int64 {
    guard let last = CivilDate(year: year, month: month, day: 31) else { return 0 }
    return last.daysSince1970 - Int64(last.weekday % 7)
  }
}
