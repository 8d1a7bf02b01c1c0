import Delivery
import Dispatch
import Synchronization

/// Checks passphrases, one after the other on a thread of their own: each takes 128 MiB and half a second.
///
/// Guarantee: a check takes as long for a name that nobody has. No more than a few wait; the next is turned away.
final class PassphraseDesk: Sendable {
  private let cost: PassphraseHash.Cost
  private let queue = DispatchQueue(label: "waypost-passphrases")
  private let waiting = Mutex(0)
  private static let most = 8

  init(cost: PassphraseHash.Cost) { self.cost = cost }

  /// `hash`: what the ledger keeps; nil where nobody has that name. Throws `SignInRefusal.tooMany`.
  func check(_ passphrase: String, against hash: String?) async throws -> Bool {
    let hash = hash.flatMap(PassphraseHash.init(text:)) ?? .decoy(cost)
    let mayWait = waiting.withLock { waiting in
      guard waiting < PassphraseDesk.most else { return false }
      waiting += 1
      return true
    }
    guard mayWait else { throw SignInRefusal.tooMany }
    defer { waiting.withLock { $0 -= 1 } }
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try hash.matches(passphrase) }) }
    }
  }
}
