package import Logging
package import Routing

/// The way in: checks an event, decides what it makes owed, and answers only when all of it is on disk.
///
/// Guarantee: `submit` returns an answer only after the event and everything it owes are durable. The same
/// (source, id) again gives the same answer and owes nothing new.
package struct Intake: Sendable {
  let ledger: any Ledger
  let inUse: RoutesInUse
  let time: any TimeSource
  /// Fired after every acceptance, so that the courier looks at once.
  let outbox: Signal
  /// Fired too, so that the timekeeper learns of new deadlines.
  let agenda: Signal
  let logger: Logger

  package init(
    ledger: any Ledger, routes: RoutesInUse, time: any TimeSource, outbox: Signal, agenda: Signal, logger: Logger
  ) {
    self.ledger = ledger
    inUse = routes
    self.time = time
    self.outbox = outbox
    self.agenda = agenda
    self.logger = logger
  }

  /// Concurrent changes to one child are decided again, at most this often.
  private static let rounds = 50

  /// Reads an event without taking it.
  package func check(_ document: JSONValue) throws(FieldProblems) -> Event {
    try EventReader(vocabulary: inUse.current.vocabulary).read(document, learnedAt: time.now())
  }

  /// Takes an event. Throws `IntakeRefusal`, or the ledger's error when nothing could be written.
  package func submit(_ document: JSONValue, from sender: Sender) async throws -> Submission {
    let event: Event
    do { event = try check(document) } catch { throw IntakeRefusal.invalid(error.problems) }
    guard sender.maySend(type: event.type) else { throw IntakeRefusal.forbidden("this key may not send \(event.type)") }
    let digest = Identifiers.digest(document.serializedBytes)
    let question = KnownQuestion(
      source: event.source, eventID: event.id, subject: event.subject, child: event.childID, aliases: event.aliases,
      retracts: event.retracts.map { KnownQuestion.Alias(source: $0.source, id: $0.id) })
    for _ in 0..<Intake.rounds {
      let known = try await ledger.known(question)
      if let answered = known.answered { return try repeated(answered, digest) }
      let draft = try decide(event, digest, known, sender)
      switch try await ledger.accept(draft.acceptance) {
      case .accepted:
        report(draft.acceptance)
        outbox.fire()
        agenda.fire()
        return Submission(
          id: draft.acceptance.eventID, notifications: draft.acceptance.notifications.count,
          warnings: draft.acceptance.warnings, isRepeat: false)
      case .duplicate(let answered): return try repeated(answered, digest)
      case .stale: continue
      }
    }
    throw IntakeRefusal.busy
  }

  private func repeated(_ answered: EventRecord, _ digest: String) throws(IntakeRefusal) -> Submission {
    guard answered.digest == digest else { throw .conflict }
    return Submission(
      id: answered.id, notifications: answered.notificationCount, warnings: answered.warnings, isRepeat: true)
  }

  private func decide(
    _ event: Event, _ digest: String, _ known: Known, _ sender: Sender
  ) throws(IntakeRefusal) -> (acceptance: Acceptance, plan: Plan) {
    guard let child = known.child else {
      throw .invalid([
        FieldProblem(
          "data.child.id", "is missing and the subject has never been seen", "Send child.id with the first event")
      ])
    }
    let knowledge = Knowledge(known, event, child)
    guard sender.maySend(forAny: knowledge.authorities), sender.maySend(forAny: Knowledge.authorities(known.childData))
    else { throw .forbidden("this key may not send events about this authority's children") }
    if let wrong = known.retracted?.event, wrong.subject != event.subject || wrong.child != child {
      throw .invalid([
        FieldProblem(
          event.type == Event.withdrawal ? "data.withdraws.id" : "data.corrects.id",
          "names an event of another episode or child", "Send it with the subject of the event that was wrong")
      ])
    }
    let now = time.now()
    let routes = inUse.current
    let router = routes.router(at: now)
    let history = EpisodeHistory(known, router.vocabulary)
    let situation = Situation(knowledge.all, event: event, history: history, vocabulary: router.vocabulary)
    let plan = router.plan(event, situation, at: now)
    let superseded = (known.retracted?.notifications ?? []).filter(\.canBeStopped)
      .map { Superseded(id: $0.notification.id, attempts: $0.delivery.attempts) }
    let owed = Dispatcher(renderer: routes.renderer, now: now).owe(plan, event, situation)
    let acceptance = Acceptance(
      eventID: owed.eventID, event: event, digest: digest, sender: sender.name, learnedAt: now, child: child,
      aliases: event.aliases, childData: knowledge.child, childVersion: known.childVersion,
      episodeData: knowledge.episode, episodeVersion: known.episodeVersion,
      history: situation.history.including(plan, at: event.time),
      plan: plan.document(event, router.vocabulary, assumed: router.assumed(event, situation)).serialized,
      warnings: Warnings.of(event, situation, plan, routes.book, now), notifications: owed.notifications,
      duties: owed.duties, endedRules: plan.ended,
      retracted: known.retracted?.event.id, superseded: superseded, alarms: owed.alarms)
    return (acceptance, plan)
  }

  private func report(_ acceptance: Acceptance) {
    for alarm in acceptance.alarms {
      logger.error(
        "alarm", metadata: ["kind": "\(alarm.kind.rawValue)", "id": "\(alarm.identifier)", "text": "\(alarm.text)"])
    }
    logger.info(
      "event accepted",
      metadata: [
        "event": "\(acceptance.eventID)", "type": "\(acceptance.event.type)",
        "notifications": "\(acceptance.notifications.count)", "duties": "\(acceptance.duties.count)",
      ])
  }
}

/// The answer to an accepted event.
package struct Submission: Sendable, Equatable {
  package let id: String
  package let notifications: Int
  package let warnings: [String]
  package let isRepeat: Bool
}

/// Why an event was not taken. Nothing of it is kept.
package enum IntakeRefusal: Error, Sendable {
  case invalid([FieldProblem])
  case forbidden(String)
  /// The same (source, id) came before with another body.
  case conflict
  /// Too many changes to this child at once; the sender should try again.
  case busy
}

/// What is known once an event has come in, kept by child and by episode (contract, "Events").
private struct Knowledge {
  let child: JSONValue
  let episode: JSONValue

  init(_ known: Known, _ event: Event, _ child: String) {
    var rest = event.data.members ?? [:]
    let change = rest.removeValue(forKey: "child") ?? .object([:])
    self.child = known.childData.merged(with: change).merged(with: ["id": .string(child)])
    episode = known.episodeData.merged(with: .object(rest))
  }

  var all: JSONValue { episode.merged(with: ["child": child]) }
  var authorities: [String] { Knowledge.authorities(child) }

  static func authorities(_ child: JSONValue) -> [String] {
    ["livesIn", "lookedAfterBy"].compactMap { child[$0]?.text }
  }
}

extension Event {
  var aliases: [KnownQuestion.Alias] {
    (data["child"]?["aliases"]?.items ?? []).compactMap { item in
      guard let source = item["source"]?.text, let id = item["id"]?.text else { return nil }
      return KnownQuestion.Alias(source: source, id: id)
    }
  }
}

extension EpisodeHistory {
  /// The history that the ledger keeps by name, in the words of the vocabulary.
  init(_ known: Known, _ vocabulary: Vocabulary) {
    self = known.history
    told = known.told.compactMap { record in
      guard let role = vocabulary.role(record.role), let relation = Relation(rawValue: record.relation) else {
        return nil
      }
      return Told(role: role, relation: relation, agency: record.agency)
    }
    retraction = known.retracted.map { wrong in
      Retraction(
        type: wrong.event.type, time: wrong.event.time,
        holders: wrong.notifications.compactMap { record in record.holder(vocabulary) })
    }
    let domain = vocabulary.fact("episode.risk")?.definition.domain
    others = known.others.map { other in
      let risk = domain.flatMap { domain in other.risk.flatMap { FactValue(.string($0), domain) } }
      return PastEpisode(reportedAt: other.reportedAt, risk: risk)
    }
  }
}

extension NotificationRecord {
  /// Nobody is being sent it right now, and nobody is known to have got it.
  var canBeStopped: Bool { [.queued, .scheduled, .held, .deferred].contains(state) && !isUnderWay }

  /// Whoever got it or may have, after an attempt that ended badly too; nil if it never left.
  func holder(_ vocabulary: Vocabulary) -> Retraction.Holder? {
    if canBeStopped && delivery.attempts == 0 || [.cancelled, .superseded, .unroutable, .failed].contains(state) {
      return nil
    }
    guard let role = vocabulary.role(notification.role), let relation = Relation(rawValue: notification.relation)
    else { return nil }
    let contact = notification.contact.map {
      Contact(label: $0, channels: notification.channels, via: nil, isNamed: false)
    }
    return Retraction.Holder(
      message: notification.id, role: role, relation: relation, agency: notification.agency, contact: contact,
      citations: notification.citations)
  }
}
