package import Delivery
package import Routing

/// HTTPS webhooks: the CloudEvent, signed anew for every attempt, posted to one URL; redirects are failures.
///
/// 2xx is accepted; 408, 425, 429, 5xx and whatever goes wrong on the way may work later; 410 switches the endpoint off;
/// every other answer is final (Standard Webhooks; CloudEvents webhook binding, section 2). Where the directory asks for
/// consent or a token, nothing is posted without it. No request leaves for an address that is not public, unless the
/// directory or the redirect says where it leads.
package struct WebhookTransport: Transport {
  package let channel = "webhook"
  let curl: CurlLoop
  /// Everything goes here instead, with the intended recipient in a header.
  let redirect: Redirect?
  let keys: @Sendable (Instant) -> WebhookKeys?
  let clients: @Sendable (String) -> ClientCertificate?
  let secrets: @Sendable (String) -> String?
  private let consents: WebhookConsents
  private let tokens: AccessTokens

  package struct Redirect: Sendable {
    package let url: String
    package let secret: String
    package init(url: String, secret: String) {
      self.url = url
      self.secret = secret
    }
  }

  /// `origin`: the gateway's name, to which endpoints consent. `keys`: what it signs with at an instant. `clients` and
  /// `secrets` look up by the names that the directory uses, at each attempt.
  package init(
    curl: CurlLoop, redirect: Redirect?, origin: String = "localhost",
    keys: @escaping @Sendable (Instant) -> WebhookKeys? = { _ in nil },
    clients: @escaping @Sendable (String) -> ClientCertificate? = { _ in nil },
    secrets: @escaping @Sendable (String) -> String?
  ) {
    self.curl = curl
    self.redirect = redirect
    self.keys = keys
    self.clients = clients
    self.secrets = secrets
    consents = WebhookConsents(origin: origin, curl: curl)
    tokens = AccessTokens(curl: curl, secrets: secrets)
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .webhook(let webhook) = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a webhook channel"))
    }
    do throws(WebhookStop) {
      guard let redirect else { return try await deliver(dispatch, to: webhook) }
      return try await deliver(dispatch, to: redirect)
    } catch { return error.outcome }
  }

  private func deliver(_ dispatch: Dispatch, to redirect: Redirect) async throws(WebhookStop) -> Outcome {
    let signer = WebhookSigner(secrets: try secrets(redirect.secret, called: "of the redirect"), keys: [])
    var post = try post(dispatch, redirect.url, signer, ["X-Waypost-Intended: \(dispatch.notification.intended)"])
    post.reach = .anyAddress
    return WebhookTransport.outcome(await curl.post(post), at: dispatch.at)
  }

  private func deliver(_ dispatch: Dispatch, to webhook: WebhookChannel) async throws(WebhookStop) -> Outcome {
    let signer = try signer(webhook, at: dispatch.at)
    let client = try webhook.client.map { name throws(WebhookStop) in try self.client(name) }
    let reach = HTTPReach(isPrivate: webhook.isPrivate)
    if webhook.asksConsent { try await consents.obtain(for: webhook, client, reach, at: dispatch.at) }
    var more: [String] = []
    var bearer: (token: String, request: TokenRequest)?
    if let request = webhook.token {
      let token = try await tokens.token(request, reach, at: dispatch.at)
      more.append("Authorization: Bearer \(token)")
      bearer = (token, request)
    }
    var post = try post(dispatch, webhook.url, signer, more)
    post.reach = reach
    post.client = client
    let answer = await curl.post(post)
    if let bearer, case .answered(401, let retryAfter, _, _) = answer {
      await tokens.drop(bearer.token, of: bearer.request)
      return .deferred(
        Fault(.authentication, "HTTP 401: the endpoint did not take the token; another one is asked for"),
        retryAfter: retryAfter.flatMap { RetryAfter.seconds($0, at: dispatch.at) })
    }
    return WebhookTransport.outcome(answer, at: dispatch.at)
  }

  private func post(
    _ dispatch: Dispatch, _ url: String, _ signer: WebhookSigner, _ more: [String]
  ) throws(WebhookStop) -> HTTPPost {
    let (id, timestamp) = (dispatch.notification.id, dispatch.at.seconds)
    let body = Array(dispatch.body.utf8)
    let signatures: String
    do { signatures = try signer.header(id: id, timestamp: timestamp, body: body) } catch {
      throw WebhookStop(.deferred(Fault(.internalFault, "the webhook cannot be signed"), retryAfter: nil))
    }
    let number = dispatch.number.map {
      ["Waypost-Recipient: \($0.recipient.header)", "Waypost-Sequence: \($0.number)"]
    }
    return HTTPPost(
      url: url,
      headers: [
        "Content-Type: application/cloudevents+json", "User-Agent: Waypost", "Expect:", "webhook-id: \(id)",
        "webhook-timestamp: \(timestamp)", "webhook-signature: \(signatures)",
      ] + (number ?? []) + more, body: body)
  }

  private func signer(_ webhook: WebhookChannel, at now: Instant) throws(WebhookStop) -> WebhookSigner {
    var shared: [WebhookSecret] = []
    if let name = webhook.secret {
      guard let text = secrets(name) else {
        throw WebhookStop(.rejected(Fault(.configuration, "there is no webhook secret called \(name)")))
      }
      shared = try secrets(text, called: name)
    }
    guard webhook.signature.usesKey else { return WebhookSigner(secrets: shared, keys: []) }
    guard let keys = keys(now) else {
      throw WebhookStop(.rejected(Fault(.configuration, "the gateway has no key to sign webhooks with")))
    }
    return WebhookSigner(secrets: shared, keys: keys.keys)
  }

  private func secrets(_ text: String, called name: String) throws(WebhookStop) -> [WebhookSecret] {
    guard let secrets = WebhookSecret.list(text) else {
      throw WebhookStop(
        .rejected(
          Fault(.configuration, "webhook secret \(name) is not one or two of whsec_ and base64 of 24 to 64 bytes")))
    }
    return secrets
  }

  private func client(_ name: String) throws(WebhookStop) -> ClientCertificate {
    guard let client = clients(name) else { throw WebhookStop(.rejected(ClientCertificate.missing(name))) }
    return client
  }

  static func outcome(_ answer: HTTPAnswer, at instant: Instant) -> Outcome {
    switch answer {
    // The gateway itself would not go there, and will not later.
    case .failed(let fault) where fault.code == .policy: return .rejected(fault)
    case .failed(let fault): return .deferred(fault, retryAfter: nil)
    case .answered(let status, let retryAfter, _, _):
      let pause = retryAfter.flatMap { RetryAfter.seconds($0, at: instant) }
      switch status {
      case 200...299: return .accepted(Receipt(.accepted, from: .webhook, "HTTP \(status)"))
      case 408, 425, 429: return .deferred(Fault(.throttled, "HTTP \(status)"), retryAfter: pause)
      case 500...599: return .deferred(Fault(.unavailable, "HTTP \(status)"), retryAfter: pause)
      case 410: return .rejected(Fault(.gone, "HTTP 410"))
      case 300...399: return .rejected(Fault(.refused, "HTTP \(status): a redirect is not followed"))
      default: return .rejected(Fault(.refused, "HTTP \(status)"))
      }
    }
  }
}

/// RFC 9110 section 10.2.3: seconds, or an HTTP date.
enum RetryAfter {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  static func seconds(_ text: String, at instant: Instant) -> Int? {
    if let seconds = Int(text), seconds >= 0 { return seconds }
    let words = text.split(separator: " ")
    guard words.count == 6, let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])),
      let year = Int(words[3]), let date = CivilDate(year: year, month: month + 1, day: day)
    else { return nil }
    guard let then = Instant(rfc3339: "\(date)T\(words[4])Z") else { return nil }
    return max(0, Int(then.seconds - instant.seconds))
  }
}

extension Delivery.Notification {
  /// `AGENCY ROLE`, for headers of redirected messages; ASCII without control characters.
  package var intended: String {
    let text = "\(agency ?? "unknown") \(role)"
    return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7f }))
  }
}
