import Delivery
import Foundation
import Hummingbird
import Routing

/// What changes for whom between two packs, as `waypost routes diff` works it out.
extension ProtocolPages {
  func compare(_ request: Request, _ who: SignedIn) async throws -> Response {
    let routes = desk.routes
    let old = try pack("pack", of: request, in: routes)
    let new = try pack("other", of: request, in: routes)
    guard old.folder != new.folder else { throw desk.nothing(.protocols) }
    let changes = await proofs.changes(from: old, to: new, in: routes)
    let name = { (pack: RoutePack) in "\(pack.title), \(ProtocolPages.years(pack))" }
    let sheet = ChangeSheet(
      old, new, changes, words(routes),
      places: (desk.link(place(of: old, in: routes.book)), desk.link(place(of: new, in: routes.book))))
    var values: [String: Any] = [
      "old": name(old), "new": name(new), "occasions": sheet.occasions, "count": "\(changes.count)",
      "counts": sheet.counts, "oldPlace": desk.link(place(of: old, in: routes.book)),
      "newPlace": desk.link(place(of: new, in: routes.book)),
    ]
    if !sheet.rules.isEmpty { values["rules"] = ["list": sheet.rules] }
    let title = "From \(ProtocolPages.years(old)) to \(ProtocolPages.years(new)): what changed"
    return desk.show(
      old.parties == new.parties ? title : "\(old.title) and \(new.title) compared", "protocols-compare", values,
      to: who, in: .protocols)
  }

  static let comparisons: [(name: String, text: String)] = [
    (
      "protocols-compare",
      """
      {{<board}}{{$main}}
      <h1>{{title}}</h1>
      <p>Was: <a href="{{oldPlace}}">{{old}}</a>. Now: <a href="{{newPlace}}">{{new}}</a>.</p>
      <p>{{count}} differences for children whom both cover, worked out over every combination of facts.</p>
      <ul>{{#counts}}<li>{{.}}</li>{{/counts}}</ul>
      {{#rules}}
      <h2>Rules that were added, removed or changed</h2>
      <ul class="cards">{{#list}}
      <li class="card"><h3>{{kind}}: {{id}}</h3><dl>
      {{#was}}<div><dt>Was</dt>{{#lines}}<dd>{{.}}</dd>{{/lines}}</div>{{/was}}
      {{#now}}<div><dt>Now</dt>{{#lines}}<dd>{{.}}</dd>{{/lines}}</div>{{/now}}
      </dl></li>{{/list}}</ul>
      {{/rules}}
      <nav aria-label="Occasions">
      <h2>By occasion</h2>
      <ul class="ways">{{#occasions}}<li><a href="#{{anchor}}">{{name}}</a></li>{{/occasions}}</ul>
      </nav>
      {{#occasions}}
      <h2 id="{{anchor}}">{{name}}</h2>
      <ul class="cards">
      {{#changes}}
      <li class="card">
      <h3><span class="mark">{{kind}}</span> {{whom}}</h3>
      <p>{{where}}{{#detail}} {{detail}}{{/detail}}</p>
      <dl>
      {{#was}}<div><dt>Was</dt>{{#list}}<dd>{{says}} <a href="{{go}}">{{cite}}</a></dd>{{/list}}</div>{{/was}}
      {{#now}}<div><dt>Now</dt>{{#list}}<dd>{{says}} <a href="{{go}}">{{cite}}</a></dd>{{/list}}</div>{{/now}}
      </dl>
      </li>
      {{/changes}}
      </ul>
      {{/occasions}}
      {{/main}}{{/board}}
      """
    )
  ]
}

/// What a comparison shows.
struct ChangeSheet {
  let occasions: [[String: Any]]
  let counts: [String]
  /// Of rules that both have by the same name; only versions of one pack have them.
  let rules: [[String: Any]]

  init(
    _ old: RoutePack, _ new: RoutePack, _ changes: [PackDiff.Change], _ words: PlainWords,
    places: (old: String, new: String)
  ) {
    let sentences = RuleWords(words)
    let before = Set(old.rules.map(ObjectIdentifier.init))
    let groups = Dictionary(grouping: changes, by: \.occasion).sorted { $0.key < $1.key }
    counts = PackDiff.Change.Kind.allCases.compactMap { kind in
      let count = changes.count { $0.kind == kind }
      return count == 0 ? nil : "\(ChangeSheet.words(kind)): \(count)"
    }
    func side(_ rules: [Rule], _ place: String) -> [String: Any] {
      [
        "list": rules.map { rule in
          [
            "says": rule.says, "go": "\(place)#\(rule.id)",
            "cite": "\(PackSheet.title(rule.sections.first ?? "")), rule \(rule.id)",
          ]
        }
      ]
    }
    occasions = groups.enumerated().map { number, group in
      [
        "name": ChangeSheet.occasion(group.value, words), "anchor": "occasion-\(number)",
        "changes": PackDiff.Change.Kind.allCases.flatMap { kind in group.value.filter { $0.kind == kind } }
          .map { change -> [String: Any] in
            let (was, now) = (
              change.basis.filter { before.contains(ObjectIdentifier($0)) },
              change.basis.filter { !before.contains(ObjectIdentifier($0)) }
            )
            var values: [String: Any] = [
              "kind": ChangeSheet.words(change.kind), "whom": ChangeSheet.whom(change),
              "where": ChangeSheet.place(change),
            ]
            if let detail = ChangeSheet.deadlines(change, was, now, sentences) { values["detail"] = detail }
            if !was.isEmpty { values["was"] = side(was, places.old) }
            if !now.isEmpty { values["now"] = side(now, places.new) }
            return values
          },
      ]
    }
    rules = ChangeSheet.rules(old, new, sentences)
  }

  private static func words(_ kind: PackDiff.Change.Kind) -> String {
    switch kind {
    case .newlyTold: "Newly told"
    case .noLongerTold: "No longer told"
    case .newlyOwes: "Newly owes"
    case .owesNoLonger: "Owes no longer"
    case .deadline: "Other deadline"
    }
  }

  /// What sets the changes off, in the words of a rule behind them.
  private static func occasion(_ changes: [PackDiff.Change], _ words: PlainWords) -> String {
    let name = changes.first?.occasion ?? ""
    if words.vocabulary.events.contains(name) { return words.eventTitle(name) }
    guard let rule = changes.first?.basis.first else { return name.raisingFirst }
    return RuleWords(words).trigger(rule).first.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 } ?? name
  }

  private static func whom(_ change: PackDiff.Change) -> String {
    let role = RoleWords.name(change.role).raisingFirst
    return change.duty.map { "\(role): \(DutyWords.name($0))" } ?? role
  }

  /// `relation` is one relation, or several with the children for whom each holds.
  private static func place(_ change: PackDiff.Change) -> String {
    let parts = change.relation.split(separator: ";").map { part -> String in
      let words = part.split(separator: ",", maxSplits: 1).map { String($0).trimmingPrefix { $0 == " " } }
      let relation = words.first.flatMap { Relation(rawValue: String($0)) }
      let place = relation.map(PlainWords.relation) ?? String(words.first ?? "")
      return words.count > 1 ? "\(place), \(words[1])" : place
    }
    let some = change.isEntire || change.kind == .deadline ? "" : " In some cases only."
    return "\(parts.joined(separator: "; ").raisingFirst).\(some)"
  }

  private static func deadlines(
    _ change: PackDiff.Change, _ was: [Rule], _ now: [Rule], _ sentences: RuleWords
  ) -> String? {
    guard change.kind == .deadline else { return nil }
    func times(_ rules: [Rule]) -> String {
      let words = rules.flatMap { rule -> [String] in
        if let duty = rule.duty, duty.name == change.duty {
          return [duty.by.map(sentences.deadline) ?? "no time stated"]
        }
        return rule.tells.filter { $0.target.role?.name == change.role }.map { tell in
          tell.urgency == .immediate ? "at once" : tell.by.map(sentences.deadline) ?? "no time stated"
        }
      }
      var seen = Set<String>()
      return EnglishWords.listed(words.filter { seen.insert($0).inserted }, "or")
    }
    return "Was: \(times(was)). Now: \(times(now))."
  }

  private static func rules(_ old: RoutePack, _ new: RoutePack, _ sentences: RuleWords) -> [[String: Any]] {
    let (was, now) = (by(old), by(new))
    guard was.keys.contains(where: { now[$0] != nil }) else { return [] }
    func lines(_ rule: Rule) -> [String] { [rule.says] + sentences.parts(rule).flatMap(\.lines) }
    return (old.rules.map(\.id) + new.rules.map(\.id).filter { was[$0] == nil }).compactMap { id in
      let (before, after) = (was[id].map(lines), now[id].map(lines))
      if before == after { return nil }
      var values: [String: Any] = ["id": id, "kind": before == nil ? "Added" : after == nil ? "Removed" : "Changed"]
      if let before { values["was"] = ["lines": before] }
      if let after { values["now"] = ["lines": after] }
      return values
    }
  }

  private static func by(_ pack: RoutePack) -> [String: Rule] {
    Dictionary(pack.rules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
