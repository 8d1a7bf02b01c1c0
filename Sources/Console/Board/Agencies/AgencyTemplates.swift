/// The markup of `/agencies`.
extension AgencyPages {
  static let templates: [(name: String, text: String)] = [
    ("agencies", list), ("agencies-changes", changes), ("agencies-one", one), ("agencies-form", form),
    ("agencies-row", row), ("agencies-change", change), ("agencies-diff", diff), ("agencies-reach", reach),
  ]

  /// How an agency or a desk can be reached, as a mark.
  private static let reach = """
    <span class="mark{{#isBad}} bad{{/isBad}}{{#isGood}} good{{/isGood}}">{{reach}}</span>
    """

  private static let changes = """
    <ul>{{#list}}<li><a class="way" href="{{changeGo}}">{{title}}</a> <span class="soft">{{state}}, {{by}}</span></li>\
    {{/list}}</ul>
    """

  private static let list = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    {{^isEmpty}}<p>{{trouble}}</p>{{/isEmpty}}
    {{#misfits}}
    <h2>Not in force: they do not fit the files any more</h2>
    <p>These changes were approved, and the directory's files have changed since. <strong>Messages go to the contacts \
    from before them, which may be wrong.</strong> Ring these desks when something is owed. Then propose the change anew, \
    or have it written into the desk's file; each change says what does not fit.</p>
    {{>agencies-changes}}
    {{/misfits}}
    {{#open}}
    <h2>Changes that wait for a second person</h2>
    {{>agencies-changes}}
    {{/open}}
    <h2>All agencies</h2>
    {{#isEmpty}}<p>There is no agency that you may see.</p>{{/isEmpty}}
    <ul class="cards">
    {{#rows}}
    <li class="card">
    <h3><a href="{{go}}">{{agency}}</a></h3>
    <p>{{>agencies-reach}} {{note}}</p>
    <dl class="figures">
    <div><dt>Last looked at</dt><dd>{{last}}</dd></div>
    <div><dt>Certificates</dt><dd>{{certificates}}{{#isExpiring}} <span class="mark bad">Renew</span>{{/isExpiring}}</dd>\
    </div>
    <div><dt>Acknowledges within</dt><dd>{{acknowledges}}</dd></div>
    <div><dt>Waiting now</dt><dd>{{waits}}</dd></div>
    </dl>
    </li>
    {{/rows}}
    </ul>
    {{/main}}{{/board}}
    """

  private static let one = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <p>{{>agencies-reach}} {{note}}</p>
    <dl>
    <div><dt>Last looked at</dt><dd>{{last}}</dd></div>
    <div><dt>Certificates</dt><dd>{{certificates}}{{#isExpiring}} <span class="mark bad">Renew</span>{{/isExpiring}}</dd>\
    </div>
    <div><dt>Acknowledges within</dt><dd>{{acknowledges}}</dd></div>
    <div><dt>Waiting now</dt><dd>{{waits}}</dd></div>
    </dl>
    {{#messages}}
    <h2>Messages that wait</h2>
    <ul>{{#list}}<li><a class="way" href="{{message}}">{{#isExercise}}EXERCISE: {{/isExercise}}{{words}}</a> \
    <span class="soft">{{messageState}}, owed for {{since}}</span></li>{{/list}}</ul>
    {{^list}}<p>None.</p>{{/list}}
    {{/messages}}
    {{#changes}}
    <h2>Changes of its desks</h2>
    {{>agencies-changes}}
    {{/changes}}
    <h2>Desks</h2>
    <ul class="cards">
    {{#desks}}
    <li class="card">
    <h3>{{desk}}</h3>
    <p>{{>agencies-reach}} <span class="soft">{{role}}</span></p>
    <dl>
    <div><dt>Open</dt><dd>{{hours}}</dd></div>
    {{#closed}}<div><dt>When it is closed</dt><dd>{{closed}}</dd></div>{{/closed}}
    <div><dt>Asked next</dt><dd>{{next}}</dd></div>
    <div><dt>Waiting now</dt><dd>{{waiting}}</dd></div>
    <div><dt>Contacts, in the order in which they are tried</dt><dd><ol>{{#channels}}<li>{{channel}}<br>\
    <span class="soft">{{says}}{{#certificate}}. {{certificate}}{{/certificate}}</span></li>{{/channels}}</ol></dd></div>
    </dl>
    {{#edit}}<p><a class="way" href="{{edit}}">Propose a change of {{desk}}</a></p>{{/edit}}
    {{#openChange}}<p><a class="way" href="{{openChange}}">A change of {{desk}} waits for a second person</a></p>\
    {{/openChange}}
    </li>
    {{/desks}}
    </ul>
    {{/main}}{{/board}}
    """

  private static let row = """
    <fieldset>
    <legend>{{legend}}</legend>
    <div class="pair">
    <div class="field{{#wayProblem}} wrong{{/wayProblem}}">
    <label for="way-{{index}}">How</label>
    {{#wayProblem}}<p class="problem" id="way-{{index}}-problem">Error: {{wayProblem}}</p>{{/wayProblem}}
    <select id="way-{{index}}" name="way-{{index}}"{{#wayProblem}} aria-invalid="true" \
    aria-describedby="way-{{index}}-problem"{{/wayProblem}}>{{#ways}}<option value="{{value}}"{{#isChosen}} selected\
    {{/isChosen}}>{{words}}</option>{{/ways}}</select>
    </div>
    <div class="field{{#addressProblem}} wrong{{/addressProblem}}">
    <label for="address-{{index}}">Address or number</label>
    {{#addressProblem}}<p class="problem" id="address-{{index}}-problem">Error: {{addressProblem}}</p>{{/addressProblem}}
    <input id="address-{{index}}" name="address-{{index}}" type="text" value="{{address}}" autocomplete="off" \
    autocapitalize="none" spellcheck="false" maxlength="500"{{#addressProblem}} aria-invalid="true" \
    aria-describedby="address-{{index}}-problem"{{/addressProblem}}>
    </div>
    </div>
    </fieldset>
    """

  private static let form = """
    {{<board}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    <p>{{agency}}, {{role}}. Nothing changes before a second person has approved it.</p>
    <form method="post" action="{{action}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    <input type="hidden" name="version" value="{{version}}">
    <div class="field{{#nameProblem}} wrong{{/nameProblem}}">
    <label for="name">Name of the desk</label>
    {{#nameProblem}}<p class="problem" id="name-problem">Error: {{nameProblem}}</p>{{/nameProblem}}
    <input id="name" name="name" type="text" value="{{name}}" autocomplete="off" maxlength="200" aria-required="true"\
    {{#nameProblem}} aria-invalid="true" aria-describedby="name-problem"{{/nameProblem}}>
    </div>
    <div class="field{{#hoursProblem}} wrong{{/hoursProblem}}">
    <label for="hours">Hours</label>
    {{#hoursProblem}}<p class="problem" id="hours-problem">Error: {{hoursProblem}}</p>{{/hoursProblem}}
    <select id="hours" name="hours"{{#hoursProblem}} aria-invalid="true" aria-describedby="hours-problem"\
    {{/hoursProblem}}>{{#hoursChoices}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{words}}</option>\
    {{/hoursChoices}}</select>
    </div>
    <div class="field{{#whenClosedProblem}} wrong{{/whenClosedProblem}}">
    <label for="whenClosed">When it is closed</label>
    {{#whenClosedProblem}}<p class="problem" id="whenClosed-problem">Error: {{whenClosedProblem}}</p>\
    {{/whenClosedProblem}}
    <select id="whenClosed" name="whenClosed"{{#whenClosedProblem}} aria-invalid="true" \
    aria-describedby="whenClosed-problem"{{/whenClosedProblem}}>{{#closedChoices}}<option value="{{value}}"\
    {{#isChosen}} selected{{/isChosen}}>{{words}}</option>{{/closedChoices}}</select>
    </div>
    <h2>Contacts</h2>
    <p>They are tried in this order. What else the directory says of a contact (how private mail has to be, \
    certificates, secrets, consent) stays as it is. A new webhook or a new way through GOV.UK Notify needs more than an \
    address: write it into the directory's files.</p>
    {{#rows}}{{>agencies-row}}{{/rows}}
    <h2>Reason</h2>
    {{>reason}}
    <div class="buttons"><button type="submit">Propose this change</button></div>
    <p><a class="way" href="{{back}}">Back to {{agency}} without a change</a></p>
    </form>
    {{/main}}{{/board}}
    """

  private static let diff = """
    <ul class="cards">
    {{#lines}}
    <li class="card">
    <h3>{{what}} <span class="mark">{{mark}}</span></h3>
    {{#isSame}}<p>{{will}}</p>{{/isSame}}
    {{^isSame}}<p>Was: <del>{{was}}</del></p>
    <p>Will be: <ins>{{will}}</ins></p>{{/isSame}}
    </li>
    {{/lines}}
    </ul>
    {{#warnings}}
    <div class="card alarm">
    <h3>Look twice</h3>
    <ul>{{#list}}<li>{{.}}</li>{{/list}}</ul>
    <p>Ring the desk on a number that you know, not on one that came with the request, and ask whether this is right.</p>
    </div>
    {{/warnings}}
    """

  private static let change = """
    {{<board}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    <p><strong>{{stands}}</strong></p>
    {{#misfit}}
    <div class="card alarm">
    <h2>What to do</h2>
    <p>Ring the desk when something is owed. Then propose the change anew from the desk as it is now, have it written \
    into the desk's file, or have what it needs put back there; the gateway takes it into use when it reads the files \
    again (SIGHUP).</p>
    {{#isSaid}}<ul>{{#reasons}}<li>{{says}}</li>{{/reasons}}</ul>{{/isSaid}}
    </div>
    {{/misfit}}
    {{>facts}}
    <h2>What changes</h2>
    {{>agencies-diff}}
    {{#approve}}
    <h2>Approve</h2>
    <p>Messages about missing children will go to the contacts above. {{owed}}</p>
    <form method="post" action="{{approve}}"><input type="hidden" name="token" value="{{token}}">
    <div class="buttons"><button type="submit">Approve, and send to these contacts from now on</button></div></form>
    {{/approve}}
    {{#refuse}}
    <h2>Refuse</h2>
    <form method="post" action="{{refuse}}" novalidate><input type="hidden" name="token" value="{{token}}">
    {{>reason}}
    <div class="buttons"><button class="second" type="submit">Refuse, and leave the desk as it is</button></div></form>
    {{/refuse}}
    {{#withdraw}}
    <h2>Withdraw</h2>
    <p>You proposed this, so somebody else has to approve it.</p>
    <form method="post" action="{{withdraw}}" novalidate><input type="hidden" name="token" value="{{token}}">
    {{>reason}}
    <div class="buttons"><button class="second" type="submit">Withdraw the proposal</button></div></form>
    {{/withdraw}}
    {{#others}}<p>Somebody who may edit the directory decides.</p>{{/others}}
    {{^misfit}}{{#probe}}
    <h2>Does it arrive?</h2>
    <p>Send a test along the new contacts: <code>{{probe}}</code> on the gateway's machine.</p>
    {{/probe}}
    {{#yaml}}
    <h2>For the directory's files</h2>
    <p>Commands that read the files alone do not know of this change. Copy the entry in its agency's place there; once \
    the gateway has read the files again, they count by themselves.</p>
    <pre class="entry" tabindex="0" role="region" aria-label="The entry of the desk">{{yaml}}</pre>
    {{/yaml}}{{/misfit}}
    <p><a class="way" href="{{back}}">All desks of {{agency}}</a></p>
    {{/main}}{{/board}}
    """
}
