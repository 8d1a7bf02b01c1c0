import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// Checking a report, seeing from the plan who will be told, and sending it.
extension ReportPages {
  /// A report as it would be sent now, and by whom.
  struct Letter {
    let document: JSONValue
    let sender: Sender
  }

  /// Nil while something is wrong with the answers.
  func letter(_ draft: ReportDraft, _ answers: ReportAnswers, _ who: SignedIn) async throws -> Letter? {
    guard answers.problems.isEmpty else { return nil }
    let known =
      if let likeness = answers.likeness { try await desk.ledger.reportedChild(likeness) } else { String?.none }
    let data = answers.data(child: known ?? Identifiers.child(draft: draft.id), isNew: known == nil)
    guard let sender = answers.choices.sender(for: data) else { return nil }
    let document = answers.step.document(
      of: draft.id, isFirst: true, source: source, at: desk.time.now(), data)
    return Letter(document: document, sender: sender)
  }

  func plan(_ letter: Letter, _ who: SignedIn) async throws -> ReportPlan {
    do {
      let preview = try await desk.intake.preview(letter.document, from: letter.sender)
      return ReportPlan(preview, of: letter.document, to: who.person, at: desk.time.now())
    } catch let refusal as IntakeRefusal { throw refused(refusal) }
  }

  func checkPage(
    _ draft: ReportDraft, _ who: SignedIn, hasChanged: Bool = false
  ) async throws -> Response {
    let answers = answers(draft, who)
    let parts = ReportPart.allCases.map { part -> [String: Any] in
      let said = part.fields.compactMap { field -> [String: Any]? in
        answers.words(field).map { ["name": field.label, "value": $0] }
      }
      var values: [String: Any] = [
        "title": part.title, "go": desk.link("/report/\(draft.id)/\(part.rawValue)"),
        "change": "Change: \(part.title.lowercased())",
      ]
      if !said.isEmpty { values["said"] = ["facts": said] }
      return values
    }
    var values: [String: Any] = [
      "parts": parts, "ways": ways(draft, here: nil), "ends": until(draft),
      "delete": desk.link("/report/\(draft.id)/delete"),
    ]
    if let letter = try await letter(draft, answers, who) {
      let plan = try await plan(letter, who)
      values["plan"] = plan.values(isFirst: true)
      values["action"] = desk.link("/report/\(draft.id)/send")
      values["back"] = desk.link("/report/\(draft.id)/\(ReportPart.child.rawValue)")
      if answers.step == .suspected { values["policeFirst"] = true }
      if hasChanged { values["hasChanged"] = true }
    } else {
      values["problems"] = [
        "list": answers.problems.map {
          ["go": desk.link("/report/\(draft.id)/\($0.part.rawValue)#\($0.field)"), "says": $0.says]
        }
      ]
    }
    return desk.show(
      "Check the report, and see who will be told", "report-check", values, to: who, in: .report,
      status: hasChanged ? .conflict : .ok)
  }

  func send(_ draft: ReportDraft, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    guard let letter = try await letter(draft, answers(draft, who), who) else {
      return desk.see("/report/\(draft.id)/check")
    }
    let plan = try await plan(letter, who)
    guard plan.digest == form["plan"], plan.count > 0 else { return try await checkPage(draft, who, hasChanged: true) }
    try await confirm(letter, who)
    if let event = try await desk.ledger.eventRecord(source: source, id: draft.id) {
      _ = try await close(draft, as: event, who)
    }
    return desk.see("/report/\(draft.id)")
  }

  /// Takes the event, with a line of the audit before it that says who confirmed it. Taken before is as good.
  func confirm(_ letter: Letter, _ who: SignedIn) async throws {
    let now = desk.time.now()
    if let seconds = confirmations.take(who.person.id, at: now) { throw ReportPages.tooMany(seconds) }
    let event = Identifiers.event(source: source, id: letter.document["id"]?.text ?? "")
    let detail = "\(letter.document["type"]?.text ?? "") by \(who.person.label) \(who.person.id)"
    try await desk.ledger.record([AccessEntry(kind: "report-confirmed", identifier: event, detail: detail)], at: now)
    do { _ = try await desk.intake.submit(letter.document, from: letter.sender) } catch let refusal as IntakeRefusal {
      if case .conflict = refusal { return }
      throw refused(refusal)
    }
  }

  private static func tooMany(_ seconds: Int) -> Page {
    var page = Page.notice(
      .tooManyRequests, "That were many reports in a short time",
      [
        "Nothing has been sent now, and the draft is kept. You can send the next one in \(seconds / 60 + 1) minutes.",
        "Do not wait: ring 101 and report the child to the police, and 999 if there is immediate danger.",
      ])
    page.retryAfter = seconds
    return page
  }

  private func refused(_ refusal: IntakeRefusal) -> Page {
    let again = (desk.link("/report"), "Report a missing child")
    let ring = "Ring 101 and report the child to the police, and 999 if there is immediate danger."
    switch refusal {
    case .forbidden:
      return .notice(
        .forbidden, "This child is not yours to report here", ["Nobody has been told, and the draft is kept.", ring],
        go: again)
    case .invalid(let problems):
      let places = problems.map { "\($0.pointer) \($0.reason)" }.joined(separator: "; ")
      return .notice(
        .unprocessableContent, "This report cannot be sent",
        ["Nobody has been told, and the draft is kept. What is wrong: \(places).", ring], go: again)
    case .conflict, .busy:
      return .notice(
        .serviceUnavailable, "This did not work",
        ["Nobody has been told, and the draft is kept. Try again in a moment.", ring], go: again)
    }
  }
}
