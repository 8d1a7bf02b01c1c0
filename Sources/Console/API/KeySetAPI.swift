import HTTPTypes
import Hummingbird
import Routing

/// `/.well-known/webhook-keys`: the public keys that receivers check webhooks with. It needs no key and tells no secret.
struct KeySetAPI: Sendable {
  let document: @Sendable () -> JSONValue

  func add(to router: Hummingbird.Router<GatewayContext>) {
    let document = self.document
    router.declare("/.well-known/webhook-keys", [.get: { _, _ in Answer.json(document()) }])
  }
}
