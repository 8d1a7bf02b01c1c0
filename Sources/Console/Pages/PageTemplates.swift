import Delivery
import Mustache

/// The words and the markup of all pages. Here those that recipients open: one layout, no script, nothing fetched from
/// elsewhere. Those of the board stand beside the code that fills them.
///
/// Guarantee: whatever is written with two braces is escaped scalar by scalar. swift-mustache's own escaping looks at
/// whole characters, so that a quotation mark followed by a combining accent would pass it and end an attribute.
enum PageTemplates {
  /// A page with all its values put in; nil only if a template is no Mustache, which the tests rule out.
  static func render(_ name: String, _ values: [String: Any]) -> String? {
    library.render(values, withTemplate: name)
  }

  private static let library: MustacheLibrary = {
    MustacheContentTypes.register(ScalarEscaping(), named: "PAGE")
    var library = MustacheLibrary()
    for (name, text) in pages + BoardPages.templates {
      // A template that is wrong is missing, and its page then answers with its title.
      try? library.register("{{% CONTENT_TYPE:PAGE}}\n" + text, named: name)
    }
    return library
  }()

  private static let pages: [(name: String, text: String)] = [
    ("layout", layout), ("errors", errors), ("facts", facts), ("standing", standing), ("answer", answer),
    ("promise", promise),
    ("code-form", codeForm), ("notice", notice), ("acknowledge", acknowledge), ("ask", ask), ("code", code),
    ("message", message), ("sign-in", signIn), ("me", me),
  ]

  private static let layout = """
    <!DOCTYPE html>
    <html lang="en-GB">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>{{#exercise}}EXERCISE: {{/exercise}}{{#problems}}Error: {{/problems}}{{title}} - Waypost</title>
    <link rel="icon" href="data:,">
    <style>{{{style}}}</style>
    </head>
    <body>
    <header><p><strong>Waypost</strong> messages about missing children</p></header>
    <main>
    {{#exercise}}
    <p class="exercise"><strong>\(Drill.banner)</strong></p>
    {{/exercise}}
    {{$main}}{{/main}}
    </main>
    </body>
    </html>
    """

  /// `problems` is an object with a list, so that it stands once however many there are.
  private static let errors = """
    {{#problems}}
    <div class="problems" role="alert" aria-labelledby="problems" tabindex="-1" autofocus>
    <h2 id="problems">There is a problem</h2>
    <ul>{{#list}}<li><a href="#{{field}}">{{says}}</a></li>{{/list}}</ul>
    </div>
    {{/problems}}
    """

  private static let facts = """
    <dl>{{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}</dl>
    """

  /// Where the message stands: acknowledged, passed on, or open again.
  private static let standing = """
    {{#done}}
    <div class="done" role="status">
    <p><strong>Acknowledged on {{done}}.</strong> The sender can see this.</p>
    </div>
    {{/done}}
    {{#passedTo}}
    <div class="passed">
    <p><strong>Nobody answered in time, so this message was passed to {{passedTo}}.</strong> They have it now, and the \
    message to you is superseded. Agree with them who does what.</p>
    {{^done}}<p>Your answer is still welcome, and it is recorded.</p>{{/done}}
    </div>
    {{/passedTo}}
    {{#lapsed}}
    <div class="passed"><p><strong>This was acknowledged on {{lapsed}}, but nobody reported back in time, so it is open \
    again.</strong> Please answer once more.</p></div>
    {{/lapsed}}
    """

  private static let answer = """
    <form method="post" action="{{action}}" novalidate>
    <div class="field{{#byProblem}} wrong{{/byProblem}}">
    <label for="by">Your name or office</label>
    <p class="hint" id="by-hint">So that the sender knows who has the message.</p>
    {{#byProblem}}<p class="problem" id="by-problem">Error: {{byProblem}}</p>{{/byProblem}}
    <input id="by" name="by" type="text" value="{{by}}" autocomplete="off" aria-required="true"{{#byProblem}} \
    aria-invalid="true"{{/byProblem}} aria-describedby="by-hint{{#byProblem}} by-problem{{/byProblem}}">
    </div>
    {{>promise}}
    <button type="submit">{{#done}}Send{{/done}}{{^done}}Acknowledge{{/done}}</button>
    </form>
    """

  /// What will be done and by when, in the form of whoever takes a message on.
  private static let promise = """
    <div class="field{{#willDoProblem}} wrong{{/willDoProblem}}">
    <label for="willDo">What will be done (optional)</label>
    <p class="hint" id="willDo-hint">Do not write anything about the child here.</p>
    {{#willDoProblem}}<p class="problem" id="willDo-problem">Error: {{willDoProblem}}</p>{{/willDoProblem}}
    <textarea id="willDo" name="willDo" rows="3" autocomplete="off"{{#willDoProblem}} aria-invalid="true"\
    {{/willDoProblem}} aria-describedby="willDo-hint{{#willDoProblem}} willDo-problem{{/willDoProblem}}">
    {{willDo}}</textarea>
    </div>
    <div class="field{{#untilProblem}} wrong{{/untilProblem}}">
    <label for="until">By when (optional)</label>
    <p class="hint" id="until-hint">Date and time in London. If you give a time and we hear nothing more by then, the \
    next contact is asked.</p>
    {{#untilProblem}}<p class="problem" id="until-problem">Error: {{untilProblem}}</p>{{/untilProblem}}
    <input id="until" name="until" type="datetime-local" value="{{until}}" min="{{earliest}}" autocomplete="off"\
    {{#untilProblem}} aria-invalid="true"{{/untilProblem}} aria-describedby="until-hint{{#untilProblem}} \
    until-problem{{/untilProblem}}">
    </div>
    """

  private static let codeForm = """
    <form method="post" action="{{action}}" novalidate>
    <div class="field{{#codeProblem}} wrong{{/codeProblem}}">
    <label for="code">Code from the mail</label>
    <p class="hint" id="code-hint">8 digits. Spaces do not matter.</p>
    {{#codeProblem}}<p class="problem" id="code-problem">Error: {{codeProblem}}</p>{{/codeProblem}}
    <input class="short" id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" \
    spellcheck="false" aria-required="true"{{#codeProblem}} aria-invalid="true"{{/codeProblem}} \
    aria-describedby="code-hint{{#codeProblem}} code-problem{{/codeProblem}}">
    </div>
    <button type="submit">Open the message</button>
    </form>
    """

  private static let notice = """
    {{<layout}}{{$main}}
    <h1>{{title}}</h1>
    {{#says}}<p>{{.}}</p>{{/says}}
    {{#again}}<form method="post" action="{{again}}"><button type="submit">Send a new code</button></form>{{/again}}
    {{#go}}<p><a class="way" href="{{place}}">{{words}}</a></p>{{/go}}
    {{#reference}}<dl><div><dt>Reference</dt><dd>{{reference}}</dd></div></dl>{{/reference}}
    {{/main}}{{/layout}}
    """

  private static let acknowledge = """
    {{<layout}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    {{>standing}}
    {{#done}}<p>You can close this page.</p>{{/done}}
    {{^done}}<p>This says that you have the message and are dealing with it. The details are in the message, not \
    here.</p>{{/done}}
    {{>facts}}
    {{#done}}<h2>Add what you will do</h2>{{/done}}
    {{>answer}}
    {{/main}}{{/layout}}
    """

  private static let ask = """
    {{<layout}}{{$main}}
    <h1>{{title}}</h1>
    <p>The message is kept here because it is private. To read it, ask for a code. We send the code to the mailbox \
    that this link was sent to.</p>
    {{>facts}}
    <form method="post" action="{{again}}"><button type="submit">Send the code</button></form>
    <p><a class="way" href="{{enter}}">I already have a code</a></p>
    {{/main}}{{/layout}}
    """

  private static let code = """
    {{<layout}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    {{#says}}<p>{{.}}</p>{{/says}}
    {{>code-form}}
    <h2>No mail?</h2>
    <p>Look in the spam folder first. A new code can be sent one minute after the last one, and ends the last one.</p>
    <form method="post" action="{{again}}"><button class="second" type="submit">Send a new code</button></form>
    <dl><div><dt>Reference</dt><dd>{{reference}}</dd></div></dl>
    {{/main}}{{/layout}}
    """

  private static let message = """
    {{<layout}}{{$main}}
    <h1>{{title}}</h1>
    {{>standing}}
    <p>Keep this page open while you need it. To open it again you need a new code.</p>
    {{#photograph}}<img src="{{photograph}}" alt="Photograph of the child">{{/photograph}}
    <div class="message">{{{message}}}</div>
    {{#asks}}
    <h2>Acknowledge this message</h2>
    <p>This says that you have the message and are dealing with it.</p>
    {{#due}}<p><strong>Acknowledge by {{due}}. Otherwise the next contact is asked.</strong></p>{{/due}}
    {{>answer}}
    {{/asks}}
    {{/main}}{{/layout}}
    """
}

/// See the guarantee of `PageTemplates`.
struct ScalarEscaping: MustacheContentType {
  func escapeText(_ text: String) -> String { Markup.escaped(text) }
}
