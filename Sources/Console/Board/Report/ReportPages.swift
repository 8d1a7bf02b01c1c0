import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/report`: somebody reports a missing child, sees who will be told of it and why, and confirms it.
///
/// Guarantee: a report is its writer's; to anybody else it looks like what is not there. Nobody is told before somebody has
/// confirmed the very plan and data that are then sent, and however often it is confirmed it is sent once. What is said of
/// the child is in the ledger and on the page, never in an address, the audit or the log.
struct ReportPages: Sendable {
  let desk: BoardDesk
  /// Ten at once, then ten an hour, for each person.
  let confirmations = TryLimit(burst: 10, secondsForEach: 360)

  init(desk: BoardDesk) { self.desk = desk }

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/report", desk.page(.reportMissing, list, form: begin))
    router.declare("/report/:draft", desk.page(.reportMissing) { try await sentPage(try await open($0, $1), $1) })
    router.declare("/report/:draft/:part", desk.page(.reportMissing, look, form: act))
  }

  private func look(_ request: Request, _ who: SignedIn) async throws -> Response {
    let draft = try await open(request, who)
    let place = ReportPages.place(request)
    if let step = ReportStep(rawValue: place.part) { return try await followPage(step, draft, who) }
    guard draft.event == nil else { return desk.see("/report/\(draft.id)") }
    if place.part == "check" { return try await checkPage(draft, who) }
    guard let part = ReportPart(rawValue: place.part) else { throw desk.nothing(.report) }
    return partPage(part, draft, who)
  }

  private func act(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let draft = try await open(request, who)
    let place = ReportPages.place(request)
    if let step = ReportStep(rawValue: place.part) { return try await follow(step, draft, who, form) }
    guard draft.event == nil else { return desk.see("/report/\(draft.id)") }
    switch place.part {
    case "send": return try await send(draft, who, form)
    case "delete":
      _ = try await desk.ledger.deleteDraft(draft.id, of: who.person.id, at: desk.time.now())
      return desk.see("/report")
    default:
      guard let part = ReportPart(rawValue: place.part) else { throw desk.nothing(.report) }
      return try await save(part, draft, who, form)
    }
  }

  private static func place(_ request: Request) -> (draft: String, part: String) {
    let parts = request.uri.path.split(separator: "/").map(String.init)
    return (parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : "")
  }

  // Drafts.

  /// The events that reports become are the gateway's own.
  var source: String { "\(desk.gate.place.address.text)/report" }

  /// The person's own report. One that was sent just before the gateway stopped is known by its event.
  private func open(_ request: Request, _ who: SignedIn) async throws -> ReportDraft {
    let id = ReportPages.place(request).draft
    let now = desk.time.now()
    guard let draft = try await desk.ledger.draft(id, of: who.person.id, at: now) else { throw desk.nothing(.report) }
    guard draft.event == nil, let event = try await desk.ledger.eventRecord(source: source, id: id) else {
      return draft
    }
    return try await close(draft, as: event, who)
  }

  func close(_ draft: ReportDraft, as event: EventRecord, _ who: SignedIn) async throws -> ReportDraft {
    let now = desk.time.now()
    let sent = SentReport(event: event.id, child: event.child, likeness: answers(draft, who).likeness)
    _ = try await desk.ledger.closeDraft(draft.id, of: who.person.id, as: sent, at: now)
    guard let closed = try await desk.ledger.draft(draft.id, of: who.person.id, at: now) else {
      throw desk.nothing(.report)
    }
    return closed
  }

  func answers(_ draft: ReportDraft, _ who: SignedIn) -> ReportAnswers {
    ReportAnswers(draft.answers, ReportChoices(desk.routes, for: who.person), at: desk.time.now())
  }

  private func list(_ request: Request, _ who: SignedIn) async throws -> Response {
    let all = try await desk.ledger.drafts(of: who.person.id, limit: 50, at: desk.time.now())
    let drafts = all.filter { $0.event == nil }.map { draft -> [String: Any] in
      var values: [String: Any] = [
        "go": desk.link("/report/\(draft.id)/check"), "changed": LondonWords.moment(draft.changedAt),
        "ends": LondonWords.moment(draft.changedAt.advanced(bySeconds: ReportDraft.lifetime)),
      ]
      let name = [draft.answers["given"], draft.answers["family"]].compactMap(\.self).joined(separator: " ")
      if !name.isEmpty { values["about"] = name }
      return values
    }
    let sent = all.compactMap { draft -> [String: Any]? in
      guard draft.event != nil, let at = draft.sentAt else { return nil }
      return [
        "go": desk.link("/report/\(draft.id)"), "reference": Identifiers.reference(draft: draft.id),
        "at": LondonWords.moment(at),
      ]
    }
    var values: [String: Any] = ["begin": desk.link("/report"), "days": "\(ReportDraft.lifetime / 86_400)"]
    if !drafts.isEmpty { values["drafts"] = ["list": drafts] }
    if !sent.isEmpty { values["sent"] = ["list": sent] }
    return desk.show("Report a missing child", "report", values, to: who, in: .report)
  }

  private func begin(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let now = desk.time.now()
    let id = Identifiers.draft(of: who.person.id, at: now.milliseconds)
    let beginning = ReportChoices(desk.routes, for: who.person).beginning
    try await desk.ledger.beginDraft(id, of: who.person.id, beginning, at: now)
    return desk.see("/report/\(id)/\(ReportPart.child.rawValue)")
  }

  private func save(
    _ part: ReportPart, _ draft: ReportDraft, _ who: SignedIn, _ form: PageForm
  ) async throws -> Response {
    var answers = Dictionary(part.names.map { ($0, form[$0]) }, uniquingKeysWith: { first, _ in first })
    answers[part.mark] = "yes"
    let isKept = try await desk.ledger.answer(draft.id, of: who.person.id, answers, at: desk.time.now())
    guard isKept else { return desk.see("/report/\(draft.id)") }
    let next = form["then"] == "check" ? nil : part.next
    return desk.see("/report/\(draft.id)/\(next?.rawValue ?? "check")")
  }

  private func partPage(_ part: ReportPart, _ draft: ReportDraft, _ who: SignedIn) -> Response {
    let answers = answers(draft, who)
    let problems = draft.answers[part.mark] == nil ? [] : answers.problems.filter { $0.part == part }
    var values: [String: Any] = [
      "action": desk.link("/report/\(draft.id)/\(part.rawValue)"),
      "fields": part.fields.map { $0.values(answers, problem: problems.first(of: $0)) },
      "ways": ways(draft, here: part), "ends": until(draft),
    ]
    if part == .child { values["urgent"] = true }
    if let intro = part.intro { values["intro"] = intro }
    if !problems.isEmpty { values["problems"] = ["list": problems.map { ["go": "#\($0.field)", "says": $0.says] }] }
    return desk.show("Report a missing child: \(part.title)", "report-part", values, to: who, in: .report)
  }

  func ways(_ draft: ReportDraft, here: ReportPart?) -> [[String: Any]] {
    ReportPart.allCases.map { part in
      ["go": desk.link("/report/\(draft.id)/\(part.rawValue)"), "words": part.title, "isHere": part == here]
    } + [["go": desk.link("/report/\(draft.id)/check"), "words": "Check and send", "isHere": here == nil]]
  }

  func until(_ draft: ReportDraft) -> String {
    LondonWords.moment(draft.changedAt.advanced(bySeconds: ReportDraft.lifetime))
  }
}

extension [ReportProblem] {
  func first(of field: ReportField) -> String? { first { $0.field == field.name }?.says }
}
