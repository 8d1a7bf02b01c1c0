import Routing

/// One decision: from an event and what is known to everything that is written because of it. Pure.
struct Decision {
  let routes: Routes
  let router: Router
  let event: Event
  let known: Known
  let child: String
  let knowledge: Knowledge
  let situation: Situation
  let now: Instant

  init(_ routes: Routes, _ event: Event, _ known: Known, _ child: String, _ knowledge: Knowledge, at now: Instant) {
    self.routes = routes
    self.event = event
    self.known = known
    self.child = child
    self.knowledge = knowledge
    self.now = now
    router = routes.router(at: now)
    let history = EpisodeHistory(known, router.vocabulary)
    situation = Situation(knowledge.all, event: event, history: history, vocabulary: router.vocabulary)
  }

  /// What the event makes owed by the packs' rules for it.
  var plan: Plan { router.plan(event, situation, at: now) }

  /// `firing` is the timer that set the event off; `report` makes what a report contains, for what a recipient may see.
  func acceptance(
    _ plan: Plan, digest: String, sender: String, firing: Firing? = nil, report: ((Tell) -> Report)? = nil
  ) -> Acceptance {
    let superseded = (known.retracted?.notifications ?? []).filter(\.canBeStopped)
      .map { Superseded(id: $0.notification.id, attempts: $0.delivery.attempts) }
    let owed = Dispatcher(routes: routes, now: now).owe(plan, event, situation, report: report)
    return Acceptance(
      eventID: owed.eventID, event: event, digest: digest, sender: sender, learnedAt: now, child: child,
      aliases: event.aliases, childData: knowledge.child, childVersion: known.childVersion,
      episodeData: knowledge.episode, episodeVersion: known.episodeVersion,
      history: situation.history.including(plan, at: event.time), plan: document(plan, firing).serialized,
      warnings: firing == nil ? Warnings.of(event, situation, plan, routes.book, now) : [],
      notifications: owed.notifications, duties: owed.duties, endedRules: plan.ended, lapsedRules: plan.lapsed,
      timers: plan.timers, stoppedRules: plan.stopped, firing: firing, retracted: known.retracted?.event.id,
      superseded: superseded, alarms: owed.alarms)
  }

  /// Seconds by which a timer fires later than it should have; nil if it is punctual.
  private var lateBy: Int64? {
    let late = now.seconds - event.time.seconds
    return late > Decision.punctual ? late : nil
  }

  /// A timer that fires more than this many seconds after its time is marked late.
  static let punctual: Int64 = 60

  /// The plan as it is kept; of a timer also which it was, what started it, and by how much it is late.
  private func document(_ plan: Plan, _ firing: Firing?) -> JSONValue {
    let assumed = firing == nil ? router.assumed(event, situation) : nil
    let document = plan.document(event, router.vocabulary, assumed: assumed).merged(with: [
      "lookedAfter": .bool(situation.lookedAfterBy != nil)
    ])
    guard let firing else { return document }
    let timer = firing.timer
    let words = router.rule(timer.rule, of: timer.pack)?.words(of: timer.part, firing: timer.number)
    var cause: [String: JSONValue] = [
      "rule": .string(timer.rule), "timer": .optional(words), "firing": .number(Double(timer.number)),
      "part": .string(timer.part.description), "duty": timer.about.isEmpty ? .null : .string(timer.about),
      "startedBy": timer.event.isEmpty ? .null : .string(timer.event),
    ]
    if let late = lateBy { cause["lateBySeconds"] = .number(Double(late)) }
    if let duty = plan.about { cause["about"] = duty.document }
    return document.merged(with: ["cause": .object(cause), "purpose": .string(plan.purpose.rawValue)])
  }
}
