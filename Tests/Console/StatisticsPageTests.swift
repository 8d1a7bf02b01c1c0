import Delivery
import HTTPTypes
import HummingbirdTesting
import Ledger
import Routing
import TestKit
import Testing

/// Statistics as people see them.
@Suite struct StatisticsPageTests {
  private static let rules = """
      - id: told
        section: "1"
        says: The social worker and the police are told.
        event: missing.reported
        share: [status, identity]
        tell:
          - {role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}
          - {role: police.missing-unit, confirm: acknowledged, within: PT30M}
    """
  private let bench: BoardBench

  init() throws { bench = try BoardBench(SmallBook.make(Self.rules)) }

  private func report(_ number: Int, exercise: Bool = false, risk: String = "high") async throws {
    try await bench.tell(
      "missing.reported", subject: "EP-\(number)", id: "\(number)", exercise: exercise,
      [
        "child": [
          "id": .string("C-\(number)"), "livesIn": "derby", "dateOfBirth": "2012-01-02",
          "name": ["given": "Marigold"],
        ], "episode": ["risk": .string(risk)],
      ])
  }

  /// Everything of the agency that is owed is attempted, taken, and acknowledged so many seconds later.
  private func acknowledge(_ agency: String, after seconds: Int64) async throws {
    var random = SystemRandomNumberGenerator()
    let now = bench.clock.now()
    let leases = try await bench.ledger.lease(
      LeaseRequest(limit: 100, now: now, until: now.advanced(bySeconds: 180)))
    for lease in leases {
      let settlement = Settlement.after(TestTransport.taken, lease, startedAt: now, now: now, using: &random)
      _ = try await bench.ledger.settle(settlement)
    }
    bench.clock.advance(bySeconds: seconds)
    let words = Acknowledgement(by: "desk", actor: "test", willDo: nil, until: nil, source: .api)
    for record in try await bench.ledger.notifications(NotificationFilter(limit: 1000))
    where record.notification.agency == agency && !record.notification.isExercise {
      _ = try await bench.ledger.acknowledge(record.notification.id, words, at: bench.clock.now())
    }
  }

  @Test func itSaysInASentenceWhatThePictureShowsAndHasTheNumbersBesideIt() async throws {
    try await report(1)
    try await report(2, exercise: true)
    try await report(3, risk: "absent")
    try await acknowledge("derby", after: 330)
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.dutyManager])
      let page = try await browser.open("/statistics")
      #expect(page.status == .ok)
      #expect(page.text.ranges(of: "<svg class=\"picture\"").count == 3)
      #expect(page.text.ranges(of: "<figcaption>").count == 3)
      #expect(page.text.ranges(of: "<caption>").count == 3)
      // Two of four: the drill's are left out, and those that nobody acknowledged are not.
      #expect(page.text.contains("Half of all messages that ask for it were acknowledged within 6 minutes."))
      #expect(page.text.contains("<th scope=\"row\">Derby City Council</th>"))
      #expect(page.text.contains("<td class=\"number\">2 of 2</td>") && page.text.contains("Derbyshire Police"))
      #expect(page.text.contains("on Thursdays between 22:00 and 23:00"))
      #expect(page.text.contains("2 episodes were reported: 1 of a missing child, 1 of one who is absent"))
      #expect(page.text.contains("so that no interview is due"))
      #expect(!page.text.contains("Marigold") && !page.text.contains("EP-1") && !page.text.contains("style=\""))
      let accepted = try await browser.open("/statistics?days=7&stage=accepted")
      #expect(accepted.text.contains("Half of all messages were accepted within 1 second"))
      // What is not known is the usual.
      #expect(try await browser.open("/statistics?days=-1&stage=%00").status == .ok)
    }
  }

  @Test func anAgencysPeopleSeeHowTheirOwnMessagesFareAndNothingElse() async throws {
    try await report(1)
    try await acknowledge("derbyshire-police", after: 60)
    try await bench.serve { client in
      let viewer = try await bench.browser(client, [.agencyViewer], agencies: ["derby"])
      let page = try await viewer.open("/statistics").text
      #expect(page.contains("Only messages to Derby City Council."))
      #expect(page.contains("0 of 1 messages that ask for it were acknowledged, which is less than half."))
      for hidden in ["Derbyshire Police", "Missing children", "episodes", "interview", "Families"] {
        #expect(!page.contains(hidden), "\(hidden)")
      }
      let reporter = try await bench.browser(client, [.reporter])
      #expect(try await reporter.open("/statistics").status == .forbidden)
    }
  }

  @Test func whereThereIsNothingItSaysSo() async throws {
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let page = try await browser.open("/statistics").text
      #expect(!page.contains("<svg") && page.contains("No episode was reported in this time."))
      #expect(page.contains("No message of this time asks for acknowledgement."))
    }
  }
}
