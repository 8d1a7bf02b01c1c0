import Delivery
import Foundation
import TestKit
import Testing

@testable import Transports

/// The Maildir from which answers are collected: no more is read than asked for, and odd files hold up nothing.
@Suite struct MailboxTests {
  @Test func oddFilesHoldUpNothingAndNoMoreIsReadThanAskedFor() async throws {
    let scratch = try Scratch("maildir")
    defer { scratch.remove() }
    for folder in ["new", "cur", "new/3-folder"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
    }
    func put(_ name: String, _ bytes: Int) throws {
      try Data(repeating: 0x61, count: bytes).write(to: URL(fileURLWithPath: "\(scratch.path)/new/\(name)"))
    }
    for (name, bytes) in [("1-empty", 0), ("2-long", 3 << 20), (".hidden", 5), ("4", 10), ("5", 10)] {
      try put(name, bytes)
    }
    let mailbox = MaildirMailbox(path: scratch.path)
    let items = try await mailbox.fetch(limit: 3)
    #expect(items.map(\.id) == ["1-empty", "2-long", "4"])
    #expect(items.map(\.bytes.count) == [0, 1 << 20, 10])
    try await mailbox.put(items[0], apart: true)
    try await mailbox.put(items[2], apart: false)
    #expect(try await mailbox.fetch(limit: 9).map(\.id) == ["2-long", "5"])
    let files = FileManager.default
    #expect(files.fileExists(atPath: "\(scratch.path)/.Unmatched/cur/1-empty:2,S"))
    #expect(files.fileExists(atPath: "\(scratch.path)/cur/4:2,S"))
    await #expect(throws: (any Error).self) { try await MaildirMailbox(path: "\(scratch.path)/absent").fetch(limit: 1) }
  }

  @Test(arguments: [
    ("* SEARCH 2 84 882\r\n", [2, 84, 882]), ("* SEARCH\r\n", []), ("* SEARCH 9\r\n* SEARCH 3\r\n", [3, 9]),
    ("* OK nothing\r\n", []), ("* SEARCH x 4294967296 7\r\n", [7]),
  ])
  func whatASearchFindsIsRead(_ answer: String, _ numbers: [UInt32]) {
    #expect(IMAPMailbox.numbers(Array(answer.utf8)) == numbers)
  }
}
