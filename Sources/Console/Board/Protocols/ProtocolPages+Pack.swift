import Delivery
import Foundation
import Hummingbird
import Routing

/// One pack as a page: its sections in order, in each the rules in words, with the cases that prove them.
extension ProtocolPages {
  func pack(_ request: Request, _ who: SignedIn) async throws -> Response {
    let routes = desk.routes
    let now = desk.time.now()
    let pack = try pack("pack", of: request, in: routes)
    let evidence = await proofs.evidence(of: pack, in: routes)
    let place = place(of: pack, in: routes.book)
    let (versions, rest) = (
      ProtocolPages.versions(of: pack, in: routes.book),
      routes.book.packs.filter { other in
        other.folder != pack.folder
          && !ProtocolPages.versions(of: pack, in: routes.book).contains { $0.folder == other.folder }
      }
    )
    let sheet = PackSheet(pack, evidence, words(routes), switchedOn: routes.book.options.switchedOn)
    var values: [String: Any] = [
      "source": pack.source, "force": ProtocolPages.force(of: pack, at: now),
      "parties": EnglishWords.listed(pack.parties.map(AgencyWords.authority)), "scope": sheet.scope,
      "gates": sheet.gates,
      "hash": String(pack.contentHash.prefix(12)), "id": pack.id, "count": "\(pack.rules.count)",
      "verify": desk.link("\(place)/verify"),
      "whatIf": desk.link("/protocols/what-if"), "all": desk.link("/protocols"),
      "versions": versions.map { comparison(pack, $0, routes.book) }, "sections": sheet.sections,
    ]
    if evidence != nil { values["caseCount"] = "\(sheet.cases.count)" }
    if !rest.isEmpty { values["rest"] = ["list": rest.map { comparison(pack, $0, routes.book) }] }
    if !sheet.cases.isEmpty { values["cases"] = ["list": sheet.cases] }
    return desk.show(
      "\(pack.title), \(ProtocolPages.years(pack))", "protocols-pack", values, to: who, in: .protocols)
  }

  static let packs: [(name: String, text: String)] = [
    (
      "protocols-pack",
      """
      {{<board}}{{$main}}
      <h1>{{title}}</h1>
      <p>{{force}}. For {{parties}}. {{count}} rules{{#caseCount}}, proved by {{caseCount}} cases\
      {{/caseCount}}.</p>
      {{^caseCount}}<p><strong class="mark bad">No cases</strong> What stands beside the pack cannot be read now: \
      <code>waypost routes check</code> says why.</p>{{/caseCount}}
      <dl>
      <div><dt>Source</dt><dd>{{source}}</dd></div>
      <div><dt>It applies to</dt><dd>{{scope}}</dd></div>
      {{#gates}}<div><dt>Waits for a person</dt><dd>{{.}}</dd></div>{{/gates}}
      <div><dt>Pack</dt><dd>{{id}}, text {{hash}}</dd></div>
      </dl>
      <ul class="ways">
      <li><a href="{{verify}}">Whether it keeps its promises</a></li>
      <li><a href="{{whatIf}}">What if: who would be told of what</a></li>
      {{#versions}}<li><a href="{{go}}">{{words}}</a></li>{{/versions}}
      <li><a href="{{all}}">All protocols</a></li>
      </ul>
      {{#rest}}
      <details><summary>Compare with the protocol of another area</summary>
      <ul class="ways">{{#list}}<li><a href="{{go}}">{{words}}</a></li>{{/list}}</ul></details>
      {{/rest}}
      <nav aria-label="Sections">
      <h2>Sections</h2>
      <ul class="ways">{{#sections}}<li><a href="#{{anchor}}">{{name}}</a></li>{{/sections}}\
      {{#cases}}<li><a href="#cases">Cases</a></li>{{/cases}}</ul>
      </nav>
      {{#sections}}
      <h2 id="{{anchor}}">{{name}}</h2>
      {{#rules}}
      <article class="card" id="{{id}}">
      <h3>{{says}}</h3>
      <p class="soft">Rule {{id}}{{remarks}}</p>
      <dl>{{#parts}}<div><dt>{{name}}</dt>{{#lines}}<dd>{{.}}</dd>{{/lines}}</div>{{/parts}}</dl>
      {{#proofs}}<details><summary>{{count}} of rule {{id}}</summary>
      <ul class="ways">{{#list}}<li><a href="#{{anchor}}">{{title}}</a></li>{{/list}}</ul></details>{{/proofs}}
      </article>
      {{/rules}}
      {{#silent}}
      <h3>Asked for in {{name}}, and no message</h3>
      <dl>{{#list}}<div><dt>{{entry}}{{strength}}</dt><dd>{{why}}</dd></div>{{/list}}</dl>
      {{/silent}}
      {{/sections}}
      {{#cases}}
      <h2 id="cases">Cases</h2>
      <p>Each is a course of events with what has to follow from it, and is played whenever the protocol changes.</p>
      <ul class="cards">{{#list}}<li class="card" id="{{anchor}}"><strong>{{title}}</strong>\
      <dl><div><dt>Case</dt><dd>{{name}}</dd></div><div><dt>What happens</dt>{{#steps}}<dd>{{.}}</dd>{{/steps}}</div>\
      <div><dt>Expected</dt><dd>{{expects}}</dd></div></dl></li>{{/list}}</ul>
      {{/cases}}
      {{/main}}{{/board}}
      """
    )
  ]
}

/// What a pack's page shows.
struct PackSheet {
  let scope: String
  let gates: [String]
  let sections: [[String: Any]]
  let cases: [[String: Any]]

  init(_ pack: RoutePack, _ evidence: PackEvidence?, _ words: PlainWords, switchedOn: Set<String>) {
    let sentences = RuleWords(words)
    scope = "Children of whom this holds: \(sentences.condition(pack.scope))."
    gates = pack.gates.map { gate in
      let who = gate.decidedBy.map { "the \(RoleWords.name($0.name))" } ?? "a person"
      return "Messages to the \(RoleWords.name(gate.role.name)) wait until \(who) decides, while "
        + "\(sentences.condition(gate.when)) (section \(gate.section))."
    }
    let items = (evidence?.cases ?? []).filter { $0.packs.isEmpty || $0.packs.contains(pack.id) }
    let entries = Dictionary(
      (evidence?.catalogue?.entries ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var proofs: [String: [CaseFile]] = [:]
    for item in items {
      let rules = item.expect.flatMap { $0.rules + [$0.note, $0.timer].compactMap(\.self) }
      for rule in Set(rules) { proofs[rule, default: []].append(item) }
    }
    cases = items.map { PackSheet.values($0, words) }
    let rules = Dictionary(grouping: pack.rules) { $0.sections.first ?? "" }
    let silent = Dictionary(grouping: pack.notMessages) { entries[$0.entry]?.sections.first ?? "" }
    // In the order of the text, which the catalogue keeps.
    let order =
      (evidence?.catalogue?.entries ?? []).compactMap(\.sections.first) + pack.rules.map { $0.sections.first ?? "" }
    var seen = Set<String>()
    let names = (order + silent.keys.sorted()).filter {
      (rules[$0] != nil || silent[$0] != nil) && seen.insert($0).inserted
    }
    sections = names.enumerated().map { number, name in
      var values: [String: Any] = [
        "name": PackSheet.title(name), "anchor": "section-\(number)",
        "rules": (rules[name] ?? []).map { rule -> [String: Any] in
          PackSheet.values(rule, sentences, entries, proofs[rule.id] ?? [], switchedOn)
        },
      ]
      if let quiet = silent[name] {
        values["silent"] = [
          "name": PackSheet.title(name).loweringFirst,
          "list": quiet.map { item -> [String: Any] in
            [
              "entry": item.entry, "strength": entries[item.entry].map { " (\($0.strength))" } ?? "",
              "why": item.why.raisingFirst,
            ]
          },
        ]
      }
      return values
    }
  }

  private static func values(
    _ rule: Rule, _ sentences: RuleWords, _ entries: [String: Catalogue.Entry], _ proofs: [CaseFile],
    _ switchedOn: Set<String>
  ) -> [String: Any] {
    let order = ["must", "should", "may", "considered"]
    let strength = rule.covers.compactMap { entries[$0]?.strength }
      .min { (order.firstIndex(of: $0) ?? order.count) < (order.firstIndex(of: $1) ?? order.count) }
    var remarks: [String] = []
    if let strength { remarks.append(strength == "considered" ? "to be considered" : "the protocol says \(strength)") }
    if rule.sections.count > 1 { remarks.append("also in \(EnglishWords.listed(Array(rule.sections.dropFirst())))") }
    if rule.isOptional { remarks.append(switchedOn.contains(rule.id) ? "switched on here" : "not switched on here") }
    var values: [String: Any] = [
      "id": rule.id, "says": rule.says, "remarks": remarks.map { ", \($0)" }.joined(),
      "parts": sentences.parts(rule).map { ["name": $0.name, "lines": $0.lines] as [String: Any] },
    ]
    if !proofs.isEmpty {
      values["proofs"] = [
        "count": TimeWords.plural(proofs.count, "case"),
        "list": proofs.map { ["anchor": anchor($0), "title": $0.title] },
      ]
    }
    return values
  }

  private static func anchor(_ item: CaseFile) -> String { "case-\(item.name)" }

  private static func values(_ item: CaseFile, _ words: PlainWords) -> [String: Any] {
    [
      "anchor": anchor(item), "title": item.title.raisingFirst, "name": item.name,
      "steps": item.steps.map { "\(LondonWords.moment($0.event.time)): \(words.event($0.event.type))." },
      "expects": "\(TimeWords.plural(item.expect.count, "line")) that must be owed, "
        + "\(item.never.count) that must not.",
    ]
  }

  /// `Section 4.1`, `Appendix 3` and other headings as they are.
  static func title(_ section: String) -> String {
    if section.isEmpty { return "No section" }
    return section.first?.isNumber ?? false ? "Section \(section)" : section.raisingFirst
  }
}
