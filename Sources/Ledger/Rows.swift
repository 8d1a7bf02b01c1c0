import Delivery
import GRDB
import Routing

/// How an event's row becomes a record.
enum EventRows {
  static let select = """
    SELECT id, source, source_id, digest, type, time, learned_at, subject, child, sender, plan, warnings,
      notification_count FROM events
    """

  static func record(_ row: Row) -> EventRecord {
    EventRecord(
      id: row["id"], source: row["source"], sourceID: row["source_id"], digest: row["digest"], type: row["type"],
      time: row.requiredInstant("time"), learnedAt: row.requiredInstant("learned_at"), subject: row["subject"],
      child: row["child"], sender: row["sender"], plan: row["plan"],
      warnings: Packed.texts(row["warnings"] as String), notificationCount: row["notification_count"])
  }
}

/// How a notification's row, joined with its message, becomes a value. Columns are read by position: by name each would be
/// looked for in every row.
enum NotificationRows {
  private enum Column: Int, CaseIterable {
    case id, event, eventType, episode, role, relation, agency, contact, channels, urgency, pressing, confirm, by
    case checkAt, notBefore, within, standIns, cites, exercise, state, due, attempts, tries, channelIndex,
      closedChannels, takenChannels, overdue, rung
    case createdAt, releasedAt, settledAt, fence, leased, seq, subject, text, html, body, csv, number

    var name: String {
      switch self {
      case .eventType: "event_type"
      case .by: "by_time"
      case .checkAt: "check_at"
      case .standIns: "stand_ins"
      case .notBefore: "not_before"
      case .channelIndex: "channel_index"
      case .closedChannels: "closed_channels"
      case .takenChannels: "taken_channels"
      case .createdAt: "created_at"
      case .releasedAt: "released_at"
      case .settledAt: "settled_at"
      default: String(describing: self)
      }
    }

    var isWord: Bool { [.subject, .text, .html, .body].contains(self) }
  }

  static let select =
    "SELECT \(Column.allCases.map(\.name).joined(separator: ", ")) FROM notifications "
    + "JOIN messages ON messages.notification = notifications.seq"

  /// The same without what recipients read, for many at once: a photograph makes a message large.
  static let selectWithoutWords =
    "SELECT \(Column.allCases.map { $0.isWord ? "''" : $0 == .csv ? "NULL" : $0.name }.joined(separator: ", ")) "
    + "FROM notifications"

  private static func text(_ row: Row, _ column: Column) -> String { row[column.rawValue] }
  private static func optional(_ row: Row, _ column: Column) -> String? { row[column.rawValue] }
  private static func number(_ row: Row, _ column: Column) -> Int { row[column.rawValue] }
  private static func flag(_ row: Row, _ column: Column) -> Bool { row[column.rawValue] }
  private static func instant(_ row: Row, _ column: Column) -> Instant? {
    (row[column.rawValue] as Int64?).map { Instant(milliseconds: $0) }
  }

  static func sequence(_ row: Row) -> Int64 { row[Column.seq.rawValue] }
  static func id(_ row: Row) -> String { text(row, .id) }
  static func recipient(_ row: Row) -> Recipient? { Recipient(agency: optional(row, .agency), role: text(row, .role)) }
  /// The place among its recipient's messages; nil while it has none.
  static func number(of row: Row) -> Int64? { row[Column.number.rawValue] }
  /// Milliseconds; half an hour for what an earlier version wrote, which knew of no such time.
  static func within(_ row: Row) -> Int64 {
    let kept: Int64 = row[Column.within.rawValue]
    return kept > 0 ? kept : 1_800_000
  }
  static func isLeased(_ row: Row) -> Bool { flag(row, .leased) }
  static func channels(_ row: Row) -> [Channel] { Packed.channels(text(row, .channels)) }

  static func notification(_ row: Row) -> Notification {
    Notification(
      id: text(row, .id), event: text(row, .event), eventType: text(row, .eventType), episode: text(row, .episode),
      role: text(row, .role), relation: text(row, .relation), agency: optional(row, .agency),
      contact: optional(row, .contact), channels: channels(row),
      urgency: Urgency(rawValue: number(row, .urgency)) ?? .prompt,
      isPressing: flag(row, .pressing), confirm: Confirmation(rawValue: number(row, .confirm)) ?? .accepted,
      within: row[Column.within.rawValue], by: instant(row, .by), checkAt: instant(row, .checkAt),
      notBefore: instant(row, .notBefore),
      citations: Packed.citations(text(row, .cites)),
      message: Message(
        subject: text(row, .subject), text: text(row, .text), html: text(row, .html), body: text(row, .body),
        csv: optional(row, .csv)),
      isExercise: flag(row, .exercise), standIns: Packed.standIns(text(row, .standIns)), initialState: state(row))
  }

  static func state(_ row: Row) -> NotificationState { NotificationState(rawValue: text(row, .state)) ?? .queued }

  static func progress(_ row: Row) -> DeliveryProgress {
    DeliveryProgress(
      attempts: number(row, .attempts), tries: number(row, .tries), channelIndex: number(row, .channelIndex),
      closedChannels: UInt64(bitPattern: row[Column.closedChannels.rawValue] as Int64), isOverdue: flag(row, .overdue),
      rung: number(row, .rung),
      takenChannels: UInt64(bitPattern: row[Column.takenChannels.rawValue] as Int64))
  }

  /// The lease that this row gives once its fence has been raised.
  static func lease(_ row: Row, _ number: RecipientNumber?) -> Lease {
    Lease(
      notification: notification(row), fence: (row[Column.fence.rawValue] as Int64) + 1, delivery: progress(row),
      createdAt: [instant(row, .createdAt), instant(row, .releasedAt)].compactMap { $0 }.max(), number: number)
  }

  static func record(_ row: Row) -> NotificationRecord {
    NotificationRecord(
      notification: notification(row), state: state(row), delivery: progress(row), due: instant(row, .due),
      createdAt: instant(row, .createdAt) ?? Instant(milliseconds: 0), settledAt: instant(row, .settledAt),
      isOverdue: flag(row, .overdue), isUnderWay: isLeased(row))
  }
}

enum DutyRows {
  static func record(_ row: Row) -> DutyRecord {
    DutyRecord(
      id: row["id"], event: row["event"], episode: row["episode"], name: row["name"], role: row["role"],
      relation: row["relation"], agency: row["agency"], by: row.instant("by_time"), target: row.instant("target"),
      state: DutyState(rawValue: row["state"]) ?? .open, fulfilledAt: row.instant("fulfilled_at"),
      wasOverdue: row["was_overdue"],
      citations: Packed.citations(row["cites"] as String))
  }
}
