/// Reads a CloudEvent and reports everything that is wrong with it at once.
///
/// Guarantee: what passes has a known type and no value outside its domain. Missing facts are no error (contract,
/// "Events"). Nothing a sender wrote is repeated in a problem: values may be personal data.
package struct EventReader: Sendable {
  let vocabulary: Vocabulary

  package init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// `learnedAt` stands in for a time that the sender left out. Throws `FieldProblems` with one entry for every wrong
  /// field.
  package func read(_ document: JSONValue, learnedAt: Instant) throws(FieldProblems) -> Event {
    var check = FieldCheck()
    guard document.members != nil else {
      throw FieldProblems([FieldProblem("", "is not a JSON object", "Send one CloudEvent (specversion 1.0)")])
    }
    if check.text(document, "specversion") != "1.0" {
      check.report("specversion", "is not 1.0", "Send a CloudEvent of specversion \"1.0\"")
    }
    let id = check.text(document, "id", atMost: 256)
    let source = check.text(document, "source", atMost: 1024)
    if source == Event.timeSource {
      check.report("source", "is the gateway's own name for time", "Use a URI of your own system")
    }
    let subject = readSubject(document, &check)
    let type = readType(document, &check)
    let time = readTime(document, learnedAt, &check)
    let data = document["data"] ?? .object([:])
    if let kind = document["datacontenttype"], kind.text?.hasPrefix("application/json") != true {
      check.report("datacontenttype", "is not application/json", "Send the data as JSON")
    }
    if data.members == nil {
      check.report("data", "is not an object", "Send the members that the contract lists")
    } else {
      readData(data, &check)
      readRetraction(data, type, &check)
    }
    let exercise = document["exercise"] ?? .bool(false)
    if exercise != .bool(true) && exercise != .bool(false) {
      check.report("exercise", "is not true or false", "Use true")
    }
    guard check.problems.isEmpty, let id, let source, let subject, let type, let time else {
      throw FieldProblems(check.problems)
    }
    return Event(
      id: id, source: source, type: type, time: time, subject: subject, data: data, isExercise: exercise == .bool(true))
  }

  private func readType(_ document: JSONValue, _ check: inout FieldCheck) -> String? {
    guard let full = check.text(document, "type") else { return nil }
    let name = full.hasPrefix(Event.typePrefix) ? String(full.dropFirst(Event.typePrefix.count)) : ""
    guard vocabulary.events.contains(name) else {
      let near = vocabulary.events.nearest(to: name).map { "Did you mean \(Event.typePrefix)\($0)" }
      check.report(
        "type", "is not an event type that Waypost knows", near ?? "Use waypost. and a name of the vocabulary")
      return nil
    }
    return name
  }

  /// CloudEvents leaves `subject` optional; an event about a child that names no episode belongs to the child.
  private func readSubject(_ document: JSONValue, _ check: inout FieldCheck) -> String? {
    if document["subject"]?.isNull ?? true, let child = document.at(["data", "child", "id"])?.text, !child.isEmpty {
      return child
    }
    return check.text(document, "subject", atMost: 256)
  }

  /// CloudEvents leaves `time` optional; what has no time happened when it was learned of.
  private func readTime(_ document: JSONValue, _ learnedAt: Instant, _ check: inout FieldCheck) -> Instant? {
    if document["time"]?.isNull ?? true { return learnedAt }
    guard let text = check.text(document, "time") else { return nil }
    guard let time = Instant(rfc3339: text) else {
      check.report("time", "is not an RFC 3339 time", "Write it as 2026-03-27T22:40:00Z")
      return nil
    }
    return time
  }

  private func readData(_ data: JSONValue, _ check: inout FieldCheck) {
    for fact in vocabulary.facts where !fact.isDerived {
      readFact(fact, in: data, &check)
    }
    for path in Event.instants { check.instant(data, path) }
    for path in EventReader.authorities { check.authority(data, path) }
    for path in EventReader.texts { check.optionalText(data, path) }
    check.date(data, ["child", "dateOfBirth"])
    readSchool(data, &check)
    readContacts(data, &check)
  }

  private static let authorities = [["episode", "destination"]]
  private static let texts = [
    ["child", "id"], ["child", "name", "given"], ["child", "name", "family"], ["child", "name", "knownAs"],
    ["child", "sex"], ["child", "placement", "provider"], ["child", "placement", "name"],
    ["episode", "circumstances"], ["episode", "lastSeen", "place"],
  ]

  /// Members on a fact's way that are no objects are reported once, by the first fact that passes them.
  private func readFact(_ fact: FactDefinition, in data: JSONValue, _ check: inout FieldCheck) {
    guard let value = check.value(data, fact.path), !value.isNull else { return }
    let place = "data." + fact.name
    switch fact.domain {
    case .flag:
      if case .bool = value { return }
      check.report(place, "is not true or false", "Send a JSON boolean")
    case .authority:
      if let text = value.text, Authority.isSlug(text) { return }
      check.report(place, "is not an authority", "Send a slug such as derby")
    case .integer, .number:
      guard case .number(let number) = value else {
        check.report(place, "is not a number", "Send a JSON number without a unit")
        return
      }
      let limit = fact.name == "child.placement.awayNoticeHours" ? 6.0 : 100_000.0
      let whole = fact.domain == .number || number == number.rounded()
      if !(0...limit).contains(number) || !whole {
        check.report(place, "is outside 0 to \(Int(limit))", "Send a whole number in the unit of its name")
      }
    case .oneOf(let values):
      if let text = value.text, values.contains(text) { return }
      check.report(place, "is not one of its values", "Use one of: \(values.joined(separator: ", "))")
    case .setOf(let values):
      if let items = value.items, items.allSatisfy({ $0.text.map(values.contains) ?? false }) { return }
      check.report(place, "is not a list of its values", "Use a list of: \(values.joined(separator: ", "))")
    }
  }

  /// What an event takes back is named by id, and by source where another system sent it.
  private func readRetraction(_ data: JSONValue, _ type: String?, _ check: inout FieldCheck) {
    for key in ["withdraws", "corrects"] {
      guard let named = data[key] else { continue }
      let source = named["source"] ?? .null
      if named["id"]?.text?.isEmpty ?? true || !(source.isNull || source.text != nil) {
        check.report(
          "data.\(key)", "does not name an event", "Send {\"id\": …} and, if another system sent it, its source")
      }
    }
    if type == Event.withdrawal, data["withdraws"] == nil {
      check.report("data.withdraws", "is missing", "Name the event that was wrong: {\"id\": …}")
    }
    if type != Event.withdrawal, data["withdraws"] != nil {
      check.report(
        "data.withdraws", "belongs to \(Event.typePrefix)\(Event.withdrawal)", "Use data.corrects beside the right data"
      )
    }
  }

  private func readSchool(_ data: JSONValue, _ check: inout FieldCheck) {
    guard let school = check.value(data, ["child", "school"]), !school.isNull else { return }
    let digits = school.text.map { $0.hasPrefix("urn:") ? $0.dropFirst(4) : "" } ?? ""
    if digits.utf8.count != 6 || !digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      check.report("data.child.school", "is not a school's reference", "Write urn: and six digits")
    }
  }

  private func readContacts(_ data: JSONValue, _ check: inout FieldCheck) {
    guard let contacts = check.value(data, ["child", "contacts"]), !contacts.isNull else { return }
    guard let items = contacts.items else {
      check.report("data.child.contacts", "is not a list", "Send a list of {role, name, email, agency}")
      return
    }
    for (index, item) in items.enumerated() {
      let place = "data.child.contacts[\(index)]"
      if vocabulary.role(item["role"]?.text ?? "") == nil {
        check.report(place + ".role", "is not a role", "Use a role of the vocabulary")
      }
      if let email = item["email"], !email.isNull, !(email.text.map(MailAddress.isPlausible) ?? false) {
        check.report(place + ".email", "is not a mail address", "Write local-part@domain")
      }
      for key in ["name", "agency"] {
        if let value = item[key], !value.isNull, value.text == nil {
          check.report("\(place).\(key)", "is not a text", "Send a text")
        }
      }
    }
  }
}

/// One wrong field: where, what, and the remedy. Never the value.
package struct FieldProblem: Equatable, Sendable {
  package let pointer: String
  package let reason: String
  package let remedy: String
  package init(_ pointer: String, _ reason: String, _ remedy: String) {
    self.pointer = pointer
    self.reason = reason
    self.remedy = remedy
  }
}

/// Every wrong field of one document.
package struct FieldProblems: Error, Sendable, CustomStringConvertible {
  package let problems: [FieldProblem]
  package init(_ problems: [FieldProblem]) { self.problems = problems }
  package var description: String {
    problems.map { "\($0.pointer.isEmpty ? "the event" : $0.pointer) \($0.reason). \($0.remedy)." }.joined(
      separator: "\n")
  }
}
