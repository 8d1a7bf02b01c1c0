package import Delivery
import Foundation
package import Routing

/// The repository's own files, as the tests use them.
package enum Repository {
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Everything under `Routes/`, read once.
  package static let book = shared.map(\.book)

  /// The repository's `Routes/`.
  package static let routeFolder = RouteFolder(root: "\(root)/Routes")

  package static func texts() throws -> RouteBook.Texts { try routeFolder.texts() }

  /// The book with its renderer, read once.
  package static func routes() throws -> Delivery.Routes { try shared.get() }
  private static let shared = Result { try routeFolder.routes(gateway: "waypost.example") }

  /// Every case beside a pack.
  package static func cases() throws -> [CaseFile] { try routeFolder.cases(book.get().vocabulary) }
}

/// Shorthand for instants and events in tests.
package func instant(_ text: String) -> Instant {
  guard let instant = Instant(rfc3339: text) else { preconditionFailure("\(text) is no time") }
  return instant
}

package func event(
  _ type: String, at time: String, subject: String = "EP-1", id: String = "1", source: String = "test",
  _ data: JSONValue
) -> Event {
  Event(id: id, source: source, type: type, time: instant(time), subject: subject, data: data)
}

/// A fresh folder that the caller removes.
package struct Scratch: Sendable {
  package let path: String

  /// Under `/var/tmp`, because servers that drop their privileges have to reach it.
  package init(_ name: String) throws {
    path = "/var/tmp/waypost-test-\(name)-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
  }

  package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
