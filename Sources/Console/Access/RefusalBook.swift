import Delivery
import HTTPTypes
import Hummingbird
import Logging
import Routing
import Synchronization

/// Brings refusals into the audit: who came from where, what they were refused, and why. Never a secret, a query or what
/// was sent.
final class RefusalBook: Sendable {
  private let access: any AccessLedger
  private let time: any TimeSource
  private let logger: Logger
  private let log = Mutex(RefusalLog())

  init(access: any AccessLedger, time: any TimeSource, logger: Logger) {
    self.access = access
    self.time = time
    self.logger = logger
  }

  /// Which answers are refusals of somebody, and not of something.
  private static let statuses: Set<HTTPResponse.Status> = [.unauthorized, .forbidden, .tooManyRequests]

  func note(_ problem: Problem, _ request: Request, _ context: GatewayContext) async {
    guard RefusalBook.statuses.contains(problem.status) else { return }
    let route = context.coreContext.endpointPath.value ?? "an unknown path"
    let reason = "\(problem.status.code) \(problem.document.title), \(request.method.rawValue) \(route)"
    let caller = context.visit.caller
    let now = time.now()
    await write(
      log.withLock { $0.note(peer: context.peer, reason: caller.map { "\(reason), \($0)" } ?? reason, at: now) }, now)
  }

  func run() async {
    while !Task.isCancelled {
      guard (try? await time.sleep(until: time.now().advanced(bySeconds: 60))) != nil else { break }
      let now = time.now()
      await write(log.withLock { $0.flush(at: now) }, now)
    }
    await write(log.withLock { $0.finish() }, time.now())
  }

  /// The refusal itself stands whether it can be written or not.
  private func write(_ lines: [RefusalLog.Line], _ now: Instant) async {
    guard !lines.isEmpty else { return }
    let entries = lines.map { line in
      switch line {
      case .refused(let peer, let reason, _): AccessEntry(kind: "refused", identifier: peer, detail: reason)
      case .more(let peer, let count, let from):
        AccessEntry(kind: "refused", identifier: peer, detail: "\(count) more since \(from.rfc3339)")
      }
    }
    do { try await access.record(entries, at: now) } catch {
      logger.error("refusals could not be written to the audit", metadata: ["error": "\(error)"])
    }
  }
}
