package import Delivery
import Routing
import Synchronization

/// A transport that answers what the test says and remembers every dispatch.
package final class TestTransport: Transport {
  package let channel: String
  private let answer: @Sendable (Dispatch) async -> Outcome
  private let seen = Mutex<[Dispatch]>([])

  package init(channel: String, _ answer: @escaping @Sendable (Dispatch) async -> Outcome) {
    self.channel = channel
    self.answer = answer
  }

  package var dispatches: [Dispatch] { seen.withLock { $0 } }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    seen.withLock { $0.append(dispatch) }
    return await answer(dispatch)
  }

  package static let taken = Outcome.accepted(Receipt(.accepted, from: .smtp, "taken"))
  package static let later = Outcome.deferred(Fault(.unavailable, "later"), retryAfter: nil)
  package static let refused = Outcome.rejected(Fault(.refused, "no"))
}
