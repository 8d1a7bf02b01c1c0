import Delivery
import Routing

/// Something to put right, and the field that it stands at.
struct ReportProblem: Sendable, Equatable {
  let part: ReportPart
  let field: String
  let says: String
}

/// What was answered so far: what is wrong with it, and what an event says of it.
///
/// Guarantee: every answer reaches the event or is a problem, but for the marks of parts and the question of the
/// police, which chooses the event.
struct ReportAnswers: Sendable {
  let choices: ReportChoices
  let now: Instant
  private let answers: [String: String]

  init(_ answers: [String: String], _ choices: ReportChoices, at now: Instant) {
    self.answers = answers
    self.choices = choices
    self.now = now
  }

  subscript(name: String) -> String { answers[name] ?? "" }

  func isTicked(_ field: String, _ value: String) -> Bool { self["\(field)-\(value)"] == "yes" }

  /// Whether the police know already: a report, or else a suspicion that they are told of.
  var step: ReportStep { self["police"] == "no" ? .suspected : .reported }

  var likeness: ChildLikeness? {
    ChildLikeness(reporters: choices.reporters, given: self["given"], family: self["family"], dateOfBirth: self["born"])
  }

  // Problems.

  /// In the order of the fields; at most one a field.
  var problems: [ReportProblem] {
    let own = ReportPart.allCases.flatMap { part in
      part.fields.compactMap { field in says(field).map { ReportProblem(part: part, field: field.name, says: $0) } }
    }
    guard own.isEmpty, choices.sender(for: data(child: "", isNew: false)) == nil else { return own }
    return [
      ReportProblem(
        part: .child, field: "livesIn",
        says:
          "You can report children of \(choices.limits). Say here, under School, or as the home, that this is one"
      )
    ]
  }

  private func says(_ field: ReportField) -> String? {
    let answer = self[field.name]
    if let other = othersProblem(field) { return other }
    if answer.isEmpty { return field.isRequired ? "Not answered yet: \(field.label)" : nil }
    if answer.count > field.longest { return "\(field.label): write at most \(field.longest) characters" }
    switch field.kind {
    case .line, .text, .ticks: return nil
    case .mail: return MailAddress.isPlausible(answer) ? nil : "\(field.label): write it as name@office.example"
    case .date:
      guard let date = CivilDate(answer) else { return "\(field.label): enter a date" }
      return date > London.date(at: now) ? "\(field.label): this day has not come yet" : nil
    case .moment:
      guard let instant = AnswerForm.instant(answer) else { return "\(field.label) Enter a date with a time" }
      return instant > now.advanced(bySeconds: 300) ? "\(field.label) This time has not come yet" : nil
    case .choice(let choice):
      return choices.options(choice).contains { $0.value == answer } ? nil : "\(field.label): choose from the list"
    }
  }

  /// The name of an authority that is not in the list has to be one, and is wanted only then.
  private func othersProblem(_ field: ReportField) -> String? {
    guard ["livesInOther", "lookedAfterByOther"].contains(field.name) else { return nil }
    let isChosen = self[String(field.name.dropLast(5))] == ReportOption.other.value
    guard isChosen else {
      return self[field.name].isEmpty ? nil : "Choose Another authority in the list, or leave this empty"
    }
    let slug = choices.authority(ReportOption.other.value, self[field.name])
    return slug == nil ? "Write the name of the authority, such as Kirklees" : nil
  }

  /// What the person reads; nil where nothing was answered.
  func words(_ field: ReportField) -> String? {
    switch field.kind {
    case .ticks(let options):
      let ticked = options.filter { isTicked(field.name, $0.value) }.map(\.words)
      return ticked.isEmpty ? nil : ticked.joined(separator: "; ")
    case .choice(let choice):
      let answer = self[field.name]
      return answer.isEmpty ? nil : choices.options(choice).first { $0.value == answer }?.words ?? answer
    case .moment: return AnswerForm.instant(self[field.name]).map(LondonWords.moment) ?? stated(field.name)
    case .date: return CivilDate(self[field.name]).map { "\($0.day)/\($0.month)/\($0.year)" } ?? stated(field.name)
    case .line, .mail, .text: return stated(field.name)
    }
  }

  private func stated(_ name: String) -> String? { answers[name].flatMap { $0.isEmpty ? nil : $0 } }

  // The event's data.

  /// What is stated, and nothing else. People to be told are named only for a child who is new here: a list replaces
  /// the one before, and others may have named people since.
  func data(child id: String, isNew: Bool) -> JSONValue {
    ["child": .object(child(id, isNew)), "episode": .object(episode)]
  }

  private func child(_ id: String, _ isNew: Bool) -> [String: JSONValue] {
    var child: [String: JSONValue] = ["id": .string(id)]
    child.state("name", members(["given": "given", "family": "family", "knownAs": "knownAs"]))
    for (key, name) in [
      "dateOfBirth": "born", "sex": "sex", "home": "home", "legalStatus": "legal", "school": "school",
    ] {
      child.state(key, stated(name))
    }
    child.state("livesIn", choices.authority(self["livesIn"], self["livesInOther"]))
    child.state("lookedAfterBy", choices.authority(self["lookedAfterBy"], self["lookedAfterByOther"]))
    // The child may have been in care when last reported.
    if self["lookedAfterBy"] == ReportOption.none { child["lookedAfterBy"] = .null }
    var placement = members(["kind": "placement", "name": "home-name"])
    if isTicked("is", "oneToOne") { placement["oneToOne"] = true }
    child.state("placement", placement)
    for flag in ["protectionPlan", "careLeaver", "uasc"] where isTicked("is", flag) { child[flag] = true }
    for flag in ["disability", "contactParentsHarmful"] where isTicked("also", flag) { child[flag] = true }
    child.state("risks", ticked(.health, "risks").map { JSONValue.string($0.value) })
    child.state(
      "description",
      sentences([
        ("", "build"), ("Hair and eyes", "hair"), ("Appearance and speech", "speech"), ("Marks", "marks"),
        ("Wearing", "wearing"), ("Missing or taken along", "taken"),
      ]))
    child.state(
      "medical",
      sentences([
        ("", "conditions"), ("Medicine", "medicine"), ("Doctor", "doctor"), ("Vulnerable", "vulnerable"),
      ]))
    child.state(
      "associates",
      sentences([
        ("Phone", "phone"), ("Social media", "accounts"), ("Friends and relatives", "friends"), ("Places", "places"),
        ("Contacts", "contacts"),
      ]))
    if isNew, let mail = stated("mail") {
      child["contacts"] = [["role": "family.reporter", "name": "Whoever reported", "email": .string(mail)]]
    }
    return child
  }

  private var episode: [String: JSONValue] {
    var episode: [String: JSONValue] = ["reportedToPolice": .bool(step == .reported)]
    let seenAt = AnswerForm.instant(self["seenAt"])?.rfc3339
    var lastSeen = members(["place": "seenAtPlace"])
    lastSeen.state("at", seenAt)
    lastSeen.state("in", choices.authority(self["seenIn"], ""))
    episode.state("lastSeen", lastSeen)
    episode.state("missingSince", seenAt)
    for (key, name) in ["whereabouts": "whereabouts", "reportedBy": "you", "history": "before"] {
      episode.state(key, stated(name))
    }
    for option in ticked(.lastSeen, "now") { episode[option.value] = true }
    episode.state("circumstances", circumstances)
    return episode
  }

  private var circumstances: String? {
    let done = ticked(.done, "did").map(\.words).joined(separator: "; ")
    let usual = ReportPart.lastSeen.fields.first { $0.name == "usual" }.flatMap(words)
    return [
      sentences([("", "happened"), ("Seen by, and with", "seenBy"), ("Meant to", "meant")]),
      usual.map { sentence("Out of character", $0) }, sentences([("Different", "usualWhy")]),
      done.isEmpty ? nil : sentence("Done so far", done),
      sentences([
        ("What came of it", "found"), ("Told", "told"), ("Police reference", "policeNumber"),
        ("Whoever reports is reached on", "ring"),
      ]),
    ].compactMap(\.self).joined(separator: " ")
  }

  private func ticked(_ part: ReportPart, _ name: String) -> [ReportOption] {
    guard case .ticks(let options)? = part.fields.first(where: { $0.name == name })?.kind else { return [] }
    return options.filter { isTicked(name, $0.value) }
  }

  private func members(_ names: [String: String]) -> [String: JSONValue] {
    names.compactMapValues { stated($0).map(JSONValue.string) }
  }

  private func sentences(_ parts: [(label: String, name: String)]) -> String? {
    let said = parts.compactMap { part in stated(part.name).map { sentence(part.label, $0) } }
    return said.isEmpty ? nil : said.joined(separator: " ")
  }

  private func sentence(_ label: String, _ answer: String) -> String {
    let end = answer.last.map { ".!?".contains($0) } ?? true ? "" : "."
    return (label.isEmpty ? "" : "\(label): ") + answer + end
  }
}

extension [String: JSONValue] {
  fileprivate mutating func state(_ key: String, _ text: String?) {
    if let text, !text.isEmpty { self[key] = .string(text) }
  }
  fileprivate mutating func state(_ key: String, _ members: [String: JSONValue]) {
    if !members.isEmpty { self[key] = .object(members) }
  }
  fileprivate mutating func state(_ key: String, _ items: [JSONValue]) {
    if !items.isEmpty { self[key] = .array(items) }
  }
}
