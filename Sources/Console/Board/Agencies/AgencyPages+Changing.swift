import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// Editing a desk: one proposes, another decides.
///
/// Guarantee: nothing about a desk changes unless a second person has seen, line by line, what will; and what is taken into
/// use has passed the checks that the directory's files pass.
extension AgencyPages {
  // Proposing.

  private func place(_ request: Request, _ who: SignedIn) throws -> (agency: Agency, desk: Desk) {
    let agency = try agency(request, who)
    guard let role = parts(request).last, let desk = agency.desks.values.first(where: { $0.role.name == role }) else {
      throw self.desk.nothing(.agencies)
    }
    return (agency, desk)
  }

  func form(_ request: Request, _ who: SignedIn) async throws -> Response {
    let (agency, own) = try place(request, who)
    return show(DeskForm(own.entry, at: own.place), own, agency, who)
  }

  private func show(
    _ form: DeskForm, _ own: Desk, _ agency: Agency, _ who: SignedIn, status: HTTPResponse.Status = .ok
  ) -> Response {
    var values = form.values(in: directory)
    values["action"] = link(agency.id, "/desks/\(FormText.encoded(own.role.name))")
    values["back"] = link(agency.id)
    values["agency"] = agency.name
    values["role"] = own.role.name
    return desk.show(
      "Propose a change of \(own.name)", "agencies-form", values, to: who, in: .agencies, status: status)
  }

  func propose(_ request: Request, _ who: SignedIn, _ sent: PageForm) async throws -> Response {
    let (agency, own) = try place(request, who)
    var form = DeskForm(sent, over: own.entry, in: directory)
    guard form.version == DeskForm.version(of: own.entry) else {
      throw conflict("\(own.name) has changed since you opened the form", agency.id)
    }
    let change = DeskChange(
      number: 0, place: own.place, before: own.entry, after: form.entry(over: own.entry, at: own.place))
    if form.problems.isEmpty, change.after == change.before { form.say("name", "Nothing is different from now") }
    if form.problems.isEmpty {
      do { _ = try await tried(change) } catch let problems as RouteProblems { form.say(problems) }
    }
    guard form.problems.isEmpty else { return show(form, own, agency, who, status: .unprocessableContent) }
    let proposal = DirectoryProposal(
      place: change.place, before: change.before, after: change.after, reason: form.reason)
    guard let number = try await desk.ledger.propose(proposal, by: who.editor, at: desk.time.now()) else {
      throw conflict("Another change of \(own.name) waits for a decision", agency.id)
    }
    return desk.see(AgencyPages.path(agency.id, "/changes/\(number)"))
  }

  /// The directory as it would be with one more change. Throws `RouteProblems` as the reader has them.
  private func tried(_ change: DeskChange) async throws -> Directory {
    let proposal = DeskChange(number: 0, place: change.place, before: change.before, after: change.after)
    return try desk.routes.book.laying(try await desk.ledger.approvedChanges() + [proposal]).directory
  }

  // One change.

  private func known(_ request: Request, _ who: SignedIn) async throws -> DirectoryChange {
    let parts = parts(request)
    guard parts.count >= 3, let number = Int64(parts[2]), let change = try await desk.ledger.directoryChange(number),
      change.change.place.agency == parts[0], who.sees(agency: parts[0])
    else { throw desk.nothing(.agencies) }
    return change
  }

  func change(_ request: Request, _ who: SignedIn) async throws -> Response {
    try await show(try await known(request, who), who)
  }

  private func show(
    _ change: DirectoryChange, _ who: SignedIn, _ problem: String? = nil, status: HTTPResponse.Status = .ok
  ) async throws -> Response {
    let place = change.change.place
    let mayEdit = who.person.may(.editDirectory)
    let own = directory.agency(place.agency)?.desks.values.first { $0.role.name == place.role }
    let isCurrent = own?.entry == change.change.before
    let diff = DeskDiff(change.change.before, change.change.after, of: place, in: directory, whole: mayEdit)
    let waiting = try await figures(of: [place.agency])[place.agency]?.waiting[place.role] ?? 0
    let isOwn = change.proposedBy.id == who.person.id
    let isOpen = change.state == .proposed
    var values = self.values(change).merging(diff.values) { own, _ in own }
    values["facts"] = facts(change)
    values["back"] = link(place.agency)
    values["agency"] = AgencyWords(directory: directory).name(place.agency)
    values["stands"] = DirectoryWords.standing(change, directory.standings[change.number], isCurrent: isCurrent)
    values["owed"] = DirectoryWords.owed(waiting)
    if change.state == .approved, let misfit = directory.misfits[change.number] {
      // A reason may quote an address.
      values["misfit"] = ["isSaid": mayEdit, "reasons": misfit.map { ["says": "\($0.reason). \($0.remedy)."] }]
    }
    let path = desk.link(AgencyPages.changePath(change))
    if isOpen, mayEdit, isOwn { values["withdraw"] = "\(path)/withdraw" }
    if isOpen, mayEdit, !isOwn {
      values["refuse"] = "\(path)/refuse"
      if isCurrent { values["approve"] = "\(path)/approve" }
    }
    if isOpen, !mayEdit { values["others"] = true }
    if change.state == .approved || change.state == .carried {
      values["probe"] = "waypost probe \(place.agency)"
      if mayEdit { values["yaml"] = DeskEntry.yaml(change.change.after, role: place.role) }
    }
    if let problem {
      values.merge(problemValues([("reason", problem)])) { $1 }
    }
    return desk.show(
      values["title"] as? String ?? "Change \(change.number)", "agencies-change", values, to: who, in: .agencies,
      status: status)
  }

  private func facts(_ change: DirectoryChange) -> [[String: String]] {
    let decided = change.decidedBy.flatMap { by in
      change.decidedAt.map { "By \(by.label) on \(LondonWords.moment($0))" }
    }
    return factValues([
      ("State", DirectoryWords.state(change.state)), ("Role", change.change.place.role),
      ("Proposed", "By \(change.proposedBy.label) on \(LondonWords.moment(change.proposedAt))"),
      ("Why", change.reason),
      ("Decided", decided), ("Why so decided", change.decision.isEmpty ? nil : change.decision),
    ])
  }

  // Deciding.

  func approve(_ request: Request, _ who: SignedIn, _ sent: PageForm) async throws -> Response {
    let change = try await known(request, who)
    let place = change.change.place
    try mayDecide(change, who)
    let own = directory.agency(place.agency)?.desks.values.first { $0.role.name == place.role }
    guard own?.entry == change.change.before else {
      // Whoever presses twice finds the desk changed by their own approval, which stays.
      guard try await desk.ledger.conclude(change.number, .overtaken, from: [.proposed], at: desk.time.now()) else {
        throw decided(change)
      }
      throw conflict("The desk has changed since this was proposed", place.agency)
    }
    do { _ = try await tried(change.change) } catch let problems as RouteProblems {
      throw conflict("The change does not fit the directory any more", place.agency, problems.problems.map(\.reason))
    }
    try await decide(change, .approve, who)
    try await DirectoryInForce(ledger: desk.ledger, inUse: desk.intake.inUse, logger: desk.intake.logger)
      .lay(at: desk.time.now())
    return desk.see(AgencyPages.changePath(change))
  }

  func refuse(_ request: Request, _ who: SignedIn, _ sent: PageForm) async throws -> Response {
    let change = try await known(request, who)
    try mayDecide(change, who)
    if let problem = BoardReason.problem(sent["reason"]) {
      return try await show(change, who, problem, status: .unprocessableContent)
    }
    try await decide(change, .refuse(reason: sent["reason"]), who)
    return desk.see(AgencyPages.changePath(change))
  }

  func withdraw(_ request: Request, _ who: SignedIn, _ sent: PageForm) async throws -> Response {
    let change = try await known(request, who)
    guard change.proposedBy.id == who.person.id else { throw notTheirs(change, "withdraw", "somebody else's") }
    if let problem = BoardReason.problem(sent["reason"]) {
      return try await show(change, who, problem, status: .unprocessableContent)
    }
    try await decide(change, .withdraw(reason: sent["reason"]), who)
    return desk.see(AgencyPages.changePath(change))
  }

  private func mayDecide(_ change: DirectoryChange, _ who: SignedIn) throws {
    if change.proposedBy.id == who.person.id { throw notTheirs(change, "decide", "your own") }
    guard change.state == .proposed else { throw decided(change) }
  }

  private func decide(_ change: DirectoryChange, _ decision: DirectoryDecision, _ who: SignedIn) async throws {
    switch try await desk.ledger.decide(change.number, decision, by: who.editor, at: desk.time.now()) {
    case .done: return
    case .notOpen: throw decided(change)
    case .notTheirs: throw notTheirs(change, "decide", "your own")
    }
  }

  // Pages that say why not.

  private func notTheirs(_ change: DirectoryChange, _ what: String, _ whose: String) -> Page {
    .notice(
      .forbidden, "You may not \(what) this change",
      [
        "It is \(whose) proposal. A change of the directory takes two people: one proposes it, and another one who may "
          + "edit the directory approves or refuses it.", "Nothing was done.",
      ], go: (desk.link(AgencyPages.changePath(change)), "The change"))
  }

  private func decided(_ change: DirectoryChange) -> Page {
    .notice(
      .conflict, "This change is decided already", ["Somebody was faster than you. Nothing was done."],
      go: (desk.link(AgencyPages.changePath(change)), "What was decided"))
  }

  private func conflict(_ title: String, _ agency: String, _ more: [String] = []) -> Page {
    .notice(
      .conflict, title,
      more + ["Nothing was changed. Look at the desk as it is now, and propose anew if it is needed."],
      go: (link(agency), "The agency"))
  }
}

extension Desk {
  var place: DeskPlace { DeskPlace(agency: agency, role: role.name) }
}

/// Sentences about changes of the directory.
enum DirectoryWords {
  static func state(_ state: DirectoryChange.State) -> String {
    switch state {
    case .proposed: "Waits for a second person"
    case .approved: "Approved"
    case .refused: "Refused"
    case .withdrawn: "Withdrawn"
    case .overtaken: "Overtaken by the directory's files"
    case .carried: "Now in the directory's files"
    }
  }

  /// Whether it counts, and if not, why.
  static func standing(_ change: DirectoryChange, _ standing: ChangeStanding?, isCurrent: Bool) -> String {
    switch change.state {
    case .proposed where isCurrent:
      "Nothing has changed yet. Somebody who did not propose it has to approve it."
    case .proposed:
      "The desk has changed since this was proposed, so that it can no longer be approved. It can be proposed anew."
    case .approved where standing == .misfit:
      "It is not in force: it does not fit the directory's files any more. Messages go to the contacts from before it."
    case .approved where standing == .laid: "It counts: whatever becomes owed from now on goes this way."
    case .approved:
      "It does not count yet: the gateway could not take it into use. Have it read the routes again (SIGHUP)."
    case .refused, .withdrawn: "Nothing has changed."
    case .overtaken:
      "The directory's files said something else than what this was agreed on against. The files count, and this change "
        + "does not."
    case .carried: "The directory's files say the same by now, and count by themselves."
    }
  }

  static func owed(_ waiting: Int) -> String {
    let now =
      switch waiting {
      case 0: "No message waits for this desk now."
      case 1: "1 message waits for this desk now, and keeps the contacts that it was made with."
      default: "\(waiting) messages wait for this desk now, and keep the contacts that they were made with."
      }
    return now + " What becomes owed after the approval goes to the new ones."
  }
}
