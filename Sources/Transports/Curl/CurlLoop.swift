import CCurl
import Delivery
import Foundation
import Synchronization

/// All network I/O of the transports: libcurl's multi interface on one thread of its own.
///
/// Guarantee: every call gets exactly one answer, also when the loop is stopped. Callers never block a thread; nothing of
/// libcurl is touched outside the loop's thread.
package final class CurlLoop: Sendable {
  enum Command: Sendable {
    case post(HTTPPost, @Sendable (HTTPAnswer) -> Void)
    case fetch(FetchRequest, @Sendable (FetchAnswer) -> Void)
    case inspect(InspectRequest, @Sendable (InspectAnswer) -> Void)
    case send(SMTPEnvelope, MailServer, @Sendable (Outcome) -> Void)
    case stop
  }

  package struct Settings: Sendable {
    /// PEM file with the certificate authorities that servers are verified against; nil takes the system's.
    package var trustFile: String?
    /// How the gateway greets mail servers.
    package var hostName: String
    /// Seconds for connecting and for an HTTP answer.
    package var timeout: Int
    /// Seconds for the reply to a message's content; RFC 5321 asks for patience, a missing child does not allow it.
    package var contentTimeout: Int
    /// Connections a mail server gets at most.
    package var connectionsPerServer: Int

    package init(
      trustFile: String? = nil, hostName: String = "localhost", timeout: Int = 15, contentTimeout: Int = 60,
      connectionsPerServer: Int = 20
    ) {
      self.trustFile = trustFile
      self.hostName = hostName
      self.timeout = timeout
      self.contentTimeout = contentTimeout
      self.connectionsPerServer = connectionsPerServer
    }
  }

  /// The multi handle's address. Only the loop's thread uses it, but for `curl_multi_wakeup`, which libcurl allows from
  /// any thread while the handle lives; the lock keeps that so.
  private struct Shared: Sendable {
    var commands: [Command] = []
    var isStopped = false
    var multi: UInt?
  }

  private let shared = Mutex(Shared())

  package init(settings: Settings) {
    let loop = self
    let thread = Thread { CurlEngine(settings: settings, loop: loop)?.run() }
    thread.name = "waypost-curl"
    thread.start()
  }

  package func post(_ request: HTTPPost) async -> HTTPAnswer {
    await withCheckedContinuation { continuation in
      if !enqueue(.post(request, { continuation.resume(returning: $0) })) {
        continuation.resume(returning: .failed(CurlLoop.stopped))
      }
    }
  }

  func fetch(_ request: FetchRequest) async -> FetchAnswer {
    await withCheckedContinuation { continuation in
      if !enqueue(.fetch(request, { continuation.resume(returning: $0) })) {
        continuation.resume(returning: .failed(CurlLoop.stopped))
      }
    }
  }

  func inspect(_ request: InspectRequest) async -> InspectAnswer {
    await withCheckedContinuation { continuation in
      if !enqueue(.inspect(request, { continuation.resume(returning: $0) })) {
        continuation.resume(returning: InspectAnswer(fault: CurlLoop.stopped))
      }
    }
  }

  func send(_ envelope: SMTPEnvelope, over server: MailServer) async -> Outcome {
    await withCheckedContinuation { continuation in
      if !enqueue(.send(envelope, server, { continuation.resume(returning: $0) })) {
        continuation.resume(returning: .deferred(CurlLoop.stopped, retryAfter: nil))
      }
    }
  }

  /// Ends the thread; whatever is under way is answered as deferred.
  package func stop() { _ = enqueue(.stop) }

  static let stopped = Fault(.unavailable, "the gateway is stopping")

  private func enqueue(_ command: Command) -> Bool {
    shared.withLock { shared in
      guard !shared.isStopped else { return false }
      shared.commands.append(command)
      if let multi = shared.multi {
        curl_multi_wakeup(OpaquePointer(bitPattern: multi).map(UnsafeMutableRawPointer.init))
      }
      return true
    }
  }

  func attach(_ multi: UnsafeMutableRawPointer) { shared.withLock { $0.multi = UInt(bitPattern: multi) } }

  func takeCommands() -> [Command] {
    shared.withLock { shared in
      defer { shared.commands.removeAll(keepingCapacity: true) }
      return shared.commands
    }
  }

  /// No command is taken from here on; gives back those that came too late to be started.
  func detach() -> [Command] {
    shared.withLock { shared in
      shared.isStopped = true
      shared.multi = nil
      defer { shared.commands = [] }
      return shared.commands
    }
  }
}
