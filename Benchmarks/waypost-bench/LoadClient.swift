import Foundation
import Glibc
import Routing
import Synchronization

/// Blocking HTTP/1.1 connections, one a thread: as little client as possible beside the server it measures.
final class LoadClient: Sendable {
  let port: Int
  let key: String
  init(port: Int, key: String) {
    self.port = port
    self.key = key
  }

  /// What the threads of one run share.
  private final class Run: Sendable {
    let bodies: [[UInt8]]
    let next = Mutex(0)
    let times = Mutex<[Double]>([])
    let failure = Mutex<String?>(nil)
    init(_ bodies: [[UInt8]]) { self.bodies = bodies }
  }

  /// Posts every event over `connections` connections; gives the seconds each answer took. Throws unless all are 202.
  func post(_ bodies: [[UInt8]], connections: Int) async throws -> [Double] {
    let run = Run(bodies)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<connections { group.addTask { await self.onThread(run) { try self.work(run) } } }
    }
    if let reason = run.failure.withLock({ $0 }) { throw BenchFailure(reason) }
    return run.times.withLock { $0 }
  }

  /// Asks for a page `times` times over each of `connections` connections, again `pause` after each answer; gives the
  /// seconds to the first byte of each. Throws unless all are 200.
  func get(
    _ path: String, cookie: String, times: Int, connections: Int, pause: Duration = .zero
  ) async throws -> [Double] {
    let run = Run([])
    let request = LoadClient.request(path, cookie)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<connections {
        group.addTask { await self.onThread(run) { try self.look(request, times, pause, run) } }
      }
    }
    if let reason = run.failure.withLock({ $0 }) { throw BenchFailure(reason) }
    return run.times.withLock { $0 }
  }

  static func request(_ path: String, _ cookie: String) -> [UInt8] {
    Array("GET \(path) HTTP/1.1\r\nHost: bench\r\nCookie: \(cookie)\r\n\r\n".utf8)
  }

  private func onThread(_ run: Run, _ body: @escaping @Sendable () throws -> Void) async {
    await withCheckedContinuation { continuation in
      let thread = Thread {
        do { try body() } catch { run.failure.withLock { $0 = "\(error)" } }
        continuation.resume()
      }
      thread.start()
    }
  }

  private func look(_ request: [UInt8], _ times: Int, _ pause: Duration, _ run: Run) throws {
    let descriptor = try connect()
    defer { close(descriptor) }
    var own: [Double] = []
    for _ in 0..<times {
      let start = ContinuousClock.now
      try write(request, to: descriptor)
      let answer = try read(descriptor) { own.append(start.duration(to: .now) / .seconds(1)) }
      try LoadClient.check(answer, "200")
      Thread.sleep(forTimeInterval: pause / .seconds(1))
    }
    run.times.withLock { $0 += own }
  }

  private func work(_ run: Run) throws {
    let descriptor = try connect()
    defer { close(descriptor) }
    var own: [Double] = []
    while true {
      let index = run.next.withLock { number -> Int in
        defer { number += 1 }
        return number
      }
      guard index < run.bodies.count else { break }
      let start = ContinuousClock.now
      try exchange(descriptor, run.bodies[index])
      own.append(start.duration(to: .now) / .seconds(1))
    }
    run.times.withLock { $0 += own }
  }

  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw BenchFailure("cannot connect") }
    return descriptor
  }

  private func exchange(_ descriptor: Int32, _ body: [UInt8]) throws {
    let head =
      "POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer \(key)\r\n"
      + "Content-Type: application/cloudevents+json\r\nContent-Length: \(body.count)\r\n\r\n"
    try write(Array(head.utf8) + body, to: descriptor)
    try LoadClient.check(try read(descriptor), "202")
  }

  func write(_ request: [UInt8], to descriptor: Int32) throws {
    guard send(descriptor, request, request.count, 0) == request.count else { throw BenchFailure("cannot send") }
  }

  /// One answer; `first` is called when it begins.
  private func read(_ descriptor: Int32, first: () -> Void = {}) throws -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !LoadClient.isComplete(answer) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw BenchFailure("the gateway closed the connection") }
      if answer.isEmpty { first() }
      answer += buffer[..<count]
    }
    return answer
  }

  private static func check(_ answer: [UInt8], _ status: String) throws {
    guard answer.starts(with: Array("HTTP/1.1 \(status)".utf8)) else {
      throw BenchFailure(String(decoding: answer.prefix(300), as: UTF8.self))
    }
  }

  private static func isComplete(_ answer: [UInt8]) -> Bool {
    // The head is short; what follows is counted, and not read.
    let text = String(decoding: answer.prefix(4096), as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let head = text[..<end.upperBound]
    guard let header = head.lowercased().range(of: "content-length: ") else { return false }
    let length = Int(head.lowercased()[header.upperBound...].prefix { $0.isNumber }) ?? 0
    return answer.count - head.utf8.count >= length
  }
}
