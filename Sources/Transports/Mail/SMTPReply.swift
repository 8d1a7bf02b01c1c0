import Delivery

/// One complete SMTP reply (RFC 5321 section 4.2), and what it means.
struct SMTPReply: Equatable, Sendable {
  let code: Int
  let lines: [String]

  var isPositive: Bool { (200...299).contains(code) }
  var isIntermediate: Bool { (300...399).contains(code) }
  var isTransient: Bool { (400...499).contains(code) }

  /// RFC 3463, at the head of the first line.
  var enhancedStatus: String? {
    guard let word = lines.first?.split(separator: " ").first else { return nil }
    let parts = word.split(separator: ".")
    guard parts.count == 3, ["2", "4", "5"].contains(parts[0]), parts.allSatisfy({ Int($0) != nil }) else { return nil }
    return String(word)
  }

  /// The server's words, with every address taken out and cut to a line.
  var words: String {
    let text = lines.joined(separator: " ").split(separator: " ").map { $0.contains("@") ? "<address>" : $0 }
      .joined(separator: " ")
    let printable = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
    return "\(code) " + String(String.UnicodeScalarView(printable.prefix(200)))
  }

  func fault(_ what: String) -> Fault {
    let status = enhancedStatus
    let code: Fault.Code
    switch (self.code, status) {
    case (530, _), (534, _), (535, _): code = .authentication
    case (_, let status?) where status.hasPrefix("5.1.") || status.hasPrefix("4.1."): code = .addressUnknown
    case (552, _), (_, "5.3.4"), (_, "5.2.3"): code = .content
    case (421, _), (_, "4.3.2"): code = .unavailable
    case (_, let status?) where status.hasPrefix("5.7.") || status.hasPrefix("4.7."): code = .policy
    default: code = isTransient ? .throttled : .refused
    }
    return Fault(code, "\(what): \(words)", enhancedStatus: status)
  }

  func outcome(_ what: String) -> Outcome {
    isTransient ? .deferred(fault(what), retryAfter: nil) : .rejected(fault(what))
  }
}

/// Cuts a byte stream into replies. Throws on anything that is no SMTP.
struct SMTPReplyReader: Sendable {
  struct Garbage: Error {}

  private var buffer: [UInt8] = []
  private var lines: [String] = []
  private var code: Int?
  /// More than a server may say in one reply.
  private static let limit = 64 * 1024

  mutating func read(_ bytes: [UInt8]) throws(Garbage) -> [SMTPReply] {
    buffer += bytes
    var replies: [SMTPReply] = []
    var start = 0
    while let end = buffer[start...].firstIndex(of: 0x0a) {
      var line = buffer[start..<end]
      if line.last == 0x0d { line.removeLast() }
      start = end + 1
      if let reply = try take(line) { replies.append(reply) }
    }
    buffer.removeFirst(start)
    guard buffer.count + lines.count * 80 < SMTPReplyReader.limit else { throw Garbage() }
    return replies
  }

  private mutating func take(_ line: ArraySlice<UInt8>) throws(Garbage) -> SMTPReply? {
    let digits = line.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw Garbage() }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let separator = line.dropFirst(3).first
    guard (200...599).contains(number), code == nil || code == number,
      separator == nil || separator == 0x20 || separator == 0x2d
    else { throw Garbage() }
    code = number
    lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
    guard separator != 0x2d else { return nil }
    defer {
      lines = []
      code = nil
    }
    return SMTPReply(code: number, lines: lines)
  }
}
