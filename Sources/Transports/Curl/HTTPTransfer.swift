import CCurl
import Delivery
import Foundation

/// One easy handle for HTTPS requests, used again and again. Lives on the loop's thread. `ReachGuard` keeps it within each
/// request's reach.
final class HTTPTransfer: Transfer {
  let easy: UnsafeMutableRawPointer
  private var list: UnsafeMutablePointer<curl_slist>?
  private var answer: (@Sendable (HTTPAnswer) -> Void)?
  private var retryAfter: String?
  private var date: String?
  private var kept = HTTPAnswer.Kept()
  private var keptHeaders: Set<String> = []
  private var keptBytes = 0
  private var received = 0
  private let reach = ReachGuard()
  /// Bytes of an answer's body that are read before the connection is given up.
  private static let bodyLimit = 256 * 1024

  init?() {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
  }

  func begin(_ request: HTTPPost, _ settings: CurlLoop.Settings, _ answer: @escaping @Sendable (HTTPAnswer) -> Void) {
    self.answer = answer
    forget()
    keptHeaders = request.keptHeaders
    keptBytes = request.keptBytes
    received = 0
    curl_easy_reset(easy)
    for header in request.headers { list = curl_slist_append(list, header) }
    _ = wp_easy_text(easy, CURLOPT_URL, request.url)
    _ = wp_easy_text(easy, CURLOPT_PROTOCOLS_STR, "https")
    _ = wp_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    setMethod(request)
    _ = wp_easy_list(easy, CURLOPT_HTTPHEADER, list)
    _ = wp_easy_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    _ = wp_easy_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    _ = wp_easy_long(easy, CURLOPT_TIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let trust = settings.trustFile { _ = wp_easy_text(easy, CURLOPT_CAINFO, trust) }
    request.client?.show(on: easy)
    reach.begin(request.reach, on: easy)
    setReaders(Unmanaged.passUnretained(self).toOpaque())
  }

  private func setMethod(_ request: HTTPPost) {
    switch request.method {
    case .post:
      _ = wp_easy_long(easy, CURLOPT_POST, 1)
      _ = wp_easy_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
      _ = request.body.withUnsafeBytes {
        wp_easy_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
      }
    case .options:
      _ = wp_easy_long(easy, CURLOPT_HTTPGET, 1)
      _ = wp_easy_text(easy, CURLOPT_CUSTOMREQUEST, "OPTIONS")
    }
  }

  private func setReaders(_ context: UnsafeMutableRawPointer) {
    _ = wp_easy_pointer(easy, CURLOPT_WRITEDATA, context)
    _ = wp_easy_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
      guard let context, let data else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().body(bytes)
    }
    _ = wp_easy_pointer(easy, CURLOPT_HEADERDATA, context)
    _ = wp_easy_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
      guard let context, let data else { return 0 }
      let line = UnsafeRawBufferPointer(start: data, count: size * count)
      Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().header(String(decoding: line, as: UTF8.self))
      return size * count
    }
  }

  func end(_ result: CURLcode) {
    var status = 0
    _ = wp_info_long(easy, CURLINFO_RESPONSE_CODE, &status)
    // An answer that came whole counts even if its body was too long to read to the end.
    let isAnswered = result == CURLE_OK || (result == CURLE_WRITE_ERROR && received > HTTPTransfer.bodyLimit)
    if isAnswered && status > 0 {
      finish(.answered(status: status, retryAfter: retryAfter, date: date, kept: kept))
    } else {
      finish(.failed(reach.fault(result)))
    }
  }

  func abort(_ fault: Fault) { finish(.failed(fault)) }

  func free() { curl_easy_cleanup(easy) }

  private func finish(_ value: HTTPAnswer) {
    curl_slist_free_all(list)
    list = nil
    forget()
    let answer = self.answer
    self.answer = nil
    answer?(value)
  }

  private func forget() {
    retryAfter = nil
    date = nil
    kept = HTTPAnswer.Kept()
  }

  private func body(_ bytes: UnsafeRawBufferPointer) -> Int {
    received += bytes.count
    kept.body += bytes.prefix(keptBytes - kept.body.count)
    return received > HTTPTransfer.bodyLimit ? 0 : bytes.count
  }

  private func header(_ line: String) {
    // Each answer begins anew: what came before it was none yet (RFC 9110 section 15.2).
    if line.hasPrefix("HTTP/") { return forget() }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    let name = line[..<colon].lowercased()
    switch name {
    case "retry-after": retryAfter = value
    case "date": date = value
    default: if keptHeaders.contains(name) { kept.headers[name] = value }
    }
  }
}
