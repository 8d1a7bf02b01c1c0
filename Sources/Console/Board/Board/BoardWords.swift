import Delivery
import Routing

/// What the board calls recipients, duties, risks and alarms.
struct BoardWords {
  let directory: Directory

  /// `children's services front door, Derby City Council`.
  func recipient(_ role: String, _ agency: String?) -> String {
    [BoardWords.plain(role), agency.map { directory.agency($0)?.name ?? $0 }].compactMap(\.self)
      .joined(separator: ", ")
  }

  /// A name of the vocabulary: `return-interview` as `return interview`.
  static func plain(_ name: String) -> String {
    name.split { $0 == "." || $0 == "-" }.joined(separator: " ").replacing("childrens ", with: "children's ")
  }

  static func sentence(_ words: String) -> String { words.prefix(1).uppercased() + words.dropFirst() }

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

  static func alarm(_ kind: Alarm.Kind) -> String {
    switch kind {
    case .unroutable: "Nobody to send it to"
    case .failed: "Not delivered"
    case .overdue: "Overdue"
    case .held: "Held for a person"
    case .unconfirmed: "Not confirmed in time"
    case .delayed: "Delayed on its way"
    case .insecure: "Kept back: not private"
    case .unreachable: "Channel cannot be reached"
    case .expiring: "Certificate about to expire"
    case .answersSilent: "Answers cannot be read"
    case .heartbeatFailed: "Heartbeat not taken"
    case .endpointGone: "Endpoint switched off"
    case .timerLost: "Timer without a rule"
    case .changeMisfit: "Approved change not in force"
    }
  }
}
