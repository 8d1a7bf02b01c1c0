import Foundation
import TestKit
import Testing

/// A real gateway and a real OpenID provider, met with curl's cookies as a browser's: nobody is taken at their word.
@Suite(.serialized) struct SignInEndToEndTests {
  let scratch: Scratch
  let provider: Program
  let gateway: Program
  var data: String { "\(scratch.path)/data" }

  init() throws {
    scratch = try Scratch("sign-in")
    let folder = scratch.path
    let made = try Shell.run("\(Repository.root)/Tests/Support/certificates.sh", [folder])
    try #require(made.status == 0)
    let port = try freePort()
    provider = try Program(
      [
        "\(Repository.root)/Tests/Support/oidc_provider.py", "\(folder)/server.pem", "\(folder)/server.key",
        "--redirect", "http://127.0.0.1:\(port)/sign-in/council/callback",
      ], executable: "\(Repository.root)/.venv/bin/python", log: "\(folder)/provider.log")
    try Data("s&cret:".utf8).write(to: URL(fileURLWithPath: "\(folder)/client-secret"))
    let settings = """
      listen: 127.0.0.1:\(port)
      routes: \(Repository.root)/Routes
      data: \(folder)/data
      trust: \(folder)/ca.pem
      probe: {every: "no"}
      signIn: {name: council, label: Council account, issuer: "\(provider.url)", client: waypost, secretFile: \(folder)/client-secret}
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/settings.yaml"))
    gateway = try Program(["serve", "--config", "\(folder)/settings.yaml"], log: "\(folder)/gateway.log")
  }

  private func end() {
    gateway.kill()
    provider.kill()
    scratch.remove()
  }

  /// What a browser with the cookies in `jar` ends up with when it opens `path`, redirects and all.
  private func open(_ path: String, _ jar: String = "jar", _ more: String...) throws -> (status: String, page: String) {
    let result = try Shell.run(
      "curl",
      [
        "-sS", "-L", "--max-time", "20", "--cacert", "\(scratch.path)/ca.pem", "-b", "\(scratch.path)/\(jar)", "-c",
        "\(scratch.path)/\(jar)", "-w", "\n%{http_code}",
      ] + more + [gateway.url + path])
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.last.map(String.init) ?? "", lines.dropLast().joined(separator: "\n"))
  }

  private func become(_ who: String) throws {
    _ = try Shell.run(
      "curl", ["-sS", "--cacert", "\(scratch.path)/ca.pem", "-X", "POST", "-d", who, "\(provider.url)/become"])
  }

  @Test func whoTheProviderKnowsAndWeKnowComesIn() throws {
    defer { end() }
    let added = try Program.run(
      [
        "people", "add", "sam@council.example", "--provider", "council", "--label", "Sam of the front door", "--role",
        "agency-viewer", "--agency", "derby", "--data", data,
      ])
    #expect(added.status == 0)
    #expect(try open("/me", "nobody").page.contains("Council account"), "who is not signed in is asked to")
    let me = try open("/sign-in/council")
    #expect(me.status == "200" && me.page.contains("Sam of the front door"), "\(me.page)")
    #expect(try open("/me").page.contains("derby"))
    let cookies = try String(contentsOfFile: "\(scratch.path)/jar", encoding: .utf8)
    #expect(cookies.contains("#HttpOnly_127.0.0.1"))
    let audit = try Shell.run(
      "sqlite3", ["\(data)/ledger.sqlite", "SELECT kind FROM audit WHERE kind LIKE 'signed-%' ORDER BY seq"]
    ).output
    #expect(audit == "signed-in\n")
  }

  @Test(arguments: ["nonce", "audience", "issuer", "expired", "signature", "algorithm-none", "unknown-key", "denied"])
  func whatIsWrongWithATokenKeepsEverybodyOut(_ fault: String) throws {
    defer { end() }
    _ = try Program.run(
      ["people", "add", "5f2c", "--provider", "council", "--role", "operator", "--data", data])
    try become("{\"fault\": \"\(fault)\"}")
    let answer = try open("/sign-in/council")
    #expect(answer.status != "200")
    #expect(try open("/me").page.contains("Council account"), "still asked to sign in")
    try become("{}")
    #expect(try open("/sign-in/council").status == "200")
  }

  @Test func whomWeDoNotKnowIsTold() throws {
    defer { end() }
    let answer = try open("/sign-in/council")
    #expect(answer.status == "403" && !answer.page.contains("sam@council.example"))
    let log = try String(contentsOfFile: "\(scratch.path)/gateway.log", encoding: .utf8)
    #expect(!log.contains("sam@") && !log.contains("s&cret"))
  }
}
