package import Logging
package import Routing

/// The way in: checks an event, decides what it makes owed, and answers only when all of it is on disk.
///
/// Guarantee: `submit` returns an answer only after the event and everything it owes are durable. The same
/// (source, id) again gives the same answer and owes nothing new.
package struct Intake: Sendable {
  let ledger: any Ledger
  package let inUse: RoutesInUse
  let time: any TimeSource
  /// Fired after every acceptance, so that the courier looks at once.
  let outbox: Signal
  /// Fired too, so that the timekeeper learns of new deadlines.
  let agenda: Signal
  package let logger: Logger
  private let timekeeper: Timekeeper

  package init(
    ledger: any Ledger, routes: RoutesInUse, time: any TimeSource, outbox: Signal, agenda: Signal, logger: Logger
  ) {
    self.ledger = ledger
    inUse = routes
    self.time = time
    self.outbox = outbox
    self.agenda = agenda
    self.logger = logger
    timekeeper = Timekeeper(
      ledger: ledger, routes: routes, time: time, agenda: agenda, outbox: outbox, logger: logger)
  }

  /// Concurrent changes to one child are decided again, at most this often.
  private static let rounds = 50

  /// Reads an event without taking it.
  package func check(_ document: JSONValue) throws(FieldProblems) -> Event {
    try EventReader(vocabulary: inUse.current.vocabulary).read(document, learnedAt: time.now())
  }

  /// Takes an event. Throws `IntakeRefusal`, or the ledger's error when nothing could be written.
  package func submit(_ document: JSONValue, from sender: Sender) async throws -> Submission {
    let event = try read(document, from: sender)
    let digest = Identifiers.digest(document.serializedBytes)
    let question = question(event)
    var hasCaughtUp = false
    for _ in 0..<Intake.rounds {
      let known = try await ledger.known(question)
      if let answered = known.answered { return try repeated(answered, digest) }
      if known.hasLateTimers, !hasCaughtUp {
        hasCaughtUp = true
        await catchUp(event.subject, before: question.time)
        continue
      }
      let decision = try decide(event, known, sender)
      let acceptance = decision.acceptance(decision.plan, digest: digest, sender: sender.name)
      switch try await ledger.accept(acceptance) {
      case .accepted:
        logger.report(acceptance)
        outbox.fire()
        agenda.fire()
        return Submission(
          id: acceptance.eventID, notifications: acceptance.notifications.count, warnings: acceptance.warnings,
          isRepeat: false)
      case .duplicate(let answered): return try repeated(answered, digest)
      case .stale, .gone: continue
      }
    }
    throw IntakeRefusal.busy
  }

  /// What an event would make owed if it came in now, decided as `submit` decides it. Nothing is written, nobody is told,
  /// and clocks that are late stay so. Throws as `submit` does.
  package func preview(_ document: JSONValue, from sender: Sender) async throws -> Preview {
    let event = try read(document, from: sender)
    let decision = try decide(event, try await ledger.known(question(event)), sender)
    return Preview(plan: decision.plan, routes: decision.routes)
  }

  private func read(_ document: JSONValue, from sender: Sender) throws(IntakeRefusal) -> Event {
    let event: Event
    do { event = try check(document) } catch { throw .invalid(error.problems) }
    guard sender.maySend(type: event.type) else { throw .forbidden("this key may not send \(event.type)") }
    return event
  }

  private func question(_ event: Event) -> KnownQuestion {
    KnownQuestion(
      source: event.source, eventID: event.id, subject: event.subject, child: event.childID, aliases: event.aliases,
      retracts: event.retracts.map { KnownQuestion.Alias(source: $0.source, id: $0.id) },
      time: min(event.time, time.now()), isExercise: event.isExercise)
  }

  /// What was due before this happened comes first, with the facts as they were. Should that fail, the event is taken all
  /// the same: news of a child never waits for a clock.
  private func catchUp(_ subject: String, before instant: Instant) async {
    do { try await timekeeper.catchUp(subject, before: instant) } catch {
      logger.error("an event overtakes a timer that could not be fired", metadata: ["error": "\(error)"])
    }
  }

  private func repeated(_ answered: EventRecord, _ digest: String) throws(IntakeRefusal) -> Submission {
    guard answered.digest == digest else { throw .conflict }
    return Submission(
      id: answered.id, notifications: answered.notificationCount, warnings: answered.warnings, isRepeat: true)
  }

  private func decide(_ event: Event, _ known: Known, _ sender: Sender) throws(IntakeRefusal) -> Decision {
    guard let child = known.child else {
      throw .invalid([
        FieldProblem(
          "data.child.id", "is missing and the subject has never been seen", "Send child.id with the first event")
      ])
    }
    let knowledge = Knowledge(known, event, child)
    guard sender.maySend(forAny: knowledge.authorities), sender.maySend(forAny: Knowledge.authorities(known.childData))
    else { throw .forbidden("this key may not send events about this authority's children") }
    if let mixture = known.mixture(with: event) { throw .invalid([mixture]) }
    if let wrong = known.retracted?.event, wrong.subject != event.subject || wrong.child != child {
      throw .invalid([
        FieldProblem(
          event.type == Event.withdrawal ? "data.withdraws.id" : "data.corrects.id",
          "names an event of another episode or child", "Send it with the subject of the event that was wrong")
      ])
    }
    return Decision(inUse.current, event, known, child, knowledge, at: time.now())
  }
}

extension Logger {
  /// What became owed, without anything that names a child.
  func report(_ acceptance: Acceptance) {
    for alarm in acceptance.alarms { report(alarm) }
    info(
      "event accepted",
      metadata: [
        "event": "\(acceptance.eventID)", "type": "\(acceptance.event.type)",
        "notifications": "\(acceptance.notifications.count)", "duties": "\(acceptance.duties.count)",
      ])
  }

  package func report(_ alarm: Alarm) {
    error("alarm", metadata: ["kind": "\(alarm.kind.rawValue)", "id": "\(alarm.identifier)", "text": "\(alarm.text)"])
  }
}

/// The answer to an accepted event.
package struct Submission: Sendable, Equatable {
  package let id: String
  package let notifications: Int
  package let warnings: [String]
  package let isRepeat: Bool
}

/// What an event would make owed, and the routes that say so.
package struct Preview: Sendable {
  package let plan: Plan
  package let routes: Routes
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
