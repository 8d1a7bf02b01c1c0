/// What the statistics are drawn from. A port of its own: nothing of a message's way needs it. Drills are left out.
package protocol DeliveryFigures: Sendable {
  /// Every message in `scope` that became owed in the period and was not taken back. What families are told counts for no
  /// agency.
  func deliveryTimes(in period: ReportPeriod, scope: Scope) async throws -> DeliveryTimes
  /// Episodes that were reported or ended in the period, by when they were reported.
  func episodeTimes(in period: ReportPeriod) async throws -> [EpisodeTime]
}
