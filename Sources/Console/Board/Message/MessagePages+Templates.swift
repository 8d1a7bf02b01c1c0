import Delivery

/// The markup of a message's pages.
extension MessagePages {
  static let templates: [(name: String, text: String)] = [
    ("message-page", page), ("message-act", act), ("message-judgement", judgement), ("message-exercise", exercise),
  ]

  private static let exercise = """
    {{#exercise}}<p class="exercise"><strong>\(Drill.banner)</strong></p>{{/exercise}}
    """

  /// Inside the values of a judgement.
  private static let judgement = """
    {{#section}}<p>{{protocol}}, section {{section}}: a person decides before this recipient is told.\
    {{#decidedBy}} The protocol gives the decision to the {{decidedBy}}.{{/decidedBy}}</p>{{/section}}
    {{#when}}<p>It asks for that where: {{when}}.</p>{{/when}}
    {{#deciders}}<p>Who may decide here: {{deciders}}.</p>{{/deciders}}
    {{^deciders}}<p><strong>Nobody may decide here.</strong> Whoever administers people has to give somebody the \
    role of duty manager.</p>{{/deciders}}
    """

  private static let page = """
    {{<board}}{{$main}}
    {{>message-exercise}}
    <h1>{{title}}</h1>
    {{#done}}<div class="done" role="status"><p><strong>{{did}}.</strong> You did this on {{at}}.</p></div>{{/done}}
    <div id="standing" data-live>
    <p><span class="mark{{#isBad}} bad{{/isBad}}">{{mark}}</span> {{says}}</p>
    {{#isUnderWay}}<p><span class="mark">Under way</span> It is being sent at this moment.</p>{{/isUnderWay}}
    {{#isOverdue}}<p><span class="mark bad">Overdue</span> Its time had passed before it came as far as it has to.</p>\
    {{/isOverdue}}
    {{#by}}<p>By {{words}}: {{>countdown}}.</p>{{/by}}
    {{#due}}<p>Sent next on {{words}}: {{>countdown}}.</p>{{/due}}
    {{#next}}<p>If nothing more is heard, {{then}}: {{>countdown}}.</p>{{/next}}
    {{#judgement}}
    <h2>Why it waits</h2>
    {{>message-judgement}}
    {{/judgement}}
    {{#card}}<p><a class="way" href="{{card}}">Open the call card and ring</a></p>{{/card}}
    <h2>What you can do</h2>
    <ul class="ways">
    {{#actions}}<li><a href="{{go}}">{{title}}</a></li>{{/actions}}
    <li><a href="{{episodePage}}">Episode {{episodeName}}</a></li>
    </ul>
    {{>facts}}
    </div>
    <h2>Why they are told</h2>
    <ul class="cards">
    {{#why}}
    <li class="card">
    <p>{{says}}</p>
    <p class="soft"><a href="{{go}}">{{protocol}}</a>, section {{section}}, rule {{rule}}</p>
    </li>
    {{/why}}
    </ul>
    {{^why}}<p>No protocol asks for this message.</p>{{/why}}
    <h2>What the message says</h2>
    {{#message}}
    <p>Mail carries the message, the plain text and the data. A recipient's system and a closed network get the data or a \
    mail. A notice carries only a link, and a call the plain text.</p>
    <p><strong>Subject:</strong> {{subject}}</p>
    {{#photograph}}<img src="{{photograph}}" alt="Photograph of the child">{{/photograph}}
    <div class="message">{{{html}}}</div>
    <details id="message-text"><summary>The plain text</summary><pre>{{text}}</pre></details>
    <details id="message-json"><summary>The data for systems (JSON)</summary><pre>{{json}}</pre></details>
    {{#csv}}<details id="message-csv"><summary>The attached table (CSV)</summary><pre>{{csv}}</pre></details>{{/csv}}
    {{/message}}
    {{^message}}<p>{{noWords}}</p>{{/message}}
    <h2>How they are reached</h2>
    <div id="ways" data-live>
    {{#hasWays}}
    <div class="sheet" role="region" aria-label="Ways" tabindex="0">
    <table>
    <caption>Ways, in the order in which they are asked</caption>
    <thead><tr><th scope="col">Way</th><th scope="col">Contact</th><th scope="col">Channel</th>\
    <th scope="col">Kept private, the best first</th><th scope="col">State</th></tr></thead>
    <tbody>
    {{#ways}}
    <tr><th scope="row">{{number}}</th><td>{{contact}}</td><td>{{channel}}</td>\
    <td>{{privacy}}</td><td>{{state}}</td></tr>
    {{/ways}}
    </tbody>
    </table>
    </div>
    {{/hasWays}}
    {{^hasWays}}<p>There is no way to reach them.</p>{{/hasWays}}
    </div>
    <h2>Attempts</h2>
    <div id="attempts" data-live>
    {{#hasAttempts}}
    <div class="sheet" role="region" aria-label="Attempts" tabindex="0">
    <table>
    <caption>Every attempt, with the other side's own words</caption>
    <thead><tr><th scope="col">Attempt</th><th scope="col">When</th><th scope="col">Channel</th>\
    <th scope="col">Result</th><th scope="col">Their words</th><th scope="col" class="number">Milliseconds</th></tr>\
    </thead>
    <tbody>
    {{#attempts}}
    <tr><th scope="row">{{number}}</th><td><time datetime="{{machine}}">{{at}}</time></td><td>{{channel}}</td>\
    <td>{{result}}</td><td>{{remote}}</td><td class="number">{{milliseconds}}</td></tr>
    {{/attempts}}
    </tbody>
    </table>
    </div>
    {{/hasAttempts}}
    {{^hasAttempts}}<p>Nothing has been sent yet.</p>{{/hasAttempts}}
    </div>
    <h2>Receipts and evidence</h2>
    <div id="receipts" data-live>
    <ul class="cards">
    {{#receipts}}
    <li class="card">
    <p><strong>{{kind}}</strong>, <time datetime="{{machine}}">{{at}}</time>. {{source}}: \
    {{evidence}}</p>
    <p class="soft">What it proves: {{proves}}.</p>
    {{#details}}<details id="{{receipt}}"><summary>What came, as it came: {{kind}}, {{at}}</summary><pre>{{details}}</pre>\
    </details>{{/details}}
    </li>
    {{/receipts}}
    </ul>
    </div>
    <h2>What happened besides</h2>
    <div id="history" data-live>
    {{#hasHistory}}<ul>{{#history}}<li><time datetime="{{machine}}">{{at}}</time>: {{happened}}</li>{{/history}}</ul>{{/hasHistory}}
    {{^hasHistory}}<p>Nothing.</p>{{/hasHistory}}
    </div>
    {{#hasRelated}}
    <h2>Messages that belong to it</h2>
    <ul>{{#related}}<li>{{says}}: <a href="{{go}}">{{id}}</a>, {{state}}</li>{{/related}}</ul>
    {{/hasRelated}}
    {{/main}}{{/board}}
    """

  private static let act = """
    {{<board}}{{$main}}
    {{>errors}}
    {{>message-exercise}}
    <h1>{{title}}</h1>
    <p>{{says}}</p>
    {{>facts}}
    <form method="post" action="{{action}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    {{#contacts}}
    <fieldset{{#contactProblem}} class="wrong" aria-describedby="contact-problem"{{/contactProblem}}>
    <legend>Who else of the same agency</legend>
    {{#contactProblem}}<p class="problem" id="contact-problem">Error: {{contactProblem}}</p>{{/contactProblem}}
    {{#list}}
    <div class="choice"><input type="radio" id="{{control}}" name="contact" \
    value="{{value}}"{{#isChosen}} checked{{/isChosen}}>\
    <label for="{{control}}">{{name}} ({{of}}): {{ways}}</label></div>
    {{/list}}
    </fieldset>
    {{/contacts}}
    {{#acknowledges}}
    <div class="field{{#byProblem}} wrong{{/byProblem}}">
    <label for="by">Who has taken it on</label>
    <p class="hint" id="by-hint">The name or office of whoever told you.</p>
    {{#byProblem}}<p class="problem" id="by-problem">Error: {{byProblem}}</p>{{/byProblem}}
    <input id="by" name="by" type="text" value="{{by}}" autocomplete="off" aria-required="true"{{#byProblem}} \
    aria-invalid="true"{{/byProblem}} aria-describedby="by-hint{{#byProblem}} by-problem{{/byProblem}}">
    </div>
    {{>promise}}
    {{/acknowledges}}
    {{>reason}}
    <div class="buttons"><button type="submit"{{#harms}} class="harm"{{/harms}}>{{button}}</button></div>
    </form>
    <p><a class="way" href="{{back}}">Back to the message, without doing anything</a></p>
    {{/main}}{{/board}}
    """
}
