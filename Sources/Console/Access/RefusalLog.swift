package import Routing

/// Decides which refusals at the door are written to the audit one by one, and which are only counted, so that nobody
/// fills the audit by knocking.
///
/// Guarantee: every refusal is in a line of its own or in a count. A peer has 20 lines a minute (`linesAMinute`), and one
/// more with the count of the rest once its minute is over. So many peers are known at a time; all others share one
/// minute as `others`. Peers are network addresses and reasons are constants: no personal data.
package struct RefusalLog: Sendable {
  package enum Line: Hashable, Sendable {
    case refused(peer: String, reason: String, at: Instant)
    /// So many more than were written, since `from`.
    case more(peer: String, count: Int, from: Instant)
  }

  private struct Minute {
    let start: Instant
    var written = 0
    var more = 0
  }

  /// Lines that a peer gets in a minute, before the rest is only counted.
  package static let linesAMinute = 20
  /// The name under which peers stand for whom there was no place.
  package static let others = "others"
  private static let minute: Int64 = 60

  private let peers: Int
  private var minutes: [String: Minute] = [:]
  private var swept: Instant?

  package init(peers: Int = 256) { self.peers = max(peers, 1) }

  /// What is to be written because of this refusal, earlier counts first.
  package mutating func note(peer: String, reason: String, at now: Instant) -> [Line] {
    var lines =
      isOver(swept ?? now, at: now) || minutes[peer].map { isOver($0.start, at: now) } ?? false
      ? flush(at: now) : []
    if swept == nil { swept = now }
    let peer = minutes[peer] != nil || minutes.count < peers ? peer : RefusalLog.others
    var minute = minutes[peer] ?? Minute(start: now)
    if minute.written < RefusalLog.linesAMinute {
      minute.written += 1
      lines.append(.refused(peer: peer, reason: reason, at: now))
    } else {
      minute.more += 1
    }
    minutes[peer] = minute
    return lines
  }

  /// The counts of the minutes that are over.
  package mutating func flush(at now: Instant) -> [Line] {
    swept = now
    let over = minutes.filter { isOver($0.value.start, at: now) }
    for peer in over.keys { minutes[peer] = nil }
    return RefusalLog.counts(over)
  }

  /// The counts of all minutes, over or not, when the gateway stops.
  package mutating func finish() -> [Line] {
    defer { minutes = [:] }
    return RefusalLog.counts(minutes)
  }

  private static func counts(_ minutes: [String: Minute]) -> [Line] {
    minutes.filter { $0.value.more > 0 }.sorted { $0.key < $1.key }
      .map { .more(peer: $0.key, count: $0.value.more, from: $0.value.start) }
  }

  private func isOver(_ start: Instant, at now: Instant) -> Bool {
    now >= start.advanced(bySeconds: RefusalLog.minute)
  }
}
