import ArgumentParser
import Delivery
import Routing
import Simulation

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Plays a case in virtual time and prints what becomes owed, when.",
    discussion: """
      CASE is a case file (Documentation/PROTOCOLS.md). It goes through the gateway's own intake, timekeeper and courier, over
      a ledger in memory and a clock that jumps: its events, the timers that they start, reminders, ladders, calendar
      reports and duties that are met or overdue come in the order of time, until the case's `until`. Nothing is sent and
      nothing is kept.
      """)

  @Argument(help: "A case file.") var file: String
  @Flag(help: "Print one JSON object a line.") var json = false
  @OptionGroup var routes: RoutesOption

  func run() async throws {
    let source = RouteFolder(root: routes.routes)
    let known = try Ending.readingRoutes { try source.routes(gateway: "simulate.example") }
    var lines: [TimelineLine] = []
    for item in try Ending.readingRoutes({ try source.cases(known.vocabulary, named: [file]) }) {
      do { lines += try await CasePlay.lines(of: item, known) } catch let problems as RouteProblems {
        try Ending.readingRoutes { throw problems }
      } catch let refusal as IntakeRefusal {
        throw Ending.because(Complaint("The engine refuses an event of \(item.file): \(refusal)"), Ending.badInput)
      }
    }
    if json {
      for line in lines { line.document(known.vocabulary).map { Output.line($0.serialized) } }
      return
    }
    Output.table(
      [["when", "what", "who", "of", "agency", "by", "because", "sections"]]
        + lines.map(row))
  }

  private func row(_ line: TimelineLine) -> [String] {
    let what = [line.duty, line.kind.rawValue, line.isHeld ? "held" : nil].compactMap(\.self).joined(separator: ", ")
    let cause = [line.cause.step.map { "step \($0)" }, line.cause.timer].compactMap(\.self).joined(separator: ", ")
    var seen = Set<String>()
    let sections = line.citations.map { "\($0.pack) \($0.section)" }.filter { seen.insert($0).inserted }
    return [
      LondonWords.moment(line.at), what, line.role ?? "", line.relation?.rawValue ?? "", line.agency ?? "",
      line.by.map(LondonWords.moment) ?? "", cause, sections.joined(separator: "; "),
    ]
  }
}
