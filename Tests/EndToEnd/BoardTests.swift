import Foundation
import TestKit
import Testing

/// The board in a real browser, beside a real gateway that tells the stories of the demo.
@Suite(.timeLimit(.minutes(30))) struct BoardTests {
  /// The stories are followed live, then people act, then every kind of page is looked at: one demo and one browser for
  /// all, because starting them costs more than what is done with them.
  @Test func peopleFollowTheStoriesActAndReachEveryPage() throws {
    let checked = try Shell.run(
      "\(Repository.root)/.venv/bin/python",
      ["\(Repository.root)/Tests/Support/board_check.py", Program.path, "stories", "deeds", "walk"])
    #expect(checked.status == 0, "\(checked.output)")
  }
}
