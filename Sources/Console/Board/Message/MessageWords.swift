/// What only the page of one message says.
enum MessageWords {
  /// What came of an attempt.
  static func result(_ result: String) -> String {
    switch result {
    case "accepted": "Taken"
    case "deferred": "Not now"
    case "rejected": "Refused for good"
    case "waiting": "On the call desk"
    default: result
    }
  }

  /// A line of the audit that says what attempts and receipts do not; nil for one that does not.
  static func happening(_ kind: String) -> String? {
    kind == "acknowledged" ? "Acknowledged" : AuditWords.message(kind)
  }

  /// What is in the audit as done by a person, with their reason.
  static func isByHand(_ kind: String) -> Bool {
    kind.hasPrefix("operator-") || kind.hasPrefix("call-") && kind != "call-overdue" || kind == "acknowledged"
  }
}
