import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTPTypes
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// The server that senders and people connect to: TLS 1.2 or better with a certificate that can be replaced while it runs,
/// plain HTTP on loopback only, and no patience with those who never finish what they say.
struct FrontDoor {
  private let tls: TLSConfiguration?
  /// Client certificates are asked for.
  let takesCertificates: Bool

  /// In which a request's header has to arrive, and for which a connection may say nothing.
  private let idle: TimeAmount
  /// In which a body has to arrive.
  private let body: TimeAmount
  /// Bytes of all header fields together, and of one.
  private static let headerLimit = 32 * 1024

  /// Throws `Complaint` where the settings ask for what is not there.
  init(_ settings: Settings, _ address: ListenAddress, logger: Logger) throws {
    idle = try FrontDoor.seconds(settings.limits.idle, "limits: idle", usually: 30)
    body = try FrontDoor.seconds(settings.limits.body, "limits: body", usually: 60)
    guard let identity = try ServerIdentity(settings, logger: logger) else {
      guard address.isLoopback else {
        throw Complaint(
          "Plain HTTP is for loopback only. Give `certificate` and `key` in the settings, put server.pem and "
            + "server.key into \(settings.certificates), or listen on 127.0.0.1.")
      }
      guard settings.clients == nil else {
        throw Complaint("`clients` asks for client certificates, which need TLS: give `certificate` and `key` too.")
      }
      tls = nil
      takesCertificates = false
      return
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.current.chain, privateKey: identity.current.key)
    tls.minimumTLSVersion = .tlsv12
    tls.sslContextCallback = { _, promise in
      var fresh = NIOSSLContextConfigurationOverride()
      (fresh.certificateChain, fresh.privateKey) = identity.current
      promise.succeed(fresh)
    }
    if let clients = settings.clients {
      guard FileManager.default.isReadableFile(atPath: clients) else { throw UnreadableFile(path: clients) }
      tls.certificateVerification = .optionalVerification
      tls.trustRoots = .file(clients)
    }
    self.tls = tls
    takesCertificates = settings.clients != nil
  }

  private static func seconds(_ text: String?, _ key: String, usually: Int64) throws -> TimeAmount {
    guard let text else { return .seconds(usually) }
    guard let seconds = Int64(text), (1...600).contains(seconds) else {
      throw Complaint("`\(key)` is `\(text)`. Write seconds, 1 to 600.")
    }
    return .seconds(seconds)
  }

  var scheme: String { tls == nil ? "http" : "https" }

  func server() throws -> HTTPServerBuilder {
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderListSize = FrontDoor.headerLimit
    decoder.maxHeaderFieldSize = FrontDoor.headerLimit
    decoder.maxHeaderFieldCount = 100
    let body = self.body
    let base = HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [BodyDeadline(body)], idleTimeout: idle,
        httpDecoderConfiguration: decoder))
    return try tls.map { try .tls(base, tlsConfiguration: $0) } ?? base
  }
}

/// Closes a connection whose request body does not arrive in time, however busily it trickles.
private final class BodyDeadline: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  private let patience: TimeAmount
  private var deadline: Scheduled<Void>?

  init(_ patience: TimeAmount) { self.patience = patience }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      let channel = context.channel
      deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    case .body: break
    case .end: stop()
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  private func stop() {
    deadline?.cancel()
    deadline = nil
  }
}

/// The server's certificate and key, read again when a file changes. A pair that does not fit leaves the old one in use, so
/// that two files can be replaced one after the other.
private final class ServerIdentity: Sendable {
  typealias Pair = (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource)

  private struct State {
    var pair: Pair
    var stamp: [Date?]
    var refused: [Date?] = []
  }

  private let certificate: String
  private let key: String
  private let logger: Logger
  private let state: Mutex<State>

  /// From the settings, or `server.pem` and `server.key` of the folder with certificates; nil where there is none.
  init?(_ settings: Settings, logger: Logger) throws {
    switch (settings.certificate, settings.key) {
    case (let certificate?, let key?): (self.certificate, self.key) = (certificate, key)
    case (nil, nil):
      certificate = "\(settings.certificates)/server.pem"
      key = "\(settings.certificates)/server.key"
      guard FileManager.default.fileExists(atPath: certificate), FileManager.default.fileExists(atPath: key) else {
        return nil
      }
    default: throw Complaint("`certificate` and `key` belong together: the settings name only one of them.")
    }
    self.logger = logger
    let stamp = ServerIdentity.stamp(certificate, key)
    do {
      state = Mutex(State(pair: try ServerIdentity.read(certificate, key, logger), stamp: stamp))
    } catch {
      throw Complaint("\(certificate) and \(key) are no certificate and key that belong together (PEM): \(error)")
    }
  }

  var current: Pair {
    let stamp = ServerIdentity.stamp(certificate, key)
    return state.withLock { state in
      guard stamp != state.stamp, stamp != state.refused else { return state.pair }
      do {
        state.pair = try ServerIdentity.read(certificate, key, logger)
        state.stamp = stamp
        logger.notice("the server's certificate was replaced")
      } catch {
        state.refused = stamp
        logger.error("the server's new certificate cannot be used: the old one stays", metadata: ["why": "\(error)"])
      }
      return state.pair
    }
  }

  private static func read(_ certificate: String, _ key: String, _ logger: Logger) throws -> Pair {
    let chain = try PEMDocument.parseMultiple(pemString: try DataFolder.text(certificate))
    let secret = try PEMDocument(pemString: try DataFolder.text(key))
    guard let leaf = chain.first else { throw UnreadableFile(path: certificate) }
    guard try Certificate.PrivateKey(pemDocument: secret).publicKey == Certificate(pemDocument: leaf).publicKey else {
      throw Complaint("the key belongs to another certificate")
    }
    let left = try Certificate(pemDocument: leaf).notValidAfter.timeIntervalSinceNow / 86_400
    if left < 21 {
      logger.warning("the server's certificate expires soon", metadata: ["days": "\(Int(left))"])
    }
    return (
      try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
      .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
    )
  }

  private static func stamp(_ files: String...) -> [Date?] {
    files.map { try? FileManager.default.attributesOfItem(atPath: $0)[.modificationDate] as? Date }
  }
}
