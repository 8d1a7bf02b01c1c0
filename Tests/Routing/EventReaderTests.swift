import Foundation
import Routing
import TestKit
import Testing

@Suite struct EventReaderTests {
  private func pointers(_ data: JSONValue, _ change: JSONValue = .object([:])) throws -> [String] {
    let document: JSONValue = [
      "specversion": "1.0", "id": "1", "source": "s", "type": "waypost.missing.reported",
      "time": "2026-03-27T22:40:00Z", "subject": "EP-1", "data": data,
    ]
    do {
      _ = try EventReader(vocabulary: Repository.book.get().vocabulary).read(
        document.merged(with: change), learnedAt: instant("2026-03-27T23:00:00Z"))
      return []
    } catch let found as FieldProblems { return found.problems.map(\.pointer) }
  }

  @Test func everyWrongFieldAtOnce() throws {
    let found = try pointers([
      "child": [
        "id": 7, "dateOfBirth": "14/05/2012", "livesIn": "Derby City", "risks": "exploitation",
        "placement": ["kind": "palace", "awayNoticeHours": 360], "school": "100001",
        "contacts": [["role": "aunt", "email": "not an address"]],
      ],
      "episode": ["risk": "severe", "immediateRisk": "yes", "awaySince": "yesterday", "lastSeen": "the park"],
    ])
    let expected = [
      "data.child.id", "data.child.dateOfBirth", "data.child.livesIn", "data.child.risks", "data.child.placement.kind",
      "data.child.placement.awayNoticeHours", "data.child.school", "data.child.contacts[0].role",
      "data.child.contacts[0].email", "data.episode.risk", "data.episode.immediateRisk", "data.episode.awaySince",
      "data.episode.lastSeen",
    ]
    for pointer in expected { #expect(found.contains(pointer), "\(pointer)") }
  }

  @Test func nobodySpeaksForTheGateway() throws {
    #expect(try pointers(["child": ["id": "C"]], ["source": "waypost"]) == ["source"])
    #expect(try pointers(["child": ["id": "C"]], ["type": "waypost.time.passed"]) == ["type"])
  }

  @Test func whatIsMissingIsNoError() throws {
    #expect(try pointers(["child": ["id": "C"]]) == [])
    #expect(try pointers(["child": ["id": "C", "livesIn": .null, "nickname": ["anything": ["goes"]]]]) == [])
    #expect(try pointers([:]) == [])
  }

  @Test func theEnvelopeIsChecked() throws {
    #expect(try pointers([:], ["specversion": "0.3"]) == ["specversion"])
    #expect(try pointers([:], ["type": "waypost.missing.reportet"]) == ["type"])
    #expect(try pointers([:], ["type": "other.missing.reported"]) == ["type"])
    #expect(try pointers([:], ["time": "2026-03-27"]) == ["time"])
    #expect(try pointers([:], ["subject": "a\nb"]) == ["subject"])
    #expect(try pointers([:], ["data": "text"]) == ["data"])
  }

  @Test func timeAndSubjectMayBeLeftOut() throws {
    let document: JSONValue = [
      "specversion": "1.0", "id": "1", "source": "s", "type": "waypost.placement.started",
      "data": ["child": ["id": "C-7"]],
    ]
    let read = try EventReader(vocabulary: Repository.book.get().vocabulary).read(
      document, learnedAt: instant("2026-03-27T23:00:00Z"))
    #expect(read.time == instant("2026-03-27T23:00:00Z") && read.subject == "C-7")
  }

  @Test func aProblemNeverRepeatsWhatWasSent() throws {
    let document: JSONValue = [
      "specversion": "1.0", "id": "1", "source": "s", "type": "waypost.missing.reported",
      "time": "2026-03-27T22:40:00Z",
      "subject": "EP-1", "data": ["child": ["id": "C", "dateOfBirth": "Jamie Secret", "sex": 5]],
    ]
    do {
      _ = try EventReader(vocabulary: Repository.book.get().vocabulary).read(
        document, learnedAt: instant("2026-03-27T23:00:00Z"))
      Issue.record("it was taken")
    } catch let found as FieldProblems { #expect(!found.description.contains("Secret")) }
  }

  @Test func objectsMergeListsReplaceAndNullClears() {
    let old: JSONValue = ["a": ["b": 1, "c": [1, 2]], "d": "x"]
    let new: JSONValue = ["a": ["c": [3], "e": .null], "d": .null, "f": ["g": .null]]
    #expect(old.merged(with: new) == ["a": ["b": 1, "c": [3]], "f": [:]])
  }

  @Test(arguments: ["{", "[1 2]", "{\"a\":}", "", "nul"])
  func notJSON(_ text: String) { #expect(throws: JSONProblem.self) { try JSONValue(parsing: text.utf8) } }

  @Test func notUTF8() { #expect(throws: JSONProblem.self) { try JSONValue(parsing: [0x22, 0xff, 0xfe, 0x22]) } }

  @Test func textThereAndBack() throws {
    let value: JSONValue = [
      "text": "Zażółć \"quoted\" \\ \n\t\u{1} 🦊", "n": 12, "f": .number(1.5), "list": [true, .null],
    ]
    #expect(try JSONValue(parsing: value.serialized.utf8) == value)
    let foundation = try JSONSerialization.jsonObject(with: Data(value.serialized.utf8)) as? [String: Any]
    #expect(foundation?["text"] as? String == "Zażółć \"quoted\" \\ \n\t\u{1} 🦊")
  }
}
