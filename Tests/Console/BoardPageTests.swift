import Console
import Delivery
import Hummingbird
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// The board and the alarms as people see them.
@Suite struct BoardPageTests {
  private let bench: BoardBench

  private static let rules = """
      - id: told
        section: "1"
        says: The social worker has to say that the message has come.
        event: missing.reported
        share: [status, identity]
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}, {role: family.parents}]
      - id: search
        section: "2"
        says: The search is reviewed.
        event: missing.reported
        share: [status]
        duty: risk-review
        holders: [{role: childrens-services.team-manager}]
        by: PT12H
    """

  init() throws { bench = try BoardBench(try SmallBook.make(BoardPageTests.rules)) }

  private func report(
    _ subject: String = "EP-1", risk: String = "high", livesIn: String = "derby", exercise: Bool = false
  ) async throws {
    try await bench.tell(
      "missing.reported", subject: subject, id: subject, exercise: exercise,
      [
        "child": [
          "id": .string("C-\(subject)"), "livesIn": .string(livesIn), "dateOfBirth": "2012-01-02",
          "name": ["given": "Robin", "family": "Example"],
          "contacts": [["role": "family.parents", "name": "Parent", "email": "parent@family.example"]],
        ], "episode": ["risk": .string(risk)],
      ])
  }

  private func pass(_ seconds: Int64) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let timekeeper = Timekeeper(
      ledger: bench.ledger, routes: bench.routes, time: bench.clock, agenda: bench.agenda, outbox: bench.outbox,
      logger: logger)
    bench.clock.advance(bySeconds: seconds)
    while try await timekeeper.turn() {}
  }

  @Test func anOpenEpisodeSaysWhoHasBeenToldAndWhatComesNext() async throws {
    try await report()
    try await bench.serve { client in
      let board = try await bench.browser(client, [.operator]).open("/board")
      #expect(board.status == .ok && board.text.contains("<title>Board - Waypost</title>"))
      for words in [
        "href=\"/episodes/EP-1\">Episode EP-1</a>", "Robin Example, 14 years old", "High risk",
        "On the way: 2 messages",
        "href=\"/messages/nt-", "Children&#39;s services social worker, Derby City Council", "Next deadline",
        "data-until=\"", "aria-current=\"true\">All open (1)</a>", "href=\"/board?show=high-risk\">High risk (1)</a>",
        "Reported missing on", "href=\"/alarms\"", "data-stream=\"/board/changes\"",
      ] {
        #expect(board.text.contains(words), "\(words)")
      }
      #expect(!board.text.contains("Alarm:") && !board.text.contains("EXERCISE"))
      let views = try await bench.door.audit("viewed")
      #expect(views.map(\.identifier) == ["open"] && views.first?.detail.hasPrefix("board by operator ") == true)
    }
  }

  @Test func aChildWhoMayBeMissingIsListedBeforeAnybodyReportsIt() async throws {
    try await bench.tell(
      "missing.suspected", subject: "EP-1", id: "1",
      ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"], "episode": ["risk": "high"]])
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let board = try await browser.open("/board").text
      #expect(board.contains("Episode EP-1") && board.contains("All open (1)"))
      #expect(board.contains("May be missing, not reported yet") && board.contains("Thought to be missing since"))
      bench.clock.advance(bySeconds: 60)
      try await report()
      let after = try await browser.open("/board").text
      #expect(after.contains("Reported missing on") && !after.contains("May be missing"))
    }
  }

  @Test func namesAreForPeopleWhoMayReadMessages() async throws {
    try await report()
    try await bench.serve { client in
      let board = try await bench.browser(client, [.auditor]).open("/board")
      #expect(board.text.contains("EP-1") && board.text.contains("High risk"))
      #expect(!board.text.contains("Robin") && !board.text.contains("14 years"))
      #expect(try await bench.door.audit("viewed").isEmpty)
      #expect(try await bench.browser(client, [.reporter]).open("/board").status == .forbidden)
      #expect(try await Browser(client).open("/board").location == "/sign-in?next=%2Fboard")
    }
  }

  @Test func whoeverIsLimitedSeesNeitherRiskNorNamesNorOthers() async throws {
    try await report("EP-1")
    try await report("EP-2", livesIn: "derbyshire")
    try await bench.serve { client in
      for role in [PersonRole.agencyViewer, .dutyManager] {
        let browser = try await bench.browser(client, [role], agencies: ["derby"])
        let board = try await browser.open("/board")
        #expect(board.text.contains("EP-1") && board.text.contains("On the way: 1 message<"))
        for words in ["EP-2", "Robin", "High risk", "parents", "Derbyshire", "/alarms"] {
          #expect(!board.text.contains(words), "\(words)")
        }
        for path in ["/board?show=high-risk", "/alarms"] { #expect(try await browser.open(path).status == .notFound) }
      }
      let other = try await bench.browser(client, [.agencyViewer], agencies: ["liverpool"]).open("/board")
      #expect(other.text.contains("No open episode concerns your agencies.") && !other.text.contains("EP-"))
    }
  }

  @Test func anAlarmStandsAtTheTopInWordsUntilSomebodyHasTakenItOn() async throws {
    try await report("EP-1", risk: "medium")
    try await report("EP-2")
    // Past the time of a desk that opens in the morning.
    try await pass(12 * 3600)
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.dutyManager])
      let board = try await browser.open("/board")
      #expect(board.text.contains("Alarm: 1 episode has a high-risk message that nobody has confirmed in time."))
      #expect(board.text.contains("href=\"/board?show=alarm\">Show the episode with an alarm</a>"))
      let places = ["EP-2", "EP-1"].compactMap { board.text.firstRange(of: "Episode \($0)")?.lowerBound }
      #expect(places.count == 2 && places == places.sorted(), "the alarm comes first")
      let only = try await browser.open("/board?show=alarm")
      #expect(only.text.contains("Episode EP-2") && !only.text.contains("Episode EP-1"))
      #expect(only.text.contains("Board: alarms</h1>") && only.text.contains(", late</a>"))

      let alarms = try await browser.open("/alarms")
      #expect(alarms.status == .ok && alarms.text.contains("<caption>Alarms, the newest first</caption>"))
      #expect(alarms.text.contains("href=\"/messages/nt-"))
      #expect(try await browser.open("/alarms?before=1").text.contains("There has been no alarm.") == true)
      #expect(try await browser.open("/alarms?before=x").status == .notFound)

      for record in try await bench.ledger.notifications(NotificationFilter(episode: "EP-2")) {
        let words = Acknowledgement(by: "Kim", actor: "test", willDo: nil, until: nil)
        _ = try await bench.ledger.acknowledge(record.notification.id, words, at: bench.clock.now())
      }
      let after = try await browser.open("/board")
      #expect(!after.text.contains("Alarm:") && after.text.contains("Acknowledged: 2 messages"))
    }
  }

  @Test func whatIsOverdueIsSaidInWords() async throws {
    try await report(risk: "low")
    try await pass(13 * 3600)
    try await bench.serve { client in
      let board = try await bench.browser(client, [.operator]).open("/board?show=overdue")
      for words in [
        "1 duty overdue", "Risk review: children&#39;s services team manager, Derby City Council",
        "overdue by 1 hour 0 minutes", "href=\"/duties/du-",
      ] {
        #expect(board.text.contains(words), "\(words)")
      }
    }
  }

  @Test func viewsAreLinksAndSayWhenTheyAreEmpty() async throws {
    try await report("DRILL", exercise: true)
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      #expect(try await browser.open("/board").text.contains("No episode is open"))
      let drills = try await browser.open("/board?show=exercises").text
      #expect(drills.contains("EXERCISE") && drills.contains("Episode DRILL") && drills.contains("Exercises (1)"))
      for view in ["alarm", "high-risk", "not-confirmed", "overdue", "ended"] {
        let page = try await browser.open("/board?show=\(view)")
        #expect(page.status == .ok && page.text.contains("<div id=\"list\" data-live>\n<p>"), "\(view)")
      }
      for path in ["/board?show=x", "/board?page=0", "/board?page=x", "/board?show=open&page=-1"] {
        #expect(try await browser.open(path).status == .notFound, "\(path)")
      }
      #expect(try await browser.open("/board?page=7").status == .ok)
    }
  }

  @Test func longListsHavePages() async throws {
    for number in 1...21 { try await report("EP-\(number)", risk: "low") }
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.auditor])
      let first = try await browser.open("/board").text
      #expect(first.contains("Page 1 of 2, 21 episodes in all") && first.contains("href=\"/board?page=2\">Next page"))
      let second = try await browser.open("/board?page=2").text
      #expect(second.split(separator: "<li class=\"card").count == 2 && second.contains("href=\"/board\">First page"))
    }
  }

  @Test func aReferenceIsTextAndNothingElse() async throws {
    try await report("EP/<b>&\"1")
    try await bench.serve { client in
      let board = try await bench.browser(client, [.operator]).open("/board").text
      #expect(board.contains("/episodes/EP%2F%3Cb%3E%26%221") && board.contains("EP/&lt;b&gt;&amp;&quot;1"))
      #expect(!board.contains("<b>"))
    }
  }

  @Test(arguments: [
    (PersonRole.operator, "/board"), (.auditor, "/board"), (.reporter, "/report"), (.routeOwner, "/agencies"),
  ])
  func everybodyStartsWhereTheyMayBe(_ role: PersonRole, _ place: String) async throws {
    try await bench.serve { client in
      #expect(try await Browser(client).open("/").location == "/sign-in?next=%2F")
      let start = try await bench.browser(client, [role]).open("/")
      #expect(start.status == .seeOther && start.location == place)
    }
  }
}
