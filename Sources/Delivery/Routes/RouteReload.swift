package import Routing

/// Takes changed routes into use while the gateway runs.
///
/// Guarantee: only what passes check, all cases and verify is taken; otherwise the old routes stay and the reason is thrown.
/// The cases prove the files; approved changes of desks are laid over them afterwards.
package struct RouteReload: Sendable {
  package let folder: RouteFolder
  let gateway: String
  let directory: DirectoryInForce

  package init(folder: RouteFolder, gateway: String, directory: DirectoryInForce) {
    self.folder = folder
    self.gateway = gateway
    self.directory = directory
  }

  /// Throws `RouteProblems` when a file is wrong, `RoutesUnproved` when a case fails or an invariant is violated.
  package func reload(at now: Instant) async throws -> Routes {
    let new = try folder.routes(gateway: gateway)
    let failures = try RouteReload.failures(new.book, folder)
    guard failures.isEmpty else { throw RoutesUnproved(failures: failures) }
    return try await directory.lay(over: new, at: now)
  }

  /// Why the book should not be used, one sentence each.
  private static func failures(_ book: RouteBook, _ folder: RouteFolder) throws -> [String] {
    let runner = CaseRunner(book: book)
    let cases = try folder.cases(book.vocabulary).flatMap { item in
      runner.failures(item).map { "case \(item.name): \($0)" }
    }
    return cases
      + Verifier(book).verify().violations.map { "invariant \($0.invariant) is violated by \($0.pack): \($0.says)" }
  }
}

/// Routes that fit the vocabulary and do not do what their cases or the invariants say.
package struct RoutesUnproved: Error, CustomStringConvertible {
  package let failures: [String]
  package var description: String { failures.joined(separator: "\n") }
}
