package import Delivery
import GRDB
import Routing

extension SQLiteLedger {
  package func known(_ question: KnownQuestion) async throws -> Known {
    try await read { db in
      let answered = try db.row(
        EventRows.select + " WHERE source = ? AND source_id = ?", [question.source, question.eventID]
      ).map(EventRows.record)
      let child = try Self.child(question, db)
      let childRow = try child.flatMap { try db.row("SELECT data, version, exercise FROM children WHERE id = ?", [$0]) }
      let isDrillChild = childRow.map { $0["exercise"] as Bool }
      // A real event does not build on what a drill has made up.
      let childData = isDrillChild == true && !question.isExercise ? nil : childRow
      let episode = try db.row("SELECT * FROM episodes WHERE reference = ?", [question.subject])
      let others = try child.map {
        try db.rows(
          """
          SELECT reported_at, json_extract(data, '$.episode.risk') AS risk FROM episodes
          WHERE child = ? AND reported_at IS NOT NULL AND reference <> ? AND exercise = ?
          """, [$0, question.subject, question.isExercise])
      }
      let told =
        try episode == nil
        ? []
        : db.rows(
          """
          SELECT DISTINCT role, relation, agency FROM notifications
          WHERE episode = ? AND state <> 'cancelled' AND NOT (state = 'held' AND attempts = 0)
          """, [question.subject])
      return Known(
        child: child, childData: try childData.map { try JSONValue(parsing: ($0["data"] as String).utf8) } ?? [:],
        childVersion: childRow?["version"] ?? 0,
        episodeData: try episode.map { try JSONValue(parsing: ($0["data"] as String).utf8) } ?? [:],
        episodeVersion: episode?["version"] ?? 0,
        history: EpisodeHistory(
          reportedAt: episode?.instant("reported_at"), lastReportAt: episode?.instant("last_report_at"),
          lastEndAt: episode?.instant("last_end_at"), fired: Packed.instants(episode?["fired"] ?? "")),
        others: (others ?? []).compactMap { row in
          row.instant("reported_at").map { OtherEpisode(reportedAt: $0, risk: row["risk"]) }
        },
        told: told.map { ToldRecord(role: $0["role"], relation: $0["relation"], agency: $0["agency"]) },
        retracted: try question.retracts.flatMap { try Self.retracted($0, db) }, answered: answered,
        hasLateTimers: try db.row(
          "SELECT 1 FROM timers WHERE subject = ? AND due < ? AND event <> '' LIMIT 1",
          [question.subject, question.time.milliseconds]) != nil,
        isDrillEpisode: episode.map { $0["exercise"] }, isDrillChild: isDrillChild)
    }
  }

  private static func retracted(
    _ named: KnownQuestion.Alias, _ db: Database
  ) throws -> (event: EventRecord, notifications: [NotificationRecord])? {
    guard
      let event = try db.row(EventRows.select + " WHERE source = ? AND source_id = ?", [named.source, named.id])
        .map(EventRows.record)
    else { return nil }
    let rows = try db.rows(NotificationRows.select + " WHERE event = ? ORDER BY seq", [event.id])
    return (event, rows.map(NotificationRows.record))
  }

  /// The child by alias, by name, or by the subject it was seen under before.
  private static func child(_ question: KnownQuestion, _ db: Database) throws -> String? {
    if let named = question.child {
      let candidates = question.aliases + [.init(source: question.source, id: named)]
      for alias in candidates {
        if let row = try db.row(
          "SELECT child FROM child_aliases WHERE source = ? AND alias = ? AND exercise <= ?",
          [alias.source, alias.id, question.isExercise])
        {
          return row["child"]
        }
      }
      return named
    }
    if let row = try db.row("SELECT child FROM episodes WHERE reference = ?", [question.subject]) {
      return row["child"]
    }
    return try db.row(
      "SELECT id FROM children WHERE id = ? AND exercise <= ?", [question.subject, question.isExercise])?["id"]
  }

  package func accept(_ acceptance: Acceptance) async throws -> AcceptResult {
    do {
      return try await writer.write { db in
        if let row = try db.row(
          EventRows.select + " WHERE source = ? AND source_id = ?", [acceptance.event.source, acceptance.event.id])
        {
          // A timer whose firing is on record is moved on all the same, or it would be due for ever.
          if let firing = acceptance.firing, try Self.move(firing, db) {
            try Self.write(firing, why: "fired before", at: acceptance.learnedAt, db)
          }
          return .duplicate(EventRows.record(row))
        }
        if let firing = acceptance.firing, try !Self.move(firing, db) { return .gone }
        if acceptance.firing?.timer.part != .calendar { try Self.writeKnowledge(acceptance, db) }
        try Self.writeEvent(acceptance, db)
        for notification in acceptance.notifications {
          try Self.write(notification, sender: acceptance.sender, at: acceptance.learnedAt, db)
        }
        for owed in acceptance.duties { try Self.write(owed, acceptance, db) }
        try Self.settleDuties(acceptance, db)
        try Self.retract(acceptance, db)
        try Self.keepTime(acceptance, db)
        for alarm in acceptance.alarms { try db.raise(alarm, at: acceptance.learnedAt) }
        try db.audit(
          acceptance.firing == nil ? "accepted" : "fired", acceptance.eventID,
          Packed.texts(acceptance.notifications.map(\.id)), at: acceptance.learnedAt)
        return .accepted
      }
    } catch is Stale {
      return .stale
    }
  }

  /// Somebody else changed what the decision was based on.
  private struct Stale: Error {}

  private static func writeKnowledge(_ acceptance: Acceptance, _ db: Database) throws {
    let isExercise = acceptance.event.isExercise
    let touchedChild =
      acceptance.childVersion == 0
      ? try db.change(
        "INSERT OR IGNORE INTO children (id, data, version, exercise) VALUES (?, ?, 1, ?)",
        [acceptance.child, acceptance.childData.serialized, isExercise])
      : try db.change(
        "UPDATE children SET data = ?, version = version + 1, exercise = ? WHERE id = ? AND version = ?",
        [acceptance.childData.serialized, isExercise, acceptance.child, acceptance.childVersion])
    let history = acceptance.history
    let times = [history.reportedAt, history.lastReportAt, history.lastEndAt].map { $0?.milliseconds }
    let fired = Packed.instants(history.fired)
    // Time that passes is no news.
    let heard = acceptance.firing == nil ? acceptance.learnedAt.milliseconds : nil
    let touchedEpisode =
      acceptance.episodeVersion == 0
      ? try db.change(
        """
        INSERT OR IGNORE INTO episodes (reference, child, data, version, reported_at, last_report_at, last_end_at, fired,
          exercise, heard_at) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
        """,
        [
          acceptance.event.subject, acceptance.child, acceptance.episodeData.serialized, times[0], times[1], times[2],
          fired, isExercise, heard,
        ])
      : try db.change(
        """
        UPDATE episodes SET data = ?, version = version + 1, reported_at = ?, last_report_at = ?, last_end_at = ?,
          fired = ?, heard_at = coalesce(?, heard_at)
        WHERE reference = ? AND version = ?
        """,
        [
          acceptance.episodeData.serialized, times[0], times[1], times[2], fired, heard, acceptance.event.subject,
          acceptance.episodeVersion,
        ])
    guard touchedChild == 1, touchedEpisode == 1 else { throw Stale() }
    try suspect(acceptance.event, db)
    for alias in acceptance.aliases {
      try db.change(
        """
        INSERT INTO child_aliases (source, alias, child, exercise) VALUES (?, ?, ?, ?) ON CONFLICT (source, alias)
        DO UPDATE SET child = excluded.child, exercise = 0 WHERE child_aliases.exercise = 1 AND excluded.exercise = 0
        """, [alias.source, alias.id, acceptance.child, isExercise])
    }
  }

  /// Keeps when a child was first thought to be missing before anybody has reported it. Once it has ended, only a new
  /// suspicion begins anew: much is said of a child who is back.
  private static func suspect(_ event: Event, _ db: Database) throws {
    let (time, episode) = (event.time.milliseconds, event.subject)
    switch event.type {
    case EpisodeHistory.suspicion:
      try db.change(
        """
        UPDATE episodes SET suspected_at = ?
        WHERE reference = ? AND (suspected_at IS NULL OR suspected_at <= last_end_at)
        """, [time, episode])
    case "away.ended":
      // A child who was away, and not missing after all.
      try db.change(
        "UPDATE episodes SET suspected_at = NULL WHERE reference = ? AND suspected_at <= ?", [episode, time])
    case let type where EpisodeHistory.hints.contains(type):
      try db.change(
        """
        UPDATE episodes SET suspected_at = ?
        WHERE reference = ? AND suspected_at IS NULL AND reported_at IS NULL AND last_end_at IS NULL
        """, [time, episode])
    default: return
    }
  }

  private static func writeEvent(_ acceptance: Acceptance, _ db: Database) throws {
    let event = acceptance.event
    try db.change(
      """
      INSERT INTO events (id, source, source_id, digest, type, time, learned_at, subject, child, sender, body, plan,
        warnings, notification_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        acceptance.eventID, event.source, event.id, acceptance.digest, event.type, event.time.milliseconds,
        acceptance.learnedAt.milliseconds, event.subject, acceptance.child, acceptance.sender,
        event.cloudEvent.serialized, acceptance.plan, Packed.texts(acceptance.warnings),
        acceptance.notifications.count,
      ])
  }

  static func write(_ notification: Notification, sender: String, at now: Instant, _ db: Database) throws {
    let isOpen = notification.initialState.isOpen
    let start = max(notification.notBefore ?? now, now)
    let mustWait = isOpen ? try makeWay(for: notification, start, now, db) : false
    try db.change(
      """
      INSERT INTO notifications (id, event, event_type, episode, sender, role, relation, agency, contact, lane, channels,
        destination, urgency, pressing, confirm, within, by_time, check_at, not_before, stand_ins, cites, exercise, state,
        open, due, delay, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        notification.id, notification.event, notification.eventType, notification.episode, sender,
        notification.role, notification.relation, notification.agency, notification.contact, notification.lane,
        Packed.channels(notification.channels), notification.channels.first?.destination ?? "",
        notification.urgency.rawValue, notification.isPressing, notification.confirm.rawValue,
        notification.within, notification.by?.milliseconds, isOpen ? notification.checkAt?.milliseconds : nil,
        notification.notBefore?.milliseconds, Packed.standIns(notification.standIns),
        Packed.citations(notification.citations), notification.isExercise, notification.initialState.rawValue, isOpen,
        isOpen && !mustWait ? start.milliseconds : nil, notification.headStart, now.milliseconds,
      ])
    try db.change(
      "INSERT INTO messages (notification, subject, text, html, body, csv) VALUES (?, ?, ?, ?, ?, ?)",
      [
        db.lastInsertedRowID, notification.message.subject, notification.message.text, notification.message.html,
        notification.message.body, notification.message.csv,
      ])
  }

  /// Whether an earlier message of the lane is still on its way. What has to leave now pulls those before it along, so
  /// that order is kept without making the pressing one wait for a desk to open or a long pause to end.
  private static func makeWay(
    for notification: Notification, _ start: Instant, _ now: Instant, _ db: Database
  ) throws -> Bool {
    guard try db.row("SELECT 1 FROM notifications WHERE lane = ? AND open = 1", [notification.lane]) != nil
    else { return false }
    if start <= now {
      try db.change(
        """
        UPDATE notifications SET due = CASE WHEN due IS NULL OR leased = 1 THEN due ELSE min(due, ?) END,
          not_before = NULL, state = CASE state WHEN 'scheduled' THEN 'queued' ELSE state END
        WHERE lane = ? AND open = 1
        """, [now.milliseconds, notification.lane])
    }
    return true
  }

  private static func write(_ owed: OwedDuty, _ acceptance: Acceptance, _ db: Database) throws {
    let duty = owed.duty
    try db.change(
      """
      INSERT INTO duties (id, event, episode, sender, name, role, relation, agency, by_time, target, overdue_at,
        fulfilled_by, cites, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
      """,
      [
        owed.id, acceptance.eventID, acceptance.event.subject, acceptance.sender, duty.name, duty.role.name,
        duty.relation.rawValue, duty.agency, duty.by?.milliseconds, duty.target?.milliseconds,
        duty.overdueAt(from: acceptance.event.time)?.milliseconds, Packed.texts(duty.fulfilledBy),
        Packed.citations(duty.citations),
      ])
  }

  /// Messages of the event taken back that wait are not sent (again), and its duties are not owed. If the courier has begun
  /// one of them in the meantime, the decision is made again with its recipient among those who hold it.
  private static func retract(_ acceptance: Acceptance, _ db: Database) throws {
    guard let wrong = acceptance.retracted else { return }
    let now = acceptance.learnedAt
    for stopped in acceptance.superseded {
      let touched = try db.change(
        """
        UPDATE notifications SET state = 'superseded', open = 0, due = NULL, check_at = NULL, settled_at = ?
        WHERE id = ? AND state IN ('queued', 'scheduled', 'held', 'deferred') AND leased = 0 AND attempts = ?
        """, [now.milliseconds, stopped.id, stopped.attempts])
      guard touched == 1 else { throw Stale() }
      try openLane(of: stopped.id, now, db)
      try db.audit("superseded", stopped.id, acceptance.eventID, at: now)
    }
    for duty in try db.rows("SELECT id FROM duties WHERE event = ? AND state IN ('open', 'overdue')", [wrong]) {
      try Self.settle(duty["id"], .cancelled, nil, acceptance, db)
    }
    try db.change("DELETE FROM timers WHERE event = ?", [wrong])
    // What else was said of the child still stands.
    let suspicions = ([EpisodeHistory.suspicion] + EpisodeHistory.hints.sorted()).map { "'\($0)'" }
    try db.change(
      """
      UPDATE episodes SET suspected_at = (SELECT min(time) FROM events WHERE subject = reference AND id <> ?
        AND time > coalesce(last_end_at, 0) AND type IN (\(suspicions.joined(separator: ", "))))
      WHERE reference = ? AND suspected_at = (SELECT time FROM events WHERE id = ?)
      """, [wrong, acceptance.event.subject, wrong])
    try db.audit("withdrawn", wrong, acceptance.eventID, at: now)
  }
}

extension Notification {
  /// By how many milliseconds work of this urgency yields to what is pressing; it ages past that.
  var headStart: Int64 {
    if isPressing { return 0 }
    switch urgency {
    case .immediate: return 0
    case .prompt: return 5000
    case .routine: return 60_000
    case .digest: return 120_000
    }
  }
  static let greatestHeadStart: Int64 = 120_000
}
