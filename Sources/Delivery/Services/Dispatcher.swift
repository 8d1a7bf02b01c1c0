package import Routing

/// Turns a plan into what the ledger keeps: rendered notifications, duties and alarms. Pure.
package struct Dispatcher: Sendable {
  let renderer: MessageRenderer
  let now: Instant

  package init(renderer: MessageRenderer, now: Instant) {
    self.renderer = renderer
    self.now = now
  }

  package struct Owed: Sendable {
    package let eventID: String
    package let notifications: [Notification]
    package let duties: [OwedDuty]
    package let alarms: [Alarm]
  }

  /// A message that should be there at once is overdue after this many seconds.
  private static let grace: Int64 = 120

  package func owe(_ plan: Plan, _ event: Event, _ situation: Situation) -> Owed {
    let eventID = Identifiers.event(source: event.source, id: event.id)
    let isHighRisk = situation.data.at(["episode", "risk"])?.text == "high"
    var alarms: [Alarm] = []
    let notifications = plan.tells.map { tell in
      let notification = notification(tell, plan, event, eventID, situation, isHighRisk)
      alarms += alarm(notification, tell)
      return notification
    }
    let duties = plan.duties.map { duty in
      let key = "\(duty.name)|\(duty.role)|\(duty.relation.rawValue)|\(duty.agency ?? "")"
      return OwedDuty(id: Identifiers.duty(event: eventID, key: key), duty: duty)
    }
    return Owed(eventID: eventID, notifications: notifications, duties: duties, alarms: alarms)
  }

  private func notification(
    _ tell: Tell, _ plan: Plan, _ event: Event, _ eventID: String, _ situation: Situation, _ isHighRisk: Bool
  ) -> Notification {
    let key = "\(tell.role)|\(tell.relation.rawValue)|\(tell.agency ?? "")|\(tell.contact?.label ?? "")"
    let id = Identifiers.notification(event: eventID, key: key)
    let duties = plan.duties.filter { $0.role == tell.role && $0.agency == tell.agency }
    let channels = (tell.contact?.channels ?? []).filter { $0.name != "manual" }
    return Notification(
      id: id, event: eventID, eventType: event.type, episode: event.subject, role: tell.role.name,
      relation: tell.relation.rawValue, agency: tell.agency, contact: tell.contact?.label, channels: channels,
      urgency: tell.urgency, isPressing: isHighRisk || tell.urgency == .immediate, confirm: tell.confirm, by: tell.by,
      overdueAt: tell.by.map { max($0, (tell.notBefore ?? now).advanced(bySeconds: Dispatcher.grace)) },
      notBefore: tell.notBefore, citations: tell.citations,
      message: renderer.message(tell, id: id, event, data: situation.data, duties: duties),
      isExercise: event.isExercise, initialState: state(tell, channels))
  }

  private func state(_ tell: Tell, _ channels: [Channel]) -> NotificationState {
    if tell.contact == nil { return .unroutable }
    if tell.gate != nil || channels.isEmpty { return .held }
    return tell.notBefore.map { $0 > now } ?? false ? .scheduled : .queued
  }

  private func alarm(_ notification: Notification, _ tell: Tell) -> [Alarm] {
    switch notification.initialState {
    case .unroutable:
      let place = "\(tell.role) of \(tell.agency ?? "an authority that is not stated")"
      return [Alarm(kind: .unroutable, identifier: notification.id, text: "the directory has nobody for \(place)")]
    case .held:
      let why = tell.gate.map { "telling \(tell.role) may harm (section \($0.section)); a person has to decide" }
      return [
        Alarm(
          kind: .held, identifier: notification.id,
          text: why ?? "\(tell.role) can only be reached by telephone; a person has to ring")
      ]
    default: return []
    }
  }
}
