import ArgumentParser
import Delivery
import Foundation
import Logging
import Routing

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Runs the gateway.",
    discussion: """
      Without a settings file it reads Routes/ and keeps its state in .waypost/. The settings file is YAML:

        listen: 127.0.0.1:8080          # anything but loopback needs certificate and key
        host: waypost.example           # the gateway's name in Message-IDs
        public: https://waypost.example # where recipients open links
        mail: {relay: "smtp://relay.example:587", user: waypost, passwordFile: /run/secrets/relay}
        trust: /etc/waypost/roots.pem   # further authorities for outgoing TLS

      How mail goes directly, is signed, and how answers are collected: Documentation/OPERATIONS.md.

      With --redirect everything goes to two places of yours instead, and no real agency can be reached.
      """)

  @Option(help: "Settings file.") var config: String?
  @Option(help: "The folder with vocabulary, packs and directory.") var routes: String?
  @Option(help: "The folder with the gateway's state.") var data: String?
  @Option(help: "HOST:PORT to listen on; port 0 picks one.") var listen: String?
  @Option(help: "mail=smtp://HOST:PORT,webhook=https://HOST:PORT/PATH") var redirect: Redirect?
  @Option(help: "PEM file with further authorities for outgoing TLS.") var trust: [String] = []
  @Option(help: "trace, debug, info, warning, error or critical.") var log: String?

  func run() async throws {
    let settings = try Ending.readingRoutes { try combined() }
    LoggingSystem.bootstrap { OperatorLog(label: $0, level: Logger.Level(rawValue: settings.logLevel) ?? .info) }
    let gateway: Gateway
    do {
      gateway = try Gateway(
        settings, redirect: redirect, trust: trust, time: SystemClock(), logger: Logger(label: "waypost"))
    } catch let problems as RouteProblems {
      throw Ending.because(problems, Ending.badInput)
    } catch {
      throw Ending.because(error, Ending.unavailable)
    }
    do { try await gateway.run { Output.line("listening on \($0)") } } catch {
      throw Ending.because(error, Ending.unavailable)
    }
  }

  private func combined() throws -> Settings {
    var settings = try config.map(Settings.read) ?? Settings()
    if let routes { settings.routes = routes }
    if let data { settings.data = data }
    if let listen { settings.listen = listen }
    if let log { settings.logLevel = log }
    return settings
  }
}

/// Operators' log: one line an entry on standard error, constant message first, values behind it.
struct OperatorLog: LogHandler {
  let label: String
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  init(label: String, level: Logger.Level) {
    self.label = label
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(quoted("\($0.value)"))" }
    let time = SystemClock().now().rfc3339
    Output.note("\(time) \(event.level.rawValue) \(event.message) \(values.joined(separator: " "))")
  }

  private func quoted(_ value: String) -> String {
    value.contains(where: { $0 == " " || $0 == "\"" || $0.isNewline })
      ? JSONValue.string(value).serialized : value
  }
}
