package import Delivery
import Routing

/// Telephone numbers, which Waypost does not ring: the message becomes a call card on the gateway's own desk.
package struct ManualTransport: Transport {
  package let channel = "manual"

  package init() {}

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .phone = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a telephone number"))
    }
    return .waiting(Receipt(.queued, from: .desk, "call card on the desk"))
  }
}
