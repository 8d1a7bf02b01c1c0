import Delivery
import Hummingbird
import Routing

/// Statistics as pictures: how long it takes until somebody knows, how often children go missing, and whether they are
/// spoken to when they are back.
///
/// Guarantee: exact numbers, for people at work who may see the board; somebody limited to agencies sees how these fare and
/// nothing else. Small numbers are suppressed in the reports that leave the gateway, not here, and the page says so.
struct StatisticsPages: Sendable {
  let desk: BoardDesk

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/statistics", desk.page(.seeBoard, show))
  }

  /// Stretches of time that can be looked at, in days.
  private static let stretches: [(days: Int, words: String)] = [
    (7, "Last 7 days"), (28, "Last 28 days"), (90, "Last 90 days"), (365, "Last year"),
  ]

  private func show(_ request: Request, _ who: SignedIn) async throws -> Response {
    let query = request.uri.queryParameters
    let days =
      query["days"].flatMap { Int($0) }.flatMap { days in
        StatisticsPages.stretches.first { $0.days == days }?.days
      } ?? 28
    let stage =
      query["stage"].flatMap { asked in
        DeliveryStage.allCases.first { $0.words == asked }
      } ?? .acknowledged
    let now = desk.time.now()
    let from = London.instant(London.date(at: now).adding(days: 1 - days), secondOfDay: 0)
    let period = ReportPeriod(from: from, until: now)
    let place = { (days: Int, stage: DeliveryStage) in desk.link("/statistics?days=\(days)&stage=\(stage.words)") }

    let book = desk.routes.book
    let delivery = DeliveryPictures(
      times: try await desk.ledger.deliveryTimes(in: period, scope: who.scope), stage: stage,
      called: AgencyWords(directory: book.directory).name)
    var values: [String: Any] = [
      "stretches": StatisticsPages.stretches.map {
        ["go": place($0.days, stage), "words": $0.words, "isHere": $0.days == days] as [String: Any]
      },
      "stages": DeliveryStage.allCases.map {
        ["go": place(days, $0), "words": "Until \($0.words)", "isHere": $0 == stage] as [String: Any]
      },
      "since": LondonWords.moment(from), "delivery": [delivery.agencies.values, delivery.week.values],
    ]
    if who.person.agencies.isEmpty {
      let episodes = EpisodePictures(
        episodes: try await desk.ledger.episodeTimes(in: period), period: period, now: now)
      values["children"] = ["figures": [episodes.reported.values, episodes.interviews.values]]
    } else {
      values["limit"] = who.person.agencies.map { delivery.called($0) }.joined(separator: ", ")
    }
    return desk.show("Statistics", "statistics", values, to: who, in: .statistics)
  }

  static let templates: [(name: String, text: String)] = [("statistics", page), ("statistics-figure", figure)]

  private static let page = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <ul class="ways">{{#stretches}}<li><a href="{{go}}"{{#isHere}} aria-current="page"{{/isHere}}>{{words}}</a></li>\
    {{/stretches}}</ul>
    <p>Since {{since}}. Drills are left out.{{#limit}} Only messages to {{limit}}.{{/limit}} These are exact numbers, for \
    work: small ones can point to a child, so do not pass them on. The reports that the gateway sends keep them back.</p>
    <h2>How long messages take</h2>
    <ul class="ways">{{#stages}}<li><a href="{{go}}"{{#isHere}} aria-current="page"{{/isHere}}>{{words}}</a></li>\
    {{/stages}}</ul>
    <p>Counted from when a message could leave until the first evidence that it came so far. What families are told \
    counts for no agency.</p>
    {{#delivery}}{{>statistics-figure}}{{/delivery}}
    {{#children}}<h2>Missing children</h2>{{#figures}}{{>statistics-figure}}{{/figures}}{{/children}}
    {{/main}}{{/board}}
    """

  private static let figure = """
    <h3>{{heading}}</h3>
    {{^picture}}<p>{{sentence}}</p>{{/picture}}
    {{#picture}}
    <div class="pair">
    <figure>{{{picture}}}<figcaption>{{sentence}}</figcaption></figure>
    {{#table}}
    <div class="sheet numbers" role="region" aria-label="Numbers: {{caption}}" tabindex="0">
    <table><caption>{{caption}}</caption>
    <thead><tr><th scope="col">{{first}}</th>{{#columns}}<th class="number" scope="col">{{.}}</th>{{/columns}}</tr></thead>
    <tbody>{{#rows}}<tr><th scope="row">{{head}}</th>{{#cells}}<td class="number">{{.}}</td>{{/cells}}</tr>
    {{/rows}}</tbody></table>
    </div>
    {{/table}}
    </div>
    {{/picture}}
    """
}
