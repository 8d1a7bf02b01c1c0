import Console
import Delivery
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import NIOCore
import Routing
import TestKit
import Testing

/// Every page, with everybody: who is limited to a school or an office comes upon nothing of anybody else's, by any address,
/// parameter, form or stream, and nobody changes what they may not.
///
/// The paths are those that the router has, so that a new one is walked as soon as it is there; what stands in the place of
/// its parameters is said in `RoleWalk.stand`.
@Suite(.timeLimit(.minutes(30))) struct RoleWalkTests {
  @Test func whoIsLimitedToAnAgencySeesNothingOfAnother() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      let people = try await walk.people(client)
      let known = try await walk.addresses(people)
      for limited in people where !limited.agencies.isEmpty {
        let secrets = try await walk.secrets(from: limited)
        for address in known.all {
          let seen = try await limited.browser.open(address)
          secrets.check(seen.text + seen.location, at: address, limited.name)
        }
        for form in known.forms where !form.isSigningOut {
          let sent = form.isPost ? try await limited.send(form) : try await limited.browser.open(form.asked)
          secrets.check(sent.text + sent.location, at: "\(form.action), sent", limited.name)
        }
      }
    }
  }

  @Test func everyPageOfTheRouterIsWalkedAndAnswersEverybody() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      let people = try await walk.people(client)
      let known = try await walk.addresses(people)
      var opened: Set<String> = []
      for person in people {
        for address in known.some {
          let seen = try await person.browser.open(address)
          #expect(seen.status.code < 500, "\(address) for \(person.name) is answered with \(seen.status)")
          if seen.status == .ok || seen.status == .methodNotAllowed { opened.insert(walk.route(of: address)) }
          if person.roles.isEmpty, seen.status == .ok {
            #expect(address.hasPrefix("/sign-in"), "\(address) is shown to somebody who is not signed in")
          }
        }
      }
      // To the first place, to the check of a report that is not sent, to a provider, back from it, and out.
      let elsewhere: Set = ["/", "/report/:draft", "/sign-in/:provider", "/sign-in/:provider/callback", "/sign-out"]
      for route in walk.routes.subtracting(elsewhere) {
        #expect(
          opened.contains(route), "nobody could open \(route): say in RoleWalk.stand what stands for its parameters")
      }
    }
  }

  @Test func nobodyChangesWhatTheyMayNot() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      let people = try await walk.people(client)
      let forms = try await walk.addresses(people).forms.filter { $0.isPost && !$0.isSigningOut }
      // Nobody, and a duty manager of other agencies; an auditor; whoever may only report, or only edit the directory.
      for person in people where !person.roles.contains(.operator) && person.name != "duty manager" {
        let before = try await walk.fingerprint(outside: person)
        for form in forms where !walk.may(person, form) {
          let answer = try await person.send(form)
          #expect(answer.status.code < 500, "\(form.action) for \(person.name): \(answer.status)")
        }
        let after = try await walk.fingerprint(outside: person)
        #expect(before == after, "\(person.name) has changed something: \(after.subtracting(before).sorted())")
      }
    }
  }

  @Test func aFormWithoutTheSessionsTokenDoesNothing() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      let people = try await walk.people(client)
      let known = try await walk.addresses(people)
      let person = try #require(people.first { $0.name == "duty manager" })
      let before = try await walk.fingerprint(outside: nil)
      for form in known.forms where form.isPost {
        var fields = form.filled
        fields["token"] = "A"
        let refusals: Set<HTTPResponse.Status> = [.forbidden, .methodNotAllowed]
        #expect(refusals.contains(try await person.browser.send(form.action, fields).status), "\(form.action)")
        fields["token"] = person.token
        let strange = try await person.browser.send(form.action, fields, ["Origin": "https://elsewhere.example"])
        #expect(refusals.contains(strange.status), "\(form.action) from elsewhere")
      }
      #expect(try await walk.fingerprint(outside: nil) == before)
    }
  }

  @Test func theStreamTellsWhoIsLimitedOnlyTheirs() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      for limited in try await walk.people(client) where !limited.agencies.isEmpty && limited.maySee {
        let heard = try await walk.stream(limited.browser, "/board/changes?after=0")
        let own = try await walk.owned(by: limited)
        let lines = heard.split(separator: "\n").filter { $0.hasPrefix("data: ") }
        #expect(!lines.isEmpty, "\(limited.name) is told of their own")
        for line in lines {
          let change = try JSONValue(parsing: line.dropFirst(6).utf8)
          let id = change["notification"]?.text ?? change["duty"]?.text ?? change["event"]?.text ?? ""
          #expect(own.contains(id), "\(limited.name) is told of \(change.serialized)")
          #expect(change["agency"]?.text.map(limited.agencies.contains) ?? true)
        }
        try await walk.secrets(from: limited).check(heard, at: "/board/changes", limited.name)
      }
    }
  }

  @Test func aSessionIsNoKeyToTheAPI() async throws {
    let walk = try await RoleWalk()
    try await walk.serve { client in
      let people = try await walk.people(client)
      for person in people where person.agencies.isEmpty {
        for path in walk.api {
          for address in walk.expand(path) {
            for method in [HTTPRequest.Method.get, .post] {
              let seen = try await person.browser.open(address, method)
              // 429: so many wrong credentials from one address are not even looked at.
              #expect(
                [.unauthorized, .tooManyRequests, .methodNotAllowed].contains(seen.status),
                "\(method) \(address) with the session of \(person.name): \(seen.status)")
            }
          }
        }
      }
    }
  }
}
