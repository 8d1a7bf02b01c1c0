import ArgumentParser
import Delivery
import Foundation
import Logging
import Routing
import Sink

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Three stories on this machine, over real SMTP and HTTPS; nothing leaves it.",
    discussion: """
      Runs a gateway and a test receiver on loopback with the sample directory, on a clock that jumps from one event to
      the next, and prints who was told what, why, over which channel and how long it took. With --once it ends when
      every receipt has arrived; without, it stays so that you can look around: it prints the address of the board, and a \
      name and a passphrase for each role. With --step it waits for Enter before each step, so that the stories can be \
      followed on the board as they happen.
      """)
  @Flag(help: "End when every receipt has arrived.") var once = false
  @Flag(help: "Wait for Enter before each step.") var step = false
  @Option(help: "HOST:PORT of the gateway; port 0 picks one.") var listen = "127.0.0.1:0"
  @OptionGroup var routes: RoutesOption
  @OptionGroup var data: DataOption

  func run() async throws {
    LoggingSystem.bootstrap { OperatorLog(label: $0, level: .critical) }
    let run = DemoRun(listen: listen, routes: routes.routes, data: "\(data.data)/demo")
    let isComplete: Bool
    do { isComplete = try await run.play(staying: !once, stepping: step) } catch let problems as RouteProblems {
      throw Ending.because(problems, Ending.badInput)
    } catch is CancellationError { return } catch { throw Ending.because(error, Ending.unavailable) }
    if !isComplete { throw ExitCode(Ending.failed) }
  }
}
