package import Routing

/// Which desks and channels of the directory a name selects.
package enum ProbePlan {
  /// Nobody and nothing is called so.
  package struct UnknownName: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let nearest: [String]
    package var description: String {
      let near = nearest.map { "`\($0)`" }.joined(separator: " or ")
      let remedy =
        near.isEmpty ? "Give an agency's id or a role that a desk of the directory has." : "Did you mean \(near)?"
      return "No agency is called `\(name)`, and no desk has a role of that name. \(remedy)"
    }
  }

  /// Every channel of every desk.
  package static func everything(in directory: Directory) -> [Probe] {
    directory.agencies.flatMap { probes(of: $0) { _ in true } }
  }

  /// The desks of an agency, by its id or a name it is known as; otherwise the desks of a role, over all agencies.
  package static func named(_ name: String, in directory: Directory) throws(UnknownName) -> [Probe] {
    if let agency = directory.agency(name) { return probes(of: agency) { _ in true } }
    let found = directory.agencies.flatMap { agency in probes(of: agency) { $0.role.name == name } }
    guard found.isEmpty else { return found }
    let roles = Set(directory.agencies.flatMap { $0.desks.values.map(\.role.name) })
    throw UnknownName(
      name: name,
      nearest: [directory.agencies.map(\.id).nearest(to: name), roles.sorted().nearest(to: name)].compactMap(\.self))
  }

  private static func probes(of agency: Agency, where isWanted: (Desk) -> Bool) -> [Probe] {
    agency.desks.values.sorted { $0.role.name < $1.role.name }.filter(isWanted).flatMap(Probe.all)
  }
}
