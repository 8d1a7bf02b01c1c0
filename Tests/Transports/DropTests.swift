import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

@Suite struct DropTests {
  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func filesAreForTheGatewaysUserAndNothingIsLeftOver() async throws {
    let harness = try DropHarness(.maildir)
    defer { harness.scratch.remove() }
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt-1", to: harness.channel))))
    #expect(try mode("\(harness.home)/new/nt-1") == 0o600)
    for folder in ["", "/tmp", "/new", "/cur"] { #expect(try mode(harness.home + folder) == 0o700) }
    #expect(harness.files("\(harness.home)/tmp").isEmpty)
    let text = try String(contentsOfFile: "\(harness.home)/new/nt-1", encoding: .utf8)
    #expect(text.contains("\r\nMessage-ID: <nt-1@gw.example>\r\n"))
    #expect(text.contains("\r\nTo: <front-door@drop.invalid>\r\n"))
    #expect(text.contains("filename=\"notification.json\"") && text.contains("filename=\"report.csv\""))
  }

  /// An attempt that was cut off leaves half a file; the next one takes its place, and its own is never read by halves.
  @Test(arguments: DropFormat.allCases)
  func whatACrashLeftIsReplaced(_ format: DropFormat) async throws {
    let harness = try DropHarness(format)
    defer { harness.scratch.remove() }
    let dispatch = Sample.dispatch("nt-1", to: harness.channel)
    _ = await harness.transport.deliver(Sample.dispatch("nt-0", to: harness.channel))
    let half = format == .maildir ? "\(harness.home)/tmp/nt-1" : "\(harness.home)/.nt-1.json"
    try Data(repeating: 0x78, count: 100_000).write(to: URL(fileURLWithPath: half))
    #expect(harness.isTaken(await harness.transport.deliver(dispatch)))
    #expect(!FileManager.default.fileExists(atPath: half))
    #expect(try harness.arrived() == ["nt-0", "nt-1"])
    guard format == .json else { return }
    #expect(
      try String(contentsOfFile: "\(harness.home)/nt-1.json", encoding: .utf8) == dispatch.notification.message.body)
  }

  @Test func whatWasCollectedIsNotWrittenAgain() async throws {
    let harness = try DropHarness(.maildir)
    defer { harness.scratch.remove() }
    let dispatch = Sample.dispatch("nt-1", to: harness.channel)
    _ = await harness.transport.deliver(dispatch)
    try FileManager.default.moveItem(atPath: "\(harness.home)/new/nt-1", toPath: "\(harness.home)/cur/nt-1:2,S")
    #expect(harness.isTaken(await harness.transport.deliver(dispatch)))
    #expect(try harness.arrived() == [])
    // Another id that begins alike is another message.
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt-11", to: harness.channel))))
    #expect(harness.isTaken(await harness.transport.deliver(Sample.dispatch("nt", to: harness.channel))))
    #expect(try harness.arrived() == ["nt", "nt-11"])
  }

  @Test func aRootThatIsNotThereIsNotMade() async throws {
    let scratch = try Scratch("drop")
    scratch.remove()
    let transport = try DropHarness.transport(scratch.path)
    let outcome = await transport.deliver(Sample.dispatch("nt-1", to: .drop(folder: "f", format: .json)))
    #expect(outcome == .deferred(Fault(.unavailable, ""), retryAfter: nil))
    #expect(!FileManager.default.fileExists(atPath: scratch.path))
  }

  @Test(arguments: ["", "..", "../else", "a/b", ".hidden", "a:b", "a\u{0}b", "ä"])
  func noNameLeavesTheFolder(_ name: String) async throws {
    let harness = try DropHarness(.json)
    defer { harness.scratch.remove() }
    let folder = await harness.transport.deliver(Sample.dispatch("nt-1", to: .drop(folder: name, format: .json)))
    #expect(folder == .rejected(Fault(.configuration, "")))
    let file = await harness.transport.deliver(Sample.dispatch(name, to: harness.channel))
    #expect(file == .rejected(Fault(.configuration, "")))
  }
}
