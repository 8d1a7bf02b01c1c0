package import Delivery
import GRDB
package import Routing

/// Timers, and what their firing and other events do to duties.
extension SQLiteLedger {
  package func dueTimers(at now: Instant, subject: String?, limit: Int) async throws -> [TimerRecord] {
    try await read { db in
      let order = "ORDER BY due, subject, rule, part, about LIMIT ?"
      let rows =
        if let subject {
          try db.rows(
            "SELECT * FROM timers WHERE subject = ? AND due <= ? AND event <> '' \(order)",
            [subject, now.milliseconds, limit])
        } else {
          try db.rows("SELECT * FROM timers WHERE due <= ? \(order)", [now.milliseconds, limit])
        }
      return rows.map(Self.timer)
    }
  }

  static func timer(_ row: Row) -> TimerRecord {
    TimerRecord(
      sequence: row["seq"], subject: row["subject"], rule: row["rule"], pack: row["pack"],
      part: TimerPart(row["part"] as String) ?? .rule, about: row["about"], event: row["event"], sender: row["sender"],
      startedAt: row.requiredInstant("started_at"), number: row["number"], due: row.requiredInstant("due"),
      isExercise: row["exercise"])
  }

  package func pass(_ firing: Firing, at now: Instant, why: String, alarm: Alarm?) async throws -> Bool {
    try await writer.write { db in
      guard try Self.move(firing, db) else { return false }
      try Self.write(firing, why: why, at: now, db)
      if let alarm { try db.raise(alarm, at: now) }
      return true
    }
  }

  /// Puts on record a firing that made nothing owed.
  static func write(_ firing: Firing, why: String, at now: Instant, _ db: Database) throws {
    let timer = firing.timer
    try db.audit(
      firing.next == nil ? "timer-ended" : "timer-passed", timer.event.isEmpty ? timer.subject : timer.event,
      "\(timer.rule) \(timer.part) \(timer.number): \(why)", at: now)
  }

  /// Sets a timer to its next firing or ends it. False if it is not where the decision saw it: somebody else has fired it,
  /// or an event has stopped it or set it anew.
  static func move(_ firing: Firing, _ db: Database) throws -> Bool {
    let timer = firing.timer
    let seen: [(any DatabaseValueConvertible)?] = [timer.sequence, timer.number, timer.due.milliseconds]
    guard let next = firing.next else {
      return try db.change("DELETE FROM timers WHERE seq = ? AND number = ? AND due = ?", seen) == 1
    }
    return try db.change(
      "UPDATE timers SET number = number + 1, due = ? WHERE seq = ? AND number = ? AND due = ?",
      [next.milliseconds] + seen) == 1
  }

  package func keepCalendar(_ entries: [CalendarEntry], at now: Instant) async throws {
    try await writer.write { db in
      func key(_ rule: String, _ party: String) -> String { "\(rule) \(party)" }
      let wanted = Set(entries.map { key($0.rule, $0.party) })
      for row in try db.rows("SELECT seq, subject, rule FROM timers WHERE part = 'calendar'")
      where !wanted.contains(key(row["rule"], row["subject"])) {
        try db.change("DELETE FROM timers WHERE seq = ?", [row["seq"] as Int64])
        try db.audit("timer-ended", row["subject"], "\(row["rule"] as String): no longer in force", at: now)
      }
      for entry in entries {
        try db.change(
          """
          INSERT OR IGNORE INTO timers (subject, rule, pack, part, about, event, sender, started_at, number, due, exercise)
          VALUES (?, ?, ?, 'calendar', '', '', ?, ?, 1, ?, 0)
          """,
          [
            entry.party, entry.rule, entry.pack, Event.timeSource, now.milliseconds, entry.due.milliseconds,
          ])
      }
    }
  }

  /// Starts, sets anew and stops the timers that an accepted event concerns.
  static func keepTime(_ acceptance: Acceptance, _ db: Database) throws {
    let event = acceptance.event
    for rule in acceptance.stoppedRules {
      try db.change("DELETE FROM timers WHERE subject = ? AND rule = ? AND part = ''", [event.subject, rule])
    }
    for start in acceptance.timers {
      try write(start.rule, start.pack, .rule, about: "", due: start.at, acceptance, db)
    }
    for owed in acceptance.duties {
      for followUp in owed.duty.followUps {
        try write(followUp.rule, followUp.pack, followUp.part, about: owed.id, due: followUp.at, acceptance, db)
      }
    }
  }

  private static func write(
    _ rule: String, _ pack: String, _ part: TimerPart, about: String, due: Instant, _ acceptance: Acceptance,
    _ db: Database
  ) throws {
    let event = acceptance.event
    try db.change(
      """
      INSERT INTO timers (subject, rule, pack, part, about, event, sender, started_at, number, due, exercise)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
      ON CONFLICT (subject, rule, part, about) DO UPDATE SET pack = excluded.pack, event = excluded.event,
        sender = excluded.sender, started_at = excluded.started_at, number = 1, due = excluded.due
      """,
      [
        event.subject, rule, pack, part.description, about, acceptance.eventID, acceptance.sender,
        event.time.milliseconds, due.milliseconds, event.isExercise,
      ])
  }

  /// Duties of the episode that this event fulfils, whose limit it ends, or that nobody owes any more. What is late stays
  /// late for ever, and what was overdue stays marked so.
  static func settleDuties(_ acceptance: Acceptance, _ db: Database) throws {
    let open = try db.rows(
      """
      SELECT id, overdue_at, fulfilled_by, cites FROM duties
      WHERE episode = ? AND state IN ('open', 'overdue') AND event <> ?
      """,
      [acceptance.event.subject, acceptance.eventID])
    for row in open {
      let rules = Packed.citations(row["cites"] as String).map(\.rule)
      let time = acceptance.event.time
      if Packed.texts(row["fulfilled_by"] as String).contains(acceptance.event.type)
        || rules.contains(where: acceptance.endedRules.contains)
      {
        let isLate = row.instant("overdue_at").map { time > $0 } ?? false
        try settle(row["id"], isLate ? .late : .fulfilled, time, acceptance, db)
      } else if rules.allSatisfy(acceptance.lapsedRules.contains) {
        try settle(row["id"], .cancelled, nil, acceptance, db)
      }
    }
  }

  /// A duty comes to its end, and with it its reminders and its ladder.
  static func settle(
    _ duty: String, _ state: DutyState, _ fulfilledAt: Instant?, _ acceptance: Acceptance, _ db: Database
  ) throws {
    try db.change(
      "UPDATE duties SET state = ?, fulfilled_at = ? WHERE id = ?", [state.rawValue, fulfilledAt?.milliseconds, duty])
    try db.change("DELETE FROM timers WHERE about = ? AND about <> ''", [duty])
    try db.audit(
      state == .cancelled ? "duty-cancelled" : "duty-fulfilled", duty, acceptance.eventID, at: acceptance.learnedAt)
  }

  package func nextDeadline() async throws -> Instant? {
    try await read { db in
      try [
        "SELECT min(check_at) AS at FROM notifications WHERE check_at IS NOT NULL",
        "SELECT min(overdue_at) AS at FROM duties WHERE state = 'open' AND overdue_at IS NOT NULL",
        "SELECT min(due) AS at FROM timers",
      ].compactMap { try db.row($0)?.instant("at") }.min()
    }
  }

  package func takeOverdue(at now: Instant, limit: Int) async throws -> Overdue {
    try await writer.write { db in
      let unconfirmed = try db.rows(
        NotificationRows.select + " WHERE check_at IS NOT NULL AND check_at <= ? ORDER BY check_at, seq LIMIT ?",
        [now.milliseconds, limit])
      var alarms: [Alarm] = []
      var moved = 0
      for row in unconfirmed {
        let step = try Self.escalate(row, now, db)
        alarms += step.alarms.map { $0.marked(NotificationRows.notification(row).isExercise) }
        moved += step.isMoved ? 1 : 0
      }
      let duties = try db.rows(
        """
        SELECT seq, id, EXISTS (SELECT 1 FROM episodes WHERE reference = episode AND exercise = 1) AS exercise
        FROM duties WHERE state = 'open' AND overdue_at IS NOT NULL AND overdue_at <= ?
        ORDER BY overdue_at, seq LIMIT ?
        """, [now.milliseconds, limit])
      for row in duties {
        try db.change("UPDATE duties SET state = 'overdue', was_overdue = 1 WHERE seq = ?", [row["seq"] as Int64])
        let alarm = Alarm(kind: .overdue, identifier: row["id"], text: "the duty is not fulfilled in time")
        alarms.append(alarm.marked(row["exercise"]))
        try db.audit("duty-overdue", row["id"], "", at: now)
      }
      for alarm in alarms { try db.raise(alarm, at: now) }
      return Overdue(alarms: alarms, moved: moved, isFull: unconfirmed.count == limit || duties.count == limit)
    }
  }

  package func completeDuty(_ id: String, at now: Instant, by actor: String, evidence: String) async throws -> Bool {
    try await writer.write { db in
      let touched = try db.change(
        """
        UPDATE duties SET state = CASE WHEN overdue_at < ? THEN 'late' ELSE 'fulfilled' END, fulfilled_at = ?
        WHERE id = ? AND state IN ('open', 'overdue')
        """, [now.milliseconds, now.milliseconds, id])
      guard touched == 1 else { return false }
      try db.change("DELETE FROM timers WHERE about = ? AND about <> ''", [id])
      try db.audit("duty-completed", id, "\(actor): \(evidence)", at: now)
      return true
    }
  }
}
