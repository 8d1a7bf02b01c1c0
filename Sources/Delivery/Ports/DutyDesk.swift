package import Routing

/// Duties as people work on them, and who has taken one on. A port of its own: nothing of a message's way needs it.
///
/// Guarantee: at most one person has a duty; taking it on and giving it back are audited in the same transaction.
package protocol DutyDesk: Sendable {
  func duties(_ question: DutyQuestion) async throws -> [DeskDuty]
  /// Nil where there is none, or none in `scope`.
  func duty(_ id: String, in scope: Scope) async throws -> DeskDuty?
  /// `holder` is who has it as far as the person knows, and `why` is said where it is somebody. False, and nothing written,
  /// if somebody else has it by now or it is not open.
  func takeDuty(_ id: String, by person: Person, from holder: String?, why: String, at now: Instant) async throws
    -> Bool
  /// False if the person does not have it, or it is not open.
  func giveBackDuty(_ id: String, by person: Person, why: String, at now: Instant) async throws -> Bool
}

package struct DutyQuestion: Sendable {
  package enum Which: Sendable, Equatable {
    /// Overdue ones first, then by their deadline.
    case open, overdue
    /// Open ones that this person (by id) has taken on.
    case held(by: String)
    /// Fulfilled in time or late; the last one first.
    case done
  }
  package var which: Which
  package var scope: Scope
  /// How many to leave out, from the first.
  package var offset: Int
  package var limit: Int

  package init(_ which: Which, scope: Scope, offset: Int = 0, limit: Int) {
    self.which = which
    self.scope = scope
    self.offset = offset
    self.limit = limit
  }
}

/// A duty, and who has taken it on.
package struct DeskDuty: Sendable {
  package let record: DutyRecord
  /// Only drills have spoken of its episode.
  package let isExercise: Bool
  package let holder: DutyHolder?

  package init(record: DutyRecord, isExercise: Bool, holder: DutyHolder?) {
    self.record = record
    self.isExercise = isExercise
    self.holder = holder
  }

  /// Somebody still has to see to it.
  package var isOwed: Bool { record.state == .open || record.state == .overdue }
}

package struct DutyHolder: Sendable, Equatable {
  /// Their id.
  package let person: String
  package let label: String
  package let takenAt: Instant

  package init(person: String, label: String, takenAt: Instant) {
    self.person = person
    self.label = label
    self.takenAt = takenAt
  }
}
