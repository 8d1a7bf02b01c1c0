/// A mail as RFC 5322 and MIME (RFC 2045 to 2047) read it: fields, parts, and what a part says.
///
/// Guarantee: every input is a document, at worst an empty one. Time and memory grow with the input, of which at most
/// 1 MiB is read, into at most 200 parts nested at most 8 deep.
struct MailDocument: Sendable {
  static let byteLimit = 1 << 20
  static let partLimit = 200
  static let depthLimit = 8
  static let rawHeaderLimit = 16 * 1024

  private(set) var fields: [MailField] = []
  private(set) var mediaType = MediaType.plainText
  /// The parts of a multipart, or the one message that a message/rfc822 holds.
  private(set) var parts: [MailDocument] = []
  /// Decoded as Content-Transfer-Encoding says; empty where there are parts.
  private(set) var body: [UInt8] = []
  /// The header block as it came, for evidence.
  private(set) var rawHeaders = ""

  init(_ bytes: some Collection<UInt8>) {
    var room = MailDocument.partLimit
    self.init(Array(bytes.prefix(MailDocument.byteLimit))[...], depth: 0, otherwise: .plainText, room: &room)
  }

  private init(_ bytes: ArraySlice<UInt8>, depth: Int, otherwise: MediaType, room: inout Int) {
    let bodyStart = readHeader(bytes)
    mediaType = fields.first("content-type").flatMap(MediaType.init) ?? otherwise
    readBody(bytes[bodyStart...], depth: depth, room: &room)
  }

  func first(_ name: String) -> String? { fields.first(name) }

  func all(_ name: String) -> [String] { fields.all(name) }

  /// Where the body begins: after the first empty line, or at the first line that is no field.
  private mutating func readHeader(_ bytes: ArraySlice<UInt8>) -> Int {
    var reader = MailFieldReader()
    var bodyStart = bytes.startIndex
    var end = bytes.startIndex
    for line in MailLines(bytes) {
      if line.content.isEmpty {
        bodyStart = line.next
        break
      }
      let isMailbox = end == bytes.startIndex && isMailboxLine(line.content)
      guard isMailbox || reader.read(line.content) else { break }
      bodyStart = line.next
      end = line.next
    }
    reader.finish()
    fields = reader.fields
    let raw = bytes[bytes.startIndex..<end].prefix(MailDocument.rawHeaderLimit)
    rawHeaders = String(decoding: raw, as: UTF8.self)
    return bodyStart
  }

  /// The line that mailbox files and some filters put before a message.
  private func isMailboxLine(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: "From ".utf8) || line.starts(with: ">From ".utf8)
  }

  private mutating func readBody(_ bytes: ArraySlice<UInt8>, depth: Int, room: inout Int) {
    if mediaType.type == "multipart", depth < MailDocument.depthLimit, let boundary = mediaType["boundary"] {
      let standard = mediaType.subtype == "digest" ? MediaType.message : .plainText
      for part in MailDocument.split(bytes, at: boundary) {
        guard room > 0 else { return }
        room -= 1
        parts.append(MailDocument(part, depth: depth + 1, otherwise: standard, room: &room))
      }
      return
    }
    let encoding = MailText.lower(MailText.withoutComments(first("content-transfer-encoding") ?? ""))
    let decoded = TransferEncoding.decode(bytes, encoding)
    if mediaType.isMessage, depth < MailDocument.depthLimit, room > 0 {
      room -= 1
      parts = [MailDocument(decoded[...], depth: depth + 1, otherwise: .plainText, room: &room)]
    } else {
      body = decoded
    }
  }

  /// RFC 2046 section 5.1.1; the last part need not be closed.
  private static func split(_ bytes: ArraySlice<UInt8>, at boundary: String) -> [ArraySlice<UInt8>] {
    let delimiter = Array("--\(boundary)".utf8)
    guard delimiter.count > 2 else { return [] }
    var parts: [ArraySlice<UInt8>] = []
    var start: Int?
    var end = bytes.startIndex
    for line in MailLines(bytes) {
      defer { end = line.content.endIndex }
      guard line.content.starts(with: delimiter) else { continue }
      let rest = MailText.trimmed(line.content.dropFirst(delimiter.count))
      let isLast = rest.elementsEqual("--".utf8)
      guard rest.isEmpty || isLast else { continue }
      if let start { parts.append(bytes[start..<max(start, end)]) }
      start = line.next
      if isLast || parts.count >= partLimit { return parts }
    }
    if let start { parts.append(bytes[start...]) }
    return parts
  }
}
