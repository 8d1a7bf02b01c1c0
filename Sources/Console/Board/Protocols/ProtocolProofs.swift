import Delivery
import Routing

/// What takes long to know about the packs: the proof, the cases beside them, and comparisons.
///
/// Guarantee: worked out once for the routes in use, whoever asks and however often, and never on a thread that answers
/// requests; routes that are reloaded are proved anew.
actor ProtocolProofs {
  private let folder: RouteFolder?
  private let time: any TimeSource
  private var routes: Routes?
  private var proof: Task<Proof, Never>?
  private var evidence: [String: Task<Evidence, Never>] = [:]
  private var comparisons: [[String]: Task<[PackDiff.Change], Never>] = [:]

  /// The invariants over every combination of facts.
  struct Proof: Sendable {
    let at: Instant
    let report: Verifier.Report
  }

  /// Nil: the routes come from no folder, or it cannot be read.
  typealias Evidence = PackEvidence?

  init(folder: RouteFolder?, time: any TimeSource) {
    self.folder = folder
    self.time = time
  }

  func proof(of routes: Routes) async -> Proof {
    keep(routes)
    if let proof { return await proof.value }
    let task = Task.detached { [time] in
      let report = Verifier(routes.book).verify()
      return Proof(at: time.now(), report: report)
    }
    proof = task
    return await task.value
  }

  func evidence(of pack: RoutePack, in routes: Routes) async -> Evidence {
    guard let folder else { return nil }
    keep(routes)
    if let known = evidence[pack.folder] { return await known.value }
    // What the folder says wrong is said by `waypost routes check`; the page says that the cases are not at hand.
    let task = Task.detached { try? folder.evidence(of: pack, routes.vocabulary) }
    evidence[pack.folder] = task
    return await task.value
  }

  func changes(from old: RoutePack, to new: RoutePack, in routes: Routes) async -> [PackDiff.Change] {
    keep(routes)
    let key = [old.folder, new.folder]
    if let known = comparisons[key] { return await known.value }
    let task = Task.detached { PackDiff(from: old, to: new, routes.vocabulary).changes }
    comparisons[key] = task
    return await task.value
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
