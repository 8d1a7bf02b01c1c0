import Delivery
import Foundation
import Routing

/// Reads `Routes/` from disk; everything is checked by `RouteBook` and `MessageTemplates`.
struct RouteFiles {
  let root: String

  /// The book and its renderer. Throws `RouteProblems` with file, line and remedy.
  func load(gateway: String) throws -> Delivery.Routes {
    let book = try book()
    let headlines = try file("templates/headlines.yaml")
    let templates = try MessageTemplates(files: templates(), headlines: headlines, book: book)
    return Delivery.Routes(
      book: book, renderer: MessageRenderer(templates: templates, vocabulary: book.vocabulary, gateway: gateway))
  }

  func book() throws -> RouteBook {
    try RouteBook(
      RouteBook.Texts(
        vocabulary: file("vocabulary.yaml"), disclosure: file("disclosure.yaml"),
        bankHolidays: file("bank-holidays.yaml"), directory: names(in: "directory", ending: ".yaml").map(file),
        packs: packNames.map { try file("\($0)/pack.yaml") }))
  }

  /// Folders that hold a `pack.yaml`.
  private var packNames: [String] {
    get throws {
      try entries(of: "").filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/pack.yaml") }
    }
  }

  private func templates() throws -> [String: String] {
    var files: [String: String] = [:]
    for folder in ["templates", "templates/audiences"] {
      for name in try names(in: folder, ending: ".mustache") {
        let key = name.dropFirst("templates/".count).dropLast(".mustache".count)
        files[String(key)] = try file(name).text
      }
    }
    return files
  }

  private func names(in folder: String, ending: String) throws -> [String] {
    try entries(of: folder).filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
  }

  private func entries(of folder: String) throws -> [String] {
    let path = folder.isEmpty ? root : "\(root)/\(folder)"
    do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
      throw RouteProblems([
        RouteProblem(
          file: path, line: 0, reason: "the folder cannot be read", remedy: "Give its place with --routes DIR")
      ])
    }
  }

  private func file(_ name: String) throws -> RouteBook.File {
    let path = "\(root)/\(name)"
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw RouteProblems([
        RouteProblem(file: path, line: 0, reason: "the file cannot be read as UTF-8 text", remedy: "Put it there")
      ])
    }
    return RouteBook.File(name: path, text: text, hash: Identifiers.digest(Array(data)))
  }
}
