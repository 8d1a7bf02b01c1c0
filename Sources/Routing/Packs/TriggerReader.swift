import Yams

/// Reads what sets a rule off. Exactly one kind of trigger, with the keys that belong to it and no others.
extension PackReader {
  static let triggerKeys = [
    "event", "count", "atLeast", "exactly", "within", "after", "every", "of", "where", "while", "unless", "calendar",
    "at", "parties", "report", "before",
  ]

  /// The keys that go with each kind of trigger, by the key that names the kind.
  private static let companions: [(kind: [String], with: Set<String>)] = [
    (["event"], []),
    (["count"], ["atLeast", "exactly", "within", "where"]),
    (["after", "every"], ["of", "where", "while", "unless"]),
    (["calendar"], ["at", "parties", "report"]),
    (["before"], ["of"]),
  ]

  func trigger(_ keys: [String: Node], of rule: Node, _ id: String) -> Trigger? {
    let present = PackReader.companions.filter { $0.kind.contains { keys[$0] != nil } }
    guard present.count == 1, let chosen = present.first else {
      reader.report(
        rule, "rule `\(id)` has \(present.isEmpty ? "no trigger" : "several triggers")",
        "Give it exactly one of event, count, after and/or every, calendar, before")
      return nil
    }
    for key in PackReader.triggerKeys where !chosen.kind.contains(key) && !chosen.with.contains(key) {
      if let stray = keys[key] {
        reader.report(stray, "`\(key)` does not go with `\(chosen.kind[0])`", "Drop it, or change the trigger")
      }
    }
    switch chosen.kind[0] {
    case "event": return keys["event"].map { .events(eventNames($0, "event")) }
    case "count": return count(keys, rule).map(Trigger.count)
    case "after": return timer(keys, rule).map(Trigger.timer)
    case "calendar": return calendar(keys).map(Trigger.calendar)
    default: return before(keys, rule).map(Trigger.before)
    }
  }

  private func count(_ keys: [String: Node], _ rule: Node) -> CountTrigger? {
    if let node = keys["count"], reader.text(node, "count") != EpisodeHistory.report {
      reader.report(node, "only reports are counted", "Write count: \(EpisodeHistory.report)")
    }
    let exactly = keys["exactly"].map { numbers($0, "exactly") }
    let atLeast = keys["atLeast"].map { numbers($0, "atLeast") }?.first
    let wanted: CountTrigger.Wanted
    switch (atLeast, exactly) {
    case (let number?, nil): wanted = .atLeast(number)
    case (nil, let numbers?): wanted = .exactly(numbers)
    default:
      reader.report(rule, "a count needs one of `atLeast` and `exactly`", "Write atLeast: 3 or exactly: [3, 5, 9]")
      return nil
    }
    let window = keys["within"].flatMap(span)
    var days: Int?
    if case .localDays(let count) = window { days = count }
    if let node = keys["within"], window != nil, days == nil {
      reader.report(node, "a count's window is not in days", "Write within: P90D")
    }
    let of = condition(keys["where"])
    if !of.slots.isSubset(of: [vocabulary.fact("episode.risk")?.slot ?? -1]) {
      reader.report(
        keys["where"], "a count can only test the risk of past episodes", "Test episode.risk, the rest under when")
    }
    return CountTrigger(wanted: wanted, withinDays: days, of: of)
  }

  private func numbers(_ node: Node, _ what: String) -> [Int] {
    reader.texts(node, what).compactMap { text in
      guard let number = Int(text), number > 0 else {
        reader.report(node, "`\(text)` is no count", "Write a whole number from 1")
        return nil
      }
      return number
    }
  }

  private func timer(_ keys: [String: Node], _ rule: Node) -> TimerTrigger? {
    guard let of = keys["of"] else {
      reader.report(rule, "a timer does not say which event starts it", "Add of: missing.reported")
      return nil
    }
    return TimerTrigger(
      after: keys["after"].flatMap(span), every: keys["every"].flatMap(span), of: eventNames(of, "of"),
      startsWhere: condition(keys["where"]), whileTrue: condition(keys["while"]),
      unless: keys["unless"].map { stops($0) } ?? [])
  }

  private func stops(_ node: Node) -> [TimerTrigger.Stop] {
    let items = node.sequence.map(Array.init) ?? [node]
    return items.flatMap { item -> [TimerTrigger.Stop] in
      guard item.mapping != nil else {
        return eventNames(item, "unless").map { TimerTrigger.Stop(event: $0, onlyWhere: .always) }
      }
      let keys = fields(item, of: "what stops a timer", ["event", "where"])
      return (keys["event"].map { eventNames($0, "event") } ?? []).map {
        TimerTrigger.Stop(event: $0, onlyWhere: condition(keys["where"]))
      }
    }
  }

  private static let periods: [(String, CalendarTrigger.Period)] = [
    ("P1D", .daily), ("P7D", .weekly), ("P1W", .weekly), ("P1M", .months(1)), ("P2M", .months(2)), ("P3M", .months(3)),
    ("P6M", .months(6)), ("P1Y", .months(12)), ("P12M", .months(12)),
  ]

  private func calendar(_ keys: [String: Node]) -> CalendarTrigger? {
    guard let node = keys["calendar"], let name = word(node, "calendar", PackReader.periods.map(\.0)),
      let period = PackReader.periods.first(where: { $0.0 == name })?.1
    else { return nil }
    var second = 7 * 3600
    if let at = keys["at"], let text = reader.text(at, "at") {
      if let read = London.secondOfDay(text), read < 86400 {
        second = read
      } else {
        reader.report(at, "`\(text)` is no time of day", "Write at: \"07:00\"")
      }
    }
    let usual: ReportKind = period == .daily ? .list : period == .weekly ? .episodes : .figures
    let named = keys["report"].flatMap { word($0, "report", ReportKind.allCases.map(\.rawValue)) }
    return CalendarTrigger(
      period: period, secondOfDay: second, parties: keys["parties"].map { reader.texts($0, "parties") } ?? [],
      report: named.flatMap(ReportKind.init(rawValue:)) ?? usual)
  }

  private func before(_ keys: [String: Node], _ rule: Node) -> BeforeTrigger? {
    guard let node = keys["before"], let span = span(node) else { return nil }
    guard span.start(endingAt: Instant(seconds: 0)) != nil else {
      reader.report(node, "this span cannot be counted back", "Write PT24H, P1D or P1M")
      return nil
    }
    guard let of = keys["of"], let name = reader.text(of, "of"), PackReader.instants.contains(name) else {
      reader.report(
        keys["of"] ?? rule, "`before` does not say which instant it comes before",
        "Add of: with one of \(PackReader.instants.sorted().joined(separator: ", "))")
      return nil
    }
    return BeforeTrigger(span: span, of: name.split(separator: ".").map(String.init))
  }
}
