import CCurl
import Delivery
import Foundation

/// What lives on the loop's thread: the multi handle, HTTP transfers and mail connections. Never leaves it.
final class CurlEngine {
  let settings: CurlLoop.Settings
  private let loop: CurlLoop
  private let multi: UnsafeMutableRawPointer
  private var transfers: [UnsafeMutableRawPointer: any Transfer] = [:]
  private var idle: [HTTPTransfer] = []
  private var pools: [MailServer: SMTPPool] = [:]
  private var connections: [UnsafeMutableRawPointer: SMTPConnection] = [:]
  private var isStopping = false

  init?(settings: CurlLoop.Settings, loop: CurlLoop) {
    curl_global_init(Int(CURL_GLOBAL_ALL))
    guard let multi = curl_multi_init() else {
      CurlEngine.refuse(loop.detach(), Fault(.internalFault, "libcurl cannot be started"))
      return nil
    }
    self.settings = settings
    self.loop = loop
    self.multi = multi
    _ = wp_multi_long(multi, CURLMOPT_MAXCONNECTS, 1024)
    // The full windows of several endpoints, so that one of a host that hangs leaves room for its neighbours.
    _ = wp_multi_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 256)
    loop.attach(multi)
  }

  /// Servers that mail was sent to are remembered while they are in use.
  private static let poolLimit = 256

  func run() {
    while !isStopping {
      for command in loop.takeCommands() { start(command) }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      readMessages()
      for pool in pools.values { pool.expire(now: CurlEngine.clock()) }
      if pools.count > CurlEngine.poolLimit { pools = pools.filter { !$0.value.isIdle } }
      if !isStopping { poll() }
    }
    shutDown()
  }

  /// Monotonic seconds, for timeouts only.
  static func clock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func start(_ command: CurlLoop.Command) {
    switch command {
    case .post(let request, let answer):
      guard let transfer = idle.popLast() ?? HTTPTransfer() else {
        return answer(.failed(Fault(.internalFault, "libcurl has no handle left")))
      }
      transfer.begin(request, settings, answer)
      transfers[transfer.easy] = transfer
      curl_multi_add_handle(multi, transfer.easy)
    case .fetch(let request, let answer):
      guard let transfer = FetchTransfer(request, settings, answer) else {
        return answer(.failed(Fault(.internalFault, "libcurl has no handle left")))
      }
      transfers[transfer.easy] = transfer
      curl_multi_add_handle(multi, transfer.easy)
    case .inspect(let request, let answer):
      guard let transfer = InspectTransfer(request, settings, answer) else {
        return answer(InspectAnswer(fault: Fault(.internalFault, "libcurl has no handle left")))
      }
      transfers[transfer.easy] = transfer
      curl_multi_add_handle(multi, transfer.easy)
    case .send(let envelope, let server, let answer):
      let pool = pools[server] ?? SMTPPool(server: server, engine: self)
      pools[server] = pool
      pool.send(envelope, answer)
    case .stop: isStopping = true
    }
  }

  private func readMessages() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let result = wp_message_result(message)
      if let transfer = transfers.removeValue(forKey: easy) {
        // Before it is taken out: that ends a connection which was made to be looked at only.
        transfer.end(result)
        curl_multi_remove_handle(multi, easy)
        if let post = transfer as? HTTPTransfer, idle.count < 64 { idle.append(post) } else { transfer.free() }
      } else if let connection = connections[easy] {
        connection.connected(result)
      }
    }
  }

  /// Waits for any socket, a command or the next timeout, at most a quarter of a second.
  private func poll() {
    let open = connections.values.filter(\.isOpen)
    var descriptors = open.map { connection in
      let wants = Int16(CURL_WAIT_POLLIN) | (connection.hasOutput ? Int16(CURL_WAIT_POLLOUT) : 0)
      return curl_waitfd(fd: connection.socket, events: wants, revents: 0)
    }
    var count: Int32 = 0
    curl_multi_poll(multi, &descriptors, UInt32(descriptors.count), 250, &count)
    for (connection, descriptor) in zip(open, descriptors) where descriptor.revents != 0 { connection.service() }
  }

  func add(_ connection: SMTPConnection) {
    connections[connection.easy] = connection
    curl_multi_add_handle(multi, connection.easy)
  }

  /// Connects a handle again after its options have changed.
  func restart(_ connection: SMTPConnection) {
    curl_multi_remove_handle(multi, connection.easy)
    curl_multi_add_handle(multi, connection.easy)
  }

  func remove(_ connection: SMTPConnection) {
    guard connections.removeValue(forKey: connection.easy) != nil else { return }
    curl_multi_remove_handle(multi, connection.easy)
    curl_easy_cleanup(connection.easy)
  }

  private func shutDown() {
    let late = loop.detach()
    for transfer in transfers.values {
      curl_multi_remove_handle(multi, transfer.easy)
      transfer.abort(CurlLoop.stopped)
    }
    for pool in pools.values { pool.close(CurlLoop.stopped) }
    for connection in Array(connections.values) { remove(connection) }
    for transfer in transfers.values { transfer.free() }
    for transfer in idle { transfer.free() }
    curl_multi_cleanup(multi)
    CurlEngine.refuse(late, CurlLoop.stopped)
  }

  private static func refuse(_ commands: [CurlLoop.Command], _ fault: Fault) {
    for command in commands {
      switch command {
      case .post(_, let answer): answer(.failed(fault))
      case .fetch(_, let answer): answer(.failed(fault))
      case .inspect(_, let answer): answer(InspectAnswer(fault: fault))
      case .send(_, _, let answer): answer(.deferred(fault, retryAfter: nil))
      case .stop: break
      }
    }
  }
}

/// One easy handle at work on the loop's thread; gives exactly one answer.
protocol Transfer: AnyObject {
  var easy: UnsafeMutableRawPointer { get }
  func end(_ result: CURLcode)
  func abort(_ fault: Fault)
  func free()
}

/// libcurl's result codes as faults.
enum CurlFault {
  static func fault(_ code: CURLcode) -> Fault {
    let words = curl_easy_strerror(code).map { String(cString: $0) } ?? "unknown error"
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: return Fault(.connection, words)
    case CURLE_OPERATION_TIMEDOUT: return Fault(.timeout, words)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_USE_SSL_FAILED, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return Fault(.tls, words)
    case CURLE_LOGIN_DENIED: return Fault(.authentication, words)
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return Fault(.configuration, words)
    default: return Fault(.connection, words)
    }
  }
}
