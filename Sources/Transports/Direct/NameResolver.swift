import Foundation
package import Routing

/// Whoever answers questions about names.
package protocol NameLookup: Sendable {
  /// `name` as it is written; its labels are converted to ASCII where that is simple.
  func lookup(_ name: String, _ type: RecordType) async throws(ResolveFault) -> DNSAnswer
}

extension NameLookup {
  func result(_ name: String, _ type: RecordType) async -> Result<DNSAnswer, ResolveFault> {
    do throws(ResolveFault) { return .success(try await lookup(name, type)) } catch { return .failure(error) }
  }
}

/// Why there is no answer at all. Holds neither names nor addresses of persons.
package enum ResolveFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked for is no domain name.
  case badName(String)
  case timeout
  case unreachable(String)
  /// The server's answer cannot be read.
  case malformed

  package var description: String {
    switch self {
    case .badName(let reason): "the domain cannot be looked up: \(reason)"
    case .timeout: "the name servers did not answer in time"
    case .unreachable(let reason): "no name server could be reached: \(reason)"
    case .malformed: "the name server's answer cannot be read"
    }
  }
}

/// Where a server listens: an IP literal and a port.
package struct ServerAddress: Hashable, Sendable {
  package let host: String
  package let port: UInt16

  package init(host: String, port: UInt16 = 53) {
    self.host = host
    self.port = port
  }

  /// The servers in a file as resolv.conf(5) describes it; where it names none, this machine.
  package static func system(_ path: String = "/etc/resolv.conf") -> [ServerAddress] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let servers = text.split(whereSeparator: \.isNewline).compactMap { line -> ServerAddress? in
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.count >= 2 && words[0] == "nameserver" ? ServerAddress(host: String(words[1])) : nil
    }
    return servers.isEmpty ? [ServerAddress(host: "127.0.0.1")] : servers
  }
}

/// Answers from the name servers, each asked for only once while it lasts.
///
/// Guarantee: a lookup ends within `timeout` seconds for each attempt at a server (two rounds over three servers at most,
/// and as much again where an answer needs TCP or the server is too old for EDNS), counted from when one of 64 threads is
/// free. The network is waited for on those threads alone; the cache holds 4,096 names at most. An answer is taken only
/// from the server that was asked, with the id and the question that were sent, to a port drawn at random. DNSSEC is the
/// name server's business.
package actor NameResolver: NameLookup {
  private typealias Reply = Result<DNSAnswer, ResolveFault>

  private let exchange: DNSExchange
  private let now: @Sendable () -> Instant
  private var cache = DNSCache()
  /// Those who wait for a question that somebody else asked.
  private var waiting: [DNSCache.Key: [CheckedContinuation<Reply, Never>]] = [:]
  private var threads = 0
  private var queue: [CheckedContinuation<Void, Never>] = []
  /// Questions under way at once.
  private static let threadLimit = 64

  /// `timeout`: seconds for one attempt at one server.
  package init(
    servers: [ServerAddress] = ServerAddress.system(), timeout: Int = 3, now: @escaping @Sendable () -> Instant
  ) {
    exchange = DNSExchange(servers: Array(servers.prefix(3)), timeout: timeout)
    self.now = now
  }

  package func lookup(_ name: String, _ type: RecordType) async throws(ResolveFault) -> DNSAnswer {
    let key = DNSCache.Key(name: try DomainName.ascii(name), type: type)
    if let known = cache.answer(key, at: now()) { return known }
    if waiting[key] != nil {
      return try await withCheckedContinuation { waiting[key, default: []].append($0) }.get()
    }
    waiting[key] = []
    let outcome = await ask(key)
    if case .success(let answer) = outcome { cache.keep(answer, for: key, at: now()) }
    for waiter in waiting.removeValue(forKey: key) ?? [] { waiter.resume(returning: outcome) }
    return try outcome.get()
  }

  private func ask(_ key: DNSCache.Key) async -> Reply {
    if threads < NameResolver.threadLimit { threads += 1 } else { await withCheckedContinuation { queue.append($0) } }
    let outcome = await withCheckedContinuation { continuation in
      let thread = Thread { [exchange] in continuation.resume(returning: exchange.ask(key.name, key.type)) }
      thread.name = "waypost-dns"
      thread.stackSize = 512 * 1024
      thread.start()
    }
    // Whoever waits takes the place over.
    if queue.isEmpty { threads -= 1 } else { queue.removeFirst().resume() }
    return outcome
  }
}

/// The answers that still hold.
struct DNSCache {
  struct Key: Hashable, Sendable {
    let name: String
    let type: RecordType
  }
  private struct Entry {
    let answer: DNSAnswer
    let expires: Instant
  }

  private var entries: [Key: Entry] = [:]
  static let limit = 4096
  /// Seconds an answer is kept, whatever it says.
  private static let longest = 86_400
  /// Seconds an absence is kept: a domain that has just been set up must not stay unreachable.
  private static let longestAbsence = 300

  var count: Int { entries.count }

  func answer(_ key: Key, at now: Instant) -> DNSAnswer? {
    guard let entry = entries[key], entry.expires > now else { return nil }
    let left = Int((entry.expires.milliseconds - now.milliseconds) / 1000)
    return DNSAnswer(code: entry.answer.code, records: entry.answer.records, minimumTTL: left)
  }

  mutating func keep(_ answer: DNSAnswer, for key: Key, at now: Instant) {
    entries[key] = nil
    let cap = answer.records.isEmpty ? DNSCache.longestAbsence : DNSCache.longest
    let lifetime = min(answer.minimumTTL, cap)
    guard answer.isDefinite, lifetime > 0 else { return }
    if entries.count >= DNSCache.limit { makeRoom(at: now) }
    entries[key] = Entry(answer: answer, expires: now.advanced(bySeconds: Int64(lifetime)))
  }

  /// Drops what has expired, and of the rest the quarter that expires first.
  private mutating func makeRoom(at now: Instant) {
    entries = entries.filter { $0.value.expires > now }
    guard entries.count >= DNSCache.limit else { return }
    for key in entries.sorted(by: { $0.value.expires < $1.value.expires }).prefix(DNSCache.limit / 4).map(\.key) {
      entries[key] = nil
    }
  }
}

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
