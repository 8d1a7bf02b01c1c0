import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct DutiesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duties", abstract: "Duties that agencies owe, overdue first.",
    subcommands: [List.self, Complete.self])

  struct Complete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Records that a person has seen to a duty. After its deadline it is late, and stays so.")
    @Argument(help: "The duty's id (du-…).") var id: String
    @Option(help: "What shows that it was done; it is kept in the audit, so name no child.") var evidence: String
    @OptionGroup var data: DataOption

    func run() async throws {
      guard try await openLedger(data).completeDuty(id, at: SystemClock().now(), by: Operator.name, evidence: evidence)
      else {
        throw Ending.because(Complaint("No open duty is called \(id)."), Ending.failed)
      }
      Output.line("\(id): complete")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists open duties, overdue first.")
    @Option(help: "Only duties of this episode.") var episode: String?
    @Flag(help: "Fulfilled ones too.") var all = false
    @OptionGroup var data: DataOption

    func run() async throws {
      let found = try await openLedger(data).duties(DutyFilter(episode: episode, openOnly: !all, limit: 1000))
      Output.table(
        [["id", "duty", "state", "owed by", "by", "episode", "sections"]]
          + found.map {
            [
              $0.id, $0.name, $0.state.rawValue, "\($0.agency ?? "?") \($0.role)", $0.by.map(LondonWords.moment) ?? "",
              $0.episode, $0.citations.map(\.section).joined(separator: ", "),
            ]
          })
    }
  }
}
