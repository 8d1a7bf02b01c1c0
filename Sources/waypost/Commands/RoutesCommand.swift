import ArgumentParser
import Delivery
import Routing

struct RoutesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes", abstract: "Protocols as data: checks, proofs and comparisons.",
    subcommands: [
      Check.self, List.self, Cases.self, Verify.self, Diff.self, Trace.self, RoutesShadow.self, RoutesMutate.self,
    ])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks every file under Routes/: schema, words, references, templates.",
      discussion:
        "Problems name file, line and remedy, and end with status 65. Holes in the directory are reported, not refused."
    )
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let loaded = try Ending.readingRoutes { try RouteFolder(root: routes.routes).routes(gateway: "waypost.example") }
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
      let book = try Ending.readingRoutes { try RouteFolder(root: routes.routes).book() }
      Output.table(
        [["pack", "in force", "parties", "rules", "title"]]
          + book.packs.map { pack in
            [pack.id, pack.inForce.words, pack.parties.joined(separator: ","), "\(pack.rules.count)", pack.title]
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
      let source = RouteFolder(root: routes.routes)
      let book = try Ending.readingRoutes { try source.book() }
      var failures = 0
      let cases = try Ending.readingRoutes { try source.cases(book.vocabulary, named: files) }
      for item in cases {
        let found = CaseRunner(book: book).failures(item)
        failures += found.isEmpty ? 0 : 1
        for failure in found { Output.line("\(Output.red("fails")) \(item.name): \(failure)") }
      }
      Output.line("\(cases.count - failures) passed, \(failures) failed")
      if failures > 0 { throw ExitCode(Ending.failed) }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Proves the invariants of Routes/invariants.yaml over every combination of facts.",
      discussion: "A violation comes with an event that shows it; give that event to waypost explain.")
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let book = try Ending.readingRoutes { try RouteFolder(root: routes.routes).book() }
      let report = Verifier(book).verify()
      for violation in report.violations {
        Output.line("\(Output.red("violated")) \(violation.invariant) by \(violation.pack): \(violation.says)")
        if let example = violation.example { Output.line("  \(example.words)") }
      }
      Output.line("\(report.checked) promises checked, \(report.violations.count) violations")
      if !report.violations.isEmpty { throw ExitCode(Ending.failed) }
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who is newly told, no longer told, told sooner or later, between two packs.",
      discussion: """
        A and B are ids of packs under Routes/, or pack files (two versions of one pack). Compared are the children that
        both have in scope, over every combination of facts.
        """)
    @Argument(help: "A pack, or a pack file.") var a: String
    @Argument(help: "Another.") var b: String
    @Flag(help: "Print with each difference an event that shows it.") var examples = false
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let folder = RouteFolder(root: routes.routes)
      let book = try Ending.readingRoutes { try folder.book() }
      let (old, new) = try Ending.readingRoutes { (try pack(a, book, folder), try pack(b, book, folder)) }
      let changes = PackDiff(from: old, to: new, book.vocabulary).changes
      for (occasion, group) in Dictionary(grouping: changes, by: \.occasion).sorted(by: { $0.key < $1.key }) {
        Output.line("\n" + Output.bold(occasion))
        for kind in PackDiff.Change.Kind.allCases {
          for change in group where change.kind == kind { show(change) }
        }
      }
      Output.line("\n\(changes.count) differences from \(old.id) to \(new.id)")
    }

    private func show(_ change: PackDiff.Change) {
      let part = change.isEntire || change.kind == .deadline ? "" : " in some cases"
      Output.line("  \(change.kind.rawValue)\(part): \(change.whom)\(change.detail.map { ": \($0)" } ?? "")")
      Output.line("      \(change.rules.joined(separator: "; "))")
      if examples, let example = change.example { Output.line("      \(example.words)") }
    }

    private func pack(_ name: String, _ book: RouteBook, _ folder: RouteFolder) throws -> RoutePack {
      if let pack = book.packs.first(where: { $0.id == name }) { return pack }
      return try folder.pack(at: name, vocabulary: book.vocabulary)
    }
  }

  struct Trace: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Section, entry, rule and case: everything that a protocol asks for, and where the pack answers.",
      discussion:
        "Fails on an entry that nothing answers for, a rule that covers what is not there, or one without a case.")
    @Argument(help: "Packs; all when absent.") var packs: [String] = []
    @Flag(help: "Only what is missing.") var quiet = false
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let folder = RouteFolder(root: routes.routes)
      let (book, catalogues) = try Ending.readingRoutes { (try folder.book(), try folder.catalogues()) }
      let cases = try Ending.readingRoutes { try folder.cases(book.vocabulary) }
      let wanted = book.packs.filter { packs.isEmpty || packs.contains($0.id) }
      let coverage = wanted.map { pack in
        Coverage(pack, catalogues[pack.id], cases.filter { $0.packs.isEmpty || $0.packs.contains(pack.id) })
      }
      for item in coverage where !quiet {
        Output.line(Output.bold(item.pack.id))
        Output.table(
          [["section", "entry", "strength", "rules", "cases"]]
            + item.rows.map { row in
              let answer = row.why.map { "no message: \($0)" } ?? row.rules.joined(separator: ", ")
              return [
                row.sections.joined(separator: ", "), row.entry, row.strength, answer,
                row.cases.joined(separator: ", "),
              ]
            })
      }
      let problems = coverage.flatMap(\.problems)
      for problem in problems { Output.line("\(Output.red("missing")) \(problem)") }
      let entries = coverage.reduce(0) { $0 + $1.rows.count }
      Output.line("\(entries) entries, \(wanted.reduce(0) { $0 + $1.rules.count }) rules, \(problems.count) problems")
      if !problems.isEmpty { throw ExitCode(Ending.failed) }
    }
  }
}
