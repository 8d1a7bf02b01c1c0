import Delivery
import Foundation
import Hummingbird
import Routing

/// "What if": choose facts of an invented child, and see who would be told and why. The choice is in the address, so that
/// it can be kept and passed on as a link.
extension ProtocolPages {
  func whatIf(_ request: Request, _ who: SignedIn) throws -> Response {
    let routes = desk.routes
    let words = words(routes)
    let form = WhatIfForm(try PageForm(query: request.uri.query), routes, words, at: desk.time.now())
    var values = form.values(action: desk.link("/protocols/what-if"))
    values["all"] = desk.link("/protocols")
    values["whatIf"] = desk.link("/protocols/what-if")
    if let answer = WhatIfAnswer(form.events, earlier: form.earlier, routes) {
      values["answer"] =
        AnswerSheet(
          answer, routes, words, place: { desk.link(place(of: $0, in: routes.book)) }
        ).values
    }
    return desk.show(
      form.events.isEmpty ? "What if" : "What if: \(words.event(form.chosen["event"] ?? ""))", "protocols-what-if",
      values, to: who, in: .protocols, status: form.problems.isEmpty ? .ok : .unprocessableContent)
  }

  static let whatIfs: [(name: String, text: String)] = [
    (
      "protocols-what-if",
      """
      {{<board}}{{$main}}
      {{>errors}}
      <h1>{{title}}</h1>
      <p>An invented child. Nothing is sent and nothing is kept; the address of this page holds what was chosen.</p>
      {{#answer}}{{>protocols-answer}}
      <h2 id="facts">Change the facts</h2>{{/answer}}
      {{^answer}}<h2 id="facts">The facts</h2>{{/answer}}
      <form method="get" action="{{action}}" novalidate>
      {{#leading}}{{>protocols-field}}{{/leading}}
      {{#groups}}
      <details id="{{id}}"{{#isOpen}} open{{/isOpen}}><summary>{{heading}}</summary>
      {{#fields}}{{>protocols-field}}{{/fields}}
      </details>
      {{/groups}}
      <button type="submit">Show who would be told</button>
      </form>
      <ul class="ways"><li><a href="{{whatIf}}">Begin again with nothing chosen</a></li>\
      <li><a href="{{all}}">All protocols</a></li></ul>
      {{/main}}{{/board}}
      """
    ),
    (
      "protocols-field",
      """
      <div class="field{{#problem}} wrong{{/problem}}">
      {{#checks}}<fieldset id="{{id}}" tabindex="-1"><legend>{{label}}</legend>{{>protocols-problem}}
      {{#options}}<div class="choice"><input type="checkbox" id="{{id}}" name="{{name}}" value="true"\
      {{#isChosen}} checked{{/isChosen}}><label for="{{id}}">{{words}}</label></div>{{/options}}
      </fieldset>{{/checks}}
      {{#check}}{{>protocols-problem}}<div class="choice"><input type="checkbox" id="{{id}}" name="{{name}}" value="true"\
      {{#isChosen}} checked{{/isChosen}}><label for="{{id}}">{{label}}</label></div>{{/check}}
      {{#choice}}<label for="{{id}}">{{label}}</label>{{>protocols-problem}}
      <select id="{{id}}" name="{{name}}"{{#described}} aria-describedby="{{described}}"{{/described}}\
      {{#problem}} aria-invalid="true"{{/problem}}>
      {{#options}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{words}}</option>{{/options}}
      {{#groups}}<optgroup label="{{heading}}">{{#options}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>\
      {{words}}</option>{{/options}}</optgroup>{{/groups}}
      </select>{{/choice}}
      {{#moment}}<label for="{{id}}">{{label}}</label>{{>protocols-problem}}
      <input id="{{id}}" name="{{name}}" type="datetime-local" value="{{value}}" autocomplete="off"{{#described}} \
      aria-describedby="{{described}}"{{/described}}{{#problem}} aria-invalid="true"{{/problem}}>{{/moment}}
      </div>
      """
    ),
    (
      "protocols-problem",
      """
      {{#hint}}<p class="hint" id="{{id}}-hint">{{hint}}</p>{{/hint}}\
      {{#problem}}<p class="problem" id="{{id}}-problem">Error: {{problem}}</p>{{/problem}}
      """
    ),
    (
      "protocols-answer",
      """
      <p>Supposed: {{supposed}} on {{when}}. <a class="way" href="#facts">Change the facts</a></p>
      {{^packs}}<p><strong class="mark bad">No protocol applies</strong> No protocol that is in force then has this child \
      in its area. Nobody would be told.</p>{{/packs}}
      {{#packs}}<p>The protocol <a href="{{go}}">{{title}}</a> applies, because {{because}}.</p>{{/packs}}
      <h2>Who would be told</h2>
      {{^tells}}<p>Nobody, by this event alone.</p>{{/tells}}
      <ul class="cards">{{#tells}}{{>protocols-line}}{{/tells}}</ul>
      <h2>Who would owe what</h2>
      {{^duties}}<p>Nobody owes anything by this event alone.</p>{{/duties}}
      <ul class="cards">{{#duties}}{{>protocols-line}}{{/duties}}</ul>
      <h2>If nobody did anything</h2>
      {{^later}}<p>Nothing further within {{days}} days.</p>{{/later}}
      {{#later}}
      <p>What time alone would bring within {{days}} days.</p>
      <ol>{{#list}}<li>{{at}}: {{what}}. <span class="soft">{{why}}</span></li>{{/list}}</ol>
      {{#more}}<p>And {{more}} more of this kind.</p>{{/more}}
      {{/later}}
      {{#notes}}
      <details id="noted"><summary>Recorded, without telling anybody ({{count}})</summary>
      <ul>{{#list}}<li>{{says}} <a href="{{go}}">{{cite}}</a></li>{{/list}}</ul></details>
      {{/notes}}
      {{#misses}}
      <details id="misses"><summary>Rules for this event that did not fire, and why not ({{count}})</summary>
      <ul>{{#list}}<li>{{says}} <a href="{{go}}">{{cite}}</a>: {{obstacles}}.</li>{{/list}}</ul></details>
      {{/misses}}
      {{#assumed}}
      <details id="assumed"><summary>Facts that rules ask for and that were left open ({{count}})</summary>
      <ul>{{#list}}<li>{{.}}</li>{{/list}}</ul></details>
      {{/assumed}}
      """
    ),
    (
      "protocols-line",
      """
      <li class="card">
      <h3>{{who}}</h3>
      {{#held}}<p><strong class="mark">Waits for a person</strong> {{held}}</p>{{/held}}
      {{#unknown}}<p><strong class="mark bad">Nobody to tell</strong> {{unknown}}</p>{{/unknown}}
      <dl>
      <div><dt>Agency</dt><dd>{{agency}}</dd></div>
      {{#duty}}<div><dt>Duty</dt><dd>{{duty}}</dd></div>{{/duty}}
      <div><dt>By when</dt><dd>{{by}}</dd></div>
      {{#shared}}<div><dt>May be told</dt><dd>{{shared}}</dd></div>{{/shared}}
      {{#confirm}}<div><dt>Counts as told when</dt><dd>{{confirm}}</dd></div>{{/confirm}}
      <div><dt>Why</dt>{{#why}}<dd>{{says}} <a href="{{go}}">{{cite}}</a></dd>{{/why}}</div>
      <div><dt>Role</dt><dd class="soft">{{role}} of {{of}}{{#key}}, {{key}}{{/key}}</dd></div>
      </dl>
      </li>
      """
    ),
  ]
}

/// What the answer's template shows.
struct AnswerSheet {
  let values: [String: Any]

  init(_ answer: WhatIfAnswer, _ routes: Routes, _ words: PlainWords, place: (RoutePack) -> String) {
    let maker = LineMaker(
      answer: answer, routes: routes, words: words, places: AnswerSheet.places(routes, answer, place))
    var values: [String: Any] = [
      "supposed": words.event(answer.event.type), "when": LondonWords.moment(answer.event.time),
      "days": "\(WhatIfAnswer.days)",
      "packs": answer.packs.map { applied -> [String: Any] in
        let pack = maker.pack(applied.id)
        return [
          "title": pack.map { "\($0.title), \(ProtocolPages.years($0))" } ?? applied.id,
          "go": maker.places[applied.id] ?? "",
          "because": pack.map { maker.because($0) } ?? EnglishWords.listed(applied.because),
        ]
      },
      "tells": answer.tells.map { maker.line($0) }, "duties": answer.duties.map { maker.line($0) },
    ]
    if !answer.later.isEmpty {
      var later: [String: Any] = ["list": answer.later.map { maker.later($0) }]
      if answer.more > 0 { later["more"] = "\(answer.more)" }
      values["later"] = later
    }
    if !answer.notes.isEmpty {
      values["notes"] = [
        "count": "\(answer.notes.count)",
        "list": answer.notes.flatMap { note in note.citations.map { maker.cited($0) } },
      ]
    }
    if !answer.misses.isEmpty {
      values["misses"] = [
        "count": "\(answer.misses.count)",
        "list": answer.misses.map { miss -> [String: Any] in
          let unmet = miss.unmet.map { one in
            let says = RuleWords(words).condition(one.condition)
            return "\(says) (\(one.isUnstated ? "not stated" : "not so"))"
          }
          return maker.cited(miss.citation).merging(["obstacles": "needs that \(EnglishWords.listed(unmet))"]) { $1 }
        },
      ]
    }
    if !answer.assumed.isEmpty {
      values["assumed"] = [
        "count": "\(answer.assumed.count)", "list": answer.assumed.map { PlainWords.fact($0).label },
      ]
    }
    self.values = values
  }

  /// The page of each pack that is in force at the event, by id.
  private static func places(
    _ routes: Routes, _ answer: WhatIfAnswer, _ place: (RoutePack) -> String
  ) -> [String: String] {
    Dictionary(
      routes.router(at: answer.event.time).packs.map { ($0.id, place($0)) }, uniquingKeysWith: { first, _ in first })
  }
}

/// Puts lines of an answer into words.
private struct LineMaker {
  let answer: WhatIfAnswer
  let routes: Routes
  let words: PlainWords
  let places: [String: String]

  func pack(_ id: String) -> RoutePack? { routes.router(at: answer.event.time).packs.first { $0.id == id } }

  /// The parts of the scope that hold of this child.
  func because(_ pack: RoutePack) -> String {
    let parts: [Condition] = if case .any(let parts) = pack.scope { parts } else { [pack.scope] }
    return EnglishWords.listed(parts.filter { $0.holds(answer.facts) }.map(RuleWords(words).condition))
  }

  func line(_ line: TimelineLine) -> [String: Any] {
    let role = line.role ?? ""
    let relation = line.relation ?? .area
    var values: [String: Any] = [
      "who": PlainWords.who(
        role, routes.vocabulary.role(role)?.category ?? "", PlainWords.relation(relation)
      ).raisingFirst, "role": role,
      "of": relation.rawValue, "agency": agency(line), "by": by(line), "why": why(line.citations),
    ]
    if let key = line.agency { values["key"] = key }
    if let duty = line.duty {
      values["duty"] = DutyWords.name(duty).raisingFirst
    } else {
      let shared = line.share.map(words.shared) ?? []
      values["shared"] =
        shared.isEmpty ? "That it has happened, and nothing about the child" : EnglishWords.listed(shared).raisingFirst
      if let confirm = line.confirm, confirm > .accepted {
        values["confirm"] = StateWords.demand(confirm).raisingFirst
      }
      if line.isHeld { values["held"] = "Telling may harm the child: it leaves only once somebody has decided." }
      if line.isUnroutable, !isNamed(role) {
        values["unknown"] = "The directory has nobody for this role there."
      }
    }
    return values
  }

  /// `Friday …, 7 days on: reminder of the return interview to …`.
  func later(_ line: TimelineLine) -> [String: Any] {
    let who = "the \(RoleWords.name(line.role ?? "")), \(agency(line))"
    let duty = line.duty.map(DutyWords.name) ?? ""
    let what =
      switch line.kind {
      case .reminder: "a reminder of the duty \"\(duty)\" goes to \(who)"
      case .escalation: "the duty \"\(duty)\" is late, and \(who) hears of it"
      case .overdue: "the duty \"\(duty)\" of \(who) is overdue"
      case .duty: "\(who) owes the duty \"\(duty)\", \(by(line).loweringFirst)"
      default: "\(who) is told"
      }
    let cites = line.citations.map { PackSheet.title($0.section) + ", rule \($0.rule)" }
    return ["at": LondonWords.moment(line.at), "what": what, "why": "\(EnglishWords.listed(cites).raisingFirst)."]
  }

  func cited(_ citation: Citation) -> [String: Any] {
    let rule = pack(citation.pack)?.rules.first { $0.id == citation.rule }
    return [
      "says": rule?.says ?? "", "cite": "\(PackSheet.title(citation.section)), rule \(citation.rule)",
      "go": "\(places[citation.pack] ?? "")#\(citation.rule)",
    ]
  }

  /// Each rule once.
  private func why(_ citations: [Citation]) -> [[String: Any]] {
    var seen = Set<String>()
    return citations.filter { seen.insert("\($0.pack) \($0.rule)").inserted }.map(cited)
  }

  /// Schools, placements and families are named by the report, and nobody is named here.
  private func isNamed(_ role: String) -> Bool {
    routes.vocabulary.role(role).map { ["school", "care", "family"].contains($0.category) } ?? false
  }

  private func agency(_ line: TimelineLine) -> String {
    if isNamed(line.role ?? ""), line.isUnroutable || line.agency == nil { return "whoever the report names" }
    guard let id = line.agency else { return "not stated" }
    let name = AgencyWords(directory: routes.book.directory).name(id)
    return line.via.map { "\(name), through the \(RoleWords.name($0))" } ?? name
  }

  private func by(_ line: TimelineLine) -> String {
    if line.urgency == .immediate { return "At once" }
    var by =
      line.by.map(LondonWords.moment) ?? line.urgency.map { StateWords.urgency($0).raisingFirst } ?? "No time stated"
    if let target = line.target { by += "; aimed at \(LondonWords.moment(target))" }
    if let wait = line.notBefore { by += "; not before \(LondonWords.moment(wait))" }
    return by
  }
}
