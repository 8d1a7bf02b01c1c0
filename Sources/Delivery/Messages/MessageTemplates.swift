import Mustache
package import Routing

/// The words around the facts: headlines, one paragraph an audience, and the layout, from `Routes/templates/`.
///
/// Guarantee: complete when it exists; a missing template or headline is thrown at load, never found at 03:00.
package struct MessageTemplates: Sendable {
  let library: MustacheLibrary
  let headlines: [String: Headline]
  let packTitles: [String: String]

  struct Headline: Sendable {
    let phase: String
    let says: String
  }

  private static let layouts = ["layout.text", "layout.html"]

  /// `files` holds every `*.mustache` below `Routes/templates/` by its name without the ending, audiences as
  /// `audiences/<category>`. Throws `RouteProblems`.
  package init(files: [String: String], headlines: RouteBook.File, book: RouteBook) throws {
    var problems: [RouteProblem] = []
    var library = MustacheLibrary()
    let audiences = Set(book.vocabulary.roles.map(\.category)).sorted().map { "audiences/\($0)" }
    for name in Self.layouts + audiences {
      let file = "templates/\(name).mustache"
      guard let text = files[name] else {
        problems.append(RouteProblem(file: file, line: 0, reason: "the template is missing", remedy: "Write it"))
        continue
      }
      do { try library.register(text, named: name) } catch let error as MustacheTemplate.ParserError {
        problems.append(
          RouteProblem(
            file: file, line: error.context.lineNumber, reason: "this is not Mustache: \(error.error)",
            remedy: "Correct the tag"))
      }
    }
    let read = Headlines.read(text: headlines.text, file: headlines.name, book.vocabulary)
    problems += read.problems
    guard problems.isEmpty else { throw RouteProblems(problems) }
    self.library = library
    self.headlines = read.entries.mapValues { Headline(phase: $0.phase, says: $0.says) }
    packTitles = Dictionary(book.packs.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
  }
}
