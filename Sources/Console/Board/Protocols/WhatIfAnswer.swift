import Delivery
import Routing

/// What would follow from what somebody supposes: decided by the routes in use, over a chronicle in memory.
///
/// Guarantee: pure. Nothing is sent and nothing is kept; the same question gives the same answer as long as the routes are
/// the same.
struct WhatIfAnswer {
  let event: Event
  let packs: [AppliedPack]
  /// What the event itself makes owed.
  let tells: [TimelineLine]
  let duties: [TimelineLine]
  let notes: [TimelineLine]
  /// What time makes of it while nobody does anything, in order.
  let later: [TimelineLine]
  /// More of the same than is shown.
  let more: Int
  let misses: [NearMiss]
  /// Names of facts that were tested and nobody stated.
  let assumed: [String]

  /// How far time is played, and how many of its lines are shown.
  static let days: Int64 = 14
  private static let limit = 60

  /// `events` are what went before and, as the last, what is asked about; `earlier` of them are other episodes.
  init?(_ events: [Event], earlier: Int, _ routes: Routes) {
    guard let event = events.last else { return nil }
    self.event = event
    let router = routes.router(at: event.time)
    var chronicle = Chronicle(vocabulary: routes.vocabulary)
    for before in events.dropLast() {
      let situation = chronicle.situation(for: before)
      chronicle.record(before, situation, router.plan(before, situation, at: before.time))
    }
    let situation = chronicle.situation(for: event)
    packs = router.plan(event, situation, at: event.time).packs
    misses = router.nearMisses(event, situation)
    assumed = router.assumed(event, situation)
    let end = event.time.advanced(bySeconds: WhatIfAnswer.days * 86400)
    let lines = CasePlayer.play(events, until: end, router)
    let last = events.count - 1
    let own = lines.filter { $0.cause == TimelineLine.Cause(step: last, timer: nil) && $0.at == event.time }
    tells = own.filter { $0.kind == .tell }
    duties = own.filter { $0.kind == .duty }
    notes = own.filter { $0.kind == .note }
    let kinds: Set<TimelineLine.Kind> = [.tell, .duty, .reminder, .escalation, .overdue]
    let timed = lines.filter { line in
      (line.at > event.time || line.cause.timer != nil && line.at == event.time) && kinds.contains(line.kind)
        && (line.cause.step ?? -1) >= earlier
    }
    later = Array(timed.prefix(WhatIfAnswer.limit))
    more = timed.count - later.count
  }
}
