import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct CallsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calls", abstract: "The call desk: who has to be rung, what to say, and how the call ended.",
    discussion: """
      A recipient that can only be rung, or that nobody reaches otherwise, gets a call card. Take it before you ring, so \
      that nobody else rings too; complete it afterwards. A card that is not taken or completed in its time is alarmed \
      until somebody has.
      """, subcommands: [List.self, Take.self, Complete.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the cards on the desk, the oldest first.")
    @Flag(help: "With what to say.") var script = false
    @OptionGroup var data: DataOption

    func run() async throws {
      var filter = NotificationFilter(limit: 10_000)
      filter.onDesk = true
      let found = try await openLedger(data).notifications(filter)
      let cards = found.compactMap(CallCard.init)
      if script {
        for card in cards { Output.line("\(card.notification)\n\(card.script)") }
        return
      }
      Output.table(
        [["notification", "number", "for", "state", "until"]]
          + cards.map {
            [
              $0.notification, $0.number, "\($0.agency ?? "?") \($0.role)", $0.isTaken ? "taken" : "waiting",
              $0.until?.rfc3339 ?? "",
            ]
          })
    }
  }

  struct Take: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Takes a card and prints what to say.")
    @Argument(help: "The notification's id.") var id: String
    @Option(help: "Who rings.") var by: String
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      guard let record = try await ledger.notification(id), let card = CallCard(record),
        try await ledger.takeCall(id, by: by, at: SystemClock().now())
      else {
        throw Ending.because(Complaint("No card that waits is called \(id); see `waypost calls list`."), Ending.failed)
      }
      Output.line(card.script)
    }
  }

  struct Complete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says how a call ended.",
      discussion: "Give --told with the name of whoever took the message, or --not-reached with the reason.")
    @Argument(help: "The notification's id.") var id: String
    @Option(help: "Who rang.") var by: String
    @Option(help: "Who took the message.") var told: String?
    @Option(help: "What they will do.") var willDo: String?
    @Option(help: "Why nobody could be told: the next contact is asked, or the card comes back.") var notReached:
      String?
    @OptionGroup var data: DataOption

    func validate() throws {
      if (told == nil) == (notReached == nil) { throw ValidationError("give either --told or --not-reached") }
      if willDo != nil, told == nil { throw ValidationError("--will-do belongs to --told") }
    }

    func run() async throws {
      let ending: CallEnding = told.map { .told($0, willDo: willDo) } ?? .notReached(notReached ?? "no reason given")
      guard try await openLedger(data).endCall(id, ending, by: by, at: SystemClock().now()) else {
        throw Ending.because(Complaint("No card is called \(id); see `waypost calls list`."), Ending.failed)
      }
      Output.line(told == nil ? "\(id): not reached" : "\(id): acknowledged")
    }
  }
}
