import Delivery
import Routing

// How records look as JSON (contract, "HTTP, under /v1").

extension EventRecord {
  var summary: JSONValue {
    [
      "id": .string(id), "source": .string(source), "sourceId": .string(sourceID),
      "type": .string(Event.typePrefix + type), "time": .string(time.rfc3339),
      "learnedAt": .string(learnedAt.rfc3339), "subject": .string(subject), "plan": .string("/v1/events/\(id)/plan"),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }

  func document(_ notifications: [NotificationRecord], _ duties: [DutyRecord]) -> JSONValue {
    summary.merged(with: [
      "notifications": .array(notifications.map(\.document)), "duties": .array(duties.map(\.document)),
    ])
  }
}

extension NotificationRecord {
  var document: JSONValue {
    let index = delivery.channelIndex
    let channel = notification.channels.indices.contains(index) ? notification.channels[index].name : nil
    var members: [String: JSONValue] = [
      "id": .string(notification.id), "event": .string(notification.event), "episode": .string(notification.episode),
      "role": .string(notification.role), "of": .string(notification.relation),
      "agency": .optional(notification.agency), "channel": .optional(channel), "state": .string(state.rawValue),
      "urgency": .string(notification.urgency.name), "confirm": .string(notification.confirm.name),
      "by": .optional(notification.by?.rfc3339), "notBefore": .optional(notification.notBefore?.rfc3339),
      "overdue": .bool(isOverdue), "contact": .optional(notification.contact(at: index)),
      "checkAt": .optional(notification.checkAt?.rfc3339), "attemptCount": .number(Double(delivery.attempts)),
      "createdAt": .string(createdAt.rfc3339), "settledAt": .optional(settledAt?.rfc3339),
      "cites": .array(notification.citations.map(\.document)),
    ]
    if notification.isExercise { members["exercise"] = true }
    return .object(members)
  }
}

extension ReceiptRecord {
  var document: JSONValue {
    var members: [String: JSONValue] = [
      "sequence": .number(Double(sequence)), "notification": .string(notification), "at": .string(at.rfc3339),
      "kind": .string(receipt.kind.rawValue), "source": .string(receipt.source.rawValue),
      "evidence": .string(receipt.evidence),
    ]
    if let channel = receipt.channel { members["channel"] = .number(Double(channel)) }
    return .object(members)
  }
}

extension AttemptRecord {
  var document: JSONValue {
    [
      "number": .number(Double(number)), "at": .string(at.rfc3339), "milliseconds": .number(Double(milliseconds)),
      "channel": .string(channel), "result": .string(result), "words": .string(words),
    ]
  }
}

extension DutyRecord {
  var document: JSONValue {
    [
      "id": .string(id), "event": .string(event), "episode": .string(episode), "duty": .string(name),
      "role": .string(role), "of": .string(relation), "agency": .optional(agency), "by": .optional(by?.rfc3339),
      "target": .optional(target?.rfc3339), "state": .string(state.rawValue),
      "fulfilledAt": .optional(fulfilledAt?.rfc3339),
      "wasOverdue": .bool(wasOverdue), "cites": .array(citations.map(\.document)),
    ]
  }
}
