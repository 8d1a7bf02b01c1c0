import Mustache
package import Routing

/// Renders what a recipient gets, from only the field groups that the plan shares with that role.
package struct MessageRenderer: Sendable {
  let templates: MessageTemplates
  let vocabulary: Vocabulary
  /// The gateway's own name, the `source` of outgoing CloudEvents.
  let gateway: String

  package init(templates: MessageTemplates, vocabulary: Vocabulary, gateway: String) {
    self.templates = templates
    self.vocabulary = vocabulary
    self.gateway = gateway
  }

  /// `data` is everything known; `duties` are those of the same plan that the recipient owes.
  package func message(_ tell: Tell, id: String, _ event: Event, data: JSONValue, duties: [Duty]) -> Message {
    let headline = templates.headlines[event.type] ?? .init(phase: "other", says: "")
    let share = Set(vocabulary.names(of: tell.share))
    let prefix = event.isExercise ? "EXERCISE: " : ""
    var context: [String: Any] = [
      "exercise": event.isExercise,
      "title": "Waypost notification",
      "headline": headline.says,
      "intro": intro(tell.role.category, headline.phase),
      "groups": SharedFields.groups(data, share).map { group -> [String: Any] in
        ["title": group.title, "lines": group.lines.map { ["label": $0.label, "value": $0.value] }]
      },
      "hasDuties": !duties.isEmpty,
      "duties": duties.map { duty in
        ["name": words(duty.name)].merging(duty.by.map { ["by": LondonWords.moment($0)] } ?? [:]) { $1 }
      },
      "cites": sources(tell).map { ["pack": $0.title, "section": $0.section] },
      "reference": id,
    ]
    // Absent, not nil: a template would print an optional.
    if let wrong = tell.corrects { context["corrects"] = wrong }
    if let by = tell.by { context["deadline"] = LondonWords.moment(by) }
    return Message(
      subject: "\(prefix)\(headline.says) [\(tell.urgency.name), ref \(id)]",
      text: templates.library.render(context, withTemplate: "layout.text") ?? headline.says,
      html: templates.library.render(context, withTemplate: "layout.html") ?? headline.says,
      body: body(tell, id: id, event, data: data, share: share, duties: duties).serialized)
  }

  private func intro(_ audience: String, _ phase: String) -> String {
    templates.library.render([phase: true], withTemplate: "audiences/\(audience)") ?? ""
  }

  /// Protocol and section, each once.
  private func sources(_ tell: Tell) -> [(title: String, section: String)] {
    var seen = Set<String>()
    return tell.citations.compactMap { citation in
      guard seen.insert("\(citation.pack)|\(citation.section)").inserted else { return nil }
      return (templates.packTitles[citation.pack] ?? citation.pack, citation.section)
    }
  }

  private func words(_ duty: String) -> String { duty.split(separator: "-").joined(separator: " ") }

  /// The CloudEvent for the recipient's system. Its id is the notification's, the same on every attempt.
  private func body(
    _ tell: Tell, id: String, _ event: Event, data: JSONValue, share: Set<String>, duties: [Duty]
  ) -> JSONValue {
    let notification: JSONValue = [
      "id": .string(id), "role": .string(tell.role.name), "of": .string(tell.relation.rawValue),
      "agency": .optional(tell.agency), "urgency": .string(tell.urgency.name), "confirm": .string(tell.confirm.name),
      "by": .optional(tell.by?.rfc3339), "cites": .array(tell.citations.map(\.document)),
      "duties": .array(duties.map(\.document)),
    ]
    let corrects = tell.corrects.map { JSONValue.object(["corrects": .string($0)]) } ?? .object([:])
    var members: [String: JSONValue] = [
      "specversion": "1.0", "id": .string(id), "source": .string("https://\(gateway)/"),
      "type": .string(Event.typePrefix + event.type), "time": .string(event.time.rfc3339),
      "subject": .string(event.subject), "datacontenttype": "application/json",
      "data": SharedFields.data(data, share).merged(
        with: .object(["notification": notification.merged(with: corrects)])),
    ]
    if event.isExercise { members["exercise"] = true }
    return .object(members)
  }
}
