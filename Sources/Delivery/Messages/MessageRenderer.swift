import Mustache
package import Routing

/// Renders what a recipient gets, from only the field groups that the plan shares with that role.
package struct MessageRenderer: Sendable {
  let templates: MessageTemplates
  let vocabulary: Vocabulary
  /// The gateway's own name, the `source` of outgoing CloudEvents.
  package let gateway: String

  package init(templates: MessageTemplates, vocabulary: Vocabulary, gateway: String) {
    self.templates = templates
    self.vocabulary = vocabulary
    self.gateway = gateway
  }

  /// What an event of this type is about, in a line without anything that names a child; nil for what nobody sends.
  /// `purpose` where time set it off.
  package func headline(of type: String, _ purpose: Purpose = .notice) -> String? {
    templates.headlines[type == Event.timePassed ? Headlines.name(of: purpose) : type]?.says
  }

  /// What a message is sent for, beside its event.
  package struct Occasion {
    let purpose: Purpose
    /// What the rules say, where time sent the message and not an event that speaks for itself.
    let says: [String]
    /// When the message should have left; nil if it is punctual.
    let lateSince: Instant?
    /// A person has to acknowledge until then.
    let confirmBy: Instant?
    let report: Report?
    /// Duties of the same plan that the recipient owes, or the one that a reminder or an escalation is about.
    let duties: [Duty]

    package init(
      _ plan: Plan, says: [String] = [], lateSince: Instant? = nil, confirmBy: Instant? = nil, report: Report? = nil,
      duties: [Duty]
    ) {
      purpose = plan.purpose
      self.says = says
      self.lateSince = lateSince
      self.confirmBy = confirmBy
      self.report = report
      self.duties = duties
    }
  }

  /// `data` is everything known.
  package func message(
    _ tell: Tell, id: String, _ event: Event, data: JSONValue, _ occasion: Occasion
  ) -> Message {
    let duties = occasion.duties
    let isTimed = event.type == Event.timePassed
    let headline =
      templates.headlines[isTimed ? Headlines.name(of: occasion.purpose) : event.type]
      ?? .init(phase: "other", says: "")
    let share = Set(vocabulary.names(of: tell.share))
    var context: [String: Any] = [
      "exercise": event.isExercise,
      "title": "Waypost notification",
      "headline": headline.says,
      "intro": intro(tell.role.category, headline.phase),
      "groups": (occasion.report == nil ? SharedFields.groups(data, share) : []).map { group -> [String: Any] in
        ["title": group.title, "lines": group.lines.map { ["label": $0.label, "value": $0.value] }]
      },
      "hasDuties": !duties.isEmpty,
      "duties": duties.map { duty in
        ["name": words(duty.name)].merging(duty.by.map { ["by": LondonWords.moment($0)] } ?? [:]) { $1 }
      },
      "cites": sources(tell).map { ["pack": $0.title, "section": $0.section] },
      "reference": id,
      "says": isTimed ? occasion.says : [],
    ]
    if let since = occasion.lateSince { context["late"] = LondonWords.moment(since) }
    if let until = occasion.confirmBy { context["confirmBy"] = LondonWords.moment(until) }
    if let report = occasion.report {
      context["reportText"] = report.text
      context["reportHTML"] = report.html
    }
    // Absent, not nil: a template would print an optional.
    if let wrong = tell.corrects { context["corrects"] = wrong }
    if let by = tell.by { context["deadline"] = LondonWords.moment(by) }
    return Message(
      subject: Drill.marked("\(headline.says) [\(tell.urgency.name), ref \(id)]", event.isExercise),
      text: templates.library.render(context, withTemplate: "layout.text") ?? headline.says,
      html: templates.library.render(context, withTemplate: "layout.html") ?? headline.says,
      body: body(tell, id: id, event, data: data, share: share, occasion).serialized, csv: occasion.report?.csv)
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
    _ tell: Tell, id: String, _ event: Event, data: JSONValue, share: Set<String>, _ occasion: Occasion
  ) -> JSONValue {
    let notification: JSONValue = [
      "id": .string(id), "role": .string(tell.role.name), "of": .string(tell.relation.rawValue),
      "agency": .optional(tell.agency), "urgency": .string(tell.urgency.name), "confirm": .string(tell.confirm.name),
      "by": .optional(tell.by?.rfc3339), "cites": .array(tell.citations.map(\.document)),
      "duties": .array(occasion.duties.map(\.document)), "purpose": .string(occasion.purpose.rawValue),
    ]
    var extra: [String: JSONValue] = [:]
    if let wrong = tell.corrects { extra["corrects"] = .string(wrong) }
    if let since = occasion.lateSince { extra["lateSince"] = .string(since.rfc3339) }
    if let until = occasion.confirmBy { extra["confirmBy"] = .string(until.rfc3339) }
    if !occasion.says.isEmpty, event.type == Event.timePassed {
      extra["says"] = .array(occasion.says.map(JSONValue.string))
    }
    let report = occasion.report.map { JSONValue.object(["report": $0.json]) } ?? .object([:])
    var members: [String: JSONValue] = [
      "specversion": "1.0", "id": .string(id), "source": .string("https://\(gateway)/"),
      "type": .string(Event.typePrefix + event.type), "time": .string(event.time.rfc3339),
      "subject": .string(event.subject), "datacontenttype": "application/json",
      "data": (occasion.report == nil ? SharedFields.data(data, share) : report).merged(
        with: .object(["notification": notification.merged(with: .object(extra))])),
    ]
    if event.isExercise { members["exercise"] = true }
    return .object(members)
  }
}
