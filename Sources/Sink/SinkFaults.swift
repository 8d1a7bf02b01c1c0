import Synchronization

/// What the sink has been told to do wrong, and to whom. Drawn from one seed.
///
/// `4xx:0.2,timeout:0.05` fails a fifth of the messages for now and never answers a twentieth. With names of agencies,
/// only messages meant for those are touched.
package final class SinkFaults: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case temporary = "4xx"
    case permanent = "5xx"
    case gone = "410"
    case timeout
    case slow
    case drop
  }

  /// A share of all messages, from 0 to 1, for each kind.
  package struct Plan: Sendable {
    package var shares: [(kind: Kind, share: Double)] = []
    package var agencies: Set<String> = []
    package init() {}

    /// Reads `4xx:0.2,timeout:0.05`; nil when a kind is unknown or the shares exceed 1.
    package init?(_ text: String, agencies: [String] = []) {
      for entry in text.split(separator: ",") {
        let parts = entry.split(separator: ":")
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let share = Double(parts[1]), share >= 0
        else { return nil }
        shares.append((kind, share))
      }
      guard shares.reduce(0, { $0 + $1.share }) <= 1 else { return nil }
      self.agencies = Set(agencies)
    }
  }

  private struct State {
    var plan: Plan
    var random: UInt64
  }
  private let state: Mutex<State>

  package init(_ plan: Plan, seed: UInt64) { state = Mutex(State(plan: plan, random: seed)) }

  package func set(_ plan: Plan) { state.withLock { $0.plan = plan } }

  /// The fault for the next message meant for `intended` (`AGENCY ROLE`); nil lets it pass.
  func next(intended: String?) -> Kind? {
    state.withLock { state in
      let agency = intended?.split(separator: " ").first.map(String.init) ?? ""
      guard !state.plan.shares.isEmpty, state.plan.agencies.isEmpty || state.plan.agencies.contains(agency) else {
        return nil
      }
      var draw = SinkFaults.draw(&state.random)
      for (kind, share) in state.plan.shares {
        if draw < share { return kind }
        draw -= share
      }
      return nil
    }
  }

  /// SplitMix64, as a number from 0 up to 1.
  private static func draw(_ state: inout UInt64) -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) / Double(1 << 53)
  }
}
