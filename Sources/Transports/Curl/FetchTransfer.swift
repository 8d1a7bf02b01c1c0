import CCurl
import Delivery

/// One easy handle that reads something from a server. Lives on the loop's thread.
final class FetchTransfer: Transfer {
  let easy: UnsafeMutableRawPointer
  private var answer: (@Sendable (FetchAnswer) -> Void)?
  private var places: UnsafeMutablePointer<curl_slist>?
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var received: [UInt8] = []
  private let limit: Int
  private let takesPart: Bool

  init?(_ request: FetchRequest, _ settings: CurlLoop.Settings, _ answer: @escaping @Sendable (FetchAnswer) -> Void) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.answer = answer
    limit = request.limit
    takesPart = request.takesPart
    _ = wp_easy_text(easy, CURLOPT_URL, request.url)
    _ = wp_easy_text(easy, CURLOPT_PROTOCOLS_STR, request.post == nil ? "https,imap,imaps" : "https,http")
    _ = wp_easy_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
    _ = wp_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    _ = wp_easy_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    _ = wp_easy_long(easy, CURLOPT_TIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let trust = settings.trustFile { _ = wp_easy_text(easy, CURLOPT_CAINFO, trust) }
    if let user = request.user { _ = wp_easy_text(easy, CURLOPT_USERNAME, user) }
    if let password = request.password { _ = wp_easy_text(easy, CURLOPT_PASSWORD, password) }
    if let command = request.command { _ = wp_easy_text(easy, CURLOPT_CUSTOMREQUEST, command) }
    if let post = request.post { begin(post, request.headers) }
    if let place = request.place {
      places = curl_slist_append(nil, place)
      _ = wp_easy_list(easy, CURLOPT_RESOLVE, places)
    }
    _ = wp_easy_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    _ = wp_easy_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
      guard let context, let data else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
      return Unmanaged<FetchTransfer>.fromOpaque(context).takeUnretainedValue().take(bytes)
    }
  }

  private func begin(_ post: [UInt8], _ lines: [String]) {
    for line in lines { headers = curl_slist_append(headers, line) }
    _ = wp_easy_list(easy, CURLOPT_HTTPHEADER, headers)
    _ = wp_easy_long(easy, CURLOPT_POST, 1)
    _ = wp_easy_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(post.count))
    _ = post.withUnsafeBytes {
      wp_easy_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard received.count + bytes.count <= limit else {
      received += bytes.prefix(limit - received.count)
      return 0
    }
    received += bytes
    return bytes.count
  }

  func end(_ result: CURLcode) {
    var status = 0
    _ = wp_info_long(easy, CURLINFO_RESPONSE_CODE, &status)
    if result == CURLE_OK || result == CURLE_WRITE_ERROR && takesPart {
      let type = wp_info_text(easy, CURLINFO_CONTENT_TYPE).map { String(cString: $0) } ?? ""
      finish(.answered(status: status, type: type, body: received))
    } else {
      let isTooLong = result == CURLE_WRITE_ERROR
      finish(.failed(isTooLong ? Fault(.content, "more than \(limit) bytes") : CurlFault.fault(result)))
    }
  }

  func abort(_ fault: Fault) { finish(.failed(fault)) }

  func free() {
    curl_easy_cleanup(easy)
    curl_slist_free_all(places)
    places = nil
    curl_slist_free_all(headers)
    headers = nil
  }

  private func finish(_ value: FetchAnswer) {
    let answer = self.answer
    self.answer = nil
    answer?(value)
  }
}
