package import Delivery
import Foundation
import Routing
import Synchronization

/// Files in folders that a closed network collects from: one maildir, or one folder of JSON, a recipient.
///
/// Guarantee: what is accepted is whole and on disk, file and directory entry both. Files are named by the notification's
/// id and nothing else, so that a second attempt replaces the first one's file, and are readable by the gateway's own user
/// only. The root is never made: a share that is not mounted must not look like one that works. Calls never block the
/// caller's thread, and a folder that hangs is answered for after `timeout` and holds up no other.
package struct DropTransport: Transport {
  package let channel = "drop"
  private let root: String
  private let timeout: Int
  private let letter: MailLetter
  private let lanes = DropLanes()
  /// Stands where mail has a host; reserved, so that nothing that reads the file can answer to it (RFC 6761).
  private static let host = "drop.invalid"

  /// `root`: the folder that holds the recipients' folders. `timeout`: seconds for one attempt.
  package init(root: String, gateway: MailTransport.Gateway, links: AnswerLinks, timeout: Int = 15) {
    self.root = root
    letter = MailLetter(gateway: gateway, links: links)
    self.timeout = timeout
  }

  package func deliver(_ dispatch: Dispatch) async -> Outcome {
    guard case .drop(let folder, let format) = dispatch.channel else {
      return .rejected(Fault(.configuration, "not a drop folder"))
    }
    let id = dispatch.notification.id
    guard DropTransport.isName(folder), DropTransport.isName(id) else {
      return .rejected(Fault(.configuration, "the name of the drop folder or of the file can leave the folder"))
    }
    let content =
      switch format {
      case .maildir: letter.full(dispatch, to: MailChannel(address: "\(folder)@\(DropTransport.host)")).bytes
      case .json: Array(dispatch.body.utf8)
      }
    let file = DropFile(root: root, folder: folder, id: id, format: format, content: content)
    return await lanes.perform(in: folder, within: timeout) { file.write() }
  }

  /// Whether a file could be written for this recipient, without writing one.
  func check(_ folder: String) async -> Finding {
    guard DropTransport.isName(folder) else {
      return Finding(.rejected(Fault(.configuration, "the name of the drop folder can leave the folder")))
    }
    let root = self.root
    return Finding(
      await lanes.perform(in: folder, within: timeout) {
        // A folder that is not there yet is made with its first message.
        let home = access("\(root)/\(folder)", F_OK) == 0 ? "\(root)/\(folder)" : root
        guard access(home, W_OK | X_OK) == 0 else {
          return .deferred(FolderTrouble("the drop folder cannot be written to").fault, retryAfter: nil)
        }
        return .accepted(Receipt(.accepted, from: .drop, "the drop folder can be written to"))
      })
  }

  /// Letters, digits, dashes and underscores: neither a path nor a hidden file, and no maildir flags.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 200
      && text.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0)
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }
}

/// One message on its way to the disk. Everything here blocks.
private struct DropFile: Sendable {
  let root: String
  let folder: String
  let id: String
  let format: DropFormat
  let content: [UInt8]

  private var home: String { "\(root)/\(folder)" }

  func write() -> Outcome {
    do throws(FolderTrouble) {
      try makeFolders()
      if try isCollected() {
        return .accepted(Receipt(.accepted, from: .drop, "collected from the drop folder before"))
      }
      switch format {
      case .maildir:
        try DurableFile.put(content, as: "\(home)/tmp/\(id)", then: "\(home)/new/\(id)", in: "\(home)/new")
      // Collectors pass over hidden files, so that none is read before it is whole.
      case .json:
        try DurableFile.put(content, as: "\(home)/.\(id).json", then: "\(home)/\(id).json", in: home)
      }
      return .accepted(Receipt(.accepted, from: .drop, "written to the drop folder"))
    } catch {
      return .deferred(error.fault, retryAfter: nil)
    }
  }

  private func makeFolders() throws(FolderTrouble) {
    var root = stat()
    guard stat(self.root, &root) == 0 else { throw FolderTrouble("the drop folders' root cannot be reached") }
    try DurableFile.make(folder: home, in: self.root)
    guard format == .maildir else { return }
    for name in ["tmp", "new", "cur"] { try DurableFile.make(folder: "\(home)/\(name)", in: home) }
  }

  /// A maildir's reader moves what it has seen to `cur/` and adds flags after a colon.
  private func isCollected() throws(FolderTrouble) -> Bool {
    guard format == .maildir else { return false }
    guard let folder = opendir("\(home)/cur") else { throw FolderTrouble("the drop folder cannot be read") }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name == id || name.hasPrefix("\(id):") { return true }
    }
    return false
  }
}

/// Runs the blocking work of each folder in its order, on a queue of the folder's own.
private final class DropLanes: Sendable {
  private let queues = Mutex<[String: DispatchQueue]>([:])

  func perform(in folder: String, within seconds: Int, _ work: @escaping @Sendable () -> Outcome) async -> Outcome {
    let queue = queues.withLock { queues in
      let queue = queues[folder] ?? DispatchQueue(label: "waypost-drop-\(folder)")
      queues[folder] = queue
      return queue
    }
    return await withCheckedContinuation { continuation in
      let answer = FirstAnswer(continuation)
      queue.async {
        // Whoever has been told that it is late will come again.
        if answer.isAwaited { answer.give(work()) }
      }
      DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) {
        answer.give(
          .deferred(Fault(.timeout, "the drop folder has not answered for \(seconds) s"), retryAfter: nil))
      }
    }
  }
}

/// Answers once, whoever comes first.
private final class FirstAnswer: Sendable {
  private let continuation: Mutex<CheckedContinuation<Outcome, Never>?>

  init(_ continuation: CheckedContinuation<Outcome, Never>) { self.continuation = Mutex(continuation) }

  var isAwaited: Bool { continuation.withLock { $0 != nil } }

  func give(_ outcome: Outcome) {
    let waiting = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    waiting?.resume(returning: outcome)
  }
}
