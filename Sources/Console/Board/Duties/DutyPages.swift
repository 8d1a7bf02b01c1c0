import Delivery
import Hummingbird
import Routing

/// What agencies owe: lists of duties, and one with its history, where somebody takes it on or says that it is done.
///
/// Guarantee: nobody sees a duty that is not theirs to see; whatever is done is in the audit with the person; and what is
/// late stays late, whenever it is said to have been done.
struct DutyPages: Sendable {
  let desk: BoardDesk

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/duties", desk.page(.seeBoard, list))
    router.declare("/duties/:id", desk.page(.seeBoard, one, form: act, may: .completeDuties))
  }

  // The lists.

  /// As `show` of the address names them.
  private enum List: String, CaseIterable {
    case open, overdue, mine, done

    func question(_ who: SignedIn) -> DutyQuestion.Which {
      switch self {
      case .open: .open
      case .overdue: .overdue
      case .mine: .held(by: who.person.id)
      case .done: .done
      }
    }

    func words(_ who: SignedIn) -> String {
      switch self {
      case .open: who.person.agencies.isEmpty ? "All open" : "My team's"
      case .overdue: "Overdue"
      case .mine: "Mine"
      case .done: "Done"
      }
    }

    var nothing: String {
      switch self {
      case .open: "Nothing is owed."
      case .overdue: "Nothing is overdue."
      case .mine: "You have taken on no duty that is still open."
      case .done: "No duty has been done yet."
      }
    }
  }

  /// Duties on one page of a list.
  private static let pageLength = 50

  private func list(_ request: Request, _ who: SignedIn) async throws -> Response {
    let query = request.uri.queryParameters
    let list = query["show"].flatMap { List(rawValue: String($0)) } ?? .open
    let page = min(max(1, query["page"].flatMap { Int($0) } ?? 1), 10_000)
    let found = try await desk.ledger.duties(
      DutyQuestion(
        list.question(who), scope: who.scope, offset: (page - 1) * DutyPages.pageLength,
        limit: DutyPages.pageLength + 1))
    let lists = List.allCases.filter { $0 != .mine || who.person.may(.completeDuties) }
    let place = { (list: List, page: Int) in
      desk.link("/duties?show=\(list.rawValue)\(page > 1 ? "&page=\(page)" : "")")
    }
    var values: [String: Any] = [
      "lists": lists.map { ["go": place($0, 1), "words": $0.words(who), "isHere": $0 == list] as [String: Any] },
      "heading": list.words(who),
      "duties": found.prefix(DutyPages.pageLength).map { summary($0, who) },
      "nothing": list.nothing, "isEmpty": found.isEmpty,
    ]
    if page > 1 { values["earlier"] = place(list, page - 1) }
    if found.count > DutyPages.pageLength { values["later"] = place(list, page + 1) }
    return desk.show("Duties", "duties", values, to: who, in: .duties, follows: true)
  }

  /// What a list and the page of one duty both say of it.
  private func summary(_ duty: DeskDuty, _ who: SignedIn) -> [String: Any] {
    let now = desk.time.now()
    let (record, book) = (duty.record, desk.routes.book)
    let citations = CitationWords(packs: book.packs)
    var values: [String: Any] = [
      "go": desk.link(BoardPath.duty(record.id)), "what": DutyWords.name(record.name).raisingFirst,
      "reference": record.episode, "episodePage": desk.link(BoardPath.episode(record.episode)),
      "owner": AgencyWords(directory: book.directory).recipient(record.role, record.agency).raisingFirst,
      "says": citations.rules(record.citations),
      "sections": citations.sections(record.citations).map {
        ["words": $0.words, "go": desk.link(BoardPath.pack($0.pack))]
      },
      "state": DutyWords.state(record.state), "isOverdue": record.state == .overdue,
      "isBad": record.state == .overdue || record.state == .late, "isGood": record.state == .fulfilled,
      "isOwed": duty.isOwed, "isDrill": duty.isExercise,
    ]
    if let by = record.by { values["deadline"] = timeValues(by, at: now) }
    if let target = record.target, target != record.by { values["aim"] = timeValues(target, at: now) }
    if let done = record.fulfilledAt { values["doneOn"] = timeValues(done, at: now) }
    if let holder = duty.holder {
      values["held"] = [
        "by": holder.person == who.person.id ? "you" : holder.label, "since": LondonWords.moment(holder.takenAt),
      ]
    }
    return values
  }

  // One duty.

  private func one(_ request: Request, _ who: SignedIn) async throws -> Response {
    let duty = try await find(request, who)
    try await desk.viewed("duty", duty.record.id, request, by: who)
    return try await show(duty, who)
  }

  private func find(_ request: Request, _ who: SignedIn) async throws -> DeskDuty {
    let part = request.uri.path.split(separator: "/").last.map(String.init) ?? ""
    guard let id = part.removingPercentEncodingStrictly, let duty = try await desk.ledger.duty(id, in: who.scope)
    else { throw desk.nothing(.duties) }
    return duty
  }

  private func show(_ duty: DeskDuty, _ who: SignedIn, after form: DutyForm? = nil) async throws -> Response {
    let now = desk.time.now()
    let record = duty.record
    var values = summary(duty, who)
    if let form { values.merge(form.values) { $1 } }
    let event = try await desk.ledger.event(record.event)
    var history = event.map { [(at: $0.learnedAt, says: "Became owed")] } ?? []
    history += try await desk.ledger.audit(of: record.id).compactMap { entry in
      DutyPages.history(entry, to: who.person).map { (at: entry.at, says: $0) }
    }
    values["history"] = history.map { at, says in
      ["machine": at.rfc3339, "words": LondonWords.moment(at), "says": says]
    }
    if duty.isOwed, who.person.may(.completeDuties) {
      values["mayAct"] = true
      values["latest"] = AnswerForm.typed(now)
      values["isMine"] = duty.holder?.person == who.person.id
      values["holder"] = duty.holder?.person ?? ""
      if let holder = duty.holder, holder.person != who.person.id { values["other"] = holder.label }
    }
    return desk.show(
      "\(DutyWords.name(record.name).raisingFirst), \(record.episode)", "duties-one", values, to: who, in: .duties,
      follows: true,
      episode: record.episode, status: form == nil ? .ok : .unprocessableContent)
  }

  private func act(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let duty = try await find(request, who)
    let (id, now) = (duty.record.id, desk.time.now())
    guard let form = DutyForm(form, at: now) else { throw Page.strangeForm(page: desk.link("/me")) }
    guard form.problems.isEmpty else { return try await show(duty, who, after: form) }
    let isDone =
      switch form.step {
      case .complete:
        try await desk.ledger.completeDuty(
          id, at: now, by: "\(who.person.label) \(who.person.id)", evidence: form.evidence)
      case .take:
        try await desk.ledger.takeDuty(id, by: who.person, from: form.holder, why: form.reason, at: now)
      case .giveBack: try await desk.ledger.giveBackDuty(id, by: who.person, why: form.reason, at: now)
      }
    guard isDone else { throw faster(id) }
    if form.step == .complete { desk.answering.wake() }
    return desk.see(BoardPath.duty(id))
  }

  /// Who did what a person does; what happened by itself needs no name. An agency's people learn that it was done, and of
  /// who did it and what they wrote only what is their own.
  private static func history(_ entry: AuditEntry, to person: Person) -> String? {
    let isByHand = ["duty-taken", "duty-given-back", "duty-completed"].contains(entry.kind)
    let isShown = person.agencies.isEmpty || entry.detail.hasPrefix("\(person.label) \(person.id)")
    return AuditWords.duty(entry.kind).map { isByHand && isShown ? "\($0) by \(entry.detail)" : $0 }
  }

  private func faster(_ id: String) -> Page {
    .notice(
      .conflict, "Somebody was faster",
      ["The duty is no longer as your page showed it. Nothing has been recorded. Look at it again."],
      go: (desk.link(BoardPath.duty(id)), "The duty as it is now"))
  }
}
