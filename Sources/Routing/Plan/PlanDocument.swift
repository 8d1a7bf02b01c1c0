/// A plan as JSON, in the contract's shape (`explain --json`, `GET /v1/events/{id}/plan`).
extension Plan {
  /// `nearMisses` and `assumed` are given only when they were asked for.
  package func document(
    _ event: Event, _ vocabulary: Vocabulary, nearMisses: [NearMiss]? = nil, assumed: [String]? = nil
  ) -> JSONValue {
    var members: [String: JSONValue] = [
      "event": [
        "type": .string(Event.typePrefix + event.type), "id": .string(event.id), "time": .string(event.time.rfc3339),
      ],
      "packs": .array(
        packs.map {
          ["id": .string($0.id), "because": .array($0.because.map(JSONValue.string)), "hash": .string($0.contentHash)]
        }),
      "tells": .array(tells.map { $0.document(vocabulary) }),
      "duties": .array(duties.map(\.document)),
      "timers": .array(
        timers.map(\.document) + duties.compactMap(\.timerDocument) + duties.flatMap(\.followUpDocuments)),
      "notes": .array(
        notes.map {
          [
            "pack": .string($0.citation.pack), "section": .string($0.citation.section),
            "rule": .string($0.citation.rule),
            "says": .string($0.says), "because": .string($0.because),
          ]
        }),
    ]
    if let nearMisses {
      members["nearMisses"] = .array(
        nearMisses.map {
          [
            "pack": .string($0.citation.pack), "section": .string($0.citation.section),
            "rule": .string($0.citation.rule),
            "says": .string($0.says), "obstacles": .array($0.obstacles.map(JSONValue.string)),
          ]
        })
    }
    if !stopped.isEmpty { members["stopped"] = .array(stopped.map(JSONValue.string)) }
    if let assumed { members["assumed"] = .array(assumed.map(JSONValue.string)) }
    return .object(members)
  }
}

extension Tell {
  package func document(_ vocabulary: Vocabulary) -> JSONValue {
    var members: [String: JSONValue] = [
      "role": .string(role.name), "of": .string(relation.rawValue), "agency": .optional(agency),
      "contact": .optional(contact?.label), "channel": .optional(contact?.channels.first?.name),
      "by": .optional(by?.rfc3339), "confirm": .string(confirm.name),
      "share": .array(vocabulary.names(of: share).map(JSONValue.string)),
      "cites": .array(citations.map(\.document)), "urgency": .string(urgency.name),
    ]
    if let notBefore { members["notBefore"] = .string(notBefore.rfc3339) }
    if let gate { members["held"] = ["section": .string(gate.section), "decidedBy": .optional(gate.decidedBy?.name)] }
    if let via = contact?.via { members["via"] = .string(via.name) }
    if contact == nil { members["unroutable"] = true }
    if let corrects { members["corrects"] = .string(corrects) }
    return .object(members)
  }
}

extension Duty {
  package var document: JSONValue {
    var members: [String: JSONValue] = [
      "duty": .string(name), "role": .string(role.name), "of": .string(relation.rawValue),
      "agency": .optional(agency), "by": .optional(by?.rfc3339), "cites": .array(citations.map(\.document)),
    ]
    if let target { members["target"] = .string(target.rfc3339) }
    return .object(members)
  }

  /// The clock that a duty with a deadline starts.
  fileprivate var timerDocument: JSONValue? {
    guard let by, let citation = citations.first else { return nil }
    return [
      "rule": .string(citation.rule), "pack": .string(citation.pack), "at": .string(by.rfc3339), "every": .null,
      "cites": .array(citations.map(\.document)),
    ]
  }
}

extension Duty {
  /// The clocks of its reminders and of its ladder.
  fileprivate var followUpDocuments: [JSONValue] {
    followUps.map { followUp in
      [
        "rule": .string(followUp.rule), "pack": .string(followUp.pack), "at": .string(followUp.at.rfc3339),
        "every": .null, "part": .string(followUp.part.description), "duty": .string(name), "about": .string(key),
        "cites": .array(citations.filter { $0.rule == followUp.rule }.map(\.document)),
      ]
    }
  }
}

extension TimerStart {
  var document: JSONValue {
    [
      "rule": .string(rule), "pack": .string(pack), "at": .string(at.rfc3339),
      "every": .optional(every?.description), "cites": .array(citations.map(\.document)),
    ]
  }
}

extension Citation {
  /// Reads back what `document` wrote.
  package init(_ document: JSONValue) {
    self.init(
      pack: document["pack"]?.text ?? "", section: document["section"]?.text ?? "",
      rule: document["rule"]?.text ?? "")
  }

  package var document: JSONValue {
    ["pack": .string(pack), "section": .string(section), "rule": .string(rule)]
  }
}
