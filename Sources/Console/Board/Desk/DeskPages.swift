import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// `/desk`: what no machine can do. Recipients that have to be rung, and messages that wait for a person to decide.
///
/// Guarantee: the list says nothing of what a message says; a card's own page does, to those who may read it, after that
/// look is in the audit. A card is taken before anybody rings, and by one person.
struct DeskPages: Sendable {
  let desk: BoardDesk

  /// Most messages shown of one kind.
  private static let limit = 200

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/desk", desk.page(.seeBoard) { _, who in try await list(who) })
    router.declare("/desk/:id", desk.page(.seeBoard) { request, who in try await look(request, who) })
    router.declare("/desk/:id/take", [.post: desk.post(.acknowledge) { try await take($0, $1, $2) }])
    router.declare("/desk/:id/told", [.post: desk.post(.acknowledge) { try await told($0, $1, $2) }])
    router.declare("/desk/:id/not-reached", [.post: desk.post(.acknowledge) { try await notReached($0, $1, $2) }])
  }

  private func list(_ who: SignedIn) async throws -> Response {
    var cards = NotificationFilter(scope: who.scope, limit: Self.limit)
    cards.onDesk = true
    let rung = try await seen(cards, who).filter { CallCard($0.record) != nil }
    let held = try await seen(NotificationFilter(scope: who.scope, states: [.held], limit: Self.limit), who)
    var decisions: [[String: Any]] = []
    for one in held where one.hold == .judgement {
      decisions.append(entry(one).merging(["judgement": try await judgement(of: one, at: desk)]) { own, _ in own })
    }
    let others = held.filter { $0.hold == .privacy || $0.hold == .byHand }
    var values: [String: Any] = [:]
    for (name, entries) in [("cards", rung.map(entry)), ("decisions", decisions), ("others", others.map(entry))]
    where !entries.isEmpty {
      values[name] = ["list": entries, "isFull": entries.count == Self.limit, "limit": "\(Self.limit)"]
    }
    return desk.show("Desk", "desk", values, to: who, in: .desk, follows: true)
  }

  private func seen(_ filter: NotificationFilter, _ who: SignedIn) async throws -> [SeenMessage] {
    var list: [SeenMessage] = []
    for record in try await desk.ledger.notifications(filter) {
      list.append(try await SeenMessage(record.notification.id, of: who, at: desk, in: .desk))
    }
    return list
  }

  /// One message in a list: nothing of what it says.
  private func entry(_ seen: SeenMessage) -> [String: Any] {
    let standing = StateWords.standing(seen.record, seen.hold)
    var values: [String: Any] = [
      "name": seen.recipient, "heading": seen.recipient.raisingFirst, "mark": standing.mark, "stands": standing.says,
      "isBad": standing.isBad,
      "episode": seen.own.episode, "episodePage": desk.link(BoardPath.episode(seen.own.episode)),
      "id": seen.id, "page": desk.link(BoardPath.message(seen.id)), "isDrill": seen.own.isExercise,
      "since": LondonWords.moment(seen.record.createdAt), "isOverdue": seen.record.isOverdue,
    ]
    if let card = CallCard(seen.record) {
      values["cardPage"] = desk.link("/desk/\(seen.id)")
      if seen.who.person.may(.seeContent) { values["number"] = card.number }
      values["ask"] = seen.contact(at: seen.record.delivery.channelIndex) ?? seen.role
      if let until = card.until { values["until"] = timeValues(until, at: desk.time.now()) }
    }
    if seen.allows(.release), seen.who.person.may(seen.permission(for: .release)) {
      values["release"] = desk.link("\(BoardPath.message(seen.id))/release")
      values["refuse"] = desk.link("\(BoardPath.message(seen.id))/cancel")
    }
    return values
  }

  // One card.

  private func open(_ request: Request, _ who: SignedIn) async throws -> SeenMessage {
    try await SeenMessage(SeenMessage.part(1, of: request), of: who, at: desk, in: .desk)
  }

  private func look(_ request: Request, _ who: SignedIn) async throws -> Response {
    try await page(try await open(request, who), request, [:], [], .ok)
  }

  private func page(
    _ seen: SeenMessage, _ request: Request, _ typed: [String: Any], _ problems: [(field: String, says: String)],
    _ status: HTTPResponse.Status
  ) async throws -> Response {
    let receipts = try await desk.ledger.receipts(of: seen.id)
    let card = CallCard(seen.record)
    let taken = receipts.last { $0.receipt.source == .desk && $0.receipt.kind == .accepted }
    let isEnded = receipts.contains { $0.receipt.source == .desk && $0.receipt.kind == .acknowledged }
    let mayRing = seen.who.person.may(.acknowledge)
    let path = desk.link("/desk/\(seen.id)")
    var values = entry(seen)
    values.merge([
      "exercise": seen.own.isExercise, "list": desk.link("/desk"), "isCard": card != nil,
      "facts": factValues([
        ("Ask for", (values["ask"] as? String)?.raisingFirst), ("Recipient", seen.recipient.raisingFirst),
        ("Reference to give", seen.id),
        ("Episode", seen.own.episode),
      ]),
      "noWords": "Your roles do not let you read what is to be said.",
    ]) { own, _ in own }
    values.merge(typed) { own, _ in own }
    if card?.isTaken ?? false, let taken {
      values["taken"] = [
        "by": seen.who.person.agencies.isEmpty ? taken.receipt.evidence : "taken", "at": LondonWords.moment(taken.at),
      ]
    }
    if card != nil, seen.maySeeWords {
      try await desk.viewed("notification", seen.id, request, by: seen.who)
      values["spoken"] = seen.own.message.text
    }
    if let card, seen.who.person.may(.seeContent) {
      let dialled = card.number.filter { $0.isASCII && ($0.isNumber || $0 == "+") }
      values["call"] = "tel:\(dialled)"
    }
    if mayRing {
      if card?.isTaken == false { values["take"] = "\(path)/take" }
      if card != nil { values["notReached"] = "\(path)/not-reached" }
      // Whoever has taken a card can say how the call ended, also when the message has been overtaken meanwhile.
      if card != nil || taken != nil && !isEnded { values["told"] = "\(path)/told" }
    }
    values.merge(problemValues(problems)) { $1 }
    return desk.show(
      seen.title("Call card: \(seen.recipient)"), "desk-card", values, to: seen.who, in: .desk, status: status)
  }

  private func take(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let seen = try await open(request, who)
    guard try await desk.ledger.takeCall(seen.id, by: actor(who), at: desk.time.now()) else {
      throw conflict(try await open(request, who))
    }
    desk.answering.wake()
    return desk.see("/desk/\(seen.id)")
  }

  private func told(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let seen = try await open(request, who)
    let answer = AnswerForm(form, at: desk.time.now())
    let problems = answer.problems.filter { $0.field != "until" }.map {
      ($0.field == "by" ? "whom" : $0.field, $0.field == "by" && answer.by.isEmpty ? Self.nobody : $0.says)
    }
    guard problems.isEmpty else {
      let typed = ["whom": answer.by, "willDo": answer.willDo]
      return try await page(seen, request, typed, problems.map { (field: $0.0, says: $0.1) }, .unprocessableContent)
    }
    let ending = CallEnding.told(answer.by, willDo: answer.willDo.isEmpty ? nil : answer.willDo)
    return try await end(seen, ending, request, who)
  }

  private static let nobody = "Enter the name of whoever took the message"

  private func notReached(_ request: Request, _ who: SignedIn, _ form: PageForm) async throws -> Response {
    let seen = try await open(request, who)
    if let problem = BoardReason.problem(form["reason"]) {
      return try await page(
        seen, request, ["reason": form["reason"]], [("reason", problem)], .unprocessableContent)
    }
    return try await end(seen, .notReached(form["reason"]), request, who)
  }

  private func end(
    _ seen: SeenMessage, _ ending: CallEnding, _ request: Request, _ who: SignedIn
  ) async throws -> Response {
    guard try await desk.ledger.endCall(seen.id, ending, by: actor(who), at: desk.time.now()) else {
      throw conflict(try await open(request, who))
    }
    desk.answering.wake()
    return desk.see(BoardPath.message(seen.id))
  }

  private func actor(_ who: SignedIn) -> String { "\(who.person.label) \(who.person.id)" }

  private func conflict(_ seen: SeenMessage) -> Page {
    let standing = StateWords.standing(seen.record, seen.hold)
    return .notice(
      .conflict, "Somebody was faster",
      [
        "This card is not as your page showed it, and nothing was changed.",
        "It stands like this now: \(standing.says)",
      ],
      reference: seen.id, go: (desk.link(BoardPath.message(seen.id)), "The message as it stands"))
  }
}
