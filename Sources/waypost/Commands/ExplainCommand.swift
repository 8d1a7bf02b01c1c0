import ArgumentParser
import Delivery
import Foundation
import Routing

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Who would be told of an event, by when and why. Nothing is sent.",
    discussion: """
      FILE holds one CloudEvent, or a JSON array of events of one child: then the last is explained, with the others
      before it as history. - reads standard input. Near misses are rules for this event that did not fire, with what
      kept each of them; assumed facts are those that the rules tested and nobody stated.
      """)

  @Argument(help: "A file with the event, or -.") var file: String
  @Flag(help: "Print the plan as JSON.") var json = false
  @OptionGroup var routes: RoutesOption

  func run() throws {
    let book = try Ending.readingRoutes { try RouteFolder(root: routes.routes).book() }
    let events: [Event]
    do { events = try EventFile.read(file, book.vocabulary) } catch { throw Ending.because(error, Ending.badInput) }
    guard let event = events.last else {
      throw Ending.because(Complaint("There is no event in the file."), Ending.badInput)
    }
    let router = book.router(at: event.time)
    var chronicle = Chronicle(vocabulary: book.vocabulary)
    for earlier in events.dropLast() {
      let situation = chronicle.situation(for: earlier)
      chronicle.record(earlier, situation, router.plan(earlier, situation, at: earlier.time))
    }
    let situation = chronicle.situation(for: event)
    let plan = router.plan(event, situation, at: event.time)
    let misses = router.nearMisses(event, situation)
    let assumed = router.assumed(event, situation)
    if json {
      Output.line(plan.document(event, book.vocabulary, nearMisses: misses, assumed: assumed).serialized)
    } else {
      PlanPrinter(plan: plan, event: event, vocabulary: book.vocabulary, misses: misses, assumed: assumed).print()
    }
  }
}

/// Events from a file or standard input.
enum EventFile {
  /// Throws `FieldProblems`, `JSONProblem` or `UnreadableFile`.
  static func read(_ path: String, _ vocabulary: Vocabulary) throws -> [Event] {
    let document = try self.document(path)
    let reader = EventReader(vocabulary: vocabulary)
    let now = SystemClock().now()
    return try (document.items ?? [document]).map { try reader.read($0, learnedAt: now) }
  }

  static func document(_ path: String) throws -> JSONValue {
    let bytes =
      path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
    guard let bytes else { throw UnreadableFile(path: path) }
    return try JSONValue(parsing: bytes)
  }
}

/// A plan for people.
struct PlanPrinter {
  let plan: Plan
  let event: Event
  let vocabulary: Vocabulary
  let misses: [NearMiss]
  let assumed: [String]

  func print() {
    Output.line(Output.bold("\(Event.typePrefix)\(event.type) at \(LondonWords.moment(event.time))"))
    for pack in plan.packs { Output.line("\(pack.id) applies: \(pack.because.joined(separator: "; "))") }
    if !plan.tells.isEmpty {
      Output.line("\n" + Output.bold("Told"))
      Output.table([["role", "of", "agency", "how", "by", "sections"]] + plan.tells.map(row))
    }
    if !plan.duties.isEmpty {
      Output.line("\n" + Output.bold("Owed"))
      Output.table(
        [["duty", "by whom", "agency", "by", "sections"]]
          + plan.duties.map {
            [$0.name, $0.role.name, $0.agency ?? "?", $0.by.map(LondonWords.moment) ?? "", cites($0.citations)]
          })
    }
    if !plan.timers.isEmpty {
      Output.line("\n" + Output.bold("Clocks that start"))
      Output.table(
        [["rule", "fires", "then every", "sections"]]
          + plan.timers.map {
            [$0.rule, LondonWords.moment($0.at), $0.every?.description ?? "", cites($0.citations)]
          })
    }
    if !plan.notes.isEmpty {
      Output.line("\n" + Output.bold("Noted"))
      for note in plan.notes { Output.line("- \(note.citation.section): \(note.says) (\(note.because))") }
    }
    if !misses.isEmpty {
      Output.line("\n" + Output.bold("Did not fire"))
      for miss in misses {
        Output.line("- \(miss.citation.section) \(miss.citation.rule): \(miss.obstacles.joined(separator: "; "))")
      }
    }
    if !assumed.isEmpty { Output.line("\nAssumed, because nobody stated it: \(assumed.joined(separator: ", "))") }
  }

  private func row(_ tell: Tell) -> [String] {
    var how = tell.contact?.channels.first?.name ?? Output.red("unroutable")
    if tell.gate != nil { how = "held for a person" }
    if let notBefore = tell.notBefore { how += ", not before \(LondonWords.moment(notBefore))" }
    let by = tell.urgency == .immediate ? "at once" : tell.by.map(LondonWords.moment) ?? ""
    return [tell.role.name, tell.relation.rawValue, tell.agency ?? "?", how, by, cites(tell.citations)]
  }

  private func cites(_ citations: [Citation]) -> String {
    var seen = Set<String>()
    return citations.map { "\($0.pack) \($0.section)" }.filter { seen.insert($0).inserted }.joined(separator: ", ")
  }
}
