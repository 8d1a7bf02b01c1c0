import Delivery
import Hummingbird
import Routing

/// `/board/changes`: tells an open page that something has happened to what its reader may see.
///
/// Guarantee: as `/v1/stream`, with the scope of whoever is signed in; it ends with the session, and keeps nobody signed in.
/// It lasts by the clock of sessions, so that a story whose clock jumps is followed without a gap.
struct ChangesStream: Sendable {
  let desk: BoardDesk
  private let feed: ChangeFeed

  init(desk: BoardDesk) {
    self.desk = desk
    feed = ChangeFeed(ledger: desk.ledger, time: desk.gate.sessions)
  }

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare(
      "/board/changes",
      [
        .get: desk.gate.page(.seeBoard, extends: false) { request, context, who in
          try await feed.response(to: request, of: who.person.id) {
            try await desk.gate.person(of: request, context, extends: false).map(\.scope)
          }
        }
      ])
  }
}
