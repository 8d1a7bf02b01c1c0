import HTTPTypes
import Hummingbird

/// `/openapi.yaml`: what this gateway answers, for programs and whoever writes them (OpenAPI 3.1). It needs no key.
///
/// Guarantee: a test holds the document to the paths that are declared here, and the running gateway to the document.
enum OpenAPI {
  private static let document = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)

  static func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/openapi.yaml", [.get: { _, _ in Answer.tagged(document, type: "application/yaml") }])
  }
}
