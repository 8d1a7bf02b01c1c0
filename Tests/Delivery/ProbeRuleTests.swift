import Routing
import TestKit
import Testing

@testable import Delivery

/// Which desks a name selects, what a test says, and when somebody is woken.
@Suite struct ProbeRuleTests {
  private let now = instant("2026-11-12T12:00:00Z")

  @Test func anAgencyIsProbedWithAllItsDesks() throws {
    let directory = try Repository.book.get().directory
    let agency = try #require(directory.agency("derby"))
    let probes = try ProbePlan.named("derby", in: directory)
    #expect(probes.count == agency.desks.values.reduce(0) { $0 + $1.channels.count })
    #expect(probes.allSatisfy { $0.agency == "derby" })
    #expect(probes.contains { $0.channel.name == "manual" && $0.role == "childrens-services.out-of-hours" })
  }

  @Test func aRoleIsProbedInEveryAgencyThatHasIt() throws {
    let directory = try Repository.book.get().directory
    let probes = try ProbePlan.named("childrens-services.front-door", in: directory)
    #expect(probes.allSatisfy { $0.role == "childrens-services.front-door" })
    #expect(Set(probes.map(\.agency)).isSuperset(of: ["derby", "luton"]))
    #expect(Set(probes).isSubset(of: Set(ProbePlan.everything(in: directory))))
  }

  @Test(arguments: [
    ("derbi", "derby"), ("childrens-services.front-dor", "childrens-services.front-door"),
  ])
  func anUnknownNameIsRefusedWithTheNearest(_ name: String, _ nearest: String) throws {
    let directory = try Repository.book.get().directory
    let error = #expect(throws: ProbePlan.UnknownName.self) { try ProbePlan.named(name, in: directory) }
    #expect(error?.nearest.contains(nearest) == true)
    #expect("\(try #require(error))".contains("`\(nearest)`"))
  }

  /// A path or a query may hold a key, and the local part of a mailbox names somebody.
  @Test(arguments: [
    (
      Channel.webhook(url: "https://user:word@hooks.derby.example:8443/duty/key?token=x", secret: "s"),
      "hooks.derby.example:8443"
    ),
    (Channel.webhook(url: "https://hooks.derby.example?token=x", secret: "s"), "hooks.derby.example"),
    (Channel.mail("jane.doe@Derby.example"), "…@derby.example"),
    (Channel.drop(folder: "front-door", format: .json), "front-door"),
  ])
  func aPlaceIsAHostAndNothingElse(_ channel: Channel, _ place: String) {
    #expect(Probe(agency: "derby", role: "iro", contact: "Desk", channel: channel).place == place)
  }

  /// Two mailboxes of one desk in one domain are not taken for one another.
  @Test func twoMailboxesOfADeskAreTwoTargets() throws {
    let directory = try Repository.book.get().directory
    let some = try #require(directory.agency("derby")?.desks.values.first)
    let desk = Desk(
      agency: "derby", role: some.role, name: "Desk", hours: nil, whenClosed: .send,
      channels: [.mail("a@derby.example"), .mail("b@derby.example")], next: nil)
    #expect(Set(Probe.all(of: desk).map { ProbeTarget($0).name }).count == 2)
  }

  @Test func aTestSaysThatItIsOneAndNamesNobody() throws {
    let probe = Probe(agency: "derby", role: "iro", contact: "Jane Doe", channel: .mail("jane.doe@derby.example"))
    let sent = ProbeMessage.notification(probe, over: probe.channel, host: "waypost.example", at: now)
    #expect(sent.message.subject == "TEST: Waypost reachability check, no child is concerned")
    #expect(sent.message.text.contains("No child is concerned") && sent.message.html.contains("No child is concerned"))
    let event = try JSONValue(parsing: sent.message.body.utf8)
    #expect(event["type"]?.text == "waypost.probe" && event["data"] == ["test": true])
    #expect(event["id"]?.text == sent.id && sent.confirm == .accepted)
    let words = sent.message.subject + sent.message.text + sent.message.html + sent.message.body
    #expect(!words.contains("Jane") && !words.contains("jane"))
    let later = ProbeMessage.notification(
      probe, over: probe.channel, host: "waypost.example", at: now.advanced(bySeconds: 1))
    #expect(later.id != sent.id)
  }

  /// There is no message behind the link of a notice, and no machine rings a desk.
  @Test func noticesAndTelephonesAreNeverTested() {
    let both = Channel.mail(MailChannel(address: "a@b.example", privacy: [.tls, .notice], readReceipt: true))
    #expect(ProbeMessage.way(over: both) == .over(.mail(MailChannel(address: "a@b.example", privacy: [.tls]))))
    for channel in [
      Channel.mail(MailChannel(address: "a@b.example", privacy: [.notice])), .phone("01632 960101"),
      .notify(address: "a@b.example", template: "t"),
    ] {
      guard case .never = ProbeMessage.way(over: channel) else {
        Issue.record("a test would be sent over \(channel.name)")
        continue
      }
    }
  }

  // MARK: Alarms

  private func alarms(_ finding: Finding, after verdicts: [Finding.Verdict], days: Int? = nil) -> [Alarm.Kind] {
    let result = ProbeResult(
      target: ProbeTarget(.relay("relay.example:587")), at: now, finding: finding, desks: 3, round: nil)
    let history = ProbeHistory(verdicts: verdicts, certificateDays: days)
    return ProbeAlarms.alarms(for: result, after: history).map(\.kind)
  }

  @Test(
    arguments: [
      ([], false), ([.reached], false), ([.deferred], true), ([.refused, .reached], true),
      ([.deferred, .deferred], false), ([.reached, .deferred], false),
    ] as [([Finding.Verdict], Bool)])
  func theSecondFailureInARowWakesSomebodyOnce(_ before: [Finding.Verdict], _ isAlarm: Bool) {
    #expect(alarms(Finding(.deferred, "timeout"), after: before) == (isAlarm ? [.unreachable] : []))
    #expect(alarms(Finding(.reached, "connected"), after: before).isEmpty)
  }

  @Test(
    arguments: [
      (20, nil, true), (21, nil, false), (20, 21, true), (19, 20, false), (0, 1, false), (-1, 0, true), (-2, -1, false),
      (-1, nil, true), (90, 3, false),
    ] as [(Int, Int?, Bool)])
  func aCertificateThatEndsSoonWakesSomebodyOnce(_ days: Int, _ before: Int?, _ isAlarm: Bool) {
    let server = Finding(.reached, "connected", certificateDays: days)
    #expect(alarms(server, after: [], days: before) == (isAlarm ? [.expiring] : []))
    let seal = Finding(.reached, "holds", sealDays: days)
    #expect(alarms(seal, after: [], days: before) == (isAlarm ? [.expiring] : []))
  }

  @Test func theWorstOfAWayCounts() throws {
    let whole = try #require(
      Finding.worst(of: [
        Finding(.reached, "connected", tls: "TLSv1.3", certificateDays: 40, milliseconds: 7),
        Finding(.refused, "recipients/a.pem: expired", sealDays: -3), Finding(.deferred, "later"),
      ]))
    #expect(whole.verdict == .refused && whole.words == "recipients/a.pem: expired; later")
    #expect(whole.tls == "TLSv1.3" && whole.certificateDays == 40 && whole.sealDays == -3 && whole.milliseconds == 7)
  }
}
