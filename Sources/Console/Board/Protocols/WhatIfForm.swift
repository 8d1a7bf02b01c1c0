import Delivery
import Foundation
import Routing

/// One question of the what-if form.
struct WhatIfField {
  /// In the address. A set of facts has one name for each of its values.
  let name: String
  let label: String
  var hint: String?
  let kind: Kind

  enum Kind {
    /// Value and words, the first for what is not stated.
    case choice([(value: String, words: String)])
    /// Value and words under a heading; those without one first.
    case grouped([(heading: String?, options: [(value: String, words: String)])])
    case check
    case checks([(value: String, words: String)])
    case moment
  }

  /// For links to it and its label.
  var id: String { name.replacing(".", with: "-") }
}

/// What somebody supposes of an invented child, out of the address of the page.
///
/// Guarantee: there is no free text in it; whatever it makes of the answers has been read as an event from outside is.
struct WhatIfForm {
  let groups: [Group]
  /// As chosen, by name.
  let chosen: [String: String]
  /// Something was asked, not only the form opened.
  let isAsked: Bool
  /// Field and words, at most one a field.
  private(set) var problems: [(field: String, says: String)] = []
  /// What happened before and, as the last, what is asked about; empty where something is wrong.
  private(set) var events: [Event] = []
  /// How many of the events are earlier episodes.
  private(set) var earlier = 0

  struct Group {
    /// Nil: the questions that come first.
    let heading: String?
    let fields: [WhatIfField]
  }

  private static let first = ["event", "at", "child.livesIn", "child.lookedAfterBy", "episode.risk", "age"]
  private static let second = ["reported", "last30", "last90"]

  init(_ query: PageForm, _ routes: Routes, _ words: PlainWords, at now: Instant) {
    groups = WhatIfForm.groups(routes, words)
    let vocabulary = routes.vocabulary
    var chosen: [String: String] = [:]
    for field in groups.flatMap(\.fields) {
      if case .checks(let options) = field.kind {
        for option in options where !query["\(field.name).\(option.value)"].isEmpty {
          chosen["\(field.name).\(option.value)"] = query["\(field.name).\(option.value)"]
        }
      } else if !query[field.name].isEmpty {
        chosen[field.name] = query[field.name]
      }
    }
    isAsked = chosen["event"] != nil
    if !isAsked { chosen["event"] = EpisodeHistory.report }
    if chosen["at"] == nil { chosen["at"] = AnswerForm.typed(now) }
    self.chosen = chosen
    guard isAsked else { return }
    read(vocabulary)
  }

  // Reading.

  private mutating func read(_ vocabulary: Vocabulary) {
    refuseStrangers()
    let at = AnswerForm.instant(chosen["at"] ?? "")
    if at == nil { problem("at", "Enter a date with a time, such as 2026-03-27T22:40") }
    refuseCombinations()
    guard problems.isEmpty, let at, let type = chosen["event"] else { return }
    var data = facts(vocabulary)
    data = data.merged(with: ["child": ["id": "what-if"]])
    if let age = chosen["age"].flatMap({ Int($0) }) {
      let year = London.date(at: at).year - age
      data = data.merged(with: ["child": ["dateOfBirth": .string("\(year)-01-01")]])
    }
    var events = episodes(before: at, data)
    earlier = events.count
    if let hours = chosen["reported"].flatMap({ Int64($0) }) {
      events.append(
        event("reported", EpisodeHistory.report, at.advanced(bySeconds: -hours * 3600), "what-if-now", data))
    }
    events.append(event("asked", type, at, "what-if-now", data))
    check(events, vocabulary, at)
    if problems.isEmpty { self.events = events }
  }

  /// Values that are none of those offered: somebody has changed the address.
  private mutating func refuseStrangers() {
    for field in groups.flatMap(\.fields) {
      let allowed: [String]
      switch field.kind {
      case .choice(let options): allowed = options.map(\.value)
      case .grouped(let groups): allowed = groups.flatMap { $0.options.map(\.value) }
      case .check: allowed = ["true"]
      case .checks(let options):
        let isStrange = options.contains { option in
          chosen["\(field.name).\(option.value)"].map { $0 != "true" } ?? false
        }
        if isStrange { problem(field.name, "Tick what applies under \(field.label.loweringFirst)") }
        continue
      case .moment: continue
      }
      if let value = chosen[field.name], !allowed.contains(value) {
        problem(field.name, "Choose one of those offered for \(field.label.loweringFirst)")
      }
    }
  }

  /// Facts that cannot be so together, or an event that says nothing without one.
  private mutating func refuseCombinations() {
    let event = chosen["event"] ?? ""
    let isCared = chosen["child.lookedAfterBy"] != nil
    if chosen["child.livesIn"] == nil, !isCared {
      problem("child.livesIn", "Choose where the child lives or is placed")
    }
    if event == "missing.categorised", chosen["episode.risk"] == nil {
      problem("episode.risk", "Choose the risk that the police have set")
    }
    if event.hasPrefix("away."), !isCared {
      problem("child.lookedAfterBy", "Only a child who is looked after is away from placement: choose by whom")
    }
    if event.hasPrefix("meeting."), chosen["meeting.kind"] == nil {
      problem("meeting.kind", "Choose which kind of meeting it is")
    }
    if let kind = chosen["child.placement.kind"], !isCared,
      ["childrens-home", "foster", "independent-foster", "secure", "with-parents"].contains(kind)
    {
      problem(
        "child.placement.kind",
        "A child in this kind of placement is looked after: choose by which authority, or another kind of placement")
    }
    if let status = chosen["child.legalStatus"], !isCared, ["care-order", "interim-care-order"].contains(status) {
      problem("child.legalStatus", "A child under a care order is looked after: choose by which authority")
    }
    if chosen["child.unborn"] != nil, chosen["age"].flatMap({ Int($0) }).map({ $0 < 10 }) ?? false {
      problem("age", "For an unborn baby give the mother's age, or none")
    }
    if event == EpisodeHistory.report, chosen["reported"] != nil {
      problem("reported", "This event is the report itself: choose that there was none before")
    }
  }

  private func facts(_ vocabulary: Vocabulary) -> JSONValue {
    var data = JSONValue.object([:])
    func put(_ path: [String], _ value: JSONValue) {
      data = data.merged(with: path.reversed().reduce(value) { inner, key in .object([key: inner]) })
    }
    for fact in vocabulary.facts where !fact.isDerived {
      switch fact.domain {
      case .flag: if chosen[fact.name] != nil { put(fact.path, true) }
      case .authority, .oneOf: if let value = chosen[fact.name] { put(fact.path, .string(value)) }
      case .integer, .number:
        if let value = chosen[fact.name].flatMap({ Double($0) }) { put(fact.path, .number(value)) }
      case .setOf(let values):
        let ticked = values.filter { chosen["\(fact.name).\($0)"] != nil }
        if !ticked.isEmpty { put(fact.path, .array(ticked.map(JSONValue.string))) }
      }
    }
    return data
  }

  /// Earlier episodes, each reported and over within a few hours: in the last 30 days, and in the 60 before.
  private func episodes(before at: Instant, _ data: JSONValue) -> [Event] {
    let recent = chosen["last30"].flatMap { Int64($0) } ?? 0
    let older = chosen["last90"].flatMap { Int64($0) } ?? 0
    let days = (0..<older).map { 85 - $0 * 6 } + (0..<recent).map { 29 - $0 * 3 }
    return days.enumerated().flatMap { number, days in
      let start = at.advanced(bySeconds: -days * 86400)
      let subject = "what-if-\(number)"
      return [
        event("report-\(number)", EpisodeHistory.report, start, subject, data),
        event("return-\(number)", "child.returned", start.advanced(bySeconds: 7200), subject, data),
      ]
    }
  }

  private func event(_ id: String, _ type: String, _ time: Instant, _ subject: String, _ data: JSONValue) -> Event {
    Event(id: id, source: "what-if", type: type, time: time, subject: subject, data: data)
  }

  /// What was put together is read as an event from outside is.
  private mutating func check(_ events: [Event], _ vocabulary: Vocabulary, _ at: Instant) {
    do {
      for event in events { _ = try EventReader(vocabulary: vocabulary).read(event.cloudEvent, learnedAt: at) }
    } catch {
      for one in error.problems {
        let name = one.pointer.hasPrefix("data.") ? String(one.pointer.dropFirst(5)) : "event"
        let field = groups.flatMap(\.fields).first { $0.name == name }
        problem(field?.name ?? "event", "\(field?.label ?? "What happened") \(one.reason). \(one.remedy)")
      }
    }
  }

  private mutating func problem(_ field: String, _ says: String) {
    if !problems.contains(where: { $0.field == field }) { problems.append((field, says)) }
  }

  // The questions.

  private static func groups(_ routes: Routes, _ words: PlainWords) -> [Group] {
    let vocabulary = routes.vocabulary
    let facts = vocabulary.facts.filter { !$0.isDerived }
    func field(_ name: String) -> WhatIfField? {
      facts.first { $0.name == name }.flatMap { self.field($0, routes, words) }
    }
    let leading =
      [event(vocabulary, words), moment]
      + first.dropFirst(2).compactMap { name in
        name == "age" ? age : field(name)
      }
    // An event that takes another back has nothing to take back here.
    let rest = facts.filter { !first.contains($0.name) }
    func those(_ isIn: (String) -> Bool) -> [WhatIfField] {
      rest.filter { isIn($0.name) }.compactMap { self.field($0, routes, words) }
    }
    return [
      Group(heading: nil, fields: leading), Group(heading: "What went before", fields: before),
      Group(heading: "More about the child", fields: those { $0.hasPrefix("child.") }),
      Group(heading: "More about the episode", fields: those { $0.hasPrefix("episode.") }),
      Group(
        heading: "Checks, interviews, school and meetings",
        fields: those { !$0.hasPrefix("child.") && !$0.hasPrefix("episode.") }),
    ]
  }

  private static func event(_ vocabulary: Vocabulary, _ words: PlainWords) -> WhatIfField {
    let usual = [
      "missing.suspected", "missing.reported", "missing.categorised", "missing.updated", "child.located", "child.found",
      "child.returned", "episode.closed", "away.reported", "placement.started",
    ].filter(vocabulary.events.contains)
    let others = vocabulary.events.subtracting(usual + [Event.withdrawal]).sorted()
    func options(_ names: [String]) -> [(value: String, words: String)] { names.map { ($0, words.eventTitle($0)) } }
    return WhatIfField(
      name: "event", label: "What happens",
      kind: .grouped([("Often", options(usual)), ("More", options(others))]))
  }

  private static let moment = WhatIfField(
    name: "at", label: "When",
    hint: "Date and time in London. It decides who is on duty and which protocol is in force.",
    kind: .moment)

  private static let age = WhatIfField(
    name: "age", label: "Age",
    kind: .choice([("", "Not stated")] + (0...18).map { ("\($0)", $0 == 0 ? "Under 1" : "\($0)") }))

  private static let before: [WhatIfField] = {
    let hours: [(Int, String)] = [
      (1, "1 hour before"), (6, "6 hours before"), (24, "1 day before"), (72, "3 days before"), (168, "7 days before"),
      (672, "28 days before"),
    ]
    func count(_ name: String, _ label: String) -> WhatIfField {
      WhatIfField(
        name: name, label: label, hint: "Each at the same risk as this one.",
        kind: .choice([("", "None")] + (1...9).map { ("\($0)", "\($0)") }))
    }
    return [
      WhatIfField(
        name: "reported", label: "This episode was reported to the police",
        kind: .choice([("", "Not before this")] + hours.map { ("\($0.0)", $0.1) })),
      count("last30", "Earlier episodes in the last 30 days"), count("last90", "Earlier episodes 31 to 90 days ago"),
    ]
  }()

  private static func field(_ fact: FactDefinition, _ routes: Routes, _ words: PlainWords) -> WhatIfField? {
    let label = PlainWords.fact(fact.name).label
    func options(_ values: [String]) -> [(value: String, words: String)] {
      values.map { ($0, PlainWords.value($0, of: fact.name).raisingFirst) }
    }
    switch fact.domain {
    case .flag: return WhatIfField(name: fact.name, label: label, kind: .check)
    case .setOf(let values): return WhatIfField(name: fact.name, label: label, kind: .checks(options(values)))
    case .oneOf(let values):
      return WhatIfField(name: fact.name, label: label, kind: .choice([("", "Not stated")] + options(values)))
    case .integer, .number:
      let most = fact.name == "child.placement.awayNoticeHours" ? 6 : 30
      return WhatIfField(
        name: fact.name, label: label,
        kind: .choice([("", "Not stated")] + (0...most).map { ("\($0)", "\($0)") }))
    case .authority:
      let unstated = fact.name == "child.lookedAfterBy" ? "No authority" : "Not stated"
      return WhatIfField(name: fact.name, label: label, kind: .grouped(places(unstated, routes.book)))
    }
  }

  /// The areas of the protocols first, then every other that the directory knows.
  private static func places(
    _ unstated: String, _ book: RouteBook
  ) -> [(heading: String?, options: [(value: String, words: String)])] {
    let parties = Set(book.packs.flatMap(\.parties))
    let known = Set(book.directory.agencies.flatMap(\.areas)).filter { $0 != "*" }
    func options(_ slugs: some Sequence<String>) -> [(value: String, words: String)] {
      slugs.sorted().map { ($0, AgencyWords.authority($0)) }
    }
    return [
      (nil, [("", unstated)]), ("With a protocol", options(parties)),
      ("Without a protocol", options(known.subtracting(parties))),
    ]
  }
}

extension WhatIfForm {
  /// What the form's template shows.
  func values(action: String) -> [String: Any] {
    var values: [String: Any] = ["action": action]
    if !problems.isEmpty {
      values["problems"] = [
        "list": problems.map { ["field": $0.field.replacing(".", with: "-"), "says": $0.says] }
      ]
    }
    values["leading"] = groups.filter { $0.heading == nil }.flatMap { $0.fields.map(self.values) }
    values["groups"] = groups.enumerated().compactMap { number, group -> [String: Any]? in
      guard let heading = group.heading else { return nil }
      let isOpen = group.fields.contains { field in
        problems.contains { $0.field == field.name }
          || chosen.keys.contains { $0 == field.name || $0.hasPrefix(field.name + ".") && isChecks(field) }
      }
      return [
        "heading": heading, "isOpen": isOpen, "id": "more-\(number)", "fields": group.fields.map(self.values),
      ]
    }
    return values
  }

  private func isChecks(_ field: WhatIfField) -> Bool { if case .checks = field.kind { true } else { false } }

  private func values(_ field: WhatIfField) -> [String: Any] {
    var values: [String: Any] = ["name": field.name, "id": field.id, "label": field.label]
    if let hint = field.hint { values["hint"] = hint }
    let problem = problems.first { $0.field == field.name }?.says
    if let problem { values["problem"] = problem }
    let described = [field.hint.map { _ in "\(field.id)-hint" }, problem.map { _ in "\(field.id)-problem" }]
      .compactMap(\.self)
    if !described.isEmpty { values["described"] = described.joined(separator: " ") }
    let now = chosen[field.name] ?? ""
    func option(_ option: (value: String, words: String)) -> [String: Any] {
      ["value": option.value, "words": option.words, "isChosen": option.value == now]
    }
    switch field.kind {
    case .choice(let options): values["choice"] = ["options": options.map(option), "groups": [[String: Any]]()]
    case .grouped(let groups):
      values["choice"] = [
        "options": groups.filter { $0.heading == nil }.flatMap { $0.options.map(option) },
        "groups": groups.compactMap { group -> [String: Any]? in
          group.heading.map { ["heading": $0, "options": group.options.map(option)] }
        },
      ]
    case .check: values["check"] = ["isChosen": now == "true"]
    case .checks(let options):
      values["checks"] = [
        "options": options.map { option -> [String: Any] in
          let name = "\(field.name).\(option.value)"
          return [
            "name": name, "id": name.replacing(".", with: "-"), "words": option.words,
            "isChosen": chosen[name] == "true",
          ]
        }
      ]
    case .moment: values["moment"] = ["value": now]
    }
    return values
  }
}
