import CCurl
import Delivery
import Foundation
import Routing

/// One connection to a relay: libcurl connects, secures and authenticates; the dialogue speaks. On the loop's thread.
final class SMTPConnection {
  let easy: UnsafeMutableRawPointer
  private(set) var socket: curl_socket_t = -1
  private(set) var isOpen = false
  private var dialogue: SMTPDialogue
  private var output: [UInt8] = []
  private var answers: [Int: @Sendable (Outcome) -> Void] = [:]
  private var nextTicket = 0
  /// Submitted before the connection was there.
  private var early: [(Int, SMTPEnvelope)] = []
  private let server: MailServer
  private let settings: CurlLoop.Settings
  private weak var pool: SMTPPool?
  private var lastProgress = CurlEngine.clock()
  private var isPlain = false
  /// libcurl reads the list while the handle lives.
  private var places: UnsafeMutablePointer<curl_slist>?

  init?(_ server: MailServer, _ settings: CurlLoop.Settings, _ pool: SMTPPool) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.server = server
    self.settings = settings
    self.pool = pool
    dialogue = SMTPDialogue(hostName: settings.hostName)
    configure()
  }

  /// The mail domain of what was submitted last.
  private(set) var domain: Substring = ""

  var load: Int { early.count + dialogue.load }
  var hasOutput: Bool { !output.isEmpty }

  private func configure() {
    // The path of the URL is the name that libcurl greets the server with.
    let base = server.url.hasSuffix("/") ? String(server.url.dropLast()) : server.url
    _ = wp_easy_text(easy, CURLOPT_URL, "\(base)/\(settings.hostName)")
    _ = wp_easy_text(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    _ = wp_easy_long(easy, CURLOPT_CONNECT_ONLY, 1)
    _ = wp_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    _ = wp_easy_long(easy, CURLOPT_CONNECTTIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_TIMEOUT, settings.timeout)
    _ = wp_easy_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let trust = settings.trustFile { _ = wp_easy_text(easy, CURLOPT_CAINFO, trust) }
    _ = wp_easy_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
    if server.security != .verified {
      // RFC 7435: encryption without a verified name is worth more than none.
      _ = wp_easy_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      _ = wp_easy_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let pin = server.pin { _ = wp_easy_text(easy, CURLOPT_PINNEDPUBLICKEY, pin) }
    if let place = server.place {
      places = curl_slist_append(nil, place)
      _ = wp_easy_list(easy, CURLOPT_RESOLVE, places)
    }
    if let user = server.user { _ = wp_easy_text(easy, CURLOPT_USERNAME, user) }
    if let password = server.password { _ = wp_easy_text(easy, CURLOPT_PASSWORD, password) }
  }

  deinit { curl_slist_free_all(places) }

  func submit(_ envelope: SMTPEnvelope, _ answer: @escaping @Sendable (Outcome) -> Void) {
    nextTicket += 1
    answers[nextTicket] = answer
    domain = envelope.domain
    guard isOpen else { return early.append((nextTicket, envelope)) }
    if dialogue.load == 0 { lastProgress = CurlEngine.clock() }
    perform(dialogue.submit(ticket: nextTicket, envelope))
    service()
  }

  /// libcurl has connected, or could not.
  func connected(_ result: CURLcode) {
    if result == CURLE_USE_SSL_FAILED, server.security == .opportunistic, !isPlain {
      // The server has no TLS and the directory accepts that for this recipient: once more in clear, and noted.
      isPlain = true
      _ = wp_easy_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue))
      pool?.reconnect(self)
      return
    }
    guard result == CURLE_OK, wp_info_socket(easy, &socket) == CURLE_OK, socket >= 0 else {
      return end(CurlFault.fault(result))
    }
    isOpen = true
    lastProgress = CurlEngine.clock()
    perform(dialogue.start())
    for (ticket, envelope) in early { perform(dialogue.submit(ticket: ticket, envelope)) }
    early = []
    service()
  }

  /// Writes what is to be written and reads what has come.
  func service() {
    guard isOpen else { return }
    write()
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while isOpen {
      var count = 0
      let result = curl_easy_recv(easy, &buffer, buffer.count, &count)
      if result == CURLE_AGAIN { break }
      guard result == CURLE_OK, count > 0 else { return end(Fault(.connection, "the server closed the connection")) }
      lastProgress = CurlEngine.clock()
      perform(dialogue.receive(Array(buffer[..<count])))
    }
    write()
  }

  private func write() {
    while isOpen, !output.isEmpty {
      var count = 0
      let result = curl_easy_send(easy, output, output.count, &count)
      if result == CURLE_AGAIN { return }
      guard result == CURLE_OK else { return end(Fault(.connection, "the connection broke while sending")) }
      output.removeFirst(count)
      lastProgress = CurlEngine.clock()
    }
  }

  private func perform(_ actions: [SMTPDialogue.Action]) {
    for action in actions {
      switch action {
      case .send(let bytes): output += bytes
      case .finished(let ticket, let outcome): answers.removeValue(forKey: ticket)?(noted(outcome))
      case .close: close()
      }
    }
    if isOpen, load == 0 { pool?.freed(self) }
  }

  /// A message that left in clear says so in its evidence; nothing is downgraded silently.
  private func noted(_ outcome: Outcome) -> Outcome {
    guard isPlain, case .accepted(let receipt) = outcome else { return outcome }
    return .accepted(
      Receipt(receipt.kind, from: receipt.source, receipt.evidence + " (sent without TLS, as the directory allows)"))
  }

  /// Gives up when the server has been silent for too long, and closes what nobody needs any more.
  func expire(now: Double) {
    guard isOpen else { return }
    let silent = now - lastProgress
    if load > 0, silent > Double(settings.contentTimeout) {
      end(Fault(.timeout, "the server has been silent for \(settings.contentTimeout) s"))
    } else if load == 0, silent > 60 {
      end(Fault(.connection, "idle"))
    }
  }

  func end(_ fault: Fault) {
    perform(dialogue.fail(fault))
    for (ticket, _) in early { answers.removeValue(forKey: ticket)?(.deferred(fault, retryAfter: nil)) }
    early = []
    close()
  }

  private func close() {
    isOpen = false
    pool?.closed(self)
  }
}
