import Foundation

/// Waits for Enter on standard input, so that a story can be followed step by step.
///
/// Guarantee: each line lets one step happen, and after the end of the input nobody waits. A demo that is ended while it
/// waits ends at once.
struct EnterKey: Sendable {
  private let lines: AsyncStream<Void>

  init() {
    let (lines, typed) = AsyncStream<Void>.makeStream()
    self.lines = lines
    // Reading blocks: a thread that nobody else works on.
    Thread.detachNewThread {
      while readLine() != nil { typed.yield() }
      typed.finish()
    }
  }

  /// `what` comes next.
  func pressed(for what: String) async throws {
    Output.line("\nPress Enter: \(what)")
    _ = await lines.first { _ in true }
    try Task.checkCancellation()
  }
}
