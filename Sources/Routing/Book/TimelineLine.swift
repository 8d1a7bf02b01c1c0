/// One line of a case that was played: what became owed, met or late, when, and why (contract, "simulate --json").
package struct TimelineLine: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case tell, duty, reminder, escalation, report, fulfilled, overdue, cancelled, note, timer
  }

  package struct Cause: Sendable, Equatable {
    package init(step: Int?, timer: String?) {
      self.step = step
      self.timer = timer
    }

    /// The timeline entry that caused it, or that started the timer; nil for the calendar.
    package let step: Int?
    /// The span that passed, where a timer caused it.
    package let timer: String?
  }

  package let at: Instant
  package let kind: Kind
  package let cause: Cause
  /// Somebody looks after the child; otherwise responsible and holding mean the area.
  package var isLookedAfter = false
  package var role: String?
  package var relation: Relation?
  package var agency: String?
  package var via: String?
  package var isUnroutable = false
  package var duty: String?
  package var citations: [Citation]
  package var by: Instant?
  package var target: Instant?
  package var share: ShareSet?
  package var urgency: Urgency?
  package var confirm: Confirmation?
  package var isHeld = false
  package var notBefore: Instant?
  package var note: String?

  init(_ tell: Tell, _ purpose: Purpose, about: Duty?, at: Instant, _ cause: Cause) {
    self.at = at
    switch purpose {
    case .notice: kind = .tell
    case .reminder: kind = .reminder
    case .escalation: kind = .escalation
    case .report: kind = .report
    }
    duty = about?.name
    self.cause = cause
    role = tell.role.name
    relation = tell.relation
    agency = tell.agency
    via = tell.contact?.via?.name
    isUnroutable = tell.contact == nil
    citations = tell.citations
    by = tell.by
    share = tell.share
    urgency = tell.urgency
    confirm = tell.confirm
    isHeld = tell.gate != nil
    notBefore = tell.notBefore
    note = tell.gate.map { "held: \($0.decidedBy?.name ?? "a person") decides (\($0.section))" }
  }

  init(_ duty: Duty, _ kind: Kind, at: Instant, _ cause: Cause) {
    self.at = at
    self.kind = kind
    self.cause = cause
    role = duty.role.name
    relation = duty.relation
    agency = duty.agency
    self.duty = duty.name
    citations = duty.citations
    by = duty.by
    target = duty.target
  }

  /// A line of a plan's document, as ledgers keep it.
  package init(_ kind: Kind, _ document: JSONValue, at: Instant, _ cause: Cause, _ vocabulary: Vocabulary) {
    self.at = at
    self.kind = kind
    self.cause = cause
    role = document["role"]?.text
    relation = document["of"]?.text.flatMap(Relation.init(rawValue:))
    agency = document["agency"]?.text
    via = document["via"]?.text
    isUnroutable = document["unroutable"] == true
    duty = document["duty"]?.text
    citations = (document["cites"]?.items ?? []).map { Citation($0) }
    by = document["by"]?.text.flatMap(Instant.init(rfc3339:))
    target = document["target"]?.text.flatMap(Instant.init(rfc3339:))
    if let names = document["share"]?.items { share = try? vocabulary.share(names.compactMap(\.text)).get() }
    urgency = document["urgency"]?.text.flatMap(Urgency.init(name:))
    confirm = document["confirm"]?.text.flatMap(Confirmation.init(name:))
    notBefore = document["notBefore"]?.text.flatMap(Instant.init(rfc3339:))
    if let held = document["held"] {
      isHeld = true
      note = "held: \(held["decidedBy"]?.text ?? "a person") decides (\(held["section"]?.text ?? ""))"
    }
  }

  init(_ note: Note, at: Instant, _ cause: Cause) {
    self.at = at
    kind = .note
    self.cause = cause
    citations = [note.citation]
    self.note = note.says
  }

  init(_ timer: TimerStart, at: Instant, _ cause: Cause) {
    self.at = at
    kind = .timer
    self.cause = cause
    citations = timer.citations
    by = timer.at
  }

  /// The line as the contract prints it. Notes and timers that start are no lines there.
  package func document(_ vocabulary: Vocabulary) -> JSONValue? {
    guard kind != .note, kind != .timer else { return nil }
    func unique(_ names: [String]) -> JSONValue {
      var seen = Set<String>()
      return .array(names.filter { seen.insert($0).inserted }.map(JSONValue.string))
    }
    var causes: [String: JSONValue] = [:]
    if let step = cause.step { causes["step"] = .number(Double(step)) }
    if let timer = cause.timer { causes["timer"] = .string(timer) }
    var members: [String: JSONValue] = [
      "at": .string(at.rfc3339), "kind": .string(kind.rawValue), "role": .optional(role),
      "of": .optional(relation?.rawValue), "agency": .optional(agency), "duty": .optional(duty),
      "packs": unique(citations.map(\.pack)), "rules": unique(citations.map(\.rule)),
      "cites": .array(citations.map(\.document)), "by": .optional(by?.rfc3339), "held": .bool(isHeld),
      "notBefore": .optional(notBefore?.rfc3339), "cause": .object(causes), "note": .optional(note),
    ]
    if let share { members["share"] = .array(vocabulary.names(of: share).map(JSONValue.string)) }
    if let urgency { members["urgency"] = .string(urgency.name) }
    if let confirm { members["confirm"] = .string(confirm.name) }
    if let target { members["target"] = .string(target.rfc3339) }
    if let via { members["via"] = .string(via) }
    if isUnroutable { members["unroutable"] = true }
    return .object(members)
  }
}
