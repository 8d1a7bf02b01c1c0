import Crypto
package import Delivery
import Foundation
import Routing

/// Notices through GOV.UK Notify (REST API, `POST /v2/notifications/email`), by a template of the operator's service.
///
/// The template may use ((headline)), ((link)) and ((reference)) and nothing else: no data of a child ever goes to Notify,
/// only the message's headline, the address of the page where it is read, and ids. Notify sends once more whatever it is
/// given once more; both carry the same ids. What became of a notice comes back to `NotifyCallbacks`.
package struct NotifyTransport: Transport {
  package let channel = "notify"
  let curl: CurlLoop
  let settings: NotifySettings
  let links: AnswerLinks

  package init(curl: CurlLoop, settings: NotifySettings, links: AnswerLinks) {
    self.curl = curl
    self.settings = settings
    self.links = links
  }

  /// Reads what Notify reports about the notices.
  package var callbacks: NotifyCallbacks { NotifyCallbacks(token: settings.callbackToken, key: links.key) }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .notify(let address, let template) = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a GOV.UK Notify channel"))
    }
    let headers = [
      "Content-Type: application/json", "User-Agent: Waypost", "Expect:",
      "Authorization: Bearer \(settings.token(at: dispatch.at))",
    ]
    let answer = await curl.post(
      HTTPPost(
        url: "\(settings.baseURL)/v2/notifications/email", headers: headers,
        body: body(dispatch, to: address, template).serializedBytes))
    return NotifyTransport.outcome(answer, at: dispatch.at)
  }

  private func body(_ dispatch: Dispatch, to address: String, _ template: String) -> JSONValue {
    let id = dispatch.notification.id
    let index = dispatch.channelIndex
    return [
      "email_address": .string(address), "template_id": .string(template),
      "personalisation": [
        "headline": .string(dispatch.notification.message.subject),
        "link": .string(links.url(.read, id, channel: index, at: dispatch.at)), "reference": .string(id),
      ],
      // Callbacks bring it back: a tag that nobody else can make.
      "reference": .string(links.key.tag(id, channel: index)),
    ]
  }

  /// Notify's documentation promises its statuses, not its words, so the answer is judged by the status alone.
  static func outcome(_ answer: HTTPAnswer, at instant: Instant) -> Outcome {
    guard case .answered(let status, _, let date, _) = answer else {
      return WebhookTransport.outcome(answer, at: instant)
    }
    switch status {
    case 201: return .accepted(Receipt(.accepted, from: .notify, "HTTP 201"))
    case 400: return .rejected(Fault(.refused, badRequest))
    case 401, 403:
      // Notify takes a token for 30 s either way; an answer takes at most half of that.
      let theirs = date.flatMap { RetryAfter.seconds($0, at: Instant(seconds: 0)) }
      if let theirs, abs(Int64(theirs) - instant.seconds) > 15 {
        return .deferred(Fault(.authentication, clockIsOff), retryAfter: nil)
      }
      return .rejected(Fault(.authentication, "HTTP \(status): \(badKey)"))
    default: return WebhookTransport.outcome(answer, at: instant)
    }
  }

  private static let badRequest =
    "HTTP 400: GOV.UK Notify refuses the notice. Check that the template exists in the service of the API key and uses "
    + "only ((headline)), ((link)) and ((reference)), that the service is out of trial mode, and that the key is live"
  private static let badKey =
    "GOV.UK Notify refuses the API key. Check that the key is of this service and not revoked, and that the clock of "
    + "this machine is right to within 30 s; then retry"
  private static let clockIsOff =
    "HTTP 403: GOV.UK Notify's clock and this machine's are too far apart. Check that the time is synchronised"
}

/// The operator's service at GOV.UK Notify.
package struct NotifySettings: Sendable {
  /// Without a slash at its end.
  package let baseURL: String
  /// What Notify shows when it calls back; nil: no callback is believed.
  package let callbackToken: String?
  let service: String
  private let secret: SymmetricKey

  /// Why settings cannot be used, with the remedy; it never repeats what was given.
  package enum Problem: String, Error, CustomStringConvertible {
    case address = "The address of GOV.UK Notify has to be https://HOST, without a path."
    case apiKey =
      "The API key of GOV.UK Notify has to be NAME-SERVICE-SECRET, the last two UUIDs: copy it whole from API integration."
    case callbackToken =
      "The callback token has to have at least 10 printable characters and no space, as GOV.UK Notify demands."
    package var description: String { rawValue }
  }

  /// `apiKey`: `name-<service's uuid>-<secret's uuid>`, as Notify shows it once. White space around it is taken off.
  package init(
    baseURL: String = "https://api.notifications.service.gov.uk", apiKey: String, callbackToken: String? = nil
  ) throws(Problem) {
    let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    let host = base.dropFirst("https://".count)
    guard base.hasPrefix("https://"), !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      !host.contains("/"), !host.contains("@"), !host.contains("?"), !host.contains("#")
    else { throw .address }
    let key = apiKey.trimmingCharacters(in: .whitespacesAndNewlines)
    let parts = key.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count > 10, key.utf8.count > 74, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .apiKey }
    let service = parts.suffix(10).prefix(5).joined(separator: "-")
    let secret = parts.suffix(5).joined(separator: "-")
    guard UUID(uuidString: service) != nil, UUID(uuidString: secret) != nil else { throw .apiKey }
    let token = callbackToken?.trimmingCharacters(in: .whitespacesAndNewlines)
    if let token, token.utf8.count < 10 || !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { throw .callbackToken }
    self.baseURL = base
    self.service = service
    self.secret = SymmetricKey(data: Array(secret.utf8))
    self.callbackToken = token
  }

  /// A JSON web token (RFC 7519) that Notify takes for 30 s before and after `instant`.
  func token(at instant: Instant) -> String {
    let header: JSONValue = ["alg": "HS256", "typ": "JWT"]
    let claims: JSONValue = ["iat": .number(Double(instant.seconds)), "iss": .string(service)]
    let signed = "\(base64url(header.serializedBytes)).\(base64url(claims.serializedBytes))"
    let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: secret)
    return "\(signed).\(base64url(Array(code)))"
  }

  /// RFC 4648 section 5, without padding.
  private func base64url(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}

/// Delivery receipts that GOV.UK Notify posts to `/v1/callbacks/notify`, with the bearer token that it was given.
///
/// Guarantee: only a report that shows the token and whose reference this gateway made says anything about a message.
/// The recipient's address, which stands in every one of them, is not kept.
package struct NotifyCallbacks: CallbackReader {
  package let name = "notify"
  let token: String?
  let key: AnswerKey
  /// Bytes; Notify's receipts have some hundreds.
  private static let limit = 64 * 1024

  package init(token: String?, key: AnswerKey) {
    self.token = token
    self.key = key
  }

  package func read(body: [UInt8], authorization: String?) -> CallbackReading {
    guard isAuthorized(authorization) else { return .unauthorized }
    guard body.count <= NotifyCallbacks.limit else { return .malformed("the body is too large") }
    guard let document = try? JSONValue(parsing: body), document.members != nil else {
      return .malformed("the body is not a JSON object")
    }
    guard let id = document["id"]?.text, UUID(uuidString: id) != nil else { return .malformed("`id` is not a UUID") }
    guard let status = document["status"]?.text else { return .malformed("there is no `status`") }
    guard let tag = document["reference"]?.text.flatMap({ key.read(tag: $0) }) else {
      return .ignored("unknown reference")
    }
    switch status {
    case "delivered": return report(.delivered, nil, tag, "\(status) (Notify \(id))")
    // How Notify describes them: the address is wrong; the mailbox is full or its filter refuses; it was not sent at all.
    case "permanent-failure": return report(.failed, "5.1.1", tag, "\(status) (Notify \(id))")
    case "temporary-failure": return report(.failed, "4.2.2", tag, "\(status) (Notify \(id))")
    case "technical-failure": return report(.failed, "4.3.0", tag, "\(status) (Notify \(id))")
    case "created", "sending": return .ignored("on its way")
    default: return .ignored("unknown status")
    }
  }

  private func report(_ kind: ReceiptKind, _ status: String?, _ tag: AnswerTag, _ evidence: String) -> CallbackReading {
    let receipt = Receipt(kind, from: .notify, evidence, channel: tag.channel)
    return .report(ReceiptReport(notification: tag.notification, receipt: receipt, status: status))
  }

  /// Digests are compared in constant time, and tell nothing of the token's length.
  private func isAuthorized(_ authorization: String?) -> Bool {
    guard let token, let authorization, authorization.prefix(7).lowercased() == "bearer " else { return false }
    return SHA256.hash(data: Array(authorization.dropFirst(7).utf8)) == SHA256.hash(data: Array(token.utf8))
  }
}
