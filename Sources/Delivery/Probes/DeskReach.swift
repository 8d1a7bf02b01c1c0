package import Routing

/// How one channel of a desk fared when somebody last looked.
package struct ChannelReach: Sendable, Equatable {
  package enum State: Sendable, Equatable { case reached, notProbed, fails, switchedOff, byHand }
  package let channel: Channel
  package let state: State
  /// When the newest look was; nil for never.
  package let at: Instant?
  /// What the last looks came to; no personal data.
  package let words: String
  /// Whole days that the server's certificate has left now; negative once it has expired.
  package let certificateDays: Int?
  /// The same of the certificates that mail is sealed with.
  package let sealDays: Int?

  package var isTrouble: Bool { state == .fails || state == .switchedOff }
}

/// How well a desk or an agency can be reached, the worst last.
package enum Reach: Int, Sendable, Comparable, CaseIterable {
  case reached
  /// By telephone only, which nobody probes.
  case byHand
  case notProbed
  /// A way fails, and there is another.
  case fails
  case noDesk
  /// Every way fails that a machine can take.
  case unreachable

  package static func < (a: Reach, b: Reach) -> Bool { a.rawValue < b.rawValue }

  package init(_ channels: [ChannelReach]) {
    let ways = channels.filter { $0.state != .byHand }
    if channels.isEmpty {
      self = .noDesk
    } else if ways.isEmpty {
      self = .byHand
    } else if ways.allSatisfy(\.isTrouble) {
      self = .unreachable
    } else if ways.contains(where: \.isTrouble) {
      self = .fails
    } else {
      self = ways.contains { $0.state == .notProbed } ? .notProbed : .reached
    }
  }

  package var isTrouble: Bool { self >= .fails }
}

/// What is known of every channel of the directory.
///
/// Guarantee: pure. Of several looks at one channel the worst counts; days that a certificate has left are counted from
/// when it was looked at.
package struct ReachBook: Sendable {
  private let probes: [ProbeTarget: ProbeResult]
  private let endpoints: [String: EndpointRecord]
  private let checkpoints: @Sendable (Channel) -> [Checkpoint]
  private let now: Instant

  /// `checkpoints`: what has to hold for a channel, as the gateway's inspector has it.
  package init(
    probes: [ProbeResult], endpoints: [EndpointRecord], at now: Instant,
    checkpoints: @escaping @Sendable (Channel) -> [Checkpoint]
  ) {
    self.probes = Dictionary(probes.map { ($0.target, $0) }, uniquingKeysWith: { $0.at > $1.at ? $0 : $1 })
    self.endpoints = Dictionary(endpoints.map { ($0.url, $0) }, uniquingKeysWith: { first, _ in first })
    self.checkpoints = checkpoints
    self.now = now
  }

  package func reach(of desk: Desk) -> Reach { Reach(channels(of: desk)) }

  /// In the order in which they are tried.
  package func channels(of desk: Desk) -> [ChannelReach] { Probe.all(of: desk).map(reach) }

  private func reach(_ probe: Probe) -> ChannelReach {
    let targets = checkpoints(probe.channel).map { ProbeTarget($0) } + [ProbeTarget(probe)]
    let results = targets.compactMap { probes[$0] }
    let finding = Finding.worst(of: results.map(\.finding))
    let (state, words) = standing(of: probe.channel, finding)
    return ChannelReach(
      channel: probe.channel, state: state, at: results.map(\.at).max(), words: words,
      certificateDays: results.compactMap { left($0.finding.certificateDays, since: $0.at) }.min(),
      sealDays: results.compactMap { left($0.finding.sealDays, since: $0.at) }.min())
  }

  private func standing(of channel: Channel, _ finding: Finding?) -> (ChannelReach.State, String) {
    if case .phone = channel { return (.byHand, "somebody at the gateway's desk rings") }
    if let endpoint = channel.endpoint.flatMap({ endpoints[$0] }) {
      if endpoint.isClosed { return (.switchedOff, endpoint.reason) }
      if finding?.isFailure != true {
        return (.fails, "messages have failed there since \(LondonWords.moment(endpoint.since))")
      }
    }
    guard let finding else { return (.notProbed, "") }
    if finding.isFailure { return (.fails, finding.words) }
    return (finding.verdict == .reached ? .reached : .notProbed, finding.words)
  }

  private func left(_ days: Int?, since then: Instant) -> Int? {
    days.map { $0 - Int(max(0, now.seconds - then.seconds) / 86400) }
  }
}
