import Delivery
import Routing

/// Lines of the audit and alarms in words. Each begins in upper case.
enum AuditWords {
  /// What happened to a message besides attempts and receipts; nil for what these say.
  static func message(_ kind: String) -> String? {
    switch kind {
    case "escalated": "Nobody confirmed it in time, so the next was asked"
    case "overdue": "Nobody took it in time"
    case "unconfirmed": "Nobody confirmed it in time, and nobody is left to ask"
    case "passed-on": "Later news to the same recipient took its place"
    case "superseded": "Taken back: the event behind it was withdrawn"
    case "lease-lost": "An attempt was cut off, and is made again"
    case "call-taken": "The call card was taken"
    case "call-made": "Somebody rang and told them"
    case "call-failed": "Somebody rang and could tell nobody"
    case "call-overdue": "The call card waited too long"
    case "operator-retry": "Tried again by hand"
    case "operator-hold": "Held back by hand"
    case "operator-release": "Released by hand"
    case "operator-cancel": "Cancelled by hand"
    case "operator-send-on": "Sent to another contact by hand"
    default: nil
    }
  }

  /// What became of a duty; nil for what does not belong to its history.
  static func duty(_ kind: String) -> String? {
    switch kind {
    case "duty-overdue": "The deadline passed"
    case "duty-taken": "Taken on"
    case "duty-given-back": "Given back"
    case "duty-completed": "Completed"
    case "duty-fulfilled": "Fulfilled by what was reported"
    case "duty-cancelled": "No longer owed: the report behind it was taken back, or the child is no longer missing"
    default: nil
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
