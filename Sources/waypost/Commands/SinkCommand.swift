import ArgumentParser
import Delivery
import Foundation
import Logging
import Routing
import Sink

struct SinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sink",
    abstract: "A test receiver for drills: SMTP with STARTTLS, HTTPS webhooks, and a page of what arrived.",
    discussion: """
      The page is at the address printed; /messages gives the same as JSON (?after=N&limit=N&content=true), and
      /messages?atLeast=N answers once so many have arrived. What goes wrong is drawn from a seed:

        waypost sink --fail 4xx:0.2,timeout:0.05        a fifth fails for now, a twentieth is never answered
        waypost sink --fail 5xx:1 --fail-for derby      whatever is meant for derby is refused for good

      Kinds: 4xx, 5xx, 410 (webhooks), timeout, slow (2 s), drop. POST /fail {"fail": "…", "for": ["derby"]} changes it.
      Webhook signatures are checked against WAYPOST_REDIRECT_SECRET, if that is set.
      """)

  @Option(help: "HOST:PORT for HTTPS; port 0 picks one.") var listen = "127.0.0.1:8443"
  @Option(help: "HOST:PORT for SMTP; port 0 picks one.") var smtp = "127.0.0.1:2525"
  @Option(help: "What to do wrong, for example 4xx:0.2,timeout:0.05.") var fail = ""
  @Option(help: "Only messages meant for these agencies are touched.") var failFor: [String] = []
  @Option(help: "Seed for what goes wrong.") var seed: UInt64 = 1
  @Option(help: "How many messages keep their content.") var keep = 2000
  @OptionGroup var data: DataOption

  func run() async throws {
    guard let page = ListenAddress(listen), let mail = ListenAddress(smtp) else {
      throw ValidationError("--listen and --smtp take HOST:PORT")
    }
    guard let plan = SinkFaults.Plan(fail, agencies: failFor) else {
      throw ValidationError(
        "--fail takes KIND:SHARE,… with kinds 4xx, 5xx, 410, timeout, slow, drop and shares up to 1 in all")
    }
    let certificates = DevelopmentCertificates(folder: try DataFolder(data.data).certificates)
    if !FileManager.default.fileExists(atPath: certificates.server) { try certificates.make(now: Date()) }
    let secret = ProcessInfo.processInfo.environment["WAYPOST_REDIRECT_SECRET"].flatMap(WebhookSecret.init)
    let server = SinkServer(
      settings: .init(
        host: page.host, port: page.port, smtpHost: mail.host, smtpPort: mail.port,
        certificateFile: certificates.server, keyFile: certificates.serverKey, secret: secret),
      store: SinkStore(contentsKept: keep), faults: SinkFaults(plan, seed: seed), time: SystemClock(),
      logger: Logger(label: "waypost.sink") { _ in SwiftLogNoOpLogHandler() })
    do {
      try await server.run { address in
        Output.note("mail is taken at \(address.smtp); servers are verified with \(certificates.authority)")
        Output.line("listening on \(address.page)")
      }
    } catch { throw Ending.because(error, Ending.unavailable) }
  }
}
