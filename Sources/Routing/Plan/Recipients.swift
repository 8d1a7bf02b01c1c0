/// Finds who stands behind a role in a situation: pure look-ups in the directory and the event's named contacts.
struct Recipients {
  let directory: Directory
  let frontDoor: Role?
  let outOfHours: Role?

  /// A desk found, or the agency that should have had it.
  struct Found {
    var role: Role
    var agency: String?
    var contact: Contact?
    var desk: Desk?
    /// By whose calendar `clock.officeHours` is judged.
    var hours: DeskHours?
  }

  func isOfficeHours(_ found: Found, at instant: Instant) -> Bool {
    (found.hours ?? .office).isOpen(at: instant, bankHolidays: directory.bankHolidays)
  }

  /// The authority that a relation names; nil where the data do not say.
  static func authority(_ relation: Relation, _ situation: Situation) -> String? {
    switch relation {
    case .area, .parties: situation.livesIn
    case .responsible, .holding: situation.lookedAfterBy ?? situation.livesIn
    case .lastSeen: situation.data.at(["episode", "lastSeen", "in"])?.text
    case .foundIn: situation.data.at(["episode", "foundIn"])?.text
    case .destination: situation.data.at(["episode", "destination"])?.text
    }
  }

  /// What a plan line prints: with nobody looking after the child, the area stands for both.
  static func printed(_ relation: Relation, _ situation: Situation) -> Relation {
    switch relation {
    case .responsible, .holding: situation.lookedAfterBy == nil ? .area : .responsible
    default: relation
    }
  }

  /// Everybody behind `role` for one authority: usually one desk, several where the event names several people. A front
  /// door that `relays` keeps its name while the out-of-hours desk takes its messages.
  func find(
    _ role: Role, authority: String?, _ situation: Situation, at instant: Instant, relays: Bool
  ) -> [Found] {
    let agency = agency(role, authority, situation)
    let fallbackID = agency?.id ?? (role.category == "school" ? situation.school : nil) ?? authority
    let named = named(role, agency, authority, situation)
    if !named.isEmpty {
      return named.map {
        Found(
          role: role, agency: fallbackID, contact: $0, desk: agency?.desks[role.index], hours: agency?.hours)
      }
    }
    guard let agency else {
      return [Found(role: relays ? role : switched(role, nil, instant), agency: fallbackID)]
    }
    let desk = agency.desks[role.index]
    let actual = switched(role, desk, instant)
    let printed = relays ? role : actual
    guard let taken = agency.desks[actual.index] ?? agency.fallback.flatMap({ agency.desks[$0.index] }) ?? desk else {
      return [Found(role: printed, agency: agency.id, hours: agency.hours)]
    }
    let contact = Contact(
      label: taken.name, channels: taken.channels, via: taken.role == printed ? nil : taken.role, isNamed: false)
    return [Found(role: printed, agency: agency.id, contact: contact, desk: taken, hours: agency.hours)]
  }

  private func agency(_ role: Role, _ authority: String?, _ situation: Situation) -> Agency? {
    switch role.finding {
    case .bySchool: return situation.school.flatMap(directory.agency)
    case .byPlacement: return situation.placementNames.lazy.compactMap(directory.agency).first
    case .byName: return nil
    case .byArea:
      guard let authority else { return directory.answering(role, in: "") }
      return directory.answering(role, in: authority) ?? directory.agency(authority)
    }
  }

  /// Contract: a role with no named contact goes to that agency's desk for the role.
  private func named(_ role: Role, _ agency: Agency?, _ authority: String?, _ situation: Situation) -> [Contact] {
    guard !situation.contacts.isEmpty else { return [] }
    return situation.contacts.compactMap { contact in
      guard contact.role == role, let email = contact.email else { return nil }
      if let own = contact.agency, let expected = agency?.id ?? authority, own != expected { return nil }
      return Contact(
        label: contact.name ?? role.name, channels: [.mail(email)], via: nil, isNamed: true)
    }
  }

  /// The front door hands over to the out-of-hours desk while it is shut; nothing else switches by itself.
  private func switched(_ role: Role, _ desk: Desk?, _ instant: Instant) -> Role {
    guard role == frontDoor, let outOfHours else { return role }
    if let desk, desk.whenClosed != .switch { return role }
    let hours = desk?.hours ?? (desk == nil ? .office : nil)
    guard let hours, !hours.isOpen(at: instant, bankHolidays: directory.bankHolidays) else { return role }
    return outOfHours
  }
}
