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

  /// Seconds in which a request's header has to arrive, and for which a connection may say nothing.
  static let idle: Int64 = 30
  /// Seconds in which a body has to arrive.
  static let body: Int64 = 60
  /// Bytes of all header fields together, and of one.
  private static let headerLimit = 32 * 1024

  /// Throws `Complaint` where the settings ask for what is not there.
  init(_ settings: Settings, _ address: ListenAddress, logger: Logger) throws {
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

  var scheme: String { tls == nil ? "http" : "https" }

  func server() throws -> HTTPServerBuilder {
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderListSize = FrontDoor.headerLimit
    decoder.maxHeaderFieldSize = FrontDoor.headerLimit
    decoder.maxHeaderFieldCount = 100
    let base = HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [BodyDeadline()], idleTimeout: .seconds(FrontDoor.idle),
        httpDecoderConfiguration: decoder))
    return try tls.map { try .tls(base, tlsConfiguration: $0) } ?? base
  }
}

/// Closes a connection whose request body does not arrive in time, however busily it trickles.
private final class BodyDeadline: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  private var deadline: Scheduled<Void>?

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      let channel = context.channel
      deadline = context.eventLoop.scheduleTask(in: .seconds(FrontDoor.body)) { channel.close(promise: nil) }
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
      state = Mutex(State(pair: try ServerIdentity.read(certificate, key), stamp: stamp))
    } catch {
      throw Complaint("\(certificate) and \(key) are no certificate and key that belong together (PEM): \(error)")
    }
  }

  var current: Pair {
    let stamp = ServerIdentity.stamp(certificate, key)
    return state.withLock { state in
      guard stamp != state.stamp, stamp != state.refused else { return state.pair }
      do {
        state.pair = try ServerIdentity.read(certificate, key)
        state.stamp = stamp
        logger.notice("the server's certificate was replaced")
      } catch {
        state.refused = stamp
        logger.error("the server's new certificate cannot be used: the old one stays", metadata: ["why": "\(error)"])
      }
      return state.pair
    }
  }

  private static func read(_ certificate: String, _ key: String) throws -> Pair {
    let chain = try PEMDocument.parseMultiple(pemString: try DataFolder.text(certificate))
    let secret = try PEMDocument(pemString: try DataFolder.text(key))
    guard let leaf = chain.first else { throw UnreadableFile(path: certificate) }
    guard try Certificate.PrivateKey(pemDocument: secret).publicKey == Certificate(pemDocument: leaf).publicKey else {
      throw Complaint("the key belongs to another certificate")
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
