import Delivery
import Foundation
import Routing
import Simulation
import TestKit
import Testing

/// The engine does what the model of the cases says: two ways to play a case, one over a ledger, one over nothing.
@Suite struct CasePlayTests {
  @Test func theEngineMakesOwedWhatTheCasesSay() async throws {
    let routes = try Repository.routes()
    for item in try Repository.cases() {
      let model = CasePlayer.play(item, try routes.book.playing(item).router(at: item.begins))
      let engine = try await CasePlay.lines(of: item, routes)
      let (wanted, made) = (words(model, routes.vocabulary), words(engine, routes.vocabulary))
      if made != wanted { Issue.record("\(item.name): \(difference(made, wanted))") }
    }
  }

  /// Lines as they are printed, those of one instant in any order.
  private func words(_ lines: [TimelineLine], _ vocabulary: Vocabulary) -> [String] {
    lines.compactMap { $0.document(vocabulary)?.serialized }.sorted()
  }

  private func difference(_ made: [String], _ wanted: [String]) -> String {
    let extra = Set(made).subtracting(wanted).sorted().prefix(2)
    let missing = Set(wanted).subtracting(made).sorted().prefix(2)
    return "the engine alone has \(extra), the model alone has \(missing)"
  }
}
