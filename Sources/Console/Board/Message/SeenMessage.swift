import Delivery
import Hummingbird
import Routing

/// A message that whoever is signed in may see, with all that its pages say about it.
///
/// Guarantee: it exists only for a message in the person's scope; what they may not read of it, its values do not hold.
struct SeenMessage: Sendable {
  let record: NotificationRecord
  /// Of this message, in order.
  let audit: [AuditEntry]
  /// The plan of its event; empty where it has none.
  let plan: JSONValue
  let hold: Hold?
  let who: SignedIn
  let routes: Routes

  var own: Notification { record.notification }
  var id: String { own.id }
  var planned: PlannedTell? { PlannedTell(plan, of: own) }
  var others: [OtherContact] { record.otherContacts(plan, routes.book) }

  /// A viewer of an agency reads what its desk got, or ought to have: not what was taken back or waits for a person.
  var maySeeWords: Bool {
    who.person.may(.seeContent) && (who.person.agencies.isEmpty || record.isForRecipient)
  }

  /// Throws the page for what is not there, also where it is only not theirs. `area`: where that leads back to.
  init(_ id: String, of who: SignedIn, at desk: BoardDesk, in area: BoardArea) async throws {
    guard let record = try await desk.ledger.notification(id) else { throw desk.nothing(area) }
    let event = try await desk.ledger.event(record.notification.event)
    let own = record.notification
    guard who.scope.includes(sender: event?.sender ?? "", agency: own.agency, role: own.role) else {
      throw desk.nothing(area)
    }
    self.record = record
    audit = try await desk.ledger.audit(of: id)
    plan = try event.map { try JSONValue(parsing: $0.plan.utf8) } ?? [:]
    hold = Hold(record, audit: audit.map(\.kind))
    self.who = who
    routes = desk.routes
  }

  /// Part of a path, counted from 0: `messages`, the id, what is done.
  static func part(_ number: Int, of request: Request) -> String {
    let parts = request.uri.path.split(separator: "/")
    return parts.indices.contains(number) ? String(parts[number]) : ""
  }

  // What can be done.

  func permission(for action: MessageAction) -> Permission {
    switch action {
    case .acknowledge: .acknowledge
    case .release, .cancel: hold == .judgement ? .decideHeld : .runQueue
    case .retry, .hold, .sendOn: .runQueue
    }
  }

  /// The message is in a state that allows it.
  func allows(_ action: MessageAction) -> Bool {
    switch action {
    case .acknowledge:
      hold != .judgement && ![.cancelled, .superseded, .unroutable].contains(record.state)
    // A card is released by ringing.
    case .release: hold != .call && record.state.allows(.release) && !record.isUnderWay
    case .retry, .hold, .cancel:
      action.byHand.map(record.state.allows) ?? false && !record.isUnderWay
    case .sendOn: record.canBeSentOn(hold) && !others.isEmpty
    }
  }

  /// What this person can do with it now.
  var actions: [MessageAction] {
    MessageAction.allCases.filter { who.person.may(permission(for: $0)) && allows($0) }
  }

  // Whom it is for.

  /// Nil for somebody whom a sender named, if this person may not know names.
  func contact(at index: Int) -> String? {
    guard let label = own.contact(at: index) else { return nil }
    let desks = own.agency.flatMap(routes.book.directory.agency)?.desks.values.map(\.name) ?? []
    return who.person.may(.seeContent) || desks.contains(label) ? label : nil
  }

  /// What a person typed may speak of the child, and what a server says of a family's mailbox names it.
  func mayRead(_ source: ReceiptSource?) -> Bool {
    who.person.may(.seeContent)
      || !(source.map(ReceiptWords.isTyped) ?? false) && !own.role.hasPrefix("family.")
  }

  var role: String { RoleWords.name(own.role) }

  /// `children's services social worker, Derby City Council`: no name of a person.
  var recipient: String { AgencyWords(directory: routes.book.directory).recipient(own.role, own.agency) }

  /// For headings and titles.
  func title(_ words: String) -> String { Drill.marked(words, own.isExercise) }
}

/// What a person can do with a message.
enum MessageAction: String, Sendable, CaseIterable {
  case retry, hold, release, cancel, acknowledge
  case sendOn = "send-on"

  /// As the ledger knows it.
  var byHand: OperatorAction? { OperatorAction(rawValue: rawValue) }
}
