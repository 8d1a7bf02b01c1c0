import Delivery
import HTTPTypes
import Hummingbird
import Routing

/// The pages around signing in that only say something, each with what to do next.
extension Page {
  static func mayNot(_ permission: Permission, page: String) -> Page {
    notice(
      .forbidden, "You may not see this",
      [
        "Your roles do not let you \(permission.rawValue).",
        "If your work needs it, ask whoever runs this gateway. That you asked has been recorded.",
      ], go: (page, "What you may do"))
  }

  static func strangeForm(page: String) -> Page {
    notice(
      .forbidden, "This form is out of date",
      [
        "It did not come from a page that this browser has open, or you have signed in or out since. Nothing was done.",
        "Open the page again and send it from there. Your browser has to accept cookies.",
      ], go: (page, "Open the page"))
  }

  static func tooManyTries(seconds: Int) -> Page {
    var page = notice(
      .tooManyRequests, "Too many tries",
      ["Wait \(seconds) seconds and try again. If it is urgent, ring whoever runs this gateway."])
    page.retryAfter = seconds
    return page
  }

  static func noProvider(again: String) -> Page {
    notice(
      .notFound, "There is no such way to sign in", ["Choose one from the list."], go: (again, "Sign in"))
  }

  static func providerFails(_ label: String, again: String) -> Page {
    var page = notice(
      .serviceUnavailable, "\(label) cannot be used now",
      [
        "It does not answer, or not as it should. You have not been signed in.",
        "Try again in a minute. If it stays so, ring whoever runs this gateway: the reason is in its log.",
      ], go: (again, "Sign in"))
    page.retryAfter = 60
    return page
  }

  static func providerRefused(_ label: String, again: String) -> Page {
    notice(
      .forbidden, "\(label) did not sign you in",
      ["You may have cancelled, or may not use this gateway there. Try again, or ask your own IT desk."],
      go: (again, "Sign in"))
  }

  static func unverifiedMail(_ label: String, again: String) -> Page {
    notice(
      .forbidden, "Your mail address is not verified",
      [
        "\(label) has not verified your address, so that it cannot count here. Ask your own IT desk to have it verified."
      ],
      go: (again, "Sign in"))
  }

  static func unknownPerson(_ label: String, again: String) -> Page {
    notice(
      .forbidden, "You are not known here",
      [
        "\(label) knows you, but this gateway does not yet. Nothing is shown to people it does not know.",
        "Ask whoever runs this gateway to add you, and tell them the address you sign in with at \(label).",
      ], go: (again, "Sign in"))
  }

  static func signInFailed(again: String) -> Page {
    notice(
      .forbidden, "You have not been signed in",
      [
        "The sign-in took longer than \(Session.signInLimit / 60) minutes, was begun in another browser, or was used before.",
        "Begin anew. Your browser has to accept cookies. If it happens again, ring whoever runs this gateway.",
      ], go: (again, "Sign in"))
  }

  static func signedOut(provider: String?, again: String) -> Page {
    let rest = provider.map {
      [
        "You may still be signed in at \($0), where whoever uses this machine next could sign in as you: sign out there too."
      ]
    }
    return notice(.ok, "You are signed out", rest ?? ["You can close this page."], go: (again, "Sign in"))
  }

  static func signedInAlready(_ person: Person, go place: String, refresh: Int64) -> Page {
    notice(.ok, "You are signed in", ["You are signed in as \(person.label)."], go: (place, "Go on"), refresh: refresh)
  }

  static var notNow: Page {
    var page = notice(
      .serviceUnavailable, "This did not work",
      ["Something failed on our side. Open the page again in a moment to see whether anything was done."])
    page.retryAfter = 5
    return page
  }
}

/// The markup of the pages around signing in.
extension PageTemplates {
  static let signIn = """
    {{<layout}}{{$main}}
    {{>errors}}
    <h1>{{title}}</h1>
    {{#providers}}<p><a class="way" href="{{go}}">Sign in with {{label}}</a></p>{{/providers}}
    {{#local}}
    <h2>With a passphrase</h2>
    <form method="post" action="{{action}}" novalidate>
    <input type="hidden" name="token" value="{{token}}">
    <input type="hidden" name="next" value="{{next}}">
    <div class="field">
    <label for="name">Name</label>
    <input id="name" name="name" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" \
    aria-required="true">
    </div>
    <div class="field">
    <label for="passphrase">Passphrase</label>
    <input id="passphrase" name="passphrase" type="password" autocomplete="current-password" aria-required="true">
    </div>
    <button type="submit">Sign in</button>
    </form>
    {{/local}}
    {{#nobody}}<p>Nobody can sign in yet. Whoever runs this gateway sets it up with <code>waypost people</code>.</p>{{/nobody}}
    {{/main}}{{/layout}}
    """

  static let me = """
    {{<layout}}{{$main}}
    <h1>{{title}}</h1>
    {{>facts}}
    <form method="post" action="{{action}}">
    <input type="hidden" name="token" value="{{token}}">
    <button type="submit">Sign out</button>
    </form>
    {{/main}}{{/layout}}
    """
}
