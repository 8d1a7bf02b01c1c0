import Delivery
import HTTPTypes
import Hummingbird
import NIOCore
import Routing
import ServiceLifecycle
import Synchronization

/// `/v1/stream`: what happens to whatever the caller may see, as server-sent events, from where it left off.
struct StreamAPI: Sendable {
  let gate: SenderGate
  private let feed: ChangeFeed

  init(ledger: any Ledger, gate: SenderGate, time: any TimeSource) {
    self.gate = gate
    feed = ChangeFeed(ledger: ledger, time: time)
  }

  func add(to router: Hummingbird.Router<GatewayContext>) {
    router.declare(
      "/v1/stream",
      [
        .get: { request, context in
          let caller = try await gate.sender(of: request, context)
          return try await feed.response(to: request, of: caller.name) {
            // Whoever comes back learns why.
            do { return Scope(try await gate.sender(of: request, context)) } catch is Problem { return nil }
          }
        }
      ])
  }
}

/// What happens, told as it happens.
///
/// Guarantee: a caller that comes back with `Last-Event-ID` misses nothing, however long it was away: the stream is read
/// from the ledger's own record. An entry holds identifiers and states, never what a message says.
struct ChangeFeed: Sendable {
  let ledger: any Ledger
  let time: any TimeSource
  private let open = OpenStreams()

  init(ledger: any Ledger, time: any TimeSource) {
    self.ledger = ledger
    self.time = time
  }

  /// Milliseconds between two looks at the record.
  private static let pause: Int64 = 500
  /// Seconds after which a silent stream says that it is alive; proxies close what is silent for longer.
  private static let heartbeat: Int64 = 15
  /// Seconds after which the caller has to be known still: a credential that has ended sees no more.
  private static let trust: Int64 = 15
  /// Seconds after which a stream ends; the caller comes back by itself.
  private static let lifetime: Int64 = 900
  private static let batch = 500
  private static let lastEventID = HTTPField.Name("Last-Event-ID")

  /// `scope` is what the caller may see now; nil once it is known no more. Throws a problem for a place that is none, and
  /// for a caller that holds too many streams.
  func response(
    to request: Request, of caller: String, scope: @escaping @Sendable () async throws -> Scope?
  ) async throws -> Response {
    let start = try await place(in: request)
    guard let seat = open.seat(of: caller) else {
      throw Problem(
        .tooManyRequests, "Too many streams", "A caller may hold \(OpenStreams.most) streams open; close one first",
        retryAfter: 30)
    }
    let (ledger, time) = (ledger, time)
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        defer { withExtendedLifetime(seat) {} }
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        guard var seen = try await scope() else { return try await writer.finish(nil) }
        var at = start
        let end = time.now().advanced(bySeconds: ChangeFeed.lifetime)
        var (spoke, known) = (time.now(), time.now())
        while time.now() < end, !Task.isCancelled, !Task.isShuttingDownGracefully {
          if time.now() >= known.advanced(bySeconds: ChangeFeed.trust) {
            known = time.now()
            guard let now = try await scope() else { break }
            seen = now
          }
          let changes = try await ledger.changes(after: at, scope: seen, limit: ChangeFeed.batch)
          let isBehind = changes.reached - at >= Int64(ChangeFeed.batch)
          at = changes.reached
          let now = time.now()
          if !changes.list.isEmpty {
            try await writer.write(ByteBuffer(string: ChangeFeed.events(changes.list)))
            spoke = now
          } else if now >= spoke.advanced(bySeconds: ChangeFeed.heartbeat) {
            try await writer.write(ByteBuffer(string: ": alive\n\n"))
            spoke = now
          }
          if !isBehind { try await time.sleep(until: now.advanced(byMilliseconds: ChangeFeed.pause)) }
        }
        try await writer.finish(nil)
      })
  }

  /// What an event makes owed has the event's own place, which only the last of them says: whoever is cut off in between
  /// gets all of them again.
  static func events(_ changes: [Change]) -> String {
    changes.indices.map { index in
      let isLast = index + 1 == changes.count || changes[index + 1].sequence != changes[index].sequence
      return (isLast ? "id: \(changes[index].sequence)\n" : "") + changes[index].serverSentEvent
    }.joined()
  }

  /// After the entry that the caller saw last; from now on where it names none.
  private func place(in request: Request) async throws -> Int64 {
    let named =
      ChangeFeed.lastEventID.flatMap { request.headers[$0] } ?? request.uri.queryParameters["after"].map(String.init)
    guard let named else { return try await ledger.lastChange() }
    guard let place = Int64(named), place >= 0 else {
      throw Problem(.badRequest, "Bad place", "Last-Event-ID, or after, is the id of the last entry seen, from 0")
    }
    return place
  }
}

/// How many streams each caller holds.
private final class OpenStreams: Sendable {
  static let most = 16
  private let counts = Mutex<[String: Int]>([:])

  /// Nil where the caller has all it may have.
  func seat(of caller: String) -> Seat? {
    let isFree = counts.withLock { counts in
      guard counts[caller, default: 0] < OpenStreams.most else { return false }
      counts[caller, default: 0] += 1
      return true
    }
    return isFree ? Seat(of: caller, in: self) : nil
  }

  /// The place of one stream, for as long as anybody holds it: whoever hangs up before the first byte gives it back too.
  final class Seat: Sendable {
    private let caller: String
    private let streams: OpenStreams

    fileprivate init(of caller: String, in streams: OpenStreams) {
      self.caller = caller
      self.streams = streams
    }

    deinit { streams.end(caller) }
  }

  private func end(_ caller: String) {
    counts.withLock { counts in
      counts[caller, default: 1] -= 1
      if counts[caller] == 0 { counts[caller] = nil }
    }
  }
}

extension Change {
  var serverSentEvent: String {
    let document: JSONValue = [
      "at": .string(at.rfc3339), "kind": .string(kind), noun.rawValue: .string(identifier),
      "episode": .string(episode), "agency": .optional(agency), "state": .optional(state),
    ]
    return "event: \(noun.rawValue)\ndata: \(document.serialized)\n\n"
  }
}
