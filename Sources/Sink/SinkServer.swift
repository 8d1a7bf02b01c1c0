package import Delivery
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Routing

/// The test receiver for demos, drills and tests: SMTP with STARTTLS, HTTPS webhooks, and a page showing what arrived.
package struct SinkServer: Sendable {
  package struct Settings: Sendable {
    package var host: String
    package var port: Int
    package var smtpHost: String
    package var smtpPort: Int
    package var certificateFile: String
    package var keyFile: String
    /// Webhook signatures are checked against this secret; without one they are shown as unchecked.
    package var secret: WebhookSecret?

    package init(
      host: String, port: Int, smtpHost: String, smtpPort: Int, certificateFile: String, keyFile: String,
      secret: WebhookSecret?
    ) {
      self.host = host
      self.port = port
      self.smtpHost = smtpHost
      self.smtpPort = smtpPort
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.secret = secret
    }
  }

  /// Where it listens, once it does.
  package struct Address: Sendable {
    package let page: String
    package let smtp: String
  }

  let settings: Settings
  package let store: SinkStore
  package let faults: SinkFaults
  /// Webhook timestamps are judged by this clock.
  let time: any TimeSource
  let logger: Logger

  package init(settings: Settings, store: SinkStore, faults: SinkFaults, time: any TimeSource, logger: Logger) {
    self.settings = settings
    self.store = store
    self.faults = faults
    self.time = time
    self.logger = logger
  }

  /// Serves until the task is cancelled. `onListening` is called once both ports are open.
  package func run(onListening: @escaping @Sendable (Address) async -> Void) async throws {
    let certificates = try NIOSSLCertificate.fromPEMFile(settings.certificateFile).map {
      NIOSSLCertificateSource.certificate($0)
    }
    let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: settings.keyFile, format: .pem))
    let tls = TLSConfiguration.makeServerConfiguration(certificateChain: certificates, privateKey: key)
    let context = try NIOSSLContext(configuration: tls)
    let smtp = try await openSMTP(context)
    let smtpPort = smtp.localAddress?.port ?? settings.smtpPort
    let smtpAddress = "smtp://\(settings.smtpHost):\(smtpPort)"
    let application = Application(
      router: router(smtpAddress),
      server: try .tls(.http1(), tlsConfiguration: tls),
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? settings.port
        await onListening(Address(page: "https://\(settings.host):\(port)", smtp: smtpAddress))
      }, logger: logger)
    do { try await application.run() } catch {
      try? await smtp.close()
      throw error
    }
    try? await smtp.close()
  }

  private func openSMTP(_ context: NIOSSLContext) async throws -> any NIOCore.Channel {
    let receive: @Sendable ([UInt8]) -> SinkFaults.Kind? = { content in takeMail(content) }
    return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(SMTPSinkHandler(tls: context, receive: receive))
        }
      }
      .bind(host: settings.smtpHost, port: settings.smtpPort).get()
  }

  private func now() -> Int64 { time.now().milliseconds }

  private func takeMail(_ content: [UInt8]) -> SinkFaults.Kind? {
    let headers = MailHeaders(content)
    let fault = faults.next(intended: headers.intended)
    if fault == nil || fault == .slow {
      store.add(
        channel: "mail", id: headers.id, intended: headers.intended, episode: nil, type: nil, signature: nil,
        at: now(), content: content)
    }
    return fault
  }

  private func router(_ smtp: String) -> Hummingbird.Router<BasicRequestContext> {
    let router = Hummingbird.Router(context: BasicRequestContext.self)
    router.get("/") { _, _ in SinkPage.response(store) }
    router.get("/status") { _, _ in
      SinkPage.json(["smtp": .string(smtp), "received": .number(Double(store.count))])
    }
    router.get("/messages") { request, _ in
      let query = request.uri.queryParameters
      if let count = query["atLeast"].flatMap({ Int($0) }) { await store.wait(forAtLeast: count) }
      let after = query["after"].flatMap { Int($0) } ?? 0
      let limit = query["limit"].flatMap { Int($0) } ?? 1000
      let arrivals = store.arrivals(after: after, limit: limit)
      return SinkPage.json(.array(arrivals.map { $0.document(withContent: query["content"] == "true") }))
    }
    router.post("/fail") { request, _ in
      let body = try JSONValue(parsing: try await request.body.collect(upTo: 64 * 1024).readableBytesView)
      let agencies = body["for"]?.items?.compactMap(\.text) ?? []
      guard let plan = SinkFaults.Plan(body["fail"]?.text ?? "", agencies: agencies) else {
        throw HTTPError(.badRequest)
      }
      faults.set(plan)
      return SinkPage.json(["ok": true])
    }
    router.post("/**") { request, _ in try await takeWebhook(request) }
    return router
  }

  private func takeWebhook(_ request: Request) async throws -> Response {
    let body = Array(try await request.body.collect(upTo: SMTPSinkHandler.sizeLimit).readableBytesView)
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
    let id = header("webhook-id") ?? ""
    let intended = header("X-Waypost-Intended")
    switch faults.next(intended: intended) {
    case .temporary: return Response(status: .serviceUnavailable)
    case .permanent: return Response(status: .badRequest)
    case .gone: return Response(status: .gone)
    case .timeout:
      await store.wait(forAtLeast: .max)
      return Response(status: .serviceUnavailable)
    case .slow:
      try await Task.sleep(for: .seconds(2))
    case .drop: throw CancellationError()
    case nil: break
    }
    var signature = "unchecked"
    if let secret = settings.secret {
      let isValid = secret.verifies(
        header: header("webhook-signature") ?? "", id: id,
        timestamp: header("webhook-timestamp").flatMap { Int64($0) } ?? 0,
        body: body, now: now() / 1000)
      signature = isValid ? "valid" : "invalid"
    }
    let event = try? JSONValue(parsing: body)
    store.add(
      channel: "webhook", id: id, intended: intended, episode: event?["subject"]?.text, type: event?["type"]?.text,
      signature: signature, at: now(), content: body)
    return Response(status: signature == "invalid" ? .unauthorized : .noContent)
  }
}

/// The two headers of a mail that the sink goes by, without reading the rest.
struct MailHeaders {
  private(set) var id = ""
  private(set) var intended: String?

  init(_ content: [UInt8]) {
    for line in content.prefix(4096).split(separator: 0x0a, maxSplits: 40) {
      let text = String(decoding: line.last == 0x0d ? line.dropLast() : line, as: UTF8.self)
      if text.isEmpty { return }
      if text.hasPrefix("Message-ID: <") {
        id = String(text.dropFirst("Message-ID: <".count).prefix { $0 != "@" })
      } else if text.hasPrefix("X-Waypost-Intended: ") {
        intended = String(text.dropFirst("X-Waypost-Intended: ".count))
      }
    }
  }
}
