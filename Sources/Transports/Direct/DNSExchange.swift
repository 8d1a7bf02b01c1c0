import Foundation

/// One question put to the servers in turn. Blocks its thread.
struct DNSExchange: Sendable {
  let servers: [ServerAddress]
  let timeout: Int
  private static let rounds = 2
  /// Datagrams that are no answer to the question, before TCP is taken instead: somebody is guessing.
  private static let strayLimit = 16

  init(servers: [ServerAddress], timeout: Int) {
    self.servers = servers
    self.timeout = timeout
  }

  /// The first definite answer; else what the last server said that said anything; else the last fault.
  func ask(_ name: String, _ type: RecordType) -> Result<DNSAnswer, ResolveFault> {
    var refusal: DNSAnswer?
    var fault = ResolveFault.unreachable("none is configured")
    for _ in 0..<DNSExchange.rounds {
      for server in servers {
        do throws(ResolveFault) {
          let answer = try ask(server, name, type)
          if answer.isDefinite { return .success(answer) }
          refusal = answer
        } catch { fault = error }
      }
    }
    return refusal.map { .success($0) } ?? .failure(fault)
  }

  private func ask(_ server: ServerAddress, _ name: String, _ type: RecordType) throws(ResolveFault) -> DNSAnswer {
    var random = SystemRandomNumberGenerator()
    let query = DNSQuery(id: random.next(), name: name, type: type)
    let answer = try ask(server, query, extended: true)
    // RFC 6891 section 7: a server that does not know EDNS may take the question without it.
    let isOld = answer.code == .other(1) || answer.code == .other(4) || answer.code == .other(16)
    return isOld ? try ask(server, query, extended: false) : answer
  }

  private func ask(_ server: ServerAddress, _ query: DNSQuery, extended: Bool) throws(ResolveFault) -> DNSAnswer {
    let bytes = query.bytes(extended: extended)
    let socket = try DNSSocket.connected(to: server, .datagram, timeout: timeout)
    try socket.send(bytes)
    for _ in 0..<DNSExchange.strayLimit {
      guard let response = try read(try socket.receive(), query) else { continue }
      guard response.isTruncated else { return response.answer }
      break
    }
    let stream = try DNSSocket.connected(to: server, .stream, timeout: timeout)
    try stream.send([UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes)
    let size = try stream.receive(exactly: 2).reduce(0) { $0 << 8 | Int($1) }
    guard let response = try read(try stream.receive(exactly: size), query), !response.isTruncated else {
      throw .malformed
    }
    return response.answer
  }

  /// Nil for what is no answer to this question.
  private func read(_ bytes: [UInt8], _ query: DNSQuery) throws(ResolveFault) -> DNSResponse? {
    do throws(DNSProblem) { return try DNSResponse(bytes, to: query) } catch {
      if error == .foreign { return nil }
      throw .malformed
    }
  }
}

/// A connected socket with one deadline for everything done with it. Closed when it goes.
private struct DNSSocket: ~Copyable {
  enum Kind {
    case datagram, stream

    var number: Int32 {
      #if os(Linux)
        Int32(self == .datagram ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue)
      #else
        self == .datagram ? SOCK_DGRAM : SOCK_STREAM
      #endif
    }
  }

  private let descriptor: Int32
  private let deadline: ContinuousClock.Instant

  private init(_ descriptor: Int32, timeout: Int) {
    self.descriptor = descriptor
    deadline = .now + .seconds(timeout)
  }

  static func connected(to server: ServerAddress, _ kind: Kind, timeout: Int) throws(ResolveFault) -> DNSSocket {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = kind.number
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(server.host, String(server.port), &hints, &found) == 0, let found else {
      throw .unreachable("a name server's address is no IP address")
    }
    defer { freeaddrinfo(found) }
    let descriptor = Foundation.socket(found.pointee.ai_family, kind.number, 0)
    guard descriptor >= 0 else { throw DNSSocket.lastFault() }
    let socket = DNSSocket(descriptor, timeout: timeout)
    if kind == .datagram { socket.bindAtRandom(found.pointee.ai_family) }
    try socket.connect(found.pointee)
    return socket
  }

  deinit { close(descriptor) }

  private func connect(_ server: addrinfo) throws(ResolveFault) {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    guard Foundation.connect(descriptor, server.ai_addr, server.ai_addrlen) != 0 else { return }
    guard errno == EINPROGRESS else { throw DNSSocket.lastFault() }
    try wait(for: POLLOUT)
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
    guard failure == 0 else { throw DNSSocket.fault(failure) }
  }

  /// A port out of all unprivileged ones (RFC 5452 section 9.2); the system's choice if none of a few is free.
  private func bindAtRandom(_ family: Int32) {
    for _ in 0..<8 {
      let port = UInt16.random(in: 1024 ... .max).bigEndian
      let status: Int32
      if family == AF_INET6 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port
        status = bind(&address)
      } else {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port
        status = bind(&address)
      }
      if status == 0 { return }
    }
  }

  private func bind<Address>(_ address: inout Address) -> Int32 {
    withUnsafeBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress else { return -1 }
      return Foundation.bind(
        descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<Address>.size))
    }
  }

  func send(_ bytes: [UInt8]) throws(ResolveFault) {
    #if os(Linux)
      let flags = Int32(MSG_NOSIGNAL)
    #else
      let flags: Int32 = 0
    #endif
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, flags) }
      if count > 0 { sent += count } else { try pause(for: POLLOUT) }
    }
  }

  /// One datagram, or what a stream holds.
  func receive(atMost limit: Int = 4096) throws(ResolveFault) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    while true {
      let count = recv(descriptor, &buffer, limit, 0)
      if count >= 0 { return Array(buffer.prefix(count)) }
      try pause(for: POLLIN)
    }
  }

  func receive(exactly size: Int) throws(ResolveFault) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < size {
      let more = try receive(atMost: size - bytes.count)
      guard !more.isEmpty else { throw .unreachable("it closed the connection") }
      bytes += more
    }
    return bytes
  }

  /// After a call that failed: waits if it would have blocked, throws otherwise.
  private func pause(for events: Int32) throws(ResolveFault) {
    guard [EAGAIN, EWOULDBLOCK, EINTR].contains(errno) else { throw DNSSocket.lastFault() }
    try wait(for: events)
  }

  private func wait(for events: Int32) throws(ResolveFault) {
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { throw .timeout }
      var item = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let count = poll(&item, 1, Int32(min(left.rounded(.up), 60_000)))
      if count > 0 { return }
      guard count == 0 || errno == EINTR else { throw DNSSocket.lastFault() }
    }
  }

  private static func lastFault() -> ResolveFault { fault(errno) }
  private static func fault(_ number: Int32) -> ResolveFault {
    number == ETIMEDOUT ? .timeout : .unreachable(String(cString: strerror(number)))
  }
}
