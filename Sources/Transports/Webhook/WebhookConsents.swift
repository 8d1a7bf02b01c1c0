import Delivery
import Routing
import Synchronization

/// The abuse protection of the CloudEvents webhook binding (section 4): endpoints that want to be asked.
///
/// Guarantee: consent is only what `WebHook-Allowed-Origin` says, never a status; it holds for a day and for one URL. No
/// more requests are made in any minute than `WebHook-Allowed-Rate` allows.
final class WebhookConsents: Sendable {
  /// Our name, as endpoints allow it.
  private let origin: String
  private let curl: CurlLoop
  /// Requests a minute; nil without a limit.
  private let consents = GrantCache<String, Int?>()
  /// When each URL with a limit was called in the last minute.
  private let calls = Mutex<[String: [Instant]]>([:])
  private static let lifetime: Int64 = 24 * 3600

  init(origin: String, curl: CurlLoop) {
    self.origin = origin
    self.curl = curl
  }

  /// Returns once a request may be made; throws what becomes of it otherwise.
  func obtain(
    for webhook: WebhookChannel, _ client: ClientCertificate?, _ reach: HTTPReach, at now: Instant
  ) async throws(WebhookStop) {
    let rate = try await consents.grant(webhook.url, at: now) {
      await self.ask(webhook.url, client, reach, at: now)
    }
    if let rate, let pause = take(webhook.url, rate, at: now) {
      throw WebhookStop(
        .deferred(Fault(.throttled, "the endpoint allows \(rate) requests a minute"), retryAfter: pause))
    }
  }

  private func ask(
    _ url: String, _ client: ClientCertificate?, _ reach: HTTPReach, at now: Instant
  ) async -> GrantCache<String, Int?>.Answer {
    var request = HTTPPost(
      url: url, headers: ["User-Agent: Waypost", "WebHook-Request-Origin: \(origin)"], body: [])
    request.method = .options
    request.reach = reach
    request.client = client
    request.keptHeaders = ["webhook-allowed-origin", "webhook-allowed-rate"]
    let answer = await curl.post(request)
    guard case .answered(let status, let retryAfter, _, let kept) = answer else {
      return .withheld(WebhookTransport.outcome(answer, at: now))
    }
    guard let allowed = kept.headers["webhook-allowed-origin"], allowed == "*" || isOurs(allowed) else {
      let fault = Fault(
        .configuration,
        "the endpoint has not consented (OPTIONS: HTTP \(status)): let it answer with `WebHook-Allowed-Origin: "
          + "\(origin)`, or take `consent` out of the directory if it does not ask for that")
      return .withheld(.deferred(fault, retryAfter: retryAfter.flatMap { RetryAfter.seconds($0, at: now) }))
    }
    let rate = kept.headers["webhook-allowed-rate"].flatMap { Int($0) }
    return .granted(rate.map { max(1, $0) }, until: now.advanced(bySeconds: WebhookConsents.lifetime))
  }

  private func isOurs(_ allowed: String) -> Bool { allowed.lowercased() == origin.lowercased() }

  /// Takes one of the minute's requests; otherwise gives the seconds until there is one.
  private func take(_ url: String, _ rate: Int, at now: Instant) -> Int? {
    calls.withLock { calls in
      let recent = (calls[url] ?? []).filter { now.milliseconds - $0.milliseconds < 60_000 }
      guard recent.count < rate else {
        calls[url] = recent
        let oldest = recent.min() ?? now
        return max(1, Int(60_999 - (now.milliseconds - oldest.milliseconds)) / 1000)
      }
      calls[url] = recent + [now]
      return nil
    }
  }
}
