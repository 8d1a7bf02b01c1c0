import Delivery
import Routing

/// Puts on record what somebody says about a message, by whatever path, and wakes whoever has to go on.
struct Answering: Sendable {
  let ledger: any Ledger
  let time: any TimeSource
  let outbox: Signal
  let agenda: Signal

  /// A notification, with the sender whose event made it owed.
  func find(_ id: String) async throws -> (record: NotificationRecord, owner: String)? {
    guard let record = try await ledger.notification(id), let event = try await ledger.event(record.notification.event)
    else { return nil }
    return (record, event.sender)
  }

  /// False if the message was never on its way or was taken back.
  func acknowledge(_ id: String, _ words: Acknowledgement) async throws -> Bool {
    let isTaken = try await ledger.acknowledge(id, words, at: time.now())
    if isTaken { wake() }
    return isTaken
  }

  /// What waited for this message may leave, and deadlines may have ended.
  func wake() {
    outbox.fire()
    agenda.fire()
  }
}
