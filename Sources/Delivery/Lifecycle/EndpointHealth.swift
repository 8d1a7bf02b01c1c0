package import Routing

/// How long an endpoint has failed without a single success in between. Pure; kept in the ledger, so that a restart does
/// not begin anew.
package struct FailingEndpoint: Sendable, Equatable {
  /// Seconds without success after which it is switched off. Long enough for a restart or a bad deployment, short enough
  /// that nobody's messages hang on a dead address for a night.
  package static let patience: Int64 = 3600
  /// Failures that it takes beside the time, so that two attempts an hour apart prove nothing.
  package static let failures = 10
  /// Failures closer together than this many seconds count once: a burst is one piece of news.
  package static let spacing: Int64 = 60
  /// After so many seconds without an attempt nobody knows what was in between, and the count begins anew. More than the
  /// longest pause between two attempts.
  package static let memory: Int64 = 7200

  package let since: Instant
  /// The last failure that was counted.
  package let last: Instant
  package let count: Int

  package init(since: Instant, last: Instant, count: Int) {
    self.since = since
    self.last = last
    self.count = count
  }

  /// What is known after one more failure.
  package static func after(_ before: FailingEndpoint?, at now: Instant) -> FailingEndpoint {
    guard let before, (0...memory).contains(now.seconds - before.last.seconds) else {
      return FailingEndpoint(since: now, last: now, count: 1)
    }
    guard now.seconds - before.last.seconds >= spacing else { return before }
    return FailingEndpoint(since: before.since, last: now, count: before.count + 1)
  }

  package var isSustained: Bool {
    count >= FailingEndpoint.failures && last.seconds - since.seconds >= FailingEndpoint.patience
  }
}

/// What an attempt changes about the endpoint it was made at; written with the settlement.
package enum EndpointNews: Sendable {
  case works(String)
  case fails(String, FailingEndpoint)
  case closes(EndpointClosing)
}

extension EndpointNews {
  /// What an outcome says about the endpoint, and whether that is the end of it. An endpoint that is the only way left to
  /// somebody is never switched off for failing: what they are owed is tried further.
  static func of(
    _ outcome: Outcome, _ lease: Lease, failing before: FailingEndpoint?, at now: Instant
  ) -> EndpointNews? {
    guard let url = lease.channel?.endpoint else { return nil }
    if case .rejected(let fault) = outcome, fault.code == .gone {
      return closing(url, "it asked not to be called again (\(fault.reason))", since: before?.since ?? now, lease, now)
    }
    switch outcome.sign {
    case .taken, .answered: return before == nil ? nil : .works(url)
    case .unknown: return nil
    case .failed:
      let run = FailingEndpoint.after(before, at: now)
      guard run.isSustained, lease.hasAnotherWay, case .deferred(let fault, _) = outcome else {
        return run == before ? nil : .fails(url, run)
      }
      let minutes = (now.seconds - run.since.seconds) / 60
      return closing(url, "no attempt has succeeded for \(minutes) minutes (\(fault))", since: run.since, lease, now)
    }
  }

  private static func closing(
    _ url: String, _ reason: String, since: Instant, _ lease: Lease, _ now: Instant
  ) -> EndpointNews {
    let notice = EndpointNotice.make(of: url, why: reason, since: since, seenBy: lease, at: now)
    return .closes(EndpointClosing(url: url, reason: reason, since: since, notice: notice))
  }

  var closing: EndpointClosing? { if case .closes(let closing) = self { closing } else { nil } }
}

extension Lease {
  fileprivate var hasAnotherWay: Bool {
    var progress = delivery
    return progress.close(of: notification.channels.count) != nil
  }
}

/// An endpoint that is switched off, and the message that tells its owner.
package struct EndpointClosing: Sendable {
  package let url: String
  package let reason: String
  package let since: Instant
  /// Nil where the owner has no other channel that could carry it.
  package let notice: Notification?
}

/// An endpoint that is switched off, or may be soon.
package struct EndpointRecord: Sendable, Equatable {
  package let url: String
  /// Since when it has failed, or when it was switched off if that was at once.
  package let since: Instant
  /// Nil while it is still being tried.
  package let closedAt: Instant?
  package let reason: String
  /// The notification that saw it; empty where an operator switched it off.
  package let notification: String
  /// Failures counted so far.
  package let failing: FailingEndpoint?

  package init(
    url: String, since: Instant, closedAt: Instant?, reason: String, notification: String, failing: FailingEndpoint?
  ) {
    self.url = url
    self.since = since
    self.closedAt = closedAt
    self.reason = reason
    self.notification = notification
    self.failing = failing
  }

  package var isClosed: Bool { closedAt != nil }
  /// For people: without a query, which may hold a key.
  package var name: String { Channel.name(ofEndpoint: url) }
}

extension Fault {
  /// What was owed to an endpoint that nobody calls any more.
  static let endpointIsOff = Fault(.configuration, "the endpoint is switched off; see `waypost endpoints list`")
}

extension Collection<EndpointRecord> {
  /// The URLs that are switched off.
  package var closed: Set<String> { Set(lazy.filter(\.isClosed).map(\.url)) }
}

extension Channel {
  /// The destination of a webhook: each endpoint for itself, since those of one host fail each for itself.
  package static func destination(ofEndpoint url: String) -> String { "webhook:" + url.dropFirst("https://".count) }

  /// Host and path; a query or a fragment may hold a key.
  package static func name(ofEndpoint url: String) -> String {
    String(url.prefix { $0 != "?" && $0 != "#" })
  }

  package static func host(ofEndpoint url: String) -> String {
    let place = url.dropFirst("https://".count).prefix { !"/?#".contains($0) }
    // What stands before an @ is a name and a password.
    return place.split(separator: "@").last.map(String.init) ?? ""
  }
}
