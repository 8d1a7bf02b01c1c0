package import Routing

/// Leaves a destination alone that does not work, and asks it again soon. Pure.
///
/// Guarantee: after five failures in a row nothing is leased for it, so that what waits uses up no attempt and no pause of
/// its own; after a pause that grows from two seconds to a minute, and never beyond, one attempt is let through. One
/// answer of any kind lets everything go again.
package struct DestinationBreaker: Sendable, Equatable {
  /// As many as a fresh window sends at once.
  package static let failures = 5
  /// Milliseconds. The longest is what a message about a child at high risk may rest.
  package static let firstPause: Int64 = 2000
  package static let longestPause: Int64 = 60_000

  private enum State: Equatable {
    case closed(failures: Int)
    case open(until: Instant, pause: Int64)
    /// One attempt is under way.
    case probing(pause: Int64)
  }
  private var state = State.closed(failures: 0)

  package init() {}

  /// Nothing but what a probe needs goes there.
  package var isOpen: Bool { if case .closed = state { false } else { true } }
  package var isFresh: Bool { state == .closed(failures: 0) }

  /// When the next probe is due; nil where nobody waits for one.
  package var nextProbe: Instant? { if case .open(let until, _) = state { until } else { nil } }

  /// How many attempts it lets through.
  package func room(at now: Instant) -> Int {
    switch state {
    case .closed: .max
    case .open(let until, let pause): DestinationBreaker.isOver(until, pause, now) ? 1 : 0
    case .probing: 0
    }
  }

  package mutating func begin(at now: Instant) {
    if case .open(let until, let pause) = state, DestinationBreaker.isOver(until, pause, now) {
      state = .probing(pause: pause)
    }
  }

  package mutating func end(_ sign: AttemptSign, at now: Instant) {
    switch (sign, state) {
    case (.taken, _), (.answered, _): state = .closed(failures: 0)
    case (.failed, .closed(let failures)) where failures + 1 < DestinationBreaker.failures:
      state = .closed(failures: failures + 1)
    case (.failed, .closed): rest(DestinationBreaker.firstPause, now)
    case (.failed, .probing(let pause)): rest(min(pause * 2, DestinationBreaker.longestPause), now)
    // It began before the destination was left alone, and says nothing new.
    case (.failed, .open): return
    // The probe has asked nobody: the next one may.
    case (.unknown, .probing(let pause)): state = .open(until: now, pause: pause)
    case (.unknown, _): return
    }
  }

  private mutating func rest(_ pause: Int64, _ now: Instant) {
    state = .open(until: now.advanced(byMilliseconds: pause), pause: pause)
  }

  /// A pause never lasts longer than it was meant to, also when the clock has been set back.
  private static func isOver(_ until: Instant, _ pause: Int64, _ now: Instant) -> Bool {
    now >= until || until.milliseconds - now.milliseconds > pause
  }
}

/// What an attempt says about its destination, whatever became of the message.
package enum AttemptSign: Sendable, Equatable {
  case taken
  /// It works, and has refused or put off this message: an address, a mailbox that is full, too many at once.
  case answered
  /// It cannot be reached or is out of order, whatever the message.
  case failed
  /// Nobody was asked: the gateway itself could not or would not send.
  case unknown
}

extension Outcome {
  package var sign: AttemptSign {
    switch self {
    case .accepted, .waiting: .taken
    case .deferred(let fault, _):
      switch fault.code {
      case .connection, .tls, .timeout, .unavailable: .failed
      case .refused, .throttled, .addressUnknown, .authentication, .gone, .policy: .answered
      case .configuration, .content, .privacy, .internalFault: .unknown
      }
    case .rejected(let fault):
      switch fault.code {
      case .refused, .throttled, .addressUnknown, .authentication, .gone, .policy, .content: .answered
      case .connection, .tls, .timeout, .unavailable, .configuration, .privacy, .internalFault: .unknown
      }
    }
  }
}
