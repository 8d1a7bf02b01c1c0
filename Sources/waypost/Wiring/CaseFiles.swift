import Foundation
import Routing

extension RouteFiles {
  /// The named case files, or every case beside a pack. Throws `RouteProblems`.
  func cases(_ named: [String], _ vocabulary: Vocabulary) throws -> [CaseFile] {
    let paths = named.isEmpty ? allCases : named
    return try paths.map { path in
      guard let text = FileManager.default.contents(atPath: path).flatMap({ String(data: $0, encoding: .utf8) }) else {
        throw RouteProblems([
          RouteProblem(file: path, line: 0, reason: "the case cannot be read", remedy: "Name a YAML file")
        ])
      }
      return try CaseFile.read(text, file: path, vocabulary: vocabulary)
    }
  }

  private var allCases: [String] {
    let files = FileManager.default
    return ((try? files.contentsOfDirectory(atPath: root)) ?? []).sorted().flatMap { pack -> [String] in
      let folder = "\(root)/\(pack)/cases"
      return ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
        .map { "\(folder)/\($0)" }
    }
  }
}
