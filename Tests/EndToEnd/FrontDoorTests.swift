import Foundation
import Routing
import TestKit
import Testing

/// The gateway's own TLS, who gets in, and what is left of those who do not: the real program, met with curl and openssl.
@Suite(.serialized) struct FrontDoorTests {
  let scratch: Scratch
  var data: String { "\(scratch.path)/data" }
  var certificates: String { "\(data)/certificates" }

  init() throws { scratch = try Scratch("door") }

  private func serve(_ settings: String = "", environment: [String: String] = [:]) throws -> Program {
    _ = try Program.run(["certificates", "make-dev", "--data", data])
    let file = "\(scratch.path)/settings.yaml"
    let text = """
      listen: 127.0.0.1:0
      routes: \(Repository.root)/Routes
      data: \(data)
      certificate: \(certificates)/dev-server.pem
      key: \(certificates)/dev-server.key
      probe: {every: "no"}
      \(settings)
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return try Program(["serve", "--config", file], environment: environment, log: "\(scratch.path)/gateway.log")
  }

  /// Status, headers and body as curl prints them.
  private func curl(_ arguments: String...) throws -> String {
    try Shell.run(
      "curl", ["-sS", "-i", "--max-time", "20", "--cacert", "\(certificates)/dev-ca.pem"] + arguments
    ).output
  }

  /// A client certificate of an authority of its own: `client.pem`, `client.key` and `clients.pem` in the scratch folder.
  private func makeClient() throws {
    let script = """
      cd "$1"
      openssl req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out clients.pem -subj /CN=clients -days 5
      for name in client stranger; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
        openssl x509 -req -in $name.csr -CA clients.pem -CAkey authority.key -CAcreateserial -out $name.pem -days 5
      done
      openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=client -days 5
      """
    #expect(try Shell.run("bash", ["-ec", script + " 2>/dev/null", "-", scratch.path]).status == 0)
  }

  @Test func aClientCertificateIsItsSendersCredential() throws {
    defer { scratch.remove() }
    try makeClient()
    _ = try Program.key(data: data, name: "police-records")
    let trusted = try Program.run(
      ["sources", "trust", "police-records", "--certificate", "\(scratch.path)/client.pem", "--data", data])
    #expect(trusted.status == 0)
    let gateway = try serve("clients: \(scratch.path)/clients.pem")
    defer { gateway.kill() }
    func get(_ name: String) throws -> String {
      try curl(
        "--cert", "\(scratch.path)/\(name).pem", "--key", "\(scratch.path)/\(name).key", "\(gateway.url)/v1/duties")
    }
    #expect(try get("client").hasPrefix("HTTP/1.1 200"))
    #expect(try get("stranger").contains("Unknown certificate"))
    #expect(try !get("other").contains("200"), "of an authority that is not believed")
    #expect(try curl("\(gateway.url)/v1/duties").hasPrefix("HTTP/1.1 401"))
  }

  @Test func theCertificateIsReplacedWhileTheGatewayRuns() throws {
    defer { scratch.remove() }
    let gateway = try serve()
    defer { gateway.kill() }
    let address = String(gateway.url.dropFirst("https://".count))
    func shown() throws -> String {
      try Shell.run(
        "bash",
        ["-c", "openssl s_client -connect \(address) </dev/null 2>/dev/null | openssl x509 -noout -fingerprint"]
      ).output
    }
    let before = try shown()
    #expect(before.contains("Fingerprint"))
    // A key that does not belong to the certificate: the old pair stays in use.
    let key = try String(contentsOfFile: "\(certificates)/dev-server.key", encoding: .utf8)
    let other = try Shell.run("openssl", ["ecparam", "-genkey", "-name", "prime256v1", "-noout"]).output
    try Data(other.utf8).write(to: URL(fileURLWithPath: "\(certificates)/dev-server.key"))
    #expect(try shown() == before)
    try Data(key.utf8).write(to: URL(fileURLWithPath: "\(certificates)/dev-server.key"))
    _ = try Program.run(["certificates", "make-dev", "--data", data])
    #expect(try shown() != before)
    #expect(try curl("\(gateway.url)/healthz").hasPrefix("HTTP/1.1 200"))
  }

  @Test func keysRotateWithAnOverlap() throws {
    defer { scratch.remove() }
    let first = try Program.key(data: data, name: "council")
    let gateway = try serve()
    defer { gateway.kill() }
    func status(_ key: String) throws -> Substring {
      try curl("-H", "Authorization: Bearer \(key)", "\(gateway.url)/v1/duties").prefix(12)
    }
    func rotate(_ overlap: String) throws -> String {
      let output = try Program.run(["sources", "rotate", "council", "--overlap", overlap, "--data", data]).output
      return output.split(separator: "\n").last.map(String.init) ?? ""
    }
    let second = try rotate("PT1H")
    #expect(try [status(first), status(second)] == ["HTTP/1.1 200", "HTTP/1.1 200"])
    let third = try rotate("PT0H")
    #expect(
      try [status(first), status(second), status(third)] == ["HTTP/1.1 401", "HTTP/1.1 401", "HTTP/1.1 200"])
    let ledger = try Data(contentsOf: URL(fileURLWithPath: "\(data)/ledger.sqlite-wal"))
    #expect(![first, second, third].contains { ledger.range(of: Data($0.utf8)) != nil })
  }

  @Test func theStreamGoesOnWhereItsReaderLeftOff() throws {
    defer { scratch.remove() }
    let key = try Program.key(data: data)
    let gateway = try serve()
    defer { gateway.kill() }
    _ = try Program.run(["sources", "add", "stranger", "--authority", "luton", "--data", data])
    let file = "\(scratch.path)/event.json"
    try Data(missingInDerby(1).cloudEvent.serializedBytes).write(to: URL(fileURLWithPath: file))
    let sent = try curl(
      "-H", "Authorization: Bearer \(key)", "-H", "Content-Type: application/cloudevents+json", "--data-binary",
      "@\(file)", "\(gateway.url)/v1/events")
    #expect(sent.hasPrefix("HTTP/1.1 202"))
    func read(after place: String) throws -> [Substring] {
      let text = try Shell.run(
        "curl",
        [
          "-sN", "--max-time", "3", "--cacert", "\(certificates)/dev-ca.pem", "-H", "Authorization: Bearer \(key)",
          "-H", "Last-Event-ID: \(place)", "\(gateway.url)/v1/stream",
        ]
      ).output
      return text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
    }
    let all = try read(after: "0")
    let first = try #require(all.first)
    #expect(all.count >= 2)
    #expect(try read(after: String(first.dropFirst(4))).starts(with: all.dropFirst()))
  }

  /// Expired, forged and confused tokens, keys of others, broken framing, endless requests, tricks with paths, old
  /// receipts: all are refused, nothing of them is kept, and a good token still gets in afterwards.
  @Test func hostileRequestsAreRefusedAndLeaveNothing() throws {
    defer { scratch.remove() }
    let python = "\(Repository.root)/.venv/bin/python"
    let hostile = "\(Repository.root)/Tests/Support/hostile.py"
    let script = """
      cd "$1"
      for name in issuer other; do openssl genrsa -out $name.key 2048; done
      "$2" "$3" jwks issuer.key > jwks.json
      """
    #expect(try Shell.run("bash", ["-ec", script + " 2>/dev/null", "-", scratch.path, python, hostile]).status == 0)
    let key = try Program.key(data: data)
    let limited = try Program.run(["sources", "add", "luton", "--authority", "luton", "--data", data]).output
    _ = try Program.run(
      [
        "sources", "trust", "test", "--issuer", "https://login.police.example", "--subject", "records-system", "--data",
        data,
      ])
    let file = "\(scratch.path)/plain.yaml"
    let settings = """
      listen: 127.0.0.1:0
      routes: \(Repository.root)/Routes
      data: \(data)
      probe: {every: "no"}
      limits: {idle: 2, body: 2}
      tokens: [{issuer: "https://login.police.example", audience: "https://waypost.example", jwks: \(scratch.path)/jwks.json}]
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: file))
    let gateway = try Program(["serve", "--config", file], log: "\(scratch.path)/gateway.log")
    defer { gateway.kill() }
    let result = try Shell.run(
      python,
      [
        hostile, gateway.url, key, limited.split(separator: "\n").last.map(String.init) ?? "",
        "\(scratch.path)/issuer.key", "\(scratch.path)/other.key", "https://waypost.example",
      ])
    #expect(result.status == 0, "\(result.output)")
    let count = result.output.split(separator: "\n").last?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    #expect(count >= 200)
    let kept = try Shell.run(
      "sqlite3",
      [
        "\(data)/ledger.sqlite",
        """
        SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM notifications) + (SELECT count(*) FROM receipts)
          + (SELECT count(*) FROM children);
        SELECT DISTINCT kind FROM audit ORDER BY kind;
        """,
      ]
    ).output
    #expect(kept == "0\ncredential-added\nreceipt-refused\nrefused\nsender-added\n")
    let log = try String(contentsOfFile: "\(scratch.path)/gateway.log", encoding: .utf8)
    #expect(!log.contains(key) && !log.contains("hostile") && !log.contains("EP-H"))
  }

  @Test func whoIsRefusedIsInTheAuditAndNothingElseIs() throws {
    defer { scratch.remove() }
    let gateway = try serve()
    defer { gateway.kill() }
    #expect(
      try curl("-H", "Authorization: Bearer wpk_not-a-key", "\(gateway.url)/v1/episodes/EP-1?q=secret").hasPrefix(
        "HTTP/1.1 401"))
    let audit = try Shell.run(
      "sqlite3", ["\(data)/ledger.sqlite", "SELECT kind, identifier, detail FROM audit"]
    ).output
    #expect(audit == "refused|127.0.0.1|401 Unknown key, GET /v1/episodes/{reference}\n")
    let log = try String(contentsOfFile: "\(scratch.path)/gateway.log", encoding: .utf8)
    #expect(!log.contains("wpk_") && !log.contains("EP-1"))
  }
}
