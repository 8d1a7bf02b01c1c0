package import Delivery

/// A mailbox on an IMAP server, over TLS with a verified certificate (RFC 9051, RFC 6851).
///
/// Guarantee: an item leaves the inbox only after it has been seen to, by being moved to a folder of its own. A gateway
/// that is stopped in between sees it again.
package struct IMAPMailbox: Mailbox {
  let curl: CurlLoop
  let server: String
  let folder: String
  let user: String
  let password: String

  /// Names that need no quoting.
  static let done = "Waypost-Done"
  static let apart = "Waypost-Unmatched"
  /// Of a longer mail this much is read: the report comes before what it returns.
  private static let sizeLimit = 1 << 20

  /// `url` is `imaps://host[:port]/FOLDER`; the folder is INBOX when left out. Nil for anything else.
  package init?(curl: CurlLoop, url: String, user: String, password: String) {
    guard url.hasPrefix("imaps://") else { return nil }
    let parts = url.dropFirst(8).split(separator: "/", maxSplits: 1).map(String.init)
    guard let host = parts.first, !host.isEmpty else { return nil }
    let folder = parts.count > 1 && !parts[1].isEmpty ? parts[1] : "INBOX"
    guard folder.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "?") })
    else { return nil }
    self.curl = curl
    server = "imaps://\(host)"
    self.folder = folder
    self.user = user
    self.password = password
  }

  package func fetch(limit: Int) async throws(Fault) -> [MailboxItem] {
    let found = IMAPMailbox.numbers(try await command("UID SEARCH UNDELETED"))
    var items: [MailboxItem] = []
    for number in found.prefix(limit) {
      var request = FetchRequest(url: "\(server)/\(folder)/;UID=\(number)", user: user, password: password)
      request.limit = IMAPMailbox.sizeLimit
      request.takesPart = true
      switch await curl.fetch(request) {
      case .answered(_, _, let body): items.append(MailboxItem(id: "\(number)", bytes: body))
      case .failed(let fault): throw fault
      }
    }
    return items
  }

  package func put(_ item: MailboxItem, apart: Bool) async throws(Fault) {
    let target = apart ? IMAPMailbox.apart : IMAPMailbox.done
    if await did("UID MOVE \(item.id) \(target)") { return }
    // The folder may not be there yet, or only below the inbox, and old servers cannot move.
    for place in [target, "INBOX.\(target)", "INBOX/\(target)"] {
      _ = await did("CREATE \(place)")
      if await did("UID MOVE \(item.id) \(place)") { return }
      guard await did("UID COPY \(item.id) \(place)") else { continue }
      // From here on it is not looked for any more; whether others' deleted mail goes is theirs to say.
      _ = try await command("UID STORE \(item.id) +FLAGS.SILENT (\\Deleted)")
      _ = await did("UID EXPUNGE \(item.id)")
      return
    }
    throw Fault(.configuration, "a mail cannot be put into \(target); check the mailbox's folders, rights and quota")
  }

  private func did(_ text: String) async -> Bool {
    do { _ = try await command(text) } catch { return false }
    return true
  }

  private func command(_ text: String) async throws(Fault) -> [UInt8] {
    var request = FetchRequest(url: "\(server)/\(folder)", user: user, password: password)
    request.command = text
    switch await curl.fetch(request) {
    case .answered(_, _, let body): return body
    case .failed(let fault): throw fault
    }
  }

  /// `* SEARCH 2 84 882`, on one line or several.
  static func numbers(_ answer: [UInt8]) -> [UInt32] {
    String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isNewline).flatMap { line -> [UInt32] in
      let words = line.split(separator: " ")
      guard words.count > 2, words[0] == "*", words[1].uppercased() == "SEARCH" else { return [] }
      return words.dropFirst(2).compactMap { UInt32($0) }
    }.sorted()
  }
}
