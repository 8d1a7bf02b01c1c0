import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/v1/recipients`: what a recipient's own system fetches of what it was owed.
///
/// Guarantee: only a key that answers for an agency reads what its desks were told, and each fetch is in the audit. Whoever
/// sent the event behind a message does not read it here.
struct RecipientsAPI: Sendable {
  let ledger: any RecipientLedger
  let access: any AccessLedger
  let gate: SenderGate
  let time: any TimeSource

  /// Bodies of this many bytes fit into one answer; a photograph may take 4 MiB.
  private static let bytes = 16 << 20

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/recipients", [.get: list])
    router.declare("/v1/recipients/:id/messages", [.get: messages])
  }

  private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let found = try await ledger.recipients(of: sender.agencies, at: time.now())
    return Answer.json([
      "recipients": .array(
        found.map { ["recipient": .string($0.recipient.id), "highest": .number(Double($0.highest))] })
    ])
  }

  private func messages(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    guard let id = try context.parameters.require("id").removingPercentEncodingStrictly,
      let recipient = Recipient(id: id), sender.agencies.contains(recipient.agency)
    else { throw Problem.notFound }
    let query = request.uri.queryParameters
    let after = try Paging.after(query["after"])
    let limit = try Paging.limit(query["limit"])
    let now = time.now()
    let found = try await ledger.messages(
      of: recipient, after: after, limit: limit, bytes: RecipientsAPI.bytes, at: now)
    let items = try found.messages.map { number, record in
      try RecipientsAPI.document(RecipientNumber(recipient: recipient, number: number), record)
    }
    // First the audit: nothing is read that nobody knows of.
    try await access.record(
      [
        AccessEntry(
          kind: "fetched", identifier: recipient.id,
          detail: "\(sender.name), \(items.count) messages after \(after)")
      ], at: now)
    let last = found.messages.last?.number ?? after
    return Answer.json([
      "recipient": .string(recipient.id), "highest": .number(Double(found.highest)), "messages": .array(items),
      "next": found.messages.isEmpty || last >= found.highest ? .null : .number(Double(last)),
    ])
  }

  private static func document(_ number: RecipientNumber, _ record: NotificationRecord) throws -> JSONValue {
    var members: [String: JSONValue] = [
      "sequence": .number(Double(number.number)), "id": .string(record.notification.id),
      "state": .string(record.state.rawValue), "at": .string(record.createdAt.rfc3339),
    ]
    if record.isForRecipient {
      members["event"] = try JSONValue(parsing: number.marking(record.notification.message.body).utf8)
    }
    return .object(members)
  }
}
