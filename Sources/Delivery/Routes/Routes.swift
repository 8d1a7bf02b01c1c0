package import Routing
import Synchronization

/// The book with the renderer that belongs to it. Replaced as a whole, never in part.
package struct Routes: Sendable {
  package let book: RouteBook
  package let renderer: MessageRenderer
  private let current: CurrentRouter

  package init(book: RouteBook, renderer: MessageRenderer) {
    self.book = book
    self.renderer = renderer
    current = CurrentRouter(book)
  }

  package var vocabulary: Vocabulary { book.vocabulary }

  /// The same with these changes laid over the directory's files, as far as they fit. Throws `RouteProblems`.
  package func laying(_ changes: [DeskChange]) throws -> Routes {
    Routes(book: try book.laying(changes), renderer: renderer)
  }

  /// The very same routes, not only equal ones: nothing has been reloaded in between.
  package func isSame(as other: Routes) -> Bool { current === other.current }

  /// What an event is about, in one line: `A child has been reported missing`. Nil for what is no event.
  package func headline(of event: String) -> String? { renderer.templates.headlines[event]?.says }

  /// The router over the packs in force at `instant`.
  package func router(at instant: Instant) -> Router { current.router(at: instant) }
}

/// Remembers a router until other packs are in force: building one sorts every rule by event.
private final class CurrentRouter: Sendable {
  private let book: RouteBook
  private let cache = Mutex<(from: Instant, until: Instant?, router: Router)?>(nil)

  init(_ book: RouteBook) { self.book = book }

  func router(at instant: Instant) -> Router {
    cache.withLock { cached in
      if let cached, instant >= cached.from, cached.until.map({ instant < $0 }) ?? true { return cached.router }
      let router = book.router(at: instant)
      cached = (instant, book.nextChange(after: instant), router)
      return router
    }
  }
}

/// The routes that decisions are made by now; a decision under way keeps those it began with.
package final class RoutesInUse: Sendable {
  private let routes: Mutex<Routes>

  package init(_ routes: Routes) { self.routes = Mutex(routes) }

  package var current: Routes { routes.withLock { $0 } }

  package func replace(with new: Routes) { routes.withLock { $0 = new } }

  /// Puts what `body` makes of the routes in their place; it is made anew where somebody else was faster.
  package func update(_ body: (Routes) throws -> Routes) rethrows -> Routes {
    while true {
      let old = current
      let new = try body(old)
      let isDone = routes.withLock { routes in
        guard routes.isSame(as: old) else { return false }
        routes = new
        return true
      }
      if isDone { return new }
    }
  }
}
