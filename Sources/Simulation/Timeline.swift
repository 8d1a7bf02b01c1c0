import Delivery
package import Ledger
package import Routing

/// Reads back from a ledger what became owed, met or late, in the order in which it was written down.
///
/// Guarantee: nothing but the audit, the plans and the duties it names is looked at; what is not on record is no line.
package enum Timeline {
  package static func lines(of ledger: SQLiteLedger, _ vocabulary: Vocabulary) async throws -> [TimelineLine] {
    var reader = TimelineReader(ledger: ledger, vocabulary: vocabulary)
    var last: Int64 = 0
    while case let entries = try await ledger.audit(after: last, limit: 1000), let end = entries.last {
      for entry in entries { try await reader.read(entry) }
      last = end.sequence
    }
    return reader.lines
  }
}

private struct TimelineReader {
  let ledger: SQLiteLedger
  let vocabulary: Vocabulary
  var lines: [TimelineLine] = []
  /// Which step of the case an event was, or came from.
  private var steps: [String: Int] = [:]

  init(ledger: SQLiteLedger, vocabulary: Vocabulary) {
    self.ledger = ledger
    self.vocabulary = vocabulary
  }

  mutating func read(_ entry: AuditEntry) async throws {
    switch entry.kind {
    case "accepted", "fired":
      guard let event = try await ledger.event(entry.identifier) else { return }
      try await add(event)
    case "duty-overdue": try await settled(.overdue, entry, at: entry.at)
    case "duty-fulfilled", "duty-cancelled":
      guard let event = try await ledger.event(entry.detail) else { return }
      try await settled(entry.kind == "duty-fulfilled" ? .fulfilled : .cancelled, entry, at: event.time)
    default: return
    }
  }

  private mutating func add(_ event: EventRecord) async throws {
    let plan = try JSONValue(parsing: event.plan.utf8)
    let started = plan.at(["cause", "startedBy"])?.text
    let step =
      started.map { steps[$0] } ?? (event.sourceID.hasPrefix("step-") ? Int(event.sourceID.dropFirst(5)) : nil)
    steps[event.id] = step
    let cause = TimelineLine.Cause(step: step, timer: plan.at(["cause", "timer"])?.text)
    let kind: TimelineLine.Kind =
      switch plan["purpose"]?.text.flatMap(Purpose.init(rawValue:)) ?? .notice {
      case .notice: .tell
      case .reminder: .reminder
      case .escalation: .escalation
      case .report: .report
      }
    let about = plan.at(["cause", "about", "duty"])?.text
    for (kind, list) in [(kind, "tells"), (.duty, "duties")] {
      for document in plan[list]?.items ?? [] {
        var line = TimelineLine(kind, document, at: event.time, cause, vocabulary)
        line.isLookedAfter = plan["lookedAfter"] == true
        if kind != .duty { line.duty = about }
        lines.append(line)
      }
    }
  }

  private mutating func settled(_ kind: TimelineLine.Kind, _ entry: AuditEntry, at instant: Instant) async throws {
    guard let duty = try await ledger.duty(entry.identifier) else { return }
    let cause = TimelineLine.Cause(step: steps[duty.event] ?? nil, timer: nil)
    lines.append(TimelineLine(kind, duty.timelineDocument, at: instant, cause, vocabulary))
  }
}

extension DutyRecord {
  fileprivate var timelineDocument: JSONValue {
    [
      "duty": .string(name), "role": .string(role), "of": .string(relation), "agency": .optional(agency),
      "by": .optional(by?.rfc3339), "target": .optional(target?.rfc3339), "cites": .array(citations.map(\.document)),
    ]
  }
}
