import Foundation
import Routing
import TestKit
import Testing

/// A real gateway with a real Postfix that sends reports, and a real Dovecot from which it collects them.
@Suite(.serialized, .timeLimit(.minutes(30))) struct RealMailTests {
  @Test func everyKindOfAnswerBecomesEvidence() throws {
    let post = try RealPost()
    defer { post.stop() }
    let key = try Program.key(data: post.data)
    var gateway = try post.gateway()
    defer { gateway.kill() }
    try submit(gateway, key)

    // A success report, a failure report, a warning, a hand-over, a refusal and a greylisting.
    let told = try post.wait(gateway, key) { told in
      told["health.designated-nurse"]?.state == "delivered" && told["family.reporter"]?.state == "failed"
        && told["health.safeguarding"]?.state == "delivered"
        && told["police.missing-unit"]?.kinds.contains("delayed") == true
        && told["partnership.other-agencies"]?.kinds.contains("relayed") == true
        && told["police.investigating-officer"]?.state == "deferred"
    }
    #expect(told["partnership.other-agencies"]?.state == "accepted", "relayed is not delivered")
    #expect(told["police.missing-unit"]?.state == "accepted", "a warning is no failure yet")
    #expect(told["family.reporter"]?.document.serialized.contains("5.1.1") == true)
    #expect(told["police.investigating-officer"]?.document.serialized.contains("4.2.0") == true)
    let bounced = try #require(told["health.safeguarding"])
    #expect(bounced.kinds.contains("failed") && bounced.document.serialized.contains("failed 5.1.1"))

    try acknowledgeByPage(post, gateway, key)
    try acknowledgeByReply(post, gateway, key)
    try forge(post, gateway)

    // An hour later the two that hang have been given to somebody else.
    gateway.kill()
    gateway = try post.gateway(hoursAhead: 1)
    let later = try post.wait(gateway, key) { told in
      ["police.missing-unit", "police.investigating-officer"].allSatisfy {
        told[$0]?.kinds.contains("delivered") == true
      }
    }
    for role in ["police.missing-unit", "police.investigating-officer"] {
      #expect(later[role]?.document["contact"]?.text != "Named \(role)")
    }
    gateway.kill()
    let log = try String(contentsOfFile: "\(post.scratch.path)/gateway.log", encoding: .utf8)
    for word in ["Żółć", "late-failure@", "nobody-here@", "C-1", "Station Road"] { #expect(!log.contains(word)) }
  }

  private func submit(_ gateway: Program, _ key: String) throws {
    func contact(_ role: String, _ mailbox: String) -> JSONValue {
      ["role": .string(role), "name": .string("Named \(role)"), "email": .string("\(mailbox)@recipient.example")]
    }
    let document = event(
      "missing.reported", at: "2026-11-12T11:59:00Z", subject: "EP-1", id: "e1",
      [
        "child": [
          "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02", "name": ["given": "Żółć", "family": "王🦊"],
          "contacts": [
            contact("health.safeguarding", "late-failure"), contact("police.missing-unit", "slow"),
            contact("partnership.other-agencies", "relayed"), contact("family.reporter", "nobody-here"),
            contact("police.investigating-officer", "greylisted"),
          ],
        ],
        "episode": [
          "reportedBy": "carer", "reportedToPolice": true, "whereabouts": "unknown", "risk": "high",
          "circumstances": "Last seen in Station Road.",
        ],
      ]
    ).cloudEvent
    let answer = try Program.run(
      ["submit", "-", "--gateway", gateway.url, "--key", key], input: document.serialized)
    #expect(answer.status == 0, "\(answer.output)")
  }

  /// The link in the mail: opening it changes nothing, the button does.
  private func acknowledgeByPage(_ post: RealPost, _ gateway: Program, _ key: String) throws {
    let role = "childrens-services.out-of-hours"
    let before = try post.wait(gateway, key) { $0[role]?.state == "delivered" }
    let id = try #require(before[role]?.id)
    let link = try #require(try post.link(in: id))
    let page = try Shell.run("curl", ["-sS", "-i", link]).output
    #expect(page.contains("200 OK") && page.contains(id) && !page.contains("Żółć") && !page.contains("Station Road"))
    #expect(try post.told(gateway, key)[role]?.state == "delivered")
    let done = try Shell.run(
      "curl", ["-sS", "-L", "--data-urlencode", "by=Duty worker", "--data-urlencode", "willDo=visit the home", link])
    #expect(done.output.contains("Acknowledged"))
    let after = try #require(try post.told(gateway, key)[role])
    #expect(after.state == "acknowledged")
    #expect(after.kinds == ["queued", "accepted", "delivered", "acknowledged", "action-stated"])
    #expect(after.document.serialized.contains(#""source":"page""#))
  }

  /// A reply counts when our own server vouches for its author, and not without.
  private func acknowledgeByReply(_ post: RealPost, _ gateway: Program, _ key: String) throws {
    let role = "health.designated-nurse"
    let id = try #require(try post.told(gateway, key)[role]?.id)
    let mail = try #require(try post.mail(of: id))
    let address = try #require(mail.fields["To"]).trimmingCharacters(in: CharacterSet(charactersIn: "<>"))
    let answer = try #require(mail.fields["Reply-To"]).trimmingCharacters(in: CharacterSet(charactersIn: "<>"))
    let domain = String(address.drop { $0 != "@" }.dropFirst())
    func reply(_ results: String) throws {
      try post.send(
        from: address, to: answer,
        """
        Authentication-Results: mx.waypost.example; \(results)
        From: <\(address)>
        To: <\(answer)>
        Subject: Re: A child has been reported missing [prompt, ref \(id)]
        Message-ID: <\(results.count).reply@\(domain)>
        Date: Thu, 12 Nov 2026 12:30:00 +0000

        We have it.
        """)
    }
    try reply("dmarc=fail header.from=\(domain)")
    try post.waitForMetric(gateway, "unauthenticated", 1)
    #expect(try post.told(gateway, key)[role]?.state == "delivered")
    try reply("dmarc=pass header.from=\(domain)")
    let after = try post.wait(gateway, key) { $0[role]?.state == "acknowledged" }
    #expect(after[role]?.document.serialized.contains(#""source":"reply""#) == true)
  }

  /// A report about nothing that was sent from here, and one whose code was not made here: counted, kept, not obeyed.
  private func forge(_ post: RealPost, _ gateway: Program) throws {
    for tag in ["nt-aaaaaaaaaaaaaaaaaaaaaaaaaa.0.aaaaaaaaaaaaaaaa"] {
      try post.send(
        to: "bounce+\(tag)@waypost.example",
        """
        From: MAILER-DAEMON@elsewhere.example
        To: <bounce+\(tag)@waypost.example>
        Subject: Undelivered
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; elsewhere.example

        Final-Recipient: rfc822; a@b.example
        Action: delivered
        Status: 2.0.0

        --b--
        """)
    }
    try post.waitForMetric(gateway, "forged", 1)
    let kept = try FileManager.default.contentsOfDirectory(atPath: "\(post.postfix)/answers/.Waypost-Unmatched/cur")
    #expect(kept.count == 2, "the forged report and the reply that nobody vouches for")
  }
}

/// Postfix and Dovecot of our own, and a gateway that uses both.
struct RealPost {
  let scratch: Scratch
  private let certificates: String
  private let smtp: Int
  private let imap: Int
  private let support = "\(Repository.root)/Tests/Support"
  var data: String { "\(scratch.path)/gateway" }
  var postfix: String { "\(scratch.path)/postfix" }
  private var dovecot: String { "\(scratch.path)/dovecot" }

  init() throws {
    scratch = try Scratch("post")
    certificates = "\(scratch.path)/certificates"
    try #require(try Shell.run("\(support)/certificates.sh", [certificates]).status == 0)
    smtp = try freePort()
    imap = try freePort()
    let pair = ["\(certificates)/server.pem", "\(certificates)/server.key"]
    let mail = try Shell.run(
      "\(support)/postfix.sh", ["start", postfix, "\(smtp)"] + pair + ["localhost", "waypost.example"])
    try #require(mail.status == 0)
    try Data("secret\n".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/password"))
    let box = try Shell.run(
      "\(support)/dovecot.sh",
      ["start", dovecot, "\(imap)"] + pair + ["waypost", "\(scratch.path)/password", "\(postfix)/answers"])
    try #require(box.status == 0)
  }

  func stop() {
    _ = try? Shell.run("\(support)/dovecot.sh", ["stop", dovecot])
    _ = try? Shell.run("\(support)/postfix.sh", ["stop", postfix])
    scratch.remove()
  }

  func gateway(hoursAhead: Int? = nil) throws -> Program {
    let settings = """
      listen: 127.0.0.1:0
      host: waypost.example
      data: \(data)
      routes: \(Repository.root)/Routes
      trust: \(certificates)/ca.pem
      log: info
      mail:
        relay: smtp://localhost:\(smtp)
        from: waypost@waypost.example
        answers: imaps://localhost:\(imap)/INBOX
        answersUser: waypost
        answersPasswordFile: \(scratch.path)/password
        authority: mx.waypost.example
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/settings.yaml"))
    return try Program(
      ["serve", "--config", "\(scratch.path)/settings.yaml"], hoursAhead: hoursAhead,
      log: "\(scratch.path)/gateway.log")
  }

  struct Told {
    let document: JSONValue
    var id: String { document["id"]?.text ?? "" }
    var state: String { document["state"]?.text ?? "" }
    var kinds: [String] { document["receipts"]?.items?.compactMap { $0["kind"]?.text } ?? [] }
  }

  /// All notifications by role, each with its receipts; of two for one role the one that has come farther, since
  /// what the earlier one demands passes to the later.
  func told(_ gateway: Program, _ key: String) throws -> [String: Told] {
    var told: [String: Told] = [:]
    let list = try get(["\(gateway.url)/v1/notifications?limit=100"], key).first
    let ids = list?["notifications"]?.items?.compactMap { $0["id"]?.text } ?? []
    for document in try get(ids.map { "\(gateway.url)/v1/notifications/\($0)" }, key) {
      let found = Told(document: document)
      guard let role = document["role"]?.text else { continue }
      if told[role].map({ $0.kinds.count <= found.kinds.count }) ?? true { told[role] = found }
    }
    return told
  }

  /// Looks until it is so; the suite's time limit ends what never comes.
  func wait(
    _ gateway: Program, _ key: String, until isSo: ([String: Told]) -> Bool
  ) throws -> [String: Told] {
    while true {
      let told = try told(gateway, key)
      if isSo(told) { return told }
      try Task.checkCancellation()
    }
  }

  func waitForMetric(_ gateway: Program, _ what: String, _ count: Int) throws {
    let line = "waypost_answers_total{what=\"\(what)\"} \(count)"
    while !(try Shell.run("curl", ["-sS", "\(gateway.url)/metrics"]).output.contains(line)) {
      try Task.checkCancellation()
    }
  }

  /// One document a URL, all by one curl.
  private func get(_ urls: [String], _ key: String) throws -> [JSONValue] {
    try Shell.run("curl", ["-sS", "-w", "\n", "-H", "Authorization: Bearer \(key)"] + urls).output
      .split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }

  /// A delivered mail, as Python reads it.
  func mail(of id: String) throws -> (fields: [String: String], texts: [String])? {
    let folder = "\(postfix)/mail/new"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      guard text.contains("Message-ID: <\(id)@") else { continue }
      let read = try Shell.run("python3", ["\(support)/strict_mail.py", "--lf", "\(folder)/\(name)"])
      #expect(read.status == 0, "\(read.output.prefix(500))")
      let document = try JSONValue(parsing: read.output.utf8)
      let fields = (document["headers"]?.members ?? [:]).compactMapValues { $0.text ?? $0.items?.first?.text }
      return (fields, document["texts"]?.items?.compactMap(\.text) ?? [])
    }
    return nil
  }

  /// The first link in it.
  func link(in id: String) throws -> String? {
    try mail(of: id)?.texts.joined(separator: "\n").split(whereSeparator: \.isWhitespace)
      .first { $0.hasPrefix("http") && $0.contains("/acknowledge/") }.map(String.init)
  }

  /// Hands a mail to Postfix, as somebody else's server would.
  func send(from sender: String = "", to address: String, _ text: String) throws {
    let script = """
      import smtplib, ssl, sys
      context = ssl.create_default_context(cafile=sys.argv[1])
      with smtplib.SMTP("localhost", int(sys.argv[2])) as server:
          server.starttls(context=context)
          server.sendmail(sys.argv[4], [sys.argv[3]], sys.stdin.read().replace("\\n", "\\r\\n").encode())
      """
    let sent = try Shell.run(
      "python3", ["-c", script, "\(certificates)/ca.pem", "\(smtp)", address, sender], input: text)
    #expect(sent.status == 0)
  }
}
