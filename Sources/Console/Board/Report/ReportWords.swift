import Delivery
import Routing

/// Roles, agencies, groups of information and states as a carer or a school reads them.
enum ReportWords {
  /// An agency of the directory by its name; another authority by its slug, in words.
  static func agency(_ id: String, _ directory: Directory) -> String {
    directory.agency(id)?.name ?? id.split(separator: "-").map(capital).joined(separator: " ")
  }

  static func role(_ name: String) -> String {
    if let own = roles[name] { return own }
    let parts = name.split(separator: ".", maxSplits: 1).map { $0.split(separator: "-").joined(separator: " ") }
    guard parts.count == 2 else { return capital(Substring(parts.joined())) }
    return "\(categories[parts[0]] ?? capital(Substring(parts[0]))), \(parts[1])"
  }

  private static let categories = ["childrens services": "Children's services", "national": "National body"]
  private static let roles = [
    "iro": "Independent reviewing officer", "school": "School office",
    "family.parents": "Parents, or whoever has "
      + "parental responsibility", "family.reporter": "You, as whoever reports", "family.child": "The child",
    "police.emergency": "Police, 999", "placing-authority": "The authority that placed the child, missing lead",
    "placing-authority.assistant-director": "The authority that placed the child, assistant director",
    "host-authority": "The authority where the child is placed, missing lead",
    "other-authorities": "Other authorities",
    "childrens-services.out-of-hours":
      "Children's services, out-of-hours team", "care.placement": "The placement",
    "care.provider": "The placement's management", "education.missing-education": "Children missing education team",
  ]

  /// A group of the vocabulary's `share`.
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

  static func duty(_ name: String) -> String { capital(Substring(name.split(separator: "-").joined(separator: " "))) }

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

  private static func capital(_ word: Substring) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
