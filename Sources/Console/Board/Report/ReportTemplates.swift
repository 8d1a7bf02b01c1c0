import Routing

/// The markup of the pages for reporting a missing child.
extension ReportPages {
  static let templates: [(name: String, text: String)] = [
    ("report", start), ("report-urgent", urgent), ("report-problems", problems), ("report-field", field),
    ("report-part", part), ("report-plan", plan), ("report-check", check), ("report-sent", sent),
    ("report-back", back), ("report-follow", follow),
  ]

  private static let urgent = """
    <div class="card alarm">
    <p><strong>If the child is in immediate danger, ring 999 now.</strong> A report here does not replace the call. \
    Ring 101 as soon as you think that the child is missing.</p>
    </div>
    """

  /// As the partial `errors`, with links that may lead to another page.
  private static let problems = """
    {{#problems}}
    <div class="problems" role="alert" aria-labelledby="problems" tabindex="-1">
    <h2 id="problems">There is a problem</h2>
    <ul>{{#list}}<li><a href="{{go}}">{{says}}</a></li>{{/list}}</ul>
    </div>
    {{/problems}}
    """

  private static let start = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    {{>report-urgent}}
    <p>You can stop at any time and go on later. Before anybody is told, you see who will be told what and why, and \
    confirm it.</p>
    <form method="post" action="{{begin}}">
    <input type="hidden" name="token" value="{{token}}">
    <button type="submit">Start a new report</button>
    </form>
    {{#drafts}}
    <h2>Your drafts</h2>
    <p>Only you can open them. Each is deleted {{days}} days after its last change.</p>
    <ul class="cards">
    {{#list}}
    <li class="card">
    <p><a class="way" href="{{go}}">Go on with the draft changed on {{changed}}</a></p>
    {{#about}}<p>About {{about}}.</p>{{/about}}
    <p class="soft">Deleted on {{keptUntil}}.</p>
    </li>
    {{/list}}
    </ul>
    {{/drafts}}
    {{#sent}}
    <h2>Reports that you sent</h2>
    <ul class="cards">
    {{#list}}
    <li class="card"><p><a class="way" href="{{go}}">Report {{reference}}, sent on {{at}}</a></p></li>
    {{/list}}
    </ul>
    {{/sent}}
    {{/main}}{{/board}}
    """

  private static let field = """
    {{#isTicks}}
    <fieldset id="{{name}}" class="field{{#problem}} wrong{{/problem}}">
    <legend>{{label}}</legend>
    {{#options}}
    <div class="choice"><input id="{{id}}" name="{{id}}" type="checkbox" value="yes"{{#isChosen}} checked{{/isChosen}}>\
    <label for="{{id}}">{{words}}</label></div>
    {{/options}}
    </fieldset>
    {{/isTicks}}
    {{^isTicks}}
    <div class="field{{#problem}} wrong{{/problem}}">
    <label for="{{name}}">{{label}}{{#isOptional}} (optional){{/isOptional}}</label>
    {{#hint}}<p class="hint" id="{{name}}-hint">{{hint}}</p>{{/hint}}
    {{#problem}}<p class="problem" id="{{name}}-problem">Error: {{problem}}</p>{{/problem}}
    {{#isChoice}}
    <select id="{{name}}" name="{{name}}" autocomplete="off"{{{marks}}}>
    <option value="">Not answered</option>
    {{#options}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{words}}</option>{{/options}}
    </select>
    {{/isChoice}}
    {{#isText}}
    <textarea id="{{name}}" name="{{name}}" rows="4" maxlength="{{longest}}" autocomplete="off"{{{marks}}}>
    {{answer}}</textarea>
    {{/isText}}
    {{#isInput}}
    <input id="{{name}}" name="{{name}}" type="{{type}}" value="{{answer}}" maxlength="{{longest}}" autocomplete="off"\
    {{{marks}}}>
    {{/isInput}}
    </div>
    {{/isTicks}}
    """

  private static let ways = """
    <nav aria-label="Parts of the report">
    <ul class="ways">{{#ways}}<li><a href="{{go}}"{{#isHere}} \
    aria-current="page"{{/isHere}}>{{words}}</a></li>{{/ways}}</ul>
    </nav>
    """

  private static let part = """
    {{<board}}{{$main}}
    {{>report-problems}}
    <h1>{{title}}</h1>
    \(ways)
    {{#urgent}}{{>report-urgent}}{{/urgent}}
    {{#intro}}<p>{{intro}}</p>{{/intro}}
    <form class="narrow" method="post" action="{{action}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    {{#fields}}{{>report-field}}{{/fields}}
    <div class="buttons">
    <button type="submit">Save and continue</button>
    <button class="second" type="submit" name="then" value="check">Save, and check the report</button>
    </div>
    </form>
    <p class="soft">What you write is kept as a draft that only you can open. It is deleted on {{keptUntil}} unless \
    you change or send it.</p>
    {{/main}}{{/board}}
    """

  /// Inside the values of a plan.
  private static let plan = """
    <ul class="cards">
    {{#tells}}
    <li class="card">
    <h3>{{role}}</h3>
    {{#isHeld}}<p><span class="mark">A person decides first</span> Telling them may do harm, so nothing is sent to \
    them until somebody has decided.</p>{{/isHeld}}
    {{#nobody}}<p><span class="mark bad">Nobody on record</span> The gateway has no address for them. Its operators \
    are alerted.</p>{{/nobody}}
    <dl>
    {{#agency}}<div><dt>Agency</dt><dd>{{agency}}</dd></div>{{/agency}}
    {{#contact}}<div><dt>Contact</dt><dd>{{contact}}</dd></div>{{/contact}}
    <div><dt>How soon</dt><dd>{{how}}</dd></div>
    <div><dt>What they are told, as far as it is known</dt><dd>{{share}}</dd></div>
    <div><dt>Why</dt><dd>{{#why}}<p>{{#says}}{{says}} {{/says}}<span class="soft">{{pack}}, section \
    {{section}}</span></p>\
    {{/why}}</dd></div>
    </dl>
    </li>
    {{/tells}}
    </ul>
    {{#isWithoutFamily}}<p>Whether and when the family is told follows from the protocol too. It is not shown \
    here.</p>{{/isWithoutFamily}}
    {{#duties}}
    <h2>What has to be done then</h2>
    <ul class="cards">
    {{#list}}
    <li class="card">
    <h3>{{duty}}</h3>
    <p>{{role}}{{#agency}}, {{agency}}{{/agency}}{{#by}}: {{by}}{{/by}}</p>
    {{#why}}<p>{{#says}}{{says}} {{/says}}<span class="soft">{{pack}}, section {{section}}</span></p>{{/why}}
    </li>
    {{/list}}
    </ul>
    {{/duties}}
    """

  private static let changed = """
    {{#hasChanged}}
    <div class="passed" role="alert"><p><strong>Nobody has been told yet.</strong> Who would be told, or what the \
    report says, has changed since you looked. Look again, and confirm it if it is right.</p></div>
    {{/hasChanged}}
    """

  private static let check = """
    {{<board}}{{$main}}
    {{>report-problems}}
    \(changed)
    <h1>{{title}}</h1>
    \(ways)
    {{#problems}}<p><strong>Nobody is told before these are answered.</strong> What you have written is \
    kept.</p>{{/problems}}
    {{#plan}}
    <h2>Who will be told</h2>
    {{#policeFirst}}
    <div class="card alarm"><p><strong>You said that the police have not been told. Ring 101, or 999 in immediate \
    danger.</strong> Send this too: it gives the police control room what you have written.</p></div>
    {{/policeFirst}}
    {{^send}}
    <div class="card alarm"><p><strong>Nobody would be told.</strong> No protocol of this gateway covers that place. \
    Ring 101, and the children's services there.</p></div>
    {{/send}}
    {{>report-plan}}
    {{#send}}
    <form method="post" action="{{action}}">
    <input type="hidden" name="token" value="{{token}}">
    <input type="hidden" name="plan" value="{{digest}}">
    <button type="submit">{{words}}</button>
    </form>
    {{/send}}
    <p><a class="way" href="{{back}}">Go back and change the report</a></p>
    {{/plan}}
    <h2>What you have written</h2>
    {{#parts}}
    <h3>{{title}}</h3>
    {{#said}}{{>facts}}{{/said}}
    {{^said}}<p>Nothing yet.</p>{{/said}}
    <p><a class="way" href="{{go}}">{{change}}</a></p>
    {{/parts}}
    <p class="soft">The draft is deleted on {{keptUntil}} unless you change or send it.</p>
    <form method="post" action="{{delete}}">
    <input type="hidden" name="token" value="{{token}}">
    <button class="second" type="submit">Delete this draft now</button>
    </form>
    {{/main}}{{/board}}
    """

  private static let sent = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <div class="done" role="status"><p><strong>Sent on {{sentAt}}.</strong> Keep the reference: {{reference}}. It \
    says nothing about the child, and can be written down and passed on.</p></div>
    {{#police}}
    <div class="card alarm"><p><strong>Ring 101 if you have not yet, or 999 in immediate danger.</strong></p>
    <p><a class="way" href="{{police}}">Say that the police have a report now</a></p></div>
    {{/police}}
    {{#hasEnded}}<p><strong>The child was found or is back.</strong></p>{{/hasEnded}}
    {{#back}}<p><a class="way" href="{{back}}">Say that the child is back</a></p>{{/back}}
    <div id="report-state" data-live>
    {{#events}}
    <h2>{{about}}</h2>
    <p>Said on {{at}}.</p>
    {{#rows}}
    <div class="sheet" role="region" aria-labelledby="{{id}}" tabindex="0">
    <table>
    <caption id="{{id}}">{{about}}</caption>
    <thead><tr><th scope="col">Who</th><th scope="col">Agency</th><th scope="col">State</th></tr></thead>
    <tbody>
    {{#list}}<tr><th scope="row">{{role}}</th><td>{{agency}}</td><td>{{#isBad}}<span class="mark bad">{{state}}</span>\
    {{/isBad}}{{^isBad}}{{state}}{{/isBad}}</td></tr>{{/list}}
    </tbody>
    </table>
    </div>
    {{/rows}}
    {{^rows}}<p>Nobody had to be told.</p>{{/rows}}
    {{/events}}
    </div>
    <p>What you wrote has gone to them and is no longer kept with this report.</p>
    <p><a class="way" href="{{all}}">All your reports</a></p>
    {{/main}}{{/board}}
    """

  private static let back = """
    {{<board}}{{$main}}
    {{>report-problems}}
    <h1>{{title}}</h1>
    <p>On the next page you see who will be told, and confirm it.</p>
    <form class="narrow" method="post" action="{{action}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    <div class="field{{#atProblem}} wrong{{/atProblem}}">
    <label for="at">When did the child come back?</label>
    <p class="hint" id="at-hint">Date and time in London.</p>
    {{#atProblem}}<p class="problem" id="at-problem">Error: {{atProblem}}</p>{{/atProblem}}
    <input id="at" name="at" type="datetime-local" value="{{at}}" autocomplete="off" aria-required="true"\
    {{#atProblem}} aria-invalid="true"{{/atProblem}} aria-describedby="at-hint{{#atProblem}} at-problem{{/atProblem}}">
    </div>
    <button type="submit">See who will be told</button>
    </form>
    <p><a class="way" href="{{report}}">Go back to the report</a></p>
    {{/main}}{{/board}}
    """

  private static let follow = """
    {{<board}}{{$main}}
    \(changed)
    <h1>{{title}}</h1>
    {{#backAt}}<p>You said that the child came back on {{backAt}}.</p>{{/backAt}}
    {{#plan}}
    <h2>Who will be told</h2>
    {{>report-plan}}
    {{#send}}
    <form method="post" action="{{action}}">
    <input type="hidden" name="token" value="{{token}}">
    <input type="hidden" name="at" value="{{at}}">
    <input type="hidden" name="plan" value="{{digest}}">
    <button type="submit">{{words}}</button>
    </form>
    {{/send}}
    {{/plan}}
    <p><a class="way" href="{{back}}">Go back, and say nothing</a></p>
    {{/main}}{{/board}}
    """
}

extension ReportField {
  /// A question as its template shows it.
  func values(_ answers: ReportAnswers, problem: String?) -> [String: Any] {
    var values: [String: Any] = [
      "name": name, "label": label, "answer": answers[name], "longest": "\(longest)", "isOptional": !isRequired,
      "marks": marks(problem != nil),
    ]
    if !hint.isEmpty { values["hint"] = hint }
    if let problem { values["problem"] = problem }
    switch kind {
    case .line: values.merge(["isInput": true, "type": "text"]) { $1 }
    case .mail: values.merge(["isInput": true, "type": "email"]) { $1 }
    case .date: values.merge(["isInput": true, "type": "date"]) { $1 }
    case .moment: values.merge(["isInput": true, "type": "datetime-local"]) { $1 }
    case .text: values["isText"] = true
    case .choice(let choice):
      values["isChoice"] = true
      values["options"] = answers.choices.options(choice).map { option -> [String: Any] in
        ["value": option.value, "words": option.words, "isChosen": answers[name] == option.value]
      }
    case .ticks(let options):
      values["isTicks"] = true
      values["options"] = options.map { option -> [String: Any] in
        ["id": tick(option.value), "words": option.words, "isChosen": answers.isTicked(name, option.value)]
      }
    }
    return values
  }

  /// What a screen reader says of the control. Names are our own.
  private func marks(_ isWrong: Bool) -> String {
    let about = (hint.isEmpty ? [] : ["\(name)-hint"]) + (isWrong ? ["\(name)-problem"] : [])
    return (isRequired ? " aria-required=\"true\"" : "") + (isWrong ? " aria-invalid=\"true\"" : "")
      + (about.isEmpty ? "" : " aria-describedby=\"\(about.joined(separator: " "))\"")
  }
}
