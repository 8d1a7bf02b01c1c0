import Console
import Delivery
import Hummingbird
import HummingbirdTesting
import Ledger
import Logging
import Routing
import TestKit
import Testing

/// The board over a ledger in memory, with the repository's own packs or a small book, and people of any role.
final class BoardBench: Sendable {
  let door: SignInBench
  let routes: RoutesInUse
  let intake: Intake
  let outbox = Signal()
  let agenda = Signal()
  var ledger: SQLiteLedger { door.ledger }
  var clock: ManualClock { door.clock }

  /// Nil: the repository's routes.
  init(_ book: RouteBook? = nil) throws {
    door = try SignInBench()
    let own = try Repository.routes()
    routes = RoutesInUse(book.map { Routes(book: $0, renderer: own.renderer) } ?? own)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    intake = Intake(
      ledger: door.ledger, routes: routes, time: door.clock, outbox: outbox, agenda: agenda, logger: logger)
  }

  var desk: BoardDesk {
    BoardDesk(ledger: ledger, gate: door.gate, intake: intake, time: clock, outbox: outbox, agenda: agenda)
  }

  /// Serves the door and the board.
  func serve(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    try await door.serve(more: { BoardPages(desk, routeFolder: Repository.routeFolder).add(to: $0) }, body)
  }

  /// A browser in which somebody of these roles is signed in.
  func browser(
    _ client: any TestClientProtocol, _ roles: [PersonRole], agencies: [String] = [], name: String? = nil
  ) async throws -> Browser {
    let name = name ?? (roles.map(\.rawValue) + agencies).joined(separator: "-")
    let person = try await door.add(name, roles, provider: Person.local, agencies: agencies)
    let hash = try PassphraseHash(SignInBench.passphrase, salt: Array(repeating: 5, count: 16), cost: door.cost)
    try await ledger.setPassphrase(hash.text, of: person.id, by: "test", at: clock.now())
    let browser = Browser(client)
    let back = try await browser.signIn(passphrase: SignInBench.passphrase, name: name)
    try #require(back.status == .seeOther)
    return browser
  }

  /// Takes an event at the clock's time and gives its id.
  @discardableResult
  func tell(
    _ type: String, subject: String = "EP-1", id: String = "1", source: String = "test", exercise: Bool = false,
    _ data: JSONValue
  ) async throws -> String {
    var event = TestKit.event(type, at: clock.now().rfc3339, subject: subject, id: id, source: source, data).cloudEvent
    if exercise { event = event.merged(with: ["exercise": true]) }
    return try await intake.submit(event, from: Sender(name: "test", authorities: [], types: [])).id
  }
}
