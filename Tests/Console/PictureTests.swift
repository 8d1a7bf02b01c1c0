import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Console

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The pictures of the statistics: well-formed, readable without colour, and true to their numbers.
@Suite struct PictureTests {
  /// Elements of an SVG in their order, with their attributes and their text.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String], text: String)] = []
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) { elements.append((name, attributes, "")) }
    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if !elements.isEmpty { elements[elements.count - 1].text += text }
    }
  }

  private func read(_ markup: String) throws -> [(name: String, attributes: [String: String], text: String)] {
    let parser = XMLParser(data: Data(markup.utf8))
    let reader = Reader()
    parser.delegate = reader
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    let svg = try #require(reader.elements.first)
    #expect(svg.name == "svg")
    #expect(svg.attributes["role"] == "img")
    #expect(svg.attributes["style"] == nil)
    let ids = Set(reader.elements.compactMap { $0.attributes["id"] })
    for attribute in ["aria-labelledby", "aria-describedby"] {
      let named = try #require(svg.attributes[attribute])
      #expect(ids.contains(named))
    }
    // Everything stands on the sheet.
    let size = try #require(svg.attributes["viewBox"]).split(separator: " ").compactMap { Double($0) }
    for element in reader.elements where ["rect", "text"].contains(element.name) {
      guard let x = element.attributes["x"].flatMap(Double.init), let y = element.attributes["y"].flatMap(Double.init)
      else { continue }
      #expect(x >= 0 && x + (element.attributes["width"].flatMap(Double.init) ?? 0) <= size[2] + 0.2)
      #expect(y >= 0 && y + (element.attributes["height"].flatMap(Double.init) ?? 0) <= size[3])
    }
    return reader.elements
  }

  private func boxes(
    _ elements: [(name: String, attributes: [String: String], text: String)], _ fill: String
  ) -> [Double] {
    elements.filter { $0.name == "rect" && $0.attributes["fill"] == fill && $0.attributes["stroke"] != nil }
      .compactMap { $0.attributes["width"].flatMap(Double.init) }
  }

  @Test func barsAreInProportionAndTheirWordsAreEscaped() throws {
    let chart = BarChart(
      name: "bars", title: "Who & <when>", says: "A \"sentence\"\u{301}",
      bars: [
        .init(
          label: "A & B <council> with a name that is much too long for it", words: "6 min",
          parts: [(30, .solid), (70, .hollow)]),
        .init(label: "Short", words: "under half", parts: []),
        .init(label: "Half", words: "3 min", parts: [(15, .solid), (0, .hollow)]),
      ], legend: [(.solid, "half"), (.hollow, "nine in ten")])
    let elements = try read(chart.markup)
    // The legend's own comes first.
    let solid = boxes(elements, "currentColor").dropFirst()
    let hollow = boxes(elements, "none").dropFirst()
    #expect(solid.count == 2)
    #expect(hollow.count == 1)
    let (first, last, rest) = (try #require(solid.first), try #require(solid.last), try #require(hollow.first))
    #expect(abs(first - 2 * last) < 0.2)
    #expect(abs(first + rest - 318) < 0.2)
    let texts = elements.filter { $0.name == "text" }.map(\.text)
    #expect(texts.contains { $0.hasPrefix("A & B <council>") && $0.hasSuffix("…") })
    #expect(texts.contains("6 min") && texts.contains("under half") && texts.contains("nine in ten"))
    #expect(elements.contains { $0.name == "title" && $0.text == "Who & <when>" })
  }

  @Test func columnsStackFromTheGround() throws {
    let chart = ColumnChart(
      name: "days", title: "Days", says: "Says", columns: [[2, 2], [0, 0], [1, 0]],
      legend: [(.solid, "missing"), (.hollow, "absent")], ends: ("1 Nov", "3 Nov"))
    let elements = try read(chart.markup).filter { $0.name == "rect" && $0.attributes["stroke"] != nil }.dropFirst(2)
    let tops: [Double] = elements.compactMap { $0.attributes["y"].flatMap(Double.init) }
    let heights: [Double] = elements.compactMap { $0.attributes["height"].flatMap(Double.init) }
    // Half of the highest, on it the other half, and a quarter on the same ground.
    #expect(heights == [75, 75, 37.5])
    try #require(tops.count == 3)
    let ground = tops[0] + 75
    #expect(tops[1] + 75 == tops[0])
    #expect(tops[2] + 37.5 == ground)
  }

  @Test func theMapHasASquareForEachHourThatGrows() throws {
    let map = HeatMap(
      name: "week", title: "Week", says: "Says", columns: ["Mon", "Tue"],
      rows: [("00:00", [.level(0), .level(4)]), ("", [.nothing, .never])],
      levels: ["a", "b", "c", "d", "e"], never: "never")
    let elements = try read(map.markup)
    let squares = boxes(elements, "currentColor")
    // Two of the map, five of the legend.
    #expect(squares.count == 7)
    #expect(squares[0] == 4)
    #expect(squares[1] == 18)
    #expect(elements.count { $0.name == "path" } == 2)
    #expect(elements.filter { $0.name == "text" }.map(\.text).starts(with: ["Mon", "Tue", "00:00"]))
  }

  @Test func timesAreRoundedUpInUnitsThatPeopleUse() {
    let second: Int64 = 1000
    let cases: [(Int64, String, String)] = [
      (0, "1 s", "1 second"), (59_001, "1 min", "1 minute"), (330 * second, "6 min", "6 minutes"),
      (3600 * second, "1 h", "1 hour"), (7500 * second, "2 h 5 min", "2 hours 5 minutes"),
      (49 * 3600 * second, "3 days", "3 days"),
    ]
    for (time, short, long) in cases {
      #expect(ShortTime.words(time) == short)
      #expect(LongTime.words(time) == long, "\(time)")
    }
  }

  /// What never came counts: half of all is half of all.
  @Test func halfIsHalfOfAllAndNotOfThoseThatFaredWell() {
    let start = instant("2026-11-09T06:30:00Z")
    var times = DeliveryTimes()
    for (index, seconds) in ([60, 120, 360, 600, nil, nil] as [Int64?]).enumerated() {
      times.add(
        agency: "derby", owedAt: start, asksAcknowledgement: index != 3,
        reached: [start.advanced(bySeconds: 5), nil, seconds.map { start.advanced(bySeconds: $0) }])
    }
    times.add(agency: nil, owedAt: start, asksAcknowledgement: false, reached: [nil, nil, nil])
    let line = times.lines[0].stages[DeliveryStage.acknowledged.rawValue]
    #expect(line.owed == 5)
    #expect(line.reached == 3)
    #expect(line.half == 360_000)
    #expect(line.nineInTen == nil)
    #expect(times.lines[0].stages[DeliveryStage.delivered.rawValue].half == nil)
    #expect(times.lines.map(\.agency) == ["derby", nil])
    #expect(times.all(.accepted).owed == 7)
    // Monday in London, in winter.
    #expect(times.week(.acknowledged)[6].owed == 5)
    #expect(times.week(.acknowledged).count { $0.owed > 0 } == 1)
    let figure = DeliveryPictures(times: times, stage: .acknowledged, called: { _ in "Derby City Council" }).agencies
    #expect(figure.says == "Half of all messages that ask for it were acknowledged within 6 minutes.")
    #expect(figure.table?.rows.map(\.head) == ["Derby City Council"])
    let none = DeliveryPictures(times: DeliveryTimes(), stage: .accepted, called: { $0 })
    #expect(none.agencies.picture == nil)
    #expect(none.week.says == "No message became owed in this time.")
  }

  @Test func daysWithoutEpisodesAreThereToo() throws {
    let day = { (text: String) in try #require(CivilDate(text)) }
    let episode = { (at: String, isAbsent: Bool) in
      EpisodeTime(
        reportedAt: instant(at), isAbsent: isAbsent, endedAt: nil, interviewHeldAt: nil, interviewRefused: false)
    }
    let counts = ReportedEpisodes.counts(
      [episode("2026-06-01T22:59:00Z", false), episode("2026-06-01T23:01:00Z", true)],
      from: try day("2026-05-31"), to: try day("2026-06-02"), every: 1)
    // London's midnight, in summer.
    #expect(counts.map(\.missing) == [0, 1, 0])
    #expect(counts.map(\.absent) == [0, 0, 1])
  }

  @Test func interviewsAreCountedOnceTheirTimeIsOver() throws {
    let end = instant("2026-10-30T12:00:00Z")
    let episode = { (held: Int64?, refused: Bool, ended: Instant) in
      EpisodeTime(
        reportedAt: end.advanced(bySeconds: -3600), isAbsent: false, endedAt: ended,
        interviewHeldAt: held.map { ended.advanced(bySeconds: $0) }, interviewRefused: refused)
    }
    let now = instant("2026-11-12T12:00:00Z")
    let counts = InterviewMonth.counts(
      [
        episode(72 * 3600, false, end), episode(72 * 3600 + 1, true, end), episode(nil, true, end),
        episode(nil, false, end), episode(10, false, now.advanced(bySeconds: -3600)),
      ], in: ReportPeriod(from: instant("2026-10-01T00:00:00Z"), until: now), at: now)
    try #require(counts.count == 1)
    #expect(counts[0].month == CivilDate("2026-10-01"))
    var month = InterviewMonth(month: counts[0].month)
    (month.within, month.later, month.refused, month.notYet) = (1, 1, 1, 1)
    #expect(counts[0] == month)
  }
}
