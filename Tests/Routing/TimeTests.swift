import Foundation
import Routing
import TestKit
import Testing

@Suite struct TimeTests {
  @Test func londonAgreesWithFoundationAroundEveryChange() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "Europe/London"))
    // Every 53 minutes from 1997 to 2041: no change of the clocks is missed.
    for seconds in stride(from: Int64(852_076_800), to: 2_240_611_200, by: 53 * 60 * 17) {
      let reading = London.reading(at: Instant(seconds: seconds))
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(reading.date.description == String(format: "%04d-%02d-%02d", parts.year!, parts.month!, parts.day!))
      #expect(reading.secondOfDay == parts.hour! * 3600 + parts.minute! * 60 + parts.second!)
    }
  }

  @Test(arguments: [
    ("2026-03-29", 1 * 3600 + 1800, "2026-03-29T01:30:00Z"),  // does not exist: rolls forward
    ("2026-10-25", 1 * 3600 + 1800, "2026-10-25T00:30:00Z"),  // exists twice: the first
    ("2026-07-01", 9 * 3600, "2026-07-01T08:00:00Z"), ("2026-12-01", 9 * 3600, "2026-12-01T09:00:00Z"),
  ])
  func wallClockToInstant(_ date: String, _ second: Int, _ expected: String) throws {
    #expect(London.instant(try #require(CivilDate(date)), secondOfDay: second) == instant(expected))
  }

  @Test(arguments: [
    ("PT24H", "2025-10-25T20:10:00Z", "2025-10-26T20:10:00Z"),  // elapsed time does not care about the clocks
    ("P3D", "2024-03-30T22:30:00Z", "2024-04-02T21:30:00Z"), ("PT72H", "2024-03-30T22:30:00Z", "2024-04-02T22:30:00Z"),
    ("3 working days", "2024-01-09T13:15:00Z", "2024-01-12T23:59:59Z"),
    ("5 working days", "2024-03-28T10:00:00Z", "2024-04-08T22:59:59Z"),  // Good Friday and Easter Monday do not count
    ("PT1H30M", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"),
    ("immediately", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
  ])
  func spans(_ text: String, _ start: String, _ end: String) throws {
    let holidays = try Repository.book.get().directory.bankHolidays
    #expect(try #require(Span(text)).end(from: instant(start), bankHolidays: holidays) == instant(end))
  }

  @Test func earlierOfHoursAndDays() throws {
    let span = Span.earlierOf([.elapsed(seconds: 72 * 3600), .localDays(3)])
    let holidays = BankHolidays(dates: [])
    #expect(span.end(from: instant("2024-03-30T22:30:00Z"), bankHolidays: holidays) == instant("2024-04-02T21:30:00Z"))
    #expect(span.end(from: instant("2025-10-25T20:00:00Z"), bankHolidays: holidays) == instant("2025-10-28T20:00:00Z"))
  }

  @Test(arguments: ["", "P", "72H", "PTH", "PT72", "P-1D", "3 days", "0 working days", "PT1X"])
  func refusedSpans(_ text: String) { #expect(Span(text) == nil) }

  @Test(arguments: [
    ("2026-03-27T22:40:00Z", "2026-03-27T22:40:00Z"), ("2026-03-27T23:40:00+01:00", "2026-03-27T22:40:00Z"),
    ("2026-03-27t22:40:00.125z", "2026-03-27T22:40:00.125Z"), ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
  ])
  func instants(_ text: String, _ printed: String) { #expect(Instant(rfc3339: text)?.rfc3339 == printed) }

  @Test(arguments: ["2026-02-30T00:00:00Z", "2026-03-27", "2026-03-27T25:00:00Z", "2026-03-27T22:40:00", "27/03/2026"])
  func refusedInstants(_ text: String) { #expect(Instant(rfc3339: text) == nil) }

  @Test func everyDayThereAndBack() {
    for days in Int64(-30_000)...60_000 { #expect(CivilDate(daysSince1970: days).daysSince1970 == days) }
    #expect(CivilDate(daysSince1970: 0).weekday == 4)
  }

  @Test func closedDesksOpenAgain() throws {
    let holidays = try Repository.book.get().directory.bankHolidays
    // Good Friday 2026 at noon: the next opening is Tuesday after Easter Monday, in summer time.
    let opening = DeskHours.office.nextOpening(from: instant("2026-04-03T12:00:00Z"), bankHolidays: holidays)
    #expect(opening == instant("2026-04-07T08:00:00Z"))
    #expect(
      DeskHours.office.nextOpening(from: instant("2026-04-08T03:00:00Z"), bankHolidays: holidays)
        == instant("2026-04-08T08:00:00Z"))
    #expect(!DeskHours.office.isOpen(at: instant("2026-04-08T16:00:00Z"), bankHolidays: holidays))
  }
}
