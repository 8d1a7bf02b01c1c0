import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "The outbox: what is waiting, failed or held, and what to do about it.",
    subcommands: [List.self, Retry.self, Cancel.self, Hold.self, Release.self, Acknowledge.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists notifications that are not settled, or those of a state.")
    @Option(help: "States to show (repeatable); all that need somebody when absent.") var state: [String] = []
    @Option(help: "At most so many.") var limit = 200
    @Flag(help: "One JSON object a line.") var json = false
    @OptionGroup var data: DataOption

    func run() async throws {
      let wanted = try state.map { word in
        guard let state = NotificationState(rawValue: word) else {
          throw ValidationError(
            "no state is called \(word); use \(NotificationState.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return state
      }
      let states = wanted.isEmpty ? [.queued, .scheduled, .held, .deferred, .failed, .unroutable] : Set(wanted)
      let found = try await openLedger(data).notifications(NotificationFilter(states: states, limit: limit))
      if json {
        for record in found { Output.line(record.line.serialized) }
      } else {
        Output.table(
          [["notification", "state", "for", "attempts", "next", "episode"]]
            + found.map {
              [
                $0.notification.id, $0.state.rawValue + ($0.isOverdue ? " (overdue)" : ""),
                "\($0.notification.agency ?? "?") \($0.notification.role)", "\($0.delivery.attempts)",
                $0.due?.rfc3339 ?? "", $0.notification.episode,
              ]
            })
      }
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tries a notification again now, over every channel.")
    @OptionGroup var order: Order
    func run() async throws { try await order.carryOut(.retry) }
  }

  struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Cancels a notification; the next of its lane goes.")
    @OptionGroup var order: Order
    func run() async throws { try await order.carryOut(.cancel) }
  }

  struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keeps a notification back until it is released.")
    @OptionGroup var order: Order
    func run() async throws { try await order.carryOut(.hold) }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lets a held notification go.")
    @OptionGroup var order: Order
    func run() async throws { try await order.carryOut(.release) }
  }

  struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Records that a person of the recipient has taken a message on, for example by telephone.")
    @Argument(help: "The notification's id.") var id: String
    @Option(help: "Who said so: a name or an office.") var by: String
    @Option(help: "What they will do.") var willDo: String?
    @Option(help: "By when, as 2026-03-27T22:40:00Z; if it passes without another word, the next contact is asked.")
    var until: String?
    @OptionGroup var data: DataOption

    func run() async throws {
      let now = SystemClock().now()
      let promised = try until.map { text -> Instant in
        guard let instant = Instant(rfc3339: text), instant > now, willDo != nil else {
          throw Ending.because(
            Complaint("--until takes an instant that lies ahead (2026-03-27T22:40:00Z), together with --will-do."),
            Ending.badInput)
        }
        return instant
      }
      let words = Acknowledgement(by: by, actor: Operator.name, willDo: willDo, until: promised)
      guard try await openLedger(data).acknowledge(id, words, at: now) else {
        throw Ending.because(Complaint("No notification that can be acknowledged is called \(id)."), Ending.failed)
      }
      Output.line("\(id): acknowledged")
    }
  }

  /// What every action by hand needs.
  struct Order: ParsableArguments {
    @Argument(help: "The notification's id.") var id: String
    @Option(help: "Why; it is kept in the audit.") var reason = "no reason given"
    @OptionGroup var data: DataOption

    func carryOut(_ action: OperatorAction) async throws {
      let ledger = try openLedger(data)
      guard let record = try await ledger.notification(id) else {
        throw Ending.because(Complaint("No notification is called \(id)."), Ending.failed)
      }
      guard try await ledger.act(action, on: id, at: SystemClock().now(), by: Operator.name, reason: reason) else {
        throw Ending.because(
          Complaint(
            "A notification that is \(record.state.rawValue) cannot be changed so, or it is being attempted right now."),
          Ending.failed)
      }
      Output.line("\(id): \(action.rawValue)")
    }
  }
}

extension NotificationRecord {
  fileprivate var line: JSONValue {
    [
      "id": .string(notification.id), "state": .string(state.rawValue), "role": .string(notification.role),
      "of": .string(notification.relation), "agency": .optional(notification.agency),
      "episode": .string(notification.episode), "event": .string(notification.event),
      "attempts": .number(Double(delivery.attempts)), "due": .optional(due?.rfc3339), "overdue": .bool(isOverdue),
    ]
  }
}
