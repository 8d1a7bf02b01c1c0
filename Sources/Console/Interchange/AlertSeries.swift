import Routing

/// The messages that make up an episode's alert, the latest last: one for every event, and while the child is missing a
/// renewal every twelve hours.
///
/// Guarantee: a pure function of the events and the instant. Whoever asks again gets the same identifiers and times, so
/// that a message is never sent twice under two names, nor two messages under one.
struct AlertSeries: Sendable {
  struct Message: Sendable, Equatable {
    let identifier: String
    let sent: Instant

    var expires: Instant { sent.advanced(bySeconds: AlertSeries.validity) }
  }

  /// Seconds between two renewals.
  static let renewal: Int64 = 12 * 3600
  /// Seconds for which a message holds. Longer than a renewal: whoever fetches now has at least half a day.
  static let validity: Int64 = 24 * 3600

  let messages: [Message]
  /// The type of the event that ended the episode, where it is over.
  let ending: String?

  /// Begins with the first report of a missing child. What happens once the child is no longer missing is nobody else's
  /// business, unless it is a new report or a correction.
  init(_ facts: AlertFacts, at now: Instant) {
    var counted: [(event: AlertFacts.Happening, isOpen: Bool)] = []
    var ending: String?
    var lastReport: Instant?
    for event in facts.events where event.type != Event.timePassed {
      let goesOn = counted.last?.isOpen ?? false
      if event.type == EpisodeHistory.report {
        lastReport = max(lastReport ?? event.time, event.time)
      } else if !goesOn, counted.isEmpty || event.type != Event.withdrawal {
        continue
      }
      let ends = EpisodeHistory.endings.contains(event.type) && event.time >= lastReport ?? event.time
      if ends { ending = event.type }
      counted.append((event, isOpen: !ends))
    }
    self.ending = ending
    messages = counted.indices.flatMap { index in
      let (event, isOpen) = counted[index]
      let isLast = index == counted.count - 1
      var made = [Message(identifier: facts.name(event.id), sent: event.learnedAt)]
      guard isLast ? facts.isOpen && facts.reportedAt != nil : isOpen else { return made }
      let until = isLast ? now.advanced(byMilliseconds: 1) : counted[index + 1].event.learnedAt
      var next = event.learnedAt.advanced(bySeconds: AlertSeries.renewal)
      while next < until {
        made.append(Message(identifier: facts.name("\(event.id) \(made.count)"), sent: next))
        next = next.advanced(bySeconds: AlertSeries.renewal)
      }
      return made
    }
  }

  /// Earlier messages that somebody may still hold to be true when the latest comes; at least the one before it.
  var superseded: [Message] {
    guard let latest = messages.last else { return [] }
    let earlier = messages.dropLast()
    let alive = earlier.filter { $0.expires > latest.sent }
    return alive.isEmpty ? Array(earlier.suffix(1)) : alive
  }
}
