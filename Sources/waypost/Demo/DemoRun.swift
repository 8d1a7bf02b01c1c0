import Delivery
import Foundation
import Ledger
import Logging
import Routing
import Sink
import Synchronization

/// Runs gateway and sink in one process and plays the stories through the front door.
struct DemoRun: Sendable {
  let listen: String
  let routes: String
  let data: String

  /// True when every notification has its receipt. `stepping` waits for Enter before each step.
  func play(staying: Bool, stepping: Bool) async throws -> Bool {
    try? FileManager.default.removeItem(atPath: data)
    let certificates = DevelopmentCertificates(folder: try DataFolder(data).certificates)
    try certificates.make(now: Date())
    let secret = WebhookSecret.generate()
    setenv("WAYPOST_REDIRECT_SECRET", secret, 1)
    let clock = StoryClock(at: Instant(rfc3339: "2026-03-27T22:39:00Z") ?? Instant(seconds: 0))
    let sink = SinkServer(
      settings: .init(
        host: "127.0.0.1", port: 0, smtpHost: "127.0.0.1", smtpPort: 0, certificateFile: certificates.server,
        keyFile: certificates.serverKey, secret: WebhookSecret(secret)),
      store: SinkStore(contentsKept: 1000), faults: SinkFaults(.init(), seed: 1), time: clock,
      logger: Logger(label: "waypost.sink") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Bool?.self) { group in
      let (addresses, opened) = AsyncStream<SinkServer.Address>.makeStream()
      group.addTask {
        try await sink.run { opened.yield($0) }
        return nil
      }
      guard let address = await addresses.first(where: { _ in true }) else { throw CancellationError() }
      var settings = Settings()
      settings.routes = routes
      settings.data = data
      settings.listen = listen
      let gateway = try Gateway(
        settings, redirect: Redirect(mail: address.smtp, webhook: "\(address.page)/hooks"),
        trust: [certificates.authority], time: clock, sessions: SystemClock(), logger: Logger(label: "waypost"))
      let (urls, listening) = AsyncStream<String>.makeStream()
      group.addTask {
        try await gateway.run { listening.yield($0) }
        return nil
      }
      guard let url = await urls.first(where: { _ in true }) else { throw CancellationError() }
      Output.line("listening on \(url)")
      Output.line("what arrives: \(address.page)/")
      if staying || stepping {
        let passphrase = try await DemoPeople.add(to: gateway.ledger, at: clock.now())
        Output.line("the board: \(url)/board")
        Output.table([["  sign in as", "roles", "agencies"]] + DemoPeople.all.map(\.row))
        Output.line("  with the passphrase: \(passphrase)")
      }
      let teller = DemoTeller(
        gateway: gateway, clock: clock, url: url, sink: sink, enter: stepping ? EnterKey() : nil)
      group.addTask { try await teller.tellAll() }
      // The stories, or the gateway at a signal: then there is nobody left to tell.
      guard let isComplete = try await group.next() ?? nil else { throw CancellationError() }
      if staying {
        Output.line("\nThe gateway and the receiver stay up; end with Ctrl-C.")
        // The gateway ends at the signal; the receiver has nothing to stay for then.
        _ = try await group.next()
      }
      group.cancelAll()
      return isComplete
    }
  }
}

/// Plays each story step by step: sets the clock, posts the event, waits for every receipt, prints what happened.
struct DemoTeller: Sendable {
  let gateway: Gateway
  let clock: StoryClock
  let url: String
  let sink: SinkServer
  /// Nil: on and on, without a hand.
  let enter: EnterKey?

  func tellAll() async throws -> Bool {
    let key = SenderKey.generate()
    try await gateway.ledger.addSender(
      Sender(name: "demo", authorities: [], types: []), keyHash: SenderKey.hash(key), at: clock.now())
    guard let client = GatewayClient(url, key: key) else { throw Complaint("\(url) is no URL") }
    defer { client.stop() }
    var isComplete = true
    for (number, tale) in DemoStory.all.enumerated() {
      Output.line("\n" + Output.bold("Story \(number + 1). \(tale.title)"))
      for (index, step) in tale.steps.enumerated() { try await tell(step, index, tale, client) }
      try await letTimePass(tale)
      isComplete = try await settled(tale) && isComplete
    }
    var expected = 0
    for record in try await gateway.ledger.notifications(NotificationFilter(limit: 10_000))
    where try await hasArrived(record) { expected += 1 }
    // Heartbeats arrive too, are no messages, and may be on their way while the story's clock jumps by days.
    let arrivals = sink.store.arrivals(after: 0, limit: 10_000).filter { Identifiers.isNotification($0.id) }
    let forged = arrivals.count { $0.signature == "invalid" }
    let arrived = Set(arrivals.map(\.id)).count
    Output.line(
      "\n\(arrived) of \(expected) notifications arrived at the receiver; \(forged) webhook signatures did not verify.")
    return isComplete && arrived == expected && forged == 0
  }

  private func tell(_ step: DemoStory.Step, _ index: Int, _ tale: DemoStory.Tale, _ client: GatewayClient) async throws
  {
    guard let at = Instant(rfc3339: step.at) else { throw Complaint("\(step.at) is no time") }
    try await enter?.pressed(for: "\(LondonWords.moment(at)): \(step.type)")
    clock.jump(to: at)
    let event = Event(
      id: "\(tale.episode)-\(index)", source: "https://demo.example/", type: step.type, time: at, subject: tale.episode,
      data: step.data)
    let answer = try await client.post(event.cloudEvent)
    guard answer.status == 202, let id = try JSONValue(parsing: answer.body.utf8)["id"]?.text else {
      throw Complaint("The gateway refused \(step.type): \(answer.body)")
    }
    Output.line("\n\(LondonWords.moment(at)): \(step.type)")
    try await untilQuiet()
    try await report(id)
  }

  /// Waits until nothing that is due by the story's clock is left to attempt, and nothing for time to do.
  private func untilQuiet() async throws {
    let patience = ContinuousClock.now.advanced(by: .seconds(60))
    while try await isBusy() {
      guard ContinuousClock.now < patience else {
        throw Complaint("The messages of this step did not get through in a minute.")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func isBusy() async throws -> Bool {
    // Deadlines first: what they bring is due at once.
    if let deadline = try await gateway.ledger.nextDeadline(), deadline <= clock.now() { return true }
    return try await gateway.ledger.nextDue(excluding: []).map { $0 <= clock.now().advanced(bySeconds: 300) } ?? false
  }

  private func report(_ event: String) async throws {
    let records = try await gateway.ledger.notifications(NotificationFilter(event: event, limit: 1000))
    if !records.isEmpty {
      Output.table([["  told", "agency", "section", "channel", "state", "took"]] + records.map(row))
    }
    for duty in try await gateway.ledger.duties(DutyFilter(event: event, limit: 1000)) {
      let by = duty.by.map { ", by \(LondonWords.moment($0))" } ?? ""
      Output.line("  owed: \(duty.name) by \(duty.agency ?? "?") \(duty.role)\(by)")
    }
  }

  private func row(_ record: NotificationRecord) -> [String] {
    let notification = record.notification
    let index = record.delivery.channelIndex
    let channel = notification.channels.indices.contains(index) ? notification.channels[index].name : "none"
    var took = ""
    if let settled = record.settledAt {
      let start = max(record.createdAt, notification.notBefore ?? record.createdAt)
      took = "\(settled.milliseconds - start.milliseconds) ms"
    }
    let state =
      record.state == .scheduled
      ? "waits until \(notification.notBefore.map(LondonWords.moment) ?? "?")" : record.state.rawValue
    let sections = Set(notification.citations.map(\.section)).sorted().joined(separator: ", ")
    return ["  " + notification.role, notification.agency ?? "?", sections, channel, state, took]
  }

  /// Sets the clock on to each opening that messages of this story wait for.
  private func letTimePass(_ tale: DemoStory.Tale) async throws {
    while let due = try await gateway.ledger.nextDue(excluding: []) {
      try await enter?.pressed(for: "\(LondonWords.moment(due)): desks open")
      clock.jump(to: due)
      Output.line("\n\(LondonWords.moment(due)): desks open")
      let waiting = try await gateway.ledger.notifications(
        NotificationFilter(episode: tale.episode, states: [.scheduled, .queued, .deferred], limit: 1000))
      try await untilQuiet()
      var rows: [[String]] = []
      for record in waiting {
        if let now = try await gateway.ledger.notification(record.notification.id), !now.state.isOpen {
          rows.append(row(now))
        }
      }
      if !rows.isEmpty { Output.table([["  told", "agency", "section", "channel", "state", "took"]] + rows) }
    }
  }

  /// The receiver took it, whatever has been asked of whom since.
  private func hasArrived(_ record: NotificationRecord) async throws -> Bool {
    try await gateway.ledger.receipts(of: record.notification.id).contains { $0.receipt.kind == .accepted }
  }

  private func settled(_ tale: DemoStory.Tale) async throws -> Bool {
    let records = try await gateway.ledger.notifications(NotificationFilter(episode: tale.episode, limit: 1000))
    var missing: [NotificationRecord] = []
    for record in records where try await !hasArrived(record) { missing.append(record) }
    for record in missing {
      Output.line(
        Output.red(
          "  no receipt: \(record.notification.role) of \(record.notification.agency ?? "?") is \(record.state.rawValue)"
        ))
    }
    return missing.isEmpty && !records.isEmpty
  }
}
