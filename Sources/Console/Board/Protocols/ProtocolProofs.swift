import Delivery
import Routing

/// What takes long to know about the packs: the proof, the cases beside them, and comparisons.
///
/// Guarantee: worked out once for the routes in use, whoever asks and however often, one thing at a time and never on a
/// thread that answers requests; routes that are reloaded are proved anew.
actor ProtocolProofs {
  private let folder: RouteFolder?
  private let time: any TimeSource
  private var routes: Routes?
  private var proof: Proof?
  private var evidence: [String: PackEvidence?] = [:]
  private var comparisons: [[String]: [PackDiff.Change]] = [:]

  /// The invariants over every combination of facts.
  struct Proof: Sendable {
    let at: Instant
    let report: Verifier.Report
  }

  init(folder: RouteFolder?, time: any TimeSource) {
    self.folder = folder
    self.time = time
  }

  func proof(of routes: Routes) -> Proof {
    keep(routes)
    if let proof { return proof }
    let made = Proof(at: time.now(), report: Verifier(routes.book).verify())
    proof = made
    return made
  }

  /// Nil: the routes come from no folder, or it cannot be read; `waypost routes check` says what is wrong there.
  func evidence(of pack: RoutePack, in routes: Routes) -> PackEvidence? {
    guard let folder else { return nil }
    keep(routes)
    if let known = evidence[pack.folder] { return known }
    let read = try? folder.evidence(of: pack, routes.vocabulary)
    evidence[pack.folder] = .some(read)
    return read
  }

  func changes(from old: RoutePack, to new: RoutePack, in routes: Routes) -> [PackDiff.Change] {
    keep(routes)
    let key = [old.folder, new.folder]
    if let known = comparisons[key] { return known }
    let made = PackDiff(from: old, to: new, routes.vocabulary).changes
    comparisons[key] = made
    return made
  }

  /// What was known of other routes is forgotten.
  private func keep(_ new: Routes) {
    if let routes, routes.isSame(as: new) { return }
    routes = new
    proof = nil
    evidence = [:]
    comparisons = [:]
  }
}
