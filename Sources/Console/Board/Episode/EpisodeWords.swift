import Delivery
import Routing

/// What the pages of an episode say of events, acts and tones.
struct EpisodeWords {
  let routes: Routes

  var agencies: AgencyWords { AgencyWords(directory: routes.book.directory) }
  var citations: CitationWords { CitationWords(packs: routes.book.packs) }

  /// What an event is about; `purpose` as its plan names it, where time set it off.
  func headline(_ type: String, purpose: String? = nil) -> String {
    let purpose = purpose.flatMap(Purpose.init(rawValue:)) ?? .notice
    return routes.renderer.headline(of: type, purpose) ?? type
  }

  /// `good`, `bad` or nothing, as the marks of the board are called.
  static func tone(_ record: NotificationRecord) -> String {
    switch record.state {
    case .failed, .unroutable: "bad"
    case .cancelled, .superseded: ""
    default: record.state.meets(record.notification.confirm) ? "good" : record.isOverdue ? "bad" : ""
    }
  }

  static func tone(_ duty: DutyRecord) -> String {
    switch duty.state {
    case .overdue, .late: "bad"
    case .fulfilled: "good"
    case .open, .cancelled: ""
    }
  }

  /// A line of the audit that says what neither states nor receipts do; nil for the others. Who does a duty and since when
  /// is on the duty's own page.
  static func act(_ kind: String) -> String? {
    ["duty-taken", "duty-given-back"].contains(kind)
      ? nil : AuditWords.message(kind) ?? AuditWords.duty(kind) ?? timers[kind]
  }

  private static let timers = [
    "timer-passed": "A clock passed, and nothing was owed", "timer-ended": "A clock ended",
  ]
}
