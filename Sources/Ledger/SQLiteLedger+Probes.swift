package import Delivery
import GRDB
package import Routing

/// What probes found.
extension SQLiteLedger: ProbeLedger {
  package func keep(_ result: ProbeResult) async throws -> [Alarm] {
    try await writer.write { db in
      let alarms = ProbeAlarms.alarms(for: result, after: try Self.history(of: result.target, db))
      let (target, finding) = (result.target, result.finding)
      try db.change(
        """
        INSERT INTO probes (at, kind, agency, role, contact, channel, place, desks, round, result, words, tls,
          certificate_days, seal_days, milliseconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          result.at.milliseconds, target.kind.rawValue, target.agency, target.role, target.contact, target.channel,
          target.place, result.desks, result.round?.milliseconds, finding.verdict.rawValue, finding.words, finding.tls,
          finding.certificateDays, finding.sealDays, finding.milliseconds,
        ])
      try db.audit("probed", target.name, "\(finding.verdict.rawValue): \(finding.words)", at: result.at)
      for alarm in alarms { try db.raise(alarm, at: result.at) }
      return alarms
    }
  }

  private static func history(of target: ProbeTarget, _ db: Database) throws -> ProbeHistory {
    let which = "channel = ? AND place = ? AND kind = ? AND agency = ? AND role = ? AND contact = ?"
    let values: [(any DatabaseValueConvertible)?] = [
      target.channel, target.place, target.kind.rawValue, target.agency, target.role, target.contact,
    ]
    let verdicts = try db.rows(
      "SELECT result FROM probes WHERE \(which) AND result <> ? ORDER BY seq DESC LIMIT \(ProbeAlarms.failures)",
      values + [Finding.Verdict.notProbed.rawValue])
    let known = try db.row(
      """
      SELECT coalesce(certificate_days, seal_days) AS days FROM probes
      WHERE \(which) AND (certificate_days IS NOT NULL OR seal_days IS NOT NULL) ORDER BY seq DESC LIMIT 1
      """, values)
    return ProbeHistory(
      verdicts: verdicts.compactMap { Finding.Verdict(rawValue: $0["result"]) },
      certificateDays: known.map { $0["days"] })
  }

  package func lastProbes() async throws -> [ProbeResult] {
    try await read { db in
      try db.rows(
        """
        SELECT * FROM probes WHERE seq IN
          (SELECT max(seq) FROM probes GROUP BY channel, place, kind, agency, role, contact)
        ORDER BY agency, role, channel, place, kind
        """
      ).compactMap(Self.result)
    }
  }

  private static func result(_ row: Row) -> ProbeResult? {
    guard let kind = ProbeTarget.Kind(rawValue: row["kind"]), let verdict = Finding.Verdict(rawValue: row["result"])
    else { return nil }
    return ProbeResult(
      target: ProbeTarget(
        kind: kind, agency: row["agency"], role: row["role"], contact: row["contact"], channel: row["channel"],
        place: row["place"]),
      at: row.requiredInstant("at"),
      finding: Finding(
        verdict, row["words"], tls: row["tls"], certificateDays: row["certificate_days"], sealDays: row["seal_days"],
        milliseconds: row["milliseconds"]),
      desks: row["desks"], round: row.instant("round"))
  }

  package func lastRound() async throws -> Instant? {
    try await read { db in try db.row("SELECT max(round) AS round FROM probes")?.instant("round") }
  }
}
