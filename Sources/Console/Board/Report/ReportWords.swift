import Delivery
import Routing

/// What a carer or a school reads in other words than people at the board.
enum ReportWords {
  /// As everywhere, but that whoever reads this is the one who reports.
  static func role(_ name: String) -> String {
    name == "family.reporter" ? "you, as whoever reports" : RoleWords.name(name)
  }

  /// A group of the vocabulary's `share`. It is what the writer agrees to before it leaves, so that it is said in full; where
  /// protocols are read (`PlainWords.shared`) it is one of many in a sentence.
  static func share(_ group: String) -> String { groups[group] ?? group }

  private static let groups = [
    "status": "that the child is missing, and since when", "identity": "name, date of birth and sex",
    "description": "what the child looks like", "photograph": "a photograph, where there is one",
    "circumstances": "the circumstances", "last-seen": "when and where the child was last seen",
    "risk": "the risks", "medical": "health", "associates": "friends, phone and places",
    "placement": "where the child is placed", "history": "earlier episodes", "education": "the school",
    "legal": "the legal status", "plan": "the child's plan", "interview-outcome": "what came of return interviews",
    "contact-details": "the address and contacts",
  ]

  /// Not `StateWords`: a reporter is told whether it is on its way, and neither how nor what the recipient's systems or
  /// people at the gateway did, and that operators see to what fails.
  static func state(_ state: NotificationState) -> (words: String, isBad: Bool) {
    switch state {
    case .queued, .deferred: ("On its way", false)
    case .scheduled: ("Leaves when the desk opens", false)
    case .held: ("A person decides first", false)
    case .accepted: ("Sent", false)
    case .delivered: ("Arrived", false)
    case .read: ("Read", false)
    case .acknowledged: ("Taken on", false)
    case .cancelled, .superseded: ("Withdrawn", false)
    case .failed: ("Not delivered: the gateway's operators are alerted", true)
    case .unroutable: ("Nobody is on record: the gateway's operators are alerted", true)
    }
  }
}
