package import Routing

/// Turns a plan into what the ledger keeps: rendered notifications, duties and alarms. Pure.
package struct Dispatcher: Sendable {
  let routes: Routes
  let now: Instant

  package init(routes: Routes, now: Instant) {
    self.routes = routes
    self.now = now
  }

  package struct Owed: Sendable {
    package let eventID: String
    package let notifications: [Notification]
    package let duties: [OwedDuty]
    package let alarms: [Alarm]
  }

  /// `report` makes what a report contains, for what a recipient may see.
  package func owe(
    _ plan: Plan, _ event: Event, _ situation: Situation, report: ((Tell) -> Report)? = nil
  ) -> Owed {
    let eventID = Identifiers.event(source: event.source, id: event.id)
    let isHighRisk = situation.data.at(["episode", "risk"])?.text == "high"
    var alarms: [Alarm] = []
    let notifications = plan.tells.map { tell in
      let notification = notification(tell, plan, event, eventID, situation, isHighRisk, report?(tell))
      alarms += alarm(notification, tell).map { $0.marked(event.isExercise) }
      return notification
    }
    let duties = plan.duties.map { duty in
      OwedDuty(id: Identifiers.duty(event: eventID, key: duty.key), duty: duty)
    }
    return Owed(eventID: eventID, notifications: notifications, duties: duties, alarms: alarms)
  }

  private func notification(
    _ tell: Tell, _ plan: Plan, _ event: Event, _ eventID: String, _ situation: Situation, _ isHighRisk: Bool,
    _ report: Report?
  ) -> Notification {
    let key = "\(tell.role)|\(tell.relation.rawValue)|\(tell.agency ?? "")|\(tell.contact?.label ?? "")"
    let id = Identifiers.notification(event: eventID, key: key)
    let isMissing =
      situation.isKnownToPolice && situation.history.isOpen && plan.purpose != .report
      && !EpisodeHistory.endings.contains(event.type)
    let demand = routes.book.options.confirmation.demand(of: tell, isHighRisk: isHighRisk && isMissing)
    var tell = tell
    tell.confirm = demand.confirm
    let own = tell.contact?.channels ?? []
    let (channels, standIns) = own.isEmpty ? (own, []) : ladder(after: own, tell)
    let start = max(tell.notBefore ?? now, now)
    let until = demand.within.end(from: start, bankHolidays: routes.book.directory.bankHolidays)
    let occasion = MessageRenderer.Occasion(
      plan, says: says(tell), lateSince: lateSince(event),
      confirmBy: demand.confirm == .acknowledged ? until : nil, report: report,
      duties: plan.about.map { [$0] } ?? plan.duties.filter { $0.role == tell.role && $0.agency == tell.agency })
    return Notification(
      id: id, event: eventID, eventType: event.type, episode: event.subject, role: tell.role.name,
      relation: tell.relation.rawValue, agency: tell.agency, contact: tell.contact?.label, channels: channels,
      urgency: tell.urgency, isPressing: isHighRisk || tell.urgency == .immediate, confirm: demand.confirm,
      within: until.milliseconds - start.milliseconds, by: tell.by,
      checkAt: demand.confirm > .accepted
        ? until : tell.by.map { max($0, until) },
      notBefore: tell.notBefore, citations: tell.citations,
      message: routes.renderer.message(tell, id: id, event, data: situation.data, occasion),
      isExercise: event.isExercise, standIns: standIns, initialState: state(tell, own))
  }

  /// When a message that time sends should have left; nil if it is punctual. An event is passed on when it is learned of.
  private func lateSince(_ event: Event) -> Instant? {
    event.type == Event.timePassed && now.seconds - event.time.seconds > Decision.punctual ? event.time : nil
  }

  /// All channels in the order in which they are asked: the contact's own, then those of the contacts that stand in.
  private func ladder(after own: [Channel], _ tell: Tell) -> ([Channel], [StandIn]) {
    let desks = routes.book.standIns(
      for: tell.role, via: tell.contact?.via, of: tell.agency, own: tell.contact?.isNamed ?? false,
      seeing: tell.share, by: tell.citations)
    var channels = own
    var standIns: [StandIn] = []
    for desk in desks {
      let new = desk.channels.filter { !channels.contains($0) }
      guard !new.isEmpty, channels.count + new.count <= 64 else { continue }
      standIns.append(StandIn(label: desk.name, firstChannel: channels.count))
      channels += new
    }
    return (channels, standIns)
  }

  /// What the rules behind a message that time sets off are about; an event speaks for itself.
  private func says(_ tell: Tell) -> [String] {
    var seen = Set<String>()
    return tell.citations.compactMap { citation in
      guard seen.insert(citation.rule).inserted else { return nil }
      return routes.book.packs.lazy.flatMap(\.rules).first { $0.id == citation.rule && $0.pack == citation.pack }?.says
    }
  }

  private func state(_ tell: Tell, _ channels: [Channel]) -> NotificationState {
    if tell.contact == nil { return .unroutable }
    if tell.gate != nil { return .held }
    return tell.notBefore.map { $0 > now } ?? false ? .scheduled : .queued
  }

  private func alarm(_ notification: Notification, _ tell: Tell) -> [Alarm] {
    switch notification.initialState {
    case .unroutable:
      let place = "\(tell.role) of \(tell.agency ?? "an authority that is not stated")"
      return [Alarm(kind: .unroutable, identifier: notification.id, text: "the directory has nobody for \(place)")]
    case .held:
      let section = tell.gate.map { " (section \($0.section))" } ?? ""
      return [
        Alarm(
          kind: .held, identifier: notification.id,
          text: "telling \(tell.role) may harm\(section); a person has to decide")
      ]
    default: return []
    }
  }
}
