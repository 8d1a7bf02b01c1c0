import Foundation

/// Runs a program to its end.
package enum Shell {
  package struct Result: Sendable {
    package let status: Int32
    package let output: String
  }

  /// Standard output of a command, with `input` on its standard input; standard error is passed through.
  package static func run(
    _ command: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command.contains("/") ? command : "/usr/bin/env")
    process.arguments = command.contains("/") ? arguments : [command] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    let source = Pipe()
    process.standardInput = source
    try process.run()
    if let input { source.fileHandleForWriting.write(Data(input.utf8)) }
    try source.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
  }
}
