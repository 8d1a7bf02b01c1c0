package import Routing
import Synchronization

/// The book in use, with the renderer that belongs to it. Replaced as a whole, never in part.
package struct Routes: Sendable {
  package let book: RouteBook
  package let renderer: MessageRenderer
  private let today: RouterOfTheDay

  package init(book: RouteBook, renderer: MessageRenderer) {
    self.book = book
    self.renderer = renderer
    today = RouterOfTheDay(book)
  }

  package var vocabulary: Vocabulary { book.vocabulary }

  /// The router over the packs in force on the London date of `instant`.
  package func router(at instant: Instant) -> Router { today.router(at: instant) }
}

/// Remembers the router of a London day: building one sorts every rule by event.
private final class RouterOfTheDay: Sendable {
  private let book: RouteBook
  private let cache = Mutex<(date: CivilDate, router: Router)?>(nil)

  init(_ book: RouteBook) { self.book = book }

  func router(at instant: Instant) -> Router {
    let date = London.date(at: instant)
    return cache.withLock { cached in
      if let cached, cached.date == date { return cached.router }
      let router = book.router(at: instant)
      cached = (date, router)
      return router
    }
  }
}
