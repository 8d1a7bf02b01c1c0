/// Where mail that comes back is collected from. Nothing is ever lost from it: what has been seen to is put aside.
package protocol Mailbox: Sendable {
  /// What lies there and has not been put aside, the oldest first. Throws `Fault`; no error holds personal data.
  func fetch(limit: Int) async throws(Fault) -> [MailboxItem]
  /// Puts an item aside: with what is done, or `apart` where a person may want to look. Throws `Fault`.
  func put(_ item: MailboxItem, apart: Bool) async throws(Fault)
}

package struct MailboxItem: Sendable {
  /// The mailbox's own name for it.
  package let id: String
  package let bytes: [UInt8]
  package init(id: String, bytes: [UInt8]) {
    self.id = id
    self.bytes = bytes
  }
}
