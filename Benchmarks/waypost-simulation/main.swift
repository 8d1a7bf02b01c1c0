import Delivery
import Foundation
import Simulation

// Plays many worlds and prints what they came to: `waypost-simulation [SEEDS [FIRST [ROUTES]]]`.
// Status 1 if a promise was broken, if a seed gave two audits, or if a kind of fault or settlement never occurred.

let arguments = CommandLine.arguments.dropFirst().map { String($0) }
let seeds = arguments.first.flatMap { UInt64($0) } ?? 50
let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
let folder = RouteFolder(root: arguments.dropFirst(2).first ?? "Routes")

func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

let routes = try WorldRoutes(folder)
let started = ContinuousClock.now
let survey = try await Survey.run(seeds: first..<(first + seeds), routes) { outcome in
  for violation in outcome.violations.prefix(5) {
    say("seed \(outcome.seed): \(violation)\n  repeat with: make simulate SEEDS=1 FIRST=\(outcome.seed)")
  }
}
for (what, count) in survey.tally.sorted(by: { $0.key < $1.key }) { say("\(what): \(count)") }
for what in survey.missing(amongst: seeds) { say("never occurred: \(what)") }
let seconds = Double(started.duration(to: .now) / .milliseconds(1)) / 1000
say("\(seeds) worlds in \(seconds) s, \(survey.broken) with a broken promise")
exit(survey.broken == 0 && survey.missing(amongst: seeds).isEmpty ? 0 : 1)
