package import Routing

/// Where results of probes are kept; the ledger's own engine implements it beside `Ledger`.
package protocol ProbeLedger: Sendable {
  /// Keeps a result, with a line of the audit and the alarms that follow from it (`ProbeAlarms`), in one transaction.
  /// Gives those alarms.
  func keep(_ result: ProbeResult) async throws -> [Alarm]
  /// The newest result of each target, by the target's name.
  func lastProbes() async throws -> [ProbeResult]
  /// When the schedule's last round began.
  func lastRound() async throws -> Instant?
  /// As in `Ledger`.
  func endpoints() async throws -> [EndpointRecord]
}
