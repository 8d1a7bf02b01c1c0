import Delivery
import Foundation
import Routing
import TestKit
import Testing

/// The commands of the contract, as a shell sees them.
@Suite(.serialized) struct CommandTests {
  @Test func theDemoEndsWhenEveryReceiptHasArrived() throws {
    let scratch = try Scratch("demo")
    defer { scratch.remove() }
    let result = try Program.run(["demo", "--once", "--data", scratch.path, "--routes", "\(Repository.root)/Routes"])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.hasPrefix("listening on http://127.0.0.1:"))
    for word in ["Story 1", "Story 2", "Story 3", "placing-authority", "school", "webhook", "6.8"] {
      #expect(result.output.contains(word), "\(word)")
    }
    #expect(!result.output.contains("no receipt"))
  }

  @Test func explainGivesThePlanAsTheContractSays() throws {
    let file = missingInDerby(1).cloudEvent.serialized
    let result = try Program.run(["explain", "-", "--json", "--routes", "\(Repository.root)/Routes"], input: file)
    #expect(result.status == 0)
    let plan = try JSONValue(parsing: result.output.utf8)
    for member in ["event", "packs", "tells", "duties", "timers", "notes", "nearMisses"] {
      #expect(plan[member] != nil, "\(member)")
    }
    let tell = try #require(plan["tells"]?.items?.first)
    for member in ["role", "of", "agency", "contact", "channel", "by", "confirm", "share", "cites", "urgency"] {
      #expect(tell[member] != nil, "\(member)")
    }
    #expect(plan["packs"]?.items?.first?["because"]?.items?.isEmpty == false)
    #expect(plan["nearMisses"]?.items?.isEmpty == false)
  }

  @Test func exitStatusesAreThoseOfTheContract() throws {
    let routes = ["--routes", "\(Repository.root)/Routes"]
    #expect(try Program.run(["routes", "check"] + routes).status == 0)
    #expect(try Program.run(["routes", "cases"] + routes).status == 0)
    #expect(try Program.run(["explain", "-"] + routes, input: "{").status == 65)
    #expect(try Program.run(["explain", "-", "--routes", "/nowhere"], input: "{}").status == 65)
    #expect(try Program.run(["explain"]).status == 64)
    #expect(
      try Program.run(["submit", "-", "--gateway", "http://127.0.0.1:9", "--key", "k"], input: "{}").status == 69)
    #expect(try Program.run(["--help"]).output.contains("waypost demo"))
  }

  @Test func settingsThatAreWrongAreNamedWithTheirLines() throws {
    let scratch = try Scratch("settings")
    defer { scratch.remove() }
    let settings = """
      tokens:
        - {issuer: "https://login.police.example", jwks: keys.json}
        - {issuer: "https://login.derby.example", audience: waypost, jwks: keys.json, scope: all}
        - {issuer: "https://login.luton.example", audience: waypost, jwks: keys.json, tolerance: long}
      signIn: {name: council, issuer: "http://login.council.example", client: waypost}
      """
    try settings.write(toFile: "\(scratch.path)/settings.yaml", atomically: true, encoding: .utf8)
    let result = try Shell.run(
      "sh", ["-c", "exec \"$0\" \"$@\" 2>&1", Program.path, "serve", "--config", "\(scratch.path)/settings.yaml"])
    #expect(result.status == 65)
    for words in [
      "settings.yaml:2: an issuer's audience is empty", "settings.yaml:3: an entry of `tokens` does not know `scope`",
      "settings.yaml:4: an issuer's tolerance", "settings.yaml:5: `issuer` is no https address",
    ] { #expect(result.output.contains(words), "\(words): \(result.output)") }
  }

  @Test func anEndpointIsSwitchedOffAndOnAgain() throws {
    let scratch = try Scratch("endpoints")
    defer { scratch.remove() }
    let data = ["--data", scratch.path]
    let url = "https://h.example/in?key=k"
    #expect(try Program.run(["endpoints", "close", "h.example"] + data).status == 65)
    #expect(try Program.run(["endpoints", "close", url, "--reason", "moved"] + data).status == 0)
    #expect(try Program.run(["endpoints", "close", url] + data).status == 1)
    let list = try Program.run(["endpoints", "list"] + data).output
    #expect(list.contains("https://h.example/in ") && list.contains("moved") && !list.contains("key=k"))
    #expect(try Program.run(["endpoints", "open", "https://h.example/in"] + data).status == 0)
    #expect(try Program.run(["endpoints", "open", url] + data).status == 1)
    #expect(try !Program.run(["endpoints", "list"] + data).output.contains("h.example"))
  }

  @Test func privateKeysAreTheirOwnersAlone() throws {
    let scratch = try Scratch("keys")
    defer { scratch.remove() }
    #expect(try Program.run(["certificates", "make-dev", "--data", scratch.path]).status == 0)
    for name in ["dev-ca.key", "dev-server.key", "dev-smime.key"] {
      let path = "\(scratch.path)/certificates/\(name)"
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
    let verified = try Shell.run(
      "openssl",
      [
        "verify", "-CAfile", "\(scratch.path)/certificates/dev-ca.pem", "\(scratch.path)/certificates/dev-server.pem",
        "\(scratch.path)/certificates/dev-smime.pem",
      ])
    #expect(verified.status == 0)
  }

  /// Nothing leaves when the certificate does not hold: the authority is not trusted, so no mail and no webhook arrives.
  @Test func withoutATrustedCertificateNothingLeaves() throws {
    let stage = try Stage("trust")
    defer { stage.scratch.remove() }
    let sink = try stage.sink()
    defer { sink.kill() }
    let key = try Program.key(data: stage.data)
    let smtp = try stage.fetch("\(sink.url)/status")["smtp"]?.text ?? ""
    let gateway = try Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--data", stage.data, "--redirect", "mail=\(smtp),webhook=\(sink.url)/hook",
      ],
      environment: ["WAYPOST_REDIRECT_SECRET": stage.secret], log: "\(stage.scratch.path)/gateway.log")
    defer { gateway.kill() }
    #expect(
      try Program.run(
        ["submit", "-", "--gateway", gateway.url, "--key", key], input: missingInDerby(1).cloudEvent.serialized
      ).status == 0)
    // Until every notification of the event has been tried at least once; what time adds waits behind them.
    let sent = missingInDerby(1)
    let id = Identifiers.event(source: sent.source, id: sent.id)
    while true {
      let open = try Program.run(["queue", "list", "--json", "--state", "queued", "--data", stage.data]).output
      if !open.contains(id) { break }
    }
    let deferred = try Program.run(["queue", "list", "--json", "--state", "deferred", "--data", stage.data]).output
    #expect(!deferred.isEmpty)
    #expect(try stage.fetch("\(sink.url)/status")["received"] == .number(0))
    let log = try String(contentsOfFile: "\(stage.scratch.path)/gateway.log", encoding: .utf8)
    #expect(log.contains("tls"))
    for word in ["Żółć", "王", "2012-01-02", "naïvely"] { #expect(!log.contains(word), "the log names a child") }
  }

  /// Certificates of recipients are brought in, listed and checked as before sending.
  @Test func certificatesAreImportedListedAndChecked() throws {
    let scratch = try Scratch("certificates")
    defer { scratch.remove() }
    let made = "\(scratch.path)/made"
    #expect(try Shell.run("\(Repository.root)/Tests/Support/smime_authority.sh", [made]).status == 0)
    let routes = "\(scratch.path)/Routes"
    _ = try Shell.run("cp", ["-r", "\(Repository.root)/Routes", routes])
    let folder = ["--certificates", "\(scratch.path)/Certificates"]
    let directory = "\(routes)/directory/nottingham.yaml"
    let text = try String(contentsOfFile: directory, encoding: .utf8)
    let mail = try #require(text.split(separator: "\n").first { $0.contains("{mail: ") })
    let address = try #require(mail.split(separator: " ").first { $0.contains("@") })
      .trimmingCharacters(in: CharacterSet(charactersIn: "{}[],"))
    func name(_ certificate: String) throws {
      let entry = "{mail: rsa@recipient.example, privacy: [smime, notice], certificates: [\(certificate).pem]}"
      try Data(text.replacingOccurrences(of: "{mail: \(address)}", with: entry).utf8)
        .write(to: URL(fileURLWithPath: directory))
    }
    func run(_ words: String...) throws -> Shell.Result { try Program.run(["certificates"] + words + folder) }
    #expect(try run("import", "\(made)/authority.pem", "--as", "authority.pem", "--authority").status == 0)
    for certificate in ["rsa", "wrong-name", "expired"] {
      #expect(try run("import", "\(made)/\(certificate).pem", "--as", "\(certificate).pem").status == 0)
    }
    #expect(try run("import", "\(made)/rsa.key", "--as", "key.pem").status == 65)
    #expect(try run("import", "\(made)/rsa.pem", "--as", "../rsa.pem").status == 65)
    try name("rsa")
    let listed = try run("list", "--routes", routes).output
    #expect(listed.contains("rsa@recipient.example") && listed.contains("nottingham"))
    #expect(try run("check", "--routes", routes).status == 0)
    for wrong in ["wrong-name", "expired", "absent"] {
      try name(wrong)
      let checked = try run("check", "--routes", routes)
      #expect(checked.status == 1 && checked.output.contains("BAD"), "\(wrong): \(checked.output)")
    }
  }
}
