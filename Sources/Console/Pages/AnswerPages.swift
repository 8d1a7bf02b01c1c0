package import Delivery
import HTTPTypes
package import Hummingbird
import Logging
import Routing

/// The pages that recipients open from a link: to acknowledge a message, and to read one that no mail may hold.
///
/// Guarantee: looking changes nothing (mail scanners open links too); only a posted form does. Nothing about a child is
/// shown before the one-time code was right. What a link says is verified before anything else is looked at, and no link
/// is ever logged.
package struct AnswerPages: Sendable {
  let ledger: any Ledger
  let links: AnswerLinks
  let time: any TimeSource
  let outbox: Signal
  let agenda: Signal
  let sendCode: @Sendable (AnswerTag, _ code: String) async -> Outcome
  let randomCode: @Sendable () -> String

  /// `randomCode` makes 8 digits that nobody can guess; `sendCode` mails them to the channel that the tag names.
  package init(
    ledger: any Ledger, links: AnswerLinks, time: any TimeSource, outbox: Signal, agenda: Signal,
    sendCode: @escaping @Sendable (AnswerTag, _ code: String) async -> Outcome,
    randomCode: @escaping @Sendable () -> String
  ) {
    self.ledger = ledger
    self.links = links
    self.time = time
    self.outbox = outbox
    self.agenda = agenda
    self.sendCode = sendCode
    self.randomCode = randomCode
  }

  package func add(to router: Hummingbird.Router<GatewayContext>) {
    declare("/acknowledge/:link", on: router, get: { try await lookAtMessage($1).response }, post: acknowledge)
    declare("/read/:link", on: router, get: { try await lookAtNotice($1).response }, post: redeem)
    declare("/read/:link/code", on: router, get: { try await enterCode($1).response }, post: issueCode)
  }

  private typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

  /// HEAD answers as GET does, for the checkers of links.
  private func declare(
    _ path: RouterPath, on router: Hummingbird.Router<GatewayContext>, get: @escaping Handler,
    post: @escaping Handler
  ) {
    router.declare(
      path,
      [
        .get: { await answer($0, $1, get) }, .head: { await answer($0, $1, get).createHeadResponse() },
        .post: { await answer($0, $1, post) },
      ])
  }

  /// Whoever opens a page gets a page, whatever happens.
  private func answer(_ request: Request, _ context: GatewayContext, _ handler: Handler) async -> Response {
    do { return try await handler(request, context) } catch let page as Page { return page.response } catch {
      context.logger.error("page failed", metadata: ["error": "\(type(of: error))"])
      return Page.failed.response
    }
  }

  /// What a link leads to. Throws the page that says why it leads nowhere.
  func open(_ purpose: LinkPurpose, _ context: GatewayContext) async throws -> OpenedLink {
    let link = context.parameters.get("link") ?? ""
    switch links.key.read(link: link, for: purpose, at: time.now()) {
    case .forged: throw Page.forged
    case .expired(let tag): throw Page.expired(tag.notification)
    case .valid(let tag):
      guard let record = try await ledger.notification(tag.notification) else { throw Page.lost(tag.notification) }
      if [.cancelled, .superseded, .unroutable].contains(record.state) { throw Page.withdrawn(tag.notification) }
      return OpenedLink(
        link: link, tag: tag, record: record, receipts: try await ledger.receipts(of: tag.notification))
    }
  }

  // Acknowledging.

  private func lookAtMessage(_ context: GatewayContext) async throws -> Page {
    acknowledgePage(try await open(.acknowledge, context), .empty, at: time.now())
  }

  private func acknowledge(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let opened = try await open(.acknowledge, context)
    let now = time.now()
    let form = AnswerForm(try await PageForm(request), at: now)
    guard form.problems.isEmpty else { return acknowledgePage(opened, form, at: now).response }
    let tag = opened.tag
    let acknowledgement = form.acknowledgement(channel: tag.channel)
    guard try await ledger.acknowledge(tag.notification, acknowledgement, at: now) else {
      throw Page.withdrawn(tag.notification)
    }
    outbox.fire()
    agenda.fire()
    // Asked again: somebody else may have been asked while the form was read.
    if let successor = try await ledger.notification(tag.notification)?.successor(of: tag.channel) {
      let receipt = Receipt(.superseded, from: .page, "\(successor) had been asked before", channel: tag.channel)
      _ = try await ledger.receive(ReceiptReport(notification: tag.notification, receipt: receipt), at: now)
    }
    return Page.see(opened.link)
  }

  private func acknowledgePage(_ opened: OpenedLink, _ form: AnswerForm, at now: Instant) -> Page {
    var values = form.values(action: opened.link, at: now).merging(opened.values) { own, _ in own }
    values["facts"] = opened.facts(withSubject: true).map { ["name": $0.name, "value": $0.value] }
    return Page(
      form.problems.isEmpty ? .ok : .unprocessableContent, "acknowledge",
      title: opened.isDone ? "Acknowledged" : "Acknowledge a message", values)
  }
}

/// A link that is ours, in time, and leads to a message that stands.
struct OpenedLink: Sendable {
  let link: String
  let tag: AnswerTag
  let record: NotificationRecord
  let receipts: [ReceiptRecord]

  /// Who was asked after whoever opens this; nil if nobody was.
  var successor: String? { record.successor(of: tag.channel) }

  var isDone: Bool { record.state == .acknowledged }

  /// Somebody has to acknowledge it, and nobody has.
  var isAwaited: Bool { record.notification.confirm == .acknowledged && !isDone }

  /// By when whoever opens this has to acknowledge it; nil where they need not, or others are asked by now.
  var due: Instant? { isAwaited && successor == nil ? record.notification.checkAt : nil }

  /// Where the message stands, for the templates.
  var values: [String: Any] {
    var values: [String: Any] = ["exercise": record.notification.isExercise]
    let acknowledged = receipts.last { $0.receipt.kind == .acknowledged }?.at
    if let acknowledged { values[isDone ? "done" : "lapsed"] = LondonWords.moment(acknowledged) }
    if let successor { values["passedTo"] = successor }
    return values
  }

  /// What may be shown to whoever has the link: nothing about a child.
  func facts(withSubject: Bool) -> [(name: String, value: String)] {
    let own = record.notification
    let words = { (name: String) in name.split { "-.".contains($0) }.joined(separator: " ") }
    let contact = own.contact(at: tag.channel).flatMap { $0 == own.role ? nil : $0 }
    let agency = own.agency.map { $0.contains(":") ? $0 : words($0) }
    let sent = receipts.first { $0.receipt.kind == .accepted && $0.receipt.channel == tag.channel }?.at
    var facts: [(String, String)] = withSubject ? [("Message", own.message.subject)] : []
    facts.append(("For", [contact, words(own.role), agency].compactMap(\.self).joined(separator: ", ")))
    facts.append(("Sent", LondonWords.moment(sent ?? record.createdAt)))
    if let due { facts.append(("Acknowledge by", LondonWords.moment(due))) }
    return facts + [("Reference", own.id)]
  }
}
