import CCurl
import Delivery
import Routing

/// One easy handle that connects, reads the certificate that it is shown, and says farewell. Lives on the loop's thread.
final class InspectTransfer: Transfer {
  let easy: UnsafeMutableRawPointer
  private var answer: (@Sendable (InspectAnswer) -> Void)?
  private var places: UnsafeMutablePointer<curl_slist>?
  private var tls: String?
  private let isMail: Bool
  private let reach = ReachGuard()
  private let begun = CurlEngine.clock()

  init?(
    _ request: InspectRequest, _ settings: CurlLoop.Settings, _ answer: @escaping @Sendable (InspectAnswer) -> Void
  ) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.answer = answer
    isMail = request.isMail
    let base = request.url.hasSuffix("/") ? String(request.url.dropLast()) : request.url
    // The path of a mail server's URL is the name that libcurl greets it with.
    _ = wp_easy_text(easy, CURLOPT_URL, isMail ? "\(base)/\(settings.hostName)" : "\(base)/")
    _ = wp_easy_text(easy, CURLOPT_PROTOCOLS_STR, "https,smtp,smtps")
    _ = wp_easy_long(easy, CURLOPT_CONNECT_ONLY, 1)
    _ = wp_easy_long(easy, CURLOPT_CERTINFO, 1)
    _ = wp_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    _ = wp_easy_long(easy, CURLOPT_CONNECTTIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_TIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    let level = request.security == .opportunistic ? CURLUSESSL_TRY : CURLUSESSL_ALL
    _ = wp_easy_long(easy, CURLOPT_USE_SSL, Int(level.rawValue))
    if let trust = settings.trustFile { _ = wp_easy_text(easy, CURLOPT_CAINFO, trust) }
    if request.security != .verified {
      _ = wp_easy_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      _ = wp_easy_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
    request.client?.show(on: easy)
    if let pin = request.pin { _ = wp_easy_text(easy, CURLOPT_PINNEDPUBLICKEY, pin) }
    if let user = request.user { _ = wp_easy_text(easy, CURLOPT_USERNAME, user) }
    if let password = request.password { _ = wp_easy_text(easy, CURLOPT_PASSWORD, password) }
    if let place = request.place {
      places = curl_slist_append(nil, place)
      _ = wp_easy_list(easy, CURLOPT_RESOLVE, places)
    }
    reach.begin(request.reach, on: easy)
    listen()
  }

  /// libcurl tells the version of TLS only in words: `SSL connection using TLSv1.3 / …`.
  private func listen() {
    _ = wp_easy_long(easy, CURLOPT_VERBOSE, 1)
    _ = wp_easy_pointer(easy, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(self).toOpaque())
    _ = wp_easy_debug(easy) { _, type, data, size, context in
      guard type == CURLINFO_TEXT, let data, let context else { return 0 }
      let words = String(decoding: UnsafeRawBufferPointer(start: data, count: size), as: UTF8.self)
      Unmanaged<InspectTransfer>.fromOpaque(context).takeUnretainedValue().heard(words)
      return 0
    }
  }

  private func heard(_ words: String) {
    let opening = "SSL connection using "
    guard words.hasPrefix(opening) else { return }
    tls = String(words.dropFirst(opening.count).prefix { $0 != " " && !$0.isNewline })
  }

  func end(_ result: CURLcode) {
    if isMail, result == CURLE_OK {
      // Said and not waited for; a server that has gone already is none the worse.
      var count = 0
      _ = curl_easy_send(easy, "QUIT\r\n", 6, &count)
    }
    finish(
      InspectAnswer(
        fault: result == CURLE_OK ? nil : reach.fault(result), tls: tls, expires: expires,
        milliseconds: Int64((CurlEngine.clock() - begun) * 1000)))
  }

  /// The first certificate is the server's own.
  private var expires: Instant? {
    var chain: UnsafeMutablePointer<curl_certinfo>?
    guard wp_info_certificates(easy, &chain) == CURLE_OK, let chain, chain.pointee.num_of_certs > 0 else { return nil }
    var entry = chain.pointee.certinfo?[0]
    while let item = entry {
      if let data = item.pointee.data, case let text = String(cString: data), text.hasPrefix("Cert:") {
        return try? MailCertificate.read(pem: Array(text.utf8.dropFirst("Cert:".utf8.count))).first?.notAfter
      }
      entry = item.pointee.next
    }
    return nil
  }

  func abort(_ fault: Fault) { finish(InspectAnswer(fault: fault)) }

  func free() {
    curl_easy_cleanup(easy)
    curl_slist_free_all(places)
    places = nil
  }

  private func finish(_ value: InspectAnswer) {
    let answer = self.answer
    self.answer = nil
    answer?(value)
  }
}
