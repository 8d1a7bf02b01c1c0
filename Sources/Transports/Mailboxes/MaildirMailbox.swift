package import Delivery
import Foundation

/// A Maildir that a mail server on this machine delivers into. New mail is read from `new/`; what is done is moved to
/// `cur/`, what is apart to the folder `.Unmatched`.
package struct MaildirMailbox: Mailbox {
  let path: String
  /// Of a longer mail this much is read: the report comes before what it returns.
  private static let sizeLimit = 1 << 20
  private static let queue = DispatchQueue(label: "waypost-maildir")

  package init(path: String) { self.path = path }

  package func fetch(limit: Int) async throws(Fault) -> [MailboxItem] {
    try await MaildirMailbox.aside { [path] in
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: "\(path)/new") else {
        throw Fault(.configuration, "the Maildir for answers cannot be read; check that it exists and who may read it")
      }
      var items: [MailboxItem] = []
      // One that cannot be read keeps none of the others waiting; it stays where it is.
      for name in names.sorted() where !name.hasPrefix(".") && items.count < limit {
        guard let file = FileHandle(forReadingAtPath: "\(path)/new/\(name)") else { continue }
        defer { try? file.close() }
        guard let read = try? file.read(upToCount: MaildirMailbox.sizeLimit) ?? Data() else { continue }
        items.append(MailboxItem(id: name, bytes: Array(read)))
      }
      return items
    }
  }

  package func put(_ item: MailboxItem, apart: Bool) async throws(Fault) {
    try await MaildirMailbox.aside { [path] in
      let folder = apart ? "\(path)/.Unmatched/cur" : "\(path)/cur"
      let base = item.id.split(separator: ":").first.map(String.init) ?? item.id
      do {
        for name in apart ? ["new", "cur", "tmp"] : [] {
          try FileManager.default.createDirectory(
            atPath: "\(path)/.Unmatched/\(name)", withIntermediateDirectories: true)
        }
        try FileManager.default.moveItem(atPath: "\(path)/new/\(item.id)", toPath: "\(folder)/\(base):2,S")
      } catch {
        throw Fault(.configuration, "a mail cannot be moved within the Maildir for answers; check who may write there")
      }
    }
  }

  /// Files are read where nothing else waits.
  private static func aside<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws(Fault) -> T {
    let result: Result<T, Fault> = await withCheckedContinuation { continuation in
      queue.async {
        do { continuation.resume(returning: .success(try work())) } catch {
          continuation.resume(
            returning: .failure(error as? Fault ?? Fault(.internalFault, "the Maildir for answers cannot be read")))
        }
      }
    }
    return try result.get()
  }
}
