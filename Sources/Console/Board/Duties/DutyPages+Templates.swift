extension DutyPages {
  static let templates: [(name: String, text: String)] = [
    ("duties", list), ("duties-marks", marks), ("duties-facts", facts), ("duties-one", one), ("duties-take", take),
    ("duties-complete", complete),
  ]

  private static let list = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <ul class="ways">{{#lists}}<li><a href="{{go}}"{{#isHere}} aria-current="page"{{/isHere}}>{{words}}</a></li>\
    {{/lists}}</ul>
    <div id="duty-list" data-live>
    <h2>{{heading}}</h2>
    {{#isEmpty}}<p>{{nothing}}</p>{{/isEmpty}}
    {{^isEmpty}}<ul class="cards">{{#duties}}
    <li class="card{{#isOverdue}} alarm{{/isOverdue}}">
    <h3><a href="{{go}}">{{what}}, {{reference}}</a></h3>
    {{>duties-marks}}
    {{>duties-facts}}
    </li>{{/duties}}</ul>{{/isEmpty}}
    </div>
    {{#earlier}}<p><a class="way" href="{{earlier}}">The page of duties before this</a></p>{{/earlier}}
    {{#later}}<p><a class="way" href="{{later}}">The page of duties after this</a></p>{{/later}}
    {{/main}}{{/board}}
    """

  private static let marks = """
    <p>{{#isDrill}}<span class="mark">EXERCISE</span> {{/isDrill}}<span class="mark{{#isBad}} bad{{/isBad}}{{#isGood}} \
    good{{/isGood}}">{{state}}</span></p>
    """

  private static let facts = """
    {{#says}}<p>{{.}}</p>{{/says}}
    <dl>
    <div><dt>Owed by</dt><dd>{{owner}}</dd></div>
    <div><dt>By when</dt><dd>{{#deadline}}<time datetime="{{machine}}">{{words}}</time>{{/deadline}}{{^deadline}}No \
    time is set{{/deadline}}{{#isOwed}}{{#deadline}}: {{>countdown}}{{/deadline}}{{/isOwed}}</dd></div>
    {{#aim}}<div><dt>Aimed at</dt><dd><time datetime="{{machine}}">{{words}}</time></dd></div>{{/aim}}
    {{#doneOn}}<div><dt>Done</dt><dd><time datetime="{{machine}}">{{words}}</time></dd></div>{{/doneOn}}
    <div><dt>Taken on by</dt><dd>{{#held}}{{by}}, since {{since}}{{/held}}{{^held}}nobody yet{{/held}}</dd></div>
    <div><dt>Where it is written</dt><dd>{{#sections}}<a class="way" href="{{go}}">{{words}}</a> {{/sections}}</dd></div>
    <div><dt>Episode</dt><dd><a class="way" href="{{episodePage}}">{{reference}}</a></dd></div>
    </dl>
    """

  private static let one = """
    {{<board}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    <div id="duty-facts" data-live>
    {{>duties-marks}}
    {{>duties-facts}}
    </div>
    <div id="duty-forms" data-live>
    {{#mayAct}}{{>duties-take}}{{>duties-complete}}{{/mayAct}}
    </div>
    <h2>What happened</h2>
    <div id="duty-history" data-live>
    <ol>{{#history}}<li><time datetime="{{machine}}">{{words}}</time>: {{says}}</li>{{/history}}</ol>
    </div>
    {{/main}}{{/board}}
    """

  private static let take = """
    {{#isMine}}
    <h2>Give it back</h2>
    <form method="post" action="{{go}}" novalidate>
    <input type="hidden" name="token" value="{{token}}"><input type="hidden" name="do" value="give-back">
    {{>reason}}
    <button class="second" type="submit">Give this duty back</button>
    </form>
    {{/isMine}}
    {{^isMine}}
    <h2>{{#other}}Take it over{{/other}}{{^other}}Take it on{{/other}}</h2>
    <form method="post" action="{{go}}" novalidate>
    <input type="hidden" name="token" value="{{token}}"><input type="hidden" name="do" value="take">
    <input type="hidden" name="holder" value="{{holder}}">
    {{#other}}<p>{{other}} has taken this on. Agree with them first.</p>{{>reason}}{{/other}}
    {{^other}}<p>Others see that you are seeing to it. It is not done by that.</p>{{/other}}
    <button class="second" type="submit">I will do this</button>
    </form>
    {{/isMine}}
    """

  private static let complete = """
    <h2>Say that it is done</h2>
    {{#isOverdue}}<p>The deadline has passed: this will be kept as done late, whenever it was done.</p>{{/isOverdue}}
    {{^isOverdue}}<p>What counts is when it is recorded here, so do not wait for the deadline.</p>{{/isOverdue}}
    <form method="post" action="{{go}}" novalidate>
    <input type="hidden" name="token" value="{{token}}"><input type="hidden" name="do" value="complete">
    <div class="field{{#evidenceProblem}} wrong{{/evidenceProblem}}">
    <label for="evidence">What shows that it is done</label>
    <p class="hint" id="evidence-hint">For example where the record is filed. It is kept with your name. Do not write \
    anything about the child here.</p>
    {{#evidenceProblem}}<p class="problem" id="evidence-problem">Error: {{evidenceProblem}}</p>{{/evidenceProblem}}
    <textarea id="evidence" name="evidence" rows="3" autocomplete="off" maxlength="500" aria-required="true"\
    {{#evidenceProblem}} aria-invalid="true"{{/evidenceProblem}} aria-describedby="evidence-hint{{#evidenceProblem}} \
    evidence-problem{{/evidenceProblem}}">
    {{evidence}}</textarea>
    </div>
    <div class="field{{#doneByProblem}} wrong{{/doneByProblem}}">
    <label for="doneBy">Who did it (optional)</label>
    <p class="hint" id="doneBy-hint">A name or an office.</p>
    {{#doneByProblem}}<p class="problem" id="doneBy-problem">Error: {{doneByProblem}}</p>{{/doneByProblem}}
    <input id="doneBy" name="doneBy" type="text" value="{{doneBy}}" autocomplete="off" maxlength="500"\
    {{#doneByProblem}} aria-invalid="true"{{/doneByProblem}} aria-describedby="doneBy-hint{{#doneByProblem}} \
    doneBy-problem{{/doneByProblem}}">
    </div>
    <div class="field{{#doneAtProblem}} wrong{{/doneAtProblem}}">
    <label for="doneAt">When it was done (optional)</label>
    <p class="hint" id="doneAt-hint">Date and time in London.</p>
    {{#doneAtProblem}}<p class="problem" id="doneAt-problem">Error: {{doneAtProblem}}</p>{{/doneAtProblem}}
    <input id="doneAt" name="doneAt" type="datetime-local" value="{{doneAt}}" max="{{latest}}" autocomplete="off"\
    {{#doneAtProblem}} aria-invalid="true"{{/doneAtProblem}} aria-describedby="doneAt-hint{{#doneAtProblem}} \
    doneAt-problem{{/doneAtProblem}}">
    </div>
    <button type="submit">This duty is done</button>
    </form>
    """
}
