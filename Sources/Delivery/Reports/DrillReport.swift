package import Routing

/// One message of a drill.
package struct DrillFigure: Sendable, Equatable {
  /// Nil where the recipient belongs to no agency of the directory.
  package let agency: String?
  /// A person has to acknowledge it.
  package let isAsked: Bool
  package let createdAt: Instant
  /// When somebody first did, whether asked or not.
  package let acknowledgedAt: Instant?

  package init(agency: String?, isAsked: Bool, createdAt: Instant, acknowledgedAt: Instant?) {
    self.agency = agency
    self.isAsked = isAsked
    self.createdAt = createdAt
    self.acknowledgedAt = acknowledgedAt
  }
}

/// How long it took in drills until a person said that they know, by agency. Pure.
package struct DrillReport: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package let agency: String?
    package let messages: Int
    package let acknowledged: Int
    /// Acknowledgement was asked for, and nobody has given it.
    package let missing: Int
    /// Milliseconds from when the message became owed; nil where nobody has acknowledged any. Of two in the middle their
    /// mean.
    package let median: Int64?
    package let slowest: Int64?

    init(_ agency: String?, _ figures: [DrillFigure]) {
      self.agency = agency
      messages = figures.count
      let times = figures.compactMap { figure in
        figure.acknowledgedAt.map { max(0, $0.milliseconds - figure.createdAt.milliseconds) }
      }.sorted()
      acknowledged = times.count
      missing = figures.count { $0.isAsked && $0.acknowledgedAt == nil }
      slowest = times.last
      median = times.isEmpty ? nil : (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
    }

    package var json: JSONValue {
      [
        "agency": .optional(agency), "messages": .number(Double(messages)),
        "acknowledged": .number(Double(acknowledged)), "notAcknowledged": .number(Double(missing)),
        "medianSeconds": Line.seconds(median), "slowestSeconds": Line.seconds(slowest),
      ]
    }

    private static func seconds(_ milliseconds: Int64?) -> JSONValue {
      milliseconds.map { .number(Double($0) / 1000) } ?? .null
    }
  }

  /// By agency; what belongs to none comes last.
  package let lines: [Line]

  package init(_ figures: [DrillFigure]) {
    lines = Dictionary(grouping: figures, by: \.agency).sorted { a, b in
      guard let first = a.key, let second = b.key else { return a.key != nil }
      return first < second
    }.map { Line($0.key, $0.value) }
  }
}
