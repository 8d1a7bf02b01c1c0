import Console
import Delivery
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import Routing
import TestKit
import Testing

/// The protocols as people read them, and the what-if form.
@Suite struct ProtocolPageTests {
  private func encoded(_ query: [String: String]) -> String {
    query.sorted { $0.key < $1.key }.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }.joined(separator: "&")
  }

  @Test func everyPackIsAPageWithEachOfItsRulesAndCases() async throws {
    let bench = try BoardBench()
    let packs = try Repository.book.get().packs
    let cases = try Repository.cases()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.auditor])
      let list = try await reader.open("/protocols")
      #expect(list.status == .ok)
      for pack in packs {
        #expect(list.text.contains("href=\"/protocols/\(pack.id)\""))
        let page = try await reader.open("/protocols/\(pack.id)")
        #expect(page.status == .ok)
        for rule in pack.rules {
          #expect(page.text.contains("<article class=\"card\" id=\"\(rule.id)\">"), "\(rule.id) is not on its page")
        }
        for item in cases where item.packs == [pack.id] {
          #expect(page.text.contains("id=\"case-\(item.name)\""), "\(item.name) is not on the page of its pack")
        }
      }
      #expect(list.text.contains("What changed from 2016 to 2019"))
    }
  }

  @Test func aPackThatIsNotThereIsNothing() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.operator])
      for path in ["/protocols/nowhere", "/protocols/nowhere/verify", "/protocols/liverpool-2014/compare/nowhere"] {
        #expect(try await reader.open(path).status == .notFound)
      }
      // Compared with itself nothing can be learned.
      #expect(try await reader.open("/protocols/liverpool-2014/compare/liverpool-2014").status == .notFound)
    }
  }

  @Test func versionsAreComparedInWords() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.routeOwner])
      let page = try await reader.open("/protocols/derby-derbyshire-2016/compare/derby-derbyshire-2019")
      #expect(page.status == .ok)
      #expect(page.text.contains("From 2016 to 2019: what changed"))
      #expect(page.text.contains("Newly told") && page.text.contains("No longer told"))
      #expect(page.text.contains("/protocols/derby-derbyshire-2019#dd24-"))
      #expect(page.text.contains("/protocols/derby-derbyshire-2016#dd16-"))
    }
  }

  @Test func thePromisesSayWhetherTheyAreKept() async throws {
    let bench = try BoardBench()
    let book = try Repository.book.get()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.auditor])
      let page = try await reader.open("/protocols/derby-derbyshire-2019/verify")
      #expect(page.status == .ok)
      #expect(page.text.contains("All kept") && !page.text.contains("Not kept"))
      for promise in book.invariants.items where promise.packs.isEmpty {
        #expect(page.text.contains("id=\"\(promise.id)\""))
      }
    }
  }

  @Test func aBrokenPromiseIsSaidWithAnExample() async throws {
    let book = try SmallBook.make(
      """
        - {id: a, section: "1", says: s, event: missing.reported, tell: [{role: police.control-room}]}
      """,
      invariants: """
        invariants:
          - id: nobody-rings
            says: The control room is never told.
            neverTold: [police.control-room]
        """)
    let bench = try BoardBench(book)
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.auditor])
      let page = try await reader.open("/protocols/small/verify")
      #expect(page.text.contains("The control room is never told.") && page.text.contains("Not kept"))
      #expect(page.text.contains("Rule a tells police.control-room. For example:"))
      #expect(try await reader.open("/protocols").text.contains("not kept"))
    }
  }

  /// What is owed at each event of these cases by which a child is first heard of, as the what-if page says it.
  @Test(arguments: [
    "derby-foster-high", "derbyshire-childrens-home-medium", "bedford-home-high-risk-parents-held",
  ])
  func whatIfAnswersAsTheCasesExpect(name: String) async throws {
    let bench = try BoardBench()
    let book = try Repository.book.get()
    let item = try #require(try Repository.cases().first { $0.name == name })
    let made = CasePlayer.play(item, try book.playing(item).router(at: item.begins))
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.dutyManager])
      var seen = Set<String>()
      // The form offers no placement by its name, so that no home is named to whoever asks.
      for (number, step) in item.steps.enumerated()
      where seen.insert(step.event.subject).inserted
        && step.event.data.at(["child", "placement", "name"]) == nil
      {
        let page = try await reader.open("/protocols/what-if?\(encoded(query(step.event, book.vocabulary)))")
        #expect(page.status == .ok)
        let shown = owed(page.text)
        let own = made.filter {
          $0.cause == TimelineLine.Cause(step: number, timer: nil) && ($0.kind == .tell || $0.kind == .duty)
        }
        let wanted = own.map { line in
          [line.role ?? "", line.relation?.rawValue ?? "", line.agency ?? ""].joined(separator: "|")
        }
        #expect(shown == wanted.sorted(), "step \(number)")
        for line in item.expect where line.step == number && line.note == nil && line.timer == nil {
          let role = try #require(line.tell ?? line.role)
          #expect(shown.contains { $0.hasPrefix("\(role)|") }, "\(role) at step \(number)")
        }
        for line in item.never where line.step == number {
          guard let role = line.tell, line.of == nil, line.rules.isEmpty else { continue }
          #expect(!shown.contains { $0.hasPrefix("\(role)|") }, "\(role) at step \(number)")
        }
      }
      #expect(!seen.isEmpty)
    }
  }

  /// The facts of an event as the form sends them.
  private func query(_ event: Event, _ vocabulary: Vocabulary) -> [String: String] {
    let reading = London.reading(at: event.time)
    let minutes = reading.secondOfDay / 60
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    var query = ["event": event.type, "at": "\(reading.date)T\(two(minutes / 60)):\(two(minutes % 60))"]
    for fact in vocabulary.facts {
      switch event.data.at(fact.path) {
      case .string(let text): query[fact.name] = text
      case .bool(true): query[fact.name] = "true"
      case .array(let items): for item in items { query["\(fact.name).\(item.text ?? "")"] = "true" }
      default: break
      }
    }
    if let born = event.data.at(["child", "dateOfBirth"])?.text.flatMap({ CivilDate($0) }) {
      query["age"] = "\(born.years(until: reading.date))"
    }
    return query
  }

  /// Role, relation and agency of every line of the answer, as its page prints them.
  private func owed(_ html: String) -> [String] {
    html.split(separator: "<dt>Role</dt><dd class=\"soft\">").dropFirst().map { part in
      let text = String(part.prefix { $0 != "<" })
      let halves = text.split(separator: ", ", maxSplits: 1)
      let words = (halves.first ?? "").split(separator: " of ", maxSplits: 1)
      return [words.first ?? "", words.last ?? "", halves.count > 1 ? halves[1] : ""].joined(separator: "|")
    }.sorted()
  }

  @Test func whatIfWritesNothing() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.dutyManager])
      let before = (try await bench.ledger.lastChange(), try await bench.ledger.audit(after: 0, limit: 100).count)
      let page = try await reader.open(
        "/protocols/what-if?event=missing.categorised&child.livesIn=derby&episode.risk=high&age=14&reported=1&last30=3")
      #expect(page.status == .ok)
      #expect(page.text.contains("UK missing persons unit") && page.text.contains("At once"))
      #expect(page.text.contains("If nobody did anything"))
      #expect(try await bench.ledger.events(after: nil, limit: 10).isEmpty)
      let after = (try await bench.ledger.lastChange(), try await bench.ledger.audit(after: 0, limit: 100).count)
      #expect(before == after)
    }
  }

  @Test func theEmptyFormAsksAndWhatCannotBeIsSaidAtItsField() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.reporter], agencies: ["derby"])
      let form = try await reader.open("/protocols/what-if")
      #expect(form.status == .ok && !form.text.contains("Who would owe what"))
      #expect(form.text.contains("name=\"child.livesIn\"") && form.text.contains("method=\"get\""))

      let nowhere = try await reader.open("/protocols/what-if?event=missing.reported")
      #expect(nowhere.status == .unprocessableContent)
      #expect(nowhere.text.contains("href=\"#child-livesIn\">Choose where the child lives or is placed"))
      #expect(nowhere.text.contains("id=\"child-livesIn-problem\""))

      for (query, says) in [
        ("event=missing.categorised&child.livesIn=derby", "Choose the risk that the police have set"),
        ("event=away.reported&child.livesIn=derby", "Only a child who is looked after is away"),
        ("event=missing.reported&child.livesIn=derby&child.placement.kind=foster", "is looked after: choose by which"),
        ("event=missing.reported&child.livesIn=atlantis", "Choose one of those offered"),
        ("event=missing.reported&child.livesIn=derby&at=tomorrow", "Enter a date with a time"),
      ] {
        let page = try await reader.open("/protocols/what-if?\(query)")
        #expect(page.status == .unprocessableContent && page.text.contains(says), "\(query)")
      }
    }
  }

  @Test func noContactOfTheDirectoryIsShown() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      let reader = try await bench.browser(client, [.agencyViewer], agencies: ["derby-health"])
      let page = try await reader.open("/protocols/what-if?event=missing.reported&child.livesIn=derby&age=14")
      #expect(page.status == .ok)
      #expect(page.text.contains("Derby"))
      #expect(!page.text.contains("derby.example") && !page.text.contains("01632"))
    }
  }

  @Test func nobodyReadsThemWithoutSigningIn() async throws {
    let bench = try BoardBench()
    try await bench.serve { client in
      for path in ["/protocols", "/protocols/what-if", "/protocols/liverpool-2014"] {
        let page = try await Browser(client).open(path)
        #expect(page.status == .seeOther && page.location.contains("/sign-in"))
      }
    }
  }
}

/// Rules in words.
@Suite struct RuleWordsTests {
  private func parts(_ rule: String) throws -> [String: [String]] {
    let book = try SmallBook.make("  - \(rule)")
    let words = RuleWords(
      PlainWords(
        vocabulary: book.vocabulary,
        headline: { ["missing.reported": "A child has been reported missing", "child.found": "A child is found"][$0] }))
    let first = try #require(book.packs.first?.rules.first)
    return Dictionary(words.parts(first).map { ($0.name, $0.lines) }, uniquingKeysWith: +)
  }

  @Test func anEventWithConditionsAndARecipient() throws {
    let parts = try parts(
      """
      {id: a, section: "1", says: s, event: missing.reported, when: {episode.risk: [medium, high], not: {child.lookedAfter: true}}, share: [identity, risk], by: PT6H, tell: [{role: police.missing-unit, when: {child.openTo: [early-help, social-care]}, confirm: acknowledged, within: PT15M}]}
      """)
    #expect(parts["When"] == ["When a child has been reported missing."])
    #expect(parts["Only if"] == ["The risk is medium or high", "The child is not looked after"])
    #expect(
      parts["Told"] == [
        "Police missing persons unit, where the child lives, within 6 hours, if the child is open to social care or early "
          + "help. May be told who the child is and the risk. A person has to acknowledge it within 15 minutes."
      ])
  }

  @Test func aCountATimerAndTheCalendar() throws {
    #expect(
      try parts(
        """
        {id: a, section: "1", says: s, count: missing.reported, atLeast: 3, within: P90D, tell: [{role: iro, of: holding}]}
        """)["When"] == ["When a report makes it 3 missing episodes or more within 90 days. Once in an episode."])
    #expect(
      try parts(
        """
        {id: a, section: "1", says: s, after: PT48H, every: P5D, of: missing.reported, while: {episode.open: true}, unless: child.found, tell: [{role: iro}]}
        """)["When"] == [
          "48 hours after a child has been reported missing, and then every 5 days.",
          "It runs as long as the episode is open.", "It stops when a child is found.",
        ])
    #expect(
      try parts(
        """
        {id: a, section: "1", says: s, calendar: P3M, at: "10:00", parties: [derby], tell: [{role: partnership.board}]}
        """)["When"] == [
          "On the first of the month, every 3 months at 10:00, for Derby: the figures of the time since the last one."
        ])
  }

  @Test func aDutyWithItsEndAndWhatComesOfSilence() throws {
    let parts = try parts(
      """
      {id: a, section: "1", says: s, event: missing.reported, duty: return-interview, by: {earlierOf: [PT72H, 5 working days]}, holders: [{role: iro, of: area, ofLookedAfter: responsible}], fulfilledBy: child.found, endsWhen: {episode.open: false}, remind: [PT24H], else: [{after: PT2H, tell: [{role: childrens-services.team-manager}]}]}
      """)
    #expect(
      parts["Duty"] == ["Return interview, within 72 hours or within 5 working days, whichever is sooner."])
    #expect(
      parts["Owed by"] == [
        "Independent reviewing officer, where the child lives (if looked after: of the authority that looks after the "
          + "child)."
      ])
    #expect(parts["Until"] == ["It is met when a child is found.", "It ends once the episode is over."])
    #expect(parts["If nothing happens"]?.first == "A reminder 24 hours before it is due.")
    #expect(parts["If nothing happens"]?.last?.hasPrefix("2 hours late: Children's services team manager") ?? false)
  }

  @Test func everyRoleAndSpanHasWords() throws {
    let vocabulary = try Repository.book.get().vocabulary
    for role in vocabulary.roles {
      #expect(!RoleWords.name(role.name).contains("-"), "\(role.name)")
    }
    #expect(RoleWords.name("childrens-services.social-worker") == "children's services social worker")
    #expect(TimeWords.within(.startOfWorkingDay(1)) == "by 09:00 of the next working day")
    #expect(TimeWords.within(.nextTime(secondOfDay: 0)) == "by the next midnight")
  }
}
