package import Routing

/// When an episode was reported and ended, and what became of its return interview. Nothing that says who the child is.
package struct EpisodeTime: Sendable, Equatable {
  package let reportedAt: Instant
  /// Last known as absent or at no apparent risk, not as missing.
  package let isAbsent: Bool
  /// Nil while the child is missing.
  package let endedAt: Instant?
  package let interviewHeldAt: Instant?
  package let interviewRefused: Bool

  package init(
    reportedAt: Instant, isAbsent: Bool, endedAt: Instant?, interviewHeldAt: Instant?, interviewRefused: Bool
  ) {
    self.reportedAt = reportedAt
    self.isAbsent = isAbsent
    self.endedAt = endedAt
    self.interviewHeldAt = interviewHeldAt
    self.interviewRefused = interviewRefused
  }
}

/// Episodes by the days on which they were reported. Pure.
package struct ReportedEpisodes: Sendable, Equatable {
  /// The first day of the stretch.
  package let day: CivilDate
  package let missing: Int
  package let absent: Int

  /// One for every `days` days from the first on, whether anything was reported or not; London dates.
  package static func counts(
    _ episodes: [EpisodeTime], from first: CivilDate, to last: CivilDate, every days: Int
  ) -> [ReportedEpisodes] {
    let begin = first.daysSince1970
    let length = Int(max(0, last.daysSince1970 - begin)) / days + 1
    var counts = Array(repeating: (missing: 0, absent: 0), count: length)
    for episode in episodes {
      let day = Int(London.date(at: episode.reportedAt).daysSince1970 - begin)
      guard day >= 0, counts.indices.contains(day / days) else { continue }
      if episode.isAbsent { counts[day / days].absent += 1 } else { counts[day / days].missing += 1 }
    }
    return counts.enumerated().map { index, count in
      ReportedEpisodes(day: first.adding(days: index * days), missing: count.missing, absent: count.absent)
    }
  }
}

/// Return interviews of the episodes that ended in one month. Pure.
///
/// Guarantee: as in the statistical returns, an episode counts once its 72 hours are over, and as refused only where no
/// interview was held.
package struct InterviewMonth: Sendable, Equatable {
  /// Its first day.
  package let month: CivilDate
  package var within = 0
  package var later = 0
  package var refused = 0
  package var notYet = 0
  package var due: Int { within + later + refused + notYet }

  /// In milliseconds.
  package static let limit: Int64 = 72 * 3_600_000

  package init(month: CivilDate) { self.month = month }

  /// The months in which an episode ended whose interview is due by `now`, in their order.
  package static func counts(_ episodes: [EpisodeTime], in period: ReportPeriod, at now: Instant) -> [InterviewMonth] {
    var months: [CivilDate: InterviewMonth] = [:]
    for episode in episodes {
      guard let end = episode.endedAt, period.contains(end), end.advanced(byMilliseconds: limit) <= now else {
        continue
      }
      let date = London.date(at: end)
      let first = date.adding(days: 1 - date.day)
      var month = months[first] ?? InterviewMonth(month: first)
      if let held = episode.interviewHeldAt {
        if held <= end.advanced(byMilliseconds: limit) { month.within += 1 } else { month.later += 1 }
      } else if episode.interviewRefused {
        month.refused += 1
      } else {
        month.notYet += 1
      }
      months[first] = month
    }
    return months.values.sorted { $0.month < $1.month }
  }
}
