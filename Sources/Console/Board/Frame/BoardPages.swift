package import Delivery
package import Hummingbird
import Routing

/// Every page of the board.
package struct BoardPages: Sendable {
  let desk: BoardDesk
  private let routeFolder: RouteFolder?

  /// `routeFolder` is where the routes are read from, for what stands beside the packs; nil: from nowhere.
  package init(_ desk: BoardDesk, routeFolder: RouteFolder? = nil) {
    self.desk = desk
    self.routeFolder = routeFolder
  }

  package func add(to router: Hummingbird.Router<GatewayContext>) {
    ChangesStream(desk: desk).add(to: router)
    BoardPage(desk: desk).add(to: router)
    EpisodePages(desk: desk).add(to: router)
    MessagePages(desk: desk).add(to: router)
    DeskPages(desk: desk).add(to: router)
    DutyPages(desk: desk).add(to: router)
    ReportPages(desk: desk).add(to: router)
    ProtocolPages(desk: desk, folder: routeFolder).add(to: router)
    StatisticsPages(desk: desk).add(to: router)
  }

  /// The markup, by name. Each area has its own beside its code.
  static let templates: [(name: String, text: String)] =
    frame + BoardPage.templates + EpisodePages.templates + MessagePages.templates + DeskPages.templates
    + DutyPages.templates + ReportPages.templates + ProtocolPages.templates + StatisticsPages.templates

  private static let frame: [(name: String, text: String)] = [
    (
      "board",
      """
      <!DOCTYPE html>
      <html lang="en-GB">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">
      <title>{{#problems}}Error: {{/problems}}{{title}} - Waypost</title>
      <link rel="icon" href="data:,">
      <style>{{{style}}}</style>
      </head>
      <body class="wide" data-now="{{now}}" data-ends="{{ends}}"{{#stream}} data-stream="{{stream}}"{{/stream}}\
      {{#episode}} data-episode="{{episode}}"{{/episode}}>
      <a class="skip" href="#main">Skip to what the page is about</a>
      <header>
      <div class="who">
      <p><strong>Waypost</strong></p>
      <p><a class="way" href="{{me}}">{{who}}</a></p>
      </div>
      </header>
      <nav class="areas" aria-label="Areas">
      <ul>{{#areas}}<li><a href="{{go}}"{{#isHere}} aria-current="page"{{/isHere}}>{{words}}</a></li>{{/areas}}</ul>
      </nav>
      <main id="main" tabindex="-1">
      {{$main}}{{/main}}
      </main>
      <footer>
      <p class="soft">As of {{clock}}, London time.{{#stream}} <span id="live-state" role="status">Open the page again to \
      see what has happened since.</span>{{/stream}}</p>
      <form method="post" action="{{signOut}}"><input type="hidden" name="token" value="{{token}}">\
      <button class="second" type="submit">Sign out</button></form>
      </footer>
      <div class="leave" id="leave" role="alert" hidden>
      <p><strong>You will be signed out within two minutes.</strong> <a class="way" href="">Stay signed in</a></p>
      </div>
      <script>{{{script}}}</script>
      </body>
      </html>
      """
    ),
    // Inside the values of an instant.
    ("countdown", #"<time datetime="{{machine}}" data-until="{{until}}">{{left}}</time>"#),
    // A reason, for whatever is done by hand: `reasonProblem` and `reason` of the values.
    (
      "reason",
      """
      <div class="field{{#reasonProblem}} wrong{{/reasonProblem}}">
      <label for="reason">Why</label>
      <p class="hint" id="reason-hint">It is kept with your name. Do not write anything about the child here.</p>
      {{#reasonProblem}}<p class="problem" id="reason-problem">Error: {{reasonProblem}}</p>{{/reasonProblem}}
      <input id="reason" name="reason" type="text" value="{{reason}}" autocomplete="off" maxlength="500" \
      aria-required="true"{{#reasonProblem}} aria-invalid="true"{{/reasonProblem}} aria-describedby="reason-hint\
      {{#reasonProblem}} reason-problem{{/reasonProblem}}">
      </div>
      """
    ),
  ]
}
