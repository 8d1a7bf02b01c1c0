package import Routing

/// Which fields of the data each share group opens, and nothing else.
///
/// Guarantee: what is not listed for a granted group cannot reach a message, neither its text nor its JSON.
package struct SharedFields: Sendable {
  package struct Line: Sendable, Equatable {
    package let label: String
    package let value: String
  }
  package struct Group: Sendable, Equatable {
    package let title: String
    package let lines: [Line]
  }

  private struct Field: Sendable {
    let path: [String]
    let label: String
    init(_ path: String, _ label: String) {
      self.path = path.split(separator: ".").map(String.init)
      self.label = label
    }
  }

  private static let fields: [(group: String, title: String, fields: [Field])] = [
    (
      "status", "Status",
      [
        Field("episode.whereabouts", "Whereabouts"), Field("episode.awaySince", "Away since"),
        Field("episode.missingSince", "Missing since"), Field("placement.startsAt", "Placement starts"),
        Field("placement.startedAt", "Placement started"), Field("placement.endsAt", "Placement ends"),
      ]
    ),
    (
      "identity", "The child",
      [
        Field("child.name.given", "Given name"), Field("child.name.family", "Family name"),
        Field("child.name.knownAs", "Known as"), Field("child.dateOfBirth", "Date of birth"), Field("child.sex", "Sex"),
        Field("child.id", "Sender's reference"),
      ]
    ),
    ("description", "Description", [Field("child.description", "Description")]),
    ("photograph", "Photograph", [Field("child.photograph", "Photograph")]),
    (
      "circumstances", "Circumstances",
      [
        Field("episode.circumstances", "Circumstances"), Field("episode.reportedBy", "Reported by"),
        Field("episode.locatedBy", "Located by"), Field("episode.foundIn", "Found in"),
      ]
    ),
    (
      "last-seen", "Last seen",
      [
        Field("episode.lastSeen.at", "When"), Field("episode.lastSeen.place", "Where"),
        Field("episode.lastSeen.in", "Area"),
      ]
    ),
    (
      "risk", "Risk",
      [
        Field("episode.risk", "Category"), Field("episode.immediateRisk", "Immediate risk"),
        Field("child.risks", "Known risks"),
      ]
    ),
    ("medical", "Health", [Field("child.medical", "Health"), Field("child.disability", "Disability")]),
    ("associates", "Associates", [Field("child.associates", "Associates")]),
    (
      "placement", "Placement",
      [
        Field("child.placement.kind", "Kind"), Field("child.placement.provider", "Provider"),
        Field("child.placement.name", "Name"), Field("child.livesIn", "Area"),
        Field("child.lookedAfterBy", "Looked after by"),
      ]
    ),
    ("history", "History", [Field("episode.history", "Earlier episodes")]),
    ("education", "Education", [Field("child.school", "School"), Field("absence.schoolDays", "School days absent")]),
    ("legal", "Legal", [Field("child.legalStatus", "Legal status"), Field("child.protectionPlan", "Protection plan")]),
    ("plan", "Plan", [Field("child.plan", "Plan"), Field("child.openTo", "Open to")]),
    (
      "interview-outcome", "Return interview",
      [
        Field("interview.heldAt", "Held"), Field("interview.outcome", "Outcome"),
      ]
    ),
    ("contact-details", "Contact", [Field("child.home", "Address"), Field("child.contacts", "People to contact")]),
  ]

  /// The groups that `share` opens and that the data fill, ready to read.
  package static func groups(_ data: JSONValue, _ share: Set<String>) -> [Group] {
    fields.compactMap { entry in
      guard share.contains(entry.group) else { return nil }
      let lines = entry.fields.compactMap { field -> Line? in
        guard let value = data.at(field.path), let words = words(value, field) else { return nil }
        return Line(label: field.label, value: words)
      }
      return lines.isEmpty ? nil : Group(title: entry.title, lines: lines)
    }
  }

  /// The same fields as JSON.
  package static func data(_ data: JSONValue, _ share: Set<String>) -> JSONValue {
    var result = JSONValue.object([:])
    for entry in fields where share.contains(entry.group) {
      for field in entry.fields {
        guard let value = data.at(field.path), !value.isNull else { continue }
        result = result.merged(with: field.path.reversed().reduce(value) { .object([$1: $0]) })
      }
    }
    return result
  }

  private static func words(_ value: JSONValue, _ field: Field) -> String? {
    // A picture is no text.
    if field.path.last == "photograph", let text = value.text { return Photograph.words(text) }
    return words(value)
  }

  private static func words(_ value: JSONValue) -> String? {
    switch value {
    case .null: nil
    case .bool(let flag): flag ? "yes" : "no"
    case .number: value.serialized
    case .string(let text): text.isEmpty ? nil : Instant(rfc3339: text).map(LondonWords.moment) ?? text
    case .array(let items): items.isEmpty ? nil : items.compactMap(words).joined(separator: "; ")
    case .object(let members):
      members.isEmpty ? nil : members.sorted { $0.key < $1.key }.compactMap { words($0.value) }.joined(separator: ", ")
    }
  }
}

/// Instants as people in England read them.
package enum LondonWords {
  private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// `Friday 27 March 2026 at 22:40`, London time.
  package static func moment(_ instant: Instant) -> String {
    let reading = London.reading(at: instant)
    let minutes = reading.secondOfDay / 60
    let clock = "\(minutes / 60 < 10 ? "0" : "")\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    let date = reading.date
    return "\(days[date.weekday - 1]) \(date.day) \(months[date.month - 1]) \(date.year) at \(clock)"
  }
}
