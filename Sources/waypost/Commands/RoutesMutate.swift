import ArgumentParser
import Delivery
import Foundation
import Routing

struct RoutesMutate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutate",
    abstract:
      "Plants every possible small fault in the packs, one at a time, and says which of them nothing notices.",
    discussion:
      "A fault is a rule deleted, a condition turned round or a role exchanged. It is noticed by trace, cases or verify."
  )
  @Argument(help: "Packs; all when absent.") var packs: [String] = []
  @Option(help: "Only every nth fault.") var every = 1
  @OptionGroup var routes: RoutesOption

  func run() throws {
    let folder = RouteFolder(root: routes.routes)
    let book = try Ending.readingRoutes { try folder.book() }
    let (cases, catalogues) = try Ending.readingRoutes {
      (try folder.cases(book.vocabulary), try folder.catalogues())
    }
    let trial = MutationTrial(book: book, catalogues: catalogues, cases: cases)
    var (tried, survived, same) = (0, 0, 0)
    for pack in book.packs where packs.isEmpty || packs.contains(pack.id) {
      for (number, mutant) in Mutant.all(of: pack).enumerated() where number % every == 0 {
        tried += 1
        switch trial.judge(mutant) {
        case .caught: break
        case .noDifference: same += 1
        case .survived:
          survived += 1
          Output.line("\(Output.red("unnoticed")) \(mutant.what)")
        }
      }
    }
    let real = tried - same
    let share = real == 0 ? 100 : 100 * Double(real - survived) / Double(real)
    Output.line(
      "\(tried) faults planted, \(same) of them make no difference; \(real - survived) of \(real) noticed (\(String(format: "%.1f", share)) %)"
    )
    if survived > 0 { throw ExitCode(Ending.failed) }
  }
}
