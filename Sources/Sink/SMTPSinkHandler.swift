import NIOCore
import NIOSSL

/// The receiving side of SMTP for drills: PIPELINING, STARTTLS, DSN parameters taken and ignored. One connection.
final class SMTPSinkHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let tls: NIOSSLContext
  private let receive: @Sendable ([UInt8]) -> SinkFaults.Kind?
  private var buffer = ByteBuffer()
  private var isInData = false
  private var isSecure = false
  private var hasRecipient = false
  private var isMute = false
  static let sizeLimit = 30 * 1024 * 1024

  /// `receive` is called once for each complete message and says what to do wrong with it.
  init(tls: NIOSSLContext, receive: @escaping @Sendable ([UInt8]) -> SinkFaults.Kind?) {
    self.tls = tls
    self.receive = receive
  }

  func channelActive(context: ChannelHandlerContext) {
    reply(context, "220 sink ESMTP Waypost")
    context.flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var chunk = unwrapInboundIn(data)
    buffer.writeBuffer(&chunk)
    while !isMute, isInData ? takeContent(context) : takeLine(context) {}
    if buffer.readableBytes > SMTPSinkHandler.sizeLimit { context.close(promise: nil) }
    if buffer.readableBytes == 0 { buffer.clear() }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func takeLine(_ context: ChannelHandlerContext) -> Bool {
    guard let end = buffer.readableBytesView.firstIndex(of: 0x0a),
      let text = buffer.readString(length: end - buffer.readerIndex + 1)
    else { return false }
    command(context, text.prefix { $0 != "\r\n" && $0 != "\n" && $0 != "\r" })
    return true
  }

  private func command(_ context: ChannelHandlerContext, _ line: Substring) {
    switch line.prefix(4).uppercased() {
    case "EHLO":
      let offers =
        [
          "sink", "PIPELINING", "SIZE \(SMTPSinkHandler.sizeLimit)", "8BITMIME", "SMTPUTF8", "DSN",
          "ENHANCEDSTATUSCODES",
        ]
        + (isSecure ? [] : ["STARTTLS"])
      for (index, offer) in offers.enumerated() {
        reply(context, "250\(index == offers.count - 1 ? " " : "-")\(offer)")
      }
    case "HELO": reply(context, "250 sink")
    case "STAR" where !isSecure: startTLS(context)
    case "MAIL":
      hasRecipient = false
      reply(context, "250 2.1.0 ok")
    case "RCPT":
      hasRecipient = true
      reply(context, "250 2.1.5 ok")
    case "DATA":
      guard hasRecipient else { return reply(context, "503 5.5.1 no recipient") }
      isInData = true
      reply(context, "354 go ahead")
    case "RSET", "NOOP": reply(context, "250 2.0.0 ok")
    case "QUIT":
      reply(context, "221 2.0.0 bye")
      context.flush()
      context.close(promise: nil)
    default: reply(context, "500 5.5.2 unknown command")
    }
  }

  private func startTLS(_ context: ChannelHandlerContext) {
    reply(context, "220 2.0.0 ready")
    context.flush()
    isSecure = true
    // RFC 3207 section 4.2: whatever was sent before the handshake is forgotten.
    buffer.clear()
    let handler = NIOSSLServerHandler(context: tls)
    do { try context.pipeline.syncOperations.addHandler(handler, position: .first) } catch {
      context.close(promise: nil)
    }
  }

  private func takeContent(_ context: ChannelHandlerContext) -> Bool {
    let view = buffer.readableBytesView
    guard let end = SMTPSinkHandler.endOfContent(view) else { return false }
    let content = Array(view[view.startIndex..<end.content])
    buffer.moveReaderIndex(to: end.next)
    isInData = false
    switch receive(content) {
    case nil: reply(context, "250 2.0.0 taken")
    case .temporary: reply(context, "451 4.3.0 try again later")
    case .permanent, .gone: reply(context, "554 5.7.1 refused")
    case .timeout: isMute = true
    case .drop: context.close(promise: nil)
    case .slow:
      let channel = context.channel
      context.eventLoop.scheduleTask(in: .seconds(2)) {
        channel.writeAndFlush(ByteBuffer(string: "250 2.0.0 taken\r\n"), promise: nil)
      }
    }
    return true
  }

  /// Where the lone dot stands: the end of the content and the start of what follows.
  private static func endOfContent(_ view: ByteBufferView) -> (content: Int, next: Int)? {
    view.withUnsafeBytes { bytes -> (content: Int, next: Int)? in
      let base = view.startIndex
      if bytes.count >= 3, bytes[0] == 0x2e, bytes[1] == 0x0d, bytes[2] == 0x0a { return (base, base + 3) }
      var index = 4
      while index < bytes.count {
        switch bytes[index] {
        case 0x0a:
          if bytes[index - 1] == 0x0d, bytes[index - 2] == 0x2e, bytes[index - 3] == 0x0a, bytes[index - 4] == 0x0d {
            return (base + index - 2, base + index + 1)
          }
          index += 1
        default: index += 1
        }
      }
      return nil
    }
  }

  private func reply(_ context: ChannelHandlerContext, _ line: String) {
    context.write(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
  }
}
