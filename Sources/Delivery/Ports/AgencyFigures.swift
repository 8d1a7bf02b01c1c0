package import Routing

/// How agencies fare, in numbers. A port of its own, for people who look.
///
/// Guarantee: only desks count, not what families are told, and no drills.
package protocol AgencyFigures: Sendable {
  /// One for each agency that has any; nil: of all. Acknowledgements from `since` on.
  func figures(of agencies: [String]?, since: Instant) async throws -> [AgencyFigure]
}

package struct AgencyFigure: Sendable, Equatable {
  package let agency: String
  /// Messages that have not left, by the role of the desk: queued, deferred, scheduled or held. None is left out.
  package var waiting: [String: Int]
  /// Messages that were acknowledged.
  package var acknowledged: Int
  /// Milliseconds from when a message became owed until its first acknowledgement: the median.
  package var medianToAcknowledge: Int64?

  package init(agency: String, waiting: [String: Int] = [:], times: [Int64] = []) {
    self.agency = agency
    self.waiting = waiting
    acknowledged = times.count
    medianToAcknowledge = AgencyFigure.median(times)
  }

  package var isWaiting: Int { waiting.values.reduce(0, +) }

  /// The middle one, or the mean of the two in the middle; nil for none.
  package static func median(_ times: [Int64]) -> Int64? {
    guard !times.isEmpty else { return nil }
    let sorted = times.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
