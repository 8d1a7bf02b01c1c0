package import Logging
import Routing

/// Notices deadlines that pass: a notification nobody took, a duty nobody fulfilled. Each is alarmed once.
package struct Timekeeper: Sendable {
  let ledger: any Ledger
  let time: any TimeSource
  /// Fired when an event has been accepted, and with it new deadlines.
  let agenda: Signal
  /// Fired when an overdue notification has been moved to its next channel.
  let outbox: Signal
  let logger: Logger

  package init(ledger: any Ledger, time: any TimeSource, agenda: Signal, outbox: Signal, logger: Logger) {
    self.ledger = ledger
    self.time = time
    self.agenda = agenda
    self.outbox = outbox
    self.logger = logger
  }

  /// Runs until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      do {
        let overdue = try await ledger.takeOverdue(at: time.now())
        for id in overdue.notifications {
          logger.error(
            "alarm", metadata: ["kind": "overdue", "id": "\(id)", "text": "nobody has taken the message in time"])
        }
        for id in overdue.duties {
          logger.error(
            "alarm", metadata: ["kind": "overdue", "id": "\(id)", "text": "the duty is not fulfilled in time"])
        }
        if !overdue.notifications.isEmpty { outbox.fire() }
        let next = try await ledger.nextDeadline()
        await time.wait(for: agenda, until: min(next ?? farOff, farOff))
      } catch {
        logger.error("the ledger does not answer", metadata: ["error": "\(error)"])
        await time.wait(for: agenda, until: time.now().advanced(bySeconds: 5))
      }
    }
  }

  /// Deadlines of events that came in meanwhile are looked at within a minute even without a signal.
  private var farOff: Instant { time.now().advanced(bySeconds: 60) }
}
