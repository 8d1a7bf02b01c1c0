import Synchronization

/// Too many wait already. Nothing was begun.
package struct Overload: Error, Hashable {
  /// In how many seconds to ask again.
  package let retryAfter: Int
}

/// Lets so many work at a time, whoever they are, and serves those that wait in turn.
///
/// Guarantee: senders are served round robin and each sender's in the order in which they came, so that whoever sends much
/// waits for itself: the first of a sender waits for one of each other sender at most. What was taken in is run; only its
/// own cancellation takes it out again, and only while it waits. What finds no place is told so at once.
package final class FairQueue: Sendable {
  private struct Waiter {
    let ticket: UInt64
    let turn: CheckedContinuation<Void, any Error>
  }

  private struct Lines {
    var working = 0
    var waiting = 0
    var bySender: [String: [Waiter]] = [:]
    /// Senders with somebody waiting, the next one first.
    var order: [String] = []
    var tickets: UInt64 = 0
  }

  private let permits: Int
  private let waitingPerSender: Int
  private let waitingInAll: Int
  private let retryAfter: Int
  private let lines = Mutex(Lines())

  package init(permits: Int, waitingPerSender: Int, waitingInAll: Int, retryAfter: Int = 2) {
    self.permits = max(permits, 1)
    self.waitingPerSender = waitingPerSender
    self.waitingInAll = waitingInAll
    self.retryAfter = max(retryAfter, 1)
  }

  /// How many work and how many wait now.
  package var load: (working: Int, waiting: Int) { lines.withLock { ($0.working, $0.waiting) } }

  /// Runs `body` when it is this sender's turn. Throws `Overload` at once where too many wait, `CancellationError` where
  /// the task is cancelled while it waits, and what `body` throws.
  package nonisolated(nonsending) func run<T>(
    for sender: String, _ body: nonisolated(nonsending) () async throws -> T
  ) async throws -> T {
    try await enter(sender)
    defer { leave() }
    return try await body()
  }

  private nonisolated(nonsending) func enter(_ sender: String) async throws {
    let ticket = lines.withLock { lines in
      lines.tickets += 1
      return lines.tickets
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { turn in
        let answer = lines.withLock { take(Waiter(ticket: ticket, turn: turn), of: sender, into: &$0) }
        if let answer { turn.resume(with: answer) }
      }
    } onCancel: {
      lines.withLock { FairQueue.remove(ticket, of: sender, from: &$0) }?.turn.resume(throwing: CancellationError())
    }
  }

  /// Nil where it has to wait.
  private func take(_ waiter: Waiter, of sender: String, into lines: inout Lines) -> Result<Void, any Error>? {
    if lines.working < permits {
      lines.working += 1
      return .success(())
    }
    let line = lines.bySender[sender, default: []]
    guard line.count < waitingPerSender, lines.waiting < waitingInAll else {
      return .failure(Overload(retryAfter: retryAfter))
    }
    // A cancellation from here on waits for the lock and finds the waiter.
    if Task.isCancelled { return .failure(CancellationError()) }
    if line.isEmpty { lines.order.append(sender) }
    lines.bySender[sender, default: []].append(waiter)
    lines.waiting += 1
    return nil
  }

  /// Hands the place to whoever is next.
  private func leave() {
    let next = lines.withLock { lines -> Waiter? in
      guard let sender = lines.order.first, let waiter = lines.bySender[sender]?.first else {
        lines.working -= 1
        return nil
      }
      lines.order.removeFirst()
      lines.order.append(sender)
      return FairQueue.remove(waiter.ticket, of: sender, from: &lines)
    }
    next?.turn.resume()
  }

  private static func remove(_ ticket: UInt64, of sender: String, from lines: inout Lines) -> Waiter? {
    guard let index = lines.bySender[sender]?.firstIndex(where: { $0.ticket == ticket }),
      let waiter = lines.bySender[sender]?.remove(at: index)
    else { return nil }
    lines.waiting -= 1
    if lines.bySender[sender]?.isEmpty == true {
      lines.bySender[sender] = nil
      lines.order.removeAll { $0 == sender }
    }
    return waiter
  }
}
