import Routing

/// Tells the owner of an endpoint, over their other channels, that it has been switched off. Pure.
///
/// Guarantee: it holds nothing of the message that saw it, or of any child: a host, an instant, a fault and what to do. A
/// telephone is not rung for it.
enum EndpointNotice {
  /// No child's episode: messages of this kind have a lane of their own.
  static let episode = "endpoints"

  /// Nil where the contact has no other channel that can carry words.
  static func make(
    of url: String, why: String, since: Instant, seenBy lease: Lease, at now: Instant
  ) -> Notification? {
    let own = lease.notification
    let index = lease.delivery.channelIndex
    let channels = own.channels(ofContactAt: index).filter { $0.endpoint != url && $0.name != "manual" }
    // A person has to read it: systems come last.
    let ordered = channels.filter { $0.endpoint == nil } + channels.filter { $0.endpoint != nil }
    if ordered.isEmpty { return nil }
    let event = Identifiers.event(source: episode, id: "\(url)\u{0}\(now.milliseconds)")
    let id = Identifiers.notification(event: event, key: own.id)
    let words = Words(host: Channel.host(ofEndpoint: url), why: why, since: since, reference: id)
    return Notification(
      id: id, event: event, eventType: "endpoint.closed", episode: episode, role: own.role, relation: own.relation,
      agency: own.agency, contact: own.contact(at: index), channels: ordered, urgency: .prompt, isPressing: false,
      confirm: .accepted, within: 3_600_000, by: nil, checkAt: nil, notBefore: nil, citations: [],
      message: Message(
        subject: "A webhook of yours has been switched off [\(Urgency.prompt.name), ref \(id)]", text: words.text,
        html: words.html, body: words.body(from: own, at: now).serialized),
      isExercise: false, initialState: .queued)
  }

  private struct Words {
    let host: String
    let why: String
    let since: Instant
    let reference: String

    private var lines: [String] {
      [
        "Waypost has switched off a webhook of yours. Messages for you go over your other channels.",
        "Host: \(host)",
        "Since: \(LondonWords.moment(since))",
        "Why: \(why)",
        "When it works again, tell whoever runs this Waypost gateway. They switch it on with `waypost endpoints open`.",
        "Reference: \(reference)",
      ]
    }

    var text: String { lines.joined(separator: "\n\n") + "\n" }

    var html: String {
      "<html><body>\n" + lines.map { "<p>\(Markup.escaped($0))</p>\n" }.joined() + "</body></html>\n"
    }

    /// The same as a CloudEvent, from the gateway that the message seen came from.
    func body(from own: Notification, at now: Instant) -> JSONValue {
      let seen = try? JSONValue(parsing: own.message.body.utf8)
      return [
        "specversion": "1.0", "id": .string(reference), "source": seen?["source"] ?? "waypost",
        "type": .string(Event.typePrefix + "endpoint.closed"), "time": .string(now.rfc3339),
        "subject": .string(host), "datacontenttype": "application/json",
        "data": ["host": .string(host), "since": .string(since.rfc3339), "reason": .string(why)],
      ]
    }
  }
}

extension Notification {
  /// All channels of whom the one at `index` reaches.
  fileprivate func channels(ofContactAt index: Int) -> [Channel] {
    let starts = standIns.map(\.firstChannel)
    let first = starts.last { $0 <= index } ?? 0
    let end = starts.first { $0 > index } ?? channels.count
    return channels.indices.contains(first) ? Array(channels[first..<min(max(first, end), channels.count)]) : []
  }
}
