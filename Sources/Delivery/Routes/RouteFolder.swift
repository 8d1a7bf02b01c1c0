import Foundation
package import Routing

/// Reads `Routes/` from disk: for the gateway, the command line, the tests and the benchmarks alike.
///
/// Guarantee: nothing is taken that `RouteBook` and `MessageTemplates` have not checked. Everything throws `RouteProblems`.
package struct RouteFolder: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The book with its renderer; `gateway` is the host name that messages are signed with.
  package func routes(gateway: String) throws -> Routes {
    let book = try book()
    let headlines = try file("templates/headlines.yaml")
    let templates = try MessageTemplates(files: templates(), headlines: headlines, book: book)
    return Routes(
      book: book, renderer: MessageRenderer(templates: templates, vocabulary: book.vocabulary, gateway: gateway))
  }

  package func book() throws -> RouteBook { try RouteBook(texts()) }

  package func texts() throws -> RouteBook.Texts {
    try RouteBook.Texts(
      vocabulary: file("vocabulary.yaml"), disclosure: file("disclosure.yaml"), invariants: file("invariants.yaml"),
      options: file("options.yaml"),
      bankHolidays: file("bank-holidays.yaml"), directory: names(in: "directory", ending: ".yaml").map(file),
      packs: packNames.map { try file("\($0)/pack.yaml") })
  }

  /// The named case files, or every case beside a pack.
  package func cases(_ vocabulary: Vocabulary, named: [String] = []) throws -> [CaseFile] {
    let paths = try named.isEmpty ? caseNames.map { "\(root)/\($0)" } : named
    return try paths.map { try CaseFile.read(text(at: $0), file: $0, vocabulary: vocabulary) }
  }

  /// One pack file that is not (yet) under `Routes/`, with this folder's disclosure.
  package func pack(at path: String, vocabulary: Vocabulary) throws -> RoutePack {
    let disclosure = try file("disclosure.yaml")
    let text = try text(at: path)
    return try PackReader.read(
      text, file: path, vocabulary: vocabulary,
      disclosure: Disclosure.read(disclosure.text, file: disclosure.name, vocabulary: vocabulary),
      contentHash: Identifiers.digest(Array(text.utf8)))
  }

  /// What stands beside one pack: the cases that prove it, and what its protocol asks for, where that is written down.
  package func evidence(of pack: RoutePack, _ vocabulary: Vocabulary) throws -> PackEvidence {
    let folder = pack.folder
    let names = exists("\(folder)/cases") ? try names(in: "\(folder)/cases", ending: ".yaml") : []
    let cases = names.isEmpty ? [] : try cases(vocabulary, named: names.map { "\(root)/\($0)" })
    guard exists("\(folder)/catalogue.yaml") else { return PackEvidence(cases: cases, catalogue: nil) }
    let file = try file("\(folder)/catalogue.yaml")
    return PackEvidence(cases: cases, catalogue: try Catalogue.read(file.text, file: file.name))
  }

  /// What each protocol asks for, by pack: the catalogue beside the pack, where there is one.
  package func catalogues() throws -> [String: Catalogue] {
    var catalogues: [String: Catalogue] = [:]
    for pack in try packNames where exists("\(pack)/catalogue.yaml") {
      let file = try file("\(pack)/catalogue.yaml")
      catalogues[pack] = try Catalogue.read(file.text, file: file.name)
    }
    return catalogues
  }

  /// Folders that hold a `pack.yaml`.
  private var packNames: [String] {
    get throws { try entries(of: "").filter { exists("\($0)/pack.yaml") } }
  }

  private var caseNames: [String] {
    get throws {
      try packNames.filter { exists("\($0)/cases") }.flatMap { try names(in: "\($0)/cases", ending: ".yaml") }
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

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(name)") }

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
    let text = try text(at: path)
    return RouteBook.File(name: path, text: text, hash: Identifiers.digest(Array(text.utf8)))
  }

  private func text(at path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw RouteProblems([
        RouteProblem(file: path, line: 0, reason: "the file cannot be read as UTF-8 text", remedy: "Put it there")
      ])
    }
    return text
  }
}

/// What proves a pack and is not needed for deciding.
package struct PackEvidence: Sendable {
  package let cases: [CaseFile]
  package let catalogue: Catalogue?
}

extension RoutePack {
  /// Where it stands below `Routes/`; every version of a pack has a folder of its own.
  package var folder: String { file.split(separator: "/").dropLast().last.map(String.init) ?? "" }
}
