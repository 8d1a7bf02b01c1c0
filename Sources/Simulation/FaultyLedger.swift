import Delivery
import Routing
import Synchronization

/// A ledger between a node and the durable one, in which a verb that writes can fail: before anything is written, or after
/// all of it is, so that the node never learns what became of it. Either way the node may be gone with it.
final class FaultyLedger: Ledger {
  enum Fault: String, Error, CaseIterable {
    case errorBefore = "ledger error before commit"
    case errorAfter = "ledger error after commit"
    case crashBefore = "crash before commit"
    case crashAfter = "crash after commit"

    var isCrash: Bool { self == .crashBefore || self == .crashAfter }
    var isAfter: Bool { self == .errorAfter || self == .crashAfter }
  }

  private let truth: any Ledger
  /// Which fault, if any, hits the next write.
  private let draw: @Sendable () -> Fault?
  /// What somebody else writes between this node's reading and its writing; nil: nobody does.
  private let rival: @Sendable (Acceptance) async throws -> Void

  init(
    _ truth: any Ledger, draw: @escaping @Sendable () -> Fault?,
    rival: @escaping @Sendable (Acceptance) async throws -> Void
  ) {
    self.truth = truth
    self.draw = draw
    self.rival = rival
  }

  private func write<T>(_ body: () async throws -> T) async throws -> T {
    let fault = draw()
    if let fault, !fault.isAfter { throw fault }
    let value = try await body()
    if let fault { throw fault }
    return value
  }

  // What writes.
  func accept(_ acceptance: Acceptance) async throws -> AcceptResult {
    try await rival(acceptance)
    return try await write { try await truth.accept(acceptance) }
  }
  func lease(_ request: LeaseRequest) async throws -> [Lease] { try await write { try await truth.lease(request) } }
  func settle(_ settlement: Settlement) async throws -> Bool { try await write { try await truth.settle(settlement) } }
  func reclaimLeases(at now: Instant) async throws -> Int { try await write { try await truth.reclaimLeases(at: now) } }
  func takeOverdue(at now: Instant, limit: Int) async throws -> Overdue {
    try await write { try await truth.takeOverdue(at: now, limit: limit) }
  }
  func pass(_ firing: Firing, at now: Instant, why: String, alarm: Alarm?) async throws -> Bool {
    try await write { try await truth.pass(firing, at: now, why: why, alarm: alarm) }
  }
  func keepCalendar(_ entries: [CalendarEntry], at now: Instant) async throws {
    try await write { try await truth.keepCalendar(entries, at: now) }
  }
  func act(
    _ action: OperatorAction, on notification: String, at now: Instant, by actor: String, reason: String
  ) async throws -> Bool {
    try await write { try await truth.act(action, on: notification, at: now, by: actor, reason: reason) }
  }
  func acknowledge(_ notification: String, _ acknowledgement: Acknowledgement, at now: Instant) async throws -> Bool {
    try await write { try await truth.acknowledge(notification, acknowledgement, at: now) }
  }
  func receive(_ report: ReceiptReport, at now: Instant) async throws -> ReceiptResult {
    try await write { try await truth.receive(report, at: now) }
  }
  func tally(_ answer: String, at now: Instant) async throws {
    try await write { try await truth.tally(answer, at: now) }
  }
  func takeCall(_ notification: String, by person: String, at now: Instant) async throws -> Bool {
    try await write { try await truth.takeCall(notification, by: person, at: now) }
  }
  func endCall(_ notification: String, _ ending: CallEnding, by person: String, at now: Instant) async throws -> Bool {
    try await write { try await truth.endCall(notification, ending, by: person, at: now) }
  }
  func issueCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> Bool {
    try await write { try await truth.issueCode(hash, for: tag, at: now) }
  }
  func redeemCode(_ hash: String, for tag: AnswerTag, at now: Instant) async throws -> CodeResult {
    try await write { try await truth.redeemCode(hash, for: tag, at: now) }
  }
  func completeDuty(_ id: String, at now: Instant, by actor: String, evidence: String) async throws -> Bool {
    try await write { try await truth.completeDuty(id, at: now, by: actor, evidence: evidence) }
  }
  func keepMoving(past resting: Set<String>, at now: Instant) async throws -> Int {
    try await write { try await truth.keepMoving(past: resting, at: now) }
  }
  func closeEndpoint(_ url: String, at now: Instant, by actor: String, reason: String) async throws -> Bool {
    try await write { try await truth.closeEndpoint(url, at: now, by: actor, reason: reason) }
  }
  func openEndpoint(_ url: String, at now: Instant, by actor: String) async throws -> Bool {
    try await write { try await truth.openEndpoint(url, at: now, by: actor) }
  }
  func raise(_ alarm: Alarm, at now: Instant) async throws { try await write { try await truth.raise(alarm, at: now) } }

  // What only looks.
  func known(_ question: KnownQuestion) async throws -> Known { try await truth.known(question) }
  func nextDue(excluding destinations: Set<String>) async throws -> Instant? {
    try await truth.nextDue(excluding: destinations)
  }
  func dueTimers(at now: Instant, subject: String?, limit: Int) async throws -> [TimerRecord] {
    try await truth.dueTimers(at: now, subject: subject, limit: limit)
  }
  func nextDeadline() async throws -> Instant? { try await truth.nextDeadline() }
  func episodes(of authority: String, in period: ReportPeriod) async throws -> [EpisodeFigure] {
    try await truth.episodes(of: authority, in: period)
  }
  func event(_ id: String) async throws -> EventRecord? { try await truth.event(id) }
  func events(after id: String?, limit: Int) async throws -> [(record: EventRecord, body: JSONValue)] {
    try await truth.events(after: id, limit: limit)
  }
  func eventRecord(source: String, id: String) async throws -> EventRecord? {
    try await truth.eventRecord(source: source, id: id)
  }
  func notification(_ id: String) async throws -> NotificationRecord? { try await truth.notification(id) }
  func notifications(_ filter: NotificationFilter) async throws -> [NotificationRecord] {
    try await truth.notifications(filter)
  }
  func attempts(of notification: String) async throws -> [AttemptRecord] {
    try await truth.attempts(of: notification)
  }
  func episode(_ reference: String) async throws -> EpisodeRecord? { try await truth.episode(reference) }
  func receipts(of notification: String) async throws -> [ReceiptRecord] {
    try await truth.receipts(of: notification)
  }
  func receipts(after sequence: Int64, scope: Scope, limit: Int) async throws -> [ReceiptRecord] {
    try await truth.receipts(after: sequence, scope: scope, limit: limit)
  }
  func tallies() async throws -> [String: Int] { try await truth.tallies() }
  func duties(_ filter: DutyFilter) async throws -> [DutyRecord] { try await truth.duties(filter) }
  func duty(_ id: String) async throws -> DutyRecord? { try await truth.duty(id) }
  func alarms(after sequence: Int64, limit: Int) async throws -> [AlarmRecord] {
    try await truth.alarms(after: sequence, limit: limit)
  }
  func audit(of identifier: String) async throws -> [AuditEntry] { try await truth.audit(of: identifier) }
  func audit(after sequence: Int64, limit: Int) async throws -> [AuditEntry] {
    try await truth.audit(after: sequence, limit: limit)
  }
  func changes(after sequence: Int64, scope: Scope, limit: Int) async throws -> Changes {
    try await truth.changes(after: sequence, scope: scope, limit: limit)
  }
  func lastChange() async throws -> Int64 { try await truth.lastChange() }
  func counts() async throws -> NotificationCounts { try await truth.counts() }
  func drillFigures(since: Instant) async throws -> [DrillFigure] { try await truth.drillFigures(since: since) }
  func endpoints() async throws -> [EndpointRecord] { try await truth.endpoints() }
}
