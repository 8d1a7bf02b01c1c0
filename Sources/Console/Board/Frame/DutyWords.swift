import Delivery

/// What duties are called, and how they stand. Names begin in lower case, to stand in a sentence.
enum DutyWords {
  static func name(_ name: String) -> String { names[name] ?? EnglishWords.apart(name) }

  private static let names = [
    "safe-and-well": "safe and well check", "missing-meeting": "meeting while the child is missing",
    "intervention-meeting": "meeting after repeated episodes", "category-limit": "time limit of a category",
    "parent-update": "keeping parents and carers up to date", "placement-notice": "notice of a placement",
    "record": "making the record", "core-group": "core group meeting",
  ]

  static func state(_ state: DutyState) -> String {
    switch state {
    case .open: "Open"
    case .overdue: "Overdue"
    case .fulfilled: "Done in time"
    case .late: "Done late"
    case .cancelled: "No longer owed"
    }
  }
}
