package import Hummingbird
import NIOCore
import Synchronization

/// What is known of a request beside what it says: where it came from, and who turned out to have sent it.
package struct GatewayContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  let channel: any NIOCore.Channel
  let visit = Visit()

  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// The network address at the other end. Behind a proxy: the proxy's.
  var peer: String { channel.remoteAddress?.ipAddress ?? "an unknown address" }

  /// Filled in once the caller is known, so that whatever is refused later can be audited with a name.
  final class Visit: Sendable {
    private let name = Mutex<String?>(nil)
    var caller: String? {
      get { name.withLock(\.self) }
      set { name.withLock { $0 = newValue } }
    }
  }
}
