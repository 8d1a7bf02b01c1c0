import TestKit
import Testing

@testable import Routing

/// Changes laid over the directory's files.
@Suite struct DirectoryChangeTests {
  private let place = DeskPlace(agency: "derby", role: "childrens-services.social-worker")
  private let book: RouteBook

  init() throws { book = try Repository.book.get() }

  private func desk(_ book: RouteBook) throws -> Desk {
    try #require(book.directory.agency("derby")?.desks.values.first { $0.role.name == place.role })
  }

  private func entry(_ address: String) throws -> JSONValue {
    try desk(book).entry.merged(with: ["channels": [["mail": .string(address)]]])
  }

  private func change(_ number: Int64, _ before: JSONValue, _ after: JSONValue) -> DeskChange {
    DeskChange(number: number, place: place, before: before, after: after)
  }

  /// The book with another address in the directory's own file.
  private func book(withFile address: String) throws -> RouteBook {
    var texts = try Repository.texts()
    texts.directory = texts.directory.map { file in
      RouteBook.File(
        name: file.name, text: file.text.replacing("social.worker@derby.example", with: address), hash: file.hash)
    }
    return try RouteBook(texts)
  }

  @Test func aChangeCountsInThePlaceOfTheFilesEntryAndKeepsTheRest() throws {
    let laid = try book.laying([change(1, try desk(book).entry, try entry("new@derby.example"))])
    let changed = try desk(laid)
    #expect(changed.channels == [.mail("new@derby.example")])
    #expect(changed.name == "Duty social worker" && changed.next?.name == "childrens-services.team-manager")
    #expect(changed.whenClosed == .wait && laid.directory.standings == [1: .laid])
    #expect(laid.directory.agencies.count == book.directory.agencies.count)
  }

  @Test func oneChangeFollowsAnother() throws {
    let (first, second) = (try entry("first@derby.example"), try entry("second@derby.example"))
    let chain = [change(1, try desk(book).entry, first), change(2, first, second)]
    let laid = try book.laying(chain.reversed())
    #expect(try desk(laid).channels == [.mail("second@derby.example")])
    // What is only proposed comes after everything that is agreed on.
    let third = try book.laying(chain + [change(0, second, try entry("third@derby.example"))])
    #expect(try desk(third).channels == [.mail("third@derby.example")])
  }

  @Test func whatAFileSaysSinceThenCounts() throws {
    let changes = [change(1, try desk(book).entry, try entry("new@derby.example"))]
    let laid = try book(withFile: "other@derby.example").laying(changes)
    #expect(try desk(laid).channels == [.mail("other@derby.example")] && laid.directory.standings == [1: .overtaken])
  }

  @Test func aFileThatSaysTheSameHasTakenTheChangeOver() throws {
    let (first, second) = (try entry("first@derby.example"), try entry("second@derby.example"))
    let chain = [change(1, try desk(book).entry, first), change(2, first, second)]
    let one = try book(withFile: "first@derby.example").laying(chain)
    #expect(try desk(one).channels == [.mail("second@derby.example")])
    #expect(one.directory.standings == [1: .carried, 2: .laid])
    let both = try book(withFile: "second@derby.example").laying(chain)
    #expect(both.directory.standings == [1: .carried, 2: .carried])
  }

  @Test func aDeskThatIsGoneIsNotBroughtBack() throws {
    let elsewhere = DeskPlace(agency: "nowhere", role: place.role)
    let laid = try book.laying([
      DeskChange(number: 1, place: elsewhere, before: [:], after: try entry("new@derby.example"))
    ])
    #expect(laid.directory.standings == [1: .overtaken] && laid.directory.agency("nowhere") == nil)
  }

  @Test(arguments: [
    ("no address", "channels", 3, "no mail address"), ("a", "hours", 1, "no hours are called"),
  ])
  func aChangeIsCheckedAsAFileIsAndItsLineNamesTheContact(
    _ address: String, _ what: String, _ line: Int, _ says: String
  ) throws {
    let bad: JSONValue =
      what == "hours"
      ? ["hours": "when the sun shines"]
      : ["channels": [["mail": "good@derby.example"], ["mail": .string(address)]]]
    let before = try desk(book).entry
    let problems = try #require(throws: RouteProblems.self) {
      try book.laying([change(0, before, before.merged(with: bad))])
    }
    #expect(problems.problems.count == 1)
    let problem = try #require(problems.problems.first)
    #expect(problem.file == DeskChange.proposed && problem.line == line && problem.reason.contains(says))
    // Once it is agreed on, it is left out.
    let agreed = try book.laying([change(7, before, before.merged(with: bad))])
    #expect(try desk(agreed).entry == before && agreed.directory.standings == [7: .misfit])
    #expect(agreed.directory.misfits[7]?.first?.reason.contains(says) == true)
  }

  @Test func aMisfitTakesNothingElseWithItAndIsEndedByWhatIsAgreedOnLater() throws {
    let before = try desk(book).entry
    let (good, later) = (try entry("good@derby.example"), try entry("later@derby.example"))
    let bad = good.merged(with: ["hours": "when the sun shines"])
    let other = DeskPlace(agency: "luton", role: "iro")
    let iro = try #require(book.directory.agency("luton")?.desks.values.first { $0.role.name == other.role }?.entry)
    let elsewhere = DeskChange(
      number: 3, place: other, before: iro, after: iro.merged(with: ["channels": [["mail": "new@luton.example"]]]))
    // What was agreed on before it counts, and so do changes of other desks.
    let laid = try book.laying([change(1, before, good), change(2, good, bad), elsewhere])
    #expect(try desk(laid).channels == [.mail("good@derby.example")])
    #expect(laid.directory.standings == [1: .laid, 2: .misfit, 3: .laid])
    // A proposal is made over what counts now; once it is agreed on, the misfit never comes back.
    _ = try book.laying([change(1, before, bad), change(0, before, later)])
    let ended = try book.laying([change(1, before, bad), change(2, before, later)])
    #expect(try desk(ended).channels == [.mail("later@derby.example")])
    #expect(ended.directory.standings == [1: .overtaken, 2: .laid] && ended.directory.misfits.isEmpty)
    // A whole chain of misfits leaves the file's entry.
    let chain = try book.laying([change(1, before, bad), change(2, bad, bad.merged(with: ["desk": "Another"]))])
    #expect(try desk(chain).entry == before && chain.directory.standings == [1: .misfit, 2: .misfit])
  }

  @Test func aNextContactThatHasNoDeskIsTheChangesFault() throws {
    let before = try desk(book).entry
    let laid = try book.laying([change(4, before, before.merged(with: ["next": "national.media"]))])
    #expect(laid.directory.standings == [4: .misfit] && laid.directory.misfits[4]?.count == 1)
  }

  @Test func anEntryIsCarriedIntoAFileWithoutALoss() throws {
    let written: JSONValue = [
      "desk": "No: \"the\" desk #1", "hours": "office", "whenClosed": "wait", "next": "childrens-services.team-manager",
      "channels": [
        ["mail": "a@derby.example", "privacy": ["smime", "notice"], "certificates": ["a.pem"], "gcm": true],
        ["webhook": "https://hooks.derby.example/in?key=a:b", "secret": "derby", "consent": true],
        ["phone": "01632 960101"],
      ],
    ]
    var texts = try Repository.texts()
    let roles = """
      agencies:
        - id: carried
          name: Carried
          kind: authority
          areas: []
          roles:

      """
    let manager = "      childrens-services.team-manager: {channels: [{mail: m@derby.example}]}\n"
    texts.directory.append(
      RouteBook.File(
        name: "carried.yaml", text: roles + manager + DeskEntry.yaml(written, role: place.role), hash: ""))
    let read = try RouteBook(texts).directory.agency("carried")?.desks.values.first { $0.role.name == place.role }
    #expect(read?.entry == written)
  }
}
