import Foundation

// `make bench`: every figure is measured in this run on this machine; goals are ratios, so that machines cancel out.

let wanted = Set(CommandLine.arguments.dropFirst())
func isWanted(_ name: String) -> Bool { wanted.isEmpty || wanted.contains(name) }

do {
  if isWanted("routing") { try RoutingBench().run() }
  if isWanted("accept") { try await AcceptBench().run() }
  if isWanted("timers") { try await TimerBench().run() }
  if isWanted("seals") { try SealBench().run() }
  if isWanted("mail") { try await MailBench().run() }
  if isWanted("latency") { try await LatencyBench().run() }
  if isWanted("board") { try await BoardBench().run() }
  if isWanted("hang") { try await HangBench().run() }
} catch {
  FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
  exit(1)
}
