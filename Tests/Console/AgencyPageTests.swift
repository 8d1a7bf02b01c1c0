import Console
import Delivery
import HTTPTypes
import HummingbirdTesting
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// `/agencies`: who sees which, what they see, and that a desk changes only when two people want it to.
@Suite struct AgencyPageTests {
  private let bench: BoardBench
  private static let desk = "/agencies/derby/desks/childrens-services.social-worker"
  private static let rules = """
      - id: told
        section: "4"
        says: The social worker has to know.
        event: missing.categorised
        share: [status]
        tell: [{role: childrens-services.social-worker}]
    """

  init() throws { bench = try BoardBench(try SmallBook.make(Self.rules)) }

  private func tell(_ id: String = "1") async throws {
    try await bench.tell(
      "missing.categorised", subject: "EP-\(id)", id: id,
      [
        "child": ["id": .string("C-\(id)"), "livesIn": "derby", "dateOfBirth": "2012-01-02"],
        "episode": ["risk": "medium"],
      ])
  }

  private func channels(_ episode: String) async throws -> [Channel] {
    let list = try await bench.ledger.notifications(NotificationFilter(episode: episode))
    return try #require(list.first).notification.channels
  }

  /// The form as a browser has it, with some fields typed anew.
  private func filled(_ page: Browser.Seen, _ typed: [String: String]) throws -> [String: String] {
    let version = try #require(page.text.firstRange(of: "name=\"version\" value=\""))
    let form = [
      "token": page.token, "version": String(page.text[version.upperBound...].prefix { $0 != "\"" }),
      "name": "Duty social worker", "hours": "office", "whenClosed": "wait", "way-1": "mail",
      "address-1": "social.worker@derby.example", "reason": "the mailbox has moved",
    ]
    return form.merging(typed) { $1 }
  }

  /// Proposes and gives the change's path.
  private func propose(_ browser: Browser, _ typed: [String: String]) async throws -> String {
    let seen = try await browser.send(Self.desk, try filled(try await browser.open(Self.desk), typed))
    try #require(seen.status == .seeOther, "\(seen.text)")
    return seen.location
  }

  // Looking.

  @Test func troubleStandsFirstAndIsSaidInWords() async throws {
    let luton = try #require(bench.routes.current.book.directory.agency("luton"))
    let desk = try #require(luton.desks.values.first { $0.role.name == "iro" })
    let target = ProbeTarget(try #require(Probe.all(of: desk).first))
    _ = try await bench.ledger.keep(
      ProbeResult(
        target: target, at: bench.clock.now(),
        finding: Finding(.refused, "refused: the mailbox is closed", certificateDays: 4), desks: 1, round: nil))
    try await tell()
    try await bench.serve { client in
      let browser = try await bench.browser(client, [.operator])
      let page = try await browser.open("/agencies")
      #expect(page.status == .ok)
      let first = try #require(page.text.firstRange(of: "Luton Borough Council"))
      let later = try #require(page.text.firstRange(of: "Derby City Council"))
      #expect(first.lowerBound < later.lowerBound)
      #expect(page.text.contains("Cannot be reached") && page.text.contains("TLS 4 days left"))
      #expect(page.text.contains("1 message</dd>"))
      let one = try await browser.open("/agencies/luton")
      #expect(one.text.contains("refused: the mailbox is closed") && one.text.contains("iro@luton.example"))
      let derby = try await browser.open("/agencies/derby")
      #expect(derby.text.contains("/messages/nt-") && !derby.text.contains("Propose a change"))
      #expect(derby.text.contains("Monday to Friday 09:00 to 17:00, closed on bank holidays"))
    }
  }

  @Test func whoIsLimitedToAgenciesSeesThoseOnly() async throws {
    try await tell()
    try await bench.serve { client in
      let owner = try await bench.browser(client, [.routeOwner], name: "ann")
      let change = try await propose(owner, ["address-1": "new@derby.example"])
      let own = try await bench.browser(client, [.agencyViewer], agencies: ["derby"])
      let list = try await own.open("/agencies")
      #expect(list.text.contains("Derby City Council") && !list.text.contains("Luton"))
      #expect(try await own.open(change).status == .ok)
      #expect(try await own.open("/agencies/derby").text.contains("/messages/nt-"))
      let other = try await bench.browser(client, [.agencyViewer], agencies: ["luton"])
      #expect(try await !other.open("/agencies").text.contains("Derby"))
      for path in ["/agencies/derby", change, "/agencies/luton/changes/1"] {
        #expect(try await other.open(path).status == .notFound, "\(path)")
      }
      #expect(try await other.open("/agencies/nobody").status == .notFound)
      let limited = try await bench.browser(client, [.routeOwner], agencies: ["luton"])
      #expect(try await limited.open(Self.desk).status == .notFound)
      let token = try await limited.open("/agencies/luton/desks/iro").token
      #expect(try await limited.send("\(change)/approve", ["token": token]).status == .notFound)
      // A route owner sees no messages, and whoever only reports sees no agencies.
      #expect(try await !owner.open("/agencies/derby").text.contains("/messages/"))
      let reporter = try await bench.browser(client, [.reporter])
      #expect(try await reporter.open("/agencies").status == .forbidden)
      let auditor = try await bench.browser(client, [.auditor])
      #expect(try await auditor.open(Self.desk).status == .forbidden)
    }
  }

  // Changing.

  @Test func whatTwoPeopleAgreeOnReachesTheNextMessageAndNoEarlierOne() async throws {
    try await tell("1")
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let change = try await propose(
        ann, ["address-1": "duty@elsewhere.example", "way-2": "phone", "address-2": "01632 960109"])
      let own = try await ann.open(change)
      #expect(own.text.contains("Withdraw the proposal") && !own.text.contains("Approve, and send"))
      #expect(try await ann.send("\(change)/approve", ["token": own.token]).status == .forbidden)
      try await tell("2")
      #expect(try await channels("EP-2").first == .mail("social.worker@derby.example"))

      let ben = try await bench.browser(client, [.routeOwner], name: "ben")
      #expect(try await ben.open("/agencies").text.contains(change))
      let page = try await ben.open(change)
      #expect(page.text.contains("<del>Mail: social.worker@derby.example</del>"))
      #expect(page.text.contains("<ins>Mail: duty@elsewhere.example</ins>"))
      #expect(page.text.contains("elsewhere.example is a new domain"))
      #expect(page.text.contains("2 messages wait for this desk now"))
      let done = try await ben.send("\(change)/approve", ["token": page.token])
      #expect(done.status == .seeOther && done.location == change)
      let after = try await ben.open(change)
      #expect(after.text.contains("It counts") && after.text.contains("waypost probe derby"))
      #expect(after.text.contains("- {mail: &quot;duty@elsewhere.example&quot;}"))

      try await tell("3")
      #expect(
        try await channels("EP-3").prefix(2) == [.mail("duty@elsewhere.example"), .phone("01632 960109")])
      #expect(try await channels("EP-1").first == .mail("social.worker@derby.example"))
      let again = try await ben.send("\(change)/approve", ["token": page.token])
      #expect(again.status == .conflict)
    }
    let audit = try await bench.ledger.audit(of: "derby:childrens-services.social-worker")
    #expect(audit.map(\.kind) == ["directory-proposed", "directory-approved"])
    #expect(audit[0].detail.contains("ann") && audit[1].detail.contains("ben"))
    #expect(!audit.contains { $0.detail.contains("elsewhere") })
  }

  @Test func refusingAndWithdrawingTakeAReasonAndChangeNothing() async throws {
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let ben = try await bench.browser(client, [.routeOwner], name: "ben")
      let first = try await propose(ann, ["address-1": "new@derby.example"])
      let second = try await ben.send(Self.desk, try filled(try await ben.open(Self.desk), ["name": "Other"]))
      #expect(second.status == .conflict)
      let page = try await ben.open(first)
      let empty = try await ben.send("\(first)/refuse", ["token": page.token])
      #expect(empty.status == .unprocessableContent && empty.text.contains("Error: Say why"))
      #expect(
        try await ben.send("\(first)/refuse", ["token": page.token, "reason": "rang them: no"]).status == .seeOther)
      #expect(try await ann.open(first).text.contains("rang them: no"))
      let next = try await propose(ann, ["address-1": "newer@derby.example"])
      let token = try await ann.open(next).token
      #expect(try await ben.send("\(next)/withdraw", ["token": page.token, "reason": "x"]).status == .forbidden)
      #expect(try await ann.send("\(next)/withdraw", ["token": token, "reason": "a mistake"]).status == .seeOther)
      try await tell()
      #expect(try await channels("EP-1").first == .mail("social.worker@derby.example"))
    }
  }

  @Test(
    arguments: [
      (["address-1": "no address"], "is no mail address"), (["reason": ""], "Say why the desk has to change"),
      (["way-1": "", "address-1": ""], "at least one contact"), ([:], "Nothing is different"),
      (["hours": "whenever"], "Choose hours from the list"), (["whenClosed": "switch"], "cannot switch"),
      (["way-2": "webhook", "address-2": "https://hooks.derby.example/new"], "a webhook has no `secret`"),
      (["way-2": "webhook", "address-2": "https://127.1/"], "neither a name nor a whole address"),
      (["way-2": "", "address-2": "x@derby.example"], "choose how it is reached"),
    ] as [([String: String], String)])
  func badInputIsAnsweredAtTheForm(_ typed: [String: String], _ says: String) async throws {
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let seen = try await ann.send(Self.desk, try filled(try await ann.open(Self.desk), typed))
      #expect(seen.status == .unprocessableContent && seen.text.contains(says), "\(seen.text)")
      #expect(try await bench.ledger.directoryChanges([.proposed], limit: 10).isEmpty)
    }
  }

  /// The form shows an address; the secret behind it stays.
  @Test func whatTheFormDoesNotShowIsKept() async throws {
    let path = "/agencies/derby/desks/childrens-services.front-door"
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let form = try filled(
        try await ann.open(path),
        [
          "name": "First Contact Team", "whenClosed": "switch", "way-1": "webhook",
          "address-1": "https://hooks.derby.example/waypost", "way-2": "mail", "address-2": "front.door@derby.example",
        ])
      let seen = try await ann.send(path, form)
      #expect(seen.status == .seeOther)
      let change = try #require(try await bench.ledger.directoryChanges([.proposed], limit: 1).first)
      #expect(
        change.change.after["channels"]
          == [
            ["webhook": "https://hooks.derby.example/waypost", "secret": "derby"],
            ["mail": "front.door@derby.example"],
          ])
      #expect(change.change.after["hours"] == "office")
    }
  }

  // The files.

  private func book(withFile address: String) throws -> Routes {
    var texts = try Repository.texts()
    texts.packs = [SmallBook.pack("small", Self.rules)]
    texts.invariants = RouteBook.File(name: "invariants.yaml", text: "invariants: []\n", hash: "")
    texts.options = RouteBook.File(name: "options.yaml", text: "switchedOn: []\n", hash: "")
    texts.directory = texts.directory.map { file in
      RouteBook.File(
        name: file.name, text: file.text.replacing("social.worker@derby.example", with: address), hash: file.hash)
    }
    return Routes(book: try RouteBook(texts), renderer: try Repository.routes().renderer)
  }

  private var inForce: DirectoryInForce {
    DirectoryInForce(
      ledger: bench.ledger, inUse: bench.routes, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func aProposalThatTheFilesHaveOvertakenCannotBeApproved() async throws {
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let ben = try await bench.browser(client, [.routeOwner], name: "ben")
      let change = try await propose(ann, ["address-1": "new@derby.example"])
      let token = try await ben.open(change).token
      try await inForce.lay(over: try book(withFile: "moved@derby.example"), at: bench.clock.now())
      #expect(try await ben.open(change).text.contains("can no longer be approved"))
      #expect(try await ben.send("\(change)/approve", ["token": token]).status == .conflict)
      #expect(try await ben.open(change).text.contains("Overtaken by the directory&#39;s files"))
      try await tell()
      #expect(try await channels("EP-1").first == .mail("moved@derby.example"))
    }
  }

  /// The files have lost what an approved change needs: the gateway goes on without it and says so.
  @Test func anApprovedChangeThatDoesNotFitIsLeftOutAndAlarmed() async throws {
    let directory = bench.routes.current.book.directory
    let place = DeskPlace(agency: "derby", role: "childrens-services.social-worker")
    let own = try #require(directory.agency("derby")?.desks.values.first { $0.role.name == place.role })
    let now = bench.clock.now()
    let number = try #require(
      try await bench.ledger.propose(
        DirectoryProposal(
          place: place, before: own.entry,
          after: own.entry.merged(with: ["hours": "gone", "channels": [["mail": "new@derby.example"]]]),
          reason: "the mailbox has moved"), by: DirectoryEditor(id: "pe-ann", label: "ann"), at: now))
    let ben = DirectoryEditor(id: "pe-ben", label: "ben")
    #expect(try await bench.ledger.decide(number, .approve, by: ben, at: now) == .done)
    try await inForce.lay(at: now)
    let alarms = try await bench.ledger.alarms(after: 0, limit: 10).map(\.alarm)
    #expect(alarms.map(\.kind) == [.changeMisfit] && alarms.first?.identifier == "derby:\(place.role)")
    #expect(alarms.first?.text.contains("not in force") == true && alarms.first?.text.contains("@") == false)
    try await tell("1")
    #expect(try await channels("EP-1").first == .mail("social.worker@derby.example"))
    let path = "/agencies/derby/changes/\(number)"
    try await bench.serve { client in
      let owner = try await bench.browser(client, [.routeOwner], name: "eve")
      let list = try await owner.open("/agencies").text
      #expect(list.contains("Not in force: they do not fit the files any more") && list.contains(path))
      let page = try await owner.open(path).text
      #expect(page.contains("It is not in force") && page.contains("no hours are called `gone`"))
      #expect(!page.contains("Does it arrive?"))
      let other = try await bench.browser(client, [.agencyViewer], agencies: ["luton"])
      #expect(try await !other.open("/agencies").text.contains("Not in force"))
      // A new one is agreed on over what counts now, and ends it; another approval alarms nobody again.
      let change = try await propose(owner, ["address-1": "newer@derby.example"])
      let second = try await bench.browser(client, [.routeOwner], name: "dan")
      let sent = try await second.send("\(change)/approve", ["token": try await second.open(change).token])
      #expect(sent.status == .seeOther)
      #expect(try await !second.open("/agencies").text.contains("Not in force"))
    }
    #expect(try await bench.ledger.directoryChange(number)?.state == .overtaken)
    #expect(try await bench.ledger.alarms(after: 0, limit: 10).count == 1)
    try await tell("2")
    #expect(try await channels("EP-2").first == .mail("newer@derby.example"))
  }

  /// A restart and SIGHUP lay approved changes over the files again, until these say the same or something else.
  @Test func approvedChangesOutlastARestartUntilTheFilesSpeak() async throws {
    try await bench.serve { client in
      let ann = try await bench.browser(client, [.routeOwner], name: "ann")
      let ben = try await bench.browser(client, [.routeOwner], name: "ben")
      let change = try await propose(ann, ["address-1": "new@derby.example"])
      _ = try await ben.send("\(change)/approve", ["token": try await ben.open(change).token])
      let now = bench.clock.now()
      try await inForce.lay(over: try book(withFile: "social.worker@derby.example"), at: now)
      try await tell("1")
      #expect(try await channels("EP-1").first == .mail("new@derby.example"))
      try await inForce.lay(over: try book(withFile: "new@derby.example"), at: now)
      #expect(try await ben.open(change).text.contains("Now in the directory&#39;s files"))
      // What somebody writes back into the file counts; the change does not come up again.
      try await inForce.lay(over: try book(withFile: "social.worker@derby.example"), at: now)
      try await tell("2")
      #expect(try await channels("EP-2").first == .mail("social.worker@derby.example"))
    }
  }
}
