import Delivery

/// The connections to one server under one policy. On the loop's thread.
///
/// Guarantee: a message waits behind another on the same connection only if both go to the same mail domain, so that a
/// recipient whose mail hangs holds up nobody else's.
final class SMTPPool {
  private struct Job {
    let envelope: SMTPEnvelope
    let answer: @Sendable (Outcome) -> Void
    var since = CurlEngine.clock()
  }

  private let server: MailServer
  private unowned let engine: CurlEngine
  private var connections: [SMTPConnection] = []
  private var waiting: [Job] = []
  /// Envelopes of one domain on one connection: one in dialogue, one whose commands travel with its content.
  private static let depth = 2

  init(server: MailServer, engine: CurlEngine) {
    self.server = server
    self.engine = engine
  }

  func send(_ envelope: SMTPEnvelope, _ answer: @escaping @Sendable (Outcome) -> Void) {
    if let idle = connections.first(where: { $0.load == 0 }) { return idle.submit(envelope, answer) }
    if connections.count < engine.settings.connectionsPerServer {
      return open(for: Job(envelope: envelope, answer: answer))
    }
    if let same = connections.first(where: { $0.load < SMTPPool.depth && $0.domain == envelope.domain }) {
      return same.submit(envelope, answer)
    }
    waiting.append(Job(envelope: envelope, answer: answer))
  }

  private func open(for job: Job) {
    guard let connection = SMTPConnection(server, engine.settings, self) else {
      return job.answer(.deferred(Fault(.internalFault, "libcurl has no handle left"), retryAfter: nil))
    }
    connections.append(connection)
    connection.submit(job.envelope, job.answer)
    engine.add(connection)
  }

  var isIdle: Bool { connections.isEmpty && waiting.isEmpty }

  func expire(now: Double) {
    for connection in connections { connection.expire(now: now) }
    // Nothing waits longer for its turn than a server may be silent: the lease on it would run out.
    let late = waiting.prefix { now - $0.since > Double(engine.settings.contentTimeout) }
    waiting.removeFirst(late.count)
    for job in late {
      job.answer(.deferred(Fault(.timeout, "the server takes mail more slowly than it comes"), retryAfter: nil))
    }
  }

  func reconnect(_ connection: SMTPConnection) { engine.restart(connection) }

  /// A connection has nothing to do.
  func freed(_ connection: SMTPConnection) {
    guard !waiting.isEmpty else { return }
    let job = waiting.removeFirst()
    connection.submit(job.envelope, job.answer)
  }

  func closed(_ connection: SMTPConnection) {
    connections.removeAll { $0 === connection }
    engine.remove(connection)
    if !waiting.isEmpty, connections.count < engine.settings.connectionsPerServer { open(for: waiting.removeFirst()) }
  }

  func close(_ fault: Fault) {
    let unsent = waiting
    waiting = []
    for job in unsent { job.answer(.deferred(fault, retryAfter: nil)) }
    for connection in connections { connection.end(fault) }
  }
}
