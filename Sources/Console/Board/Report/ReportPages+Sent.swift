import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// A report that was sent: for whom it is on its way, and what its writer can say of it later.
extension ReportPages {
  func sentPage(_ draft: ReportDraft, _ who: SignedIn) async throws -> Response {
    guard let id = draft.event else { return desk.see("/report/\(draft.id)/check") }
    guard let first = try await desk.ledger.event(id) else { throw desk.nothing(.report) }
    let now = desk.time.now()
    let reference = Identifiers.reference(draft: draft.id)
    let hasEnded = try await desk.ledger.episode(reference)?.endedAt != nil
    var events = [first]
    for step in [ReportStep.reported, .returned] {
      let id = step.id(of: draft.id, isFirst: false)
      if let event = try await desk.ledger.eventRecord(source: source, id: id) { events.append(event) }
    }
    var messages: [[String: Any]] = []
    for event in events { messages.append(try await told(of: event, who)) }
    var values: [String: Any] = [
      "reference": reference, "events": messages, "sentAt": LondonWords.moment(draft.sentAt ?? now),
      "all": desk.link("/report"),
    ]
    if hasEnded {
      values["hasEnded"] = true
    } else {
      values["back"] = desk.link("/report/\(draft.id)/\(ReportStep.returned.rawValue)")
      if first.type == ReportStep.suspected.type, events.count == 1 {
        values["police"] = desk.link("/report/\(draft.id)/\(ReportStep.reported.rawValue)")
      }
    }
    return desk.show(
      "Report \(reference)", "report-sent", values, to: who, in: .report,
      follows: who.scope == .everything, episode: reference)
  }

  /// For whom an event is on its way: roles, agencies and states. What became of the family's messages is for people
  /// whom no agency limits.
  private func told(of event: EventRecord, _ who: SignedIn) async throws -> [String: Any] {
    let records = try await desk.ledger.notifications(NotificationFilter(event: event.id, limit: 1000))
    let agencies = AgencyWords(directory: desk.routes.book.directory)
    let seesFamily = who.scope == .everything
    let rows = records.filter { seesFamily || !$0.notification.role.hasPrefix("family.") }.map { record in
      let state = ReportWords.state(record.state)
      return [
        "role": ReportWords.role(record.notification.role).raisingFirst, "state": state.words, "isBad": state.isBad,
        "agency": record.notification.agency.map(agencies.name) ?? "-",
      ] as [String: Any]
    }
    let step = ReportStep.allCases.first { $0.type == event.type }
    var values: [String: Any] = [
      "about": step?.told ?? "Who was told", "at": LondonWords.moment(event.learnedAt), "id": "told-\(event.id)",
    ]
    if !rows.isEmpty { values["rows"] = ["list": rows] }
    return values
  }

  // What is said later.

  /// Whether a step is still to be said of a report that was sent.
  private func isOpen(_ step: ReportStep, _ draft: ReportDraft) async throws -> Bool {
    guard let event = draft.event, let first = try await desk.ledger.event(event),
      try await desk.ledger.episode(first.subject)?.endedAt == nil
    else { return false }
    let id = step.id(of: draft.id, isFirst: false)
    guard try await desk.ledger.eventRecord(source: source, id: id) == nil else { return false }
    return step == .returned || step == .reported && first.type == ReportStep.suspected.type
  }

  func followPage(_ step: ReportStep, _ draft: ReportDraft, _ who: SignedIn) async throws -> Response {
    guard try await isOpen(step, draft) else { return desk.see("/report/\(draft.id)") }
    if step == .returned { return askWhen(draft, "", nil, who) }
    return try await planPage(step, draft, follower(step, draft, at: desk.time.now(), who), typed: "", who)
  }

  func follow(
    _ step: ReportStep, _ draft: ReportDraft, _ who: SignedIn, _ form: PageForm
  ) async throws -> Response {
    guard try await isOpen(step, draft) else { return desk.see("/report/\(draft.id)") }
    let now = desk.time.now()
    var time = now
    if step == .returned {
      guard let at = AnswerForm.instant(form["at"]) else {
        return askWhen(draft, form["at"], "Enter a date with a time, such as \(AnswerForm.typed(now))", who)
      }
      guard at <= now.advanced(bySeconds: 300) else {
        return askWhen(draft, form["at"], "This time has not come yet. Enter when the child came back", who)
      }
      // As typed, to the minute; an end before the report would end nothing.
      let reportedAt = try await lastReport(draft) ?? at
      guard at.advanced(bySeconds: 60) > reportedAt else {
        return askWhen(
          draft, form["at"], "You reported the child missing after that, on \(LondonWords.moment(reportedAt))", who)
      }
      time = max(at, reportedAt)
    }
    let letter = follower(step, draft, at: time, who)
    guard !form["plan"].isEmpty else { return try await planPage(step, draft, letter, typed: form["at"], who) }
    guard try await plan(letter, who).digest == form["plan"] else {
      return try await planPage(step, draft, letter, typed: form["at"], who, hasChanged: true)
    }
    try await confirm(letter, who)
    return desk.see("/report/\(draft.id)")
  }

  /// When the person's own last word of the episode says that the child was missing.
  private func lastReport(_ draft: ReportDraft) async throws -> Instant? {
    guard let event = draft.event, let first = try await desk.ledger.event(event) else { return nil }
    return try await desk.ledger.episode(first.subject)?.events.filter { $0.source == source }.map(\.time).max()
  }

  /// The report is the person's own, so that no area has to be named again.
  private func follower(_ step: ReportStep, _ draft: ReportDraft, at time: Instant, _ who: SignedIn) -> Letter {
    let data: JSONValue = step == .reported ? ["episode": ["reportedToPolice": true]] : [:]
    return Letter(
      document: step.document(of: draft.id, isFirst: false, source: source, at: time, data),
      sender: Sender(name: who.person.id, authorities: [], types: [step.type]))
  }

  private func askWhen(_ draft: ReportDraft, _ typed: String, _ problem: String?, _ who: SignedIn) -> Response {
    let now = desk.time.now()
    var values: [String: Any] = [
      "action": desk.link("/report/\(draft.id)/\(ReportStep.returned.rawValue)"),
      "at": typed.isEmpty ? AnswerForm.typed(now) : typed, "report": desk.link("/report/\(draft.id)"),
    ]
    if let problem {
      values["atProblem"] = problem
      values["problems"] = ["list": [["go": "#at", "says": problem]]]
    }
    return desk.show(
      "The child is back", "report-back", values, to: who, in: .report,
      status: problem == nil ? .ok : .unprocessableContent)
  }

  private func planPage(
    _ step: ReportStep, _ draft: ReportDraft, _ letter: Letter, typed: String, _ who: SignedIn,
    hasChanged: Bool = false
  ) async throws -> Response {
    var values: [String: Any] = [
      "plan": try await plan(letter, who).values(isFirst: false), "at": typed,
      "action": desk.link("/report/\(draft.id)/\(step.rawValue)"), "back": desk.link("/report/\(draft.id)"),
    ]
    if hasChanged { values["hasChanged"] = true }
    if step == .returned, let at = AnswerForm.instant(typed) { values["backAt"] = LondonWords.moment(at) }
    return desk.show(
      step == .returned ? "The child is back: who will be told" : "The police have been told: who else will be",
      "report-follow", values, to: who, in: .report, status: hasChanged ? .conflict : .ok)
  }
}
