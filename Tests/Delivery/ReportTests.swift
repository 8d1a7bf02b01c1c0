import Delivery
import Routing
import Simulation
import TestKit
import Testing

@Suite struct ReportTests {
  private let period = ReportPeriod(from: instant("2026-11-01T00:00:00Z"), until: instant("2026-12-01T00:00:00Z"))

  /// Hours count from the beginning of the period, which has 720.
  private func figure(
    _ reference: String, child: String? = nil, at hour: Int64 = 100, lasting: Int64? = nil,
    in livesIn: String = "derby", by lookedAfterBy: String? = nil, risk: String? = "medium", heldAfter: Int64? = nil,
    refused: Bool = false,
    _ data: JSONValue = [:]
  ) -> EpisodeFigure {
    let reported = period.from.advanced(bySeconds: hour * 3600)
    let ended = lasting.map { reported.advanced(bySeconds: $0 * 3600) }
    return EpisodeFigure(
      reference: reference, child: child ?? "child-\(reference)", data: data, reportedAt: reported, endedAt: ended,
      livesIn: livesIn, lookedAfterBy: lookedAfterBy, risk: risk,
      interviewHeldAt: heldAfter.flatMap { hours in ended?.advanced(bySeconds: hours * 3600) },
      interviewRefused: refused)
  }

  private func report(_ kind: ReportKind, _ share: Set<String>, _ episodes: [EpisodeFigure]) -> Report {
    Report.make(kind, party: "derby", period: period, share: share, episodes: episodes)
  }

  private func figures(_ episodes: [EpisodeFigure]) -> Report { report(.figures, ["history", "risk"], episodes) }

  private func value(_ report: Report, _ row: String) -> String? {
    report.tables.first?.rows.first { $0[0] == row }?[1]
  }

  // MARK: Figures

  @Test func figuresOfAHandCountedMonth() {
    let episodes = (0..<10).flatMap { n in
      [
        figure("A\(n)", child: "a\(n)", at: 0, lasting: 5, risk: "high", heldAfter: 24),
        figure("B\(n)", child: "a\(n)", at: 100, lasting: 10, risk: "high", heldAfter: 24),
        figure("C\(n)", at: 200, lasting: 48, in: "luton", by: "derby", heldAfter: n < 5 ? 100 : nil, refused: n >= 5),
        figure("D\(n)", at: 300, lasting: 100, by: "luton", risk: "low", heldAfter: 72),
      ]
    }
    let report = figures(episodes + (0..<5).map { figure("E\($0)", at: 700, risk: nil) })
    #expect(
      report.tables.first?.rows == [
        ["Episodes", "45"], ["Children", "35"], ["Children with more than one episode", "10"],
        ["Episodes that ended", "40"], ["Still missing at the end of the period", "5"],
        ["Ended: up to 6 hours", "10"], ["Ended: 6 to 24 hours", "10"], ["Ended: 24 to 72 hours", "10"],
        ["Ended: over 72 hours", "10"], ["Ended: median in hours", "29.0"], ["Return interviews due", "40"],
        ["Interviews held within 72 hours", "30"], ["Interviews refused", "5"],
        ["Interviews held later or not yet", "5"], ["Share held within 72 hours", "75 %"], ["Out of area", "20"],
      ])
    #expect(report.tables.map(\.title) == ["Totals", "By authority", "By risk"])
    #expect(
      report.tables.dropFirst().first?.rows == [
        ["derby", "35", "25", "10", "10"], ["luton", "10", "10", "0", "10"],
      ])
    #expect(report.tables.last?.rows == [["high", "20"], ["medium", "10"], ["low", "10"], ["not stated", "5"]])
  }

  @Test func aSmallCountTakesTheNextSmallestWithIt() {
    let episodes = (0..<17).map { n in
      figure("\(n)", lasting: 5, risk: n < 6 ? "high" : n < 9 ? "medium" : "low", heldAfter: 1)
    }
    let report = figures(episodes)
    #expect(report.tables.last?.rows == [["high", "suppressed"], ["medium", "1 to 4"], ["low", "8"]])
    #expect(value(report, "Episodes") == "17" && value(report, "Still missing at the end of the period") == "0")
    #expect(value(report, "Ended: median in hours") == "5.0" && value(report, "Share held within 72 hours") == "100 %")
    #expect(report.notes.contains { $0.contains("1 to 4") && $0.contains("suppressed") })
  }

  @Test func suppressionFollowsASumIntoItsParts() {
    let report = figures((0..<12).map { figure("\($0)", lasting: $0 < 2 ? nil : 5, heldAfter: 1) })
    #expect(value(report, "Still missing at the end of the period") == "1 to 4")
    #expect(value(report, "Episodes that ended") == "suppressed")
    // All ten ended within six hours: printed, the number would bring back what the line above keeps.
    #expect(value(report, "Ended: up to 6 hours") == "suppressed")
    #expect(value(report, "Ended: median in hours") == "suppressed")
  }

  @Test(arguments: [(held: 8, share: "suppressed"), (3, "suppressed"), (5, "50 %"), (10, "100 %"), (0, "0 %")])
  func aShareGivesNoSmallCountAway(held: Int, share: String) {
    let report = figures((0..<10).map { figure("\($0)", lasting: 5, heldAfter: $0 < held ? 1 : nil) })
    #expect(value(report, "Share held within 72 hours") == share)
    #expect(value(report, "Return interviews due") == "10" || share == "suppressed")
  }

  @Test func aSingleRepeatCannotBeHadFromEpisodesLessChildren() {
    let report = figures((0..<20).map { figure("\($0)", child: $0 < 2 ? "twice" : nil, lasting: 5) })
    #expect(value(report, "Children with more than one episode") == "1 to 4")
    #expect(value(report, "Episodes") == "suppressed" || value(report, "Children") == "suppressed")
  }

  @Test func anEmptyMonthPrintsNoughts() {
    let report = figures([])
    #expect(report.tables.count == 1 && value(report, "Episodes") == "0")
    #expect(value(report, "Ended: median in hours") == "suppressed")
    #expect(value(report, "Share held within 72 hours") == "suppressed")
  }

  @Test func figuresNeedHistoryAndRiskNeedsRisk() {
    let episodes = (0..<9).map { figure("\($0)") }
    let closed = report(.figures, ["status", "risk"], episodes)
    #expect(closed.tables.isEmpty && closed.notes == ["The figures are not shared with this recipient."])
    #expect(report(.figures, ["history"], episodes).tables.map(\.title) == ["Totals", "By authority"])
  }

  @Test func onlyTheBeginningOfThePeriodBelongsToIt() {
    let hours: [Int64] = [-1, 0, 0, 0, 0, 0, 719, 720]
    #expect(value(figures(hours.enumerated().map { figure("\($0)", at: $1) }), "Episodes") == "6")
    // An end after the period is not known in it.
    let late = figures((0..<6).map { figure("\($0)", at: 700, lasting: 20) })
    #expect(value(late, "Still missing at the end of the period") == "6")
  }

  /// Reads what is printed, as somebody would who knows how the figures add up, and tries to pin each kept count down.
  @Test(arguments: 0..<150 as Range<UInt64>) func noKeptCountCanBeWorkedOut(seed: UInt64) {
    var random = SeededRandom(seed)
    let areas = Array(["derby", "leeds", "luton", "stoke"].prefix(Int.random(in: 1...4, using: &random)))
    let risks: [String?] = ["high", "medium", "low", nil]
    let authorities: [String?] = areas.map(Optional.some) + [nil]
    let count = Int.random(in: 0...70, using: &random)
    // Each child keeps its area and its authority, so that the columns of children add up.
    let children = (0...count).map { _ in
      (
        area: areas.randomElement(using: &random) ?? "derby",
        authority: authorities.randomElement(using: &random) ?? nil
      )
    }
    let episodes = (0..<count).map { n in
      let child = Int.random(in: 0...count, using: &random)
      return figure(
        "\(n)", child: "\(child)", at: Int64.random(in: 0..<720, using: &random),
        lasting: n % 9 == 0 ? nil : Int64.random(in: 0..<90, using: &random), in: children[child].area,
        by: children[child].authority, risk: risks.randomElement(using: &random) ?? nil,
        heldAfter: n % 4 == 0 ? nil : Int64.random(in: 0..<100, using: &random), refused: n % 5 == 0)
    }
    var reader = Reader(figures(episodes), party: "derby")
    reader.narrow()
    #expect(reader.found.isEmpty, "seed \(seed) gives away \(reader.found)")
  }

  // MARK: Lists

  private let zebedee: JSONValue = [
    "child": [
      "id": "C-4242", "name": ["given": "Zebedee", "family": "Quill"], "description": "tall; answers to ZEBEDEE",
      "photograph": "https://media.example/PHOTOWORD", "home": "HOMEWORD",
    ],
    "episode": [
      "circumstances": "Quill's bag was found", "history": ["EP-76 in May", "one more"], "whereabouts": "unknown",
      "risk": "high", "missingSince": "2026-11-05T04:30:00Z", "lastSeen": ["place": "Market Place"],
    ],
  ]
  private let everything: Set<String> = [
    "status", "identity", "description", "photograph", "circumstances", "last-seen", "risk", "medical", "associates",
    "placement", "history", "education", "legal", "plan", "interview-outcome", "contact-details",
  ]

  @Test(arguments: [ReportKind.list, .episodes, .figures])
  func withoutIdentityNothingSaysWhoItIs(kind: ReportKind) {
    let episodes = [
      figure("EP-76", child: "K-1", at: -2000, lasting: 5, zebedee), figure("EP-77", child: "K-1", zebedee),
    ]
    let report = report(kind, everything.subtracting(["identity"]), episodes)
    let all = [report.text, report.html, report.csv, report.json.serialized].joined().lowercased()
    for word in ["zebedee", "quill", "ep-76", "ep-77", "c-4242", "k-1", "photoword", "homeword"] {
      #expect(!all.contains(word), "\(kind) shows \(word)")
    }
    if kind != .figures { #expect(all.contains("market place") && report.tables.first?.columns.first == "No.") }
  }

  @Test func aListHasTheColumnsThatAreShared() {
    let earlier = figure("EP-76", child: "K-1", at: -90 * 24, lasting: 5, zebedee)
    let tooEarly = figure("EP-75", child: "K-1", at: -91 * 24, lasting: 5, zebedee)
    let list = report(
      .list, ["status", "identity", "last-seen", "history"],
      [tooEarly, earlier, figure("EP-77", child: "K-1", at: 10, zebedee), figure("EP-78", at: 5)])
    #expect(
      list.tables.first?.columns == [
        "Episode", "Missing since", "Whereabouts", "Given name", "Family name", "Sender's reference",
        "Last seen: Where", "History: Earlier episodes", "Episodes in 90 days",
      ])
    #expect(
      list.tables.first?.rows == [
        ["EP-78", "Sunday 1 November 2026 at 05:00", "", "", "", "", "", "", "1"],
        [
          "EP-77", "Thursday 5 November 2026 at 04:30", "unknown", "Zebedee", "Quill", "C-4242", "Market Place",
          "EP-76 in May; one more", "2",
        ],
      ])
  }

  @Test func theMostPressingComesFirst() {
    let episodes = [
      figure("1", at: 50, risk: "low"), figure("2", at: 10, risk: "absent"), figure("3", at: 60, risk: "high"),
      figure("4", at: 20, risk: "high"), figure("5", at: 40),
    ]
    func order(_ share: Set<String>) -> [String]? { report(.list, share, episodes).tables.first?.rows.map { $0[0] } }
    #expect(order(["identity", "status", "risk"]) == ["4", "3", "5", "1", "2"])
    // What a group keeps shut does not show in the order either.
    #expect(order(["identity", "status"]) == ["2", "4", "5", "1", "3"])
    #expect(order(["identity"]) == ["1", "2", "3", "4", "5"])
  }

  @Test func eachKindHasItsEpisodes() {
    let episodes = [
      figure("old", at: -500), figure("found", at: 10, lasting: 5), figure("here", at: 20),
      figure("away", at: 30, in: "luton", by: "derby"), figure("other", at: 40, in: "luton", by: "leeds"),
      figure("next", at: 720),
    ]
    func shown(_ kind: ReportKind) -> [String]? {
      report(kind, ["identity", "status"], episodes).tables.first?.rows.map { $0[0] }
    }
    #expect(shown(.list) == ["old", "here", "away"])
    #expect(shown(.episodes) == ["found", "here", "away"])
    let ends = report(.episodes, ["identity", "status"], episodes).tables.first?.rows.map { $0[2] }
    #expect(ends == ["Sunday 1 November 2026 at 15:00", "still missing", "still missing"])
  }

  @Test func nobodyMissingIsSaid() {
    let list = report(.list, everything, [figure("1", lasting: 1), figure("2", in: "luton")])
    #expect(list.tables.isEmpty && list.notes == ["No child is missing."] && list.csv.isEmpty)
    #expect(list.text.contains("No child is missing.") && list.html == "<p>No child is missing.</p>\n")
    #expect(report(.episodes, everything, []).notes == ["No episode was reported in the period."])
    #expect(list.title == "Children missing now: derby")
  }

  // MARK: Renderings

  @Test(arguments: [
    ("=1+1, \"so\"", "\"'=1+1, \"\"so\"\"\""), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\tb", "'\tb"),
    ("=\u{338}", "'=\u{338}"), ("two\r\nlines", "\"two\r\nlines\""), ("plain = text", "plain = text"),
  ])
  func aCellOfAFileIsNoFormulaAndStaysOneCell(cell: String, written: String) {
    let list = report(
      .list, ["identity", "description"], [figure("1", ["child": ["description": .string(cell)]])])
    #expect(list.csv == "Children missing\r\nEpisode,Description\r\n1,\(written)\r\n")
  }

  @Test func tablesOfAFileAreSetApart() {
    let csv = figures((0..<20).map { figure("\($0)") }).csv
    #expect(csv.hasPrefix("Totals\r\nFigure,Value\r\nEpisodes,20\r\n"))
    let header = "Authority,Episodes,Children,Repeats,Out of area"
    #expect(csv.contains("\r\n\r\nBy authority\r\n\(header)\r\nderby,20,20,0,0\r\n"))
    #expect(csv.hasSuffix("\r\n\r\nBy risk\r\nRisk,Episodes\r\nmedium,20\r\n"))
  }

  @Test(arguments: [("<b>Sam</b>", "&lt;b&gt;Sam&lt;/b&gt;"), ("<\u{338}i>\"'&", "&lt;\u{338}i&gt;&quot;&#39;&amp;")])
  func markupInANameIsOnlyText(name: String, written: String) {
    let list = report(.list, ["identity"], [figure("1", ["child": ["name": ["given": .string(name)]]])])
    #expect(list.html.contains("<td>\(written)</td>") && list.html.contains("<th scope=\"row\">1</th>"))
    #expect(list.html.contains("<h2>Children missing</h2>\n<table>\n<caption>Children missing now: derby."))
    #expect(list.html.contains("<th scope=\"col\">Given name</th>"))
  }

  @Test func theTextHasItsColumnsUnderEachOther() {
    let list = report(
      .list, ["identity"],
      [
        figure("1", ["child": ["name": ["given": "Ada", "family": "Long\nName"]]]),
        figure("22", ["child": ["name": ["given": "Benedict", "family": "Ox"]]]),
      ])
    #expect(
      list.text.hasSuffix(
        """
        Children missing

        Episode  Given name  Family name
        -------  ----------  -----------
        1        Ada         Long Name
        22       Benedict    Ox

        """))
  }

  @Test func theDocumentHoldsTheSameTables() {
    let document = report(.list, ["status"], [figure("1", at: 5)]).json
    #expect(
      document == [
        "title": "Children missing now: derby", "from": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z",
        "tables": [
          [
            "title": "Children missing", "columns": ["No.", "Missing since"],
            "rows": [["1", "Sunday 1 November 2026 at 05:00"]],
          ]
        ],
        "notes": ["Rows are numbered: who the children are is not shared with this recipient."],
      ])
  }
}

/// Somebody who has only the printed figures and knows how they add up. Works with the least and the greatest number
/// that each count can be, and so shares nothing with the search that suppresses.
private struct Reader {
  private var ranges: [String: ClosedRange<Int>] = [:]
  private var kept: [String] = []
  private var sums: [(total: String, parts: [String])] = []
  private static let most = 1_000_000

  /// Kept counts that can only be one number.
  var found: [String] { kept.filter { ranges[$0]?.count == 1 } }

  init(_ report: Report, party: String) {
    for table in report.tables {
      for row in table.rows where !row[0].contains("median") && !row[0].contains("Share") {
        for (column, cell) in zip(table.columns, row).dropFirst() { read("\(table.title)/\(row[0])/\(column)", cell) }
      }
    }
    func total(_ name: String) -> String { "Totals/\(name)/Value" }
    let durations = ["up to 6", "6 to 24", "24 to 72", "over 72"].map { total("Ended: \($0) hours") }
    sums = [
      (total("Episodes"), [total("Episodes that ended"), total("Still missing at the end of the period")]),
      (total("Episodes that ended"), durations),
      (
        total("Return interviews due"),
        ["Interviews held within 72 hours", "Interviews refused", "Interviews held later or not yet"].map(total)
      ),
    ]
    let repeats = "Children with more than one episode"
    atLeast(total("Episodes"), [total("Children"), total(repeats)], isEqual: ranges[total(repeats)] == 0...0)
    for table in report.tables where table.title == "By risk" {
      sums.append((total("Episodes"), table.rows.map { "By risk/\($0[0])/Episodes" }))
    }
    for table in report.tables where table.title == "By authority" {
      let names = table.rows.map { $0[0] }
      for (column, whole) in zip(table.columns.dropFirst(), ["Episodes", "Children", repeats, "Out of area"]) {
        sums.append((total(whole), names.map { "By authority/\($0)/\(column)" }))
      }
      for name in names {
        let cells = table.columns.dropFirst().map { "By authority/\(name)/\($0)" }
        atLeast(cells[0], [cells[1], cells[2]], isEqual: ranges[cells[2]] == 0...0)
        if name != party { sums.append((cells[0], [cells[3]])) }
      }
    }
  }

  private mutating func read(_ key: String, _ cell: String) {
    if let number = Int(cell) {
      ranges[key] = number...number
    } else {
      #expect(cell == "1 to 4" || cell == "suppressed")
      ranges[key] = cell == "1 to 4" ? 1...4 : 1...Reader.most
      kept.append(key)
    }
  }

  private mutating func atLeast(_ total: String, _ parts: [String], isEqual: Bool) {
    ranges["rest of \(total)"] = 0...(isEqual ? 0 : Reader.most)
    sums.append((total, parts + ["rest of \(total)"]))
  }

  /// Tightens every range until nothing changes.
  mutating func narrow() {
    var changed = true
    while changed {
      changed = false
      for sum in sums {
        guard let total = ranges[sum.total] else { continue }
        let parts = sum.parts.compactMap { ranges[$0] }
        let least = parts.reduce(0) { $0 + $1.lowerBound }
        let most = parts.reduce(0) { $0 + $1.upperBound }
        changed = clamp(sum.total, least, most) || changed
        for (key, part) in zip(sum.parts, parts) {
          let low = total.lowerBound - (most - part.upperBound)
          let high = total.upperBound - (least - part.lowerBound)
          changed = clamp(key, low, high) || changed
        }
      }
    }
  }

  private mutating func clamp(_ key: String, _ least: Int, _ most: Int) -> Bool {
    guard let old = ranges[key], max(old.lowerBound, least) <= min(old.upperBound, most) else { return false }
    let new = max(old.lowerBound, least)...min(old.upperBound, most)
    ranges[key] = new
    return new != old
  }
}
