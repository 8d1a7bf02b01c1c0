import Foundation
import TestKit
import Testing

/// The README, as a newcomer types it.
@Suite struct ReadmeTests {
  @Test func theFirstEventIsSentWithTheCommandsOfTheReadme() throws {
    let typed = try Shell.run("python3", ["\(Repository.root)/Tests/Support/readme.py", Program.path])
    #expect(typed.status == 0, "\(typed.output)")
  }
}
