package import Routing
import Synchronization

/// Everything that arrived, in order. Contents are kept for the latest messages only.
package final class SinkStore: Sendable {
  package struct Arrival: Sendable {
    package let sequence: Int
    package let channel: String
    /// The notification's id: Message-ID without the host, or `webhook-id`.
    package let id: String
    package let intended: String?
    package let episode: String?
    package let type: String?
    /// `valid`, `invalid`, `unchecked` (no secret given) or nil (mail).
    package let signature: String?
    /// Milliseconds since 1970.
    package let at: Int64
    package let bytes: Int
    package let content: [UInt8]
  }

  private struct Waiter {
    let count: Int
    let resume: CheckedContinuation<Void, Never>
  }
  private struct State {
    var arrivals: [Arrival] = []
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
    var sessions = 0
  }
  private let state = Mutex(State())
  private let contentsKept: Int

  package init(contentsKept: Int) { self.contentsKept = contentsKept }

  func add(
    channel: String, id: String, intended: String?, episode: String?, type: String?, signature: String?, at: Int64,
    content: [UInt8]
  ) {
    let ready = state.withLock { state -> [Waiter] in
      let number = state.arrivals.count
      state.arrivals.append(
        Arrival(
          sequence: number + 1, channel: channel, id: id, intended: intended, episode: episode, type: type,
          signature: signature, at: at, bytes: content.count, content: contentsKept > 0 ? content : []))
      if contentsKept > 0, number >= contentsKept { state.arrivals[number - contentsKept].dropContent() }
      let ready = state.waiters.filter { $0.value.count <= state.arrivals.count }
      for key in ready.keys { state.waiters[key] = nil }
      return Array(ready.values)
    }
    for waiter in ready { waiter.resume.resume() }
  }

  package var count: Int { state.withLock { $0.arrivals.count } }

  package func arrivals(after sequence: Int, limit: Int) -> [Arrival] {
    state.withLock { state in Array(state.arrivals.dropFirst(max(0, sequence)).prefix(limit)) }
  }

  /// Returns when at least `count` messages have arrived, or when the task is cancelled.
  package func wait(forAtLeast count: Int) async {
    let key = state.withLock { state -> Int in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state -> Bool in
          if state.arrivals.count >= count || Task.isCancelled { return true }
          state.waiters[key] = Waiter(count: count, resume: continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: key) }?.resume.resume()
    }
  }
}

extension SinkStore.Arrival {
  fileprivate mutating func dropContent() {
    self = SinkStore.Arrival(
      sequence: sequence, channel: channel, id: id, intended: intended, episode: episode, type: type,
      signature: signature, at: at, bytes: bytes, content: [])
  }

  package func document(withContent: Bool) -> JSONValue {
    var members: [String: JSONValue] = [
      "sequence": .number(Double(sequence)), "channel": .string(channel), "id": .string(id),
      "intended": .optional(intended), "episode": .optional(episode), "type": .optional(type),
      "signature": .optional(signature), "at": .number(Double(at)), "bytes": .number(Double(bytes)),
    ]
    if withContent { members["content"] = .string(String(decoding: content, as: UTF8.self)) }
    return .object(members)
  }
}
