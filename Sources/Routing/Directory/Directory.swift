/// Who is who and how each is reached: `Routes/directory/`, read together and indexed by role and authority.
package struct Directory: Sendable {
  package let agencies: [Agency]
  package let bankHolidays: BankHolidays
  /// The hours that a desk can name; nil: always open.
  package let hours: [String: DeskHours?]
  /// What has become of the changes that were laid over the files, by number.
  package let standings: [Int64: ChangeStanding]
  /// What is wrong with those that do not fit, by number.
  package let misfits: [Int64: [RouteProblem]]
  private let byPlace: [PlaceKey: (agency: Agency, desk: Desk)]
  private let byName: [String: Agency]

  private struct PlaceKey: Hashable {
    let role: Int
    let authority: String
  }

  package init(
    agencies: [Agency], bankHolidays: BankHolidays, hours: [String: DeskHours?] = [:],
    standings: [Int64: ChangeStanding] = [:], misfits: [Int64: [RouteProblem]] = [:]
  ) {
    self.agencies = agencies
    self.bankHolidays = bankHolidays
    self.hours = hours
    self.standings = standings
    self.misfits = misfits
    var byPlace: [PlaceKey: (agency: Agency, desk: Desk)] = [:]
    var byName: [String: Agency] = [:]
    for agency in agencies {
      for name in [agency.id] + agency.knownAs { byName[Directory.folded(name)] = agency }
      guard agency.answersForItsArea else { continue }
      for area in agency.areas {
        for desk in agency.desks.values { byPlace[PlaceKey(role: desk.role.index, authority: area)] = (agency, desk) }
      }
    }
    self.byPlace = byPlace
    self.byName = byName
  }

  /// The desk that answers for a role in an authority's area, or everywhere.
  package func desk(_ role: Role, in authority: String) -> Desk? { place(role, authority)?.desk }

  /// The agency whose desk answers for a role in an authority's area, or everywhere.
  func answering(_ role: Role, in authority: String) -> Agency? { place(role, authority)?.agency }

  private func place(_ role: Role, _ authority: String) -> (agency: Agency, desk: Desk)? {
    byPlace[PlaceKey(role: role.index, authority: authority)] ?? byPlace[PlaceKey(role: role.index, authority: "*")]
  }

  /// An agency by its id or by a name that it is known as.
  package func agency(_ name: String) -> Agency? { byName[name] ?? byName[Directory.folded(name)] }

  private static func folded(_ name: String) -> String { name.lowercased() }
}

/// An organisation with desks. One instance is shared by everything that names it.
package final class Agency: Sendable {
  package let id: String
  package let name: String
  package let kind: String
  package let areas: [String]
  package let knownAs: [String]
  /// By which `clock.officeHours` is judged.
  package let hours: DeskHours
  package let desks: [Int: Desk]
  /// A desk that takes messages for roles that the agency has no desk for.
  package let fallback: Role?
  /// The desk that is always staffed: asked last when nobody confirms a message.
  package let dutyDesk: Role?

  package init(
    id: String, name: String, kind: String, areas: [String], knownAs: [String], hours: DeskHours, desks: [Desk],
    fallback: Role?, dutyDesk: Role?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.areas = areas
    self.knownAs = knownAs
    self.hours = hours
    self.fallback = fallback
    self.dutyDesk = dutyDesk
    self.desks = Dictionary(desks.map { ($0.role.index, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Who is asked in turn when the desk of `role` does not confirm: the next contact of each, then the duty desk.
  package func standIns(for role: Role) -> [Desk] {
    var found: [Desk] = []
    func add(_ role: Role?) {
      guard let desk = role.flatMap({ desks[$0.index] }), !found.contains(where: { $0.role == desk.role }) else {
        return
      }
      found.append(desk)
    }
    var next = (desks[role.index] ?? fallback.flatMap { desks[$0.index] })?.next
    while let role = next, found.count < 4 {
      let count = found.count
      add(role)
      next = found.count > count ? desks[role.index]?.next : nil
    }
    add(dutyDesk)
    return found.filter { $0.role != role }
  }

  /// Schools and placements are found by name, never by area.
  package var answersForItsArea: Bool { kind != "school" && kind != "care" }
}

/// Where an agency takes messages for one role.
package final class Desk: Sendable {
  package let agency: String
  package let role: Role
  package let name: String
  package let hours: DeskHours?
  package let whenClosed: WhenClosed
  package let channels: [Channel]
  /// Who of the same agency is asked when this desk does not confirm.
  package let next: Role?
  /// What counts for it: the file's entry, or that of a change laid over it (`DeskEntry`).
  package let entry: JSONValue

  package init(
    agency: String, role: Role, name: String, hours: DeskHours?, whenClosed: WhenClosed, channels: [Channel],
    next: Role?, entry: JSONValue = [:]
  ) {
    self.entry = entry
    self.agency = agency
    self.role = role
    self.name = name
    self.hours = hours
    self.whenClosed = whenClosed
    self.channels = channels
    self.next = next
  }
}

package enum WhenClosed: String, Sendable, CaseIterable {
  /// The message goes out at any hour.
  case send
  /// A message that is not immediate waits for the next opening.
  case wait
  /// The front door hands over to the out-of-hours desk.
  case `switch`
}
