import Console
import Delivery
import Routing
import Synchronization
import TestKit
import Testing

@Suite struct RateLimitsTests {
  let now = instant("2026-11-12T12:00:00Z")

  @Test func aBurstAndThenTheRate() {
    let limits = RateLimits(perSecond: 2, burst: 5)
    for _ in 0..<5 { #expect(limits.take("mash-derby", at: now) == nil) }
    #expect(limits.take("mash-derby", at: now) == 1)
    #expect(limits.take("another", at: now) == nil, "one sender's haste is not another's")
    #expect(limits.take("mash-derby", at: now.advanced(byMilliseconds: 499)) == 1)
    #expect(limits.take("mash-derby", at: now.advanced(byMilliseconds: 500)) == nil)
    #expect(limits.take("mash-derby", at: now.advanced(byMilliseconds: 500)) == 1)
    let later = now.advanced(bySeconds: 3600)
    let allowed = (0..<10).count { _ in limits.take("mash-derby", at: later) == nil }
    #expect(allowed == 5, "rest saves up a burst and no more")
  }

  @Test func itSaysHowLongToWait() {
    let limits = RateLimits(perSecond: 0.1, burst: 1)
    #expect(limits.take("a", at: now) == nil)
    #expect(limits.take("a", at: now) == 10)
    #expect(limits.take("a", at: now.advanced(byMilliseconds: 8_500)) == 2)
    #expect(limits.take("a", at: now.advanced(bySeconds: 10)) == nil)
  }

  @Test func aSteadySenderIsNeverRefused() {
    let limits = RateLimits(perSecond: 10, burst: 1)
    let refused = (0..<1_000).count { limits.take("a", at: now.advanced(byMilliseconds: Int64($0) * 100)) != nil }
    #expect(refused == 0)
  }

  @Test func aClockThatIsSetBackLocksNobodyOut() {
    let limits = RateLimits(perSecond: 1, burst: 3)
    for _ in 0..<3 { #expect(limits.take("a", at: now) == nil) }
    let before = now.advanced(bySeconds: -86_400)
    #expect(limits.take("a", at: before) == 1)
    #expect(limits.take("a", at: before.advanced(bySeconds: 1)) == nil)
  }

  @Test func memoryIsBoundedAndTheLeastRecentlyUsedGoes() {
    let limits = RateLimits(perSecond: 0.001, burst: 1, keys: 100)
    #expect(limits.take("kept", at: now) == nil)
    for number in 0..<10_000 {
      #expect(limits.take("peer-\(number)", at: now) == nil)
      #expect(limits.take("kept", at: now) != nil, "what is in use is not forgotten")
    }
    #expect(limits.remembered == 100)
    #expect(limits.take("peer-9999", at: now) != nil)
    #expect(limits.take("peer-1", at: now) == nil, "this one went long ago")
  }

  @Test func fullBucketsAreForgotten() {
    let limits = RateLimits(perSecond: 1, burst: 5, keys: 1_000)
    for number in 0..<500 { _ = limits.take("peer-\(number)", at: now) }
    #expect(limits.remembered == 500)
    _ = limits.take("another", at: now.advanced(bySeconds: 2))
    #expect(limits.remembered == 1)
  }
}

@Suite struct FairQueueTests {
  /// What work notes, in its order.
  private final class Record: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
  }

  /// Returns when so many wait.
  private func wait(for count: Int, in queue: FairQueue) async {
    while queue.load.waiting != count { await Task.yield() }
  }

  @Test func oneWhoSendsMuchDelaysNobodyElse() async throws {
    let queue = FairQueue(permits: 1, waitingPerSender: 1_000, waitingInAll: 2_000)
    let (gate, record) = (Signal(), Record())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await queue.run(for: "greedy") { await gate.wait() } }
      while queue.load.working != 1 { await Task.yield() }
      for _ in 0..<1_000 { group.addTask { try await queue.run(for: "greedy") { record.add("greedy") } } }
      await wait(for: 1_000, in: queue)
      for (index, name) in ["one", "two", "two"].enumerated() {
        group.addTask { try await queue.run(for: name) { record.add(name) } }
        await wait(for: 1_001 + index, in: queue)
      }
      gate.fire()
      try await group.waitForAll()
    }
    #expect(record.all.count == 1_003, "nothing that was taken in is lost")
    #expect(record.all.prefix(6) == ["greedy", "one", "two", "greedy", "two", "greedy"])
    #expect(queue.load == (0, 0))
  }

  @Test func aSendersOwnAreServedInTurn() async throws {
    let queue = FairQueue(permits: 1, waitingPerSender: 10, waitingInAll: 10)
    let (gate, record) = (Signal(), Record())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await queue.run(for: "a") { await gate.wait() } }
      while queue.load.working != 1 { await Task.yield() }
      for number in 1...10 {
        group.addTask { try await queue.run(for: "a") { record.add("\(number)") } }
        await wait(for: number, in: queue)
      }
      gate.fire()
      try await group.waitForAll()
    }
    #expect(record.all == (1...10).map(String.init))
  }

  @Test func whatFindsNoPlaceIsToldAtOnce() async throws {
    let queue = FairQueue(permits: 1, waitingPerSender: 2, waitingInAll: 3, retryAfter: 7)
    let gate = Signal()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await queue.run(for: "a") { await gate.wait() } }
      while queue.load.working != 1 { await Task.yield() }
      for number in 1...2 {
        group.addTask { try await queue.run(for: "a") {} }
        await wait(for: number, in: queue)
      }
      await #expect(throws: Overload.self) { try await queue.run(for: "a") { Issue.record("ran") } }
      group.addTask { try await queue.run(for: "b") {} }
      await wait(for: 3, in: queue)
      do {
        _ = try await queue.run(for: "c") { Issue.record("ran") }
      } catch let overload as Overload {
        #expect(overload.retryAfter == 7)
      }
      gate.fire()
      try await group.waitForAll()
    }
    #expect(try await queue.run(for: "a") { 42 } == 42)
  }

  @Test func oneThatIsCancelledWhileItWaitsLeavesTheLine() async throws {
    let queue = FairQueue(permits: 1, waitingPerSender: 10, waitingInAll: 10)
    let (gate, record) = (Signal(), Record())
    let first = Task { try await queue.run(for: "a") { await gate.wait() } }
    while queue.load.working != 1 { await Task.yield() }
    let leaving = Task { try await queue.run(for: "a") { record.add("left") } }
    await wait(for: 1, in: queue)
    let staying = Task { try await queue.run(for: "b") { record.add("stayed") } }
    await wait(for: 2, in: queue)
    leaving.cancel()
    await #expect(throws: CancellationError.self) { try await leaving.value }
    #expect(queue.load == (1, 1))
    gate.fire()
    try await first.value
    try await staying.value
    #expect(record.all == ["stayed"] && queue.load == (0, 0))
  }

  @Test func aFailureGivesItsPlaceBack() async throws {
    let queue = FairQueue(permits: 2, waitingPerSender: 1, waitingInAll: 1)
    for _ in 0..<5 {
      await #expect(throws: CancellationError.self) { try await queue.run(for: "a") { throw CancellationError() } }
    }
    #expect(queue.load == (0, 0))
  }

  @Test func neverMoreAtWorkThanThereArePlaces() async throws {
    let queue = FairQueue(permits: 3, waitingPerSender: 100, waitingInAll: 500)
    let record = Record()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          try await queue.run(for: "sender-\(number % 5)") {
            for _ in 0..<10 { await Task.yield() }
            record.add("\(queue.load.working)")
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(record.all.count == 200 && record.all.max() == "3")
    #expect(queue.load == (0, 0))
  }
}

@Suite struct RefusalLogTests {
  let now = instant("2026-11-12T12:00:00Z")
  private func after(_ seconds: Int64) -> Instant { now.advanced(bySeconds: seconds) }

  @Test func twentyLinesAMinuteAndThenACount() {
    var log = RefusalLog()
    var lines: [RefusalLog.Line] = []
    for _ in 0..<500 { lines += log.note(peer: "192.0.2.1", reason: "unknown-key", at: now) }
    #expect(lines.count == 20)
    #expect(lines.first == .refused(peer: "192.0.2.1", reason: "unknown-key", at: now))
    #expect(log.note(peer: "192.0.2.2", reason: "unknown-key", at: after(59)).count == 1)
    #expect(
      log.note(peer: "192.0.2.1", reason: "no-key", at: after(60)) == [
        .more(peer: "192.0.2.1", count: 480, from: now),
        .refused(peer: "192.0.2.1", reason: "no-key", at: after(60)),
      ])
  }

  @Test func theCountComesWhenTheMinuteEnds() {
    var log = RefusalLog()
    for _ in 0..<25 { _ = log.note(peer: "192.0.2.1", reason: "unknown-key", at: now) }
    #expect(log.flush(at: after(59)).isEmpty)
    #expect(log.flush(at: after(60)) == [.more(peer: "192.0.2.1", count: 5, from: now)])
    #expect(log.flush(at: after(120)).isEmpty)
  }

  @Test func anotherPeersRefusalBringsItToo() {
    var log = RefusalLog()
    for _ in 0..<25 { _ = log.note(peer: "192.0.2.1", reason: "unknown-key", at: now) }
    #expect(
      log.note(peer: "192.0.2.9", reason: "no-key", at: after(61)).first
        == .more(peer: "192.0.2.1", count: 5, from: now))
  }

  @Test func whatIsCountedWhenTheGatewayStopsIsWritten() {
    var log = RefusalLog()
    for _ in 0..<21 { _ = log.note(peer: "192.0.2.1", reason: "unknown-key", at: now) }
    #expect(log.finish() == [.more(peer: "192.0.2.1", count: 1, from: now)])
    #expect(log.finish().isEmpty)
  }

  @Test func fromManyAddressesEveryRefusalIsStillWrittenOrCounted() {
    var log = RefusalLog(peers: 10)
    var lines: [RefusalLog.Line] = []
    for number in 0..<10_000 {
      lines += log.note(
        peer: "2001:db8::\(number)", reason: "unknown-key", at: now.advanced(byMilliseconds: Int64(number) * 5))
    }
    #expect(lines.count == 10 + RefusalLog.linesAMinute)
    #expect(log.finish() == [.more(peer: RefusalLog.others, count: 9_970, from: now.advanced(byMilliseconds: 50))])
  }
}
