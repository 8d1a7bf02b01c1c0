package import Delivery
import HTTPTypes
import Hummingbird
package import Logging
import NIOSSL
import Routing

/// Who is calling, and whether there is room for them.
///
/// Guarantee: a caller is known by an API key, a token of an issuer that the settings name, or a client certificate, and by
/// nothing else. The secret is compared by its hash, kept nowhere and written nowhere. Whoever sends too much waits for
/// itself; what has been answered 202 is never given up.
package struct SenderGate: Sendable {
  package struct Limits: Sendable {
    /// Requests a second that each sender may go on making, and how many at once before that.
    package var perSecond = 1_000.0
    package var burst = 5_000
    /// Events that are taken in at a time, and that may wait: of one sender, and of all.
    package var atWork = 512
    package var waitingPerSender = 2_000
    package var waitingInAll = 10_000
    package init() {}
  }

  let access: any AccessLedger
  let time: any TimeSource
  let queue: FairQueue
  let refusals: RefusalBook
  private let tokens: TokenReader?
  private let takesCertificates: Bool
  private let requests: RateLimits
  /// Wrong credentials from one address; after these it is told to slow down.
  private let failures = RateLimits(perSecond: 0.5, burst: 30)

  package init(
    access: any AccessLedger, time: any TimeSource, tokens: TokenReader? = nil, takesCertificates: Bool = false,
    limits: Limits = Limits(), logger: Logger = Logger(label: "waypost.console")
  ) {
    self.access = access
    self.time = time
    self.tokens = tokens
    self.takesCertificates = takesCertificates
    requests = RateLimits(perSecond: limits.perSecond, burst: limits.burst)
    queue = FairQueue(
      permits: limits.atWork, waitingPerSender: limits.waitingPerSender, waitingInAll: limits.waitingInAll)
    refusals = RefusalBook(access: access, time: time, logger: logger)
  }

  /// Writes the counts of refusals that were not written one by one; until the task is cancelled.
  package func run() async { await refusals.run() }

  /// Throws a 401 problem when there is no credential or it is not known, 429 when there were too many requests.
  func sender(of request: Request, _ context: GatewayContext) async throws -> Sender {
    let now = time.now()
    do {
      guard let credential = try await credential(of: request, context, now) else {
        throw Problem(
          .unauthorized, "No credential",
          "Send Authorization: Bearer and a key made with `waypost sources add`, or a token of a known issuer")
      }
      guard let sender = try await access.sender(credential, at: now) else {
        throw Problem(
          .unauthorized, "Unknown \(credential.kind.rawValue)",
          "This \(credential.kind.rawValue) is not known here, has ended, or has been revoked")
      }
      context.visit.caller = sender.name
      if let seconds = requests.take(sender.name, at: now) {
        throw Problem(
          .tooManyRequests, "Too many requests", "This sender asks more often than it may; wait", retryAfter: seconds)
      }
      return sender
    } catch let problem as Problem where problem.status == .unauthorized {
      throw refusal(problem, context, now)
    }
  }

  /// What somebody is told whose credential or signature is wrong: `problem`, or to slow down.
  func refusal(_ problem: Problem, _ context: GatewayContext, _ now: Instant) -> Problem {
    guard let seconds = failures.take(context.peer, at: now) else { return problem }
    return Problem(
      .tooManyRequests, "Too many wrong credentials", "Nothing that was sent is known here; wait", retryAfter: seconds)
  }

  private func credential(
    of request: Request, _ context: GatewayContext, _ now: Instant
  ) async throws -> Credential? {
    if let header = request.headers[.authorization] {
      guard header.lowercased().hasPrefix("bearer ") else { return nil }
      let secret = String(header.dropFirst("bearer ".count).drop { $0 == " " })
      guard let tokens, !SenderKey.isKey(secret), secret.contains(".") else {
        return .key(hash: SenderKey.hash(secret))
      }
      return try await credential(in: secret, of: tokens, now)
    }
    guard takesCertificates, let certificate = try? await context.channel.nioSSL_peerCertificate().get() else {
      return nil
    }
    return try ClientCertificate.credential(certificate)
  }

  private func credential(in token: String, of tokens: TokenReader, _ now: Instant) async throws -> Credential {
    do {
      let claims = try await tokens.read(token, at: now)
      guard let subject = claims.subject ?? claims.clientID else { throw TokenRefusal.nobody }
      return .token(issuer: claims.issuer, subject: subject)
    } catch let refusal as TokenRefusal {
      if refusal.isTemporary {
        throw Problem(.serviceUnavailable, "Keys unavailable", refusal.reason, retryAfter: 10)
      }
      throw Problem(.unauthorized, "Refused \(refusal.rawValue)", refusal.reason)
    }
  }

  /// Takes an event when it is the sender's turn. Throws a 503 problem where too many wait.
  func inTurn<T>(
    _ sender: Sender, _ body: nonisolated(nonsending) () async throws -> T
  ) async throws -> T {
    do { return try await queue.run(for: sender.name, body) } catch let overload as Overload {
      throw Problem(
        .serviceUnavailable, "Busy", "Too many events wait already; send this one again",
        retryAfter: overload.retryAfter)
    }
  }

  /// Writes to the audit that somebody looked at a record.
  func viewed(_ identifier: String, by caller: String) async throws {
    try await access.record([AccessEntry(kind: "viewed", identifier: identifier, detail: caller)], at: time.now())
  }
}
