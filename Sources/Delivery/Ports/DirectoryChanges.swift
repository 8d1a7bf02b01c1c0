package import Routing

/// Changes of the directory that people propose, and what others decide about them. A port of its own: nothing of a
/// message's way needs it.
///
/// Guarantee: nobody decides what they have proposed themselves; one desk has one open proposal at most; and each verb
/// that changes something is one transaction with its line in the audit, which holds no address.
package protocol DirectoryChanges: Sendable {
  /// Gives the proposal's number; nil if another one is open for this desk.
  func propose(_ proposal: DirectoryProposal, by editor: DirectoryEditor, at now: Instant) async throws -> Int64?
  func directoryChange(_ number: Int64) async throws -> DirectoryChange?
  /// The newest first.
  func directoryChanges(_ states: Set<DirectoryChange.State>, limit: Int) async throws -> [DirectoryChange]
  /// What has been approved and neither stands in the files nor was overtaken by them; in the order of their numbers.
  func approvedChanges() async throws -> [DeskChange]
  func decide(
    _ number: Int64, _ decision: DirectoryDecision, by editor: DirectoryEditor, at now: Instant
  ) async throws -> DirectoryDecision.Result
  /// The files have taken over a change, or gone another way. False if it is in none of the states `from`: somebody may
  /// have decided meanwhile.
  func conclude(
    _ number: Int64, _ state: DirectoryChange.State, from: Set<DirectoryChange.State>, at now: Instant
  ) async throws -> Bool
}

/// Somebody who edits the directory, as the audit calls them.
package struct DirectoryEditor: Sendable, Equatable {
  package let id: String
  package let label: String
  package init(id: String, label: String) {
    self.id = id
    self.label = label
  }
}

package struct DirectoryProposal: Sendable, Equatable {
  package let place: DeskPlace
  package let before: JSONValue
  package let after: JSONValue
  package let reason: String
  package init(place: DeskPlace, before: JSONValue, after: JSONValue, reason: String) {
    self.place = place
    self.before = before
    self.after = after
    self.reason = reason
  }
}

package enum DirectoryDecision: Sendable, Equatable {
  case approve
  case refuse(reason: String)
  /// By whoever proposed it, and by nobody else.
  case withdraw(reason: String)

  package enum Result: Sendable, Equatable {
    case done
    /// There is none, or it is decided already.
    case notOpen
    /// Of one's own proposal, or, to withdraw, of somebody else's.
    case notTheirs
  }

  package var state: DirectoryChange.State {
    switch self {
    case .approve: .approved
    case .refuse: .refused
    case .withdraw: .withdrawn
    }
  }

  package var reason: String {
    switch self {
    case .approve: ""
    case .refuse(let reason), .withdraw(let reason): reason
    }
  }
}

package struct DirectoryChange: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    case proposed, approved, refused, withdrawn
    /// The files said something else than what it was agreed on against.
    case overtaken
    /// The files say the same by now.
    case carried
  }

  package let change: DeskChange
  package let reason: String
  package let state: State
  package let proposedBy: DirectoryEditor
  package let proposedAt: Instant
  /// Nil while nobody has decided.
  package let decidedBy: DirectoryEditor?
  package let decidedAt: Instant?
  /// Why it was refused or withdrawn.
  package let decision: String

  package init(
    change: DeskChange, reason: String, state: State, proposedBy: DirectoryEditor, proposedAt: Instant,
    decidedBy: DirectoryEditor?, decidedAt: Instant?, decision: String
  ) {
    self.change = change
    self.reason = reason
    self.state = state
    self.proposedBy = proposedBy
    self.proposedAt = proposedAt
    self.decidedBy = decidedBy
    self.decidedAt = decidedAt
    self.decision = decision
  }

  package var number: Int64 { change.number }
}

extension ChangeStanding {
  /// Where a change ends that stands so; nil while it counts, or may come to count.
  package var end: DirectoryChange.State? {
    switch self {
    case .laid, .misfit: nil
    case .carried: .carried
    case .overtaken: .overtaken
    }
  }
}
