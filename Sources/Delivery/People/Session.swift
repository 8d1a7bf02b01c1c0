package import Routing

/// How long somebody stays signed in.
package enum Session {
  /// Seconds without a page asked for by hand. Long enough for a duty manager at 03:00 who rings a desk, waits, and comes
  /// back to the board; short enough for a machine left in an open office. Refreshing by itself does not count.
  package static let idleLimit: Int64 = 30 * 60
  /// Seconds from signing in, whatever is done: a night shift and its handing over, no second shift.
  package static let absoluteLimit: Int64 = 12 * 3600
  /// Seconds before another view is written down: not every view costs a write.
  package static let touchEvery: Int64 = 60
  /// Seconds between being sent to the provider and coming back.
  package static let signInLimit: Int64 = 10 * 60
}

/// Who is behind a session, and since when.
package struct SessionRecord: Sendable, Equatable {
  package let person: Person
  package let begunAt: Instant
  package let seenAt: Instant

  package init(person: Person, begunAt: Instant, seenAt: Instant) {
    self.person = person
    self.begunAt = begunAt
    self.seenAt = seenAt
  }

  /// When it ends if nothing more is asked for.
  package var endsAt: Instant {
    min(seenAt.advanced(bySeconds: Session.idleLimit), begunAt.advanced(bySeconds: Session.absoluteLimit))
  }

  /// Why it is over; nil while it is not.
  package func ending(at now: Instant) -> SessionEnding? {
    if begunAt.advanced(bySeconds: Session.absoluteLimit) <= now { return .absolute }
    return seenAt.advanced(bySeconds: Session.idleLimit) <= now ? .idle : nil
  }
}

package enum SessionEnding: String, Sendable {
  case byHand = "signed out"
  case idle = "nothing was done for half an hour"
  case absolute = "twelve hours were over"
  case replaced = "signed in anew"
  case withdrawn = "ended by an operator"
}

/// Somebody who was sent to a provider and has not come back. Nothing in it lets anybody in.
package struct SignInState: Sendable, Equatable {
  /// SHA-256 of `state`, and of the cookie of the browser that it was made for.
  package let stateHash: String
  package let browserHash: String
  package let provider: String
  /// The page to go to afterwards.
  package let next: String
  package let madeAt: Instant

  package init(stateHash: String, browserHash: String, provider: String, next: String, madeAt: Instant) {
    self.stateHash = stateHash
    self.browserHash = browserHash
    self.provider = provider
    self.next = next
    self.madeAt = madeAt
  }
}
