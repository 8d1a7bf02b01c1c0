import ArgumentParser
import Delivery
import Routing

struct RoutesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes", abstract: "Protocols as data: checks and lists.",
    subcommands: [Check.self, List.self, Cases.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks every file under Routes/: schema, words, references, templates.",
      discussion:
        "Problems name file, line and remedy, and end with status 65. Holes in the directory are reported, not refused."
    )
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let loaded = try Ending.readingRoutes { try RouteFiles(root: routes.routes).load(gateway: "waypost.example") }
      for hole in loaded.book.unresolved {
        Output.line("\(hole.pack): the directory has nobody for \(hole.role) of \(hole.authority)")
      }
      for pack in loaded.book.packs { Output.line("\(pack.id): \(pack.rules.count) rules, fits the vocabulary") }
      Output.line("\(loaded.book.directory.agencies.count) agencies, \(loaded.book.unresolved.count) holes")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the packs and when they are in force.")
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let book = try Ending.readingRoutes { try RouteFiles(root: routes.routes).book() }
      Output.table(
        [["pack", "in force", "parties", "rules", "title"]]
          + book.packs.map { pack in
            let until = pack.inForce.until.map(String.init(describing:)) ?? "further notice"
            return [
              pack.id, "\(pack.inForce.from.map(String.init(describing:)) ?? "ever") to \(until)",
              pack.parties.joined(separator: ","), "\(pack.rules.count)", pack.title,
            ]
          })
    }
  }

  struct Cases: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Plays the cases beside each pack and compares what each event makes owed.",
      discussion: "Without files it plays Routes/*/cases/*.yaml.")
    @Argument(help: "Case files; all cases of all packs when absent.") var files: [String] = []
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let source = RouteFiles(root: routes.routes)
      let book = try Ending.readingRoutes { try source.book() }
      var failures = 0
      let cases = try Ending.readingRoutes { try source.cases(files, book.vocabulary) }
      for item in cases {
        let found = CaseRunner(book: book).failures(item)
        failures += found.isEmpty ? 0 : 1
        for failure in found { Output.line("\(Output.red("fails")) \(item.name): \(failure)") }
      }
      Output.line("\(cases.count - failures) passed, \(failures) failed")
      if failures > 0 { throw ExitCode(Ending.failed) }
    }
  }
}
