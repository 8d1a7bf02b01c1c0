import Delivery

/// What the board calls its views, its groups of recipients and risks.
enum BoardWords {
  static func risk(_ risk: String?) -> String {
    switch risk {
    case "high": "High risk"
    case "medium": "Medium risk"
    case "low": "Low risk"
    case "no-apparent-risk": "No apparent risk"
    case "absent": "Absent"
    default: "Risk not assessed"
    }
  }

  static func view(_ view: EpisodeView) -> String {
    switch view {
    case .open: "All open"
    case .alarm: "Alarms"
    case .highRisk: "High risk"
    case .unconfirmed: "Not confirmed"
    case .overdue: "Overdue"
    case .ended: "Ended, but not done"
    case .exercises: "Exercises"
    }
  }

  /// What an empty list means.
  static func nothing(in view: EpisodeView, isLimited: Bool) -> String {
    switch view {
    case .open:
      isLimited
        ? "No open episode concerns your agencies."
        : "No episode is open: no child is reported missing, or thought to be."
    case .alarm: "No alarm: whatever is pressing is confirmed, or still has time."
    case .highRisk: "No open episode is at high risk."
    case .unconfirmed: "Every message of the open episodes is confirmed."
    case .overdue: "Nothing is overdue in the open episodes."
    case .ended:
      "Nothing is left to do in episodes that have ended within \(OpenEpisodeFilter.endedFor / 86400) days."
    case .exercises: "No exercise is going on."
    }
  }

  static func group(_ group: TellGroup) -> String {
    switch group {
    case .notTold: "Not told"
    case .onTheWay: "On the way"
    case .unconfirmed: "Told, not confirmed yet"
    case .told: "Told"
    case .acknowledged: "Acknowledged"
    }
  }
}
