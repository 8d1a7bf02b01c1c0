import Delivery
import Routing

/// What a report can say to the gateway, one event each.
enum ReportStep: String, Sendable, CaseIterable {
  /// The police have not been told: they are the first whom this tells.
  case suspected
  /// The police have a report.
  case reported
  /// The child is back.
  case returned

  var type: String {
    switch self {
    case .suspected: "missing.suspected"
    case .reported: "missing.reported"
    case .returned: "child.returned"
    }
  }

  /// The heading over whoever was told of it.
  var told: String {
    switch self {
    case .suspected: "Told that the child is missing"
    case .reported: "Told that the child is missing and the police have a report"
    case .returned: "Told that the child is back"
    }
  }

  /// The event's own id, the same however often it is sent: with the draft's, or after it.
  func id(of draft: String, isFirst: Bool) -> String { isFirst ? draft : "\(draft)-\(rawValue)" }

  /// The event as it is handed in. Names and everything else about a child stand in `data` alone.
  func document(
    of draft: String, isFirst: Bool, source: String, at time: Instant, _ data: JSONValue
  ) -> JSONValue {
    [
      "specversion": "1.0", "id": .string(id(of: draft, isFirst: isFirst)), "source": .string(source),
      "type": .string(Event.typePrefix + type), "subject": .string(Identifiers.reference(draft: draft)),
      "time": .string(time.rfc3339), "datacontenttype": "application/json", "data": data,
    ]
  }
}
