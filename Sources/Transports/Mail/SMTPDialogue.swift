import Delivery
import Routing

/// The client's side of an SMTP connection that libcurl has opened, secured and authenticated (RFC 5321, 2920, 3461).
///
/// Pure: bytes in, actions out. Every submitted envelope is finished exactly once. Commands of one transaction are
/// pipelined where the server allows it, and the next transaction's commands travel with the content of the one before.
struct SMTPDialogue: Sendable {
  enum Action: Equatable, Sendable {
    case send([UInt8])
    case finished(ticket: Int, Outcome)
    /// Nothing more can be sent on this connection.
    case close
  }

  private struct Job: Sendable {
    let ticket: Int
    let envelope: SMTPEnvelope
    var failure: Outcome?
    var isSpoiled = false
  }

  private enum Expected: Sendable, Equatable {
    case greetingAgain
    case mail, recipient, data, content
    case reset
  }

  struct Offers: Sendable, Equatable {
    var pipelining = false
    var deliveryStatus = false
    var eightBit = false
    var international = false
    var enhancedCodes = false
    var size: Int?
  }

  private let hostName: String
  private(set) var offers = Offers()
  private var reader = SMTPReplyReader()
  private var expected: [Expected] = []
  /// Commands of the present transaction that a server without pipelining has not been given yet.
  private var unsent: [(Expected, [UInt8])] = []
  private var current: Job?
  private var waiting: [Job] = []
  private(set) var isClosed = false
  private var isReady = false

  init(hostName: String) { self.hostName = hostName }

  /// How many envelopes are not finished yet.
  var load: Int { waiting.count + (current == nil ? 0 : 1) }

  mutating func start() -> [Action] {
    expected.append(.greetingAgain)
    return [.send(Array("EHLO \(hostName)\r\n".utf8))]
  }

  mutating func submit(ticket: Int, _ envelope: SMTPEnvelope) -> [Action] {
    guard !isClosed else {
      return [.finished(ticket: ticket, .deferred(Fault(.connection, "the connection is closed"), retryAfter: nil))]
    }
    waiting.append(Job(ticket: ticket, envelope: envelope))
    return isReady && current == nil ? begin() : []
  }

  mutating func receive(_ bytes: [UInt8]) -> [Action] {
    do {
      var actions: [Action] = []
      for reply in try reader.read(bytes) where !isClosed { actions += take(reply) }
      return actions
    } catch {
      return fail(Fault(.connection, "the server does not speak SMTP"))
    }
  }

  /// The connection is gone or its time is up: whatever is unfinished may be tried again.
  mutating func fail(_ fault: Fault) -> [Action] {
    guard !isClosed else { return [] }
    isClosed = true
    let unfinished = (current.map { [$0] } ?? []) + waiting
    current = nil
    waiting = []
    return unfinished.map { .finished(ticket: $0.ticket, $0.failure ?? .deferred(fault, retryAfter: nil)) } + [.close]
  }

  private mutating func take(_ reply: SMTPReply) -> [Action] {
    if reply.code == 421 { return fail(reply.fault("the server closes the connection")) }
    guard !expected.isEmpty else { return fail(Fault(.connection, "the server answered what nobody asked")) }
    switch expected.removeFirst() {
    case .greetingAgain: return greeted(reply)
    case .reset:
      guard reply.isPositive else { return fail(reply.fault("RSET")) }
      let bytes = flush()
      return bytes.isEmpty ? [] : [.send(bytes)]
    case .mail: return step(reply, "MAIL", isFine: reply.isPositive)
    case .recipient: return step(reply, "RCPT", isFine: reply.isPositive)
    case .data: return dataAnswered(reply)
    case .content: return contentAnswered(reply)
    }
  }

  private mutating func greeted(_ reply: SMTPReply) -> [Action] {
    guard reply.isPositive else { return fail(reply.fault("EHLO")) }
    for line in reply.lines.dropFirst() {
      let words = line.uppercased().split(separator: " ")
      switch words.first {
      case "PIPELINING": offers.pipelining = true
      case "DSN": offers.deliveryStatus = true
      case "8BITMIME": offers.eightBit = true
      case "SMTPUTF8": offers.international = true
      case "ENHANCEDSTATUSCODES": offers.enhancedCodes = true
      case "SIZE": offers.size = words.dropFirst().first.flatMap { Int($0) }
      default: break
      }
    }
    isReady = true
    return begin()
  }

  /// Starts the next transaction, if there is one and none is under way.
  private mutating func begin() -> [Action] {
    var actions: [Action] = []
    while current == nil, !waiting.isEmpty {
      let job = waiting.removeFirst()
      if let refusal = refusal(of: job.envelope) {
        actions.append(.finished(ticket: job.ticket, refusal))
        continue
      }
      current = job
      unsent = commands(for: job.envelope)
    }
    let bytes = flush()
    if !bytes.isEmpty { actions.append(.send(bytes)) }
    return actions
  }

  /// What this server can never take.
  private func refusal(of envelope: SMTPEnvelope) -> Outcome? {
    if envelope.needsInternational, !offers.international {
      return .rejected(Fault(.addressUnknown, "the server takes no international addresses", enhancedStatus: "5.6.7"))
    }
    if let size = offers.size, size > 0, envelope.content.count > size {
      return .rejected(
        Fault(.content, "\(envelope.content.count) bytes are more than the server's \(size)", enhancedStatus: "5.3.4"))
    }
    return nil
  }

  private func commands(for envelope: SMTPEnvelope) -> [(Expected, [UInt8])] {
    var mail = "MAIL FROM:<\(envelope.sender)>"
    if offers.size != nil { mail += " SIZE=\(envelope.content.count)" }
    if offers.eightBit, envelope.hasEightBit { mail += " BODY=8BITMIME" }
    if envelope.needsInternational { mail += " SMTPUTF8" }
    var recipient = "RCPT TO:<\(envelope.recipient)>"
    if offers.deliveryStatus, let identifier = envelope.identifier {
      mail += " RET=HDRS ENVID=\(xtext(identifier))"
      let kind = envelope.needsInternational ? "utf-8" : "rfc822"
      recipient += " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=\(kind);\(xtext(envelope.recipient))"
    }
    if offers.deliveryStatus, envelope.identifier == nil { recipient += " NOTIFY=NEVER" }
    return [
      (.mail, Array((mail + "\r\n").utf8)), (.recipient, Array((recipient + "\r\n").utf8)),
      (.data, Array("DATA\r\n".utf8)),
    ]
  }

  /// The commands that may go out now: all with pipelining, otherwise one at a time.
  private mutating func flush() -> [UInt8] {
    var bytes: [UInt8] = []
    while !unsent.isEmpty, offers.pipelining || (expected.isEmpty && bytes.isEmpty) {
      let (awaited, command) = unsent.removeFirst()
      expected.append(awaited)
      bytes += command
    }
    return bytes
  }

  private mutating func step(_ reply: SMTPReply, _ what: String, isFine: Bool) -> [Action] {
    if !isFine, current?.failure == nil { current?.failure = reply.outcome(what) }
    if current?.failure != nil, !unsent.isEmpty {
      // Nothing of this transaction is on its way any more.
      unsent = []
      return finish(spoiled: true)
    }
    let bytes = flush()
    return bytes.isEmpty ? [] : [.send(bytes)]
  }

  private mutating func dataAnswered(_ reply: SMTPReply) -> [Action] {
    guard let job = current else { return fail(Fault(.internalFault, "no transaction is under way")) }
    guard reply.isIntermediate else {
      if job.failure == nil { current?.failure = reply.outcome("DATA") }
      return finish(spoiled: true)
    }
    expected.append(.content)
    // RFC 2920 section 3.1: after a refused recipient, DATA that was pipelined is ended with a lone dot.
    var bytes = job.failure == nil ? job.envelope.stuffed : Array(".\r\n".utf8)
    if job.failure != nil { current?.isSpoiled = true }
    if offers.pipelining, let next = waiting.first, refusal(of: next.envelope) == nil, job.failure == nil {
      // The next transaction's commands go out with this content; its replies come after this one's.
      for (awaited, command) in commands(for: next.envelope) {
        expected.append(awaited)
        bytes += command
      }
    }
    return [.send(bytes)]
  }

  private mutating func contentAnswered(_ reply: SMTPReply) -> [Action] {
    guard let job = current else { return fail(Fault(.internalFault, "no transaction is under way")) }
    let outcome =
      job.failure
      ?? (reply.isPositive ? .accepted(Receipt(.accepted, from: .smtp, reply.words)) : reply.outcome("end of data"))
    let finished = Action.finished(ticket: job.ticket, outcome)
    current = nil
    if expected.isEmpty { return [finished] + begin() }
    // The next transaction is already on the wire.
    current = waiting.removeFirst()
    return [finished]
  }

  /// Ends a transaction that failed before its content.
  private mutating func finish(spoiled: Bool) -> [Action] {
    guard let job = current, let outcome = job.failure else { return [] }
    current = nil
    var actions: [Action] = [.finished(ticket: job.ticket, outcome)]
    if spoiled {
      expected.append(.reset)
      actions.append(.send(Array("RSET\r\n".utf8)))
    }
    return actions + begin()
  }
}
