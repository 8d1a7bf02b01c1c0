import Delivery
import Foundation
import Routing
import Simulation
import Synchronization
import TestKit
import Testing

@testable import Transports

// MARK: - The wire

/// Writes an answer by hand.
private struct Wire {
  var bytes: [UInt8] = []

  static func header(_ id: UInt16, flags: UInt16 = 0x8180, _ counts: [UInt16]) -> Wire {
    var wire = Wire()
    for number in [id, flags] + counts { wire.number(number) }
    return wire
  }

  mutating func number(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 255)] }

  mutating func name(_ text: String, pointer: UInt16? = nil) {
    for label in text.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    if let pointer { number(0xc000 | pointer) } else { bytes.append(0) }
  }

  mutating func question(_ text: String, _ type: RecordType) {
    name(text)
    number(type.rawValue)
    number(1)
  }

  mutating func record(_ owner: UInt16, _ type: UInt16, ttl: UInt16 = 60, _ data: (inout Wire) -> Void) {
    number(0xc000 | owner)
    for field in [type, 1, 0, ttl] { number(field) }
    var inner = Wire()
    data(&inner)
    number(UInt16(inner.bytes.count))
    bytes += inner.bytes
  }

  /// MX records of `county.example`, their hosts compressed, one of them in capitals.
  static var mail: Wire {
    var wire = header(7, [1, 2, 0, 0])
    wire.question("county.example", .mx)
    wire.record(12, 15, ttl: 300) {
      $0.number(10)
      $0.name("MX1", pointer: 12)
    }
    wire.record(12, 15, ttl: 60) {
      $0.number(5)
      $0.name("mx2", pointer: 12)
    }
    return wire
  }
}

@Suite struct DNSMessageTests {
  private let query = DNSQuery(id: 7, name: "county.example", type: .mx)

  @Test func aQuestionHasItsSize() {
    let bytes = DNSQuery(id: 0x1234, name: "a.example", type: .aaaa).bytes()
    #expect(bytes.prefix(12) == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
    #expect(String(decoding: bytes[12..<27], as: UTF8.self) == "\u{1}a\u{7}example\0\0\u{1c}\0\u{1}")
    #expect(bytes.suffix(11) == [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0])
    #expect(DNSQuery(id: 1, name: "a.example", type: .a).bytes(extended: false).count == 27)
  }

  @Test func compressedRecordsAreRead() throws {
    let response = try DNSResponse(Wire.mail.bytes, to: query)
    #expect(
      response.answer
        == DNSAnswer(
          code: .noError,
          records: [
            .mx(preference: 10, host: "mx1.county.example"), .mx(preference: 5, host: "mx2.county.example"),
          ], minimumTTL: 60))
    #expect(!response.isTruncated)
  }

  @Test func anAliasIsFollowedWithinTheAnswer() throws {
    var wire = Wire.header(9, [1, 2, 0, 0])
    wire.question("www.example", .a)
    wire.record(12, 5, ttl: 20) { $0.name("real.example") }
    let target = UInt16(wire.bytes.count - 14)
    wire.record(target, 1, ttl: 90) { $0.bytes = [192, 0, 2, 1] }
    let answer = try DNSResponse(wire.bytes, to: DNSQuery(id: 9, name: "www.example", type: .a)).answer
    #expect(answer == DNSAnswer(code: .noError, records: [.a("192.0.2.1")], minimumTTL: 20))
  }

  @Test func anAliasOfItselfEnds() throws {
    var wire = Wire.header(9, [1, 1, 0, 0])
    wire.question("www.example", .a)
    wire.record(12, 5) { $0.name("www.example") }
    #expect(try DNSResponse(wire.bytes, to: DNSQuery(id: 9, name: "www.example", type: .a)).answer.records.isEmpty)
  }

  @Test func textAndAddressesAreRead() throws {
    var wire = Wire.header(9, [1, 1, 0, 0])
    wire.question("t.example", .txt)
    wire.record(12, 16) { $0.bytes = [2, 0x61, 0x62, 0, 1, 0x63] }
    #expect(
      try DNSResponse(wire.bytes, to: DNSQuery(id: 9, name: "t.example", type: .txt)).answer.records == [.txt("abc")])
    wire = Wire.header(9, [1, 1, 0, 0])
    wire.question("t.example", .aaaa)
    wire.record(12, 28) { $0.bytes = [0x20, 0x01, 0x0d, 0xb8] + Array(repeating: 0, count: 11) + [1] }
    #expect(
      try DNSResponse(wire.bytes, to: DNSQuery(id: 9, name: "t.example", type: .aaaa)).answer.records
        == [.aaaa("2001:db8::1")])
  }

  @Test func anAbsenceHoldsAsLongAsItsZoneSays() throws {
    var wire = Wire.header(7, flags: 0x8183, [1, 0, 1, 0])
    wire.question("county.example", .mx)
    wire.record(12, 6, ttl: 900) {
      $0.name("ns")
      $0.name("host")
      for field in [0, 1, 0, 2, 0, 3, 0, 4, 0, 120] as [UInt16] { $0.number(field) }
    }
    #expect(try DNSResponse(wire.bytes, to: query).answer == DNSAnswer(code: .nameError, minimumTTL: 120))
  }

  @Test func whatIsNotTheAnswerIsToldFromWhatCannotBeRead() {
    func problem(_ bytes: [UInt8], _ query: DNSQuery? = nil) -> DNSProblem? {
      do throws(DNSProblem) {
        _ = try DNSResponse(bytes, to: query ?? self.query)
        return nil
      } catch { return error }
    }
    let good = Wire.mail.bytes
    #expect(problem(good) == nil)
    #expect(problem(good, DNSQuery(id: 8, name: "county.example", type: .mx)) == .foreign)
    #expect(problem(good, DNSQuery(id: 7, name: "other.example", type: .mx)) == .foreign)
    #expect(problem(good, DNSQuery(id: 7, name: "county.example", type: .a)) == .foreign)
    #expect(problem(query.bytes()) == .foreign, "a question is no answer")
    #expect(problem([]) == .foreign)
    for cut in 32..<good.count { #expect(problem(Array(good.prefix(cut))) == .malformed) }
    // The alias in the first record's data points at itself, then forward.
    for target in [UInt8(good.count - 2), 255] {
      var looped = good
      looped[looped.count - 1] = target
      #expect(problem(looped) == .malformed)
    }
  }

  @Test func aCutAnswerSaysSo() throws {
    var wire = Wire.header(7, flags: 0x8380, [1, 9, 0, 0])
    wire.question("county.example", .mx)
    #expect(try DNSResponse(wire.bytes, to: query).isTruncated)
  }

  /// Whatever arrives, reading ends.
  @Test func hostileBytesAreRefusedOrRead() {
    var random = SeededRandom(20)
    var read = 0
    for _ in 0..<30_000 {
      var bytes = Wire.mail.bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes[place] |= 0xc0
        case 2: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: place)
        default: bytes.removeSubrange(place..<min(place + 3, bytes.count - 1))
        }
      }
      if (try? DNSResponse(bytes, to: query)) != nil { read += 1 }
    }
    for _ in 0..<5000 {
      let tail = (0..<60).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
      if (try? DNSResponse(Array(Wire.mail.bytes.prefix(32)) + tail, to: query)) != nil { read += 1 }
    }
    #expect(read > 0)
  }

  @Test(arguments: [
    ("County.Example.", "county.example"), ("_mta-sts.a.example", "_mta-sts.a.example"),
    ("bücher.example", "xn--bcher-kva.example"), ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"), ("straße.example", "xn--strae-oqa.example"),
    ("почта.рф", "xn--80a1acny.xn--p1ai"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
  ])
  func domainsAreWrittenInASCII(_ written: String, _ ascii: String) throws {
    #expect(try DomainName.ascii(written) == ascii)
  }

  @Test(arguments: [
    "", ".", "a..b", ".a", "-a.example", "a-.example", "a b.example", "a@b.example", "192.0.2.1", "[192.0.2.1]",
    "ａ.example", "a。example", "☎.example", "a\u{301}\u{0}.example", String(repeating: "a", count: 64) + ".example",
    String(repeating: "a.", count: 127) + "example", String(repeating: "ü", count: 60) + ".example", "a/../b.example",
  ])
  func whatIsNoDomainIsRefused(_ written: String) {
    #expect(throws: ResolveFault.self) { try DomainName.ascii(written) }
  }
}

// MARK: - The rules

/// Answers from a table.
private final class Names: NameLookup {
  let table: Mutex<[String: Result<DNSAnswer, ResolveFault>]>

  init(_ records: [String: [DNSRecord]]) {
    table = Mutex(records.mapValues { .success(DNSAnswer(code: .noError, records: $0, minimumTTL: 60)) })
  }

  subscript(name: String) -> Result<DNSAnswer, ResolveFault>? {
    get { table.withLock { $0[name] } }
    set { table.withLock { $0[name] = newValue } }
  }

  func lookup(_ name: String, _ type: RecordType) async throws(ResolveFault) -> DNSAnswer {
    guard let answer = try self[name]?.get() else { return DNSAnswer(code: .nameError) }
    let records = answer.records.filter { record in
      switch (record, type) {
      case (.a, .a), (.aaaa, .aaaa), (.mx, .mx), (.txt, .txt), (.cname, .cname): true
      default: false
      }
    }
    return DNSAnswer(code: answer.code, records: records, minimumTTL: answer.minimumTTL)
  }
}

@Suite struct MailHostsTests {
  private func choose(_ answer: DNSAnswer, seed: UInt64 = 1) -> MailHosts {
    var random = SeededRandom(seed)
    return MailHosts.choose("county.example", .success(answer), using: &random)
  }

  private func mx(_ hosts: [(UInt16, String)]) -> DNSAnswer {
    DNSAnswer(code: .noError, records: hosts.map { .mx(preference: $0.0, host: $0.1) })
  }

  @Test func thePreferredComesFirst() {
    #expect(
      choose(mx([(20, "c.example"), (5, "a.example"), (10, "b.example"), (30, "a.example")]))
        == .candidates(["a.example", "b.example", "c.example"]))
  }

  @Test func equalsAreShuffled() {
    let answer = mx([(10, "a.example"), (10, "b.example"), (10, "c.example"), (1, "first.example")])
    var orders: Set<[String]> = []
    for seed in 0..<60 {
      guard case .candidates(let names) = choose(answer, seed: UInt64(seed)) else { continue }
      #expect(names.first == "first.example" && names.count == 4)
      orders.insert(names)
      #expect(choose(answer, seed: UInt64(seed)) == .candidates(names))
    }
    #expect(orders.count == 6)
  }

  @Test func withoutRecordsTheDomainTakesItsOwnMail() {
    #expect(choose(DNSAnswer(code: .noError)) == .candidates(["county.example"]))
  }

  @Test func faultsSayWhetherToTryAgain() {
    func fault(_ hosts: MailHosts) -> String {
      guard case .unusable(let reason) = hosts else { return "\(hosts)" }
      return "\(reason.isPermanent ? "permanent" : "temporary") \(reason.fault.enhancedStatus ?? "")"
    }
    func fault(_ failure: ResolveFault) -> String {
      var random = SeededRandom(1)
      return fault(MailHosts.choose("county.example", .failure(failure), using: &random))
    }
    #expect(fault(choose(mx([(0, ".")]))) == "permanent 5.1.10")
    #expect(fault(choose(DNSAnswer(code: .nameError))) == "permanent 5.1.2")
    #expect(fault(choose(DNSAnswer(code: .serverFailure))) == "temporary 4.4.3")
    #expect(fault(choose(DNSAnswer(code: .refused))) == "temporary 4.4.3")
    #expect(fault(.timeout) == "temporary 4.4.3")
    #expect(fault(.unreachable("no route")) == "temporary 4.4.3")
    #expect(fault(.malformed) == "temporary 4.4.3")
    #expect(fault(.badName("it is an address, not a name")) == "permanent 5.1.2")
    #expect(choose(mx([(0, "."), (5, "a.example")])) == .candidates(["a.example"]))
  }
}

@Suite struct STSPolicyTests {
  private static let good =
    "version: STSv1\nmode: enforce\nmx: mx.county.example\nmx: *.backup.example\nmax_age: 86400\n"

  @Test(arguments: [
    good, good.replacingOccurrences(of: "\n", with: "\r\n"), String(good.dropLast()),
    good.replacingOccurrences(of: ": ", with: ":"), good + "colour: blue: green\n",
    good + "mode: none\nmax_age: many\n", good.replacingOccurrences(of: "mx.county", with: "MX.County"),
    good.replacingOccurrences(of: "enforce\n", with: "enforce \t\n") + "\n\n",
  ])
  func policiesAreRead(_ text: String) throws {
    let policy = try STSPolicy(parsing: Array(text.utf8))
    #expect(policy.mode == .enforce && policy.maxAge == 86400)
    #expect(policy.mx == ["mx.county.example", "*.backup.example"])
  }

  @Test(arguments: [
    "", good.replacingOccurrences(of: "version: STSv1\n", with: ""), "version: STSv2\n" + good,
    "version STSv1",
    good.replacingOccurrences(of: "mode: enforce\n", with: ""),
    good.replacingOccurrences(of: "max_age: 86400\n", with: ""),
    good.replacingOccurrences(of: "enforce", with: "Enforce"), good.replacingOccurrences(of: "86400", with: "-1"),
    good.replacingOccurrences(of: "86400", with: "31557601"), good.replacingOccurrences(of: "86400", with: "1e3"),
    good.replacingOccurrences(of: "86400", with: "99999999999999999999"),
    good.replacingOccurrences(of: "86400", with: ""), good.replacingOccurrences(of: "*.backup", with: "*backup"),
    good.replacingOccurrences(of: "*.backup", with: "a.*.backup"),
    good.replacingOccurrences(of: "mx: *", with: "mx: *.*"),
    good.replacingOccurrences(of: "*.backup.example", with: ""),
    good.replacingOccurrences(of: "backup", with: "b ckup"),
    "version: STSv1\nmode: enforce\nmax_age: 1\n", good + "\u{0}: x\n", good + "no colon\n",
    "<html>version: STSv1</html>",
  ])
  func whatIsNoPolicyIsRefused(_ text: String) {
    #expect(throws: STSProblem.self) { try STSPolicy(parsing: Array(text.utf8)) }
  }

  @Test func aPolicyForNothingNeedsNoServer() throws {
    #expect(try STSPolicy(parsing: Array("version: STSv1\nmode: none\nmax_age: 0\n".utf8)).mode == .none)
    #expect(throws: STSProblem.self) { try STSPolicy(parsing: Array(STSPolicyTests.good.utf8) + [0xff, 0x3a]) }
  }

  @Test func aPolicyHasALimit() throws {
    let filled = STSPolicyTests.good + String(repeating: "a: b\n", count: 14_000)
    #expect(try STSPolicy(parsing: Array(filled.utf8.prefix(STSPolicy.limit))).mode == .enforce)
    #expect(throws: STSProblem.self) { try STSPolicy(parsing: Array(filled.utf8.prefix(STSPolicy.limit + 1))) }
  }

  @Test(arguments: [
    ("mx.county.example", true), ("MX.county.example.", true), ("a.backup.example", true), ("backup.example", false),
    ("a.b.backup.example", false), ("county.example", false), ("x.mx.county.example", false),
    ("*.backup.example", true),
    (".backup.example", false), ("", false), ("mx", false), ("xbackup.example", false),
  ])
  func onlyNamedServersAreAllowed(_ host: String, _ isAllowed: Bool) throws {
    #expect(try STSPolicy(parsing: Array(STSPolicyTests.good.utf8)).allows(host) == isAllowed)
  }

  @Test(arguments: [
    (["v=STSv1; id=20160831085700Z;"], STSRecord.id("20160831085700Z")), (["v=STSv1;id=a"], .id("a")),
    (["v=STSv1 ; id=a ; x=1"], .id("a")), (["v=spf1 -all", "v=STSv1; id=b;"], .id("b")), ([], .absent),
    (["v=STSv2; id=a;"], .absent), (["V=STSv1; id=a"], .absent), (["v=STSv11; id=a"], .absent),
    (["v=STSv1; id=a;", "v=STSv1; id=a;"], .invalid), (["v=STSv1;"], .invalid), (["v=STSv1; id=;"], .invalid),
    (["v=STSv1; id=a-b;"], .invalid), (["v=STSv1; id=a;; x=1"], .invalid), (["v=STSv1; id=a; id=b"], .invalid),
    (["v=STSv1; id=" + String(repeating: "1", count: 33)], .invalid), (["v=STSv1; x; id=a"], .invalid),
  ])
  func recordsAreRead(_ texts: [String], _ record: STSRecord) { #expect(STSRecord(texts) == record) }

  @Test func onlyPlainTextIsAPolicy() {
    #expect(STSPolicy.accepts(contentType: "text/plain; charset=utf-8"))
    #expect(STSPolicy.accepts(contentType: "Text/Plain"))
    #expect(!STSPolicy.accepts(contentType: "text/html"))
    #expect(!STSPolicy.accepts(contentType: ""))
    #expect(STSPolicy.url(for: "county.example") == "https://mta-sts.county.example/.well-known/mta-sts.txt")
  }
}

// MARK: - What is kept

/// A domain's web server.
private final class PolicyHost: Sendable {
  private struct State {
    var answer: STSFetch
    var fetches = 0
  }
  private let state: Mutex<State>

  init(_ text: String?) { state = Mutex(State(answer: PolicyHost.answer(text))) }

  private static func answer(_ text: String?) -> STSFetch { text.map { .body(Array($0.utf8)) } ?? .failed("refused") }

  var fetches: Int { state.withLock { $0.fetches } }

  func serve(_ text: String?) { state.withLock { $0.answer = PolicyHost.answer(text) } }

  func fetch(_ domain: String) async -> STSFetch {
    await Task.yield()
    return state.withLock { state in
      state.fetches += 1
      return domain == "county.example" ? state.answer : .failed("another domain")
    }
  }
}

@Suite struct STSPoliciesTests {
  private static let enforce = "version: STSv1\nmode: enforce\nmx: mx.county.example\nmax_age: 604800\n"
  private static let record = "_mta-sts.county.example"
  private let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  private let names = Names([record: [.txt("v=STSv1; id=1;")]])
  private let web = PolicyHost(enforce)

  private func policies(_ folder: String? = nil) -> STSPolicies {
    STSPolicies(
      folder: folder, resolver: names, fetch: { [web] in await web.fetch($0) }, now: { [clock] in clock.now() })
  }

  private func isEnforced(_ decision: STSDecision) -> Bool {
    if case .enforce(let policy) = decision { policy.allows("mx.county.example") } else { false }
  }

  private func announce(_ text: String?) {
    names[STSPoliciesTests.record] = .success(
      DNSAnswer(code: .noError, records: text.map { [.txt($0)] } ?? [], minimumTTL: 60))
  }

  @Test func aPolicyIsFetchedOnceWhileItsNameStays() async {
    let policies = policies()
    #expect(isEnforced(await policies.policy(for: "County.Example")))
    #expect(isEnforced(await policies.policy(for: "county.example")))
    #expect(web.fetches == 1)
    announce("v=STSv1; id=2;")
    web.serve(STSPoliciesTests.enforce.replacingOccurrences(of: "enforce", with: "testing"))
    guard case .testing = await policies.policy(for: "county.example") else {
      Issue.record("the new policy was not taken")
      return
    }
    #expect(web.fetches == 2)
  }

  /// The protection against whoever can block DNS or HTTPS.
  @Test func aPolicyStaysInForceWhenItCannotBeAskedFor() async {
    let policies = policies()
    #expect(isEnforced(await policies.policy(for: "county.example")))
    web.serve(nil)
    announce(nil)
    #expect(isEnforced(await policies.policy(for: "county.example")), "no record")
    names[STSPoliciesTests.record] = .failure(.timeout)
    #expect(isEnforced(await policies.policy(for: "county.example")), "no DNS")
    names[STSPoliciesTests.record] = .success(DNSAnswer(code: .serverFailure))
    #expect(isEnforced(await policies.policy(for: "county.example")), "no zone")
    announce("v=STSv1; id=3;")
    #expect(isEnforced(await policies.policy(for: "county.example")), "no HTTPS")
    web.serve("<html>")
    clock.advance(bySeconds: 301)
    #expect(isEnforced(await policies.policy(for: "county.example")), "no policy")
    clock.advance(bySeconds: 604_800 - 302)
    #expect(isEnforced(await policies.policy(for: "county.example")), "its last second")
    clock.advance(bySeconds: 1)
    #expect(await policies.policy(for: "county.example") != .none, "still announced, so worth a line in the log")
    announce(nil)
    #expect(await policies.policy(for: "county.example") == .none)
  }

  @Test func aPolicyIsRenewedBeforeItEnds() async {
    let policies = policies()
    for day in 1...20 {
      #expect(isEnforced(await policies.policy(for: "county.example")))
      #expect(web.fetches == day)
      clock.advance(bySeconds: 86_400)
    }
  }

  @Test func aFirstFetchThatFailsIsReportedAndNotRepeatedAtOnce() async {
    web.serve(nil)
    let policies = policies()
    for _ in 0..<3 {
      let decision = await policies.policy(for: "county.example")
      #expect(decision == .unavailable(reason: "the policy could not be fetched: refused"))
    }
    #expect(web.fetches == 1)
    clock.advance(bySeconds: 300)
    web.serve(STSPoliciesTests.enforce)
    #expect(isEnforced(await policies.policy(for: "county.example")))
    #expect(web.fetches == 2)
  }

  @Test func manyAtOnceFetchOnce() async {
    let policies = policies()
    let enforced = await withTaskGroup { group in
      for _ in 0..<50 { group.addTask { await policies.policy(for: "county.example") } }
      return await group.reduce(into: 0) { if self.isEnforced($1) { $0 += 1 } }
    }
    #expect(enforced == 50 && web.fetches == 1)
  }

  @Test func withoutARecordNothingIsFetched() async {
    announce(nil)
    #expect(await policies().policy(for: "county.example") == .none)
    #expect(await policies().policy(for: "other.example") == .none)
    announce("v=STSv1; id=a b;")
    guard case .unavailable = await policies().policy(for: "county.example") else {
      Issue.record("a broken record is not reported")
      return
    }
    #expect(web.fetches == 0)
  }

  @Test func aPolicyOutlastsARestart() async throws {
    let scratch = try Scratch("sts")
    defer { scratch.remove() }
    let folder = scratch.path + "/policies"
    #expect(isEnforced(await policies(folder).policy(for: "county.example")))
    web.serve(nil)
    names[STSPoliciesTests.record] = .failure(.timeout)
    #expect(isEnforced(await policies(folder).policy(for: "county.example")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["county.example.json"])
    #expect(await policies().policy(for: "county.example") != .none)

    try Data("{\"domain\":\"county.example\"".utf8).write(to: URL(fileURLWithPath: folder + "/county.example.json"))
    #expect(!isEnforced(await policies(folder).policy(for: "county.example")), "half a file is none")
  }

  @Test func anExpiredPolicyLeavesNoFile() async throws {
    let scratch = try Scratch("sts")
    defer { scratch.remove() }
    #expect(isEnforced(await policies(scratch.path).policy(for: "county.example")))
    clock.advance(bySeconds: 604_800)
    announce(nil)
    #expect(await policies(scratch.path).policy(for: "county.example") == .none)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
  }

  @Test func aFileIsNeverOutsideItsFolder() async throws {
    let scratch = try Scratch("sts")
    defer { scratch.remove() }
    for domain in ["../county.example", "/etc/x.example", "a\u{0}.example", "..", "a_b.example"] {
      _ = await policies(scratch.path + "/inner").policy(for: domain)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
  }
}

@Suite struct DNSCacheTests {
  private let noon = instant("2026-11-12T12:00:00Z")
  private func key(_ number: Int) -> DNSCache.Key { DNSCache.Key(name: "n\(number).example", type: .a) }

  @Test func answersLastAsLongAsTheySay() {
    var cache = DNSCache()
    cache.keep(DNSAnswer(code: .noError, records: [.a("192.0.2.1")], minimumTTL: 60), for: key(1), at: noon)
    #expect(cache.answer(key(1), at: noon.advanced(bySeconds: 59))?.minimumTTL == 1)
    #expect(cache.answer(key(1), at: noon.advanced(bySeconds: 60)) == nil)
    cache.keep(DNSAnswer(code: .nameError, minimumTTL: 86_400), for: key(2), at: noon)
    #expect(cache.answer(key(2), at: noon.advanced(bySeconds: 299)) != nil)
    #expect(cache.answer(key(2), at: noon.advanced(bySeconds: 300)) == nil)
    cache.keep(DNSAnswer(code: .serverFailure, minimumTTL: 60), for: key(3), at: noon)
    #expect(cache.answer(key(3), at: noon) == nil)
  }

  @Test func theCacheHasALimit() {
    var cache = DNSCache()
    for number in 0..<20_000 {
      cache.keep(
        DNSAnswer(code: .noError, records: [.a("192.0.2.1")], minimumTTL: 60 + number), for: key(number), at: noon)
      #expect(cache.count <= DNSCache.limit)
    }
    #expect(cache.answer(key(19_999), at: noon) != nil)
  }
}

// MARK: - A real name server

/// `Tests/Support/dns_server.py` on a free port.
private final class NameServer: Sendable {
  private let double: TestDouble
  private let scratch: Scratch
  let address: ServerAddress

  init(_ zone: JSONValue) throws {
    scratch = try Scratch("dns")
    let file = scratch.path + "/zone.json"
    try Data(zone.serializedBytes).write(to: URL(fileURLWithPath: file))
    double = try TestDouble("dns_server.py", [file])
    address = ServerAddress(host: "127.0.0.1", port: UInt16(double.port))
  }

  func stop() {
    double.stop()
    scratch.remove()
  }
}

@Suite struct NameResolverTests {
  private static let zone: JSONValue = [
    "county.example": ["MX": ["10 mx1.county.example", "20 mx2.county.example"]],
    "mx1.county.example": ["A": ["127.0.0.1"], "AAAA": ["::1"]],
    "mx2.county.example": ["CNAME": ["alias.example"]], "alias.example": ["A": ["127.0.0.2"]],
    "implicit.example": ["A": ["127.0.0.3"]], "null.example": ["MX": ["0 ."]],
    "lost.example": ["MX": ["10 nowhere.example"]], "weak.example": ["MX": ["10 broken.example"]],
    "broken.example": [:], "silent.example": [:],
    "big.example": ["TXT": [.string(String(repeating: "0123456789", count: 600))]],
    "stray.example": ["A": ["127.0.0.4"]], "old.example": ["A": ["127.0.0.5"]],
    "xn--bcher-kva.example": ["A": ["127.0.0.6"]],
    "_mta-sts.county.example": ["TXT": ["v=STSv1; id=1;"]],
    "truncate": ["big.example"], "servfail": ["broken.example"], "silent": ["silent.example"],
    "stray": ["stray.example"], "old": ["old.example"],
  ]
  private let clock = ManualClock(instant("2026-11-12T12:00:00Z"))

  /// A name server and its resolver.
  private func stage() throws -> (server: NameServer, resolver: NameResolver) {
    let server = try NameServer(NameResolverTests.zone)
    return (server, NameResolver(servers: [server.address], timeout: 2, now: { [clock] in clock.now() }))
  }

  @Test func namesAreLookedUp() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    #expect(
      Set(try await resolver.lookup("County.Example", .mx).records) == [
        .mx(preference: 10, host: "mx1.county.example"), .mx(preference: 20, host: "mx2.county.example"),
      ])
    #expect(try await resolver.lookup("mx1.county.example", .aaaa).records == [.aaaa("::1")])
    #expect(try await resolver.lookup("mx2.county.example", .a).records == [.a("127.0.0.2")])
    #expect(try await resolver.lookup("mx2.county.example", .cname).records == [.cname("alias.example")])
    #expect(try await resolver.lookup("bücher.example", .a).records == [.a("127.0.0.6")])
    #expect(try await resolver.lookup("absent.example", .a).code == .nameError)
    #expect(try await resolver.lookup("implicit.example", .mx) == DNSAnswer(code: .noError, minimumTTL: 300))
    #expect(try await resolver.lookup("broken.example", .a).code == .serverFailure)
    await #expect(throws: ResolveFault.self) { try await resolver.lookup("127.0.0.1", .a) }
  }

  @Test func cutForgedAndRefusedAnswersAreOvercome() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    #expect(
      try await resolver.lookup("big.example", .txt).records == [.txt(String(repeating: "0123456789", count: 600))])
    #expect(try await resolver.lookup("stray.example", .a).records == [.a("127.0.0.4")])
    #expect(try await resolver.lookup("old.example", .a).records == [.a("127.0.0.5")])
  }

  @Test func anAnswerIsKeptWhileItHolds() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    #expect(try await resolver.lookup("implicit.example", .a).records == [.a("127.0.0.3")])
    server.stop()
    clock.advance(bySeconds: 299)
    #expect(try await resolver.lookup("implicit.example", .a).records == [.a("127.0.0.3")])
    clock.advance(bySeconds: 1)
    await #expect(throws: ResolveFault.self) { try await resolver.lookup("implicit.example", .a) }
  }

  @Test func anotherServerIsAskedWhenOneIsGone() async throws {
    let (server, _) = try stage()
    defer { server.stop() }
    let gone = [ServerAddress(host: "127.0.0.1", port: 1), ServerAddress(host: "no address")]
    let resolver = NameResolver(servers: gone + [server.address], timeout: 2, now: { [clock] in clock.now() })
    #expect(try await resolver.lookup("implicit.example", .a).records == [.a("127.0.0.3")])
    let alone = NameResolver(servers: gone, timeout: 2, now: { [clock] in clock.now() })
    await #expect(throws: ResolveFault.self) { try await alone.lookup("implicit.example", .a) }
    let silent = NameResolver(servers: [server.address], timeout: 1, now: { [clock] in clock.now() })
    await #expect(throws: ResolveFault.timeout) { try await silent.lookup("silent.example", .a) }
  }

  @Test func manyQuestionsAtOnceAreAllAnswered() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    let answered = await withTaskGroup { group in
      for number in 0..<300 {
        group.addTask { await resolver.result("n\(number / 2).example", number % 4 < 2 ? .a : .mx) }
      }
      return await group.reduce(into: 0) { if (try? $1.get().code) == .nameError { $0 += 1 } }
    }
    #expect(answered == 300)
  }

  @Test func theSystemsServersAreRead() throws {
    let scratch = try Scratch("resolv")
    defer { scratch.remove() }
    let file = scratch.path + "/resolv.conf"
    try Data("# x\nsearch example\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # y\nnameserver\n".utf8)
      .write(to: URL(fileURLWithPath: file))
    #expect(ServerAddress.system(file) == [ServerAddress(host: "192.0.2.1"), ServerAddress(host: "2001:db8::1")])
    #expect(ServerAddress.system(file + ".absent") == [ServerAddress(host: "127.0.0.1", port: 53)])
  }

  private func routes(_ resolver: NameResolver, _ policy: String) -> MailRoutes {
    MailRoutes(
      resolver: resolver,
      policies: STSPolicies(
        folder: nil, resolver: resolver, fetch: { _ in .body(Array(policy.utf8)) }, now: { [clock] in clock.now() }))
  }

  @Test func aDomainsServersAreFound() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    let routes = routes(resolver, "version: STSv1\nmode: testing\nmx: x.example\nmax_age: 60")
    guard case .hosts(let hosts, sts: .testing) = await routes.route(for: "county.example") else {
      Issue.record("no route")
      return
    }
    #expect(
      hosts == [
        MailHost(name: "mx1.county.example", addresses: ["127.0.0.1", "::1"]),
        MailHost(name: "mx2.county.example", addresses: ["127.0.0.2"]),
      ])
    #expect(
      await routes.route(for: "implicit.example")
        == .hosts([MailHost(name: "implicit.example", addresses: ["127.0.0.3"])], sts: .none))
  }

  @Test func onlyServersInThePolicyRemain() async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    let one = routes(resolver, "version: STSv1\nmode: enforce\nmx: mx2.county.example\nmax_age: 60")
    guard case .hosts(let hosts, sts: .enforce) = await one.route(for: "county.example") else {
      Issue.record("no route")
      return
    }
    #expect(hosts.map(\.name) == ["mx2.county.example"])
    let none = routes(resolver, "version: STSv1\nmode: enforce\nmx: *.elsewhere.example\nmax_age: 60")
    guard case .unusable(let reason) = await none.route(for: "county.example") else {
      Issue.record("a server outside the policy is used")
      return
    }
    #expect(!reason.isPermanent && reason.fault.code == .policy)
    #expect(reason.fault.reason == "none of the domain's mail servers is in its MTA-STS policy")
  }

  @Test(arguments: [
    ("null.example", true, "5.1.10"), ("absent.example", true, "5.1.2"), ("lost.example", true, "5.4.4"),
    ("broken.example", false, "4.4.3"), ("weak.example", false, "4.4.3"), ("[127.0.0.1]", true, "5.1.2"),
  ])
  func domainsWithoutServers(_ domain: String, _ isPermanent: Bool, _ status: String) async throws {
    let (server, resolver) = try stage()
    defer { server.stop() }
    guard case .unusable(let reason) = await routes(resolver, "").route(for: domain) else {
      Issue.record("\(domain) has a route")
      return
    }
    #expect(reason.isPermanent == isPermanent && reason.fault.enhancedStatus == status)
    #expect(!reason.fault.description.contains("@"))
    if case .rejected = reason.outcome { #expect(isPermanent) } else { #expect(!isPermanent) }
  }
}
