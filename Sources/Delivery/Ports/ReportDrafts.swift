package import Routing

/// Reports of missing children while they are written. A port of its own: nothing of a message's way needs it.
///
/// Guarantee: a draft is its writer's alone, and nothing of it is in the audit. What was not sent is kept for
/// `ReportDraft.lifetime` after the last change and is not given out after that; it is deleted by the next change of any
/// draft, or when somebody signs in. Of what was sent only the link to its event is left.
package protocol ReportDrafts: Sendable {
  /// Begins a draft. The same id again changes nothing.
  func beginDraft(_ id: String, of person: String, _ answers: [String: String], at now: Instant) async throws
  /// The person's own, the newest first, sent ones too.
  func drafts(of person: String, limit: Int, at now: Instant) async throws -> [ReportDraft]
  func draft(_ id: String, of person: String, at now: Instant) async throws -> ReportDraft?
  /// Puts these answers in place of what was answered before; an empty one takes it out. False if the draft is not there,
  /// or was sent.
  func answer(_ id: String, of person: String, _ answers: [String: String], at now: Instant) async throws -> Bool
  /// Forgets every answer and keeps what became of the draft. False if it is not there, or was sent before.
  func closeDraft(_ id: String, of person: String, as sent: SentReport, at now: Instant) async throws -> Bool
  /// False if it is not there, or was sent.
  func deleteDraft(_ id: String, of person: String, at now: Instant) async throws -> Bool
  /// The child of an earlier report that this one is like.
  func reportedChild(_ likeness: ChildLikeness) async throws -> String?
}

/// What somebody has written so far.
package struct ReportDraft: Sendable, Equatable {
  /// `dr-…`, made from the person and the time.
  package let id: String
  /// By the name of the field; nothing empty. None of one that was sent.
  package let answers: [String: String]
  package let madeAt: Instant
  package let changedAt: Instant
  /// The event that it became (`ev-…`); nil while it is a draft.
  package let event: String?
  package let sentAt: Instant?

  package init(
    id: String, answers: [String: String], madeAt: Instant, changedAt: Instant, event: String?, sentAt: Instant?
  ) {
    self.id = id
    self.answers = answers
    self.madeAt = madeAt
    self.changedAt = changedAt
    self.event = event
    self.sentAt = sentAt
  }

  /// Seconds for which a draft that is not sent is kept after its last change.
  package static let lifetime: Int64 = 7 * 86_400
}

/// What a report became, and whom it was about.
package struct SentReport: Sendable, Equatable {
  package let event: String
  package let child: String
  package let likeness: ChildLikeness?
  package init(event: String, child: String, likeness: ChildLikeness?) {
    self.event = event
    self.child = child
    self.likeness = likeness
  }
}

/// By what a child is known again who was reported before: the same given name, family name and date of birth, said by
/// the same people. What others say of a child never is: a report must not open what somebody else knows.
package struct ChildLikeness: Sendable, Equatable {
  /// The agencies that the reporters are limited to, or the person.
  package let reporters: String
  /// SHA-256 of names and date of birth, which stand nowhere else than in the ledger, as the names themselves do.
  package let digest: String

  /// Nil where something of it is not known.
  package init?(reporters: String, given: String, family: String, dateOfBirth: String) {
    guard !given.isEmpty, !family.isEmpty, !dateOfBirth.isEmpty else { return nil }
    self.reporters = reporters
    let text = [given.lowercased(), family.lowercased(), dateOfBirth].joined(separator: "\u{0}")
    digest = Identifiers.digest(Array(text.utf8))
  }
}
