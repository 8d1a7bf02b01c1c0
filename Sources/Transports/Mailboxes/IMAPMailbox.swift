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

  /// Names that need no quoting and no hierarchy, so that every server takes them.
  static let done = "Waypost-Done"
  static let apart = "Waypost-Unmatched"
  /// No report is longer; a longer mail is put apart unread.
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
      switch await curl.fetch(request) {
      case .answered(_, _, let body): items.append(MailboxItem(id: "\(number)", bytes: body))
      case .failed(let fault) where fault.code == .content: items.append(MailboxItem(id: "\(number)", bytes: []))
      case .failed(let fault): throw fault
      }
    }
    return items
  }

  package func put(_ item: MailboxItem, apart: Bool) async throws(Fault) {
    let target = apart ? IMAPMailbox.apart : IMAPMailbox.done
    do { _ = try await command("UID MOVE \(item.id) \(target)") } catch {
      // The folder may not be there yet, and old servers cannot move.
      _ = try? await command("CREATE \(target)")
      _ = try await command("UID COPY \(item.id) \(target)")
      _ = try await command("UID STORE \(item.id) +FLAGS.SILENT (\\Deleted)")
      _ = try await command("EXPUNGE")
    }
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
