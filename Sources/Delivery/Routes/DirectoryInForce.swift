package import Logging
package import Routing

/// Lays the changes that were approved over the directory's files whenever routes are taken into use.
///
/// Guarantee: what counts is the files with every approved change that was agreed on against them; a change that the files
/// have taken over or gone past is concluded, so that it never comes back by itself. One that does not fit the files any
/// more never keeps routes from being used: it is left out, and people are alarmed, because messages go to the desk's
/// contacts before it. Nothing is used that the directory's reader has not checked.
package struct DirectoryInForce: Sendable {
  let ledger: any DirectoryChanges & Ledger
  let inUse: RoutesInUse
  let logger: Logger

  package init(ledger: any DirectoryChanges & Ledger, inUse: RoutesInUse, logger: Logger) {
    self.ledger = ledger
    self.inUse = inUse
    self.logger = logger
  }

  /// Takes `new` into use, or what is in use already, with all approved changes that fit. Throws `RouteProblems` where the
  /// files are wrong; the old routes then stay.
  @discardableResult
  package func lay(over new: Routes? = nil, at now: Instant) async throws -> Routes {
    // Whoever approves a change need not hear again of another one; whoever reads the files anew has to.
    let known = new == nil ? inUse.current.book.directory.misfits : [:]
    var base = new
    var approved = try await ledger.approvedChanges()
    while true {
      let routes = try inUse.update { [base, approved] current in try (base ?? current).laying(approved) }
      base = nil
      let directory = routes.book.directory
      for (number, standing) in directory.standings.sorted(by: { $0.key < $1.key }) {
        if let end = standing.end { _ = try await ledger.conclude(number, end, from: [.approved], at: now) }
      }
      // Somebody may have approved another one meanwhile.
      let next = try await ledger.approvedChanges()
      guard next == approved else {
        approved = next
        continue
      }
      for change in approved where directory.misfits[change.number] != nil && known[change.number] == nil {
        try await alarm(change, at: now)
      }
      return routes
    }
  }

  /// Says nothing of what the change says: it may hold an address.
  private func alarm(_ change: DeskChange, at now: Instant) async throws {
    let (number, place) = (change.number, change.place)
    let alarm = Alarm(
      kind: .changeMisfit, identifier: "\(place.agency):\(place.role)",
      text: "approved change \(number) of this desk is not in force: it does not fit the directory's files any more; "
        + "messages go to the contacts from before it. /agencies/\(place.agency)/changes/\(number) says why")
    logger.report(alarm)
    try await ledger.raise(alarm, at: now)
  }
}
