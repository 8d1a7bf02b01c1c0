import Delivery
import GRDB
import Routing

/// How an event's row becomes a record.
enum EventRows {
  static let select = """
    SELECT id, source, source_id, digest, type, time, learned_at, subject, child, sender, plan, warnings,
      notification_count FROM events
    """

  static func record(_ row: Row) throws -> EventRecord {
    EventRecord(
      id: row["id"], source: row["source"], sourceID: row["source_id"], digest: row["digest"], type: row["type"],
      time: row.requiredInstant("time"), learnedAt: row.requiredInstant("learned_at"), subject: row["subject"],
      child: row["child"], sender: row["sender"], plan: row["plan"],
      warnings: try Packed.texts(row["warnings"] as String), notificationCount: row["notification_count"])
  }
}

/// How a notification's row, joined with its message, becomes a value.
enum NotificationRows {
  static let select = "SELECT * FROM notifications JOIN messages ON messages.notification = notifications.seq"

  static func notification(_ row: Row) throws -> Notification {
    Notification(
      id: row["id"], event: row["event"], eventType: row["event_type"], episode: row["episode"], role: row["role"],
      relation: row["relation"], agency: row["agency"], contact: row["contact"],
      channels: try Packed.channels(row["channels"] as String),
      urgency: Urgency(rawValue: row["urgency"]) ?? .prompt, isPressing: row["pressing"],
      confirm: Confirmation(rawValue: row["confirm"]) ?? .accepted, by: row.instant("by_time"),
      overdueAt: row.instant("overdue_at"), notBefore: row.instant("not_before"),
      citations: try Packed.citations(row["cites"] as String),
      message: Message(subject: row["subject"], text: row["text"], html: row["html"], body: row["body"]),
      isExercise: row["exercise"], initialState: NotificationState(rawValue: row["state"]) ?? .queued)
  }

  static func progress(_ row: Row) -> DeliveryProgress {
    DeliveryProgress(
      attempts: row["attempts"], tries: row["tries"], channelIndex: row["channel_index"],
      closedChannels: UInt64(bitPattern: row["closed_channels"] as Int64), isOverdue: row["overdue"])
  }

  static func record(_ row: Row) throws -> NotificationRecord {
    NotificationRecord(
      notification: try notification(row), state: NotificationState(rawValue: row["state"]) ?? .queued,
      delivery: progress(row), due: row.instant("due"), createdAt: row.requiredInstant("created_at"),
      settledAt: row.instant("settled_at"), isOverdue: row["overdue"])
  }
}

enum DutyRows {
  static func record(_ row: Row) throws -> DutyRecord {
    DutyRecord(
      id: row["id"], event: row["event"], episode: row["episode"], name: row["name"], role: row["role"],
      relation: row["relation"], agency: row["agency"], by: row.instant("by_time"), target: row.instant("target"),
      state: DutyState(rawValue: row["state"]) ?? .open, fulfilledAt: row.instant("fulfilled_at"),
      citations: try Packed.citations(row["cites"] as String))
  }
}
