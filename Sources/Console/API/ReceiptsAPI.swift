import Delivery
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Routing

/// `/v1/receipts`: the stream of receipts, and what recipients' systems state by themselves.
///
/// Guarantee: a receipt is believed from a key that answers for the message's agency, or signed with the secret of one of
/// the message's own webhooks within the last five minutes. Everything of a body is checked before the first receipt is
/// kept; one that is somebody else's is refused as one that does not exist is, and audited. The same again changes nothing.
struct ReceiptsAPI: Sendable {
  let ledger: any Ledger
  let access: any AccessLedger
  let gate: SenderGate
  let time: any TimeSource
  let answering: Answering
  let secrets: @Sendable (String) -> String?
  let logger: Logger

  /// Largest body taken, in bytes, and most receipts in it.
  private static let bodyLimit = 1 << 20
  private static let batchLimit = 500

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/v1/receipts", [.get: list, .post: take])
  }

  /// The stream of receipts, from where the caller left off.
  private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let sender = try await gate.sender(of: request, context)
    let query = request.uri.queryParameters
    let after = try Paging.after(query["after"])
    let found = try await ledger.receipts(
      after: after, scope: Scope(sender), limit: try Paging.limit(query["limit"]))
    return Answer.tagged([
      "receipts": .array(found.map(\.document)),
      "next": found.last.map { .number(Double($0.sequence)) } ?? .null,
    ])
  }

  private func take(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let now = time.now()
    let signature = try SignedRequest(request, at: now)
    let sender = signature == nil ? try await gate.sender(of: request, context) : nil
    let bytes = try await ReceiptsAPI.collect(request)
    let (statements, isBatch) = try ReceiptsAPI.read(bytes, at: now)
    let caller: Caller
    if let sender {
      caller = .key(sender)
    } else {
      caller = try await signer(of: statements, signature, bytes, now, context)
    }
    let records = try await check(statements, isBatch, caller, now)
    var results: [JSONValue] = []
    for (statement, record) in zip(statements, records) { results.append(try await keep(statement, record, caller)) }
    answering.wake()
    return Answer.json(isBatch ? .array(results) : results.first ?? [:])
  }

  private static func collect(_ request: Request) async throws -> [UInt8] {
    let buffer = try await request.bytes(
      upTo: bodyLimit,
      orElse: Problem(.contentTooLarge, "Body too large", "Receipts may have \(bodyLimit) bytes together"))
    return Array(buffer.readableBytesView)
  }

  /// One object or an array of them; throws a problem that names every wrong member of all.
  private static func read(
    _ bytes: [UInt8], at now: Instant
  ) throws -> (statements: [StatedReceipt], isBatch: Bool) {
    let document: JSONValue
    do { document = try JSONValue(parsing: bytes) } catch {
      throw Problem(.badRequest, "Not JSON", "The body cannot be read: \(error.reason)")
    }
    let items = document.items ?? [document]
    guard (1...batchLimit).contains(items.count) else {
      throw Problem(.unprocessableContent, "Wrong number", "Send 1 to \(batchLimit) receipts")
    }
    let isBatch = document.items != nil
    var wrong: [FieldProblem] = []
    let statements = items.enumerated().compactMap { index, item in
      StatedReceipt(item, at: now, place: isBatch ? "\(index)" : "", &wrong)
    }
    guard wrong.isEmpty else { throw Problem.wrong(wrong) }
    return (statements, isBatch)
  }

  /// Whose secret the body is signed with, as far as the first message shows: all others have to share it.
  private func signer(
    of statements: [StatedReceipt], _ signature: SignedRequest?, _ bytes: [UInt8], _ now: Instant,
    _ context: GatewayContext
  ) async throws -> Caller {
    guard let signature, let first = statements.first else { throw Problem.notFound }
    guard let (record, _) = try await answering.find(first.notification) else {
      throw gate.refusal(.badSignature, context, now)
    }
    for name in Set(record.notification.channels.compactMap(\.sharedSecret)).sorted() {
      let shared = secrets(name).flatMap { WebhookSecret.list($0) } ?? []
      let holds = shared.contains {
        $0.verifies(
          header: signature.codes, id: signature.id, timestamp: signature.timestamp, body: bytes, now: now.seconds)
      }
      guard holds else { continue }
      let caller = Caller.secret(name, envelope: signature.id)
      context.visit.caller = caller.name
      return caller
    }
    let refusal = gate.refusal(.badSignature, context, now)
    // Whoever goes on and on fills no audit.
    if refusal.status == .unauthorized {
      try await audit([first.notification], "a signature that does not hold, from \(context.peer)", now)
    }
    throw refusal
  }

  /// The messages that the statements are about. Throws, and nothing has been kept, where one of them may not be stated.
  private func check(
    _ statements: [StatedReceipt], _ isBatch: Bool, _ caller: Caller, _ now: Instant
  ) async throws -> [NotificationRecord] {
    var records: [NotificationRecord] = []
    var refused: [String] = []
    var wrong: [FieldProblem] = []
    for (index, statement) in statements.enumerated() {
      let place = isBatch ? "\(index)." : ""
      guard let (record, owner) = try await answering.find(statement.notification),
        caller.mayAnswer(for: record, toldBy: owner)
      else {
        refused.append(statement.notification)
        wrong.append(
          FieldProblem("\(place)notification", "is none that you answer for", "Take the id of a message to your desk"))
        continue
      }
      records.append(record)
      // A promise whose time has passed may be said again, but not anew.
      if let until = statement.until, until <= now, try await !isKnown(statement, caller) {
        wrong.append(FieldProblem("\(place)until", "does not lie ahead", "Say by when it will be done"))
      }
    }
    guard refused.isEmpty else {
      try await audit(refused, caller.name, now)
      throw Problem(
        .forbidden, "Forbidden", "\(refused.count) receipts are about messages that are not yours; nothing was kept",
        errors: wrong)
    }
    guard wrong.isEmpty else { throw Problem.wrong(wrong) }
    return records
  }

  private func keep(
    _ statement: StatedReceipt, _ record: NotificationRecord, _ caller: Caller
  ) async throws -> JSONValue {
    func answer(_ result: String, _ state: NotificationState) -> JSONValue {
      [
        "notification": .string(statement.notification), "result": .string(result), "state": .string(state.rawValue),
      ]
    }
    if try await isKnown(statement, caller) { return answer("known", record.state) }
    let key = statement.key(caller.envelope)
    if statement.isAcknowledgement {
      let words = Acknowledgement(
        by: statement.words(caller.name), actor: caller.name, willDo: statement.willDo, until: statement.until,
        source: .api, channel: caller.channel(of: record), details: key, key: key)
      let isTaken = try await answering.acknowledge(statement.notification, words)
      return isTaken ? answer("recorded", .acknowledged) : answer("ended", record.state)
    }
    let receipt = Receipt(
      statement.kind, from: .api, statement.words(caller.name), details: key, channel: caller.channel(of: record))
    let result = try await ledger.receive(
      ReceiptReport(notification: statement.notification, receipt: receipt), at: time.now())
    guard case .recorded(let state, let alarms) = result else { return answer("known", record.state) }
    for alarm in alarms { logger.report(alarm) }
    return answer("recorded", state)
  }

  private func isKnown(_ statement: StatedReceipt, _ caller: Caller) async throws -> Bool {
    let key = statement.key(caller.envelope)
    return try await ledger.receipts(of: statement.notification).contains {
      $0.receipt.source == .api && $0.receipt.details == key
    }
  }

  /// What was asked for stands in the audit only where it has the shape of our ids: it may be anything.
  private func audit(_ asked: [String], _ who: String, _ now: Instant) async throws {
    try await access.record(
      asked.map {
        AccessEntry(
          kind: "receipt-refused", identifier: Identifiers.isNotification($0) ? $0 : "no notification", detail: who)
      }, at: now)
  }
}

/// Who states something, and for whose messages.
private enum Caller: Sendable {
  case key(Sender)
  /// By the name of the webhook's secret, under a `webhook-id`.
  case secret(String, envelope: String)

  var name: String {
    switch self {
    case .key(let sender): sender.name
    case .secret(let name, _): "webhook \(name)"
    }
  }

  var envelope: String? { if case .secret(_, let envelope) = self { envelope } else { nil } }

  func mayAnswer(for record: NotificationRecord, toldBy owner: String) -> Bool {
    switch self {
    case .key(let sender):
      sender.mayAnswer(for: record.notification.agency, record.notification.role, toldBy: owner)
    case .secret: channel(of: record) != nil
    }
  }

  /// The channel that the caller shares the secret of.
  func channel(of record: NotificationRecord) -> Int? {
    guard case .secret(let name, _) = self else { return nil }
    return record.notification.channels.firstIndex { $0.sharedSecret == name }
  }
}

/// The headers of Standard Webhooks 1.0.0, not yet believed.
private struct SignedRequest: Sendable {
  let id: String
  let timestamp: Int64
  let codes: String

  /// Nil where the request is not signed. Throws a 401 problem where a signature is too old, or says too much.
  init?(_ request: Request, at now: Instant) throws(Problem) {
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
    guard let codes = header("webhook-signature") else { return nil }
    guard let id = header("webhook-id"), (1...200).contains(id.utf8.count), codes.utf8.count <= 2000,
      let timestamp = header("webhook-timestamp").flatMap({ Int64($0) }),
      (now.seconds - 300...now.seconds + 300).contains(timestamp)
    else { throw Problem.badSignature }
    self.id = id
    self.timestamp = timestamp
    self.codes = codes
  }
}

extension Problem {
  fileprivate static let badSignature = Problem(
    .unauthorized, "Bad signature",
    "Sign with the secret of the webhook that the message goes to, no longer than five minutes ago (Standard Webhooks)")

  fileprivate static func wrong(_ fields: [FieldProblem]) -> Problem {
    Problem(
      .unprocessableContent, "Wrong fields", "\(fields.count) fields are wrong; nothing was kept", errors: fields)
  }
}
