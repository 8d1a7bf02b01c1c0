import Delivery
import Foundation
import Ledger
import Routing
import Transports

/// Mails a second, every one leased, sent over TLS and settled durably, against the same dialogue to the same sink with
/// nothing durable around it.
struct MailBench {
  static let mails = 8000

  func run() async throws {
    let sink = try BenchSink()
    defer { sink.stop() }
    let curl = sink.curl()
    defer { curl.stop() }
    let mail = sink.transports(curl)[0]
    let gateway = try BenchGateway("mail")
    defer { gateway.remove() }
    let notifications = try await fill(gateway)
    let raw = try await self.raw(mail, Array(notifications.prefix(MailBench.mails)), gateway.clock)
    let courier = Courier(
      ledger: gateway.ledger, transports: [mail], time: gateway.clock, outbox: gateway.outbox, logger: Bench.quiet)
    let before = Bench.processorSeconds()
    let seconds = try await Bench.seconds {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await courier.run() }
        while try await gateway.ledger.nextDue(excluding: []) != nil { try await Task.sleep(for: .milliseconds(20)) }
        group.cancelAll()
      }
    }
    let settled = try await gateway.ledger.counts().real[.accepted] ?? 0
    let rate = Double(settled) / seconds
    let share = (Bench.processorSeconds() - before) / seconds
    Bench.line("mail: processors in use while sending", String(format: "%.2f", share))
    Bench.line("mail: settled", "\(settled) of \(notifications.count)")
    Bench.line("mail: mails a second, durable and settled", Bench.whole(rate))
    Bench.line("mail: mails a second, the same dialogue raw", Bench.whole(raw))
    Bench.line("mail: ratio", Bench.ratio(rate / raw, goal: 0.5))
  }

  /// Events whose mail notifications are all due; webhooks are cancelled, they are not measured here.
  private func fill(_ gateway: BenchGateway) async throws -> [Delivery.Notification] {
    let sender = Sender(name: "bench", authorities: [], types: [])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for start in stride(from: 0, to: MailBench.mails / 4, by: 50) {
        group.addTask {
          for number in start..<(start + 50) {
            _ = try await gateway.intake.submit(Bench.sixfold(number), from: sender)
          }
        }
      }
      try await group.waitForAll()
    }
    var mails: [Delivery.Notification] = []
    var after: String?
    while true {
      let page = try await gateway.ledger.notifications(NotificationFilter(after: after, limit: 5000))
      guard let last = page.last else { return mails }
      after = last.notification.id
      for record in page {
        if record.notification.channels.first?.name == "mail" {
          mails.append(record.notification)
        } else {
          _ = try await gateway.ledger.act(
            .cancel, on: record.notification.id, at: gateway.clock.now(), by: "bench", reason: "mail only")
        }
      }
    }
  }

  /// The same messages over the same connections, 64 at a time, straight to the transport.
  private func raw(_ mail: any Transport, _ notifications: [Delivery.Notification], _ clock: BenchClock) async throws
    -> Double
  {
    let refused = Rate()
    let seconds = await Bench.seconds {
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<64 {
          group.addTask {
            for index in stride(from: worker, to: notifications.count, by: 64) {
              let notification = notifications[index]
              let outcome = await mail.deliver(
                Dispatch(notification: notification, channel: notification.channels[0], attempt: 1, at: clock.now()))
              if case .accepted = outcome { continue }
              await refused.set(1)
            }
          }
        }
      }
    }
    guard await refused.value == 0 else { throw BenchFailure("the sink refused a mail") }
    return Double(notifications.count) / seconds
  }
}
