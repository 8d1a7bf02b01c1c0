import ArgumentParser
import Delivery
import Foundation
import Logging
import Routing

struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Sends a marked test along each channel of an agency or a role, and says what came of it.",
    discussion: """
      The mail that it sends is called "\(ProbeMessage.subject)" and asks for nothing;
      a webhook gets a signed event of the type waypost.probe. With --check nothing is sent: servers, certificates and
      drop folders are only looked at, which is what a running gateway does by itself every six hours. Notices and
      telephones are never probed: a person has to ring.

      It works beside a running gateway. Ends with 1 if something that could be probed was not reached.
      """)

  @Argument(help: "An agency's id or a role, for example derby or childrens-services.front-door.") var name: String
  @Flag(help: "Send nothing: look at servers, certificates and folders only.") var check = false
  @Flag(help: "One JSON object a line.") var json = false
  @Option(help: "Settings file, the gateway's own.") var config: String?
  @Option(help: "The folder with vocabulary, packs and directory.") var routes: String?
  @Option(help: "The folder with the gateway's state.") var data: String?
  @Option(help: "mail=smtp://HOST:PORT,webhook=https://HOST:PORT/PATH") var redirect: Redirect?
  @Option(help: "PEM file with further authorities for outgoing TLS.") var trust: [String] = []

  func run() async throws {
    LoggingSystem.bootstrap { OperatorLog(label: $0, level: .critical) }
    let settings = try Ending.readingRoutes { try combined() }
    let bench: ProbeBench
    do {
      bench = try ProbeBench(settings, redirect: redirect, trust: trust, logger: Logger(label: "waypost"))
    } catch let problems as RouteProblems {
      throw Ending.because(problems, Ending.badInput)
    } catch {
      throw Ending.because(error, Ending.unavailable)
    }
    defer { bench.close() }
    let directory: Directory
    do { directory = try await bench.directory() } catch let problems as RouteProblems {
      throw Ending.because(problems, Ending.badInput)
    } catch {
      throw Ending.because(error, Ending.unavailable)
    }
    let probes: [Probe]
    do { probes = try ProbePlan.named(name, in: directory) } catch { throw Ending.because(error, Ending.badInput) }
    let reports: [Prober.Report]
    do { reports = try await bench.probe(probes, sendingTests: !check) } catch {
      throw Ending.because(error, Ending.unavailable)
    }
    if json { for report in reports { Output.line(report.line.serialized) } } else { table(reports) }
    if reports.contains(where: \.finding.isFailure) { throw ExitCode(Ending.failed) }
  }

  private func table(_ reports: [Prober.Report]) {
    func days(_ days: Int?) -> String { days.map { "\($0) d" } ?? "" }
    Output.table(
      [["agency", "role", "contact", "channel", "where", "result", "TLS", "certificate", "S/MIME", "ms", "words"]]
        + reports.map { report in
          let (probe, finding) = (report.probe, report.finding)
          return [
            probe.agency, probe.role, probe.contact, probe.channel.name, probe.place, finding.verdict.rawValue,
            finding.tls ?? "", days(finding.certificateDays), days(finding.sealDays), "\(finding.milliseconds)",
            finding.words,
          ]
        })
  }

  private func combined() throws -> Settings {
    var settings = try config.map(Settings.read) ?? Settings()
    if let routes { settings.routes = routes }
    if let data { settings.data = data }
    return settings
  }
}

extension Prober.Report {
  fileprivate var line: JSONValue {
    func number(_ days: Int?) -> JSONValue { days.map { .number(Double($0)) } ?? .null }
    return [
      "agency": .string(probe.agency), "role": .string(probe.role), "contact": .string(probe.contact),
      "channel": .string(probe.channel.name), "where": .string(probe.place),
      "result": .string(finding.verdict.rawValue), "tls": .optional(finding.tls),
      "certificateDays": number(finding.certificateDays), "smimeDays": number(finding.sealDays),
      "milliseconds": .number(Double(finding.milliseconds)), "words": .string(finding.words),
    ]
  }
}
