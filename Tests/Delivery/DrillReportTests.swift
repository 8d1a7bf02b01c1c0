import Delivery
import Routing
import TestKit
import Testing

/// How long acknowledgements took in drills, by hand.
@Suite struct DrillReportTests {
  private let start = instant("2026-11-12T12:00:00Z")

  private func figure(_ agency: String?, after seconds: Int64?, isAsked: Bool = true) -> DrillFigure {
    DrillFigure(
      agency: agency, isAsked: isAsked, createdAt: start,
      acknowledgedAt: seconds.map { start.advanced(bySeconds: $0) })
  }

  @Test func anAgencyIsMeasuredByItsPeople() throws {
    let report = DrillReport([
      figure("derby", after: 300), figure("derby", after: 60), figure("derby", after: 90), figure("derby", after: nil),
      figure("derby", after: nil, isAsked: false), figure("derby", after: 20, isAsked: false),
    ])
    let line = try #require(report.lines.first)
    #expect(line.messages == 6 && line.acknowledged == 4 && line.missing == 1)
    #expect(line.median == 75_000 && line.slowest == 300_000)
    #expect(
      line.json == [
        "agency": "derby", "messages": 6, "acknowledged": 4, "notAcknowledged": 1, "medianSeconds": 75,
        "slowestSeconds": 300,
      ])
  }

  @Test(
    arguments: [
      ([60], 60), ([60, 90], 75), ([90, 60, 3600], 90), ([1, 2, 3, 1000], 2.5),
    ] as [([Int64], Double)])
  func theMedianIsTheMiddle(_ seconds: [Int64], _ median: Double) throws {
    let line = try #require(DrillReport(seconds.map { figure("derby", after: $0) }).lines.first)
    #expect(line.json["medianSeconds"] == .number(median))
  }

  @Test func whoHasAnsweredNothingHasNoTime() throws {
    let line = try #require(DrillReport([figure("derby", after: nil)]).lines.first)
    #expect(line.median == nil && line.slowest == nil && line.missing == 1)
    #expect(line.json["medianSeconds"] == .null)
    #expect(DrillReport([]).lines.isEmpty)
  }

  @Test func agenciesStandInTheirOrderAndWhatBelongsToNoneLast() {
    let report = DrillReport([
      figure(nil, after: 1), figure("luton", after: 1), figure("derby", after: 1), figure("luton", after: nil),
    ])
    #expect(report.lines.map(\.agency) == ["derby", "luton", nil])
    #expect(report.lines.map(\.messages) == [1, 2, 1])
  }
}
