import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct DrillsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drills", abstract: "How long it took in exercises until a person acknowledged, by agency.",
    discussion: """
      Counts the messages of events marked "exercise": true, and no others. A message counts from when it became owed
      until a person first acknowledged it. `not acknowledged` counts those that were to be acknowledged and were not.
      """)
  @Option(help: "Only messages owed since then: a day (2026-03-27, London) or an instant (2026-03-27T22:40:00Z).")
  var since: String?
  @Flag(help: "One JSON object a line.") var json = false
  @OptionGroup var data: DataOption

  func run() async throws {
    let start = try since.map(DrillsCommand.instant) ?? Instant(seconds: 0)
    let lines = DrillReport(try await openLedger(data).drillFigures(since: start)).lines
    if json {
      for line in lines { Output.line(line.json.serialized) }
    } else if lines.isEmpty {
      Output.line("No exercise has made a message owed since then.")
    } else {
      Output.table(
        [["agency", "messages", "acknowledged", "median", "slowest", "not acknowledged"]]
          + lines.map {
            [
              $0.agency ?? "(none)", "\($0.messages)", "\($0.acknowledged)", DrillsCommand.words($0.median),
              DrillsCommand.words($0.slowest), "\($0.missing)",
            ]
          })
    }
  }

  static func instant(_ text: String) throws -> Instant {
    if let day = CivilDate(text) { return London.instant(day, secondOfDay: 0) }
    guard let instant = Instant(rfc3339: text) else {
      throw ValidationError("\(text) is no time; write 2026-03-27 or 2026-03-27T22:40:00Z")
    }
    return instant
  }

  /// `1 h 2 min`, `2 min 5 s` or `5 s`.
  static func words(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "-" }
    let seconds = milliseconds / 1000
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    if hours > 0 { return "\(hours) h \(minutes) min" }
    return minutes > 0 ? "\(minutes) min \(rest) s" : "\(rest) s"
  }
}
