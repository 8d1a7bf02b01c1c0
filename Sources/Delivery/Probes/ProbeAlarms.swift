/// What was known of a target before its newest result.
package struct ProbeHistory: Sendable, Equatable {
  /// The last verdicts, the newest first; two are enough.
  package let verdicts: [Finding.Verdict]
  /// Days that the certificate had left when that was last known.
  package let certificateDays: Int?
  package init(verdicts: [Finding.Verdict], certificateDays: Int?) {
    self.verdicts = verdicts
    self.certificateDays = certificateDays
  }
}

/// When a probe has to wake somebody.
///
/// Guarantee: pure, and once per change: at the second failure in a row, and when a certificate comes within three weeks of
/// its end and when it has ended; not again while that lasts.
package enum ProbeAlarms {
  /// One failure may be a server that restarts.
  package static let failures = 2
  /// Fewer days than this are an alarm.
  package static let days = 21

  package static func alarms(for result: ProbeResult, after history: ProbeHistory) -> [Alarm] {
    [unreachable(result, history), expiring(result, history)].compactMap(\.self)
  }

  private static func unreachable(_ result: ProbeResult, _ history: ProbeHistory) -> Alarm? {
    let earlier = history.verdicts.filter { $0 != .notProbed }.prefix { $0 != .reached }
    guard result.finding.isFailure, earlier.count == failures - 1 else { return nil }
    let desks = result.desks == 1 ? "1 desk depends" : "\(result.desks) desks depend"
    return Alarm(
      kind: .unreachable, identifier: result.target.name,
      text: "failed \(failures) times in a row (\(result.finding.words)); \(desks) on it")
  }

  /// A test says nothing about certificates that the check before it has not said.
  private static func expiring(_ result: ProbeResult, _ history: ProbeHistory) -> Alarm? {
    guard result.target.kind == .check, let left = result.finding.certificateDays ?? result.finding.sealDays,
      stage(left) > (history.certificateDays.map(stage) ?? 0)
    else { return nil }
    let words = left < 0 ? "the certificate has expired" : "the certificate expires in \(left) days"
    return Alarm(kind: .expiring, identifier: result.target.name, text: words + "; have it renewed")
  }

  private static func stage(_ days: Int) -> Int { days < 0 ? 2 : days < ProbeAlarms.days ? 1 : 0 }
}
