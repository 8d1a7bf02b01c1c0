import Synchronization

/// One stream of chance for a whole world: everything that could go either way is drawn from it, in the order in which the
/// world asks, so that a seed is a world.
final class Chance: Sendable {
  private let random: Mutex<SeededRandom>

  init(_ seed: UInt64) { random = Mutex(SeededRandom(seed)) }

  func int(_ range: ClosedRange<Int>) -> Int { random.withLock { Int.random(in: range, using: &$0) } }
  func once(in times: Int) -> Bool { int(1...times) == 1 }
  func seed() -> UInt64 { random.withLock { $0.next() } }

  func one<T>(of list: [T]) -> T { list[int(0...(list.count - 1))] }

  /// One of the choices, each as likely as its weight.
  func weighted<T>(_ choices: [(T, Int)]) -> T {
    var rest = int(1...choices.reduce(0) { $0 + $1.1 })
    for (choice, weight) in choices {
      rest -= weight
      if rest <= 0 { return choice }
    }
    return choices[choices.count - 1].0
  }
}
