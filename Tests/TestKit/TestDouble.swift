import Foundation
import Synchronization

/// A server of `Tests/Support` that stands in for somebody else's: started on a free port, ended by its process id.
package final class TestDouble: Sendable {
  private let process: Mutex<Process>
  /// What it says after `listening on `.
  package let place: String

  package struct DidNotStart: Error {}

  /// Returns once it listens.
  package init(_ script: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "\(Repository.root)/Tests/Support/\(script)"] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.contains("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw DidNotStart() }
      line += String(decoding: data, as: UTF8.self)
    }
    place = line.prefix { $0 != "\n" }.replacingOccurrences(of: "listening on ", with: "")
    self.process = Mutex(process)
  }

  package var port: Int { place.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

  package func stop() {
    process.withLock { process in
      guard process.isRunning else { return }
      // A child of a test's thread may have SIGTERM blocked.
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }
}
