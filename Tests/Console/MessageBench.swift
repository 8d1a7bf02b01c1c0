import Console
import Delivery
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import Routing
import TestKit
import Testing

/// A board with two messages about one child: one to a social worker of Derby, who has to acknowledge it, and one to the
/// parents, which waits for a person to decide.
struct MessageBench: Sendable {
  let board: BoardBench
  var ledger: SQLiteLedger { board.ledger }

  static let phone = "01632 960199"
  private static let gates = """
    gates:
      - role: family.parents
        section: "5.1"
        when: {child.contactParentsHarmful: true}
        decidedBy: childrens-services.social-worker
    """
  private static let rules = """
      - id: social-worker
        section: "4"
        says: The social worker has to say that the message has come.
        event: missing.reported
        urgency: immediate
        share: [status, identity]
        tell: [{role: childrens-services.social-worker, confirm: acknowledged, within: PT30M}]
      - id: parents
        section: "5"
        says: The parents are told.
        event: missing.reported
        urgency: immediate
        share: [status, identity]
        tell: [{role: family.parents}]
    """

  /// `isRung`: the social worker has a telephone and nothing else.
  init(isRung: Bool = false) throws {
    var texts = try Repository.texts()
    texts.packs = [SmallBook.pack("small", Self.rules, more: Self.gates)]
    texts.invariants = RouteBook.File(name: "invariants.yaml", text: "invariants: []\n", hash: "")
    texts.options = RouteBook.File(name: "options.yaml", text: "switchedOn: []\n", hash: "")
    if isRung {
      texts.directory = texts.directory.map { file in
        let text = file.text.replacing("{mail: social.worker@derby.example}", with: "{phone: \"\(Self.phone)\"}")
        return RouteBook.File(name: file.name, text: text, hash: file.hash)
      }
    }
    board = try BoardBench(try RouteBook(texts))
  }

  /// A child is reported missing. Gives the ids of both messages.
  func report(exercise: Bool = false) async throws -> (worker: String, parents: String) {
    try await board.tell(
      "missing.reported", exercise: exercise,
      [
        "child": [
          "id": "C-1", "livesIn": "derby", "dateOfBirth": "2012-01-02", "name": ["given": "GIVENWORD"],
          "contactParentsHarmful": true,
          "contacts": [["role": "family.parents", "name": "PARENTWORD", "email": "parent@home.example"]],
        ]
      ])
    func id(_ role: String) async throws -> String {
      try #require(try await ledger.notifications(NotificationFilter()).first { $0.notification.role == role })
        .notification.id
    }
    return (try await id("childrens-services.social-worker"), try await id("family.parents"))
  }

  /// Attempts everything that is due, with this outcome; gives where it went.
  @discardableResult
  func attempt(_ outcome: Outcome = TestTransport.taken) async throws -> [Routing.Channel] {
    let now = board.clock.now()
    var random = SystemRandomNumberGenerator()
    let request = LeaseRequest(limit: 100, now: now, until: now.advanced(bySeconds: 180))
    var went: [Routing.Channel] = []
    for lease in try await ledger.lease(request) {
      went.append(lease.notification.channels[lease.delivery.channelIndex])
      let settlement = Settlement.after(outcome, lease, startedAt: now, now: now, using: &random)
      #expect(try await ledger.settle(settlement))
    }
    return went
  }

  func record(_ id: String) async throws -> NotificationRecord { try #require(try await ledger.notification(id)) }

  func audit(_ kind: String, _ id: String) async throws -> [String] {
    try await ledger.audit(of: id).filter { $0.kind == kind }.map(\.detail)
  }

  /// What the script gets that renews a page.
  func renew(_ path: String, _ browser: Browser) async throws -> String {
    let cookies = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    let headers: HTTPFields = [.cookie: cookies, try #require(HTTPField.Name("Waypost-Live")): "1"]
    return try await browser.client.execute(uri: path, method: .get, headers: headers) { String(buffer: $0.body) }
  }
}
