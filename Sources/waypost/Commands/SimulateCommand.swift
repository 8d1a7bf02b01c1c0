import ArgumentParser
import Delivery
import Routing

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Plays a case in virtual time and prints what becomes owed, when.",
    discussion: """
      CASE is a case file (Documentation/PROTOCOLS.md). Its events, the timers that they start, calendar reports and duties
      that are met or overdue come in the order of time, until the case's `until`. Nothing is sent and nothing is kept.
      """)

  @Argument(help: "A case file.") var file: String
  @Flag(help: "Print one JSON object a line.") var json = false
  @OptionGroup var routes: RoutesOption

  func run() throws {
    let source = RouteFolder(root: routes.routes)
    let book = try Ending.readingRoutes { try source.book() }
    let lines = try Ending.readingRoutes {
      try source.cases(book.vocabulary, named: [file]).flatMap {
        CasePlayer.play($0, try CaseRunner(book: book).router(for: $0))
      }
    }
    if json {
      for line in lines { line.document(book.vocabulary).map { Output.line($0.serialized) } }
      return
    }
    Output.table(
      [["when", "what", "who", "of", "agency", "by", "because", "sections"]]
        + lines.filter { $0.kind != .note && $0.kind != .timer }.map(row))
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
