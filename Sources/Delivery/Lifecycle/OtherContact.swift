package import Routing

/// A desk of the same agency that a message may go to besides whoever it was owed to.
///
/// Guarantee: it is one that the message's own ladder could climb to, by the directory of now: the role's desk, those that
/// stand in for it and the duty desk, and of these only who may see all that the message says.
package struct OtherContact: Sendable, Equatable {
  /// The desk's role, which names it within its agency.
  package let role: String
  package let label: String
  package let channels: [Channel]

  package init(role: String, label: String, channels: [Channel]) {
    self.role = role
    self.label = label
    self.channels = channels
  }
}

extension RouteBook {
  /// Who is asked after whoever a message is owed to, in turn. `own`: the role's own desk first. A desk that may not see
  /// all of `share` is left out; the family has nobody behind it.
  func standIns(
    for role: Role, via: Role?, of agency: String?, own: Bool, seeing share: ShareSet, by citations: [Citation]
  ) -> [Desk] {
    guard let agency = agency.flatMap(directory.agency), role.category != "family" else { return [] }
    let named = Set(citations.map(\.pack))
    let ceilings = packs.filter { named.contains($0.id) }.map(\.disclosure)
    var desks = agency.standIns(for: via ?? role)
    if own, let desk = agency.desks[role.index] { desks.insert(desk, at: 0) }
    return desks.filter { desk in ceilings.allSatisfy { $0.ceiling(of: desk.role).isSuperset(of: share) } }
  }
}

extension NotificationRecord {
  /// Whom a person may send it to now, in the order in which the ladder would ask. `plan` is its event's.
  package func otherContacts(_ plan: JSONValue, _ book: RouteBook) -> [OtherContact] {
    let own = notification
    let named = Set(own.citations.map(\.pack))
    guard let planned = PlannedTell(plan, of: own), let role = book.vocabulary.role(own.role),
      case .success(let share) = book.vocabulary.share(planned.share),
      book.packs.contains(where: { named.contains($0.id) })
    else { return [] }
    let via = planned.via.flatMap(book.vocabulary.role)
    return book.standIns(for: role, via: via, of: own.agency, own: true, seeing: share, by: own.citations)
      .map { OtherContact(role: $0.role.name, label: $0.name, channels: $0.channels) }
      .filter { SendingOn(self, to: $0) != nil }
  }

  /// It may be sent to somebody else by hand: it has had its turn, and neither was taken back nor taken on, nor is kept
  /// back by a person or for one to judge.
  package func canBeSentOn(_ hold: Hold?) -> Bool {
    if isUnderWay || notification.channels.isEmpty { return false }
    switch state {
    case .queued, .deferred: return due != nil
    case .accepted, .delivered, .read, .failed: return true
    case .held: return hold == .call || hold == .privacy
    case .scheduled, .acknowledged, .cancelled, .superseded, .unroutable: return false
    }
  }
}

/// What the ladder of a message becomes when a person sends it to a contact out of turn. Pure.
///
/// Guarantee: no channel changes its place, since links and receipts name it by that; whom this passes over is still asked
/// afterwards; and no channel that the ladder has come to is asked once more.
package struct SendingOn: Sendable, Equatable {
  package let channels: [Channel]
  package let standIns: [StandIn]
  /// Places that are asked at another place now, one bit each.
  package let closed: UInt64
  /// The place of the contact's first channel.
  package let index: Int

  /// Nil where the contact has no channel that the message has not gone to, or the ladder would get too long.
  package init?(_ record: NotificationRecord, to contact: OtherContact) {
    let own = record.notification
    let asked = min(max(record.delivery.rung, record.delivery.channelIndex) + 1, own.channels.count)
    let before = own.channels.prefix(asked)
    let ahead = own.channels.indices.dropFirst(asked).filter { record.delivery.closedChannels & (1 << UInt64($0)) == 0 }
    let new = contact.channels.filter { channel in
      !before.contains(channel) || ahead.contains { own.channels[$0] == channel }
    }
    guard !new.isEmpty else { return nil }
    if ahead.map({ own.channels[$0] }).starts(with: new), let first = ahead.first,
      own.contact(at: first) == contact.label
    {
      (channels, standIns, closed, index) = (own.channels, own.standIns, 0, first)
      return
    }
    var channels = own.channels + new
    var standIns = own.standIns + [StandIn(label: contact.label, firstChannel: own.channels.count)]
    for place in ahead where !new.contains(own.channels[place]) {
      let label = own.contact(at: place) ?? own.role
      if label != standIns.last?.label { standIns.append(StandIn(label: label, firstChannel: channels.count)) }
      channels.append(own.channels[place])
    }
    guard channels.count <= 64 else { return nil }
    self.channels = channels
    self.standIns = standIns
    closed = ahead.reduce(0) { $0 | 1 << UInt64($1) }
    index = own.channels.count
  }
}
