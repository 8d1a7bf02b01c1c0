import ArgumentParser
import Delivery
import Ledger
import Routing

struct RoutesShadow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shadow",
    abstract: "Replays the stored events against draft routes and prints what would have differed.",
    discussion: """
      DRAFT is a folder like Routes/. Nothing is sent and nothing is changed; the gateway may be running. Compared are the
      recipients, duties and deadlines of every stored event with what was decided when it came in; what time set off
      later is left out.
      """)
  @Argument(help: "The folder with the draft.") var draft: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let book = try Ending.readingRoutes { try RouteFolder(root: draft).book() }
    let ledger = try openLedger(data)
    var shadow = Shadow(book)
    let reader = EventReader(vocabulary: book.vocabulary)
    var (played, differing) = (0, 0)
    var last: String?
    while true {
      let page = try await ledger.events(after: last, limit: 500)
      guard let end = page.last else { break }
      // What time set off is not replayed: it follows from what was sent.
      for (record, body) in page where record.type != Event.timePassed {
        played += 1
        let event: Event
        do { event = try reader.read(body, learnedAt: record.learnedAt) } catch {
          differing += 1
          Output.line("\(record.id) \(record.type): the draft's vocabulary does not take this event: \(error)")
          continue
        }
        let was = try JSONValue(parsing: record.plan.utf8)
        guard let difference = shadow.play(event, plan: was, at: record.learnedAt) else { continue }
        differing += 1
        show(difference, record)
      }
      last = end.record.id
    }
    Output.line("\(played) events replayed, \(differing) would have gone differently")
  }

  private func show(_ difference: Shadow.Difference, _ record: EventRecord) {
    Output.line(Output.bold("\(record.id) \(record.type) at \(LondonWords.moment(record.time))"))
    for line in difference.more { Output.line("  more   \(line)") }
    for line in difference.fewer { Output.line("  fewer  \(line)") }
    for line in difference.moved { Output.line("  moved  \(line)") }
  }
}
