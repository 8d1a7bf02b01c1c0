import ArgumentParser
import Foundation
import Routing

/// `waypost`: every command of the contract.
@main
struct Waypost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waypost",
    abstract: "Tells everyone who must know when a child goes missing, is found, or is placed far from home.",
    discussion: """
      First steps:
        waypost demo                      three stories on this machine, nothing leaves it
        waypost explain event.json        who would be told, and why
        waypost sources add my-system     a key for a sender
        waypost serve                     the gateway

      Exit status: 0 done, 1 the check or action failed, 64 usage, 65 bad input, 69 service unavailable.
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, ServeCommand.self, SinkCommand.self, SubmitCommand.self, ExplainCommand.self,
      SimulateCommand.self, TraceCommand.self,
      QueueCommand.self, EndpointsCommand.self, CallsCommand.self, DutiesCommand.self, DrillsCommand.self,
      RoutesCommand.self, SourcesCommand.self, PeopleCommand.self, CertificatesCommand.self, ProbeCommand.self,
      WebhooksCommand.self,
    ])
}

struct RoutesOption: ParsableArguments {
  @Option(help: "The folder with vocabulary, packs and directory.")
  var routes = "Routes"
}

struct DataOption: ParsableArguments {
  @Option(help: "The folder with the gateway's state.")
  var data = ".waypost"
}

/// Whoever types a command, for the audit.
enum Operator {
  static var name: String { ProcessInfo.processInfo.environment["USER"] ?? "operator" }
}

/// How commands end when they do not end well.
enum Ending {
  /// Prints to standard error and gives the exit status of the contract.
  static func because(_ error: any Error, _ status: Int32) -> ExitCode {
    FileHandle.standardError.write(Data("waypost: \(error)\n".utf8))
    return ExitCode(status)
  }
  static let failed: Int32 = 1
  static let badInput: Int32 = 65
  static let unavailable: Int32 = 69

  /// Runs a body whose route problems are bad input.
  static func readingRoutes<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let problems as RouteProblems { throw because(problems, badInput) }
  }
}

/// Standard output, flushed line by line so that a script behind a pipe sees each at once.
enum Output {
  static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
  /// Whether a person is looking: colour and progress only then.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil }
  static func bold(_ text: String) -> String { isTerminal ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  static func red(_ text: String) -> String { isTerminal ? "\u{1B}[31m\(text)\u{1B}[0m" : text }

  /// Columns as wide as their widest cell.
  static func table(_ rows: [[String]]) {
    guard let first = rows.first else { return }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for (number, row) in rows.enumerated() {
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell.padding(toLength: widths[index], withPad: " ", startingAt: 0)
      }
      let text = cells.joined(separator: "  ")
      line(number == 0 ? bold(text) : text)
    }
  }
}
