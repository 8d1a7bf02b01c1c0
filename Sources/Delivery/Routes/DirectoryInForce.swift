package import Routing

/// Lays the changes that were approved over the directory's files whenever routes are taken into use.
///
/// Guarantee: what counts is the files with every approved change that was agreed on against them; a change that the files
/// have taken over or gone past is concluded, so that it never comes back by itself. Nothing is used that the directory's
/// reader has not checked.
package struct DirectoryInForce: Sendable {
  let changes: any DirectoryChanges
  let inUse: RoutesInUse

  package init(changes: any DirectoryChanges, inUse: RoutesInUse) {
    self.changes = changes
    self.inUse = inUse
  }

  /// Takes `new` into use, or what is in use already, with all approved changes. Throws `RouteProblems`; the old routes
  /// then stay.
  @discardableResult
  package func lay(over new: Routes? = nil, at now: Instant) async throws -> Routes {
    var base = new
    var approved = try await changes.approvedChanges()
    while true {
      let routes = try inUse.update { [base, approved] current in try (base ?? current).laying(approved) }
      base = nil
      let ended = routes.book.directory.standings.sorted { $0.key < $1.key }
      for (number, standing) in ended {
        if let end = standing.end { _ = try await changes.conclude(number, end, from: [.approved], at: now) }
      }
      // Somebody may have approved another one meanwhile.
      let known = try await changes.approvedChanges()
      if known == approved { return routes }
      approved = known
    }
  }
}
