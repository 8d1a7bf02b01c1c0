package import Routing

/// What looking at a checkpoint or sending a test came to. `words` hold reasons, never personal data.
package struct Finding: Sendable, Equatable {
  package enum Verdict: String, Sendable, CaseIterable {
    case reached, deferred, refused
    case notProbed = "not probed"
  }
  package var verdict: Verdict
  package var words: String
  /// The version of TLS that came about, for example `TLSv1.3`.
  package var tls: String?
  /// Whole days until the server's certificate expires; negative once it has.
  package var certificateDays: Int?
  /// The same for the certificates that mail is sealed with, the one that expires first.
  package var sealDays: Int?
  package var milliseconds: Int64

  package init(
    _ verdict: Verdict, _ words: String, tls: String? = nil, certificateDays: Int? = nil, sealDays: Int? = nil,
    milliseconds: Int64 = 0
  ) {
    self.verdict = verdict
    self.words = words
    self.tls = tls
    self.certificateDays = certificateDays
    self.sealDays = sealDays
    self.milliseconds = milliseconds
  }

  package init(_ outcome: Outcome, milliseconds: Int64 = 0) {
    switch outcome {
    case .accepted(let receipt): self.init(.reached, receipt.evidence, milliseconds: milliseconds)
    case .waiting(let receipt): self.init(.notProbed, receipt.evidence, milliseconds: milliseconds)
    case .deferred(let fault, _): self.init(.deferred, "\(fault)", milliseconds: milliseconds)
    case .rejected(let fault): self.init(.refused, "\(fault)", milliseconds: milliseconds)
    }
  }

  package var isFailure: Bool { verdict == .deferred || verdict == .refused }

  /// Several checkpoints of one channel as one: the worst counts, and all its reasons are kept.
  package static func worst(of findings: [Finding]) -> Finding? {
    guard let first = findings.first else { return nil }
    let failures = findings.filter(\.isFailure)
    var whole = failures.first { $0.verdict == .refused } ?? failures.first ?? first
    if !failures.isEmpty { whole.words = failures.map(\.words).joined(separator: "; ") }
    whole.tls = findings.compactMap(\.tls).first
    whole.certificateDays = findings.compactMap(\.certificateDays).min()
    whole.sealDays = findings.compactMap(\.sealDays).min()
    whole.milliseconds = findings.map(\.milliseconds).max() ?? 0
    return whole
  }
}

/// What results are compared by: one checkpoint, or one desk's channel that a test was sent over.
package struct ProbeTarget: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// Nothing was sent.
    case check
    /// A marked test was sent.
    case message
  }
  package let kind: Kind
  /// Agency, role and the desk's name are empty for a checkpoint, which belongs to no desk alone.
  package let agency: String
  package let role: String
  package let contact: String
  package let channel: String
  package let place: String

  package init(kind: Kind, agency: String, role: String, contact: String, channel: String, place: String) {
    self.kind = kind
    self.agency = agency
    self.role = role
    self.contact = contact
    self.channel = channel
    self.place = place
  }

  package init(_ checkpoint: Checkpoint) {
    self.init(
      kind: .check, agency: "", role: "", contact: "", channel: checkpoint.channel, place: checkpoint.place)
  }

  package init(_ probe: Probe) {
    self.init(
      kind: .message, agency: probe.agency, role: probe.role, contact: probe.contact, channel: probe.channel.name,
      place: probe.twins == 0 ? probe.place : "\(probe.place) (\(probe.twins + 1))")
  }

  /// What alarms and the audit call it.
  package var name: String {
    ([agency, role, channel, place].filter { !$0.isEmpty }).joined(separator: " ")
  }
}

/// A finding as it is kept.
package struct ProbeResult: Sendable, Equatable {
  package let target: ProbeTarget
  package let at: Instant
  package let finding: Finding
  /// Desks whose messages go this way.
  package let desks: Int
  /// When the round of the schedule began that it belongs to; nil: somebody asked for it.
  package let round: Instant?

  package init(target: ProbeTarget, at: Instant, finding: Finding, desks: Int, round: Instant?) {
    self.target = target
    self.at = at
    self.finding = finding
    self.desks = desks
    self.round = round
  }
}
