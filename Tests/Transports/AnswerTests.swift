import Delivery
import Foundation
import Routing
import Simulation
import TestKit
import Testing

@testable import Transports

/// Mail that comes back, in the shapes of real servers: what each is, and whether it is believed.
@Suite struct AnswerTests {
  private static let folder = "\(Repository.root)/Tests/Transports/Answers"
  private let key: AnswerKey

  init() throws { key = try #require(AnswerKey(secret: Array(repeating: 7, count: 32))) }

  struct Expected: Sendable, CustomTestStringConvertible {
    let file: String
    let answer: String
    let action: String
    let status: String
    let id: String
    let matches: Bool
    var testDescription: String { file }
  }

  static let all: [Expected] = {
    let text = (try? String(contentsOfFile: "\(folder)/expected.tsv", encoding: .utf8)) ?? ""
    return text.split(whereSeparator: \.isNewline).dropFirst().map { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Expected(
        file: cells[0], answer: cells[1], action: cells[2], status: cells[3], id: cells[4], matches: cells[5] == "yes")
    }
  }()

  @Test func theCorpusIsThere() { #expect(AnswerTests.all.count >= 60) }

  @Test(arguments: all)
  func isReadAsWhatItIs(_ expected: Expected) throws {
    let bytes = Array(try #require(FileManager.default.contents(atPath: "\(AnswerTests.folder)/\(expected.file)")))
    let read = AnswerReader.read(bytes, ownHost: "waypost.example")
    let said: (answer: String, action: String, status: String) =
      switch read.answer {
      case .delivery(let report):
        ("delivery", report.recipients.first?.action.rawValue ?? "-", report.recipients.first?.status ?? "-")
      case .disposition(let report): ("disposition", report.type.rawValue, "-")
      case .signedReceipt: ("signed-receipt", "-", "-")
      case .automatic: ("automatic", "-", "-")
      case .reply: ("reply", "-", "-")
      case .loop: ("loop", "-", "-")
      case .malformed: ("malformed", "-", "-")
      }
    #expect(said == (expected.answer, expected.action, expected.status))
    let verdict = AnswerVerdict.of(read, key)
    switch verdict {
    case .report(let report):
      #expect(expected.matches && report.notification == expected.id)
      #expect(!report.receipt.evidence.contains("@"), "evidence names a mailbox")
    case .reply(_, let id, _, _): #expect(id == expected.id)
    case .signedReceipt: Issue.record("no signed receipt is in the corpus")
    case .automatic, .apart:
      #expect(!(expected.matches && ["delivery", "disposition"].contains(expected.answer)), "\(verdict)")
    }
  }

  /// Bytes changed, cut, doubled and mixed: always an answer, and never a match with anything but its own notification.
  @Test func mutationsNeverMatchAnotherNotification() throws {
    var random = SeededRandom(11)
    let files = try AnswerTests.all.map { expected in
      (expected, Array(try #require(FileManager.default.contents(atPath: "\(AnswerTests.folder)/\(expected.file)"))))
    }
    // Whatever the corpus names with a tag of our own, in whichever place.
    let ids = Set(
      files.flatMap { _, bytes in AnswerReader.read(bytes, ownHost: "waypost.example").tags }
        .compactMap { key.read(tag: $0)?.notification })
    for round in 0..<4_000 {
      let (_, original) = files[round % files.count]
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        guard !bytes.isEmpty else { break }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 40))
        case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 60)], at: place)
        default:
          bytes.insert(contentsOf: files[Int.random(in: 0..<files.count, using: &random)].1.prefix(200), at: place)
        }
      }
      let verdict = AnswerVerdict.of(AnswerReader.read(bytes, ownHost: "waypost.example"), key)
      if case .report(let report) = verdict { #expect(ids.contains(report.notification)) }
      #expect(AnswerFuzz.fault(in: bytes, key) == nil)
    }
  }

  @Test(arguments: [
    ("mx.waypost.example; dmarc=pass header.from=school.example", true),
    ("mx.waypost.example 1; dkim=pass header.d=school.example header.b=abc", true),
    ("mx.waypost.example; dkim=pass header.i=@school.example", true),
    ("mx.waypost.example; dkim=pass header.d=other.example", false),
    ("mx.waypost.example; dkim=pass header.d=example", false),
    ("mx.waypost.example; dkim=fail header.d=school.example; dmarc=fail header.from=school.example", false),
    ("mx.waypost.example; spf=pass smtp.mailfrom=school.example", false),
    ("mx.waypost.example; dmarc=pass header.from=notschool.example", false),
    ("elsewhere.example; dmarc=pass header.from=school.example", false),
    ("mx.waypost.example; none", false), ("", false),
    (#"mx.waypost.example; spf=pass smtp.mailfrom="x; dmarc=pass header.from=school.example; "@evil.example"#, false),
    (#"mx.waypost.example; spf=pass (x; dmarc=pass header.from=school.example; ) smtp.helo=evil.example"#, false),
    ("mx.waypost.example; dkim=pass header.d=school.example; dmarc=fail header.from=school.example", false),
  ])
  func onlyOurOwnServersWordAuthenticates(_ results: String, _ isAuthentic: Bool) {
    let vouches = { Authentication.vouches(for: "lead@school.example", $0, authority: "mx.waypost.example") }
    #expect(vouches([results]) == isAuthentic)
    #expect(!vouches(["elsewhere.example; none", results]), "only the topmost counts")
  }
}
