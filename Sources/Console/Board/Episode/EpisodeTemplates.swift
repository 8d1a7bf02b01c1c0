/// The markup of an episode: one body for the screen and for paper, and a frame for each.
extension EpisodePages {
  static let templates: [(name: String, text: String)] = [
    ("episode", page), ("episode-print", paper), ("episode-body", body), ("episode-event", event),
    ("episode-message", message), ("episode-duty", duty), ("episode-acts", acts), ("episode-cites", cites),
    ("episode-ladder", ladder), ("episode-time", #"<time datetime="{{machine}}">{{words}}</time>"#),
    ("episode-proof", proof),
  ]

  private static let page = """
    {{<board}}{{$main}}
    <h1>{{title}}</h1>
    <ul class="ways">
    <li><a href="{{printGo}}">Print this episode, with the proof from the audit</a></li>
    <li><a href="{{exportGo}}" download>Export as a JSON file, with the proof from the audit</a></li>
    </ul>
    {{>episode-body}}
    {{/main}}{{/board}}
    """

  private static let paper = """
    <!DOCTYPE html>
    <html lang="en-GB">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>{{title}} - Waypost</title>
    <link rel="icon" href="data:,">
    <style>{{{style}}}</style>
    </head>
    <body class="wide paper">
    <header>
    <p><strong>Waypost</strong> record of an episode</p>
    <p>Made on {{madeAt}}, London time, for {{madeFor}}. Last digest: {{final}}</p>
    </header>
    <main>
    <p class="onscreen"><a class="way" href="{{backGo}}">Back to the episode</a></p>
    <h1>{{title}}</h1>
    <p>To keep it as a PDF, print the page and choose to save it as a file.</p>
    {{>episode-body}}
    {{>episode-proof}}
    </main>
    </body>
    </html>
    """

  private static let body = """
    {{#isExercise}}<p class="exercise"><strong>EXERCISE: this is a drill. No child is missing.</strong></p>{{/isExercise}}
    {{^isFull}}<p>You see the messages and duties of your own agencies. There may be others.</p>{{/isFull}}
    <section id="episode-summary" aria-labelledby="episode-summary-name" data-live>
    <h2 id="episode-summary-name">Summary</h2>
    {{>facts}}
    </section>
    <section id="episode-standing" aria-labelledby="episode-standing-name" data-live>
    <h2 id="episode-standing-name">Where things stand</h2>
    <ul>{{#standing}}<li>{{.}}</li>{{/standing}}</ul>
    {{#next}}<p><strong>Next deadline:</strong> {{what}}, {{#due}}{{>episode-time}} ({{>countdown}}){{/due}}.</p>{{/next}}
    {{^next}}<p>No deadline lies ahead.</p>{{/next}}
    {{#hasUntold}}
    <h3>Not told yet</h3>
    <ul>
    {{#untold}}
    <li>{{#messageGo}}<a href="{{.}}">Message to {{recipient}}</a>{{/messageGo}}\
    {{^messageGo}}Message to {{recipient}}{{/messageGo}}: <span class="mark {{tone}}">{{state}}</span></li>
    {{/untold}}
    </ul>
    {{/hasUntold}}
    </section>
    <section id="episode-timeline" aria-labelledby="episode-timeline-name" data-live>
    <h2 id="episode-timeline-name">{{#isFull}}Timeline{{/isFull}}{{^isFull}}Messages{{/isFull}}</h2>
    {{#isFull}}
    <p>In the order in which this gateway learned of it. Times are London time.</p>
    {{#events}}{{>episode-event}}{{/events}}
    {{/isFull}}
    {{#own}}
    <ul class="cards">{{#messages}}{{>episode-message}}{{/messages}}</ul>
    {{^messages}}<p>No message was owed to your agencies.</p>{{/messages}}
    {{/own}}
    </section>
    <section id="episode-ladders" aria-labelledby="episode-ladders-name" data-live>
    <h2 id="episode-ladders-name">Escalation</h2>
    {{#ladders}}{{>episode-ladder}}{{/ladders}}
    {{^ladders}}<p>No message waits for somebody to confirm it.</p>{{/ladders}}
    {{#settled}}
    <details id="episode-settled"{{#isPaper}} open{{/isPaper}}>
    <summary>{{count}} that came to an end</summary>
    {{#list}}{{>episode-ladder}}{{/list}}
    </details>
    {{/settled}}
    </section>
    <section id="episode-duties" aria-labelledby="episode-duties-name" data-live>
    <h2 id="episode-duties-name">Duties and their clocks</h2>
    <ul class="cards">{{#duties}}{{>episode-duty}}{{/duties}}</ul>
    {{^duties}}<p>Nobody owes a duty here.</p>{{/duties}}
    {{#hasClocks}}
    <h3>Clocks that run</h3>
    <ul>
    {{#clocks}}<li>{{part}}, {{#due}}{{>episode-time}} ({{>countdown}}){{/due}}: {{rule}}</li>{{/clocks}}
    </ul>
    {{/hasClocks}}
    </section>
    <section id="episode-alarms" aria-labelledby="episode-alarms-name" data-live>
    <h2 id="episode-alarms-name">Alarms</h2>
    {{^alarms}}<p>None was raised.</p>{{/alarms}}
    {{#hasAlarms}}
    <ul>
    {{#alarms}}
    <li>{{#at}}{{>episode-time}}{{/at}}: <strong>{{kind}}</strong>, {{text}} \
    ({{#messageGo}}<a href="{{.}}">message {{identifier}}</a>{{/messageGo}}{{^messageGo}}{{identifier}}{{/messageGo}})</li>
    {{/alarms}}
    </ul>
    {{/hasAlarms}}
    </section>
    {{#looks}}
    <section id="episode-looks" aria-labelledby="episode-looks-name" data-live>
    <h2 id="episode-looks-name">Who has looked</h2>
    <ul>{{#list}}<li>{{#at}}{{>episode-time}}{{/at}}: {{did}}: {{detail}}</li>{{/list}}</ul>
    </section>
    {{/looks}}
    """

  private static let event = """
    <article class="card" id="{{anchor}}" aria-labelledby="{{anchor}}-name">
    <h3 id="{{anchor}}-name">{{headline}}</h3>
    {{#isTimed}}
    <p>Set off by time, for {{#happened}}{{>episode-time}}{{/happened}}; fired \
    {{#learned}}{{>episode-time}}{{/learned}}.</p>
    {{#cause}}<p>{{.}}</p>{{/cause}}
    {{/isTimed}}
    {{^isTimed}}
    <p>Happened {{#happened}}{{>episode-time}}{{/happened}}; learned {{#learned}}{{>episode-time}}{{/learned}} from \
    {{sender}}.</p>
    {{/isTimed}}
    {{#corrections}}
    <p><span class="mark">{{#otherEvent}}<a href="#{{.}}">{{says}}</a>{{/otherEvent}}\
    {{^otherEvent}}{{says}}{{/otherEvent}}</span></p>
    {{/corrections}}
    {{#nothing}}<p>It made nothing owed.</p>{{/nothing}}
    {{#hasMessages}}
    <h4>Messages that it made owed</h4>
    <ul class="owed">{{#messages}}{{>episode-message}}{{/messages}}</ul>
    {{/hasMessages}}
    {{#hasDuties}}
    <h4>Duties that it made owed</h4>
    <ul>
    {{#owedDuties}}
    <li>{{#dutyGo}}<a href="{{.}}">{{dutyTitle}}, {{holder}}</a>{{/dutyGo}}{{^dutyGo}}{{dutyTitle}}, {{holder}}{{/dutyGo}}: \
    <span class="mark {{dutyTone}}">{{dutyState}}</span>. {{>episode-cites}}</li>
    {{/owedDuties}}
    </ul>
    {{/hasDuties}}
    {{#hasNotes}}
    <h4>Noted, without telling anybody</h4>
    <ul>{{#notes}}<li>{{.}}</li>{{/notes}}</ul>
    {{/hasNotes}}
    {{#hasWarnings}}
    <h4>What the sender was warned of</h4>
    <ul>{{#warnings}}<li>{{.}}</li>{{/warnings}}</ul>
    {{/hasWarnings}}
    {{>episode-acts}}
    {{#why}}
    <details id="why-{{anchor}}"{{#isPaper}} open{{/isPaper}}>
    <summary>Rules that did not fire, and why: {{count}}</summary>
    <p class="soft">{{basis}}</p>
    <ul>{{#misses}}<li><strong>{{place}}</strong>, rule {{rule}}: {{says}} <em>Did not fire:</em> {{obstacles}}.</li>\
    {{/misses}}</ul>
    </details>
    {{/why}}
    <p class="soft">Event {{anchor}}. Digest as accepted: {{digest}}</p>
    </article>
    """

  private static let message = """
    <li>
    <p><strong>{{recipientTitle}}</strong> <span class="mark {{tone}}">{{state}}</span></p>
    {{#about}}<p>{{.}}</p>{{/about}}
    <p>{{>episode-cites}}</p>
    <p>{{way}} Owed since {{#became}}{{>episode-time}}{{/became}}, {{urgency}}; {{demand}}\
    {{#deadline}}, by {{>episode-time}}{{/deadline}}{{#attempts}}. Tried: {{.}}{{/attempts}}.</p>
    {{#hasReceipts}}
    <ul>
    {{#receipts}}
    <li><strong>{{kind}}</strong> {{#at}}{{>episode-time}}{{/at}}, says {{source}}{{evidence}}. \
    <span class="soft">Proves: {{proves}}.</span></li>
    {{/receipts}}
    </ul>
    {{/hasReceipts}}
    {{>episode-acts}}
    {{#messageGo}}<p><a class="way" href="{{.}}">Message to {{recipient}}, {{message}}</a></p>{{/messageGo}}
    {{^messageGo}}<p class="soft">Message {{message}}</p>{{/messageGo}}
    </li>
    """

  private static let duty = """
    <li class="card">
    <h3>{{dutyTitle}}, {{holder}}</h3>
    <p><span class="mark {{dutyTone}}">{{dutyState}}</span>{{#wasOverdue}} It was overdue.{{/wasOverdue}}
    {{#by}}By {{>episode-time}}{{#runs}} ({{>countdown}}){{/runs}}.{{/by}}{{^by}}No deadline.{{/by}}
    {{#done}}Done {{>episode-time}}.{{/done}}</p>
    <p>{{>episode-cites}}</p>
    {{>episode-acts}}
    {{#dutyGo}}<p><a class="way" href="{{.}}">Duty: {{duty}}, {{holder}}</a></p>{{/dutyGo}}
    </li>
    """

  private static let acts = """
    {{#hasActs}}<ul>{{#acts}}<li>{{#at}}{{>episode-time}}{{/at}}: {{did}}{{detail}}</li>{{/acts}}</ul>{{/hasActs}}
    """

  private static let cites = """
    {{#hasCites}}Owed by {{#cites}}{{#packGo}}<a href="{{.}}">{{section}}</a>{{/packGo}}{{^packGo}}{{section}}{{/packGo}}\
    {{then}}{{/cites}}{{/hasCites}}
    """

  private static let ladder = """
    <div class="card">
    <h3>Message to {{recipient}}</h3>
    <figure>{{{picture}}}</figure>
    <p>{{stands}}{{#check}} Looked at again {{>episode-time}} ({{>countdown}}).{{/check}}</p>
    <ol>{{#steps}}<li>{{.}}</li>{{/steps}}</ol>
    {{#messageGo}}<p><a class="way" href="{{.}}">Message {{message}}</a></p>{{/messageGo}}
    </div>
    """

  private static let proof = """
    <section class="proof" aria-labelledby="episode-proof-name">
    <h2 id="episode-proof-name">Proof from the audit</h2>
    <p>{{proves}}</p>
    <p>{{proofCovers}}</p>
    <p>How the digests are worked out: {{method}} {{eventMethod}} The exported JSON file has the same lines to the letter; \
    if its last digest is the one here, it says the same.</p>
    <dl><div><dt>First digest</dt><dd>{{start}}</dd></div><div><dt>Last digest</dt><dd>{{final}}</dd></div></dl>
    <div class="sheet" role="region" aria-label="Lines of the audit" tabindex="0">
    <table>
    <caption>{{lineCount}} of the audit, in order</caption>
    <thead><tr><th scope="col">Number</th><th scope="col">When</th><th scope="col">What</th>\
    <th scope="col">About, and digest</th></tr></thead>
    <tbody>
    {{#lines}}
    <tr><th scope="row">{{sequence}}</th><td>{{at}}</td><td>{{kind}}: {{detail}}</td><td>{{identifier}}\
    {{#eventDigest}}<br>Event: {{.}}{{/eventDigest}}<br>{{digest}}</td></tr>
    {{/lines}}
    </tbody>
    </table>
    </div>
    <p>Last digest: {{final}}</p>
    </section>
    """
}
