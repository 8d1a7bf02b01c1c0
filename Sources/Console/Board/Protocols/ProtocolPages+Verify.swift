import Delivery
import Foundation
import Hummingbird
import Routing

/// Whether a pack keeps what `invariants.yaml` promises, as `waypost routes verify` proves it.
extension ProtocolPages {
  func verify(_ request: Request, _ who: SignedIn) async throws -> Response {
    let routes = desk.routes
    let pack = try pack("pack", of: request, in: routes)
    let proof = await proofs.proof(of: routes)
    let sheet = ProofSheet(pack, proof.report, routes.book, words(routes))
    var values: [String: Any] = [
      "at": LondonWords.moment(proof.at), "isKept": sheet.broken == 0,
      "broken": TimeWords.plural(sheet.broken, "promise"), "promises": sheet.promises,
      "others": sheet.others,
      "back": desk.link(place(of: pack, in: routes.book)), "name": "\(pack.title), \(ProtocolPages.years(pack))",
    ]
    if !sheet.silences.isEmpty { values["silences"] = ["list": sheet.silences] }
    return desk.show(
      "Promises of \(pack.title), \(ProtocolPages.years(pack))", "protocols-verify", values, to: who, in: .protocols)
  }

  static let proofsTemplates: [(name: String, text: String)] = [
    (
      "protocols-verify",
      """
      {{<board}}{{$main}}
      <h1>{{title}}</h1>
      <p>{{#isKept}}<strong class="mark good">All kept</strong>{{/isKept}}{{^isKept}}<strong class="mark bad">{{broken}} \
      not kept</strong>{{/isKept}} Checked over every combination of facts, not by samples, on {{at}}. A promise holds \
      whatever the protocol says.</p>
      <h2>What is promised</h2>
      <ul class="cards">
      {{#promises}}
      <li class="card{{^isKept}} alarm{{/isKept}}" id="{{id}}">
      <h3>{{says}}</h3>
      <p>{{#isKept}}<strong class="mark good">Kept</strong>{{/isKept}}{{^isKept}}<strong class="mark bad">Not kept\
      </strong>{{/isKept}} <span class="soft">{{id}}</span></p>
      {{#broken}}<p>{{says}}. {{#example}}For example: {{example}}{{/example}}</p>{{/broken}}
      {{#exceptions}}<p>Except: {{.}}</p>{{/exceptions}}
      </li>
      {{/promises}}
      {{#others}}
      <li class="card" id="{{id}}">
      <h3>{{says}}</h3>
      <p>{{#isKept}}<strong class="mark good">Kept</strong>{{/isKept}}{{^isKept}}<strong class="mark bad">Not kept\
      </strong>{{/isKept}}</p>
      {{#broken}}<p>{{.}}.</p>{{/broken}}
      </li>
      {{/others}}
      </ul>
      {{#silences}}
      <h2>Silent on purpose</h2>
      {{#list}}<p>{{why}}: {{events}}.</p>{{/list}}
      {{/silences}}
      <ul class="ways"><li><a href="{{back}}">Rules of {{name}}</a></li></ul>
      {{/main}}{{/board}}
      """
    )
  ]
}

/// The promises that bind a pack, with what the proof says of each.
struct ProofSheet {
  let broken: Int
  let promises: [[String: Any]]
  /// What is promised of every pack without being written as an invariant.
  let others: [[String: Any]]
  let silences: [[String: Any]]

  init(_ pack: RoutePack, _ report: Verifier.Report, _ book: RouteBook, _ words: PlainWords) {
    let sentences = RuleWords(words)
    let violations = report.violations.filter { $0.pack == pack.id }
    broken = violations.count
    let invariants = book.invariants.items.filter { $0.packs.isEmpty || $0.packs.contains(pack.id) }
    promises = invariants.map { invariant in
      let found = violations.filter { $0.invariant == invariant.id }
      return [
        "id": invariant.id, "says": invariant.says, "isKept": found.isEmpty,
        "broken": found.map { violation -> [String: Any] in
          var values: [String: Any] = ["says": violation.says.raisingFirst]
          if let example = violation.example { values["example"] = example.words }
          return values
        },
        "exceptions": invariant.exceptions.filter { $0.pack == pack.id }.map { exception in
          let part = exception.when == .always ? "" : "where \(sentences.condition(exception.when)): "
          return part + exception.why
        },
      ]
    }
    let limits = violations.filter { $0.invariant == "disclosure" }.map(\.says)
    let silence = violations.filter { $0.invariant == "silence" }.map(\.says)
    others = [
      ProofSheet.other("disclosure", "Nobody is shown more of a child than their role may ever see.", limits),
      ProofSheet.other("silence", "Every kind of event is answered, or left unanswered on purpose.", silence),
    ]
    silences = book.invariants.silences.filter { $0.pack == pack.id }.map { silence in
      [
        "why": silence.why.raisingFirst, "events": EnglishWords.listed(silence.events.map(words.event)),
      ]
    }
  }

  private static func other(_ id: String, _ says: String, _ broken: [String]) -> [String: Any] {
    ["id": id, "says": says, "isKept": broken.isEmpty, "broken": broken]
  }
}
