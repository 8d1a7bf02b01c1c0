/// What can be done by somebody who has signed in.
package enum Permission: String, Sendable, CaseIterable {
  /// States, times, recipients: no words of a message.
  case seeBoard = "see the board"
  /// The words of a message. Each view is audited.
  case seeContent = "see the content of a message"
  /// Retry, hold, release, cancel.
  case runQueue = "retry, hold, release and cancel messages"
  /// Release or refuse what waits for a person's judgement, because telling may harm.
  case decideHeld = "decide held messages"
  case completeDuties = "complete duties"
  case acknowledge = "acknowledge messages"
  /// Agencies, desks, channels and how they fare; nothing about a child.
  case seeDirectory = "see the directory"
  case editDirectory = "edit the directory"
  case reportMissing = "report a missing child"
  case seeAudit = "see the audit"
  case administerPeople = "administer people"

  /// Who may: the one table. An operator sees words because the call desk reads them out; an auditor sees who saw them.
  package var roles: [PersonRole] {
    switch self {
    case .seeBoard: [.operator, .dutyManager, .auditor, .agencyViewer]
    case .seeContent: [.operator, .dutyManager, .agencyViewer]
    case .runQueue: [.operator, .dutyManager]
    case .decideHeld: [.dutyManager]
    case .completeDuties: [.operator, .dutyManager]
    case .acknowledge: [.operator, .dutyManager]
    case .seeDirectory: [.operator, .dutyManager, .routeOwner, .auditor, .agencyViewer]
    case .editDirectory: [.routeOwner]
    case .reportMissing: [.operator, .dutyManager, .agencyViewer, .reporter]
    case .seeAudit: [.auditor]
    case .administerPeople: [.operator]
    }
  }

  /// Cannot be cut down to some agencies, so that nobody who is limited to agencies has it.
  var concernsEveryone: Bool { self == .administerPeople || self == .seeAudit }
}
