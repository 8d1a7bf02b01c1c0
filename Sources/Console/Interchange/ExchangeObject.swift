import Delivery
import Routing

/// One event, notification or duty of an exchange, as it may leave (decision 0018).
///
/// Guarantee: nothing in it was written by a person or names one. Bodies, references, contacts, reasons and evidence stay;
/// an agency is named only if the directory knows it and it serves a whole area, so that neither school nor home nor
/// practice of a child can be read from it.
struct ExchangeObject: Sendable {
  enum Kind: String, Sendable, CaseIterable { case event, notification, duty }

  let kind: Kind
  let identifier: String
  let document: JSONValue

  init(_ event: EventRecord) {
    kind = .event
    identifier = event.id
    document = [
      "id": .string(event.id), "type": .string(Event.typePrefix + event.type), "time": .string(event.time.rfc3339),
      "learnedAt": .string(event.learnedAt.rfc3339),
    ]
  }

  init(_ record: NotificationRecord, _ receipts: [ReceiptRecord], _ directory: Directory) {
    let notification = record.notification
    kind = .notification
    identifier = notification.id
    document = [
      "id": .string(notification.id), "event": .string(notification.event), "role": .string(notification.role),
      "of": .string(notification.relation), "agency": .optional(directory.wide(notification.agency)),
      "state": .string(record.state.rawValue), "urgency": .string(notification.urgency.name),
      "confirm": .string(notification.confirm.name), "by": .optional(notification.by?.rfc3339),
      "createdAt": .string(record.createdAt.rfc3339), "settledAt": .optional(record.settledAt?.rfc3339),
      "receipts": .array(
        receipts.map {
          [
            "kind": .string($0.receipt.kind.rawValue), "source": .string($0.receipt.source.rawValue),
            "at": .string($0.at.rfc3339),
          ]
        }),
    ]
  }

  init(_ duty: DutyRecord, _ directory: Directory) {
    kind = .duty
    identifier = duty.id
    document = [
      "id": .string(duty.id), "event": .string(duty.event), "duty": .string(duty.name), "role": .string(duty.role),
      "of": .string(duty.relation), "agency": .optional(directory.wide(duty.agency)),
      "by": .optional(duty.by?.rfc3339), "target": .optional(duty.target?.rfc3339),
      "state": .string(duty.state.rawValue), "fulfilledAt": .optional(duty.fulfilledAt?.rfc3339),
      "wasOverdue": .bool(duty.wasOverdue),
    ]
  }
}

extension Directory {
  /// The agency's id, if it serves an area, a force or the country.
  fileprivate func wide(_ agency: String?) -> String? {
    guard let found = agency.flatMap({ self.agency($0) }) else { return nil }
    return ["authority", "police", "partnership", "national"].contains(found.kind) ? found.id : nil
  }
}
