package import Routing

/// One episode as reports look at it.
package struct EpisodeFigure: Sendable {
  package let reference: String
  /// The child's id, the same for every episode of the child.
  package let child: String
  /// Everything known, as `SharedFields` reads it.
  package let data: JSONValue
  package let reportedAt: Instant
  /// Nil while the child is missing.
  package let endedAt: Instant?
  package let livesIn: String?
  package let lookedAfterBy: String?
  /// The last known value of `episode.risk`.
  package let risk: String?
  package let interviewHeldAt: Instant?
  package let interviewRefused: Bool

  package init(
    reference: String, child: String, data: JSONValue, reportedAt: Instant, endedAt: Instant?, livesIn: String?,
    lookedAfterBy: String?, risk: String?, interviewHeldAt: Instant?, interviewRefused: Bool
  ) {
    self.reference = reference
    self.child = child
    self.data = data
    self.reportedAt = reportedAt
    self.endedAt = endedAt
    self.livesIn = livesIn
    self.lookedAfterBy = lookedAfterBy
    self.risk = risk
    self.interviewHeldAt = interviewHeldAt
    self.interviewRefused = interviewRefused
  }

  /// The authority that answers for the child: the one that looks after it, else the one where it lives.
  var authority: String? { lookedAfterBy ?? livesIn }

  /// The child lives in an area other than that of the authority that looks after it.
  var isOutOfArea: Bool {
    guard let livesIn, let lookedAfterBy else { return false }
    return livesIn != lookedAfterBy
  }

  func belongs(to party: String) -> Bool { livesIn == party || lookedAfterBy == party }

  /// When the episode ended, if that was before `until`: a report of a period does not know what came after it.
  func end(before until: Instant) -> Instant? { endedAt.flatMap { $0 < until ? $0 : nil } }
}

/// A stretch of time, `from` included and `until` not.
package struct ReportPeriod: Sendable, Equatable {
  package let from: Instant
  package let until: Instant

  package init(from: Instant, until: Instant) {
    self.from = from
    self.until = until
  }

  package func contains(_ instant: Instant) -> Bool { instant >= from && instant < until }
}
