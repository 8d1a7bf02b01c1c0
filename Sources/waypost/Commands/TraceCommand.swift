import ArgumentParser
import Delivery
import Ledger
import Routing

struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "The timeline of an event, an episode, a notification or a duty: what was owed, tried and received.")
  @Argument(help: "The id of an event (ev-…), a notification (nt-…) or a duty (du-…), or an episode's reference.")
  var id: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let ledger = try openLedger(data)
    var lines: [(at: Instant, text: String)] = []
    if let record = try await ledger.notification(id) {
      lines = try await timeline(of: record, ledger)
    } else if let event = try await ledger.event(id) {
      lines = try await timeline(of: event, ledger)
    } else if let episode = try await ledger.episode(id) {
      for event in episode.events { lines += try await timeline(of: event, ledger) }
    } else if let duty = try await ledger.duty(id) {
      let owedAt = try await ledger.event(duty.event)?.learnedAt ?? Instant(milliseconds: 0)
      lines = try await [(owedAt, words(duty))] + timeline(of: duty, ledger)
    } else {
      throw Ending.because(Complaint("Nothing is called \(id)."), Ending.failed)
    }
    for line in lines.sorted(by: { $0.at < $1.at }) { Output.line("\(line.at.rfc3339)  \(line.text)") }
  }

  private func timeline(of event: EventRecord, _ ledger: SQLiteLedger) async throws -> [(at: Instant, text: String)] {
    var lines =
      event.type == Event.timePassed
      ? [(event.learnedAt, try fired(event))]
      : [
        (event.time, "\(event.type) happened"),
        (event.learnedAt, "\(event.type) about \(event.subject) accepted from \(event.sender) as \(event.id)"),
      ]
    for record in try await ledger.notifications(NotificationFilter(event: event.id, limit: 1000)) {
      lines += try await timeline(of: record, ledger)
    }
    for duty in try await ledger.duties(DutyFilter(event: event.id, limit: 1000)) {
      lines.append((event.learnedAt, words(duty)))
      lines += try await timeline(of: duty, ledger)
    }
    return lines
  }

  /// What time set off, why, and by how much it was late.
  private func fired(_ event: EventRecord) throws -> String {
    let cause = try JSONValue(parsing: event.plan.utf8)["cause"] ?? [:]
    var late = ""
    if case .number(let seconds)? = cause["lateBySeconds"] { late = ", \(Int(seconds)) s late" }
    let span = cause["timer"]?.text.map { "\($0) passed: " } ?? ""
    return
      "\(span)\(cause["rule"]?.text ?? "a timer") fired for \(event.time.rfc3339) about \(event.subject) as \(event.id)\(late)"
  }

  private func words(_ duty: DutyRecord) -> String {
    let by = duty.by.map { " by \($0.rfc3339)" } ?? ""
    let overdue = duty.wasOverdue && duty.state != .overdue ? ", was overdue" : ""
    return "\(duty.id) \(duty.name) of \(duty.agency ?? "?") \(duty.role)\(by): \(duty.state.rawValue)\(overdue)"
  }

  private func timeline(of duty: DutyRecord, _ ledger: SQLiteLedger) async throws -> [(at: Instant, text: String)] {
    try await ledger.audit(of: duty.id).map { ($0.at, "\(duty.id) \(duty.name): \($0.kind) \($0.detail)") }
  }

  /// Lines of the audit that say what attempts do not.
  private static let telling: Set = [
    "overdue", "unconfirmed", "escalated", "passed-on", "superseded", "lease-lost", "call-taken", "call-failed",
    "call-overdue",
  ]

  private func timeline(of record: NotificationRecord, _ ledger: SQLiteLedger) async throws -> [(
    at: Instant, text: String
  )] {
    let notification = record.notification
    let who = "\(notification.id) \(notification.agency ?? "?") \(notification.role)"
    let why = notification.citations.map { "\($0.pack) \($0.section)" }.joined(separator: ", ")
    var lines = [(record.createdAt, "\(who): owed (\(why)); now \(record.state.rawValue)")]
    lines += try await ledger.attempts(of: notification.id).map {
      ($0.at, "\(who): attempt \($0.number) by \($0.channel): \($0.result), \($0.words)")
    }
    lines += try await ledger.audit(of: notification.id).filter {
      $0.kind.hasPrefix("operator-") || TraceCommand.telling.contains($0.kind)
    }
    .map { ($0.at, "\(who): \($0.kind) \($0.detail)") }
    lines += try await ledger.receipts(of: notification.id).filter { ![.queued, .accepted].contains($0.receipt.kind) }
      .map { ($0.at, "\(who): \($0.receipt.kind.rawValue) (\($0.receipt.source.rawValue)), \($0.receipt.evidence)") }
    return lines
  }
}
