import Delivery
import Hummingbird
import Routing

/// `/board`: open episodes, the most pressing first; of each who has been told, who has not, who has acknowledged, what
/// comes next and what is overdue. `/alarms`: what people have to look at, the newest first.
///
/// Guarantee: a child's name is shown, and that it was, is written down, only for people who may read messages and are not
/// limited to agencies. Whoever is limited sees what concerns their agencies, and neither risk nor anybody else.
struct BoardPage: Sendable {
  let desk: BoardDesk

  /// Episodes on a page, and alarms.
  private static let length = 20
  /// Recipients of a group, and overdue duties, that a card names.
  private static let named = 3

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/board", desk.page(.seeBoard) { request, who in try await board(request, who) })
    router.declare("/alarms", desk.page(.seeBoard) { request, who in try await alarms(request, who) })
  }

  // The board.

  private func board(_ request: Request, _ who: SignedIn) async throws -> Response {
    let asked = try PageForm(query: request.uri.query)
    let isLimited = !who.person.agencies.isEmpty
    guard let view = asked["show"].isEmpty ? .open : EpisodeView(rawValue: asked["show"]),
      let number = asked["page"].isEmpty ? 1 : Int(asked["page"]), (1...100_000).contains(number),
      !isLimited || view != .highRisk
    else { throw desk.nothing(.board) }
    let now = desk.time.now()
    let namesChildren = !isLimited && who.person.may(.seeContent)
    // Written while the rest is read, and on disk before anything is shown.
    async let isOnRecord: Void = namesChildren ? desk.viewed("board", view.rawValue, request, by: who) : ()
    let list = try await desk.ledger.openEpisodes(
      OpenEpisodeFilter(
        view: view, scope: who.scope, now: now, namesChildren: namesChildren, offset: (number - 1) * BoardPage.length,
        limit: BoardPage.length))
    let words = AgencyWords(directory: desk.routes.book.directory)
    var values: [String: Any] = [
      "views": EpisodeView.allCases.filter { !isLimited || $0 != .highRisk }.map { one -> [String: Any] in
        [
          "go": link(one), "words": BoardWords.view(one), "count": "\(list.counts[one] ?? 0)", "isHere": one == view,
        ]
      },
      "episodes": list.episodes.isEmpty
        ? [] : [["list": list.episodes.map { card($0, words, isLimited: isLimited, at: now) }]],
    ]
    if !isLimited { values["alarmsPage"] = desk.link("/alarms") }
    if let alarms = list.counts[.alarm], alarms > 0 {
      values["banner"] = [
        "words": (alarms == 1 ? "1 episode has" : "\(alarms) episodes have")
          + (isLimited ? " a pressing message" : " a high-risk message"), "go": link(.alarm),
        "open": alarms == 1 ? "Show the episode with an alarm" : "Show the \(alarms) episodes with an alarm",
      ]
    }
    let total = list.counts[view] ?? 0
    if total == 0 {
      values["nothing"] = BoardWords.nothing(in: view, isLimited: isLimited)
    } else if list.episodes.isEmpty {
      values["nothing"] = "The list has become shorter: there is nothing on this page any more."
    }
    values["paging"] = paging(view, number, total)
    let title = view == .open ? "Board" : "Board: \(BoardWords.view(view).lowercased())"
    let page = desk.show(title, "board-list", values, to: who, in: .board, follows: true)
    try await isOnRecord
    return page
  }

  private func link(_ view: EpisodeView, page: Int = 1) -> String {
    let fields = (view == .open ? [] : [("show", view.rawValue)]) + (page == 1 ? [] : [("page", "\(page)")])
    return desk.link("/board" + (fields.isEmpty ? "" : "?\(FormText.encoded(fields))"))
  }

  /// Nothing where all of the list is on one page.
  private func paging(_ view: EpisodeView, _ number: Int, _ total: Int) -> [[String: Any]] {
    let pages = (total + BoardPage.length - 1) / BoardPage.length
    guard pages > 1 || number > 1 else { return [] }
    var ways: [[String: Any]] = []
    if number > 1 { ways.append(["go": link(view), "words": "First page"]) }
    if number > 2, number <= pages {
      ways.append(["go": link(view, page: number - 1), "words": "Previous page (\(number - 1) of \(pages))"])
    }
    if number < pages {
      ways.append(["go": link(view, page: number + 1), "words": "Next page (\(number + 1) of \(pages))"])
    }
    return [["ways": ways, "here": "Page \(number) of \(pages), \(TimeWords.plural(total, "episode")) in all"]]
  }

  // One episode.

  private func card(
    _ episode: OpenEpisode, _ words: AgencyWords, isLimited: Bool, at now: Instant
  ) -> [String: Any] {
    let standing = episode.standing
    var values: [String: Any] = [
      "go": desk.link(BoardPath.episode(standing.reference)), "reference": standing.reference,
      "isAlarm": standing.isAlarm, "marks": marks(standing, isLimited: isLimited),
      "since": since(episode, isLimited: isLimited, at: now),
      "groups": TellGroup.allCases.compactMap { group in
        episode.groups[group].map { told($0, group, standing, words) }
      },
    ]
    values["child"] = BoardPage.given(episode.child.flatMap { BoardPage.name($0, at: now) })
    if let next = standing.next {
      let duty = episode.duties.first { !$0.isOverdue && $0.by == next }
      let what = duty.map { "\(DutyWords.name($0.name)), \(words.recipient($0.role, $0.agency))" }
      values["deadline"] = timeValues(next, at: now).merging(["what": what ?? "a message has to be confirmed"]) { $1 }
    } else {
      values["deadline"] = false
    }
    let overdue = episode.duties.filter(\.isOverdue)
    let rest = overdue.count - BoardPage.named
    values["overdue"] =
      overdue.isEmpty
      ? []
      : [
        [
          "list": overdue.prefix(BoardPage.named).map { duty -> [String: Any] in
            [
              "go": desk.link(BoardPath.duty(duty.id)), "words": DutyWords.name(duty.name).raisingFirst,
              "owner": words.recipient(duty.role, duty.agency),
              "by": BoardPage.given(duty.by.map { timeValues($0, at: now) }),
            ]
          }, "more": BoardPage.more(rest),
        ]
      ]
    return values
  }

  /// What stands out, in words.
  private func marks(_ standing: EpisodeStanding, isLimited: Bool) -> [[String: Any]] {
    var marks: [(words: String, isBad: Bool)] = []
    if standing.isExercise { marks.append(("EXERCISE", false)) }
    if standing.isAlarm {
      marks.append((isLimited ? "Alarm: a pressing message is not confirmed" : "Alarm: high risk, not confirmed", true))
    }
    if !isLimited { marks.append((BoardWords.risk(standing.risk), standing.risk == "high")) }
    if !isLimited, !standing.isReported { marks.append(("May be missing, not reported yet", false)) }
    if standing.hasEnded { marks.append(("Ended", false)) }
    if standing.overdueDuties > 0 {
      let count = Int64(standing.overdueDuties)
      marks.append(("\(count) \(count == 1 ? "duty" : "duties") overdue", true))
    }
    if standing.late > 0 { marks.append(("\(TimeWords.plural(standing.late, "message")) late", true)) }
    return marks.map { ["words": $0.words, "isBad": $0.isBad] }
  }

  private func since(_ episode: OpenEpisode, isLimited: Bool, at now: Instant) -> [String: Any] {
    let standing = episode.standing
    let start = isLimited ? episode.firstTold : standing.begunAt
    guard let start else { return ["before": "Your agencies owe a duty", "isDated": false] }
    return timeValues(start, at: now).merging([
      "before": isLimited
        ? "Your agencies are told since"
        : standing.isReported ? "Reported missing on" : "Thought to be missing since", "isDated": true,
      "span": TimeWords.span(seconds: max(0, now.seconds - start.seconds)),
    ]) { $1 }
  }

  /// Mustache takes an empty text for something, and looks for what is missing further out.
  private static func given(_ value: Any?) -> Any { value ?? false }
  private static func more(_ rest: Int) -> Any { given(rest > 0 ? "and \(rest) more" : nil) }

  private static func name(_ child: EpisodeChild, at now: Instant) -> String? {
    let name = [child.given, child.family].compactMap(\.self).joined(separator: " ")
    let age = child.dateOfBirth.map { max(0, $0.years(until: London.date(at: now))) }
    let parts = [name.isEmpty ? nil : name, age.map { "\(TimeWords.plural($0, "year")) old" }].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func told(
    _ told: ToldGroup, _ group: TellGroup, _ standing: EpisodeStanding, _ words: AgencyWords
  ) -> [String: Any] {
    let rest = told.recipients.count - BoardPage.named
    let more = BoardPage.more(rest)
    let shown = told.recipients.prefix(BoardPage.named)
    let title = "\(BoardWords.group(group)): \(TimeWords.plural(told.messages, "message"))"
    // Who has it needs no looking into; who has not does.
    guard group == .notTold || group == .unconfirmed || group == .onTheWay else {
      let names = shown.map { words.recipient($0.role, $0.agency) }.joined(separator: "; ").raisingFirst
      return ["title": title, "names": names, "list": [], "more": more]
    }
    return [
      "title": title, "names": false, "more": more,
      "list": shown.map { recipient -> [String: Any] in
        [
          "words": words.recipient(recipient.role, recipient.agency).raisingFirst
            + (recipient.isToBeRung ? ", has to be rung" : "") + (recipient.isLate ? ", late" : ""),
          "go": desk.link(
            recipient.message.map { BoardPath.message($0) } ?? BoardPath.episode(standing.reference)),
        ]
      },
    ]
  }

  // Alarms.

  private func alarms(_ request: Request, _ who: SignedIn) async throws -> Response {
    guard who.person.agencies.isEmpty else { throw desk.nothing(.board) }
    let asked = try PageForm(query: request.uri.query)["before"]
    let before = Int64(asked)
    guard asked.isEmpty || before.map({ $0 > 0 }) == true else { throw desk.nothing(.board) }
    let list = try await desk.ledger.alarms(before: before, limit: BoardPage.length)
    var values: [String: Any] = [
      "alarms": list.map { record -> [String: Any] in
        let (noun, path) = BoardPage.about(record.alarm.identifier)
        return [
          "machine": record.at.rfc3339, "when": LondonWords.moment(record.at),
          "kind": AuditWords.alarm(record.alarm.kind),
          "says": record.alarm.text,
          "about": noun.map { "\($0) \(record.alarm.identifier)" } ?? record.alarm.identifier,
          "go": BoardPage.given(path.map(desk.link)),
        ]
      },
      "board": desk.link("/board"),
    ]
    if before != nil { values["newest"] = desk.link("/alarms") }
    if list.count == BoardPage.length, let last = list.last {
      values["older"] = desk.link("/alarms?before=\(last.sequence)")
    }
    return desk.show("Alarms", "board-alarms", values, to: who, in: .board, follows: true)
  }

  /// What an alarm is about, and its page where there is one.
  private static func about(_ identifier: String) -> (noun: String?, path: String?) {
    if Identifiers.isNotification(identifier) { return ("Message", BoardPath.message(identifier)) }
    if identifier.hasPrefix("du-") { return ("Duty", BoardPath.duty(identifier)) }
    return (identifier.hasPrefix("ev-") ? "Event" : nil, nil)
  }
}
