import ArgumentParser
import Delivery
import Ledger
import Routing

struct DutiesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duties", abstract: "Duties that agencies owe, overdue first.", subcommands: [List.self])

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
