import Delivery
import Foundation

/// Files and folders that are there after a power cut, or not at all. Everything here blocks.
///
/// Guarantee: whoever looks never sees half a file, what has been put is on disk with its directory entry, and both are
/// open to the gateway's own user alone.
enum DurableFile {
  /// Writes `content` under the name `early`, which readers pass over, and then gives it its own, in the place of what was
  /// there. `folder` is where `late` lies.
  static func put(
    _ content: [UInt8], as early: String, then late: String, in folder: String
  ) throws(FolderTrouble) {
    do throws(FolderTrouble) {
      let file = open(early, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard file >= 0 else { throw FolderTrouble("a file cannot be made in the drop folder") }
      defer { close(file) }
      try fill(file, content)
      guard rename(early, late) == 0 else { throw FolderTrouble("a file cannot be renamed in the drop folder") }
    } catch {
      unlink(early)
      throw error
    }
    try sync(directory: folder)
  }

  /// Does nothing where it is there already.
  static func make(folder path: String, in parent: String) throws(FolderTrouble) {
    if mkdir(path, 0o700) == 0 { return try sync(directory: parent) }
    guard errno == EEXIST else { throw FolderTrouble("the drop folder cannot be made") }
  }

  static func sync(directory: String) throws(FolderTrouble) {
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FolderTrouble("the drop folder cannot be read") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw FolderTrouble("the drop folder cannot be brought to the disk") }
  }

  private static func fill(_ file: Int32, _ content: [UInt8]) throws(FolderTrouble) {
    var done = 0
    while done < content.count {
      let count = content.withUnsafeBytes { bytes in
        bytes.baseAddress.map { Foundation.write(file, $0 + done, bytes.count - done) } ?? 0
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FolderTrouble("a file cannot be written in the drop folder") }
      done += count
    }
    guard fsync(file) == 0 else { throw FolderTrouble("a file cannot be brought to the disk of the drop folder") }
  }
}

/// What could not be done, and the system's reason; never a path. People can put all of it right, so it is tried again.
struct FolderTrouble: Error {
  let fault: Fault

  /// Reads `errno`.
  init(_ what: String) {
    let reason = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
    fault = Fault(.unavailable, what + reason)
  }
}
