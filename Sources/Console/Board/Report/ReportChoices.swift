import Delivery
import Routing

/// What can be chosen in a report, from the routes in use; and whom somebody who is limited to agencies can report.
///
/// Guarantee: the limits never widen. A school or a home reports whoever is said to go to it or to live in it, wherever
/// that is; any other agency reports children who live in its area or are looked after by its authority; with several
/// agencies one of these is enough. An agency that the directory does not know opens nothing.
struct ReportChoices: Sendable {
  let directory: Directory
  let authorities: [ReportOption]
  let schools: [ReportOption]
  private let person: Person
  /// The person's own schools and homes, which have no area.
  private let places: [Agency]
  private let areas: Set<String>

  init(_ routes: Routes, for person: Person) {
    self.person = person
    let directory = routes.book.directory
    self.directory = directory
    let known = directory.agencies.filter { $0.kind == "authority" }.flatMap(\.areas).filter { $0 != "*" }
    let slugs = Set(known + routes.book.packs.flatMap(\.parties))
    authorities = slugs.map { ReportOption($0, AgencyWords(directory: directory).name($0)) }.sorted {
      $0.words < $1.words
    }
    schools = directory.agencies.filter { $0.kind == "school" }.map { ReportOption($0.id, $0.name) }
      .sorted { $0.words < $1.words }
    let own = person.agencies.compactMap(directory.agency)
    places = own.filter { !$0.answersForItsArea }
    areas = Set(own.filter(\.answersForItsArea).flatMap(\.areas))
  }

  func options(_ choice: ReportField.Choice) -> [ReportOption] {
    switch choice {
    case .fixed(let options): options
    case .school: schools
    case .authority(let none): (none.map { [ReportOption(ReportOption.none, $0)] } ?? []) + authorities + [.other]
    }
  }

  /// What is known before anything is answered.
  var beginning: [String: String] {
    var answers: [String: String] = [:]
    if let school = places.first(where: { $0.kind == "school" }) {
      answers["school"] = school.id
      answers["you"] = "school"
    }
    if let home = places.first(where: { $0.kind == "care" }) {
      answers["home-name"] = home.name
      answers["you"] = "carer"
    }
    if places.isEmpty, !person.agencies.isEmpty { answers["you"] = "agency" }
    return answers
  }

  /// The sender that the person is for this child; nil if it is not for them to report.
  func sender(for data: JSONValue) -> Sender? {
    let child = data["child"]
    let own = { (authorities: [String]) in
      Sender(name: person.id, authorities: authorities, types: ReportStep.allCases.map(\.type))
    }
    if person.agencies.isEmpty || areas.contains("*") || places.contains(where: { isAt($0, child) }) { return own([]) }
    let named = ["livesIn", "lookedAfterBy"].compactMap { child?[$0]?.text }
    return named.contains(where: areas.contains) ? own(areas.sorted()) : nil
  }

  private func isAt(_ place: Agency, _ child: JSONValue?) -> Bool {
    if place.kind == "school" { return child?["school"]?.text == place.id }
    let name = child?.at(["placement", "name"])?.text ?? ""
    return name == place.name || directory.agency(name)?.id == place.id
  }

  /// Who is meant, for the page that says that a child is not theirs to report.
  var limits: String {
    let named = places.map(\.name) + areas.sorted().map { AgencyWords(directory: directory).name($0) }
    return named.isEmpty ? "the agencies that you are limited to" : named.joined(separator: ", ")
  }

  /// Who is taken to speak of the same child: people of the same agencies, or only this person.
  var reporters: String {
    if !person.agencies.isEmpty { return person.agencies.sorted().joined(separator: " ") }
    return person.may(.seeBoard) ? "" : person.id
  }

  /// An authority as an event names it: the one chosen, or the name of another that was written.
  func authority(_ chosen: String, _ other: String) -> String? {
    guard chosen == ReportOption.other.value else {
      return chosen.isEmpty || chosen == ReportOption.none ? nil : chosen
    }
    let words = other.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let slug = words.joined(separator: "-")
    return Authority.isSlug(slug) ? slug : nil
  }
}
