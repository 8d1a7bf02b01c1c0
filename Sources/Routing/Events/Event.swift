/// Something that happened: a CloudEvent that a sender submitted, checked against the vocabulary.
package struct Event: Sendable, Equatable {
  /// The sender's own id; `(source, id)` is the idempotency key.
  package let id: String
  package let source: String
  /// A name of the vocabulary, without the `waypost.` prefix.
  package let type: String
  /// When it happened, as the sender says.
  package let time: Instant
  /// The episode reference; the child's id where there is no episode.
  package let subject: String
  package let data: JSONValue
  /// A drill: real path, marked messages.
  package let isExercise: Bool

  package init(
    id: String, source: String, type: String, time: Instant, subject: String, data: JSONValue, isExercise: Bool = false
  ) {
    self.id = id
    self.source = source
    self.type = type
    self.time = time
    self.subject = subject
    self.data = data
    self.isExercise = isExercise
  }

  package var childID: String? { data["child"]?["id"]?.text }

  /// The earlier event that this one says was wrong: `data.withdraws`, or `data.corrects` where it puts something in its
  /// place. `source` is this event's own where it is left out.
  package var retracts: (source: String, id: String)? {
    guard let named = data["withdraws"] ?? data["corrects"], let id = named["id"]?.text else { return nil }
    return (named["source"]?.text ?? source, id)
  }

  /// Instants that the data may carry (contract, "Events").
  static let instants = [
    ["episode", "lastSeen", "at"], ["episode", "awaySince"], ["episode", "missingSince"], ["placement", "startsAt"],
    ["placement", "startedAt"], ["placement", "endsAt"], ["interview", "heldAt"], ["meeting", "at"],
  ]

  /// The type of an event that takes an earlier one back and puts nothing in its place.
  package static let withdrawal = "event.withdrawn"

  package static let typePrefix = "waypost."

  /// The event as a CloudEvent 1.0 JSON object.
  package var cloudEvent: JSONValue {
    var members: [String: JSONValue] = [
      "specversion": "1.0", "id": .string(id), "source": .string(source), "type": .string(Event.typePrefix + type),
      "time": .string(time.rfc3339), "subject": .string(subject), "datacontenttype": "application/json", "data": data,
    ]
    if isExercise { members["exercise"] = true }
    return .object(members)
  }
}
