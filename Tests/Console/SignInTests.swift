import Console
import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import NIOCore
import Routing
import TestKit
import Testing

/// Signing in and out, as people, their forgetful machines and somebody with bad intentions meet it.
@Suite struct SignInTests {
  // Over a provider.

  @Test func aPersonOfTheLedgerComesInOverTheProviderAndSeesTheirLimits() async throws {
    let bench = try SignInBench()
    try await bench.add("5f2c", [.dutyManager], label: "Sam, front door", agencies: ["derby"])
    try await bench.serve { client in
      let browser = Browser(client)
      let door = try await browser.open("/sign-in")
      #expect(door.text.contains("href=\"/sign-in/council\"") && door.text.contains("Sign in with Council account"))
      #expect(!door.text.contains("<form"), "nobody has a passphrase")
      let back = try await browser.signIn(with: bench.provider)
      #expect(back.status == .seeOther && back.location == "/")
      #expect(browser.cookies.keys.sorted() == ["__Host-waypost"])
      let page = try await browser.open("/me")
      for words in [
        "Sam, front door", "Council account", "duty manager", "derby", "Thursday 12 November 2026 at 22:30",
      ] {
        #expect(page.text.contains(words), "\(words)")
      }
      #expect(page.header("Refresh") == "1801; url=/sign-in")
      #expect(try await bench.audit("signed-in").map(\.detail) == ["Sam, front door with council"])
      // Nothing that opens anything is kept as it is.
      let form = try #require(bench.provider.forms.first)
      let verifier = try #require(form.split(separator: "code_verifier=").last)
      let secrets = Array(browser.cookies.values) + [String(verifier)]
      for entry in try await bench.ledger.audit(after: 0, limit: 100) {
        for secret in secrets { #expect(!"\(entry)".contains(secret)) }
      }
    }
  }

  @Test func aVerifiedMailAddressWillDoInWhateverLetters() async throws {
    let bench = try SignInBench()
    try await bench.add("Sam@Council.example")
    bench.provider.become(.init(subject: "other", email: "sam@council.EXAMPLE"))
    try await bench.serve { client in
      let browser = Browser(client)
      let back = try await browser.signIn(with: bench.provider)
      #expect(back.status == .seeOther)
      #expect(try await browser.isSignedIn())
    }
  }

  enum Trouble: CaseIterable {
    case wrongState, noState, replayed, otherBrowser, late, repeated, wrongNonce, wrongIssuer, strangeIssuer, noIssuer
    case denied, noToken, badToken, unverified, subjectLikeMail, unknown
  }

  @Test(arguments: Trouble.allCases) func whateverDoesNotFitLetsNobodyIn(_ trouble: Trouble) async throws {
    let bench = try SignInBench()
    try await bench.add("5f2c")
    try await bench.add("sam@council.example")
    let provider = bench.provider
    switch trouble {
    case .wrongNonce: provider.change { $0.nonce = "another" }
    case .wrongIssuer: provider.change { $0.tokenIssuer = "https://evil.example" }
    case .strangeIssuer: provider.change { $0.responseIssuer = "https://evil.example" }
    case .noIssuer: provider.change { $0.responseIssuer = "" }
    case .denied: provider.change { $0.error = "access_denied\"><script>" }
    case .noToken: provider.change { $0.tokenFails = true }
    case .badToken: provider.change { $0.keepsToken = true }
    case .unverified: provider.become(.init(subject: "x", email: "sam@council.example", isVerified: false))
    case .subjectLikeMail: provider.become(.init(subject: "sam@council.example"))
    case .unknown: provider.become(.init(subject: "stranger"))
    default: break
    }
    try await bench.serve { client in
      let browser = Browser(client)
      let way = try await browser.open("/sign-in/council")
      var back = try provider.authorise(way.location)
      switch trouble {
      case .wrongState: back = back.replacing("state=", with: "state=A")
      case .noState: back = back.replacing("state=", with: "else=")
      case .replayed:
        #expect(try await browser.open(back).status == .seeOther)
        browser.cookies = [:]
      case .otherBrowser: browser.cookies = [:]
      case .late: bench.clock.advance(bySeconds: Session.signInLimit)
      case .repeated: back += "&code=other"
      default: break
      }
      let answer = try await browser.open(back)
      let expected: (HTTPResponse.Status, String) =
        switch trouble {
        case .denied: (.forbidden, "Council account did not sign you in")
        case .noToken: (.serviceUnavailable, "Council account cannot be used now")
        case .unverified: (.forbidden, "Your mail address is not verified")
        case .unknown, .subjectLikeMail: (.forbidden, "Ask whoever runs this gateway to add you")
        default: (.forbidden, "You have not been signed in")
        }
      #expect(answer.status == expected.0 && answer.text.contains(expected.1))
      #expect(!answer.text.contains("script") && !answer.text.contains("code/0"))
      #expect(answer.text.contains("href=\"/sign-in\""), "each says how to go on")
      #expect(!answer.cookies.contains { $0.hasPrefix("__Host-waypost=") })
      #expect(try await !browser.isSignedIn())
      let refused = try await bench.audit("sign-in-refused")
      #expect(refused.count == 1 && refused[0].identifier == "council")
      #expect(!refused[0].detail.contains("sam@") && !refused[0].detail.contains("stranger"))
      // Used up, whatever came of it.
      #expect(try await browser.open(back).status == .forbidden)
    }
  }

  @Test func aProviderThatFailsIsSaidSoAndAskedSparingly() async throws {
    let bench = try SignInBench()
    try await bench.add("5f2c")
    try await bench.serve { client in
      let browser = Browser(client)
      bench.provider.change { $0.discoveryIssuer = "https://evil.example" }
      let down = try await browser.open("/sign-in/council")
      #expect(down.status == .serviceUnavailable && down.headers[.retryAfter] == "60")
      bench.provider.change { $0.discoveryIssuer = nil }
      #expect(try await browser.open("/sign-in/council").status == .serviceUnavailable)
      #expect(bench.provider.discoveries == 1, "asked again only after a pause")
      bench.clock.advance(bySeconds: 10)
      #expect(try await browser.signIn(with: bench.provider).status == .seeOther)
      #expect(try await browser.signIn(with: bench.provider).status == .seeOther)
      #expect(bench.provider.discoveries == 2)
      bench.clock.advance(bySeconds: 3600)
      bench.provider.change { $0.isDown = true }
      #expect(try await browser.open("/sign-in/council").status == .seeOther, "what it said before still counts")
      #expect(bench.provider.discoveries == 3)
      let lost = try await browser.open("/sign-in/elsewhere")
      #expect(lost.status == .notFound && !lost.text.contains("elsewhere"))
    }
  }

  // With a passphrase.

  @Test func theAdministratorComesInWithThePassphraseAndNobodyElse() async throws {
    let bench = try SignInBench()
    let administrator = try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      let wrong = try await browser.signIn(passphrase: "three blind mice ram")
      let unknown = try await browser.signIn(passphrase: SignInBench.passphrase, name: "<b>mallory")
      for answer in [wrong, unknown] {
        #expect(answer.status == .forbidden && answer.text.contains("The name or the passphrase is not right"))
        #expect(!answer.text.contains("mice") && !answer.text.contains("mallory"))
      }
      #expect(wrong.text == unknown.text, "a page does not tell which of the two was wrong")
      #expect(try await browser.signIn(passphrase: "  three  blind mice ran ").status == .seeOther)
      #expect(try await browser.isSignedIn())
      let refused = try await bench.audit("sign-in-refused")
      #expect(refused.map(\.identifier) == [administrator.id, Person.local])
      #expect(!refused.contains { $0.detail.contains("mice") || $0.detail.contains("mallory") })
    }
  }

  @Test func whoeverGuessesHasToWait() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      for _ in 1...10 { #expect(try await browser.signIn(passphrase: "wrong wrong wrong").status == .forbidden) }
      let late = try await browser.signIn(passphrase: SignInBench.passphrase)
      #expect(late.status == .tooManyRequests && late.headers[.retryAfter] == "20")
      bench.clock.advance(bySeconds: 19)
      #expect(try await browser.signIn(passphrase: SignInBench.passphrase).status == .tooManyRequests)
      bench.clock.advance(bySeconds: 1)
      #expect(try await browser.signIn(passphrase: SignInBench.passphrase).status == .seeOther)
      #expect(try await bench.audit("sign-in-refused").count == 10)
    }
  }

  // Being signed in, and no longer.

  @Test func aSessionEndsByItself() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      _ = try await browser.signIn(passphrase: SignInBench.passphrase)
      bench.clock.advance(bySeconds: Session.idleLimit - 1)
      #expect(try await browser.isSignedIn())
      bench.clock.advance(bySeconds: Session.idleLimit - 1)
      #expect(try await browser.isSignedIn())
      bench.clock.advance(bySeconds: Session.idleLimit)
      let gone = try await browser.open("/me?tab=2")
      #expect(gone.status == .seeOther && gone.location == "/sign-in?next=%2Fme%3Ftab%3D2")
      #expect(try await bench.audit("signed-out").map(\.detail) == ["administrator: nothing was done for half an hour"])

      _ = try await browser.signIn(passphrase: SignInBench.passphrase)
      for _ in 1...35 {
        bench.clock.advance(bySeconds: 1200)
        #expect(try await browser.isSignedIn())
      }
      bench.clock.advance(bySeconds: 1200)
      #expect(try await !browser.isSignedIn(), "twelve hours, whatever is done")
      #expect(try await bench.audit("signed-out").last?.detail == "administrator: twelve hours were over")
    }
  }

  @Test func pagesThatRefreshThemselvesKeepNobodySignedIn() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    let gate = bench.gate
    try await bench.serve(more: { router in
      router.get("/board", use: gate.page(.seeBoard, extends: false) { _, _, _ in Response(status: .ok) })
    }) { client in
      let browser = Browser(client)
      _ = try await browser.signIn(passphrase: SignInBench.passphrase)
      for _ in 1...5 {
        bench.clock.advance(bySeconds: 300)
        #expect(try await browser.open("/board").status == .ok)
        #expect(try await browser.open("/sign-in").text.contains("You are signed in as administrator"))
      }
      bench.clock.advance(bySeconds: 300)
      #expect(try await browser.open("/board").location == "/sign-in?next=%2Fboard")
    }
  }

  @Test func signingOutEndsTheSessionItself() async throws {
    let bench = try SignInBench()
    try await bench.add("5f2c", label: "Sam")
    try await bench.serve { client in
      let browser = Browser(client)
      _ = try await browser.signIn(with: bench.provider)
      let kept = browser.cookies
      let token = try await browser.open("/me").token
      let out = try await browser.send("/sign-out", ["token": token])
      #expect(out.status == .ok && out.text.contains("You are signed out") && out.text.contains("Council account"))
      #expect(browser.cookies["__Host-waypost"] == nil)
      browser.cookies = kept
      #expect(try await !browser.isSignedIn(), "a copied cookie is worth nothing")
      #expect(try await bench.audit("signed-out").map(\.detail) == ["Sam: signed out"])
    }
  }

  @Test func eachSignInHasATokenOfItsOwnAndEndsTheOneBefore() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      let planted = BrowserToken(random: Array(repeating: 9, count: 32)).text
      browser.cookies = ["__Host-waypost": planted]
      #expect(try await !browser.isSignedIn())
      var seen: Set<String> = [planted]
      for _ in 1...3 {
        let before = browser.cookies["__Host-waypost"]
        let page = try await Browser(client).open("/sign-in")
        browser.cookies["__Host-waypost-browser"] = try #require(page.cookies.first).split(separator: ";")[0]
          .split(separator: "=", maxSplits: 1).last.map(String.init)
        _ = try await browser.send(
          "/sign-in", ["token": page.token, "name": "administrator", "passphrase": SignInBench.passphrase])
        let isNew = seen.insert(try #require(browser.cookies["__Host-waypost"])).inserted
        #expect(isNew)
        let old = Browser(client)
        old.cookies = ["__Host-waypost": before ?? ""]
        #expect(try await !old.isSignedIn())
      }
    }
  }

  @Test func whoIsEndedOrGetsANewPassphraseIsOutAtOnce() async throws {
    let bench = try SignInBench()
    let person = try await bench.addAdministrator()
    let hash = try PassphraseHash("four blind mice ran", salt: [1], cost: bench.cost).text
    try await bench.serve { client in
      let browser = Browser(client)
      _ = try await browser.signIn(passphrase: SignInBench.passphrase)
      try await bench.ledger.setPassphrase(hash, of: person.id, by: "test", at: bench.clock.now())
      #expect(try await !browser.isSignedIn())
      #expect(try await browser.signIn(passphrase: SignInBench.passphrase).status == .forbidden)
      #expect(try await browser.signIn(passphrase: "four blind mice ran").status == .seeOther)
      #expect(try await bench.ledger.endPerson(person.id, by: "test", at: bench.clock.now()))
      #expect(try await !browser.isSignedIn())
      #expect(try await bench.audit("signed-out").allSatisfy { $0.detail.hasSuffix("ended by an operator") })
      #expect(try await browser.open("/sign-in").text.contains("<form") == false)
    }
  }

  // Forms, cookies, addresses.

  @Test func aFormThatIsNotOurOwnDoesNothing() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      let right = ["name": "administrator", "passphrase": SignInBench.passphrase]
      let page = try await browser.open("/sign-in")
      let other = try await Browser(client).open("/sign-in")
      for token in [nil, "", other.token, page.token + "A", String(page.token.dropLast())] {
        let answer = try await browser.send(
          "/sign-in", right.merging(token.map { ["token": $0] } ?? [:]) { own, _ in own })
        #expect(answer.status == .forbidden && answer.text.contains("out of date") && answer.cookies.isEmpty)
      }
      let strange = [
        ["Origin": "https://evil.example"], ["Origin": "null"], ["Sec-Fetch-Site": "cross-site"],
        ["Sec-Fetch-Site": "same-site", "Origin": "https://waypost.example"],
        ["Origin": "https://waypost.example.evil.example"],
      ]
      for headers in strange {
        let answer = try await browser.send("/sign-in", right.merging(["token": page.token]) { $1 }, headers)
        #expect(answer.status == .forbidden && answer.cookies.isEmpty, "\(headers)")
      }
      #expect(try await bench.audit("sign-in-refused").isEmpty, "the passphrase was not even looked at")
      // An old browser says nothing of where a form comes from.
      #expect(try await browser.send("/sign-in", right.merging(["token": page.token]) { $1 }, [:]).status == .seeOther)
      for form in [[:], ["token": page.token]] {
        #expect(try await browser.send("/sign-out", form).status == .forbidden)
      }
      #expect(try await browser.isSignedIn())
    }
  }

  @Test(arguments: [
    ("/board?state=held&page=2", "/board?state=held&page=2"), ("//evil.example", "/"), ("/\\evil.example", "/"),
    ("https://evil.example/", "/"), ("javascript:alert(1)", "/"), ("", "/"), ("/a\r\nSet-Cookie: x=y", "/"),
    ("/sign-out", "/"), ("board", "/"), ("/\"onload=", "/"), ("/ä", "/"), ("/\t/evil.example", "/"),
    ("/" + String(repeating: "a", count: 512), "/"),
  ])
  func whereToGoAfterwardsIsAPageHere(_ next: String, _ expected: String) async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.add("5f2c")
    try await bench.serve { client in
      let typed = try await Browser(client).signIn(passphrase: SignInBench.passphrase, next: next)
      #expect(typed.status == .seeOther && typed.location == expected)
      let encoded = try #require(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let sent = try await Browser(client).signIn(with: bench.provider, next: encoded)
      #expect(sent.status == .seeOther && sent.location == expected)
    }
  }

  @Test(arguments: [
    ("https://waypost.example", "__Host-waypost", true, ""),
    ("https://lan.example/waypost/", "__Host-waypost", true, "/waypost"),
    ("http://127.0.0.1:8080", "waypost", false, ""),
  ])
  func cookiesAreAsNarrowAsTheAddressAllows(
    _ address: String, _ name: String, _ isSecure: Bool, _ base: String
  ) async throws {
    let bench = try SignInBench(address: address)
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      let page = try await browser.open("/sign-in")
      #expect(page.text.contains("action=\"\(base)/sign-in\""))
      let form = ["token": page.token, "name": "administrator", "passphrase": SignInBench.passphrase]
      let answer = try await browser.send("/sign-in", form, [:])
      #expect(answer.status == .seeOther && answer.location == "\(base)/")
      for cookie in page.cookies + answer.cookies {
        #expect(cookie.hasPrefix(name) && cookie.contains("; Path=/; HttpOnly; SameSite=Lax"))
        #expect(cookie.contains("; Secure") == isSecure && !cookie.contains("Domain"))
      }
      #expect(answer.cookies.contains { $0.hasPrefix("\(name)=") && !$0.contains("Max-Age") })
      #expect((answer.header("Strict-Transport-Security") != nil) == isSecure)
    }
  }

  @Test func everyPageIsHeldTight() async throws {
    let bench = try SignInBench()
    try await bench.addAdministrator()
    try await bench.serve { client in
      let browser = Browser(client)
      var pages = [
        try await browser.open("/sign-in"), try await browser.open("/me"), try await browser.open("/sign-in/x"),
      ]
      pages.append(try await browser.signIn(passphrase: "wrong wrong wrong"))
      pages.append(try await browser.signIn(passphrase: SignInBench.passphrase))
      pages.append(try await browser.open("/me"))
      pages.append(try await browser.send("/sign-out", [:]))
      for page in pages {
        let policy = page.header("Content-Security-Policy") ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe") && !policy.contains("script-src"))
        #expect(page.header("Referrer-Policy") == "same-origin" && page.header("Cache-Control") == "no-store")
        #expect(page.header("X-Content-Type-Options") == "nosniff")
        #expect(!page.text.contains("<script") && !page.text.contains("javascript:"))
      }
      #expect(try await browser.open("/me", .put).status == .methodNotAllowed)
    }
  }

  // What people may do.

  @Test func aPageOpensOnlyForWhoMayAndEachViewOfARecordIsKept() async throws {
    let bench = try SignInBench()
    let sam = try await bench.add("5f2c", [.auditor], label: "Sam")
    let gate = bench.gate
    try await bench.serve(more: { router in
      router.get(
        "/board",
        use: gate.page(.seeBoard) { _, _, who in
          try await gate.viewed("notification", "nt-1", by: who)
          return Response(status: .ok)
        })
      router.get("/content", use: gate.page(.seeContent) { _, _, _ in Response(status: .ok) })
      router.post("/held", use: gate.form(.decideHeld) { _, _, _, _ in Response(status: .ok) })
    }) { client in
      let browser = Browser(client)
      #expect(try await browser.open("/board").location == "/sign-in?next=%2Fboard")
      #expect(try await browser.send("/held", [:]).location == "/sign-in?next=%2F")
      _ = try await browser.signIn(with: bench.provider)
      #expect(try await browser.open("/board").status == .ok)
      #expect(try await bench.audit("viewed").map(\.identifier) == ["nt-1"])
      #expect(try await bench.audit("viewed").map(\.detail) == ["notification by Sam \(sam.id)"])
      let token = try await browser.open("/me").token
      let refused = [try await browser.open("/content"), try await browser.send("/held", ["token": token])]
      for page in refused { #expect(page.status == .forbidden && page.text.contains("You may not see this")) }
      #expect(
        try await bench.audit("refused").map(\.detail) == [
          "Sam may not see the content of a message", "Sam may not decide held messages",
        ])
    }
  }

  @Test func rolesAreWhatTheTableSays() throws {
    let expected: [PersonRole: Set<Permission>] = [
      .operator: [
        .seeBoard, .seeContent, .runQueue, .completeDuties, .acknowledge, .administerPeople, .seeDirectory,
        .reportMissing,
      ],
      .dutyManager: [
        .seeBoard, .seeContent, .runQueue, .decideHeld, .completeDuties, .acknowledge, .seeDirectory, .reportMissing,
      ],
      .routeOwner: [.seeDirectory, .editDirectory], .auditor: [.seeBoard, .seeAudit, .seeDirectory],
      .agencyViewer: [.seeBoard, .seeContent, .seeDirectory, .reportMissing], .reporter: [.reportMissing],
    ]
    for role in PersonRole.allCases {
      let limited = try Person(provider: "council", name: "x", roles: [role], agencies: ["derby"])
      let all = Set(Permission.allCases.filter(limited.may))
      let forEveryone: Set<Permission> = [.administerPeople, .seeAudit]
      #expect(all == expected[role]?.subtracting(forEveryone))
      guard role != .agencyViewer else { continue }
      let unlimited = try Person(provider: "council", name: "x", roles: [role])
      #expect(Set(Permission.allCases.filter(unlimited.may)) == expected[role])
    }
  }

  @Test func rowsOfOtherAgenciesAreNotThere() async throws {
    let bench = try SignInBench()
    let rules = """
        - id: told
          section: "4"
          says: The social worker has to know.
          event: missing.categorised
          share: [status]
          tell: [{role: childrens-services.social-worker}]
      """
    let routes = Routes(book: try SmallBook.make(rules), renderer: try Repository.routes().renderer)
    let intake = Intake(
      ledger: bench.ledger, routes: RoutesInUse(routes), time: bench.clock, outbox: Signal(), agenda: Signal(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let event = TestKit.event(
      "missing.categorised", at: bench.clock.now().rfc3339,
      ["child": ["id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02"], "episode": ["risk": "medium"]])
    _ = try await intake.submit(event.cloudEvent, from: Sender(name: "test", authorities: [], types: []))
    let agency = try #require(try await bench.ledger.notifications(NotificationFilter()).first?.notification.agency)
    let cases: [(roles: [PersonRole], agencies: [String], seen: Int)] = [
      ([.operator], [], 1), ([.auditor], [], 1), ([.dutyManager], [agency], 1), ([.dutyManager], ["luton"], 0),
      ([.agencyViewer], [agency], 1), ([.agencyViewer], ["luton"], 0), ([.agencyViewer, .operator], ["luton"], 0),
      ([.routeOwner], [], 0), ([.routeOwner], [agency], 0),
    ]
    for (roles, agencies, seen) in cases {
      let person = try Person(provider: "council", name: "x", roles: roles, agencies: agencies)
      let found = try await bench.ledger.notifications(NotificationFilter(scope: person.scope))
      #expect(found.count == seen, "\(roles) \(agencies)")
    }
  }

  @Test func peopleWhoCouldBeMistakenAreNotAdded() async throws {
    let bench = try SignInBench()
    for (roles, agencies) in [([PersonRole](), [String]()), ([.agencyViewer], []), ([.agencyViewer, .operator], [])] {
      #expect(throws: PeopleProblem.self) {
        try Person(provider: "council", name: "x", roles: roles, agencies: agencies)
      }
    }
    for name in ["", "a\u{202e}b", "a\nb", String(repeating: "a", count: 256)] {
      #expect(throws: PeopleProblem.self) { try Person(provider: "council", name: name, roles: [.operator]) }
    }
    let sam = try await bench.add("sam@council.example", label: "Sam")
    await #expect(throws: PeopleProblem.known("Sam")) { try await bench.add("SAM@council.example", label: "Other") }
    await #expect(throws: PeopleProblem.taken("Sam")) { try await bench.add("5f2c", label: "Sam") }
    #expect(try await bench.ledger.endPerson(sam.id, by: "test", at: bench.clock.now()))
    await #expect(throws: PeopleProblem.taken("Sam")) { try await bench.add("5f2c", label: "Sam") }
    #expect(try await bench.add("sam@council.example", [.auditor], label: "Sam").id == sam.id)
    #expect(try await bench.ledger.people().map(\.roles) == [[.auditor]])
    #expect(try await bench.audit("person-added").map(\.identifier) == [sam.id, sam.id])
  }

  @Test func passphrasesAreKeptAsScryptAndNotShort() throws {
    let cost = try #require(PassphraseHash.Cost(logRounds: 4, blockSize: 8, parallelism: 1))
    let hash = try PassphraseHash("correct horse battery", salt: Array("salt".utf8), cost: cost)
    let read = try #require(PassphraseHash(text: hash.text))
    #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$c2FsdA$"))
    for typed in ["correct horse battery", " correct\thorse  battery"] { #expect(try read.matches(typed)) }
    for typed in ["correct horse batterx", "", "correct horse battery x"] { #expect(try !read.matches(typed)) }
    #expect(throws: PassphraseProblem.short) { try PassphraseHash("elf letters", salt: [1], cost: cost) }
    #expect(throws: PassphraseProblem.short) { try PassphraseHash("a          b", salt: [1], cost: cost) }
    for text in ["", "x", "$scrypt$ln=99,r=8,p=1$c2FsdA$AA", "$scrypt$ln=4,r=8$c2FsdA$AA", hash.text + "$"] {
      #expect(PassphraseHash(text: text) == nil)
    }
    #expect(try !PassphraseHash.decoy(cost).matches("correct horse battery"))
    // RFC 7914 section 12: the first 32 of its 64 bytes.
    let known = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"
    let vector = try #require(PassphraseHash(text: known))
    #expect(try vector.matches("pleaseletmein"))
  }
}
