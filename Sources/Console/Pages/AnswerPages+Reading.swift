import Delivery
import Hummingbird
import Routing

/// Reading a message behind a link: whoever reads it shows, by a one-time code, that the mailbox is theirs.
///
/// Guarantee: a code is known only to that mailbox, opens the message once, and is guessed at most five times a minute.
extension AnswerPages {
  func lookAtNotice(_ context: GatewayContext) async throws -> Page {
    let opened = try await open(.read, context)
    return Page(
      .ok, "ask", title: "A message for you",
      [
        "exercise": opened.record.notification.isExercise, "again": "\(opened.link)/code",
        "enter": "\(opened.link)/code",
        "facts": opened.facts(withSubject: false).map { ["name": $0.name, "value": $0.value] },
      ])
  }

  /// Somebody who reads the mail on the same phone comes back to this address, and may come back to it anew.
  func enterCode(_ context: GatewayContext) async throws -> Page {
    let opened = try await open(.read, context)
    return codePage(
      opened, .below, ["Look in the mailbox that this link was sent to. The mail with the code can take a minute."])
  }

  func issueCode(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let opened = try await open(.read, context)
    _ = try await PageForm(request)
    let code = randomCode()
    let hash = links.key.hash(code: code, for: opened.tag)
    guard try await ledger.issueCode(hash, for: opened.tag, at: time.now()) else {
      return codePage(
        opened, .below,
        ["A code was asked for less than a minute ago. Look for that mail, or wait a minute and ask again."]
      ).response
    }
    guard case .accepted = await sendCode(opened.tag, code) else { throw Page.codeNotSent(opened.tag.notification) }
    return Page.see("code")
  }

  func redeem(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let opened = try await open(.read, context)
    let typed = try await PageForm(request)["code"].filter { !$0.isWhitespace && $0 != "-" }
    guard typed.utf8.count == 8, typed.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return codePage(opened, .message, [], problem: "Enter the code from the mail. It has 8 digits").response
    }
    let now = time.now()
    switch try await ledger.redeemCode(links.key.hash(code: typed, for: opened.tag), for: opened.tag, at: now) {
    case .spent: throw Page.codeSpent(opened.tag.notification, again: "\(opened.link)/code")
    case .wrong(let left):
      let tries = left == 1 ? "1 try is" : "\(left) tries are"
      return codePage(opened, .message, [], problem: "That code is not right. \(tries) left").response
    case .valid:
      let receipt = Receipt(.read, from: .page, "opened after a one-time code", channel: opened.tag.channel)
      _ = try await ledger.receive(ReceiptReport(notification: opened.tag.notification, receipt: receipt), at: now)
      outbox.fire()
      agenda.fire()
      return messagePage(opened, at: now).response
    }
  }

  /// Where the browser is when it shows a page: addresses are relative, so that the gateway may stand below a path.
  private enum Place {
    /// At `/read/LINK`.
    case message
    /// At `/read/LINK/code`.
    case below
  }

  private func codePage(_ opened: OpenedLink, _ place: Place, _ says: [String], problem: String? = nil) -> Page {
    var values: [String: Any] = [
      "says": says + ["A code works for \(CodeResult.lifetime / 60) minutes, and once."],
      "action": place == .message ? opened.link : "../\(opened.link)",
      "again": place == .message ? "\(opened.link)/code" : "code", "reference": opened.tag.notification,
      "exercise": opened.record.notification.isExercise,
    ]
    if let problem {
      values["codeProblem"] = problem
      values["problems"] = ["list": [["field": "code", "says": problem]]]
    }
    return Page(problem == nil ? .ok : .unprocessableContent, "code", title: "Enter the code", values)
  }

  private func messagePage(_ opened: OpenedLink, at now: Instant) -> Page {
    let markup = MessageMarkup(opened.record.notification.message)
    let link = links.key.link(.acknowledge, opened.tag, until: now.advanced(bySeconds: AnswerLinks.lifetime))
    var values = AnswerForm.empty.values(action: "../acknowledge/\(link)", at: now)
    values.merge(opened.values) { own, _ in own }
    values["message"] = markup.html
    values["asks"] = opened.isAwaited
    if let photograph = markup.photograph { values["photograph"] = photograph }
    if let due = opened.due { values["due"] = LondonWords.moment(due) }
    return Page(.ok, "message", title: "Your message", values)
  }
}
