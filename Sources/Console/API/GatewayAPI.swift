package import Delivery
import HTTPTypes
package import Hummingbird
package import Logging
package import Routing

/// Every route the gateway answers. `secrets` gives a webhook's secret by its name, for receipts that are signed with it.
package enum GatewayAPI {
  package static func router(
    intake: Intake, ledger: any Ledger & AccessLedger & RecipientLedger, gate: SenderGate? = nil,
    time: any TimeSource, outbox: Signal, agenda: Signal = Signal(), pages: AnswerPages? = nil, signIn: SignIn? = nil,
    board: BoardPages? = nil, secrets: @escaping @Sendable (String) -> String? = { _ in nil },
    callbacks: [any CallbackReader] = [], keySet: (@Sendable () -> JSONValue)? = nil,
    logger: Logger = Logger(label: "waypost.console")
  ) -> Hummingbird.Router<GatewayContext> {
    let router = Hummingbird.Router(context: GatewayContext.self)
    let gate = gate ?? SenderGate(access: ledger, time: time, logger: logger)
    router.add(middleware: ProblemMiddleware(refusals: gate.refusals))
    router.add(middleware: EntityTagMiddleware())
    EventsAPI(intake: intake, ledger: ledger, gate: gate).add(to: router)
    let answering = Answering(ledger: ledger, time: time, outbox: outbox, agenda: agenda)
    OutboxAPI(ledger: ledger, gate: gate, time: time, answering: answering).add(to: router)
    ReceiptsAPI(
      ledger: ledger, access: ledger, gate: gate, time: time, answering: answering, secrets: secrets, logger: logger
    ).add(to: router)
    RecipientsAPI(ledger: ledger, access: ledger, gate: gate, time: time).add(to: router)
    StreamAPI(ledger: ledger, gate: gate, time: time).add(to: router)
    InterchangeAPI(ledger: ledger, gate: gate, time: time, routes: intake.inUse).add(to: router)
    pages?.add(to: router)
    signIn?.add(to: router)
    board?.add(to: router)
    for callback in callbacks {
      CallbackAPI(reader: callback, ledger: ledger, time: time, outbox: outbox, agenda: agenda, logger: logger).add(
        to: router)
    }
    if let keySet { KeySetAPI(document: keySet).add(to: router) }
    HealthAPI(ledger: ledger).add(to: router)
    OpenAPI.add(to: router)
    return router
  }
}

/// `/healthz`, `/readyz` and `/metrics`.
struct HealthAPI: Sendable {
  let ledger: any Ledger

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare("/healthz", [.get: { _, _ in Answer.text("alive\n", type: "text/plain") }])
    router.declare(
      "/readyz",
      [
        .get: { _, _ in
          _ = try await ledger.nextDue(excluding: [])
          return Answer.text("ready\n", type: "text/plain")
        }
      ])
    router.declare("/metrics", [.get: metrics])
  }

  private func metrics(_ request: Request, _ context: GatewayContext) async throws -> Response {
    let counts = try await ledger.counts()
    var lines: [String] = []
    for (name, of, counted) in [
      ("waypost_notifications", "Notifications", counts.real),
      ("waypost_exercise_notifications", "Notifications of exercises", counts.drills),
    ] {
      lines += ["# TYPE \(name) gauge", "# HELP \(name) \(of) by state."]
      for state in NotificationState.allCases {
        lines.append("\(name){state=\"\(state.rawValue)\"} \(counted[state] ?? 0)")
      }
    }
    lines += ["# TYPE waypost_answers counter", "# HELP waypost_answers Mails that came back, by what they were."]
    for (what, count) in try await ledger.tallies().sorted(by: { $0.key < $1.key }) {
      lines.append("waypost_answers_total{what=\"\(what)\"} \(count)")
    }
    return Answer.text(
      (lines + ["# EOF", ""]).joined(separator: "\n"),
      type: "application/openmetrics-text; version=1.0.0; charset=utf-8")
  }
}

/// The methods of HTTP (RFC 9110, RFC 5789, QUERY) that can be asked of a path.
private let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"]
  .compactMap(HTTPRequest.Method.init(rawValue:))

extension Hummingbird.Router<GatewayContext> {
  typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

  /// One path with its methods; every other method is answered with 405 and what is allowed.
  func declare(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
    let allow = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
    for method in methods {
      if let handler = handlers[method] {
        on(path, method: method, use: handler)
      } else {
        on(path, method: method) { _, _ -> Response in
          throw Problem(.methodNotAllowed, "Method not allowed", "This path answers \(allow)", allow: allow)
        }
      }
    }
  }
}
