/// An earlier event that turns out to have been wrong, and everybody who holds a message of it.
package struct Retraction: Sendable, Equatable {
  package let type: String
  package let time: Instant
  package let holders: [Holder]

  /// Somebody who got, or may have got, a wrong message.
  package struct Holder: Sendable, Equatable {
    /// The message's id, so that the correction can name it.
    package let message: String
    package let role: Role
    package let relation: Relation
    package let agency: String?
    package let contact: Contact?
    package let citations: [Citation]

    package init(
      message: String, role: Role, relation: Relation, agency: String?, contact: Contact?, citations: [Citation]
    ) {
      self.message = message
      self.role = role
      self.relation = relation
      self.agency = agency
      self.contact = contact
      self.citations = citations
    }
  }

  package init(type: String, time: Instant, holders: [Holder]) {
    self.type = type
    self.time = time
    self.holders = holders
  }
}

extension Router {
  /// Tells exactly those who hold the wrong message, at once, with the status alone and the sections they were told by.
  /// Whoever gets a new message of this event anyway is told there which one it replaces.
  func retract(_ wrong: Retraction, _ draft: Draft) {
    let status = (try? vocabulary.share(["status"]).get()) ?? []
    for holder in wrong.holders {
      let same = draft.plan.tells.firstIndex {
        $0.role == holder.role && $0.relation == holder.relation && $0.agency == holder.agency
          && $0.contact?.label == holder.contact?.label
      }
      if let same {
        draft.plan.tells[same].corrects = holder.message
        continue
      }
      draft.plan.tells.append(
        Tell(
          role: holder.role, relation: holder.relation, agency: holder.agency, contact: holder.contact,
          by: draft.event.time, confirm: .accepted, share: status, citations: holder.citations, urgency: .immediate,
          notBefore: nil, gate: nil, corrects: holder.message, isWithdrawal: true))
    }
  }
}

extension EpisodeHistory {
  /// This history without what a wrong event left in it.
  func without(_ wrong: Retraction) -> EpisodeHistory {
    var next = self
    if wrong.type == EpisodeHistory.report {
      // Where the episode was reported twice, the report that stands is the first one now.
      if next.reportedAt == wrong.time { next.reportedAt = lastReportAt == wrong.time ? nil : lastReportAt }
      if next.lastReportAt == wrong.time { next.lastReportAt = next.reportedAt }
    }
    if EpisodeHistory.endings.contains(wrong.type), next.lastEndAt == wrong.time { next.lastEndAt = nil }
    next.fired = fired.filter { $0.value != wrong.time }
    return next
  }
}
