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
