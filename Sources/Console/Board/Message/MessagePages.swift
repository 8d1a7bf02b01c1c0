import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/messages/ID`: one message, where it stands, and what is proved of it; and below it what a person can do.
///
/// Guarantee: the words of a message are shown only to those who may read them, and each look is in the audit before they
/// are. Whatever is done has a reason and a name in the audit. What waits because telling may harm is released or refused
/// only by those who may decide that.
struct MessagePages: Sendable {
  let desk: BoardDesk

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/messages/:id", desk.page(.seeBoard) { request, who in try await look(request, who) })
    for action in MessageAction.allCases {
      router.declare(
        "/messages/:id/\(action.rawValue)",
        desk.page(
          action == .acknowledge ? .acknowledge : .runQueue,
          { request, who in try await ask(action, request, who) },
          form: { request, who, form in try await act(action, request, who, form) }))
    }
  }

  private func look(_ request: Request, _ who: SignedIn) async throws -> Response {
    let seen = try await SeenMessage(SeenMessage.part(1, of: request), of: who, at: desk, in: .board)
    if seen.maySeeWords { try await desk.viewed("notification", seen.id, request, by: who) }
    return desk.show(
      seen.title("Message to: \(seen.recipient)"), "message-page", try await values(seen), to: who, in: nil,
      follows: true, episode: seen.own.episode)
  }

  // What a person does.

  /// The message, if this person may do that and it can be done. Throws the page that says why not.
  private func open(_ action: MessageAction, _ request: Request, _ who: SignedIn) async throws -> SeenMessage {
    let seen = try await SeenMessage(SeenMessage.part(1, of: request), of: who, at: desk, in: .board)
    try await desk.gate.require(seen.permission(for: action), of: who)
    guard seen.allows(action) else { throw conflict(seen) }
    return seen
  }

  private func ask(_ action: MessageAction, _ request: Request, _ who: SignedIn) async throws -> Response {
    let seen = try await open(action, request, who)
    return page(action, seen, [:], [], .ok)
  }

  private func act(
    _ action: MessageAction, _ request: Request, _ who: SignedIn, _ form: PageForm
  ) async throws -> Response {
    let seen = try await open(action, request, who)
    let now = desk.time.now()
    var values: [String: Any] = ["reason": form["reason"]]
    var problems: [(field: String, says: String)] = []
    let answer = action == .acknowledge ? AnswerForm(form, at: now) : nil
    if let answer {
      values.merge(answer.values(action: "", at: now)) { own, _ in own }
      problems += answer.problems.map { ($0.field, $0.field == "by" && form["by"].isEmpty ? Self.nobody : $0.says) }
    }
    let contact = action == .sendOn ? seen.others.first { $0.role == form["contact"] } : nil
    if let contact {
      values["contact"] = contact.role
    } else if action == .sendOn {
      problems.append(("contact", "Choose whom to send it to"))
    }
    if let problem = BoardReason.problem(form["reason"]) { problems.append(("reason", problem)) }
    guard problems.isEmpty else { return page(action, seen, values, problems, .unprocessableContent) }
    let actor = "\(who.person.label) \(who.person.id)"
    let isDone: Bool
    if let answer {
      isDone = try await desk.answering.acknowledge(
        seen.id, answer.acknowledgement(toldTo: who.person, reason: form["reason"]))
    } else if let contact {
      isDone = try await desk.ledger.sendOn(seen.id, to: contact, at: now, by: actor, reason: form["reason"])
    } else if let order = action.byHand {
      isDone = try await desk.ledger.act(order, on: seen.id, at: now, by: actor, reason: form["reason"])
    } else {
      isDone = false
    }
    guard isDone else {
      throw conflict(try await SeenMessage(seen.id, of: who, at: desk, in: .board))
    }
    desk.answering.wake()
    return desk.see(BoardPath.message(seen.id))
  }

  private static let nobody = "Enter the name or office of whoever has taken it on"

  /// Somebody or something was faster, or the page was old.
  private func conflict(_ seen: SeenMessage) -> Page {
    let standing = StateWords.standing(seen.record, seen.hold)
    let now =
      seen.record.isUnderWay
      ? "It is being sent at this moment. Wait a minute and try again." : "It stands like this now: \(standing.says)"
    return .notice(
      .conflict, "This cannot be done now", ["Nothing was changed. \(now)"], reference: seen.id,
      go: (desk.link(BoardPath.message(seen.id)), "The message as it stands"))
  }

  private func page(
    _ action: MessageAction, _ seen: SeenMessage, _ typed: [String: Any],
    _ problems: [(field: String, says: String)], _ status: HTTPResponse.Status
  ) -> Response {
    let words = action.words(seen.hold)
    let standing = StateWords.standing(seen.record, seen.hold)
    var values: [String: Any] = [
      "exercise": seen.own.isExercise, "says": words.says, "button": words.does, "harms": action == .cancel,
      "back": desk.link(BoardPath.message(seen.id)),
      "facts": factValues([
        ("For", seen.recipient.raisingFirst), ("Contact", seen.contact(at: seen.record.delivery.channelIndex)),
        ("Where it stands", "\(standing.mark). \(standing.says)"), ("Episode", seen.own.episode),
        ("Reference", seen.id),
      ]),
    ]
    values.merge(typed) { own, _ in own }
    if action == .acknowledge {
      values["acknowledges"] = true
      values.merge(AnswerForm.empty.values(action: "", at: desk.time.now())) { own, _ in own }
    }
    if action == .sendOn {
      values["contacts"] = [
        "list": seen.others.enumerated().map { place, other -> [String: Any] in
          [
            "control": place == 0 ? "contact" : "contact-\(place)", "value": other.role, "name": other.label,
            "isChosen": other.role == typed["contact"] as? String,
            "ways": other.channels.map { ChannelWords.way($0.name) }.joined(separator: ", then "),
            "of": RoleWords.name(other.role),
          ]
        }
      ]
    }
    values["action"] = desk.link("\(BoardPath.message(seen.id))/\(action.rawValue)")
    values.merge(problemValues(problems)) { $1 }
    return desk.show(seen.title(words.title), "message-act", values, to: seen.who, in: nil, status: status)
  }
}

extension AnswerForm {
  /// What was said to a person at the board, and how they know.
  fileprivate func acknowledgement(toldTo person: Person, reason: String) -> Acknowledgement {
    Acknowledgement(
      by: "\(by), as told to \(person.label) at the board", actor: "\(person.label) \(person.id): \(reason)",
      willDo: willDo.isEmpty ? nil : willDo, until: promise, source: .console)
  }
}

extension MessageAction {
  /// What a page calls it, what follows from it, and its button.
  func words(_ hold: Hold?) -> (title: String, says: String, does: String) {
    switch (self, hold) {
    case (.retry, _):
      (
        "Try this message again", "It is sent now, by its first way. If that fails, the others follow in turn.",
        "Try again now"
      )
    case (.hold, _):
      (
        "Hold this message back", "It is not sent until somebody releases it. No clock runs meanwhile.",
        "Hold it back"
      )
    case (.release, .judgement):
      (
        "Release this message", "You decide that they are told. It is sent at once and cannot be called back.",
        "Tell them: send the message"
      )
    case (.release, _): ("Release this message", "It is sent now, by its first way.", "Release it")
    case (.cancel, .judgement):
      (
        "Refuse this message", "You decide that they are not told. It is never sent.",
        "Do not tell them: refuse the message"
      )
    case (.cancel, _):
      ("Cancel this message", "It is never sent. Whoever has it already keeps it.", "Cancel the message")
    case (.acknowledge, _):
      (
        "Record that somebody has taken this on",
        "For somebody who has told you so, for example by telephone. Nobody else is asked then.", "Record it"
      )
    case (.sendOn, _):
      (
        "Send this message to another contact",
        "It goes there now. Whoever has it already keeps it, and the others who would be asked are asked after it.",
        "Send it there"
      )
    }
  }
}
