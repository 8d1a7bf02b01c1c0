import Delivery
import Foundation
import Ledger
import Logging
import Routing
import Synchronization
import TestKit
import Testing

@testable import Simulation
@testable import Transports

/// Events that come as files, as the system that writes them meets the folder.
@Suite struct EventFolderTests {
  @Test func whatIsAcceptedLiesInDoneWithItsAnswer() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("case-1.json", FolderBench.event("1"))
    await bench.look()
    #expect(bench.names("done") == ["case-1.answer.json", "case-1.json"])
    #expect(bench.names("new").isEmpty && bench.names("cur").isEmpty && bench.names("rejected").isEmpty)
    #expect(try bench.json("done/case-1.json") == FolderBench.event("1"))
    let answer = try bench.json("done/case-1.answer.json")
    let id = Identifiers.event(source: "test", id: "1")
    #expect(answer["id"] == .string(id) && answer["plan"] == .string("/v1/events/\(id)/plan"))
    let record = try #require(try await bench.ledger.event(id))
    #expect(record.sender == "case-system" && record.notificationCount > 3)
    #expect(answer["notifications"] == .number(Double(record.notificationCount)))
    #expect(answer["warnings"]?.items != nil)
    for file in ["case-1.json", "case-1.answer.json"] { #expect(try bench.mode("done/\(file)") == 0o600) }
    for folder in ["tmp", "new", "cur", "done", "rejected"] { #expect(try bench.mode(folder) == 0o700) }
  }

  @Test func theSameAgainIsAnsweredTheSameAndOwesNothingNew() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("a.json", FolderBench.event("1"))
    await bench.look()
    let owed = try await bench.ledger.counts()
    try bench.write("b.json", FolderBench.event("1"))
    // A name that was used before hides nothing of what lies there.
    try bench.write("a.json", FolderBench.event("1"))
    await bench.look()
    let answers = bench.names("done").filter { $0.hasSuffix(".answer.json") }
    #expect(answers.count == 3 && bench.names("done").count == 6)
    #expect(Set(try answers.map { try bench.json("done/\($0)") }).count == 1)
    #expect(try await bench.ledger.counts() == owed)
  }

  @Test func anotherBodyUnderTheSameIdIsAConflict() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("a.json", FolderBench.event("1"))
    try bench.write("b.json", FolderBench.event("1", ["episode": ["risk": "low"]]))
    await bench.look()
    #expect(bench.names("rejected") == ["b.json", "b.problem.json"])
    #expect(try bench.json("rejected/b.problem.json")["status"] == 409)
  }

  @Test func whatIsWrongIsNamedAllAtOnce() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write(
      "wrong.json",
      FolderBench.event("1", ["child": ["dateOfBirth": "1/2/2012"], "episode": ["risk": "huge"]]))
    try bench.write("cut.json", Array("{\"a\":".utf8))
    try bench.write("bytes.json", [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    try bench.write("empty.json", [])
    try bench.write("large.json", [UInt8](repeating: 0x20, count: Intake.sizeLimit + 1))
    await bench.look()
    #expect(bench.names("done").isEmpty && bench.names("rejected").count == 10)
    let problem = try bench.json("rejected/wrong.problem.json")
    #expect(problem["type"] == "about:blank" && problem["status"] == 422)
    let errors = try #require(problem["errors"]?.items)
    #expect(Set(errors.compactMap { $0["pointer"]?.text }) == ["data.child.dateOfBirth", "data.episode.risk"])
    #expect(errors.allSatisfy { $0["remedy"]?.text?.isEmpty == false })
    #expect(try bench.mode("rejected/wrong.problem.json") == 0o600)
    for (name, status) in [("cut", 400), ("bytes", 400), ("empty", 400), ("large", 413)] {
      #expect(try bench.json("rejected/\(name).problem.json")["status"] == .number(Double(status)), "\(name)")
    }
    #expect(try await bench.ledger.counts().isEmpty)
  }

  @Test func theLimitsOfTheSendersKeyHold() async throws {
    let bench = try await FolderBench(limitedTo: Sender(name: "case-system", authorities: ["luton"], types: []))
    defer { bench.scratch.remove() }
    try bench.write("derby.json", FolderBench.event("1"))
    await bench.look()
    #expect(try bench.json("rejected/derby.problem.json")["status"] == 403)
    #expect(try await bench.ledger.event(Identifiers.event(source: "test", id: "1")) == nil)
  }

  @Test func aBatchIsCheckedBeforeItsFirstEventIsTaken() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("good.json", .array((1...3).map { FolderBench.event("g\($0)") }))
    try bench.write("spoiled.json", .array([FolderBench.event("s1"), ["specversion": "1.0"]]))
    try bench.write("long.json", .array((0...Intake.batchLimit).map { FolderBench.event("l\($0)") }))
    await bench.look()
    #expect(try bench.json("done/good.answer.json").items?.count == 3)
    let problem = try bench.json("rejected/spoiled.problem.json")
    #expect(problem["errors"]?.items?.allSatisfy { $0["pointer"]?.text?.hasPrefix("1.") == true } == true)
    #expect(try bench.json("rejected/long.problem.json")["status"] == 413)
    for id in ["s1", "l0"] { #expect(try await bench.ledger.eventRecord(source: "test", id: id) == nil) }
  }

  @Test func whatIsStillBeingWrittenIsNotRead() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    let half = Array(FolderBench.event("1").serializedBytes.prefix(40))
    for place in ["tmp/a.json", "new/.a.json", "new/a.json.part", "new/a"] {
      try Data(half).write(to: URL(fileURLWithPath: "\(bench.path)/\(place)"))
    }
    await bench.look()
    #expect(bench.names("new").count == 3 && bench.names("tmp") == ["a.json"])
    #expect(bench.names("done").isEmpty && bench.names("rejected").isEmpty)
  }

  /// The event is on disk and its file has not moved: after the start it is answered as if nothing had been.
  @Test func aStopBetweenTakingAndMovingGivesTheSameAnswer() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("a.json", FolderBench.event("1"))
    bench.faults.fail(with: .errorAfter)
    await bench.look()
    let owed = try await bench.ledger.counts()
    #expect(!owed.isEmpty && bench.names("cur") == ["a.json"] && bench.names("done").isEmpty)
    // The stop after that, with the answer half written.
    try Data("{\"id".utf8).write(to: URL(fileURLWithPath: "\(bench.path)/done/.a.answer.json"))
    await bench.look()
    #expect(bench.names("done") == ["a.answer.json", "a.json"] && bench.names("cur").isEmpty)
    #expect(try bench.json("done/a.answer.json")["id"] == .string(Identifiers.event(source: "test", id: "1")))
    #expect(try await bench.ledger.counts() == owed)
  }

  @Test func whatTheLedgerCannotWriteWaitsAndHoldsUpNoOther() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("a.json", FolderBench.event("1"))
    try bench.write("b.json", FolderBench.event("2"))
    bench.faults.fail(with: .errorBefore)
    await bench.look()
    #expect(bench.names("cur") == ["a.json"] && bench.names("done") == ["b.answer.json", "b.json"])
    // A namesake that comes meanwhile waits for it, and neither replaces the other.
    try bench.write("a.json", FolderBench.event("3"))
    bench.faults.fail(with: .errorBefore)
    await bench.look()
    #expect(bench.names("cur") == ["a.json"] && bench.names("new") == ["a.json"])
    await bench.look()
    await bench.look()
    for id in ["1", "2", "3"] { #expect(try await bench.ledger.eventRecord(source: "test", id: id) != nil) }
    #expect(bench.names("new").isEmpty && bench.names("cur").isEmpty && bench.names("rejected").isEmpty)
  }

  @Test func noLinkIsFollowedAndNoDeviceOpened() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    let outside = "\(bench.scratch.path)/outside.json"
    try Data(FolderBench.event("1").serializedBytes).write(to: URL(fileURLWithPath: outside))
    try FileManager.default.createSymbolicLink(atPath: "\(bench.path)/new/link.json", withDestinationPath: outside)
    #expect(mkfifo("\(bench.path)/new/pipe.json", 0o600) == 0)
    try FileManager.default.createDirectory(
      atPath: "\(bench.path)/new/folder.json", withIntermediateDirectories: false)
    await bench.look()
    for name in ["link", "pipe"] {
      #expect(try bench.json("rejected/\(name).problem.json")["title"] == "Not a file", "\(name)")
    }
    #expect(bench.names("new") == ["folder.json"] && bench.names("done").isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: outside)) == Data(FolderBench.event("1").serializedBytes))
    #expect(try await bench.ledger.counts().isEmpty)
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser reads everything"))
  func whatCannotBeReadMovesAside() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    try bench.write("a.json", FolderBench.event("1"))
    #expect(chmod("\(bench.path)/new/a.json", 0) == 0)
    await bench.look()
    #expect(try bench.json("rejected/a.problem.json")["title"] == "Not readable")
  }

  /// Whatever a writer calls its file, the event is taken, and no name of ours is made of it.
  @Test func oddNamesAreReplaced() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    let long = String(repeating: "x", count: 240)
    for (index, name) in ["Mia Żółć", "a\nb", "-rf $(x)", "x.answer", "x.problem", long].enumerated() {
      try bench.write("\(name).json", FolderBench.event("\(index)"))
    }
    await bench.look()
    #expect(bench.names("new").isEmpty && bench.names("rejected").isEmpty && bench.names("done").count == 12)
    #expect(
      bench.names("done").allSatisfy { name in
        name.hasPrefix("unnamed-") && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
      })
  }

  @Test func withoutItsSenderNothingIsTaken() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    #expect(try await bench.ledger.revokeSender("case-system", at: bench.clock.now()))
    try bench.write("a.json", FolderBench.event("1"))
    await bench.look()
    #expect(bench.names("new") == ["a.json"])
    try await bench.add(Sender(name: "case-system", authorities: [], types: []))
    await bench.look()
    #expect(bench.names("done") == ["a.answer.json", "a.json"])
  }

  @Test func aFolderThatIsNotThereIsNotMade() async throws {
    let bench = try await FolderBench()
    bench.scratch.remove()
    await bench.look()
    #expect(!FileManager.default.fileExists(atPath: bench.path))
  }

  @Test func itLooksEverySecond() async throws {
    let bench = try await FolderBench()
    defer { bench.scratch.remove() }
    let running = Task { await bench.folder.run() }
    try bench.write("a.json", FolderBench.event("1"))
    while bench.names("done").count < 2 {
      bench.clock.advance(bySeconds: 1)
      await Task.yield()
    }
    running.cancel()
    await running.value
  }
}

/// A folder for events over a ledger in memory that fails when it is told to.
private struct FolderBench: Sendable {
  let scratch: Scratch
  let ledger: SQLiteLedger
  let clock = ManualClock(instant("2026-11-12T12:00:00Z"))
  let faults = Faults()
  let folder: EventFolder
  var path: String { "\(scratch.path)/events" }

  final class Faults: Sendable {
    private let next = Mutex<FaultyLedger.Fault?>(nil)

    /// The next write fails so, and no other.
    func fail(with fault: FaultyLedger.Fault) { next.withLock { $0 = fault } }

    func draw() -> FaultyLedger.Fault? {
      next.withLock { next in
        defer { next = nil }
        return next
      }
    }
  }

  init(limitedTo sender: Sender = Sender(name: "case-system", authorities: [], types: [])) async throws {
    scratch = try Scratch("events")
    ledger = try SQLiteLedger()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let faulty = FaultyLedger(ledger, draw: { [faults] in faults.draw() }, rival: { _ in })
    let intake = Intake(
      ledger: faulty, routes: RoutesInUse(try Repository.routes()), time: clock, outbox: Signal(), agenda: Signal(),
      logger: logger)
    folder = EventFolder(
      path: "\(scratch.path)/events", sender: "case-system", intake: intake, senders: ledger, time: clock,
      logger: logger)
    try await add(sender)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    await look()
  }

  static func event(_ id: String, _ data: JSONValue = [:]) -> JSONValue {
    let base: JSONValue = ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"]]
    return TestKit.event("missing.reported", at: "2026-11-12T11:59:00Z", id: id, base.merged(with: data)).cloudEvent
  }

  func add(_ sender: Sender) async throws {
    try await ledger.addSender(sender, keyHash: "hash", at: clock.now())
  }

  func look() async { _ = await folder.look() }

  /// As a writer should: elsewhere first, and then under its name.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/tmp/half"))
    try #require(rename("\(path)/tmp/half", "\(path)/new/\(name)") == 0)
  }

  func write(_ name: String, _ document: JSONValue) throws { try write(name, document.serializedBytes) }

  func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
  }

  func json(_ place: String) throws -> JSONValue {
    try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: "\(path)/\(place)")))
  }

  func mode(_ place: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: "\(path)/\(place)")[.posixPermissions] as? Int)
  }
}
