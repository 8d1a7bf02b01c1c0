package import Delivery
import Foundation
package import Routing

/// The repository's own files, as the tests use them.
package enum Repository {
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Everything under `Routes/`, read once.
  package static let book = Result { try readBook() }

  package static func file(_ path: String) throws -> RouteBook.File {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(root)/Routes/\(path)"))
    return RouteBook.File(
      name: path, text: String(decoding: data, as: UTF8.self), hash: Identifiers.digest(Array(data)))
  }

  package static func texts() throws -> RouteBook.Texts {
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/Routes").sorted()
    let packs = names.filter { FileManager.default.fileExists(atPath: "\(root)/Routes/\($0)/pack.yaml") }
    let desks = try FileManager.default.contentsOfDirectory(atPath: "\(root)/Routes/directory").sorted()
    return RouteBook.Texts(
      vocabulary: try file("vocabulary.yaml"), disclosure: try file("disclosure.yaml"),
      bankHolidays: try file("bank-holidays.yaml"), directory: try desks.map { try file("directory/\($0)") },
      packs: try packs.map { try file("\($0)/pack.yaml") })
  }

  private static func readBook() throws -> RouteBook { try RouteBook(texts()) }

  /// The book with its renderer.
  package static func routes() throws -> Delivery.Routes {
    let book = try book.get()
    var templates: [String: String] = [:]
    for folder in ["templates", "templates/audiences"] {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/Routes/\(folder)")
      where name.hasSuffix(".mustache") {
        templates[String("\(folder)/\(name)".dropFirst("templates/".count).dropLast(".mustache".count))] =
          try file("\(folder)/\(name)").text
      }
    }
    let rendered = try MessageTemplates(files: templates, headlines: file("templates/headlines.yaml"), book: book)
    return Delivery.Routes(
      book: book,
      renderer: MessageRenderer(templates: rendered, vocabulary: book.vocabulary, gateway: "waypost.example"))
  }

  /// Every case file below a folder of the repository.
  package static func cases(_ folder: String = "Routes") throws -> [CaseFile] {
    let vocabulary = try book.get().vocabulary
    let files = FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? []
    return try files.filter { $0.contains("cases/") && $0.hasSuffix(".yaml") }.sorted().map { path in
      let text = try String(contentsOfFile: "\(root)/\(folder)/\(path)", encoding: .utf8)
      return try CaseFile.read(text, file: path, vocabulary: vocabulary)
    }
  }
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
