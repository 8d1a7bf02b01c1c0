import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct EndpointsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endpoints", abstract: "Webhook endpoints that are switched off or fail, and switching them on again.",
    discussion: """
      An endpoint is switched off when it answers 410, and when nothing has succeeded there for an hour; its owner is told \
      over their other channels. A running gateway takes a change up within two seconds.
      """, subcommands: [List.self, Open.self, Close.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists endpoints that are switched off or fail, without their queries, which may hold keys.")
    @Flag(help: "One JSON object a line.") var json = false
    @OptionGroup var data: DataOption

    func run() async throws {
      let found = try await openLedger(data).endpoints()
      if json {
        for endpoint in found { Output.line(endpoint.line.serialized) }
      } else {
        Output.table(
          [["endpoint", "state", "since", "seen by", "why"]]
            + found.map {
              [$0.name, $0.isClosed ? "off" : "failing", $0.since.rfc3339, $0.notification, $0.reason]
            })
      }
    }
  }

  struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Switches an endpoint on again.")
    @Argument(help: "As `endpoints list` shows it.") var url: String
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      let wanted = try await ledger.endpoints().filter { $0.isClosed && ($0.url == url || $0.name == url) }
      var opened = false
      for endpoint in wanted {
        if try await ledger.openEndpoint(endpoint.url, at: SystemClock().now(), by: Operator.name) { opened = true }
      }
      guard opened else {
        throw Ending.because(
          Complaint("No endpoint that is switched off is called \(url); see `waypost endpoints list`."), Ending.failed)
      }
      Output.line("\(Channel.name(ofEndpoint: url)): on")
    }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Switches an endpoint off; messages go to the next channel.",
      discussion: "Nobody is told. What has no other channel fails, and is alarmed.")
    @Argument(help: "The whole URL, as the directory has it.") var url: String
    @Option(help: "Why; it is kept in the audit.") var reason = "no reason given"
    @OptionGroup var data: DataOption

    func run() async throws {
      guard url.hasPrefix("https://"), !Channel.host(ofEndpoint: url).isEmpty else {
        throw Ending.because(
          Complaint("This is no endpoint. Give its whole URL as the directory has it: https://HOST/PATH."),
          Ending.badInput)
      }
      let ledger = try openLedger(data)
      guard try await ledger.closeEndpoint(url, at: SystemClock().now(), by: Operator.name, reason: reason) else {
        throw Ending.because(Complaint("\(Channel.name(ofEndpoint: url)) is switched off already."), Ending.failed)
      }
      Output.line("\(Channel.name(ofEndpoint: url)): off")
    }
  }
}

extension EndpointRecord {
  fileprivate var line: JSONValue {
    [
      "endpoint": .string(name), "state": .string(isClosed ? "off" : "failing"), "since": .string(since.rfc3339),
      "closedAt": .optional(closedAt?.rfc3339), "notification": .string(notification), "reason": .string(reason),
    ]
  }
}
