package import Delivery
package import Logging
import Routing

/// Collects the mail that comes back and turns each into evidence about one notification.
///
/// Guarantee: a mail is put aside only after what it proves is durable, so that a stop loses nothing; the same one twice
/// changes nothing. What cannot be believed is counted, kept apart and never obeyed. Nothing of a mail is logged.
package actor AnswerCollector {
  let mailbox: any Mailbox
  let ledger: any Ledger
  let key: AnswerKey
  let settings: Settings
  let seals: MailSeals?
  let time: any TimeSource
  let outbox: Signal
  let agenda: Signal
  let logger: Logger
  /// Tells whoever answered too late who was asked instead.
  let tellSuperseded: @Sendable (NotificationRecord, _ channel: Int, _ contact: String) async -> Outcome
  /// Seen to, and not put aside yet because the mailbox would not: whether they go apart.
  private var seen: [String: Bool] = [:]
  private var isSilent = false

  package struct Settings: Sendable {
    /// The gateway's name, the right-hand side of its Message-IDs.
    package let host: String
    /// The name under which our own mail server writes Authentication-Results; nil: no reply is believed without a signature.
    package let authority: String?
    /// Seconds between looks.
    package let pause: Int64
    package init(host: String, authority: String?, pause: Int64 = 5) {
      self.host = host
      self.authority = authority
      self.pause = pause
    }
  }

  package init(
    mailbox: any Mailbox, ledger: any Ledger, key: AnswerKey, settings: Settings, seals: MailSeals?,
    time: any TimeSource, outbox: Signal, agenda: Signal, logger: Logger,
    tellSuperseded: @escaping @Sendable (NotificationRecord, _ channel: Int, _ contact: String) async -> Outcome
  ) {
    self.mailbox = mailbox
    self.ledger = ledger
    self.key = key
    self.settings = settings
    self.seals = seals
    self.time = time
    self.outbox = outbox
    self.agenda = agenda
    self.logger = logger
    self.tellSuperseded = tellSuperseded
  }

  /// Mails that are read in one look.
  private static let batch = 50

  /// Runs until the task is cancelled. `wake` is fired by nobody: it only lets a stop end the wait.
  package func run() async {
    let wake = Signal()
    while !Task.isCancelled {
      var pause = settings.pause
      do {
        while try await turn() == AnswerCollector.batch, !Task.isCancelled {}
        isSilent = false
      } catch {
        pause = max(pause, 30)
        logger.error("answers cannot be collected", metadata: ["error": "\(error)"])
        await alarm(error)
      }
      await time.wait(for: wake, until: time.now().advanced(bySeconds: pause))
    }
  }

  /// Once for as long as it lasts: nobody hears of mail that came back.
  private func alarm(_ error: any Error) async {
    guard !isSilent else { return }
    let alarm = Alarm(
      kind: .answersSilent, identifier: "mailbox", text: "answers cannot be collected (\(error)); mend the mailbox")
    do {
      try await ledger.raise(alarm, at: time.now())
      isSilent = true
    } catch { logger.error("the ledger does not answer", metadata: ["error": "\(error)"]) }
  }

  /// Sees to what lies in the mailbox; gives how many there were. A mail that cannot be put aside keeps none of the others
  /// waiting. Throws `Fault` of the mailbox or the ledger's errors, the first after all mails have had their turn.
  package func turn() async throws -> Int {
    let items = try await mailbox.fetch(limit: AnswerCollector.batch)
    var first: (any Error)?
    for item in items {
      do { try await take(item) } catch { first = first ?? error }
    }
    if let first { throw first }
    return items.count
  }

  private func take(_ item: MailboxItem) async throws {
    if seen[item.id] == nil {
      let what = try await see(to: item)
      try await ledger.tally(what.name, at: time.now())
      logger.log(
        level: what.isApart ? .warning : .info, "mail came back",
        metadata: ["what": "\(what.name)", "notification": "\(what.notification ?? "none")"])
      seen[item.id] = what.isApart
    }
    try await mailbox.put(item, apart: seen[item.id] ?? true)
    seen[item.id] = nil
  }

  /// What a mail turned out to be.
  private struct Finding {
    let name: String
    var isApart = false
    var notification: String?
  }

  private func see(to item: MailboxItem) async throws -> Finding {
    switch AnswerVerdict.of(AnswerReader.read(item.bytes, ownHost: settings.host), key) {
    case .automatic: return Finding(name: "automatic")
    case .apart(let why): return Finding(name: why.rawValue, isApart: true)
    case .report(let report): return try await take(report)
    case .signedReceipt(let tag): return try await verify(item, tag)
    case .reply(let reply, let id, let tag, let evidence):
      return try await answer(item, reply, id, tag, evidence)
    }
  }

  private func take(_ report: ReceiptReport) async throws -> Finding {
    let name = report.receipt.source.rawValue
    switch try await ledger.receive(report, at: time.now()) {
    case .unknown: return Finding(name: "unmatched", isApart: true)
    case .duplicate: return Finding(name: "duplicate", notification: report.notification)
    case .recorded(_, let alarms):
      for alarm in alarms { logger.report(alarm) }
      outbox.fire()
      agenda.fire()
      return Finding(name: name, notification: report.notification)
    }
  }

  /// A signed receipt proves that the recipient's software opened this very message.
  private func verify(_ item: MailboxItem, _ tag: AnswerTag) async throws -> Finding {
    guard let record = try await ledger.notification(tag.notification),
      record.notification.channels.indices.contains(tag.channel),
      case .mail(let mail) = record.notification.channels[tag.channel]
    else { return Finding(name: "unmatched", isApart: true) }
    let sent = try await ledger.receipts(of: tag.notification)
      .last { $0.receipt.source == .smtp && $0.receipt.channel == tag.channel && !$0.receipt.details.isEmpty }
    guard let seals, let sent, seals.isReceipt(item.bytes, fitting: sent.receipt.details, from: mail, at: time.now())
    else { return Finding(name: "forged", isApart: true, notification: tag.notification) }
    return try await take(
      ReceiptReport(
        notification: tag.notification,
        receipt: Receipt(.read, from: .signedReceipt, "signed for this message", channel: tag.channel)))
  }

  /// A reply counts when the contact wrote it, as our own mail server or the contact's signature shows.
  private func answer(
    _ item: MailboxItem, _ reply: Reply, _ id: String, _ tag: AnswerTag?, _ evidence: String
  ) async throws -> Finding {
    guard let record = try await ledger.notification(id), let author = reply.from,
      let channel = record.notification.channel(of: author, preferring: tag?.notification == id ? tag?.channel : nil)
    else { return Finding(name: "unmatched", isApart: true) }
    guard isAuthentic(item, reply, author, id) else {
      return Finding(name: "unauthenticated", isApart: true, notification: id)
    }
    // The header names the mail: the same one again says nothing new.
    let isRepeat = try await ledger.receipts(of: id)
      .contains { $0.receipt.source == .reply && $0.receipt.details == evidence }
    if isRepeat { return Finding(name: "duplicate", notification: id) }
    let words = Acknowledgement(
      by: "a reply from the mailbox of \(record.notification.contact(at: channel) ?? record.notification.role)",
      actor: "reply", willDo: nil, until: nil, source: .reply, channel: channel, details: evidence)
    guard try await ledger.acknowledge(id, words, at: time.now()) else {
      return Finding(name: "late", isApart: true, notification: id)
    }
    if let successor = record.successor(of: channel) {
      try await supersede(record, channel, successor)
    }
    outbox.fire()
    agenda.fire()
    return Finding(name: "reply", notification: id)
  }

  private func isAuthentic(_ item: MailboxItem, _ reply: Reply, _ author: String, _ id: String) -> Bool {
    if let authority = settings.authority,
      Authentication.vouches(for: author, reply.authenticationResults, authority: authority)
    {
      return true
    }
    return reply.isSigned && seals?.isSigned(item.bytes, by: author, about: id, at: time.now()) ?? false
  }

  private func supersede(_ record: NotificationRecord, _ channel: Int, _ contact: String) async throws {
    let outcome = await tellSuperseded(record, channel, contact)
    var words = "answered after \(contact) had been asked; could not be told so"
    if case .accepted = outcome { words = "answered after \(contact) had been asked, and was told so" }
    _ = try await ledger.receive(
      ReceiptReport(
        notification: record.notification.id, receipt: Receipt(.superseded, from: .gateway, words, channel: channel)),
      at: time.now())
  }
}

extension Delivery.Notification {
  /// The channel that leads to this mailbox; local parts are compared as they are or without regard to case, as mailboxes
  /// in use are.
  fileprivate func channel(of author: String, preferring preferred: Int?) -> Int? {
    let matching = channels.indices.filter { index in
      switch channels[index] {
      case .mail(let mail): mail.address.lowercased() == author.lowercased()
      case .notify(let address, _): address.lowercased() == author.lowercased()
      default: false
      }
    }
    return preferred.flatMap { matching.contains($0) ? $0 : nil } ?? matching.first
  }
}
