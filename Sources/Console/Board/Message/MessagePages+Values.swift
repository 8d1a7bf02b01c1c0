import Delivery
import Routing

/// What the page of one message shows.
extension MessagePages {
  func values(_ seen: SeenMessage) async throws -> [String: Any] {
    let number = try await desk.ledger.number(of: seen.id)
    var values: [String: Any] = [
      "exercise": seen.own.isExercise, "facts": facts(seen, number), "why": why(seen), "ways": ways(seen),
      "attempts": try await attempts(seen), "receipts": try await receipts(seen), "history": history(seen),
      "related": try await related(seen), "episodePage": desk.link(BoardPath.episode(seen.own.episode)),
      "episodeName": seen.own.episode, "noWords": noWords(seen),
      "actions": seen.actions.map { action -> [String: Any] in
        [
          "go": desk.link("\(BoardPath.message(seen.id))/\(action.rawValue)"), "title": action.words(seen.hold).title,
        ]
      },
    ]
    for (flag, list) in [
      ("hasWays", "ways"), ("hasAttempts", "attempts"), ("hasHistory", "history"), ("hasRelated", "related"),
    ] {
      values[flag] = !((values[list] as? [[String: Any]])?.isEmpty ?? true)
    }
    values.merge(standing(seen)) { own, _ in own }
    if let done = done(seen) { values["done"] = done }
    if seen.hold == .judgement { values["judgement"] = try await judgement(of: seen, at: desk) }
    if CallCard(seen.record) != nil { values["card"] = desk.link("/desk/\(seen.id)") }
    if seen.maySeeWords { values["message"] = try words(seen.own.message, number) }
    return values
  }

  private func standing(_ seen: SeenMessage) -> [String: Any] {
    let (record, now) = (seen.record, desk.time.now())
    let standing = StateWords.standing(record, seen.hold)
    var values: [String: Any] = [
      "mark": standing.mark, "says": standing.says, "isBad": standing.isBad, "isOverdue": record.isOverdue,
      "isUnderWay": record.isUnderWay,
    ]
    let isOver = [.cancelled, .superseded, .unroutable].contains(record.state) || record.state.meets(seen.own.confirm)
    if let by = seen.own.by, !isOver { values["by"] = timeValues(by, at: now) }
    if let due = record.due, record.state.isOpen, due > now { values["due"] = timeValues(due, at: now) }
    if let check = seen.own.checkAt, !isOver {
      var next = timeValues(check, at: now)
      switch Escalation.after(record) {
      case .move(let index):
        let way = ChannelWords.way(seen.own.channels[index].name)
        next["then"] = "\(seen.contact(at: index) ?? "the next contact") is asked \(way)"
      case .exhausted: next["then"] = "operators are alarmed, since nobody else is left to ask"
      }
      values["next"] = next
    }
    return values
  }

  /// What this person has just done here, as the audit has it.
  private func done(_ seen: SeenMessage) -> [String: Any]? {
    let since = desk.time.now().advanced(bySeconds: -120)
    let last = seen.audit.last { entry in
      // That somebody was told by telephone is said once.
      let isRung = entry.kind == "acknowledged" && entry.detail.hasSuffix(", \(ReceiptSource.desk.rawValue)")
      return MessageWords.isByHand(entry.kind) && !isRung && entry.at >= since && isOwn(entry, seen)
    }
    guard let last, let says = MessageWords.happening(last.kind) else { return nil }
    return ["did": says, "at": LondonWords.moment(last.at)]
  }

  private func isOwn(_ entry: AuditEntry, _ seen: SeenMessage) -> Bool {
    entry.detail.hasPrefix("\(seen.who.person.label) \(seen.who.person.id)")
  }

  private func facts(_ seen: SeenMessage, _ number: RecipientNumber?) -> [[String: String]] {
    let own = seen.own
    let settled = seen.record.settledAt.map(LondonWords.moment)
    return factValues([
      ("For", seen.recipient.raisingFirst), ("Contact", seen.contact(at: seen.record.delivery.channelIndex)),
      ("Urgency", StateWords.urgency(own.urgency).raisingFirst), ("Due by", own.by.map(LondonWords.moment)),
      ("Not before", own.notBefore.map(LondonWords.moment)),
      ("Confirmation", StateWords.demand(own.confirm).raisingFirst),
      ("Owed since", LondonWords.moment(seen.record.createdAt)),
      ("Settled", seen.record.state.isOpen ? nil : settled),
      ("Number", number.map { "\($0.number) of all messages to this desk" }), ("Reference", own.id),
    ])
  }

  /// The protocols' words for it. What a pack that is no longer in use said is not known any more.
  private func why(_ seen: SeenMessage) -> [[String: Any]] {
    seen.own.citations.map { citation in
      let versions = seen.routes.book.packs.filter { $0.id == citation.pack }
      let pack = versions.first { $0.inForce.contains(seen.record.createdAt) } ?? versions.last
      return [
        "protocol": pack?.title ?? citation.pack, "section": citation.section, "rule": citation.rule,
        "says": pack?.rules.first { $0.id == citation.rule }?.says
          ?? "This rule is not among those in use any more.",
        "go": desk.link(BoardPath.pack(citation.pack)),
      ]
    }
  }

  /// Every way, in the order in which it is asked.
  private func ways(_ seen: SeenMessage) -> [[String: Any]] {
    let (record, progress) = (seen.record, seen.record.delivery)
    let isNamed = seen.who.person.may(.seeContent)
    return seen.own.channels.enumerated().map { index, channel in
      let bit: UInt64 = 1 << UInt64(index)
      let isAsked = index <= max(progress.rung, progress.channelIndex) && progress.attempts > 0
      let state =
        progress.takenChannels & bit != 0
        ? "Has it"
        : progress.closedChannels & bit != 0
          ? "Not asked any more"
          : index == progress.channelIndex && (record.state.isOpen || record.state == .held)
            ? "In use now" : isAsked ? "Was asked" : "Not asked"
      let place = ChannelWords.place(channel, named: isNamed).map { ": \($0)" }
      return [
        "number": "\(index + 1)", "contact": seen.contact(at: index) ?? "somebody whom the sender named",
        "channel": ChannelWords.name(channel.name).raisingFirst + (place ?? ""),
        "privacy": ChannelWords.privacy(channel).joined(separator: "; "), "state": state,
      ]
    }
  }

  private func attempts(_ seen: SeenMessage) async throws -> [[String: Any]] {
    try await desk.ledger.attempts(of: seen.id).map { attempt in
      [
        "number": "\(attempt.number)", "at": LondonWords.moment(attempt.at), "machine": attempt.at.rfc3339,
        "channel": ChannelWords.name(attempt.channel).raisingFirst, "result": MessageWords.result(attempt.result),
        "remote": seen.mayRead(nil) ? attempt.words : "", "milliseconds": "\(attempt.milliseconds)",
      ]
    }
  }

  private func receipts(_ seen: SeenMessage) async throws -> [[String: Any]] {
    try await desk.ledger.receipts(of: seen.id).enumerated().map { place, one in
      let way = one.receipt.channel.map { ", way \($0 + 1)" } ?? ""
      var values: [String: Any] = [
        "receipt": "receipt-\(place)", "at": LondonWords.moment(one.at), "machine": one.at.rfc3339,
        "kind": ReceiptWords.name(one.receipt.kind).raisingFirst, "proves": ReceiptWords.proves(one.receipt.kind),
        "source": ReceiptWords.name(one.receipt.source).raisingFirst + way,
        "evidence": "",
      ]
      guard seen.mayRead(one.receipt.source) else { return values }
      values["evidence"] = one.receipt.evidence
      if !one.receipt.details.isEmpty { values["details"] = one.receipt.details }
      return values
    }
  }

  /// What people and the ladder did, from the audit. A viewer of an agency learns that it was done, not by whom and why.
  private func history(_ seen: SeenMessage) -> [[String: Any]] {
    seen.audit.compactMap { entry in
      guard let says = MessageWords.happening(entry.kind) else { return nil }
      let isShown =
        MessageWords.isByHand(entry.kind)
        ? seen.who.person.agencies.isEmpty || isOwn(entry, seen)
        : seen.who.person.may(.seeContent) && entry.kind != "passed-on" && entry.kind != "superseded"
      return [
        "at": LondonWords.moment(entry.at), "machine": entry.at.rfc3339,
        "happened": isShown && !entry.detail.isEmpty ? "\(says) (\(entry.detail))" : says,
      ]
    }
  }

  /// Messages to the same recipient that this one replaced, or that took its place.
  private func related(_ seen: SeenMessage) async throws -> [[String: Any]] {
    var found: [(id: String, says: String)] = []
    let body = try? JSONValue(parsing: seen.own.message.body.utf8)
    if let wrong = body?.at(["data", "notification", "corrects"])?.text {
      found.append((wrong, "The earlier message that this one puts right"))
    }
    for entry in seen.audit where entry.kind == "passed-on" {
      found.append((entry.detail, "The later message that took its place"))
    }
    for entry in seen.audit where entry.kind == "superseded" {
      let filter = NotificationFilter(event: entry.detail, scope: seen.who.scope, limit: 1000)
      let same = try await desk.ledger.notifications(filter).first {
        $0.notification.role == seen.own.role && $0.notification.agency == seen.own.agency
      }
      if let same { found.append((same.notification.id, "The message that says what was wrong")) }
    }
    var list: [[String: Any]] = []
    for one in found {
      // What is not theirs is not named.
      guard let there = try? await SeenMessage(one.id, of: seen.who, at: desk, in: .board) else { continue }
      let standing = StateWords.standing(there.record, there.hold)
      list.append([
        "go": desk.link(BoardPath.message(one.id)), "says": one.says, "id": one.id,
        "state": standing.mark.loweringFirst,
      ])
    }
    return list
  }

  /// Exactly what was owed to the recipient.
  private func words(_ message: Message, _ number: RecipientNumber?) throws -> [String: Any] {
    let markup = MessageMarkup(message)
    let body = number?.marking(message.body) ?? message.body
    var values: [String: Any] = [
      "subject": message.subject, "html": markup.html, "text": message.text,
      "json": try JSONValue(parsing: body.utf8).pretty,
    ]
    if let photograph = markup.photograph { values["photograph"] = photograph }
    if let csv = message.csv { values["csv"] = csv }
    return values
  }

  private func noWords(_ seen: SeenMessage) -> String {
    seen.who.person.may(.seeContent)
      ? "This message has not gone to its recipient, so that its words are not shown."
      : "Your roles do not let you read what a message says."
  }
}
