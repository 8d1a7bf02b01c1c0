import Foundation
import Testing

@testable import Routing

@Suite struct WebhookReaderTests {
  @Test(arguments: [
    "https://hooks.derby.example", "https://hooks.derby.example/waypost?key=1", "https://hooks.derby.example:8443/",
    "https://127.0.0.1:8443/hook", "https://[2001:db8::1]/", "https://[::ffff:192.0.2.1]:443/x", "https://h/",
    "https://hooks.derby.example./", "https://10-0-0-1.derby.example/", "https://4you.example/",
    "https://xn--bcher-kva.example/",
    "https://h.example/?to=a@b",
  ])
  func aURLThatEverybodyReadsAlikeIsTaken(_ url: String) { #expect(WebhookURL.problem(url) == nil) }

  @Test(arguments: [
    ("http://h.example/", "https"), ("HTTPS://h.example/", "https"), ("https://", "host"), ("https:///x", "neither"),
    ("https://user@h.example/", "user"), ("https://user:secret@h.example/", "user"),
    ("https://h.example@evil.example/", "user"),
    ("https://h.example/#part", "fragment"), ("https://h.example#@evil.example/", "fragment"),
    ("https://2130706433/", "neither"), ("https://0177.0.0.1/", "neither"), ("https://0x7f000001/", "neither"),
    ("https://0x7f.1/", "neither"), ("https://127.1/", "neither"), ("https://127.0.0.01/", "neither"),
    ("https://127.0.0.256/", "neither"), ("https://1.2.3.4.5/", "neither"), ("https://127.0.0.1./", "neither"),
    ("https://derby.0x7f/", "neither"), ("https://%31%32%37.0.0.1/", "neither"), ("https://h..example/", "neither"),
    ("https://.example/", "neither"), ("https://[::1/", "host"), ("https://[::1]x/", "host"),
    ("https://[fe80::1%25eth0]/", "neither"),
    ("https://[127.0.0.1]/", "neither"), ("https://h.example:0/", "host"), ("https://h.example:65536/", "host"),
    ("https://h.example:/", "host"), ("https://h.example:80:80/", "host"),
    ("https://h.example\\@evil.example/", "backslash"),
    ("https://h.example/a b", "space"), ("https://h.example/\u{7f}", "space"), ("https://bücher.example/", "ASCII"),
    ("https://127。0。0。1/", "ASCII"),
  ])
  func everyOtherIsRefusedWithItsRemedy(_ url: String, _ word: String) throws {
    let problem = try #require(WebhookURL.problem(url))
    #expect(problem.reason.contains(word), "\(problem)")
    #expect(!problem.remedy.isEmpty)
  }

  private func read(_ channel: String) throws -> (channel: Channel?, problems: [String]) {
    let yaml = YAMLReader(file: "directory.yaml")
    let node = try #require(yaml.root(of: channel))
    let read = ChannelReader(yaml).channel(node)
    return (read, yaml.problems.map { "\($0.line): \($0.reason)" })
  }

  @Test func aWebhookSaysWhatBothSidesKnowEachOtherBy() throws {
    #expect(
      try read("{webhook: \"https://h.example/\", secret: derby}").channel
        == .webhook(url: "https://h.example/", secret: "derby"))
    let text = """
      webhook: https://h.example/
      secret: derby
      signature: both
      consent: true
      client: derby
      tokenURL: https://login.example/token
      tokenClient: waypost board
      tokenSecret: board
      tokenScope: events:write status
      network: private
      """
    let token = TokenRequest(
      url: "https://login.example/token", client: "waypost board", secret: "board", scope: "events:write status")
    let (channel, problems) = try read(text)
    #expect(problems.isEmpty)
    #expect(
      channel
        == .webhook(
          WebhookChannel(
            url: "https://h.example/", secret: "derby", signature: .both, asksConsent: true, client: "derby",
            token: token, isPrivate: true)))
    #expect(
      try read("{webhook: \"https://h.example/\", signature: ed25519}").channel
        == .webhook(WebhookChannel(url: "https://h.example/", secret: nil, signature: .ed25519)))
  }

  @Test(arguments: [
    ("", "no `secret`"), ("signature: both", "no `secret`"), ("secret: s, signature: ed25519", "never used"),
    ("secret: s, signature: rsa", "`signature: rsa`"), ("secret: s, network: lan", "`network: lan`"),
    ("secret: s, consent: maybe", "`consent: maybe`"), ("secret: s, client: ../key", "`../key`"),
    ("secret: s, tokenURL: \"https://t.example/\"", "together"), ("secret: s, tokenScope: a", "together"),
    ("secret: s, tokenURL: \"http://t.example/\", tokenClient: c, tokenSecret: s", "has to be https"),
    ("secret: s, tokenURL: \"https://t.example/\", tokenClient: \"\", tokenSecret: s", "id of a client"),
    ("secret: s, tokenURL: \"https://t.example/\", tokenClient: c, tokenSecret: s, tokenScope: \"a  b\"", "no scope"),
    ("secret: s, pin: x", "no meaning"),
  ])
  func whatIsWrongHasItsPlace(_ more: String, _ word: String) throws {
    let problems = try read("{webhook: \"https://h.example/\"\(more.isEmpty ? "" : ", ")\(more)}").problems
    #expect(problems.count == 1 && problems[0].contains(word), "\(problems)")
  }
}
