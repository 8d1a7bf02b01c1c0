/// The markup of the desk.
extension DeskPages {
  static let templates: [(name: String, text: String)] = [("desk", list), ("desk-entry", entry), ("desk-card", card)]

  /// One message of a list, below its heading.
  private static let entry = """
    {{#isDrill}}<p><span class="mark">EXERCISE</span></p>{{/isDrill}}
    <p><span class="mark{{#isBad}} bad{{/isBad}}">{{mark}}</span> {{stands}}{{#isOverdue}} \
    <span class="mark bad">Overdue</span>{{/isOverdue}}</p>
    <p>Owed since {{since}}. <a href="{{page}}">Message {{id}}</a>, <a href="{{episodePage}}">episode {{episode}}</a></p>
    """

  private static let list = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <h2>Calls to make</h2>
    <div id="cards" data-live>
    {{#cards}}
    {{#isFull}}<p>The first {{limit}} are shown.</p>{{/isFull}}
    <ul class="cards">
    {{#list}}
    <li class="card{{#isBad}} alarm{{/isBad}}">
    <h3>Ring {{name}}</h3>
    <p>{{#number}}{{number}}, ask for {{ask}}.{{/number}}{{#until}} Next alarm: {{>countdown}}.{{/until}}</p>
    {{>desk-entry}}
    <p><a class="way" href="{{cardPage}}">Open the call card for {{name}}</a></p>
    </li>
    {{/list}}
    </ul>
    {{/cards}}
    {{^cards}}<p>Nobody has to be rung.</p>{{/cards}}
    </div>
    <h2>Decisions to make</h2>
    <div id="decisions" data-live>
    {{#decisions}}
    {{#isFull}}<p>The first {{limit}} are shown.</p>{{/isFull}}
    <ul class="cards">
    {{#list}}
    <li class="card alarm">
    <h3>Whether to tell: {{name}}</h3>
    {{>desk-entry}}
    {{#judgement}}{{>message-judgement}}{{/judgement}}
    {{#release}}
    <ul class="ways">
    <li><a href="{{release}}">Tell them: release message {{id}}</a></li>
    <li><a href="{{refuse}}">Do not tell them: refuse message {{id}}</a></li>
    </ul>
    {{/release}}
    </li>
    {{/list}}
    </ul>
    {{/decisions}}
    {{^decisions}}<p>Nothing waits for a decision.</p>{{/decisions}}
    </div>
    <h2>Kept back for other reasons</h2>
    <div id="others" data-live>
    {{#others}}
    {{#isFull}}<p>The first {{limit}} are shown.</p>{{/isFull}}
    <ul class="cards">
    {{#list}}
    <li class="card">
    <h3>{{heading}}</h3>
    {{>desk-entry}}
    </li>
    {{/list}}
    </ul>
    {{/others}}
    {{^others}}<p>Nothing else is kept back.</p>{{/others}}
    </div>
    {{/main}}{{/board}}
    """

  private static let card = """
    {{<board}}{{$main}}
    {{>errors}}
    {{>message-exercise}}
    <h1>{{title}}</h1>
    {{#isCard}}
    {{>desk-entry}}
    {{#taken}}<div class="done" role="status"><p><strong>Somebody is ringing.</strong> The card was {{by}} on {{at}}.</p>\
    </div>{{/taken}}
    {{#until}}<p>Time left before the next alarm, or before the next contact is asked: {{>countdown}}.</p>{{/until}}
    <h2>Whom to ring</h2>
    {{#call}}<p><a class="way" href="{{call}}">Ring {{number}}</a></p>{{/call}}
    {{>facts}}
    {{#take}}
    <h2>Before you ring</h2>
    <p>Take the card, so that nobody else rings too.</p>
    <form method="post" action="{{take}}"><input type="hidden" name="token" value="{{token}}">\
    <div class="buttons"><button type="submit">I will ring</button></div></form>
    {{/take}}
    <h2>What to say</h2>
    {{#spoken}}
    <ol>
    {{#exercise}}<li>Say first, and again at the end, that this is an exercise.</li>{{/exercise}}
    <li>Say that you ring for Waypost, and give the reference {{id}}.</li>
    <li>Ask whether you are speaking to: {{ask}}. If not, ask for them.</li>
    <li>Read out what stands in the frame, and nothing else.</li>
    <li>Ask for the name of whoever takes it, and what they will do.</li>
    </ol>
    <div class="message"><pre>{{spoken}}</pre></div>
    {{/spoken}}
    {{^spoken}}<p>{{noWords}}</p>{{/spoken}}
    {{/isCard}}
    {{^isCard}}
    <p>There is no call to make for this message now: somebody has made it, or the message has gone another way.</p>
    <p><a class="way" href="{{page}}">The message as it stands</a></p>
    {{/isCard}}
    {{#told}}
    <h2>You told somebody</h2>
    <form method="post" action="{{told}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    <div class="field{{#whomProblem}} wrong{{/whomProblem}}">
    <label for="whom">Who took the message</label>
    <p class="hint" id="whom-hint">Their name, and their office if you know it.</p>
    {{#whomProblem}}<p class="problem" id="whom-problem">Error: {{whomProblem}}</p>{{/whomProblem}}
    <input id="whom" name="by" type="text" value="{{whom}}" autocomplete="off" aria-required="true"{{#whomProblem}} \
    aria-invalid="true"{{/whomProblem}} aria-describedby="whom-hint{{#whomProblem}} whom-problem{{/whomProblem}}">
    </div>
    <div class="field{{#willDoProblem}} wrong{{/willDoProblem}}">
    <label for="willDo">What they will do (optional)</label>
    <p class="hint" id="willDo-hint">Do not write anything about the child here.</p>
    {{#willDoProblem}}<p class="problem" id="willDo-problem">Error: {{willDoProblem}}</p>{{/willDoProblem}}
    <input id="willDo" name="willDo" type="text" value="{{willDo}}" autocomplete="off"{{#willDoProblem}} \
    aria-invalid="true"{{/willDoProblem}} aria-describedby="willDo-hint{{#willDoProblem}} willDo-problem{{/willDoProblem}}">
    </div>
    <div class="buttons"><button type="submit">Record that they were told</button></div>
    </form>
    {{/told}}
    {{#notReached}}
    <h2>You could tell nobody</h2>
    <p>The next contact is asked then, or the card comes back to the desk.</p>
    <form method="post" action="{{notReached}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    {{>reason}}
    <div class="buttons"><button class="second" type="submit">Record that nobody was reached</button></div>
    </form>
    {{/notReached}}
    <p><a class="way" href="{{list}}">All calls and decisions</a></p>
    {{/main}}{{/board}}
    """
}
