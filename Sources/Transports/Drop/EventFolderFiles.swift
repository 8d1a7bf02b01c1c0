import Delivery
import Foundation

/// The folders of an event folder as they lie on the disk. Everything here blocks.
///
/// Guarantee: a file is renamed into `cur/` before it is opened, so that whatever writers do in `new/` meanwhile is another
/// file. Nothing is opened but regular files, no link is followed, and no name that a writer chose becomes part of a path
/// unless it is plain.
struct EventFolderFiles: Sendable {
  let root: String

  enum Content: Sendable {
    case bytes([UInt8])
    case tooLarge, notAFile, unreadable
  }

  /// What lies in `cur/`, by its names there in their order.
  struct Claim: Sendable {
    let names: [String]
    /// There may be more in `new/`.
    let isFull: Bool
    /// Files in `new/` that are none of ours: folders, and names that do not end in `.json`.
    let passedOver: Int
  }

  static let ending = ".json"

  /// The root is never made: a share that is not mounted must not look like one that works.
  func make() throws(FolderTrouble) {
    var found = stat()
    guard stat(root, &found) == 0 else { throw FolderTrouble("the folder for events cannot be reached") }
    for name in ["tmp", "new", "cur", "done", "rejected"] {
      try DurableFile.make(folder: "\(root)/\(name)", in: root)
    }
  }

  /// Takes what is new, so that `limit` files are in hand at most. What a stop left in `cur/` comes first.
  func claim(limit: Int) throws(FolderTrouble) -> Claim {
    var names = try entries(in: "cur").compactMap(EventFolderFiles.plain).sorted()
    var passedOver = 0
    var isFull = false
    for entry in try entries(in: "new").sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      // The writer is at it, or the file system keeps it.
      if entry.first == CChar(bitPattern: UInt8(ascii: ".")) { continue }
      guard let found = status(of: entry), found.st_mode & S_IFMT != S_IFDIR, EventFolderFiles.isEvent(entry) else {
        passedOver += 1
        continue
      }
      // Its namesake waits: it comes after it.
      let name = EventFolderFiles.plain(entry) ?? "unnamed-\(found.st_ino)\(EventFolderFiles.ending)"
      if names.contains(name) { continue }
      guard names.count < limit else {
        isFull = true
        break
      }
      if try move(entry, to: name) { names.append(name) }
    }
    if !names.isEmpty { try DurableFile.sync(directory: "\(root)/cur") }
    return Claim(names: names, isFull: isFull, passedOver: passedOver)
  }

  func content(of name: String) throws(FolderTrouble) -> Content {
    let file = open("\(root)/cur/\(name)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      switch errno {
      case ELOOP, ENXIO: return .notAFile
      case EACCES, EPERM: return .unreadable
      default: throw FolderTrouble("a file of the folder for events cannot be opened")
      }
    }
    defer { close(file) }
    var found = stat()
    guard fstat(file, &found) == 0 else { throw FolderTrouble("a file of the folder for events cannot be looked at") }
    guard found.st_mode & S_IFMT == S_IFREG else { return .notAFile }
    // A file of somebody else's keeps its mode; the folder that it goes to is closed to others.
    if found.st_uid == geteuid(), fchmod(file, 0o600) != 0 {
      throw FolderTrouble("a file of the folder for events cannot be closed to others")
    }
    guard found.st_size <= Intake.sizeLimit else { return .tooLarge }
    return try read(file)
  }

  /// Puts the answer or the problem on disk first and then moves the file beside it: whatever has left `cur/` has been
  /// answered. A name that is taken there gets the file's number behind it.
  func settle(_ name: String, in folder: String, with document: [UInt8], called kind: String) throws(FolderTrouble) {
    let home = "\(root)/\(folder)"
    var stem = String(name.dropLast(EventFolderFiles.ending.count))
    var own = stat()
    var other = stat()
    guard lstat("\(root)/cur/\(name)", &own) == 0 else {
      throw FolderTrouble("a file of the folder for events is gone")
    }
    if lstat("\(home)/\(name)", &other) == 0 { stem += "-\(own.st_ino)" }
    let answer = "\(stem).\(kind)\(EventFolderFiles.ending)"
    try DurableFile.put(document, as: "\(home)/.\(answer)", then: "\(home)/\(answer)", in: home)
    guard rename("\(root)/cur/\(name)", "\(home)/\(stem)\(EventFolderFiles.ending)") == 0 else {
      throw FolderTrouble("a file of the folder for events cannot be moved")
    }
    try DurableFile.sync(directory: home)
    try DurableFile.sync(directory: "\(root)/cur")
  }

  private func read(_ file: Int32) throws(FolderTrouble) -> Content {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while bytes.count <= Intake.sizeLimit {
      let count = buffer.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FolderTrouble("a file of the folder for events cannot be read") }
      if count == 0 { return .bytes(bytes) }
      bytes += buffer.prefix(count)
    }
    return .tooLarge
  }

  /// Names as they are on the disk, which need not be text, with the zero at their end.
  private func entries(in name: String) throws(FolderTrouble) -> [[CChar]] {
    guard let folder = opendir("\(root)/\(name)") else { throw FolderTrouble("the folder for events cannot be read") }
    defer { closedir(folder) }
    var found: [[CChar]] = []
    while let entry = readdir(folder) {
      found.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 1) {
            Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
          }
        })
    }
    return found
  }

  private func place(_ entry: [CChar]) -> [CChar] { "\(root)/new/".utf8.map { CChar(bitPattern: $0) } + entry }

  /// Nil if the writer has taken it back.
  private func status(of entry: [CChar]) -> stat? {
    var found = stat()
    return lstat(place(entry), &found) == 0 ? found : nil
  }

  /// False if the writer has taken it back.
  private func move(_ entry: [CChar], to name: String) throws(FolderTrouble) -> Bool {
    if rename(place(entry), "\(root)/cur/\(name)") == 0 { return true }
    guard errno == ENOENT else { throw FolderTrouble("a file of the folder for events cannot be taken") }
    return false
  }

  private static func isEvent(_ entry: [CChar]) -> Bool {
    entry.dropLast().map { UInt8(bitPattern: $0) }.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  /// The name as text if it is letters, digits, dots, dashes and underscores, at most 200, and cannot be mistaken for an
  /// answer.
  private static func plain(_ entry: [CChar]) -> String? {
    let bytes = entry.dropLast().map { UInt8(bitPattern: $0) }
    guard isEvent(entry), bytes.count > ending.utf8.count, bytes.count <= 200, bytes.first != UInt8(ascii: "."),
      bytes.allSatisfy({ byte in
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      })
    else { return nil }
    let name = String(decoding: bytes, as: UTF8.self)
    return [".answer.json", ".problem.json"].contains { name.hasSuffix($0) } ? nil : name
  }
}
