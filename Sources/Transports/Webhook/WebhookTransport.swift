package import Delivery
import Routing

/// HTTPS webhooks: the CloudEvent, signed anew for every attempt, posted to one URL; redirects are failures.
///
/// 2xx is accepted; 408, 425, 429, 5xx and whatever goes wrong on the way may work later; 410 switches the endpoint off;
/// every other answer is final (Standard Webhooks; CloudEvents webhook binding, section 2).
package struct WebhookTransport: Transport {
  package let channel = "webhook"
  let curl: CurlLoop
  let secrets: @Sendable (String) -> String?
  /// Everything goes here instead, with the intended recipient in a header.
  let redirect: Redirect?

  package struct Redirect: Sendable {
    package let url: String
    package let secret: String
    package init(url: String, secret: String) {
      self.url = url
      self.secret = secret
    }
  }

  package init(curl: CurlLoop, redirect: Redirect?, secrets: @escaping @Sendable (String) -> String?) {
    self.curl = curl
    self.redirect = redirect
    self.secrets = secrets
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .webhook(let url, let name) = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a webhook channel"))
    }
    guard let text = redirect?.secret ?? secrets(name) else {
      return .rejected(Fault(.configuration, "there is no webhook secret called \(name)"))
    }
    guard let secret = WebhookSecret(text) else {
      return .rejected(Fault(.configuration, "webhook secret \(name) is not whsec_ and base64 of 24 to 64 bytes"))
    }
    let body = Array(dispatch.body.utf8)
    let timestamp = dispatch.at.seconds
    var headers = [
      "Content-Type: application/cloudevents+json", "User-Agent: Waypost", "Expect:",
      "webhook-id: \(dispatch.notification.id)", "webhook-timestamp: \(timestamp)",
      "webhook-signature: \(secret.signature(id: dispatch.notification.id, timestamp: timestamp, body: body))",
    ]
    if let number = dispatch.number {
      headers += ["Waypost-Recipient: \(number.recipient.header)", "Waypost-Sequence: \(number.number)"]
    }
    if redirect != nil { headers.append("X-Waypost-Intended: \(dispatch.notification.intended)") }
    let answer = await curl.post(HTTPPost(url: redirect?.url ?? url, headers: headers, body: body))
    return WebhookTransport.outcome(answer, at: dispatch.at)
  }

  static func outcome(_ answer: HTTPAnswer, at instant: Instant) -> Outcome {
    switch answer {
    case .failed(let fault): return .deferred(fault, retryAfter: nil)
    case .answered(let status, let retryAfter, _):
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
